// The endpoints over a provider that answers what a test tells it to. What the reference decides
// behind them is tested with it.
#include "grantcheck/provider/endpoints.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace grantcheck {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr Seconds start = 1'700'000'000;
const std::string challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const std::string callback = "https://app.example/cb";

class FakeProvider : public Provider {
 public:
  std::map<std::string, Client, std::less<>> clients;
  std::map<std::string, AccessToken, std::less<>> access_tokens;
  std::map<std::string, RefreshToken, std::less<>> refresh_tokens;

  // What the next operation is refused with, if at all; `broken` makes all of them throw.
  std::optional<Refusal> refusal;
  bool broken = false;
  // What the last operation was given.
  int calls = 0;
  Client seen_client;
  AuthorizationParams seen_params;
  AuthorizationCode seen_code;
  CodeRedemption seen_redemption;
  RefreshToken seen_refresh;
  std::optional<Strings> seen_scopes;
  Strings seen_resources;
  std::string seen_token;

  std::optional<Client> get_client(std::string_view client_id) override {
    const auto found = clients.find(client_id);
    return found == clients.end() ? std::nullopt : std::optional(found->second);
  }
  Result<Client> register_client(const Client& client) override {
    enter(client);
    if (refusal) return *refusal;
    Client made = client;
    made.client_id = "made";
    if (made.confidential()) made.client_secret = "made-secret";
    return made;
  }
  Result<std::string> authorize(const Client& client, const AuthorizationParams& params) override {
    enter(client);
    seen_params = params;
    if (refusal) return *refusal;
    return params.redirect_uri + (params.redirect_uri.find('?') == std::string::npos ? "?" : "&") +
           "code=c1" + (params.state ? "&state=" + encode_form_component(*params.state) : "");
  }
  std::optional<AuthorizationCode> load_authorization_code(const Client&,
                                                           std::string_view) override {
    return std::nullopt;
  }
  Result<OAuthToken> exchange_authorization_code(const Client& client,
                                                 const AuthorizationCode& code,
                                                 const CodeRedemption& redemption) override {
    enter(client);
    seen_code = code;
    seen_redemption = redemption;
    return tokens();
  }
  std::optional<RefreshToken> load_refresh_token(const Client& client,
                                                 std::string_view token) override {
    const auto found = refresh_tokens.find(token);
    if (found == refresh_tokens.end() || found->second.client_id != client.client_id) return {};
    return found->second;
  }
  Result<OAuthToken> exchange_refresh_token(const Client& client, const RefreshToken& token,
                                            const std::optional<Strings>& scopes,
                                            const Strings& resources) override {
    enter(client);
    seen_refresh = token;
    seen_scopes = scopes;
    seen_resources = resources;
    return tokens();
  }
  std::optional<AccessToken> load_access_token(std::string_view token) override {
    const auto found = access_tokens.find(token);
    return found == access_tokens.end() ? std::nullopt : std::optional(found->second);
  }
  std::optional<AccessToken> verify_token(std::string_view token) override {
    if (broken) throw std::runtime_error("broken");
    return load_access_token(token);
  }
  Result<Done> revoke_token(const Client& client, std::string_view token) override {
    enter(client);
    seen_token = token;
    if (refusal) return *refusal;
    return Done{};
  }
  Result<OAuthToken> exchange_client_credentials(const Client& client,
                                                 const std::optional<Strings>& scopes,
                                                 const Strings& resources) override {
    enter(client);
    seen_scopes = scopes;
    seen_resources = resources;
    return tokens();
  }

 private:
  void enter(const Client& client) {
    ++calls;
    seen_client = client;
    if (broken) throw std::runtime_error("broken");
  }
  Result<OAuthToken> tokens() const {
    if (refusal) return *refusal;
    return OAuthToken{"at", "Bearer", 3600, "read", "rt"};
  }
};

std::string base64(std::string_view text) {
  constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string encoded;
  for (std::size_t i = 0; i < text.size(); i += 3) {
    unsigned bits = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      bits = bits << 8 | (i + j < text.size() ? static_cast<unsigned char>(text[i + j]) : 0u);
    }
    for (std::size_t j = 0; j < 4; ++j) {
      encoded += i + j > text.size() ? '=' : alphabet[bits >> (18 - 6 * j) & 63u];
    }
  }
  return encoded;
}

std::pair<std::string, std::string> basic(const std::string& user, const std::string& password) {
  return {"Authorization", "Basic " + base64(user + ":" + password)};
}

class EndpointsTest : public testing::Test {
 protected:
  EndpointsTest() {
    add("public", "none", {"authorization_code", "refresh_token"});
    add("secret", "client_secret_basic",
        {"authorization_code", "refresh_token", "client_credentials"});
    provider.clients["secret"].client_secret = "s3cret";
    add("post", "client_secret_post", {"authorization_code"});
    provider.clients["post"].client_secret = "p:&+ %";
    options.resource_servers = {{"post", "https://as.example/resource"}};
  }

  void add(const std::string& id, const std::string& method, Strings grants) {
    Client client;
    client.client_id = id;
    client.token_endpoint_auth_method = method;
    client.grant_types = std::move(grants);
    client.redirect_uris = {callback};
    provider.clients[id] = client;
  }
  Response send(const Request& request) {
    return Endpoints(provider, clock, rules, options).handle(request);
  }
  Response get(const std::string& path, const FormFields& query = {}, Headers headers = {}) {
    return send({"GET", path, encode_form(query), std::move(headers), "", "alice"});
  }
  Response post(const std::string& path, const std::string& body, Headers headers = {}) {
    headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
    return send({"POST", path, "", std::move(headers), body, ""});
  }
  Response post(const std::string& path, const FormFields& form, Headers headers = {}) {
    return post(path, encode_form(form), std::move(headers));
  }
  Response register_text(const std::string& text) {
    return send({"POST", "/register", "", {{"Content-Type", "application/json"}}, text, ""});
  }

  FakeProvider provider;
  ManualClock clock{start};
  Rules rules;
  EndpointOptions options;
};

json body_of(const Response& response) { return json::parse(response.body, nullptr, false); }

std::string field(const Response& response, std::string_view name) {
  return std::string(header(response.headers, name).value_or("<absent>"));
}

/// The parameters of the redirect, without those of the redirect URI.
std::map<std::string, std::string> redirected(const Response& response) {
  const std::string location = field(response, "Location");
  const auto fields = decode_form(location.substr(location.find('?') + 1));
  if (!fields) return {};
  std::map<std::string, std::string> found(fields->begin(), fields->end());
  EXPECT_EQ(found.size(), fields->size()) << "a parameter is repeated in " << location;
  return found;
}

/// Status and error code in one, so that a failure shows both.
std::string outcome(const Response& response) {
  const json body = body_of(response);
  const std::string error = body.is_object() ? body.value("error", "") : "";
  return std::to_string(response.status) + (error.empty() ? "" : " " + error);
}

void expect_shown_here(const Response& response) {
  EXPECT_EQ(outcome(response), "400 invalid_request");
  EXPECT_EQ(field(response, "Location"), "<absent>");
  EXPECT_THAT(field(response, "Content-Security-Policy"), HasSubstr("frame-ancestors 'none'"));
  EXPECT_EQ(field(response, "X-Frame-Options"), "DENY");
  EXPECT_EQ(field(response, "Cache-Control"), "no-store");
}

// ---- Routing ----------------------------------------------------------------------------------

using Routing = EndpointsTest;

TEST_F(Routing, UnknownPathsAreNotFound) {
  EXPECT_EQ(outcome(get("/nothing")), "404 invalid_request");
  EXPECT_EQ(get("/token/").status, 404);
  EXPECT_EQ(get("").status, 404);
}

TEST_F(Routing, AWrongMethodIsToldTheRightOnes) {
  const std::pair<const char*, const char*> cases[] = {
      {"/register", "POST, OPTIONS"},
      {"/authorize", "GET, HEAD, POST"},
      {"/token", "POST, OPTIONS"},
      {"/revoke", "POST, OPTIONS"},
      {"/introspect", "POST, OPTIONS"},
      {"/resource", "GET, HEAD"},
      {"/.well-known/oauth-authorization-server", "GET, HEAD, OPTIONS"},
      {"/.well-known/oauth-protected-resource", "GET, HEAD, OPTIONS"}};
  for (const auto& [path, allow] : cases) {
    const Response response = send({"PUT", path, "", {}, "", ""});
    EXPECT_EQ(outcome(response), "405 invalid_request") << path;
    EXPECT_EQ(field(response, "Allow"), allow);
  }
  EXPECT_EQ(get("/token").status, 405);
  EXPECT_EQ(send({"POST,", "/token", "", {}, "", ""}).status, 405);
  EXPECT_EQ(send({"", "/token", "", {}, "", ""}).status, 405);
}

TEST_F(Routing, HeadIsGetWithoutABody) {
  const Response response =
      send({"HEAD", "/.well-known/oauth-authorization-server", "", {}, "", ""});
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "");
}

TEST_F(Routing, ScriptsMayCallEverythingButAuthorizeAndTheResource) {
  for (const char* path :
       {"/register", "/token", "/revoke", "/introspect", "/.well-known/oauth-authorization-server",
        "/.well-known/oauth-protected-resource"}) {
    const Response response = send({"OPTIONS", path, "", {{"Origin", "https://x"}}, "", ""});
    EXPECT_EQ(response.status, 204) << path;
    EXPECT_EQ(field(response, "Access-Control-Allow-Origin"), "*");
    EXPECT_THAT(field(response, "Access-Control-Allow-Headers"), HasSubstr("Authorization"));
    EXPECT_NE(field(response, "Access-Control-Allow-Methods"), "<absent>");
    EXPECT_EQ(field(send({"PUT", path, "", {}, "", ""}), "Access-Control-Allow-Origin"), "*");
  }
  for (const char* method : {"OPTIONS", "GET", "POST"}) {
    const Response response = send({method, "/authorize", "", {}, "", ""});
    EXPECT_EQ(field(response, "Access-Control-Allow-Origin"), "<absent>");
  }
  EXPECT_EQ(send({"OPTIONS", "/authorize", "", {}, "", ""}).status, 405);
}

TEST_F(Routing, LongBodiesAndQueriesAreRefused) {
  const std::string limit(options.max_body_bytes, 'a');
  EXPECT_EQ(outcome(post("/token", limit)), "401 invalid_client");
  EXPECT_EQ(outcome(post("/token", limit + "a")), "413 invalid_request");
  EXPECT_EQ(outcome(register_text(limit + "a")), "413 invalid_request");
  EXPECT_EQ(outcome(send({"GET", "/authorize", limit + "a", {}, "", ""})), "414 invalid_request");
}

TEST_F(Routing, AProviderThatThrowsIsAServerError) {
  provider.broken = true;
  const FormFields who = {{"client_id", "public"}};
  FormFields redeem = who, revoke = who;
  redeem.insert(redeem.end(), {{"grant_type", "authorization_code"}, {"code", "c"}});
  revoke.emplace_back("token", "t");
  EXPECT_EQ(outcome(post("/token", redeem)), "500 server_error");
  EXPECT_EQ(field(post("/token", redeem), "Access-Control-Allow-Origin"), "*");
  EXPECT_EQ(outcome(post("/revoke", revoke)), "500 server_error");
  EXPECT_EQ(outcome(register_text(R"({"redirect_uris":["https://a.example/"]})")),
            "500 server_error");
  EXPECT_EQ(outcome(get("/resource", {}, {{"Authorization", "Bearer at"}})), "500 server_error");
}

TEST_F(Routing, AnIssuerWithAPathHasItsEndpointsBelowIt) {
  options.issuer = "https://as.example/tenant";
  const Response metadata = get("/.well-known/oauth-authorization-server/tenant");
  EXPECT_EQ(body_of(metadata)["token_endpoint"], "https://as.example/tenant/token");
  EXPECT_EQ(get("/tenant/token").status, 405);
  EXPECT_EQ(get("/tenantx/token").status, 404);
  EXPECT_EQ(get("/.well-known/oauth-authorization-server/other").status, 404);
}

// ---- POST /register ---------------------------------------------------------------------------

using Register = EndpointsTest;

TEST_F(Register, DefaultsAreThoseOfTheRfc) {
  const Response response = register_text(R"({"redirect_uris":["https://a.example/"]})");
  EXPECT_EQ(response.status, 201);
  EXPECT_EQ(field(response, "Cache-Control"), "no-store");
  EXPECT_EQ(field(response, "Content-Type"), "application/json");
  EXPECT_EQ(body_of(response), json::parse(R"({"client_id":"made","client_secret":"made-secret",
      "client_id_issued_at":1700000000,"client_secret_expires_at":0,
      "redirect_uris":["https://a.example/"],"token_endpoint_auth_method":"client_secret_basic",
      "grant_types":["authorization_code"],"response_types":["code"]})"));
}

TEST_F(Register, APublicClientGetsNoSecret) {
  const json body = body_of(register_text(
      R"({"redirect_uris":["https://a.example/"],"token_endpoint_auth_method":"none"})"));
  EXPECT_EQ(body["client_id"], "made");
  EXPECT_FALSE(body.contains("client_secret"));
  EXPECT_FALSE(body.contains("client_secret_expires_at"));
}

TEST_F(Register, AllRegisteredMetadataIsReturned) {
  const json metadata = json::parse(R"({"redirect_uris":["https://a.example/1","b.c:/2"],
      "token_endpoint_auth_method":"client_secret_post","response_types":["code"],
      "grant_types":["authorization_code","refresh_token"],"scope":"read write",
      "client_name":"N \u20ac \"","client_uri":"u","logo_uri":"l","tos_uri":"t","policy_uri":"p",
      "software_id":"i","software_version":"v","contacts":["a@b.example"]})");
  const json body = body_of(register_text(metadata.dump()));
  for (const auto& [name, value] : metadata.items()) EXPECT_EQ(body.value(name, json()), value);
}

TEST_F(Register, WhatTheServerAssignsOrDoesNotKnowIsIgnored) {
  const json body = body_of(register_text(R"({"redirect_uris":["https://a.example/"],
      "client_id":"mine","client_secret":"mine","new":{"deep":[1]},"client_name#de":"Nein",
      "client_name":null})"));
  EXPECT_EQ(provider.seen_client.client_id, "");
  EXPECT_EQ(provider.seen_client.client_secret, std::nullopt);
  EXPECT_EQ(body["client_id"], "made");
  EXPECT_FALSE(body.contains("new"));
  EXPECT_FALSE(body.contains("client_name#de"));
  EXPECT_FALSE(body.contains("client_name"));
}

TEST_F(Register, MembersOfTheWrongTypeAreRefused) {
  for (const char* text :
       {R"({"redirect_uris":"https://a.example/"})", R"({"redirect_uris":[1]})",
        R"({"redirect_uris":[["https://a.example/"]]})", R"({"grant_types":{}})",
        R"({"response_types":true})", R"({"scope":["read"]})", R"({"client_name":1})",
        R"({"contacts":"me"})", R"({"token_endpoint_auth_method":[]})", R"({"jwks":[]})",
        R"({"jwks_uri":1})", R"({"software_version":2})"}) {
    EXPECT_EQ(outcome(register_text(text)), "400 invalid_client_metadata") << text;
  }
  EXPECT_EQ(provider.calls, 0);
}

TEST_F(Register, ContradictoryOrUnsupportedMetadataIsRefused) {
  for (const char* text :
       {R"({"jwks":{"keys":[]},"jwks_uri":"https://a.example/"})",
        R"({"token_endpoint_auth_method":"private_key_jwt"})",
        R"({"token_endpoint_auth_method":""})", R"({"token_endpoint_auth_method":"NONE"})"}) {
    EXPECT_EQ(outcome(register_text(text)), "400 invalid_client_metadata") << text;
  }
}

TEST_F(Register, KeysComeBackAsTheyWere) {
  EXPECT_EQ(body_of(register_text(R"({"jwks":{"keys":[{"kty":"EC"}]}})"))["jwks"],
            json::parse(R"({"keys":[{"kty":"EC"}]})"));
  EXPECT_EQ(body_of(register_text(R"({"jwks_uri":"https://a.example/"})"))["jwks_uri"],
            "https://a.example/");
}

TEST_F(Register, WhatIsNotOneJsonObjectIsRefused) {
  for (const char* text : {"", "{", "[]", "null", "1", R"("x")", "{}{}", R"({"a":1,})", "{'a':1}",
                           "{\"a\":\"\xFF\"}", R"({"a":1,"a":1})", R"({"a":{"b":1,"\u0062":2}})"}) {
    EXPECT_EQ(outcome(register_text(text)), "400 invalid_client_metadata") << text;
  }
  EXPECT_EQ(provider.calls, 0);
  EXPECT_EQ(register_text(R"({"a":{"b":1},"c":[{"b":1},{"b":1}]})").status, 201);
}

TEST_F(Register, DepthIsLimited) {
  const auto nested = [](std::size_t depth) {
    return R"({"x":)" + std::string(depth - 1, '[') + std::string(depth - 1, ']') + "}";
  };
  EXPECT_EQ(register_text(nested(16)).status, 201);
  EXPECT_EQ(outcome(register_text(nested(17))), "400 invalid_client_metadata");
  options.max_body_bytes = 4'000'000;
  EXPECT_EQ(outcome(register_text(nested(1'000'000))), "400 invalid_client_metadata");
}

TEST_F(Register, RedirectUrisAreCounted) {
  const auto with = [](int count) {
    json metadata;
    for (int i = 0; i < count; ++i) metadata["redirect_uris"].push_back("https://a.example/");
    return metadata.dump();
  };
  EXPECT_EQ(register_text(with(32)).status, 201);
  EXPECT_EQ(outcome(register_text(with(33))), "400 invalid_redirect_uri");
}

TEST_F(Register, OnlyJsonIsRead) {
  for (const char* type : {"text/plain", "application/x-www-form-urlencoded", ""}) {
    const Response response = send({"POST", "/register", "", {{"Content-Type", type}}, "{}", ""});
    EXPECT_EQ(outcome(response), "400 invalid_request") << type;
  }
  EXPECT_EQ(send({"POST", "/register", "", {}, "{}", ""}).status, 400);
  EXPECT_EQ(send({"POST",
                  "/register",
                  "",
                  {{"content-type", "Application/JSON ; charset=utf-8"}},
                  "{}",
                  ""})
                .status,
            201);
}

TEST_F(Register, TheProvidersRefusalIsPassedOn) {
  provider.refusal = Refusal{Error::invalid_redirect_uri, "No \"quotes\" \\ here\n, \xC3\xA9."};
  const Response response = register_text("{}");
  EXPECT_EQ(outcome(response), "400 invalid_redirect_uri");
  EXPECT_EQ(body_of(response)["error_description"], "No quotes  here, .");
}

// ---- GET /authorize ---------------------------------------------------------------------------

class Authorize : public EndpointsTest {
 protected:
  FormFields good = {{"response_type", "code"},        {"client_id", "public"},
                     {"redirect_uri", callback},       {"scope", "read write"},
                     {"state", "s t&a=t~e"},           {"code_challenge", challenge},
                     {"code_challenge_method", "S256"}};

  FormFields without(const std::string& name) const {
    FormFields left;
    for (const auto& entry : good) {
      if (entry.first != name) left.push_back(entry);
    }
    return left;
  }
  FormFields with(const std::string& name, const std::string& value) const {
    FormFields changed = without(name);
    changed.emplace_back(name, value);
    return changed;
  }
  FormFields twice(const std::string& name) const {
    FormFields repeated = good;
    for (const auto& entry : good) {
      if (entry.first == name) repeated.push_back(entry);
    }
    return repeated;
  }
  /// The error that is redirected for `query`, which reaches no provider; state is returned.
  std::string refused(const FormFields& query, bool with_state = true) {
    const int before = provider.calls;
    const Response response = get("/authorize", query);
    EXPECT_EQ(provider.calls, before);
    EXPECT_EQ(response.status, 303);
    auto answer = redirected(response);
    EXPECT_EQ(answer.count("code"), 0u);
    EXPECT_EQ(answer["iss"], options.issuer);
    EXPECT_EQ(answer.count("state"), with_state ? 1u : 0u);
    EXPECT_EQ(answer["state"], with_state ? "s t&a=t~e" : "");
    return answer["error"];
  }
};

TEST_F(Authorize, AGrantedRequestReturnsCodeStateAndIssuer) {
  const Response response = get("/authorize", good);
  EXPECT_EQ(response.status, 303);
  EXPECT_THAT(field(response, "Location"), StartsWith(callback + "?"));
  auto answer = redirected(response);
  EXPECT_EQ(answer, (std::map<std::string, std::string>{
                        {"code", "c1"}, {"state", "s t&a=t~e"}, {"iss", "https://as.example"}}));
  EXPECT_EQ(field(response, "Cache-Control"), "no-store");
  EXPECT_EQ(field(response, "Referrer-Policy"), "no-referrer");
}

TEST_F(Authorize, TheProviderIsToldWhatWasAsked) {
  FormFields query = good;
  query.insert(
      query.end(),
      {{"resource", "https://r.example/1"}, {"resource", "https://r.example/2"}, {"unknown", "x"}});
  get("/authorize", query);
  const AuthorizationParams& seen = provider.seen_params;
  EXPECT_EQ(provider.seen_client.client_id, "public");
  EXPECT_EQ(seen.state, "s t&a=t~e");
  EXPECT_EQ(seen.scopes, (Strings{"read", "write"}));
  EXPECT_EQ(seen.code_challenge, challenge);
  EXPECT_EQ(seen.code_challenge_method, "S256");
  EXPECT_EQ(seen.redirect_uri, callback);
  EXPECT_TRUE(seen.redirect_uri_provided_explicitly);
  EXPECT_THAT(seen.resources, ElementsAre("https://r.example/1", "https://r.example/2"));
  EXPECT_EQ(seen.subject, "alice");
}

TEST_F(Authorize, WhatIsEmptyOrLeftOutIsAbsent) {
  get("/authorize",
      {{"response_type", "code"}, {"client_id", "public"}, {"scope", ""}, {"state", ""}});
  const AuthorizationParams& seen = provider.seen_params;
  EXPECT_EQ(seen.scopes, std::nullopt);
  EXPECT_EQ(seen.state, std::nullopt);
  EXPECT_EQ(seen.code_challenge, "");
  EXPECT_EQ(seen.code_challenge_method, "");
  EXPECT_EQ(provider.calls, 1);
}

TEST_F(Authorize, TheOnlyRedirectUriMayBeOmitted) {
  EXPECT_EQ(get("/authorize", without("redirect_uri")).status, 303);
  EXPECT_EQ(provider.seen_params.redirect_uri, callback);
  EXPECT_FALSE(provider.seen_params.redirect_uri_provided_explicitly);
  provider.clients["public"].redirect_uris.push_back("https://app.example/other");
  expect_shown_here(get("/authorize", without("redirect_uri")));
  provider.clients["public"].redirect_uris.clear();
  expect_shown_here(get("/authorize", without("redirect_uri")));
}

TEST_F(Authorize, AFaultOfClientOrRedirectUriIsShownHere) {
  expect_shown_here(get("/authorize", without("client_id")));
  expect_shown_here(get("/authorize", with("client_id", "")));
  expect_shown_here(get("/authorize", with("client_id", "unknown")));
  expect_shown_here(get("/authorize", twice("client_id")));
  expect_shown_here(get("/authorize", twice("redirect_uri")));
  expect_shown_here(get("/authorize", with("redirect_uri", "https://evil.example/cb")));
  expect_shown_here(get("/authorize", with("redirect_uri", callback + "/")));
  for (const char* broken : {"&redirect_uri=%zz", "&client_id=%ff"}) {
    expect_shown_here(send({"GET", "/authorize", encode_form(good) + broken, {}, "", "alice"}));
  }
  expect_shown_here(send({"GET",
                          "/authorize",
                          encode_form(without("redirect_uri")) + "&redirect_uri=%zz",
                          {},
                          "",
                          "alice"}));
  EXPECT_EQ(provider.calls, 0);
}

TEST_F(Authorize, ALocalErrorRepeatsNothingThatWasSent) {
  const Response response =
      get("/authorize", with("redirect_uri", "https://evil.example/<script>"));
  EXPECT_THAT(response.body, AllOf(Not(HasSubstr("evil")), Not(HasSubstr("<"))));
}

TEST_F(Authorize, OtherFaultsAreRedirected) {
  EXPECT_EQ(refused(without("response_type")), "invalid_request");
  EXPECT_EQ(refused(with("response_type", "")), "invalid_request");
  EXPECT_EQ(refused(with("response_type", "token")), "unsupported_response_type");
  EXPECT_EQ(refused(with("response_type", "code token")), "unsupported_response_type");
  EXPECT_EQ(refused(with("response_type", "CODE")), "unsupported_response_type");
  for (const char* name : {"response_type", "scope", "code_challenge", "code_challenge_method"}) {
    EXPECT_EQ(refused(twice(name)), "invalid_request") << name;
  }
  for (const char* scope : {"a  b", " a", "a ", "a\"b", "a\\b", "\xC3\xA9", "a\tb"}) {
    EXPECT_EQ(refused(with("scope", scope)), "invalid_scope") << scope;
  }
}

TEST_F(Authorize, ARepeatedExtensionIsRefusedToo) {
  FormFields query = good;
  query.insert(query.end(), {{"nonce", "1"}, {"nonce", "1"}});
  EXPECT_EQ(refused(query), "invalid_request");
}

TEST_F(Authorize, AStateThatCannotBeReturnedIsNot) {
  for (const char* state : {"a\nb", "\xC3\xA9", "\x7F"}) {
    EXPECT_EQ(refused(with("state", state), false), "invalid_request");
  }
  EXPECT_EQ(refused(twice("state"), false), "invalid_request");
  for (const char* broken : {"&state=%FF", "&state=%00", "&state=%z"}) {
    const Response response =
        send({"GET", "/authorize", encode_form(without("state")) + broken, {}, "", "alice"});
    auto answer = redirected(response);
    EXPECT_EQ(answer["error"], "invalid_request") << broken;
    EXPECT_EQ(answer.count("state"), 0u);
  }
}

TEST_F(Authorize, TheQueryOfTheRedirectUriSurvives) {
  const std::string uri = "https://app.example/cb?iss=mine&x=1";
  provider.clients["public"].redirect_uris = {uri};
  EXPECT_EQ(field(get("/authorize", with("redirect_uri", uri)), "Location"),
            uri + "&code=c1&state=s+t%26a%3Dt%7Ee&iss=https%3A%2F%2Fas.example");
  FormFields query = with("redirect_uri", uri);
  query.erase(query.begin());
  EXPECT_THAT(field(get("/authorize", query), "Location"),
              StartsWith(uri + "&error=invalid_request&"));
}

TEST_F(Authorize, TheProvidersRefusalIsRedirected) {
  for (const Error error : {Error::access_denied, Error::invalid_target, Error::invalid_scope,
                            Error::unauthorized_client, Error::temporarily_unavailable,
                            Error::server_error, Error::invalid_request}) {
    provider.refusal = Refusal{error, "Because."};
    auto answer = redirected(get("/authorize", good));
    EXPECT_EQ(answer["error"], to_string(error));
    EXPECT_EQ(answer["error_description"], "Because.");
    EXPECT_EQ(answer["state"], "s t&a=t~e");
    EXPECT_EQ(answer["iss"], options.issuer);
  }
  provider.refusal = Refusal{Error::invalid_grant, "Nonsense here."};
  EXPECT_EQ(redirected(get("/authorize", good))["error"], "server_error");
}

TEST_F(Authorize, TheProviderMayDistrustTheRedirectUri) {
  for (const Error error : {Error::invalid_client, Error::invalid_redirect_uri}) {
    provider.refusal = Refusal{error, ""};
    expect_shown_here(get("/authorize", good));
  }
}

TEST_F(Authorize, AProviderThatThrowsIsRedirectedAsServerError) {
  provider.broken = true;
  EXPECT_EQ(redirected(get("/authorize", good))["error"], "server_error");
}

TEST_F(Authorize, ARedirectUriThatBreaksTheHeaderIsNotUsed) {
  const std::string uri = "https://app.example/cb?\r\nSet-Cookie:x";
  provider.clients["public"].redirect_uris = {uri};
  const Response response = get("/authorize", with("redirect_uri", uri));
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(field(response, "Location"), "<absent>");
}

TEST_F(Authorize, PostTakesItsParametersFromTheBody) {
  Request request{"POST",
                  "/authorize",
                  "state=other",
                  {{"Content-Type", "application/x-www-form-urlencoded"}},
                  encode_form(good),
                  "alice"};
  EXPECT_EQ(redirected(send(request))["state"], "s t&a=t~e");
  request.headers.clear();
  expect_shown_here(send(request));
}

// ---- POST /token ------------------------------------------------------------------------------

class Token : public EndpointsTest {
 protected:
  FormFields redeem = {{"grant_type", "authorization_code"},
                       {"client_id", "public"},
                       {"code", "c1"},
                       {"code_verifier", "v"},
                       {"redirect_uri", callback}};
  /// A token request without anything that says who sends it.
  FormFields anonymous = {{"grant_type", "authorization_code"}, {"code", "c1"}};

  FormFields plus(FormFields form, const FormFields& more) const {
    form.insert(form.end(), more.begin(), more.end());
    return form;
  }
};

TEST_F(Token, ACodeBuysTokens) {
  const Response response =
      post("/token", plus(redeem, {{"resource", "r1"}, {"resource", "r2"}, {"unknown", "x"}}));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(field(response, "Cache-Control"), "no-store");
  EXPECT_EQ(field(response, "Content-Type"), "application/json");
  EXPECT_EQ(field(response, "Access-Control-Allow-Origin"), "*");
  EXPECT_EQ(body_of(response), json::parse(R"({"access_token":"at","token_type":"Bearer",
      "expires_in":3600,"scope":"read","refresh_token":"rt"})"));
  EXPECT_EQ(provider.seen_client.client_id, "public");
  EXPECT_EQ(provider.seen_code.code, "c1");
  EXPECT_EQ(provider.seen_code.client_id, "public");
  EXPECT_EQ(provider.seen_redemption.code_verifier, "v");
  EXPECT_EQ(provider.seen_redemption.redirect_uri, callback);
  EXPECT_THAT(provider.seen_redemption.resources, ElementsAre("r1", "r2"));
}

TEST_F(Token, WhatIsEmptyIsAbsent) {
  post("/token", FormFields{{"grant_type", "authorization_code"},
                            {"client_id", "public"},
                            {"client_secret", ""},
                            {"code", "c1"},
                            {"code_verifier", ""},
                            {"redirect_uri", ""},
                            {"resource", ""}});
  EXPECT_EQ(provider.calls, 1);
  EXPECT_EQ(provider.seen_redemption.code_verifier, std::nullopt);
  EXPECT_EQ(provider.seen_redemption.redirect_uri, std::nullopt);
  EXPECT_EQ(provider.seen_redemption.resources, Strings{});
}

TEST_F(Token, ARefreshTokenIsExchanged) {
  FormFields form = {
      {"grant_type", "refresh_token"}, {"client_id", "public"}, {"refresh_token", "rt"}};
  EXPECT_EQ(post("/token", form).status, 200);
  EXPECT_EQ(provider.seen_refresh.token, "rt");
  EXPECT_EQ(provider.seen_refresh.client_id, "public");
  EXPECT_EQ(provider.seen_scopes, std::nullopt);
  EXPECT_EQ(post("/token", plus(form, {{"scope", "a b"}, {"resource", "r"}})).status, 200);
  EXPECT_EQ(provider.seen_scopes, (Strings{"a", "b"}));
  EXPECT_EQ(provider.seen_resources, Strings{"r"});
  EXPECT_EQ(outcome(post("/token", plus(form, {{"scope", "a  b"}}))), "400 invalid_scope");
  form.pop_back();
  EXPECT_EQ(outcome(post("/token", form)), "400 invalid_request");
}

TEST_F(Token, OnlyAnAuthenticatedClientGetsTokensForItself) {
  const FormFields form = {{"grant_type", "client_credentials"}};
  EXPECT_EQ(post("/token", plus(form, {{"scope", "a"}}), {basic("secret", "s3cret")}).status, 200);
  EXPECT_EQ(provider.seen_scopes, Strings{"a"});
  provider.clients["public"].grant_types.push_back("client_credentials");
  EXPECT_EQ(outcome(post("/token", plus(form, {{"client_id", "public"}}))),
            "400 unauthorized_client");
  EXPECT_EQ(outcome(post("/token", plus(form, {{"scope", "a\\"}}), {basic("secret", "s3cret")})),
            "400 invalid_scope");
}

TEST_F(Token, GrantTypesAreJudged) {
  const auto grant = [](const char* type, const char* client) {
    return FormFields{{"grant_type", type}, {"client_id", client}, {"code", "c1"}};
  };
  EXPECT_EQ(outcome(post("/token", grant("", "public"))), "400 invalid_request");
  EXPECT_EQ(outcome(post("/token", grant("password", "public"))), "400 unsupported_grant_type");
  EXPECT_EQ(outcome(post("/token", grant("Authorization_code", "public"))),
            "400 unsupported_grant_type");
  EXPECT_EQ(outcome(post("/token", grant("client_credentials", "public"))),
            "400 unauthorized_client");
  provider.clients["public"].grant_types = {"authorization_code"};
  EXPECT_EQ(outcome(post("/token", FormFields{{"grant_type", "refresh_token"},
                                              {"client_id", "public"},
                                              {"refresh_token", "rt"}})),
            "400 unauthorized_client");
  EXPECT_EQ(outcome(post("/token", FormFields{{"grant_type", "authorization_code"},
                                              {"client_id", "public"}})),
            "400 invalid_request");
  EXPECT_EQ(provider.calls, 0);
}

TEST_F(Token, MalformedRequestsReachNobody) {
  const std::string form = encode_form(redeem);
  for (const char* more :
       {"&x=%", "&x=%00", "&x=%FF", "&code=c2", "&x=1&x=1", "&client_id=public", "&%zz=1"}) {
    const Response response = post("/token", form + more);
    EXPECT_EQ(outcome(response), "400 invalid_request") << more;
    EXPECT_EQ(field(response, "Cache-Control"), "no-store");
  }
  for (const Headers& headers : {Headers{}, Headers{{"Content-Type", "application/json"}},
                                 Headers{{"Content-Type", "application/x-www-form-urlencodedx"}},
                                 Headers{{"Content-Type", "multipart/form-data; boundary=x"}}}) {
    EXPECT_EQ(outcome(send({"POST", "/token", "", headers, form, ""})), "400 invalid_request");
  }
  EXPECT_EQ(provider.calls, 0);
  EXPECT_EQ(send({"POST",
                  "/token",
                  "",
                  {{"Content-Type", "Application/X-WWW-form-urlencoded;charset=UTF-8"}},
                  form,
                  ""})
                .status,
            200);
}

TEST_F(Token, TheQueryIsIgnored) {
  Request request{"POST",
                  "/token",
                  "client_id=secret&client_secret=s3cret&code=c2",
                  {{"Content-Type", "application/x-www-form-urlencoded"}},
                  encode_form(anonymous),
                  ""};
  EXPECT_EQ(outcome(send(request)), "401 invalid_client");
  request.body = encode_form(redeem);
  EXPECT_EQ(send(request).status, 200);
  EXPECT_EQ(provider.seen_code.code, "c1");
}

TEST_F(Token, RefusalsOfTheProviderHaveTheirStatus) {
  const std::pair<Error, const char*> cases[] = {
      {Error::invalid_grant, "400 invalid_grant"},
      {Error::invalid_target, "400 invalid_target"},
      {Error::invalid_client, "401 invalid_client"},
      {Error::server_error, "500 server_error"},
      {Error::temporarily_unavailable, "503 temporarily_unavailable"}};
  for (const auto& [error, expected] : cases) {
    provider.refusal = Refusal{error, ""};
    const Response response = post("/token", redeem);
    EXPECT_EQ(outcome(response), expected);
    EXPECT_EQ(field(response, "Cache-Control"), "no-store");
    EXPECT_FALSE(body_of(response).contains("error_description"));
  }
}

// ---- Client authentication --------------------------------------------------------------------

class ClientAuthentication : public Token {};

TEST_F(ClientAuthentication, HeaderAndBodyServeEveryClientWithASecret) {
  EXPECT_EQ(post("/token", anonymous, {basic("secret", "s3cret")}).status, 200);
  EXPECT_EQ(post("/token", plus(anonymous, {{"client_id", "secret"}, {"client_secret", "s3cret"}}))
                .status,
            200);
  EXPECT_EQ(
      post("/token", plus(anonymous, {{"client_id", "post"}, {"client_secret", "p:&+ %"}})).status,
      200);
  EXPECT_EQ(post("/token", plus(anonymous, {{"client_id", "secret"}}), {basic("secret", "s3cret")})
                .status,
            200);
}

TEST_F(ClientAuthentication, BasicIsFormDecoded) {
  EXPECT_EQ(post("/token", anonymous, {basic("p%6Fst", "p%3A%26%2B+%25")}).status, 200);
  EXPECT_EQ(provider.seen_client.client_id, "post");
  EXPECT_EQ(post("/token", anonymous, {basic("post", "p:&+ %")}).status, 401);
  provider.clients["post"].client_secret = "p:q=";
  EXPECT_EQ(post("/token", anonymous, {basic("post", "p:q=")}).status, 200);
}

TEST_F(ClientAuthentication, TheSchemeComparesWithoutRegardToCase) {
  EXPECT_EQ(post("/token", anonymous, {{"authorization", "bAsIc  c2VjcmV0OnMzY3JldA=="}}).status,
            200);
}

TEST_F(ClientAuthentication, WhatDoesNotProveIsRefusedWithAChallenge) {
  const std::pair<FormFields, Headers> cases[] = {
      {{}, {}},
      {{{"client_id", "unknown"}}, {}},
      {{{"client_id", "secret"}}, {}},
      {{{"client_secret", "s3cret"}}, {}},
      {{{"client_id", "secret"}, {"client_secret", "s3cre"}}, {}},
      {{{"client_id", "secret"}, {"client_secret", "S3cret"}}, {}},
      {{{"client_id", "public"}, {"client_secret", "any"}}, {}},
      {{{"client_id", "secret"}, {"client_assertion", "jwt"}}, {}},
      {{}, {basic("secret", "")}},
      {{}, {basic("secret", "wrong")}},
      {{}, {basic("public", "")}},
      {{}, {basic("unknown", "s3cret")}},
      {{}, {basic("secret", "s3cret%")}},
      {{}, {basic("secret", "s3cret&")}},
      {{}, {basic("secret&&", "s3cret")}},
      {{}, {{"Authorization", "Basic"}}},
      {{}, {{"Authorization", "Basic "}}},
      {{}, {{"Authorization", "Basic " + base64("secret")}}},
      {{}, {{"Authorization", "Basic c2VjcmV0OnMzY3JldA="}}},
      {{}, {{"Authorization", "Basic c2VjcmV0OnMzY3JldA"}}},
      {{}, {{"Authorization", "Basic c2VjcmV0OnMzY3JldB=="}}},
      {{}, {{"Authorization", "Basic c2VjcmV0OnMzY3JldA== x"}}},
      {{}, {{"Authorization", "Basic *2VjcmV0OnMzY3JldA=="}}},
      {{}, {{"Authorization", "Bearer c2VjcmV0OnMzY3JldA=="}}},
      {{{"client_id", "public"}}, {{"Authorization", "Bearer at"}}},
      {{}, {basic("secret", "s3cret"), basic("secret", "s3cret")}},
  };
  for (const char* path : {"/token", "/revoke", "/introspect"}) {
    for (const auto& [form, headers] : cases) {
      const Response response = post(path, plus(anonymous, form), headers);
      EXPECT_EQ(outcome(response), "401 invalid_client")
          << path << ' ' << encode_form(form) << (headers.empty() ? "" : headers[0].second);
      EXPECT_EQ(field(response, "WWW-Authenticate"), "Basic realm=\"https://as.example\"");
      EXPECT_EQ(field(response, "Cache-Control"), "no-store");
    }
  }
  EXPECT_EQ(provider.calls, 0);
}

TEST_F(ClientAuthentication, MoreThanOneWayIsMalformed) {
  const Headers good = {basic("secret", "s3cret")};
  for (const FormFields& form :
       {FormFields{{"client_secret", "s3cret"}},
        FormFields{{"client_id", "secret"}, {"client_secret", "s3cret"}},
        FormFields{{"client_id", "public"}}, FormFields{{"client_assertion", "jwt"}}}) {
    EXPECT_EQ(outcome(post("/token", plus(anonymous, form), good)), "400 invalid_request");
  }
  EXPECT_EQ(outcome(post("/token", plus(anonymous, {{"client_id", "secret"},
                                                    {"client_secret", "s3cret"},
                                                    {"client_assertion", "jwt"}}))),
            "400 invalid_request");
  EXPECT_EQ(provider.calls, 0);
}

TEST_F(ClientAuthentication, ASecretExpiresOnTheSecond) {
  provider.clients["secret"].client_secret_expires_at = start + 1;
  EXPECT_EQ(post("/token", anonymous, {basic("secret", "s3cret")}).status, 200);
  clock.advance(1);
  EXPECT_EQ(outcome(post("/token", anonymous, {basic("secret", "s3cret")})), "401 invalid_client");
}

TEST_F(ClientAuthentication, AConfidentialClientWithoutASecretCannotProveAnything) {
  provider.clients["secret"].client_secret.reset();
  EXPECT_EQ(outcome(post("/token", anonymous, {basic("secret", "")})), "401 invalid_client");
  EXPECT_EQ(outcome(post("/token", plus(anonymous, {{"client_id", "secret"}}))),
            "401 invalid_client");
}

// ---- POST /revoke -----------------------------------------------------------------------------

using Revoke = EndpointsTest;

TEST_F(Revoke, AnswersWithAnEmptyBody) {
  const Response response =
      post("/revoke",
           FormFields{{"client_id", "public"}, {"token", "at"}, {"token_type_hint", "nonsense"}});
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "");
  EXPECT_EQ(provider.seen_client.client_id, "public");
  EXPECT_EQ(provider.seen_token, "at");
}

TEST_F(Revoke, NeedsAToken) {
  EXPECT_EQ(outcome(post("/revoke", FormFields{{"client_id", "public"}})), "400 invalid_request");
  EXPECT_EQ(outcome(post("/revoke", FormFields{{"client_id", "public"}, {"token", ""}})),
            "400 invalid_request");
  EXPECT_EQ(provider.calls, 0);
}

TEST_F(Revoke, PassesTheRefusalOn) {
  provider.refusal = Refusal{Error::invalid_grant, "Not yours."};
  const FormFields form = {{"client_id", "public"}, {"token", "at"}};
  EXPECT_EQ(outcome(post("/revoke", form)), "400 invalid_grant");
  provider.refusal = Refusal{Error::temporarily_unavailable, ""};
  EXPECT_EQ(outcome(post("/revoke", form)), "503 temporarily_unavailable");
}

// ---- POST /introspect -------------------------------------------------------------------------

class Introspect : public EndpointsTest {
 protected:
  Introspect() {
    provider.access_tokens["at"] = {"at",         "secret", {"read", "write"},
                                    start + 3600, start,    {"https://as.example/resource"},
                                    "alice"};
    provider.refresh_tokens["rt"] = {"rt", "secret", {"read"}, start + 99, {}, "alice"};
  }
  json ask(const std::string& token, const std::pair<std::string, std::string>& who) {
    const Response response =
        post("/introspect", FormFields{{"token", token}, {"token_type_hint", "x"}}, {who});
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(field(response, "Cache-Control"), "no-store");
    return body_of(response);
  }
  const std::pair<std::string, std::string> owner = basic("secret", "s3cret");
  const std::pair<std::string, std::string> server = basic("post", "p%3A%26%2B+%25");
  const json inactive = {{"active", false}};
};

TEST_F(Introspect, TellsTheOwnerAboutAnAccessToken) {
  EXPECT_EQ(ask("at", owner), json::parse(R"({"active":true,"client_id":"secret",
      "scope":"read write","token_type":"Bearer","sub":"alice","exp":1700003600,"iat":1700000000,
      "aud":"https://as.example/resource","iss":"https://as.example"})"));
  provider.access_tokens["at"].resources.push_back("https://b.example/");
  EXPECT_EQ(ask("at", owner)["aud"],
            json::parse(R"(["https://as.example/resource","https://b.example/"])"));
  provider.access_tokens["at"].resources.clear();
  EXPECT_FALSE(ask("at", owner).contains("aud"));
}

TEST_F(Introspect, TellsTheOwnerAboutARefreshToken) {
  EXPECT_EQ(ask("rt", owner), json::parse(R"({"active":true,"client_id":"secret","scope":"read",
      "sub":"alice","exp":1700000099,"iss":"https://as.example"})"));
  EXPECT_EQ(ask("rt", server), inactive);
}

TEST_F(Introspect, TellsAResourceServerOnlyWhatConcernsIt) {
  EXPECT_EQ(ask("at", server)["active"], true);
  provider.access_tokens["at"].resources = {"https://b.example/"};
  EXPECT_EQ(ask("at", server), inactive);
  provider.access_tokens["at"].resources.clear();
  EXPECT_EQ(ask("at", server)["active"], true) << "bound to none is for each";
}

TEST_F(Introspect, TellsStrangersNothing) {
  options.resource_servers.clear();
  EXPECT_EQ(ask("at", server), inactive);
  EXPECT_EQ(ask("garbage", owner), inactive);
}

TEST_F(Introspect, NeedsMoreThanAClientId) {
  provider.access_tokens["at"].client_id = "public";
  const Response response =
      post("/introspect", FormFields{{"client_id", "public"}, {"token", "at"}});
  EXPECT_EQ(outcome(response), "401 invalid_client");
  EXPECT_THAT(field(response, "WWW-Authenticate"), StartsWith("Basic "));
}

TEST_F(Introspect, NeedsAToken) {
  EXPECT_EQ(outcome(post("/introspect", FormFields{}, {owner})), "400 invalid_request");
}

// ---- GET /resource ----------------------------------------------------------------------------

class Resource : public EndpointsTest {
 protected:
  Resource() {
    provider.access_tokens["at"] = {"at", "public", {"read", "write"}, start + 1, start,
                                    {},   "alice"};
  }
  Response with(const std::string& authorization) {
    return get("/resource", {}, {{"Authorization", authorization}});
  }
  const std::string plain_challenge =
      "Bearer realm=\"https://as.example\", "
      "resource_metadata=\"https://as.example/.well-known/oauth-protected-resource/resource\"";
};

TEST_F(Resource, OpensToALiveToken) {
  for (const char* authorization : {"Bearer at", "bearer at", "BEARER   at"}) {
    const Response response = with(authorization);
    EXPECT_EQ(response.status, 200) << authorization;
    EXPECT_EQ(body_of(response),
              json::parse(R"({"sub":"alice","client_id":"public","scope":"read write"})"));
  }
}

TEST_F(Resource, WithoutCredentialsTheChallengeNamesNoError) {
  for (const Response& response : {get("/resource"), with("Basic YTpi"), with("Digest a=\"b\", c"),
                                   with(""), get("/resource", {{"access_token", "at"}})}) {
    EXPECT_EQ(outcome(response), "401");
    EXPECT_EQ(field(response, "WWW-Authenticate"), plain_challenge);
  }
}

TEST_F(Resource, AMalformedHeaderIsABadRequest) {
  for (const char* authorization : {"Bearer", "Bearer ", "Bearer at at", "Bearer a,b", "Bearer a=b",
                                    "Bearer =", "Bearer \"at\"", "Bearer \tat"}) {
    const Response response = with(authorization);
    EXPECT_EQ(outcome(response), "400 invalid_request") << authorization;
    EXPECT_THAT(field(response, "WWW-Authenticate"), HasSubstr("error=\"invalid_request\""));
  }
  EXPECT_EQ(outcome(get("/resource", {},
                        {{"Authorization", "Bearer at"}, {"Authorization", "Bearer at"}})),
            "400 invalid_request");
}

TEST_F(Resource, AnUnknownTokenIsInvalid) {
  const Response response = with("Bearer other");
  EXPECT_EQ(outcome(response), "401 invalid_token");
  EXPECT_THAT(field(response, "WWW-Authenticate"),
              AllOf(StartsWith(plain_challenge), HasSubstr("error=\"invalid_token\"")));
}

TEST_F(Resource, ATokenForAnotherResourceIsInvalid) {
  provider.access_tokens["at"].resources = {"https://b.example/"};
  EXPECT_EQ(outcome(with("Bearer at")), "401 invalid_token");
  provider.access_tokens["at"].resources.push_back(options.resource);
  EXPECT_EQ(with("Bearer at").status, 200);
}

TEST_F(Resource, TheChallengeNamesItsMetadataInFullHoweverLong) {
  options.resource = "https://as.example/" + std::string(300, 'x');
  EXPECT_THAT(field(get("/resource"), "WWW-Authenticate"),
              HasSubstr("oauth-protected-resource/" + std::string(300, 'x') + '"'));
}

TEST_F(Resource, ATokenWithTooLittleScopeIsToldWhatWouldDo) {
  provider.access_tokens["at"].scopes = {"write", "READ"};
  const Response response = with("Bearer at");
  EXPECT_EQ(outcome(response), "403 insufficient_scope");
  EXPECT_THAT(field(response, "WWW-Authenticate"),
              AllOf(HasSubstr("error=\"insufficient_scope\""), HasSubstr("scope=\"read\"")));
  options.resource_scope = "";
  EXPECT_EQ(with("Bearer at").status, 200);
}

// ---- The well-known documents -----------------------------------------------------------------

using Metadata = EndpointsTest;

TEST_F(Metadata, TheServerDescribesItself) {
  const Response response = get("/.well-known/oauth-authorization-server");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(field(response, "Content-Type"), "application/json");
  EXPECT_EQ(body_of(response), json::parse(R"({"issuer":"https://as.example",
      "authorization_endpoint":"https://as.example/authorize",
      "token_endpoint":"https://as.example/token",
      "registration_endpoint":"https://as.example/register",
      "revocation_endpoint":"https://as.example/revoke",
      "introspection_endpoint":"https://as.example/introspect",
      "response_types_supported":["code"],"response_modes_supported":["query"],
      "grant_types_supported":["authorization_code","refresh_token","client_credentials"],
      "token_endpoint_auth_methods_supported":
          ["client_secret_basic","client_secret_post","none"],
      "revocation_endpoint_auth_methods_supported":
          ["client_secret_basic","client_secret_post","none"],
      "introspection_endpoint_auth_methods_supported":
          ["client_secret_basic","client_secret_post"],
      "code_challenge_methods_supported":["S256"],
      "authorization_response_iss_parameter_supported":true,
      "scopes_supported":["read","write","admin"],
      "protected_resources":["https://as.example/resource"]})"));
}

TEST_F(Metadata, TheResourceDescribesItself) {
  for (const char* path : {"/.well-known/oauth-protected-resource",
                           "/.well-known/oauth-protected-resource/resource"}) {
    const Response response = get(path);
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(body_of(response), json::parse(R"({"resource":"https://as.example/resource",
        "authorization_servers":["https://as.example"],"bearer_methods_supported":["header"],
        "scopes_supported":["read","write","admin"],
        "resource_name":"grantcheck protected resource"})"));
  }
}

TEST_F(Metadata, EmptyMembersAreOmitted) {
  options.scopes_supported.clear();
  options.resource_name.clear();
  json body = body_of(get("/.well-known/oauth-authorization-server"));
  EXPECT_EQ(body["issuer"], options.issuer);
  EXPECT_FALSE(body.contains("scopes_supported"));
  body = body_of(get("/.well-known/oauth-protected-resource"));
  EXPECT_FALSE(body.contains("scopes_supported"));
  EXPECT_FALSE(body.contains("resource_name"));
}

TEST_F(Metadata, AnIssuerKeepsItsTrailingSlashButItsEndpointsDoNotDoubleIt) {
  options.issuer = "https://as.example/";
  const json body = body_of(get("/.well-known/oauth-authorization-server"));
  EXPECT_EQ(body["issuer"], "https://as.example/");
  EXPECT_EQ(body["token_endpoint"], "https://as.example/token");
}

}  // namespace
}  // namespace grantcheck
