// The faults that lie before the endpoints: what the mutant answers and the reference does not.
#include <gtest/gtest.h>

#include "subject.h"

namespace grantcheck::testing {
namespace {

std::string base64(std::string_view text) {
  std::string url = base64url({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  for (char& c : url) c = c == '-' ? '+' : c == '_' ? '/' : c;
  return url.append((4 - url.size() % 4) % 4, '=');
}

std::string basic(const Client& client, const std::string& secret) {
  return "Basic " +
         base64(encode_form_component(client.client_id) + ":" + encode_form_component(secret));
}

Response post(Subject& s, const std::string& path, const FormFields& fields,
              const std::string& authorization = "") {
  Request request{"POST", path, "", {{"Content-Type", "application/x-www-form-urlencoded"}},
                  "",     ""};
  if (!authorization.empty()) request.headers.emplace_back("Authorization", authorization);
  request.body = encode_form(fields);
  return s.assembly.handle(request);
}

// The redirect that answers an authorization request; a field replaces the sound one of its name.
Response authorize(Subject& s, const Client& app, std::string subject, const FormFields& instead) {
  FormFields fields{{"response_type", "code"},
                    {"client_id", app.client_id},
                    {"redirect_uri", app.redirect_uris.back()},
                    {"code_challenge", challenge_of(kVerifier)},
                    {"code_challenge_method", "S256"},
                    {"state", "a state"}};
  fields.insert(fields.end(), instead.begin(), instead.end());
  return s.assembly.handle({"GET", "/authorize", encode_form(fields), {}, "", std::move(subject)});
}

std::string location(const Response& response) {
  return std::string(header(response.headers, "Location").value_or(""));
}

bool stored(const Response& response) {
  return !header(response.headers, "Cache-Control").has_value();
}

FormFields with_secret(const Client& client, FormFields fields) {
  fields.emplace_back("client_id", client.client_id);
  fields.emplace_back("client_secret", *client.client_secret);
  return fields;
}

TEST(EndpointFaults, StateIsLostWithABadScope) {
  expect_only_of("state-dropped-scope-error", [](Subject& s) {
    const Client app = s.flow.registered();
    const std::string url = location(authorize(s, app, "alice", {{"scope", "nonsense"}}));
    EXPECT_EQ(parameter(url, "error"), "invalid_scope");
    return parameter(url, "state") == "(absent)";
  });
}

TEST(EndpointFaults, StateIsLostWithADenial) {
  expect_only_of("state-dropped-denial", [](Subject& s) {
    const std::string url = location(authorize(s, s.flow.registered(), "", {}));
    EXPECT_EQ(parameter(url, "error"), "access_denied");
    return parameter(url, "state") == "(absent)";
  });
}

TEST(EndpointFaults, IssIsMissingOnADenial) {
  expect_only_of("iss-missing-on-denial", [](Subject& s) {
    const Client app = s.flow.registered();
    const std::string url = location(authorize(s, app, "", {}));
    EXPECT_EQ(parameter(url, "error"), "access_denied");
    return parameter(url, "iss") == "(absent)";
  });
}

TEST(EndpointFaults, ErrorsGoToTheFirstRedirectUri) {
  expect_only_of("error-redirect-first-uri", [](Subject& s) {
    Client app = Flow::public_app();
    app.redirect_uris = {"https://app.example/first", "https://app.example/second"};
    app = s.flow.registered(app);
    EXPECT_EQ(location(authorize(s, app, "alice", {})).rfind("https://app.example/second?", 0), 0U);
    return location(authorize(s, app, "", {})).rfind("https://app.example/first?", 0) == 0;
  });
}

TEST(EndpointFaults, RedirectBy307) {
  expect_only_of("redirect-by-307", [](Subject& s) {
    return authorize(s, s.flow.registered(), "alice", {}).status == 307;
  });
}

TEST(EndpointFaults, ClientCredentialsDoNotTellTheLifetime) {
  expect_only_of("expires-in-missing-client-credentials", [](Subject& s) {
    const Client service = s.flow.registered(Flow::confidential_app());
    const Response response =
        post(s, "/token", with_secret(service, {{"grant_type", "client_credentials"}}));
    EXPECT_EQ(response.status, 200);
    return response.body.find("expires_in") == std::string::npos;
  });
}

TEST(EndpointFaults, IntrospectionTellsALaterExpiry) {
  expect_only_of("introspection-exp-off", [](Subject& s) {
    const Client app = s.flow.registered(Flow::confidential_app());
    const std::string token = s.flow.tokens(app).access_token;
    const Response response = post(s, "/introspect", with_secret(app, {{"token", token}}));
    const auto exp = "\"exp\":" + std::to_string(kStart + 3600);
    return response.body.find(exp) == std::string::npos;
  });
}

TEST(EndpointFaults, RepeatsAreAccepted) {
  for (const std::string path : {"revoke", "introspect"}) {
    expect_only_of("repeats-accepted-at-" + path, [&path](Subject& s) {
      const Client app = s.flow.registered(Flow::confidential_app());
      const std::string token = s.flow.tokens(app).access_token;
      return post(s, "/" + path, with_secret(app, {{"token", token}, {"token", token}})).status ==
             200;
    });
  }
}

TEST(EndpointFaults, AnUnreadableHeaderIsUnchallenged) {
  expect_only_of("malformed-basic-unchallenged", [](Subject& s) {
    const FormFields form{{"grant_type", "client_credentials"}};
    const Client service = s.flow.registered(Flow::confidential_app());
    EXPECT_EQ(post(s, "/token", form, basic(service, "wrong")).status, 401);
    return post(s, "/token", form, "Basic !!!").status == 400;
  });
}

TEST(EndpointFaults, FailuresAtRevocationAreUnchallenged) {
  expect_only_of("revocation-unchallenged", [](Subject& s) {
    const Client service = s.flow.registered(Flow::confidential_app());
    const Response response = post(s, "/revoke", {{"token", "x"}}, basic(service, "wrong"));
    return !header(response.headers, "WWW-Authenticate").has_value();
  });
}

TEST(EndpointFaults, FailedClientsAreToldInHtml) {
  expect_only_of("failed-client-told-in-html", [](Subject& s) {
    const Client service = s.flow.registered(Flow::confidential_app());
    const Response response =
        post(s, "/token", {{"grant_type", "client_credentials"}}, basic(service, "wrong"));
    EXPECT_EQ(response.status, 401);
    return header(response.headers, "Content-Type") == "text/html";
  });
}

TEST(EndpointFaults, IntrospectionIsStored) {
  expect_only_of("introspection-stored", [](Subject& s) {
    const Client app = s.flow.registered(Flow::confidential_app());
    return stored(post(s, "/introspect", with_secret(app, {{"token", "x"}})));
  });
}

TEST(EndpointFaults, RegistrationsForBasicAreStored) {
  expect_only_of("basic-registration-stored", [](Subject& s) {
    const auto answer = [&s](const std::string& method) {
      return s.assembly.handle({"POST",
                                "/register",
                                "",
                                {{"Content-Type", "application/json"}},
                                R"({"redirect_uris": ["https://app.example/cb"], )"
                                R"("token_endpoint_auth_method": ")" +
                                    method + R"("})",
                                ""});
    };
    EXPECT_FALSE(stored(answer("client_secret_post")));
    EXPECT_EQ(answer("client_secret_basic").status, 201);
    return stored(answer("client_secret_basic"));
  });
}

TEST(EndpointFaults, TokenErrorsAreStored) {
  expect_only_of("token-error-stored", [](Subject& s) {
    return stored(post(s, "/token", {{"grant_type", "authorization_code"}}));
  });
}

TEST(EndpointFaults, MetadataOfferThePasswordGrant) {
  expect_only_of("metadata-offers-password", [](Subject& s) {
    const Response response =
        s.assembly.handle({"GET", "/.well-known/oauth-authorization-server", "", {}, "", ""});
    return response.body.find("\"password\"") != std::string::npos;
  });
}

TEST(EndpointFaults, ResourceMetadataNameAStranger) {
  expect_only_of("resource-metadata-names-stranger", [](Subject& s) {
    const Response response =
        s.assembly.handle({"GET", "/.well-known/oauth-protected-resource", "", {}, "", ""});
    return response.body.find("evil.example") != std::string::npos;
  });
}

}  // namespace
}  // namespace grantcheck::testing
