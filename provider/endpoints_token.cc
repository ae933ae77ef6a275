// POST /token (OAuth 2.1, 3.2), POST /revoke (RFC 7009), POST /introspect (RFC 7662).
#include <algorithm>
#include <utility>

#include "endpoints_internal.h"
#include "grantcheck/provider/endpoints.h"

namespace grantcheck {
namespace {

using endpoints::Caller;
using endpoints::Json;
using endpoints::Parameters;

bool contains(const Strings& list, std::string_view item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

Refusal missing(const std::string& name) {
  return {Error::invalid_request, name + " has to be there."};
}

Result<OAuthToken> redeem_code(const Caller& caller, const Parameters& parameters,
                               Provider& provider, const Rules&) {
  const auto code = parameters.one("code");
  if (!code) return missing("code");
  // A claim and no more: the provider looks the code up, so that it sees replays, too.
  AuthorizationCode claim;
  claim.code = *code;
  claim.client_id = caller.client.client_id;
  return provider.exchange_authorization_code(
      caller.client, claim,
      {parameters.one("code_verifier"), parameters.one("redirect_uri"),
       parameters.all("resource")});
}

Result<OAuthToken> refresh(const Caller& caller, const Parameters& parameters, Provider& provider,
                           const Rules& rules) {
  const auto token = parameters.one("refresh_token");
  if (!token) return missing("refresh_token");
  const auto scopes = endpoints::read_scope(parameters, rules);
  if (!scopes) return scopes.refusal();
  RefreshToken claim;
  claim.token = *token;
  claim.client_id = caller.client.client_id;
  return provider.exchange_refresh_token(caller.client, claim, *scopes, parameters.all("resource"));
}

Result<OAuthToken> client_credentials(const Caller& caller, const Parameters& parameters,
                                      Provider& provider, const Rules& rules) {
  // OAuth 2.1, 4.2: "The client credentials grant type MUST only be used by confidential clients."
  if (!caller.authenticated) {
    return Refusal{Error::unauthorized_client, "This grant is for confidential clients."};
  }
  const auto scopes = endpoints::read_scope(parameters, rules);
  if (!scopes) return scopes.refusal();
  return provider.exchange_client_credentials(caller.client, *scopes, parameters.all("resource"));
}

struct Grant {
  std::string_view type;
  Result<OAuthToken> (*exchange)(const Caller&, const Parameters&, Provider&, const Rules&);
};
constexpr Grant grants[] = {
    {"authorization_code", redeem_code},
    {"refresh_token", refresh},
    {"client_credentials", client_credentials},
};

Result<OAuthToken> exchange(const Caller& caller, const Parameters& parameters, Provider& provider,
                            const Rules& rules) {
  const auto type = parameters.one("grant_type");
  if (!type) return missing("grant_type");
  const auto* grant = std::find_if(std::begin(grants), std::end(grants),
                                   [&](const Grant& g) { return g.type == *type; });
  if (grant == std::end(grants)) {
    return Refusal{Error::unsupported_grant_type, "There is no such grant type here."};
  }
  // OAuth 2.1, 3.2.4: unauthorized_client, "The authenticated client is not authorized to use this
  // authorization grant type".
  if (!contains(caller.client.grant_types, *type)) {
    return Refusal{Error::unauthorized_client, "The client is not registered for this grant type."};
  }
  return grant->exchange(caller, parameters, provider, rules);
}

/// A form and who sent it, in the order that both are judged in.
struct Asked {
  Parameters parameters;
  Caller caller;
};

Result<Asked> read_request(const Request& request, Provider& provider, const Clock& clock,
                           const Rules& rules) {
  auto form = endpoints::read_form(request);
  if (!form) return form.refusal();
  auto caller = endpoints::identify_client(request, *form, provider, clock, rules);
  if (!caller) return caller.refusal();
  return Asked{*std::move(form), *std::move(caller)};
}

Json inactive() { return {{"active", false}}; }

Json describe_audience(const Strings& resources) {
  return resources.size() == 1 ? Json(resources.front()) : Json(resources);
}

/// RFC 7662, 2.2: the members that both kinds of token have.
template <class Token>
Json describe(const Token& token, const std::string& issuer) {
  Json body = {{"active", true}, {"client_id", token.client_id}, {"iss", issuer}};
  body["scope"] = join_scope(token.scopes);
  if (!token.subject.empty()) body["sub"] = token.subject;
  if (!token.resources.empty()) body["aud"] = describe_audience(token.resources);
  return body;
}

/// Position 14: the owner may ask, and a confidential client that stands for a resource which would
/// let the token in.
bool may_introspect(const Client& client, const AccessToken& token,
                    const EndpointOptions& options) {
  if (token.client_id == client.client_id) return true;
  const auto server = options.resource_servers.find(client.client_id);
  return server != options.resource_servers.end() && endpoints::meant_for(token, server->second);
}

Json introspection(const Client& client, const std::string& value, Provider& provider,
                   const EndpointOptions& options) {
  if (const auto token = provider.load_access_token(value)) {
    // RFC 7662, 4: a token that is not for the asking resource server is shown as inactive.
    if (!may_introspect(client, *token, options)) return inactive();
    Json body = describe(*token, options.issuer);
    body["token_type"] = "Bearer";
    body["exp"] = token->expires_at;
    body["iat"] = token->issued_at;
    return body;
  }
  // RFC 7662, 2.1: the search extends "across all of its supported token types", whatever the hint.
  if (const auto token = provider.load_refresh_token(client, value)) {
    Json body = describe(*token, options.issuer);
    if (token->expires_at) body["exp"] = *token->expires_at;
    return body;
  }
  return inactive();
}

}  // namespace

Response Endpoints::token(const Request& request) const {
  const auto asked = read_request(request, provider_, clock_, rules_);
  if (!asked) return endpoints::client_error_response(asked.refusal(), options_.issuer);
  const auto token = exchange(asked->caller, asked->parameters, provider_, rules_);
  if (!token) return endpoints::client_error_response(token.refusal(), options_.issuer);
  Json body = {{"access_token", token->access_token},
               {"token_type", token->token_type},
               {"expires_in", token->expires_in},
               {"scope", token->scope}};
  if (token->refresh_token) body["refresh_token"] = *token->refresh_token;
  return endpoints::json_response(200, body);
}

Response Endpoints::revoke(const Request& request) const {
  // RFC 7009, 2.1: "The authorization server first validates the client credentials".
  const auto asked = read_request(request, provider_, clock_, rules_);
  if (!asked) return endpoints::client_error_response(asked.refusal(), options_.issuer);
  const auto token = asked->parameters.one("token");
  if (!token) return endpoints::error_response(missing("token"));
  // The provider searches all kinds of token, so the hint has nothing to tell it (RFC 7009, 2.1).
  const auto revoked = provider_.revoke_token(asked->caller.client, *token);
  if (!revoked) return endpoints::client_error_response(revoked.refusal(), options_.issuer);
  return {200, {{"Cache-Control", "no-store"}}, ""};
}

Response Endpoints::introspect(const Request& request) const {
  const auto asked = read_request(request, provider_, clock_, rules_);
  if (!asked) return endpoints::client_error_response(asked.refusal(), options_.issuer);
  // RFC 7662, 2.1: the endpoint "MUST also require some form of authorization"; a client identifier
  // by itself is none (OAuth 2.1, 2.2).
  if (!asked->caller.authenticated) {
    return endpoints::client_error_response(
        {Error::invalid_client, "Introspection needs client authentication."}, options_.issuer);
  }
  const auto token = asked->parameters.one("token");
  if (!token) return endpoints::error_response(missing("token"));
  return endpoints::json_response(200,
                                  introspection(asked->caller.client, *token, provider_, options_));
}

}  // namespace grantcheck
