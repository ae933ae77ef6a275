#include "grantcheck/faults/faults.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "subject.h"

namespace grantcheck::testing {
namespace {

TEST(Faults, HaveNamesThatTellThemApart) {
  std::set<std::string_view> names;
  for (const Fault& fault : faults()) {
    EXPECT_TRUE(names.insert(fault.name).second) << fault.name;
    EXPECT_EQ(fault_named(fault.name), &fault);
    EXPECT_FALSE(fault.says.empty()) << fault.name;
    EXPECT_NE(fault.killed_by.find('/'), std::string_view::npos) << fault.name;
    EXPECT_TRUE(fault.number.empty() || fault.name.rfind("deny-", 0) != 0) << fault.name;
    EXPECT_TRUE(fault.spoil || fault.before_provider || fault.before_endpoints) << fault.name;
  }
  EXPECT_EQ(fault_named("no-such-fault"), nullptr);
  EXPECT_EQ(fault_named(""), nullptr);
  EXPECT_EQ(names.size(), 41u + 19u);
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

TEST(Faults, RedirectIgnoreEmptyQuery) {
  expect_only_of("redirect-ignore-query-empty", [](Subject& s) {
    AuthorizationParams params = Flow::request();
    params.redirect_uri = std::string(kCallback) + "?";
    return bool(s.assembly.provider->authorize(s.flow.registered(), params));
  });
}

TEST(Faults, RedirectLoopbackAnyFamily) {
  expect_only_of("redirect-loopback-loose-family", [](Subject& s) {
    Client app = Flow::public_app();
    app.redirect_uris = {"http://127.0.0.1/cb"};
    AuthorizationParams params = Flow::request();
    params.redirect_uri = "http://[::1]:51004/cb";
    return bool(s.assembly.provider->authorize(s.flow.registered(app), params));
  });
}

TEST(Faults, TokenRedirectPortIgnored) {
  expect_only_of("token-redirect-ignored-port", [](Subject& s) {
    Client app = Flow::public_app();
    app.redirect_uris = {"http://127.0.0.1/cb"};
    app = s.flow.registered(app);
    AuthorizationParams params = Flow::request();
    params.redirect_uri = "http://127.0.0.1:51004/cb";
    CodeRedemption other = Flow::proof();
    other.redirect_uri = "http://127.0.0.1:51005/cb";
    return bool(s.flow.redeem(app, s.flow.code(app, params), other));
  });
}

TEST(Faults, SecretCasefold) {
  expect_only_of("secret-casefold", [](Subject& s) {
    EXPECT_TRUE(s.assembly.rules->secret_matches("A-Secret", "A-Secret"));
    EXPECT_FALSE(s.assembly.rules->secret_matches("A-Secret", "Another"));
    return s.assembly.rules->secret_matches("A-Secret", "a-secret");
  });
}

TEST(Faults, SecretComparedEncoded) {
  expect_only_of("secret-compared-encoded", [](Subject& s) {
    EXPECT_TRUE(s.assembly.rules->secret_matches("plain", "plain"));
    return !s.assembly.rules->secret_matches("a b", "a b");
  });
}

TEST(Faults, OfThreeRedirectUrisTheMiddleOneIsUnchecked) {
  expect_only_of("redirect-register-unsafe-middle", [](Subject& s) {
    Client app = Flow::public_app();
    app.redirect_uris = {kCallback, "javascript:alert(1)", "https://app.example/third"};
    const Result<Client> registered = s.assembly.provider->register_client(app);
    return registered && registered->redirect_uris == app.redirect_uris;
  });
}

TEST(Faults, WrongResourceBurnsCode) {
  expect_only_of("wrong-resource-burns-code", [](Subject& s) {
    const Client app = s.flow.registered();
    const std::string code = s.flow.code(app);
    CodeRedemption beyond = Flow::proof();
    beyond.resources = {"https://far.example/api"};
    EXPECT_FALSE(s.flow.redeem(app, code, beyond));
    return !s.flow.redeem(app, code);
  });
}

TEST(Faults, RefreshResourceNotNarrowed) {
  expect_only_of("refresh-resource-not-narrowed", [](Subject& s) {
    const Client app = s.flow.registered();
    AuthorizationParams params = Flow::request();
    params.resources = {"https://one.example/", "https://two.example/"};
    const OAuthToken tokens = s.flow.tokens(app, params);
    const auto fresh =
        s.flow.refresh(app, tokens.refresh_token, std::nullopt, {"https://two.example/"});
    return s.assembly.provider->verify_token(fresh->access_token)->resources.size() == 2;
  });
}

TEST(Faults, SecretExpiryIgnored) {
  expect_only_of("secret-expiry-ignored", [](Subject& s) {
    Client app = Flow::confidential_app();
    app.client_secret_expires_at = kStart + 10;
    return s.assembly.provider->get_client(s.flow.registered(app).client_id)
               ->client_secret_expires_at == 0;
  });
}

TEST(Faults, ARotatedTokenOfAnotherIsRevoked) {
  expect_only_of("revoke-cross-client-rotated", [](Subject& s) {
    const Client app = s.flow.registered(), other = s.flow.registered();
    const OAuthToken old = s.flow.tokens(app);
    const OAuthToken fresh = *s.flow.refresh(app, old.refresh_token);
    EXPECT_FALSE(s.assembly.provider->revoke_token(other, *fresh.refresh_token));
    EXPECT_TRUE(s.flow.live(fresh.access_token));
    EXPECT_TRUE(s.assembly.provider->revoke_token(other, *old.refresh_token));
    return !s.flow.live(fresh.access_token);
  });
}

TEST(Faults, ARefreshedAccessTokenIsRevokedAlone) {
  expect_only_of("revoke-misses-successors-access", [](Subject& s) {
    const Client app = s.flow.registered(), other = s.flow.registered();
    const OAuthToken fresh = *s.flow.refresh(app, s.flow.tokens(app).refresh_token);
    EXPECT_FALSE(s.assembly.provider->revoke_token(other, fresh.access_token));
    EXPECT_TRUE(s.assembly.provider->revoke_token(app, fresh.access_token));
    EXPECT_FALSE(s.flow.live(fresh.access_token));
    return s.flow.refreshable(app, fresh.refresh_token);
  });
}

TEST(Faults, ClientCredentialsBringARefreshToken) {
  expect_only_of("client-credentials-refresh-token", [](Subject& s) {
    const Client service = s.flow.registered(Flow::confidential_app());
    return s.assembly.provider->exchange_client_credentials(service, std::nullopt, {})
        ->refresh_token.has_value();
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
    Subject s("");
    const Handler handle =
        fault_named(denied.denial)
            ->before_endpoints([](const Request&) { return Response{200, {}, "fine"}; },
                               *s.assembly.provider);
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
