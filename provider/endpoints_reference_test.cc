// The endpoints over the reference: a whole life of a grant, from registration to revocation.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "grantcheck/provider/reference.h"

namespace grantcheck {
namespace {

using nlohmann::json;

// RFC 7636, appendix B.
const std::string verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const std::string challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

class ReferenceEndpoints : public testing::Test {
 protected:
  Response post(const std::string& path, const FormFields& form) {
    return reference.handle({"POST",
                             path,
                             "",
                             {{"Content-Type", "application/x-www-form-urlencoded"}},
                             encode_form(form),
                             ""});
  }
  json register_client(const json& metadata) {
    const Response response = reference.handle(
        {"POST", "/register", "", {{"Content-Type", "application/json"}}, metadata.dump(), ""});
    EXPECT_EQ(response.status, 201) << response.body;
    return json::parse(response.body);
  }
  /// Registers a confidential client for all grants.
  FormFields make_client() {
    const json client = register_client(
        {{"redirect_uris", {"https://app.example/cb"}},
         {"grant_types", {"authorization_code", "refresh_token", "client_credentials"}},
         {"token_endpoint_auth_method", "client_secret_post"},
         {"scope", "read write"}});
    return {{"client_id", client["client_id"].get<std::string>()},
            {"client_secret", client["client_secret"].get<std::string>()}};
  }
  /// The parameters of the authorization response.
  std::string authorized(const std::string& client_id, const std::string& name,
                         const std::string& subject = "alice") {
    const Response response = reference.handle({"GET",
                                                "/authorize",
                                                encode_form({{"response_type", "code"},
                                                             {"client_id", client_id},
                                                             {"state", "s"},
                                                             {"code_challenge", challenge},
                                                             {"code_challenge_method", "S256"}}),
                                                {},
                                                "",
                                                subject});
    EXPECT_EQ(response.status, 303) << response.body;
    const std::string location(header(response.headers, "Location").value_or(""));
    const auto fields = decode_form(location.substr(location.find('?') + 1));
    std::string found;
    int times = 0;
    for (const auto& [field, value] : fields.value_or(FormFields{})) {
      if (field == name) found = value, ++times;
    }
    EXPECT_EQ(times, 1) << name << " in " << location;
    return found;
  }
  Response redeem(FormFields client, const std::string& code) {
    client.insert(
        client.end(),
        {{"grant_type", "authorization_code"}, {"code", code}, {"code_verifier", verifier}});
    return post("/token", client);
  }
  int resource_status(const std::string& token) {
    return reference
        .handle({"GET", "/resource", "", {{"Authorization", "Bearer " + token}}, "", ""})
        .status;
  }
  std::string error_of(const Response& response) {
    return json::parse(response.body, nullptr, false).value("error", "");
  }

  ManualClock clock{1'700'000'000};
  SeededEntropy entropy{1};
  Assembly reference = make_reference(clock, entropy);
};

TEST_F(ReferenceEndpoints, ACodeBuysTokensThatOpenTheResource) {
  const FormFields client = make_client();
  const json tokens = json::parse(redeem(client, authorized(client[0].second, "code")).body);
  EXPECT_EQ(tokens["scope"], "read write");
  EXPECT_EQ(resource_status(tokens["access_token"]), 200);
  EXPECT_EQ(resource_status(tokens["refresh_token"]), 401);
  clock.advance(tokens["expires_in"].get<Seconds>() - 1);
  EXPECT_EQ(resource_status(tokens["access_token"]), 200);
  clock.advance(1);
  EXPECT_EQ(resource_status(tokens["access_token"]), 401);
}

TEST_F(ReferenceEndpoints, AnAnswerNamesTheIssuerOnce) {
  const FormFields client = make_client();
  EXPECT_EQ(authorized(client[0].second, "iss"), "https://as.example");
  EXPECT_EQ(authorized(client[0].second, "error", ""), "access_denied");
  EXPECT_EQ(authorized(client[0].second, "iss", ""), "https://as.example");
}

TEST_F(ReferenceEndpoints, AReplayedCodeEndsWhatItBought) {
  const FormFields client = make_client();
  const std::string code = authorized(client[0].second, "code");
  const json tokens = json::parse(redeem(client, code).body);
  EXPECT_EQ(resource_status(tokens["access_token"]), 200);
  EXPECT_EQ(error_of(redeem(client, code)), "invalid_grant");
  EXPECT_EQ(resource_status(tokens["access_token"]), 401);
}

TEST_F(ReferenceEndpoints, AReplayedRefreshTokenEndsItsSuccessors) {
  const FormFields client = make_client();
  const json tokens = json::parse(redeem(client, authorized(client[0].second, "code")).body);
  FormFields form = client;
  form.insert(form.end(), {{"grant_type", "refresh_token"},
                           {"refresh_token", tokens["refresh_token"].get<std::string>()}});
  const json next = json::parse(post("/token", form).body);
  EXPECT_EQ(resource_status(tokens["access_token"]), 401);
  EXPECT_EQ(resource_status(next["access_token"]), 200);
  EXPECT_EQ(error_of(post("/token", form)), "invalid_grant");
  EXPECT_EQ(resource_status(next["access_token"]), 401);
}

TEST_F(ReferenceEndpoints, RevocationIsTheOwnersAndIsSeenAtOnce) {
  const FormFields client = make_client(), other = make_client();
  const json tokens = json::parse(redeem(client, authorized(client[0].second, "code")).body);
  const auto with_token = [&](FormFields form) {
    form.emplace_back("token", tokens["refresh_token"].get<std::string>());
    return form;
  };
  const auto active = [&] { return json::parse(post("/introspect", with_token(client)).body); };
  EXPECT_EQ(active()["active"], true);
  EXPECT_EQ(error_of(post("/revoke", with_token(other))), "invalid_grant");
  EXPECT_EQ(active()["active"], true);
  EXPECT_EQ(post("/revoke", with_token(client)).status, 200);
  EXPECT_EQ(active(), json({{"active", false}}));
  EXPECT_EQ(resource_status(tokens["access_token"]), 401);
}

TEST_F(ReferenceEndpoints, AClientGetsTokensForItself) {
  FormFields form = make_client();
  form.insert(form.end(), {{"grant_type", "client_credentials"}, {"scope", "write"}});
  const json tokens = json::parse(post("/token", form).body);
  EXPECT_EQ(tokens["scope"], "write");
  EXPECT_FALSE(tokens.contains("refresh_token"));
  EXPECT_EQ(resource_status(tokens["access_token"]), 403);
}

}  // namespace
}  // namespace grantcheck
