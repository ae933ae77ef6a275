#include "grantcheck/faults/faults.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "provider/testing.h"

namespace grantcheck::testing {
namespace {

// The reference or a mutant of it, and a way through its provider.
struct Subject {
  ManualClock clock{kStart};
  SeededEntropy entropy{1};
  Assembly assembly;
  Flow flow;

  explicit Subject(std::string_view fault)
      : assembly(fault.empty() ? make_reference(clock, entropy)
                               : make_mutant(*fault_named(fault), clock, entropy)),
        flow(*assembly.provider) {}
};

// Holds for the mutant and not for the reference.
template <class Symptom>
void expect_only_of(std::string_view fault, const Symptom& symptom) {
  ASSERT_NE(fault_named(fault), nullptr) << fault;
  Subject sound(""), faulty(fault);
  EXPECT_FALSE(symptom(sound)) << "the reference shows the symptom of " << fault;
  EXPECT_TRUE(symptom(faulty)) << fault << " shows no symptom";
}

TEST(Faults, HaveNamesThatTellThemApart) {
  std::set<std::string_view> names;
  for (const Fault& fault : faults()) {
    EXPECT_TRUE(names.insert(fault.name).second) << fault.name;
    EXPECT_EQ(fault_named(fault.name), &fault);
    EXPECT_FALSE(fault.says.empty()) << fault.name;
    EXPECT_NE(fault.killed_by.find('/'), std::string_view::npos) << fault.name;
    EXPECT_EQ(fault.number.empty(), fault.name.rfind("deny-", 0) == 0) << fault.name;
    EXPECT_TRUE(fault.spoil || fault.before_provider || fault.before_endpoints) << fault.name;
  }
  EXPECT_EQ(fault_named("no-such-fault"), nullptr);
  EXPECT_EQ(fault_named(""), nullptr);
  EXPECT_EQ(names.size(), 12u + 19u);
}

TEST(Faults, RedirectUnchecked) {
  expect_only_of("redirect-unchecked", [](Subject& s) {
    AuthorizationParams params = Flow::request();
    params.redirect_uri = "https://evil.example/cb";
    return bool(s.assembly.provider->authorize(s.flow.registered(), params));
  });
}

TEST(Faults, RedirectUncheckedAtTheEndpointsToo) {
  expect_only_of("redirect-unchecked", [](Subject& s) {
    const Client app = s.flow.registered();
    Request request;
    request.method = "GET";
    request.path = "/authorize";
    request.subject = "alice";
    request.query = encode_form({{"response_type", "code"},
                                 {"client_id", app.client_id},
                                 {"redirect_uri", "https://evil.example/cb"},
                                 {"code_challenge", challenge_of(kVerifier)},
                                 {"code_challenge_method", "S256"}});
    return header(s.assembly.handle(request).headers, "Location").has_value();
  });
}

TEST(Faults, PkceSkipWithoutVerifier) {
  expect_only_of("pkce-skip-without-verifier", [](Subject& s) {
    const Client app = s.flow.registered();
    const std::string code = s.flow.code(app);
    EXPECT_FALSE(s.flow.redeem(app, code, {std::string(43, 'x'), std::nullopt, {}}));
    return bool(s.flow.redeem(app, code, {}));
  });
}

TEST(Faults, CodeReusable) {
  expect_only_of("code-reusable", [](Subject& s) {
    const Client app = s.flow.registered();
    const std::string code = s.flow.code(app);
    EXPECT_TRUE(s.flow.redeem(app, code));
    const Result<OAuthToken> again = s.flow.redeem(app, code);
    return again && s.flow.live(again->access_token);
  });
}

TEST(Faults, CodeClientUnbound) {
  expect_only_of("code-client-unbound", [](Subject& s) {
    const Client app = s.flow.registered(), other = s.flow.registered();
    return bool(s.flow.redeem(other, s.flow.code(app)));
  });
}

TEST(Faults, CodeNoExpiry) {
  expect_only_of("code-no-expiry", [](Subject& s) {
    const Client app = s.flow.registered();
    const std::string code = s.flow.code(app);
    s.clock.advance(1'000'000);
    return bool(s.flow.redeem(app, code));
  });
}

TEST(Faults, ExpiryBoundaryOfCodes) {
  expect_only_of("expiry-boundary-code", [](Subject& s) {
    const Client app = s.flow.registered();
    const std::string at = s.flow.code(app), after = s.flow.code(app);
    s.clock.advance(300);
    const bool shown = bool(s.flow.redeem(app, at));
    s.clock.advance(1);
    EXPECT_FALSE(s.flow.redeem(app, after));
    return shown;
  });
}

TEST(Faults, ExpiryBoundaryOfAccessTokens) {
  expect_only_of("expiry-boundary-access", [](Subject& s) {
    const OAuthToken tokens = s.flow.tokens(s.flow.registered());
    s.clock.advance(3600);
    const bool shown = s.flow.live(tokens.access_token);
    s.clock.advance(1);
    EXPECT_FALSE(s.flow.live(tokens.access_token));
    return shown;
  });
}

TEST(Faults, ExpiryBoundaryOfRefreshTokens) {
  expect_only_of("expiry-boundary-refresh", [](Subject& s) {
    const Client app = s.flow.registered();
    const OAuthToken at = s.flow.tokens(app), after = s.flow.tokens(app);
    s.clock.advance(14 * 24 * 3600);
    const bool shown = bool(s.flow.refresh(app, at.refresh_token));
    s.clock.advance(1);
    EXPECT_FALSE(s.flow.refresh(app, after.refresh_token));
    return shown;
  });
}

TEST(Faults, TokenKindConfusionReadsARefreshTokenAsAnAccessToken) {
  expect_only_of("token-kind-confusion", [](Subject& s) {
    return s.flow.live(*s.flow.tokens(s.flow.registered()).refresh_token);
  });
}

TEST(Faults, TokenKindConfusionRedeemsARefreshToken) {
  expect_only_of("token-kind-confusion", [](Subject& s) {
    const Client app = s.flow.registered();
    const OAuthToken tokens = s.flow.tokens(app);
    return bool(s.flow.redeem(app, *tokens.refresh_token));
  });
}

TEST(Faults, TokenKindConfusionRefreshesWithAnAccessToken) {
  expect_only_of("token-kind-confusion", [](Subject& s) {
    const Client app = s.flow.registered();
    return bool(s.flow.refresh(app, s.flow.tokens(app).access_token));
  });
}

TEST(Faults, TokenKindConfusionRefreshesWithACode) {
  expect_only_of("token-kind-confusion", [](Subject& s) {
    const Client app = s.flow.registered();
    return bool(s.flow.refresh(app, s.flow.code(app)));
  });
}

TEST(Faults, RotateKeepsOld) {
  expect_only_of("rt-rotate-keeps-old", [](Subject& s) {
    const Client app = s.flow.registered();
    const OAuthToken old = s.flow.tokens(app);
    const OAuthToken fresh = *s.flow.refresh(app, old.refresh_token);
    return s.flow.refreshable(app, old.refresh_token) &&
           s.flow.refreshable(app, fresh.refresh_token) && s.flow.refresh(app, old.refresh_token);
  });
}

TEST(Faults, AccessExpiryKillsTheRefreshTokenOnceItIsRead) {
  expect_only_of("at-expiry-kills-rt", [](Subject& s) {
    const Client app = s.flow.registered();
    const OAuthToken tokens = s.flow.tokens(app), unread = s.flow.tokens(app);
    s.clock.advance(3600);
    EXPECT_FALSE(s.flow.live(tokens.access_token));
    EXPECT_TRUE(s.flow.refresh(app, unread.refresh_token));
    return !s.flow.refresh(app, tokens.refresh_token);
  });
}

TEST(Faults, RevokeHalfPair) {
  expect_only_of("revoke-half-pair", [](Subject& s) {
    const Client app = s.flow.registered();
    const OAuthToken tokens = s.flow.tokens(app);
    EXPECT_TRUE(s.assembly.provider->revoke_token(app, *tokens.refresh_token));
    EXPECT_FALSE(s.flow.refresh(app, tokens.refresh_token));
    return s.flow.live(tokens.access_token);
  });
}

// ---- Denied operations

// What one operation answers in the middle of an otherwise sound flow: true if it succeeded.
bool succeeds(std::string_view operation, Provider& provider, const Client& app,
              const Client& service, const std::string& code, const OAuthToken& tokens) {
  Flow flow(provider);
  if (operation == "get-client") return provider.get_client(app.client_id).has_value();
  if (operation == "register-client") return bool(provider.register_client(Flow::public_app()));
  if (operation == "authorize") return bool(provider.authorize(app, Flow::request()));
  if (operation == "load-authorization-code")
    return provider.load_authorization_code(app, code).has_value();
  if (operation == "exchange-authorization-code") return bool(flow.redeem(app, code));
  if (operation == "load-refresh-token") return flow.refreshable(app, tokens.refresh_token);
  if (operation == "load-access-token")
    return provider.load_access_token(tokens.access_token).has_value();
  if (operation == "verify-token") return flow.live(tokens.access_token);
  if (operation == "exchange-refresh-token") return bool(flow.refresh(app, tokens.refresh_token));
  if (operation == "client-credentials")
    return bool(provider.exchange_client_credentials(service, std::nullopt, {}));
  if (operation == "revoke-token") return bool(provider.revoke_token(app, tokens.access_token));
  ADD_FAILURE() << "no such operation: " << operation;
  return false;
}

const char* const kMethods[] = {"get-client",
                                "register-client",
                                "load-authorization-code",
                                "load-refresh-token",
                                "load-access-token",
                                "verify-token",
                                "exchange-authorization-code",
                                "exchange-refresh-token",
                                "client-credentials",
                                "revoke-token",
                                "authorize"};

TEST(Denials, OfAMethodDenyThatOneAndNoOther) {
  for (const std::string denied : kMethods)
    for (const std::string asked : kMethods) {
      Subject s("");
      const Client app = s.flow.registered(), service = s.flow.registered(Flow::confidential_app());
      const std::string code = s.flow.code(app);
      const OAuthToken tokens = s.flow.tokens(app);
      s.assembly.provider =
          fault_named("deny-" + denied)->before_provider(std::move(s.assembly.provider));
      EXPECT_EQ(succeeds(asked, *s.assembly.provider, app, service, code, tokens), asked != denied)
          << asked << " under deny-" << denied;
    }
}

TEST(Denials, OfAnEndpointDenyThatOneAndNoOther) {
  struct Endpoint {
    const char *denial, *method, *path;
  };
  const Endpoint endpoints[] = {
      {"deny-post-register", "POST", "/register"},
      {"deny-get-authorize", "GET", "/authorize"},
      {"deny-post-token", "POST", "/token"},
      {"deny-post-revoke", "POST", "/revoke"},
      {"deny-post-introspect", "POST", "/introspect"},
      {"deny-get-resource", "GET", "/resource"},
      {"deny-authorization-server-metadata", "GET", "/.well-known/oauth-authorization-server"},
      {"deny-protected-resource-metadata", "GET", "/.well-known/oauth-protected-resource"},
  };
  for (const Endpoint& denied : endpoints) {
    const Handler handle = fault_named(denied.denial)->before_endpoints([](const Request&) {
      return Response{200, {}, "fine"};
    });
    for (const Endpoint& asked : endpoints) {
      Request request;
      request.method = asked.method;
      request.path = asked.path;
      EXPECT_EQ(handle(request).body == "fine", asked.denial != denied.denial)
          << asked.path << " under " << denied.denial;
      EXPECT_EQ(handle(request).status == 200, asked.denial != denied.denial);
    }
  }
}

TEST(Denials, ReachTheEndpointsThatRestOnTheMethod) {
  Subject s("deny-get-client");
  Request request;
  request.method = "GET";
  request.path = "/authorize";
  request.query = "client_id=" + s.flow.registered().client_id;
  EXPECT_EQ(s.assembly.handle(request).status, 400);
}

TEST(Faults, LeaveAnOrdinaryFlowAsItIs) {
  for (const Fault& fault : faults()) {
    if (fault.before_provider || fault.before_endpoints) continue;
    Subject s(fault.name);
    const Client app = s.flow.registered();
    const OAuthToken tokens = s.flow.tokens(app);
    EXPECT_TRUE(s.flow.live(tokens.access_token)) << fault.name;
    EXPECT_TRUE(s.flow.refresh(app, tokens.refresh_token)) << fault.name;
  }
}

}  // namespace
}  // namespace grantcheck::testing
