// One mutant per operation that denies it, so that vectors which want a success have something to
// fail on.
#include "forwarding.h"
#include "groups.h"

namespace grantcheck {
namespace {

Refusal denied() { return {Error::server_error, "This operation is denied."}; }

struct DenyGetClient : Forwarding {
  using Forwarding::Forwarding;
  std::optional<Client> get_client(std::string_view) override { return std::nullopt; }
};

struct DenyRegisterClient : Forwarding {
  using Forwarding::Forwarding;
  Result<Client> register_client(const Client&) override { return denied(); }
};

struct DenyAuthorize : Forwarding {
  using Forwarding::Forwarding;
  Result<std::string> authorize(const Client&, const AuthorizationParams&) override {
    return denied();
  }
};

struct DenyLoadAuthorizationCode : Forwarding {
  using Forwarding::Forwarding;
  std::optional<AuthorizationCode> load_authorization_code(const Client&,
                                                           std::string_view) override {
    return std::nullopt;
  }
};

struct DenyExchangeAuthorizationCode : Forwarding {
  using Forwarding::Forwarding;
  Result<OAuthToken> exchange_authorization_code(const Client&, const AuthorizationCode&,
                                                 const CodeRedemption&) override {
    return denied();
  }
};

struct DenyLoadRefreshToken : Forwarding {
  using Forwarding::Forwarding;
  std::optional<RefreshToken> load_refresh_token(const Client&, std::string_view) override {
    return std::nullopt;
  }
};

struct DenyExchangeRefreshToken : Forwarding {
  using Forwarding::Forwarding;
  Result<OAuthToken> exchange_refresh_token(const Client&, const RefreshToken&,
                                            const std::optional<Strings>&,
                                            const Strings&) override {
    return denied();
  }
};

struct DenyLoadAccessToken : Forwarding {
  using Forwarding::Forwarding;
  std::optional<AccessToken> load_access_token(std::string_view) override { return std::nullopt; }
};

struct DenyVerifyToken : Forwarding {
  using Forwarding::Forwarding;
  std::optional<AccessToken> verify_token(std::string_view) override { return std::nullopt; }
};

struct DenyRevokeToken : Forwarding {
  using Forwarding::Forwarding;
  Result<Done> revoke_token(const Client&, std::string_view) override { return denied(); }
};

struct DenyClientCredentials : Forwarding {
  using Forwarding::Forwarding;
  Result<OAuthToken> exchange_client_credentials(const Client&, const std::optional<Strings>&,
                                                 const Strings&) override {
    return denied();
  }
};

template <class Denying>
Fault method(std::string_view name, std::string_view says, std::string_view killed_by) {
  Fault fault{name, "", says, killed_by, {}, {}, {}};
  fault.before_provider = [](std::unique_ptr<Provider> behind) {
    return std::make_unique<Denying>(std::move(behind));
  };
  return fault;
}

// Answers every request of that method whose path begins so with `status` and `invalid_request`.
Fault endpoint(std::string_view name, std::string_view method, std::string_view path, int status,
               std::string_view says, std::string_view killed_by) {
  Fault fault{name, "", says, killed_by, {}, {}, {}};
  fault.before_endpoints = [method, path, status](const Handler& behind, Provider&) -> Handler {
    return [=](const Request& request) {
      if (request.method != method || request.path.rfind(path, 0) != 0) return behind(request);
      return Response{status,
                      {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}},
                      R"({"error":"invalid_request"})"};
    };
  };
  return fault;
}

}  // namespace

std::vector<Fault> denials() {
  return {
      method<DenyGetClient>("deny-get-client", "get_client knows nobody",
                            "methods/client/a-registered-client-is-found"),
      method<DenyRegisterClient>("deny-register-client", "register_client refuses everyone",
                                 "methods/client/two-clients-are-registered"),
      method<DenyAuthorize>("deny-authorize", "authorize refuses every request",
                            "methods/authorize/an-approved-request-gets-a-code"),
      method<DenyLoadAuthorizationCode>("deny-load-authorization-code",
                                        "load_authorization_code finds nothing",
                                        "methods/code/a-live-code-is-loaded"),
      method<DenyExchangeAuthorizationCode>("deny-exchange-authorization-code",
                                            "exchange_authorization_code refuses every code",
                                            "methods/code/a-code-is-redeemed"),
      method<DenyLoadRefreshToken>("deny-load-refresh-token", "load_refresh_token finds nothing",
                                   "methods/refresh/a-live-token-is-loaded"),
      method<DenyExchangeRefreshToken>("deny-exchange-refresh-token",
                                       "exchange_refresh_token refuses every token",
                                       "methods/refresh/a-refresh-token-works"),
      method<DenyLoadAccessToken>("deny-load-access-token", "load_access_token finds nothing",
                                  "methods/token/a-live-token-is-loaded"),
      method<DenyVerifyToken>("deny-verify-token", "verify_token accepts nothing",
                              "methods/token/a-live-token-is-verified"),
      method<DenyRevokeToken>("deny-revoke-token", "revoke_token fails, and revokes nothing",
                              "methods/revoke/a-client-revokes-its-own-token"),
      method<DenyClientCredentials>("deny-client-credentials",
                                    "the client credentials grant refuses everyone",
                                    "client-credentials/confidential-client-is-served"),
      endpoint("deny-post-register", "POST", "/register", 400, "POST /register refuses everyone",
               "register/client-is-registered"),
      endpoint("deny-get-authorize", "GET", "/authorize", 400,
               "GET /authorize refuses every request", "authorize/code-comes-in-the-query"),
      endpoint("deny-post-token", "POST", "/token", 400, "POST /token refuses every grant",
               "code/is-redeemed"),
      endpoint("deny-post-revoke", "POST", "/revoke", 400, "POST /revoke refuses every request",
               "revoke/confidential-client-revokes"),
      endpoint("deny-post-introspect", "POST", "/introspect", 400,
               "POST /introspect refuses every request",
               "introspect/live-token-is-active-to-its-owner"),
      endpoint("deny-get-resource", "GET", "/resource", 403, "GET /resource refuses every token",
               "resource/bearer-token-is-served"),
      endpoint("deny-authorization-server-metadata", "GET",
               "/.well-known/oauth-authorization-server", 400,
               "there is no authorization server metadata", "metadata/is-published"),
      endpoint("deny-protected-resource-metadata", "GET", "/.well-known/oauth-protected-resource",
               400, "there is no protected resource metadata", "metadata/of-the-resource-names-it"),
  };
}

}  // namespace grantcheck
