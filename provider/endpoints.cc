#include "grantcheck/provider/endpoints.h"

#include <algorithm>
#include <utility>

#include "endpoints_internal.h"

namespace grantcheck {

using endpoints::error_response;

struct Endpoints::Route {
  std::string_view role;
  std::string_view allow;  ///< The methods, as the Allow header field lists them.
  bool cors;               ///< Whether a script on another site may call it.
  Response (Endpoints::*answer)(const Request&) const;

  bool allows(std::string_view method) const {
    for (std::string_view rest = allow; !rest.empty();) {
      const std::string_view one = rest.substr(0, rest.find(", "));
      if (one == method) return true;
      rest.remove_prefix(std::min(rest.size(), one.size() + 2));
    }
    return false;
  }
};

const Endpoints::Route* Endpoints::route_to(std::string_view role) {
  // OAuth 2.1, 3.1: the authorization endpoint "MUST NOT support Cross-Origin Resource Sharing";
  // 3.2: the token endpoint and whatever else a browser-based client calls does.
  static const Route routes[] = {
      {"/register", "POST, OPTIONS", true, &Endpoints::register_client},
      {"/authorize", "GET, HEAD, POST", false, &Endpoints::authorize},
      {"/token", "POST, OPTIONS", true, &Endpoints::token},
      {"/revoke", "POST, OPTIONS", true, &Endpoints::revoke},
      {"/introspect", "POST, OPTIONS", true, &Endpoints::introspect},
      {"/resource", "GET, HEAD", false, &Endpoints::resource},
      {"/.well-known/oauth-authorization-server", "GET, HEAD, OPTIONS", true,
       &Endpoints::server_metadata},
      {"/.well-known/oauth-protected-resource", "GET, HEAD, OPTIONS", true,
       &Endpoints::resource_metadata},
  };
  const auto* route = std::find_if(std::begin(routes), std::end(routes),
                                   [role](const Route& r) { return r.role == role; });
  return route == std::end(routes) ? nullptr : route;
}

namespace {

std::string_view path_of(std::string_view url) {
  const std::string_view path = endpoints::split_url(url).path_and_query;
  return path.substr(0, path.find_first_of("?#"));
}

Response preflight(std::string_view allow) {
  return {204,
          {{"Access-Control-Allow-Methods", std::string(allow)},
           {"Access-Control-Allow-Headers", "Authorization, Content-Type"},
           {"Access-Control-Max-Age", "600"}},
          ""};
}

Response method_not_allowed(std::string_view allow) {
  Response response =
      error_response(405, {Error::invalid_request, "The method is not one that this URL takes."});
  response.headers.emplace_back("Allow", std::string(allow));
  return response;
}

}  // namespace

Endpoints::Endpoints(Provider& provider, const Clock& clock, const Rules& rules,
                     EndpointOptions options)
    : provider_(provider), clock_(clock), rules_(rules), options_(std::move(options)) {}

std::string Endpoints::role_of(std::string_view path) const {
  // RFC 8414, 3 and RFC 9728, 3: the path of the identifier follows the well-known name. The bare
  // name is answered as well: traces go by it.
  const std::pair<std::string_view, std::string_view> documents[] = {
      {endpoints::server_document, options_.issuer},
      {endpoints::resource_document, options_.resource}};
  for (const auto& [name, identifier] : documents) {
    if (path == path_of(endpoints::well_known_url(identifier, name))) {
      return "/.well-known/" + std::string(name);
    }
  }
  std::string_view base = path_of(options_.issuer);
  if (!base.empty() && base.back() == '/') base.remove_suffix(1);
  const bool below = path.substr(0, base.size()) == base && path.substr(base.size(), 1) == "/";
  return std::string(below ? path.substr(base.size()) : path);
}

Response Endpoints::answer(const Route& route, const Request& request) const {
  if (!route.allows(request.method)) return method_not_allowed(route.allow);
  if (request.method == "OPTIONS") return preflight(route.allow);
  if (request.body.size() > options_.max_body_bytes) {
    return error_response(413, {Error::invalid_request, "The body is too long."});
  }
  if (request.query.size() > options_.max_body_bytes) {
    return error_response(414, {Error::invalid_request, "The query is too long."});
  }
  try {
    return (this->*route.answer)(request);
  } catch (...) {
    return error_response({Error::server_error, "The server failed."});
  }
}

Response Endpoints::handle(const Request& request) const {
  const Route* route = route_to(role_of(request.path));
  Response response =
      route != nullptr
          ? answer(*route, request)
          : error_response(404, {Error::invalid_request, "There is nothing at this path."});
  if (route != nullptr && route->cors) {
    response.headers.emplace_back("Access-Control-Allow-Origin", "*");
    response.headers.emplace_back("Access-Control-Expose-Headers", "WWW-Authenticate");
  }
  // RFC 9110, 9.3.2: HEAD is GET without the content.
  if (request.method == "HEAD") response.body.clear();
  return response;
}

}  // namespace grantcheck
