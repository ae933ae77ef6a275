#include "grantcheck/provider/in_memory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing.h"

namespace grantcheck::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

AuthorizationParams asking(std::optional<Strings> scopes, Strings resources = {}) {
  AuthorizationParams params = Flow::request();
  params.scopes = std::move(scopes);
  params.resources = std::move(resources);
  return params;
}

CodeRedemption proving(std::optional<std::string> verifier) {
  return {std::move(verifier), std::nullopt, {}};
}

// ---- Position 1: expiry

TEST(InMemoryProvider, RedeemsACodeUntilTheSecondBeforeItsExpiryAndNoLater) {
  World world;
  const Client app = world.registered();
  const std::string in_time = world.code(app), late = world.code(app);
  world.clock.advance(299);
  EXPECT_TRUE(world.provider.load_authorization_code(app, late));
  EXPECT_TRUE(world.redeem(app, in_time));
  world.clock.advance(1);
  EXPECT_FALSE(world.provider.load_authorization_code(app, late));
  EXPECT_EQ(error_of(world.redeem(app, late)), "invalid_grant");
}

TEST(InMemoryProvider, AcceptsAnAccessTokenForAsLongAsItAnnounced) {
  World world;
  const Client app = world.registered();
  const OAuthToken tokens = world.tokens(app);
  EXPECT_EQ(tokens.expires_in, 3600);
  world.clock.advance(tokens.expires_in - 1);
  EXPECT_TRUE(world.live(tokens.access_token));
  world.clock.advance(1);
  EXPECT_FALSE(world.live(tokens.access_token));
  EXPECT_FALSE(world.provider.load_access_token(tokens.access_token));
}

TEST(InMemoryProvider, RefreshesUntilTheSecondBeforeFourteenDaysAndNoLater) {
  for (const Seconds seconds : {14 * 24 * 3600 - 1, 14 * 24 * 3600}) {
    World world;
    const Client app = world.registered();
    const OAuthToken tokens = world.tokens(app);
    world.clock.advance(seconds);
    EXPECT_EQ(world.refreshable(app, tokens.refresh_token), seconds < 14 * 24 * 3600);
    EXPECT_EQ(error_of(world.refresh(app, tokens.refresh_token)),
              seconds < 14 * 24 * 3600 ? "(none)" : "invalid_grant");
  }
}

TEST(InMemoryProvider, CountsTheIdleTimeOfARefreshTokenFromItsIssue) {
  World world;
  const Client app = world.registered();
  std::optional<std::string> token = world.tokens(app).refresh_token;
  for (int week = 0; week < 10; ++week) {
    world.clock.advance(7 * 24 * 3600);
    const Result<OAuthToken> refreshed = world.refresh(app, token);
    ASSERT_TRUE(refreshed) << error_of(refreshed);
    token = refreshed->refresh_token;
  }
}

TEST(InMemoryProvider, KeepsARefreshTokenForeverWhereItHasNoLifetime) {
  ProviderOptions options;
  options.refresh_token_lifetime.reset();
  World world(options);
  const Client app = world.registered();
  const OAuthToken tokens = world.tokens(app);
  EXPECT_EQ(world.provider.load_refresh_token(app, *tokens.refresh_token)->expires_at,
            std::nullopt);
  world.clock.set(INT64_MAX - 1);
  EXPECT_TRUE(world.refresh(app, tokens.refresh_token));
}

TEST(InMemoryProvider, SurvivesAClockThatStepsBack) {
  World world;
  const Client app = world.registered();
  const OAuthToken tokens = world.tokens(app);
  world.clock.advance(-1'000'000);
  EXPECT_TRUE(world.live(tokens.access_token));
  const Result<OAuthToken> refreshed = world.refresh(app, tokens.refresh_token);
  ASSERT_TRUE(refreshed);
  EXPECT_FALSE(world.live(tokens.access_token));
  EXPECT_TRUE(world.live(refreshed->access_token));
}

TEST(InMemoryProvider, SurvivesTheEndsOfTime) {
  for (const Seconds time : {INT64_MIN, INT64_MAX}) {
    World world;
    world.clock.set(time);
    const Client app = world.registered();
    const Result<std::string> url = world.provider.authorize(app, Flow::request());
    ASSERT_TRUE(url);
    EXPECT_EQ(bool(world.redeem(app, parameter(*url, "code"))), time == INT64_MIN);
  }
}

// ---- Positions 2 and 3: single use

TEST(InMemoryProvider, RefusesACodeASecondTime) {
  World world;
  const Client app = world.registered();
  const std::string code = world.code(app);
  EXPECT_TRUE(world.redeem(app, code));
  EXPECT_EQ(error_of(world.redeem(app, code)), "invalid_grant");
}

TEST(InMemoryProvider, EndsWhatACodeBoughtWhenItIsValidlyReplayed) {
  World world;
  const Client app = world.registered();
  const std::string code = world.code(app);
  const OAuthToken first = *world.redeem(app, code);
  const OAuthToken second = *world.refresh(app, first.refresh_token);
  EXPECT_TRUE(world.live(second.access_token));
  EXPECT_FALSE(world.redeem(app, code));
  EXPECT_FALSE(world.live(second.access_token));
  EXPECT_FALSE(world.refreshable(app, second.refresh_token));
  EXPECT_EQ(error_of(world.refresh(app, second.refresh_token)), "invalid_grant");
}

TEST(InMemoryProvider, LeavesEverythingAsItIsWhenAReplayIsNotValid) {
  World world;
  const Client app = world.registered(), other = world.registered();
  const AuthorizationParams params = asking(std::nullopt, {"https://api.example"});
  const std::string code = world.code(app, params);
  const OAuthToken tokens = *world.redeem(app, code);
  EXPECT_FALSE(world.redeem(app, code, proving(std::nullopt)));
  EXPECT_FALSE(world.redeem(app, code, proving(std::string(43, 'x'))));
  EXPECT_FALSE(world.redeem(app, code, {std::string(kVerifier), "https://app.example/other", {}}));
  EXPECT_FALSE(
      world.redeem(app, code, {std::string(kVerifier), std::nullopt, {"https://else.example"}}));
  EXPECT_FALSE(world.redeem(other, code));
  EXPECT_TRUE(world.live(tokens.access_token));
  EXPECT_TRUE(world.refreshable(app, tokens.refresh_token));
}

TEST(InMemoryProvider, LeavesEverythingAsItIsWhenACodeIsReplayedAfterItsExpiry) {
  World world;
  const Client app = world.registered();
  const std::string code = world.code(app);
  const OAuthToken tokens = *world.redeem(app, code);
  world.clock.advance(300);
  EXPECT_EQ(error_of(world.redeem(app, code)), "invalid_grant");
  EXPECT_TRUE(world.live(tokens.access_token));
}

TEST(InMemoryProvider, DoesNotBurnACodeByAFailedRedemption) {
  World world;
  const Client app = world.registered(), other = world.registered();
  const std::string code = world.code(app, asking(std::nullopt, {"https://api.example"}));
  EXPECT_EQ(error_of(world.redeem(app, code, proving(std::nullopt))), "invalid_request");
  EXPECT_EQ(error_of(world.redeem(app, code, proving(std::string(43, 'x')))), "invalid_grant");
  EXPECT_EQ(
      error_of(world.redeem(app, code, {std::string(kVerifier), "https://app.example/cb/", {}})),
      "invalid_grant");
  EXPECT_EQ(error_of(world.redeem(
                app, code, {std::string(kVerifier), std::nullopt, {"https://else.example"}})),
            "invalid_target");
  EXPECT_EQ(error_of(world.redeem(other, code)), "invalid_grant");
  EXPECT_TRUE(world.redeem(app, code));
}

TEST(InMemoryProvider, DoesNotBurnACodeWhenThereIsNoRandomness) {
  World world;
  const Client app = world.registered();
  const std::string code = world.code(app);
  for (const int fills : {0, 1}) {
    world.entropy.left = fills;
    EXPECT_EQ(error_of(world.redeem(app, code)), "server_error");
  }
  world.entropy.left = 2;
  EXPECT_TRUE(world.redeem(app, code));
}

TEST(InMemoryProvider, RefusesACodeThatNobodyIssued) {
  World world;
  const Client app = world.registered();
  EXPECT_EQ(error_of(world.redeem(app, "")), "invalid_grant");
  EXPECT_EQ(error_of(world.redeem(app, std::string(43, 'A'))), "invalid_grant");
}

TEST(InMemoryProvider, TrustsNothingOfAClaimButItsCode) {
  World world;
  const Client app = world.registered();
  AuthorizationCode claim = *world.provider.load_authorization_code(app, world.code(app));
  claim.scopes = {"admin"};
  claim.subject = "mallory";
  claim.expires_at = INT64_MAX;
  claim.code_challenge = challenge_of(std::string(43, 'm'));
  EXPECT_FALSE(
      world.provider.exchange_authorization_code(app, claim, proving(std::string(43, 'm'))));
  const Result<OAuthToken> tokens =
      world.provider.exchange_authorization_code(app, claim, Flow::proof());
  ASSERT_TRUE(tokens);
  EXPECT_EQ(tokens->scope, "read write");
  EXPECT_EQ(world.provider.verify_token(tokens->access_token)->subject, "alice");
  claim.code = "nothing-like-it";
  EXPECT_FALSE(world.provider.exchange_authorization_code(app, claim, Flow::proof()));
}

// ---- Position 4: pairs

TEST(InMemoryProvider, EndsTheOldPairByARefresh) {
  World world;
  const Client app = world.registered();
  const OAuthToken old = world.tokens(app);
  const OAuthToken fresh = *world.refresh(app, old.refresh_token);
  EXPECT_FALSE(world.live(old.access_token));
  EXPECT_FALSE(world.refreshable(app, old.refresh_token));
  EXPECT_TRUE(world.live(fresh.access_token));
  EXPECT_TRUE(world.refreshable(app, fresh.refresh_token));
}

TEST(InMemoryProvider, EndsBothTokensByRevokingEither) {
  for (const bool by_refresh_token : {true, false}) {
    World world;
    const Client app = world.registered();
    const OAuthToken tokens = world.tokens(app), bystanders = world.tokens(app);
    EXPECT_TRUE(world.provider.revoke_token(
        app, by_refresh_token ? *tokens.refresh_token : tokens.access_token));
    EXPECT_FALSE(world.live(tokens.access_token));
    EXPECT_FALSE(world.refreshable(app, tokens.refresh_token));
    EXPECT_EQ(error_of(world.refresh(app, tokens.refresh_token)), "invalid_grant");
    EXPECT_TRUE(world.live(bystanders.access_token));
    EXPECT_TRUE(world.refreshable(app, bystanders.refresh_token));
  }
}

TEST(InMemoryProvider, RefusesACodeWhoseGrantWasRevoked) {
  World world;
  const Client app = world.registered();
  const std::string code = world.code(app);
  const OAuthToken tokens = *world.redeem(app, code);
  EXPECT_TRUE(world.provider.revoke_token(app, tokens.access_token));
  EXPECT_EQ(error_of(world.redeem(app, code)), "invalid_grant");
}

// ---- Position 5: rotation

TEST(InMemoryProvider, EndsTheGrantWhenARotatedRefreshTokenIsShownAgain) {
  World world;
  const Client app = world.registered();
  const OAuthToken first = world.tokens(app);
  const OAuthToken second = *world.refresh(app, first.refresh_token);
  const OAuthToken third = *world.refresh(app, second.refresh_token);
  EXPECT_EQ(error_of(world.refresh(app, first.refresh_token)), "invalid_grant");
  EXPECT_FALSE(world.live(third.access_token));
  EXPECT_FALSE(world.refreshable(app, third.refresh_token));
}

TEST(InMemoryProvider, EndsTheGrantByARotatedTokenHoweverLateAndWhateverScopeItAsks) {
  World world;
  const Client app = world.registered();
  const OAuthToken first = world.tokens(app);
  world.clock.advance(10 * 24 * 3600);
  const OAuthToken second = *world.refresh(app, first.refresh_token);
  world.clock.advance(10 * 24 * 3600);
  EXPECT_FALSE(world.refresh(app, first.refresh_token, Strings{"admin"}));
  EXPECT_FALSE(world.refreshable(app, second.refresh_token));
}

TEST(InMemoryProvider, ChangesNothingWhenAnotherClientShowsARefreshToken) {
  World world;
  const Client app = world.registered(), other = world.registered();
  const OAuthToken first = world.tokens(app);
  const OAuthToken second = *world.refresh(app, first.refresh_token);
  EXPECT_FALSE(world.refreshable(other, second.refresh_token));
  EXPECT_EQ(error_of(world.refresh(other, first.refresh_token)), "invalid_grant");
  EXPECT_EQ(error_of(world.refresh(other, second.refresh_token)), "invalid_grant");
  EXPECT_TRUE(world.live(second.access_token));
  EXPECT_TRUE(world.refresh(app, second.refresh_token));
}

TEST(InMemoryProvider, AcceptsARotatedTokenOnceMoreWithinTheGraceWindowOnly) {
  for (const Seconds seconds : {9, 10}) {
    ProviderOptions options;
    options.rotation_grace = 10;
    World world(options);
    const Client app = world.registered();
    const OAuthToken first = world.tokens(app);
    const OAuthToken second = *world.refresh(app, first.refresh_token);
    world.clock.advance(seconds);
    EXPECT_EQ(world.refreshable(app, first.refresh_token), seconds < 10);
    const Result<OAuthToken> third = world.refresh(app, first.refresh_token);
    EXPECT_EQ(bool(third), seconds < 10);
    EXPECT_FALSE(world.live(second.access_token)) << "one pair at most";
    EXPECT_EQ(third && world.live(third->access_token), seconds < 10);
  }
}

TEST(InMemoryProvider, LeavesOneRefreshTokenWhenTheGraceWindowCloses) {
  ProviderOptions options;
  options.rotation_grace = 10;
  World world(options);
  const Client app = world.registered();
  const OAuthToken first = world.tokens(app);
  const OAuthToken second = *world.refresh(app, first.refresh_token);
  world.clock.advance(6);
  const OAuthToken third = *world.refresh(app, first.refresh_token);
  EXPECT_TRUE(world.refreshable(app, second.refresh_token));
  const OAuthToken fourth = *world.refresh(app, second.refresh_token);
  world.clock.advance(4);  // Later uses did not keep the window open.
  EXPECT_FALSE(world.refreshable(app, first.refresh_token));
  EXPECT_FALSE(world.refreshable(app, second.refresh_token));
  EXPECT_FALSE(world.refreshable(app, third.refresh_token));
  EXPECT_TRUE(world.refreshable(app, fourth.refresh_token));
  EXPECT_EQ(error_of(world.refresh(app, third.refresh_token)), "invalid_grant");
  EXPECT_FALSE(world.refreshable(app, fourth.refresh_token)) << "a replay is noticed";
}

TEST(InMemoryProvider, RemembersRotatedTokensUpToTheBound) {
  ProviderOptions options;
  options.remembered_rotations = 3;
  World world(options);
  const Client app = world.registered();
  std::vector<OAuthToken> line = {world.tokens(app)};
  for (int i = 0; i < 100; ++i) line.push_back(*world.refresh(app, line.back().refresh_token));
  EXPECT_EQ(world.provider.counts().tokens, 2u + 3u);
  EXPECT_EQ(error_of(world.refresh(app, line[96].refresh_token)), "invalid_grant");
  EXPECT_TRUE(world.live(line[100].access_token)) << "forgotten, so it is garbage like any other";
  EXPECT_EQ(error_of(world.refresh(app, line[97].refresh_token)), "invalid_grant");
  EXPECT_FALSE(world.live(line[100].access_token));
  EXPECT_EQ(world.provider.counts().tokens, 0u);
}

// ---- Position 6: the scope of a refresh

TEST(InMemoryProvider, NarrowsTheAccessTokenOnlyWhenARefreshAsksForLess) {
  World world;
  const Client app = world.registered();
  const OAuthToken first = world.tokens(app);
  const OAuthToken narrow = *world.refresh(app, first.refresh_token, Strings{"write"});
  EXPECT_EQ(narrow.scope, "write");
  EXPECT_THAT(world.provider.verify_token(narrow.access_token)->scopes, ElementsAre("write"));
  EXPECT_THAT(world.provider.load_refresh_token(app, *narrow.refresh_token)->scopes,
              ElementsAre("read", "write"));
  EXPECT_EQ(world.refresh(app, narrow.refresh_token)->scope, "read write");
}

TEST(InMemoryProvider, RefusesToRefreshBeyondTheGrantAndKeepsTheToken) {
  World world;
  const Client app = world.registered();
  const OAuthToken tokens = world.tokens(app, asking(Strings{"read"}));
  for (const Strings& scopes : {Strings{"read", "write"}, Strings{"admin"}, Strings{""}, Strings{}})
    EXPECT_EQ(error_of(world.refresh(app, tokens.refresh_token, scopes)), "invalid_scope");
  EXPECT_TRUE(world.live(tokens.access_token));
  EXPECT_TRUE(world.refresh(app, tokens.refresh_token));
}

// ---- Position 7: PKCE

TEST(InMemoryProvider, AcceptsTheExampleOfRfc7636AppendixB) {
  World world;
  const Client app = world.registered();
  AuthorizationParams params = Flow::request();
  params.code_challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
  const std::string code = world.code(app, params);
  EXPECT_TRUE(world.redeem(app, code, proving("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")));
}

TEST(InMemoryProvider, IssuesNoCodeWithoutAnS256Challenge) {
  World world;
  for (const Client& app : {world.registered(), world.registered(Flow::confidential_app())}) {
    AuthorizationParams params = Flow::request();
    params.code_challenge_method = "";
    EXPECT_EQ(error_of(world.provider.authorize(app, params)), "invalid_request");
    params.code_challenge_method = "plain";
    EXPECT_EQ(error_of(world.provider.authorize(app, params)), "invalid_request");
    params.code_challenge_method = "S256";
    for (const std::string& challenge :
         {std::string(), std::string(42, 'a'), std::string(129, 'a'), std::string(43, '+')}) {
      params.code_challenge = challenge;
      EXPECT_EQ(error_of(world.provider.authorize(app, params)), "invalid_request");
    }
  }
  EXPECT_EQ(world.provider.counts().codes, 0u);
}

// ---- Position 8: redirect URIs (rules_test.cc has the families)

TEST(InMemoryProvider, IssuesNoCodeForARedirectUriOfNobodyOrOfSomebodyElse) {
  World world;
  const Client app = world.registered();
  Client other = Flow::public_app();
  other.redirect_uris = {"https://other.example/cb"};
  world.registered(other);
  for (const char* uri :
       {"https://evil.example/cb", "https://other.example/cb", "https://app.example/cb/", ""}) {
    AuthorizationParams params = Flow::request();
    params.redirect_uri = uri;
    EXPECT_EQ(error_of(world.provider.authorize(app, params)), "invalid_request") << uri;
  }
}

TEST(InMemoryProvider, RedirectsToTheUriAskedForAndKeepsItsQuery) {
  World world;
  Client client = Flow::public_app();
  client.redirect_uris = {"https://app.example/cb?k=1", "http://127.0.0.1/cb",
                          "com.example.app:/cb"};
  const Client app = world.registered(client);
  AuthorizationParams params = Flow::request();
  params.state = "a b+c%2F&x=1#\xc3\xa9";
  params.redirect_uri = client.redirect_uris[0];
  const std::string url = *world.provider.authorize(app, params);
  EXPECT_EQ(url.rfind("https://app.example/cb?k=1&code=", 0), 0u) << url;
  EXPECT_EQ(parameter(url, "state"), *params.state);
  EXPECT_EQ(parameter(url, "iss"), "https://as.example");
  params.redirect_uri = "http://127.0.0.1:4711/cb";
  params.state.reset();
  const std::string loopback = *world.provider.authorize(app, params);
  EXPECT_EQ(loopback.rfind("http://127.0.0.1:4711/cb?code=", 0), 0u) << loopback;
  EXPECT_EQ(parameter(loopback, "state"), "(absent)");
  params.redirect_uri = client.redirect_uris[2];
  EXPECT_EQ(world.provider.authorize(app, params)->rfind("com.example.app:/cb?code=", 0), 0u);
}

TEST(InMemoryProvider, NeedsNoRedirectUriAtTheTokenEndpointButNoOtherOne) {
  World world;
  const Client app = world.registered();
  const std::string code = world.code(app);
  EXPECT_EQ(error_of(world.redeem(app, code, {std::string(kVerifier), "", {}})), "invalid_grant");
  EXPECT_TRUE(world.redeem(app, code, {std::string(kVerifier), kCallback, {}}));
}

// ---- Position 9: registration

TEST(InMemoryProvider, RegistersAClientOnceAndHandsOutCopies) {
  World world;
  Client mine = Flow::public_app();
  mine.client_id = "mine";
  Client stored = world.registered(mine);
  EXPECT_EQ(error_of(world.provider.register_client(mine)), "invalid_client_metadata");
  stored.redirect_uris = {"https://evil.example/"};
  EXPECT_THAT(world.provider.get_client("mine")->redirect_uris, ElementsAre(kCallback));
  EXPECT_FALSE(world.provider.get_client("yours"));
}

TEST(InMemoryProvider, TrustsNothingOfAClientButItsIdentifier) {
  World world;
  Client app = world.registered();
  app.redirect_uris = {"https://evil.example/"};
  AuthorizationParams params = Flow::request();
  params.redirect_uri = app.redirect_uris[0];
  EXPECT_EQ(error_of(world.provider.authorize(app, params)), "invalid_request");
  app.client_id = "nobody";
  EXPECT_EQ(error_of(world.provider.authorize(app, Flow::request())), "unauthorized_client");
  EXPECT_EQ(error_of(world.redeem(app, "code")), "invalid_client");
  EXPECT_EQ(error_of(world.refresh(app, "token")), "invalid_client");
  EXPECT_EQ(error_of(world.provider.revoke_token(app, "token")), "invalid_client");
  EXPECT_EQ(error_of(world.provider.exchange_client_credentials(app, std::nullopt, {})),
            "invalid_client");
}

TEST(InMemoryProvider, MakesIdentifiersAndSecretsThatNobodyGuesses) {
  World world;
  const Client a = world.registered(Flow::confidential_app()),
               b = world.registered(Flow::confidential_app());
  EXPECT_EQ(a.client_id.size(), 22u);
  EXPECT_EQ(a.client_secret->size(), 43u);
  EXPECT_NE(a.client_id, b.client_id);
  EXPECT_NE(a.client_secret, b.client_secret);
  EXPECT_EQ(a.client_id_issued_at, kStart);
  EXPECT_FALSE(world.registered().client_secret);
  Client own = Flow::confidential_app();
  own.client_secret = "chosen by its owner";
  EXPECT_EQ(world.registered(own).client_secret, "chosen by its owner");
  own.token_endpoint_auth_method = "none";
  own.grant_types = {"authorization_code"};
  EXPECT_EQ(world.registered(own).client_secret, std::nullopt);
}

TEST(InMemoryProvider, RefusesToRegisterWhatItCannotServe) {
  struct Case {
    const char* says;
    std::function<void(Client&)> spoil;
    const char* error = "invalid_client_metadata";
  };
  const std::vector<Case> cases = {
      {"no redirect URI", [](Client& c) { c.redirect_uris.clear(); }, "invalid_redirect_uri"},
      {"one bad redirect URI", [](Client& c) { c.redirect_uris.push_back("javascript:x"); },
       "invalid_redirect_uri"},
      {"too many redirect URIs", [](Client& c) { c.redirect_uris.assign(33, kCallback); },
       "invalid_redirect_uri"},
      {"a huge redirect URI", [](Client& c) { c.redirect_uris[0] += std::string(5000, 'x'); },
       "invalid_redirect_uri"},
      {"an unknown method", [](Client& c) { c.token_endpoint_auth_method = "private_key_jwt"; }},
      {"an empty method", [](Client& c) { c.token_endpoint_auth_method = ""; }},
      {"no grant type", [](Client& c) { c.grant_types.clear(); }},
      {"the implicit grant", [](Client& c) { c.grant_types.push_back("implicit"); }},
      {"the password grant", [](Client& c) { c.grant_types.push_back("password"); }},
      {"credentials of a public client",
       [](Client& c) { c.grant_types.push_back("client_credentials"); }},
      {"refresh without code", [](Client& c) { c.grant_types = {"refresh_token"}; }},
      {"response type token", [](Client& c) { c.response_types = {"code", "token"}; }},
      {"no response type", [](Client& c) { c.response_types.clear(); }},
      {"an unknown scope", [](Client& c) { c.scope = "read everything"; }},
      {"an empty scope", [](Client& c) { c.scope = ""; }},
      {"two spaces in the scope", [](Client& c) { c.scope = "read  write"; }},
      {"a huge name", [](Client& c) { c.client_name = std::string(5000, 'x'); }},
      {"a line break in the name", [](Client& c) { c.client_name = "app\nverified"; }},
      {"more than 16 KiB in all",
       [](Client& c) {
         c.contacts.assign(16, std::string(512, 'x'));
         c.redirect_uris.assign(3, kCallback + std::string(3000, 'x'));
       }},
      {"a script as keys", [](Client& c) { c.jwks_uri = "javascript:alert(1)"; }},
      {"many contacts", [](Client& c) { c.contacts.assign(33, "a@example.org"); }},
      {"a script as a page", [](Client& c) { c.client_uri = "javascript:alert(1)"; }},
      {"a client_id with a line break", [](Client& c) { c.client_id = "a\nb"; }},
      {"an empty secret", [](Client& c) { c.client_secret = ""; }},
  };
  World world;
  for (const Case& one : cases) {
    Client client = Flow::public_app();
    one.spoil(client);
    EXPECT_EQ(error_of(world.provider.register_client(client)), one.error) << one.says;
  }
  EXPECT_EQ(world.provider.counts().clients, 0u);
  EXPECT_TRUE(world.provider.register_client(Flow::public_app()));
}

TEST(InMemoryProvider, GivesAClientWithoutTheCodeGrantNoResponseType) {
  World world;
  Client service;
  service.grant_types = {"client_credentials"};
  EXPECT_THAT(world.registered(service).response_types, IsEmpty());
}

// ---- Position 10: scope

TEST(InMemoryProvider, GrantsTheRegisteredScopeElseTheDefaultWhereNoneIsAskedFor) {
  World world;
  EXPECT_EQ(world.tokens(world.registered()).scope, "read write");
  Client unscoped = Flow::public_app();
  unscoped.scope.reset();
  EXPECT_EQ(world.tokens(world.registered(unscoped)).scope, "read");
  ProviderOptions options;
  options.default_scope.clear();
  World strict(options);
  EXPECT_EQ(error_of(strict.provider.authorize(strict.registered(unscoped), Flow::request())),
            "invalid_scope");
}

TEST(InMemoryProvider, RefusesAScopeThatIsUnknownUnregisteredOrMalformed) {
  World world;
  const Client app = world.registered();
  for (const Strings& scopes : {Strings{"admin"}, Strings{"read", "fly"}, Strings{""}, Strings{},
                                Strings{"Read"}, Strings{"read\"write"}})
    EXPECT_EQ(error_of(world.provider.authorize(app, asking(scopes))), "invalid_scope");
  EXPECT_EQ(world.tokens(app, asking(Strings{"write", "read", "write"})).scope, "write read");
}

TEST(InMemoryProvider, KeepsEachResponseTypeOnce) {
  World world;
  Client client = Flow::public_app();
  client.response_types = {"code", "code"};
  EXPECT_THAT(world.provider.register_client(client)->response_types, ElementsAre("code"));
}

TEST(InMemoryProvider, BindsACodeToFewBytesOfResources) {
  World world;
  const Client app = world.registered();
  const std::string resource = "https://a.example/" + std::string(2000, 'x');
  EXPECT_TRUE(world.provider.authorize(app, asking({}, {resource, resource})));
  EXPECT_EQ(error_of(world.provider.authorize(app, asking({}, {resource, resource, resource}))),
            "invalid_target");
}

// ---- Position 11: resources

TEST(InMemoryProvider, BindsTheGrantToItsResourcesAndNarrowsTheAccessTokenOnly) {
  World world;
  const Client app = world.registered();
  const Strings both = {"https://a.example", "https://b.example/x"};
  const std::string code = world.code(app, asking(std::nullopt, both));
  EXPECT_EQ(world.provider.load_authorization_code(app, code)->resources, both);
  const OAuthToken first =
      *world.redeem(app, code, {std::string(kVerifier), std::nullopt, {both[1]}});
  EXPECT_THAT(world.provider.verify_token(first.access_token)->resources, ElementsAre(both[1]));
  EXPECT_EQ(world.provider.load_refresh_token(app, *first.refresh_token)->resources, both);
  const OAuthToken second = *world.refresh(app, first.refresh_token);
  EXPECT_EQ(world.provider.verify_token(second.access_token)->resources, both);
  EXPECT_EQ(error_of(world.refresh(app, second.refresh_token, std::nullopt, {"https://c.example"})),
            "invalid_target");
  const OAuthToken third = *world.refresh(app, second.refresh_token, std::nullopt, {both[0]});
  EXPECT_THAT(world.provider.verify_token(third.access_token)->resources, ElementsAre(both[0]));
}

TEST(InMemoryProvider, RefusesAResourceThatIsNoTarget) {
  World world;
  const Client app = world.registered();
  for (const char* resource :
       {"", "/api", "api", "https://a.example/#f", "https:///x", "https://a .example"})
    EXPECT_EQ(error_of(world.provider.authorize(app, asking(std::nullopt, {resource}))),
              "invalid_target")
        << resource;
  EXPECT_EQ(error_of(world.provider.authorize(
                app, asking(std::nullopt, Strings(33, "https://a.example")))),
            "invalid_target");
  ProviderOptions options;
  options.resources = {"https://a.example"};
  World listed(options);
  const Client bound = listed.registered();
  EXPECT_TRUE(listed.provider.authorize(bound, asking(std::nullopt, {"https://a.example"})));
  EXPECT_EQ(error_of(listed.provider.authorize(bound, asking(std::nullopt, {"https://b.example"}))),
            "invalid_target");
}

// ---- Position 12: what is issued

TEST(InMemoryProvider, IssuesTokensOf256Bits) {
  World world;
  const Client app = world.registered();
  const std::string code = world.code(app);
  const OAuthToken tokens = *world.redeem(app, code);
  EXPECT_EQ(code.size(), 43u);
  EXPECT_EQ(tokens.access_token.size(), 43u);
  EXPECT_EQ(tokens.refresh_token->size(), 43u);
  EXPECT_EQ(tokens.token_type, "Bearer");
  EXPECT_NE(tokens.access_token, *tokens.refresh_token);
}

TEST(InMemoryProvider, IssuesARefreshTokenOnlyToAClientRegisteredForIt) {
  World world;
  Client client = Flow::public_app();
  client.grant_types = {"authorization_code"};
  const Client plain = world.registered(client), app = world.registered();
  EXPECT_EQ(world.tokens(plain).refresh_token, std::nullopt);
  EXPECT_EQ(error_of(world.refresh(plain, world.tokens(app).refresh_token)), "unauthorized_client");
}

TEST(InMemoryProvider, ShowsWhatATokenIsWorth) {
  World world;
  const Client app = world.registered();
  const OAuthToken tokens = world.tokens(app);
  const AccessToken token = *world.provider.verify_token(tokens.access_token);
  EXPECT_EQ(token.token, tokens.access_token);
  EXPECT_EQ(token.client_id, app.client_id);
  EXPECT_EQ(token.subject, "alice");
  EXPECT_EQ(token.issued_at, kStart);
  EXPECT_EQ(token.expires_at, kStart + 3600);
  EXPECT_THAT(token.scopes, ElementsAre("read", "write"));
}

TEST(InMemoryProvider, TakesNoKindOfCredentialForAnother) {
  World world;
  const Client app = world.registered();
  const std::string code = world.code(app);
  const OAuthToken tokens = world.tokens(app);
  EXPECT_FALSE(world.live(code));
  EXPECT_FALSE(world.live(*tokens.refresh_token));
  EXPECT_FALSE(world.refreshable(app, code));
  EXPECT_FALSE(world.refreshable(app, tokens.access_token));
  EXPECT_FALSE(world.refresh(app, code));
  EXPECT_FALSE(world.refresh(app, tokens.access_token));
  EXPECT_FALSE(world.redeem(app, *tokens.refresh_token));
  EXPECT_FALSE(world.redeem(app, tokens.access_token));
  EXPECT_TRUE(world.provider.revoke_token(app, code));
  EXPECT_TRUE(world.redeem(app, code)) << "a code is no token to revoke";
}

// ---- Position 13: revocation

TEST(InMemoryProvider, DoesNotRevokeTheTokenOfAnotherClient) {
  World world;
  const Client app = world.registered(), other = world.registered();
  const OAuthToken tokens = world.tokens(app);
  EXPECT_EQ(error_of(world.provider.revoke_token(other, tokens.access_token)), "invalid_grant");
  EXPECT_EQ(error_of(world.provider.revoke_token(other, *tokens.refresh_token)), "invalid_grant");
  EXPECT_TRUE(world.live(tokens.access_token));
  EXPECT_TRUE(world.refreshable(app, tokens.refresh_token));
}

TEST(InMemoryProvider, HasNothingAgainstRevokingWhatIsNoToken) {
  World world;
  const Client app = world.registered();
  const OAuthToken tokens = world.tokens(app);
  EXPECT_TRUE(world.provider.revoke_token(app, ""));
  EXPECT_TRUE(world.provider.revoke_token(app, "unheard-of"));
  EXPECT_TRUE(world.provider.revoke_token(app, tokens.access_token));
  EXPECT_TRUE(world.provider.revoke_token(app, tokens.access_token));
}

TEST(InMemoryProvider, LeavesTheGrantAloneWhenADeadTokenIsRevoked) {
  World world;
  const Client app = world.registered(), other = world.registered();
  const OAuthToken first = world.tokens(app);
  world.clock.advance(3600);
  EXPECT_TRUE(world.provider.revoke_token(app, first.access_token));
  const OAuthToken second = *world.refresh(app, first.refresh_token);
  EXPECT_TRUE(world.provider.revoke_token(app, *first.refresh_token));
  EXPECT_TRUE(world.provider.revoke_token(other, *first.refresh_token));
  EXPECT_TRUE(world.live(second.access_token));
}

// ---- Client credentials

TEST(InMemoryProvider, IssuesAnAccessTokenToAConfidentialClientForItself) {
  World world;
  const Client service = world.registered(Flow::confidential_app());
  const Result<OAuthToken> token =
      world.provider.exchange_client_credentials(service, Strings{"write"}, {"https://a.example"});
  ASSERT_TRUE(token);
  EXPECT_EQ(token->scope, "write");
  EXPECT_EQ(token->refresh_token, std::nullopt);
  const AccessToken access = *world.provider.verify_token(token->access_token);
  EXPECT_EQ(access.subject, service.client_id);
  EXPECT_THAT(access.resources, ElementsAre("https://a.example"));
  EXPECT_TRUE(world.provider.revoke_token(service, token->access_token));
  EXPECT_FALSE(world.live(token->access_token));
  EXPECT_EQ(error_of(world.provider.exchange_client_credentials(service, Strings{"admin"}, {})),
            "invalid_scope");
  EXPECT_EQ(error_of(world.provider.exchange_client_credentials(service, std::nullopt, {"x"})),
            "invalid_target");
  EXPECT_EQ(
      error_of(world.provider.exchange_client_credentials(world.registered(), std::nullopt, {})),
      "unauthorized_client");
}

TEST(InMemoryProvider, IssuesNoCodeWithoutTheCodeGrantOrAnOwner) {
  World world;
  Client service;
  service.grant_types = {"client_credentials"};
  service.redirect_uris = {kCallback};
  EXPECT_EQ(error_of(world.provider.authorize(world.registered(service), Flow::request())),
            "unauthorized_client");
  AuthorizationParams params = Flow::request();
  params.subject.clear();
  EXPECT_EQ(error_of(world.provider.authorize(world.registered(), params)), "access_denied");
}

// ---- Reads, randomness, bounds

TEST(InMemoryProvider, ChangesNothingByReading) {
  World world;
  const Client app = world.registered(), other = world.registered();
  const std::string code = world.code(app);
  const OAuthToken tokens = world.tokens(app);
  const auto read_everything = [&] {
    for (const Client& reader : {app, other})
      for (const std::string& text :
           {code, tokens.access_token, *tokens.refresh_token, std::string("x")}) {
        world.provider.get_client(text);
        world.provider.load_authorization_code(reader, text);
        world.provider.load_refresh_token(reader, text);
        world.provider.load_access_token(text);
        world.provider.verify_token(text);
      }
  };
  read_everything();
  world.clock.advance(100 * 24 * 3600);
  read_everything();
  world.clock.set(kStart);
  EXPECT_EQ(world.provider.counts().tokens, 2u);
  EXPECT_TRUE(world.live(tokens.access_token));
  EXPECT_TRUE(world.refresh(app, tokens.refresh_token));
  EXPECT_TRUE(world.redeem(app, code));
}

TEST(InMemoryProvider, IssuesNothingWithoutRandomness) {
  World world;
  const Client app = world.registered(), service = world.registered(Flow::confidential_app());
  const OAuthToken tokens = world.tokens(app);
  const auto before = world.provider.counts();
  world.entropy.left = 0;
  EXPECT_EQ(error_of(world.provider.register_client(Flow::public_app())), "server_error");
  EXPECT_EQ(error_of(world.provider.authorize(app, Flow::request())), "server_error");
  EXPECT_EQ(error_of(world.refresh(app, tokens.refresh_token)), "server_error");
  EXPECT_EQ(error_of(world.provider.exchange_client_credentials(service, std::nullopt, {})),
            "server_error");
  world.entropy.left = 1;
  EXPECT_EQ(error_of(world.provider.register_client(Flow::confidential_app())), "server_error");
  const auto after = world.provider.counts();
  EXPECT_EQ(after.clients, before.clients);
  EXPECT_EQ(after.codes, before.codes);
  EXPECT_EQ(after.tokens, before.tokens);
  world.entropy.left = 2;
  EXPECT_TRUE(world.refresh(app, tokens.refresh_token));
}

TEST(InMemoryProvider, RefusesMoreClientsThanItsCapAndLosesNone) {
  ProviderOptions options;
  options.max_clients = 2;
  World world(options);
  const Client a = world.registered(), b = world.registered();
  EXPECT_EQ(error_of(world.provider.register_client(Flow::public_app())), "server_error");
  EXPECT_TRUE(world.provider.get_client(a.client_id));
  EXPECT_TRUE(world.provider.get_client(b.client_id));
}

TEST(InMemoryProvider, RefusesMoreCodesThanItsCapUntilSomeExpire) {
  ProviderOptions options;
  options.max_codes = 100;
  World world(options);
  const Client app = world.registered();
  std::vector<std::string> codes;
  for (int i = 0; i < 100; ++i) codes.push_back(world.code(app));
  EXPECT_EQ(error_of(world.provider.authorize(app, Flow::request())), "temporarily_unavailable");
  EXPECT_EQ(world.provider.counts().codes, 100u);
  EXPECT_TRUE(world.redeem(app, codes[0]));
  EXPECT_TRUE(world.redeem(app, codes[99]));
  EXPECT_FALSE(world.provider.authorize(app, Flow::request()))
      << "used codes are remembered until they expire";
  world.clock.advance(300);
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(world.provider.authorize(app, Flow::request())) << i;
  EXPECT_FALSE(world.provider.authorize(app, Flow::request()));
}

TEST(InMemoryProvider, RefusesMoreTokensThanItsCapAndLosesNothing) {
  ProviderOptions options;
  options.max_tokens = 5;
  World world(options);
  const Client app = world.registered(), service = world.registered(Flow::confidential_app());
  const std::string code = world.code(app);
  const OAuthToken tokens = world.tokens(app), others = world.tokens(app);
  EXPECT_EQ(error_of(world.redeem(app, code)), "server_error");
  EXPECT_EQ(error_of(world.refresh(app, tokens.refresh_token)), "server_error");
  EXPECT_TRUE(world.provider.exchange_client_credentials(service, std::nullopt, {}));
  EXPECT_EQ(error_of(world.provider.exchange_client_credentials(service, std::nullopt, {})),
            "server_error");
  EXPECT_TRUE(world.live(tokens.access_token));
  EXPECT_TRUE(world.live(others.access_token));
  EXPECT_TRUE(world.provider.revoke_token(app, others.access_token))
      << "ending one makes room at once";
  EXPECT_TRUE(world.redeem(app, code));
}

TEST(InMemoryProvider, FindsAReplayEvenWhenItIsFull) {
  ProviderOptions options;
  options.max_tokens = 2;
  World world(options);
  const Client app = world.registered();
  const std::string code = world.code(app);
  const OAuthToken tokens = *world.redeem(app, code);
  EXPECT_EQ(error_of(world.redeem(app, code)), "invalid_grant");
  EXPECT_FALSE(world.live(tokens.access_token));
}

TEST(InMemoryProvider, NeedsNoMoreMemoryForAnEndlessStreamOfGrants) {
  World world;
  const Client app = world.registered(), service = world.registered(Flow::confidential_app());
  std::size_t most_grants = 0;
  for (int i = 0; i < 20'000; ++i) {
    world.clock.advance(36);  // A hundred access tokens per lifetime.
    world.code(app);
    EXPECT_TRUE(world.provider.exchange_client_credentials(service, std::nullopt, {}));
    if (i > 10'000) most_grants = std::max(most_grants, world.provider.counts().grants);
  }
  EXPECT_LT(most_grants, 250u) << "109 are live at any time";
}

// ---- Seams

TEST(InMemoryProvider, AsksTheRulesAndStagesItWasGiven) {
  struct NoReplayPolicy : Rules {
    Ends replay_ends(Credential) const override { return Ends::nothing; }
  };
  Seams seams;
  seams.rules = std::make_shared<const NoReplayPolicy>();
  seams.stages.authorization.drop("subject");
  World world({}, seams);
  const Client app = world.registered();
  AuthorizationParams params = Flow::request();
  params.subject.clear();
  const std::string code = world.code(app, params);
  const OAuthToken tokens = *world.redeem(app, code);
  EXPECT_FALSE(world.redeem(app, code));
  EXPECT_TRUE(world.live(tokens.access_token));
}

TEST(Pipeline, DropsReplacesAndMovesStagesByName) {
  std::string said;
  const auto says = [&said](char c) {
    return [&said, c](int&) -> std::optional<Refusal> {
      said += c;
      return std::nullopt;
    };
  };
  Pipeline<int> pipeline{{"a", says('a')}, {"b", says('b')}, {"c", says('c')}};
  int attempt = 0;
  pipeline.move_before("a", "c");
  pipeline.drop("b");
  pipeline.insert_before("a", {"d", says('d')});
  pipeline.replace("a", says('A'));
  EXPECT_FALSE(pipeline.run(attempt));
  EXPECT_EQ(said, "cdA");
  pipeline.replace("c", [](int&) { return Refusal{Error::access_denied, ""}; });
  EXPECT_TRUE(pipeline.run(attempt));
  EXPECT_EQ(said, "cdA") << "the first refusal ends it";
}

TEST(Pipeline, FailsLoudlyForAStageThatDoesNotExist) {
  Stages stages;
  EXPECT_THROW(stages.code_exchange.drop("verifiers"), std::invalid_argument);
  EXPECT_THROW(stages.code_exchange.replace("", nullptr), std::invalid_argument);
  EXPECT_THROW(stages.code_exchange.move_before("nowhere", "verifier"), std::invalid_argument);
  EXPECT_THROW(stages.code_exchange.move_before("verifier", "nothing"), std::invalid_argument);
  EXPECT_EQ(stages.code_exchange.stages().size(), Stages().code_exchange.stages().size());
}

}  // namespace
}  // namespace grantcheck::testing
