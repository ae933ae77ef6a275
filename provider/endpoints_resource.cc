// GET /resource (OAuth 2.1, 5) and the two well-known documents (RFC 8414, RFC 9728).
#include <algorithm>
#include <utility>

#include "endpoints_internal.h"
#include "grantcheck/provider/endpoints.h"

namespace grantcheck {
namespace {

using endpoints::Authorization;
using endpoints::Json;

struct Demand {
  std::optional<Refusal> refusal;  ///< None if no credentials were sent: nothing to explain.
  std::string scope;               ///< What would do, where scope was missing.
};

/// OAuth 2.1, 5.3.1: the challenge of a protected resource. Each parameter stands once.
std::string challenge(const Demand& demand, const EndpointOptions& options) {
  FormFields parameters{{"realm", options.issuer},
                        {"resource_metadata", endpoints::well_known_url(
                                                  options.resource, endpoints::resource_document)}};
  if (demand.refusal) {
    parameters.emplace_back("error", to_string(demand.refusal->error));
    parameters.emplace_back("error_description", endpoints::description_of(*demand.refusal));
  }
  if (!demand.scope.empty()) parameters.emplace_back("scope", demand.scope);
  std::string text = "Bearer";
  const char* separator = " ";
  for (const auto& [name, value] : parameters) {
    text += separator + name + "=\"" + endpoints::plain_text(value) + "\"";
    separator = ", ";
  }
  return text;
}

Response demand(const Demand& demand, const EndpointOptions& options) {
  // OAuth 2.1, 5.3.2: without any credentials the server "SHOULD NOT include an error code".
  Response response = demand.refusal ? endpoints::error_response(*demand.refusal)
                                     : endpoints::json_response(401, Json::object());
  response.headers.emplace_back("WWW-Authenticate", challenge(demand, options));
  return response;
}

}  // namespace

Response Endpoints::resource(const Request& request) const {
  // OAuth 2.1, 5.1: access tokens in the query are ignored, and we look at no body: the header is
  // all.
  const Authorization authorization = endpoints::read_authorization(request.headers);
  if (authorization.scheme != "bearer") return demand({}, options_);
  // OAuth 2.1, 5.1.1: credentials = "Bearer" 1*SP token68.
  if (authorization.form == Authorization::Form::malformed) {
    return demand({Refusal{Error::invalid_request, "The Authorization header is malformed."}, ""},
                  options_);
  }
  const auto token = provider_.verify_token(authorization.credentials);
  // OAuth 2.1, 5.2: the token has to be valid, and meant for this resource.
  if (!token || !endpoints::meant_for(*token, options_.resource)) {
    return demand({Refusal{Error::invalid_token, "The access token is not valid here."}, ""},
                  options_);
  }
  const Strings needed =
      options_.resource_scope.empty() ? Strings{} : split_scope(options_.resource_scope);
  if (!rules_.scope_within(needed, token->scopes)) {
    return demand({Refusal{Error::insufficient_scope, "The access token lacks scope."},
                   options_.resource_scope},
                  options_);
  }
  return endpoints::json_response(200, {{"sub", token->subject},
                                        {"client_id", token->client_id},
                                        {"scope", join_scope(token->scopes)}});
}

Response Endpoints::server_metadata(const Request&) const {
  std::string base = options_.issuer;
  if (!base.empty() && base.back() == '/') base.pop_back();
  const Strings with_secret = {"client_secret_basic", "client_secret_post"};
  const Strings with_none = {"client_secret_basic", "client_secret_post", "none"};
  Json body = {
      {"issuer", options_.issuer},
      {"authorization_endpoint", base + "/authorize"},
      {"token_endpoint", base + "/token"},
      {"registration_endpoint", base + "/register"},
      {"revocation_endpoint", base + "/revoke"},
      {"introspection_endpoint", base + "/introspect"},
      {"response_types_supported", Strings{"code"}},
      {"response_modes_supported", Strings{"query"}},
      {"grant_types_supported",
       Strings{"authorization_code", "refresh_token", "client_credentials"}},
      {"token_endpoint_auth_methods_supported", with_none},
      {"revocation_endpoint_auth_methods_supported", with_none},
      {"introspection_endpoint_auth_methods_supported", with_secret},
      {"code_challenge_methods_supported", Strings{"S256"}},
      {"authorization_response_iss_parameter_supported", true},
  };
  // RFC 8414, 3.2: "Claims with zero elements MUST be omitted".
  if (!options_.scopes_supported.empty()) body["scopes_supported"] = options_.scopes_supported;
  if (!options_.resource.empty()) body["protected_resources"] = Strings{options_.resource};
  return endpoints::json_response(200, body);
}

Response Endpoints::resource_metadata(const Request&) const {
  Json body = {{"resource", options_.resource},
               {"authorization_servers", Strings{options_.issuer}},
               {"bearer_methods_supported", Strings{"header"}}};
  if (!options_.scopes_supported.empty()) body["scopes_supported"] = options_.scopes_supported;
  if (!options_.resource_name.empty()) body["resource_name"] = options_.resource_name;
  return endpoints::json_response(200, body);
}

}  // namespace grantcheck
