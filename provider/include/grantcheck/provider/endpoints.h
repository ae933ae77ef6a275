// The HTTP face of a provider, as a pure function from request to response.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "grantcheck/provider/clock.h"
#include "grantcheck/provider/http.h"
#include "grantcheck/provider/provider.h"
#include "grantcheck/provider/rules.h"

namespace grantcheck {

/// What answers HTTP requests.
using Handler = std::function<Response(const Request&)>;

struct EndpointOptions {
  /// RFC 8414, 2. The endpoint URLs of the metadata are this with the paths below appended.
  std::string issuer = "https://as.example";
  /// RFC 9728, 1.2: the identifier of the protected resource behind `GET /resource`.
  std::string resource = "https://as.example/resource";
  /// The scope that `GET /resource` asks for.
  std::string resource_scope = "read";
  /// RFC 9728, 2: how people call that resource.
  std::string resource_name = "grantcheck protected resource";
  Strings scopes_supported = {"read", "write", "admin"};
  /// Which confidential client introspects on behalf of which resource (position 14): client_id to
  /// resource.
  std::map<std::string, std::string, std::less<>> resource_servers;
  std::size_t max_body_bytes = 64 * 1024;
  std::size_t max_json_depth = 16;
  std::size_t max_redirect_uris = 32;
};

/// The endpoints `/register`, `/authorize`, `/token`, `/revoke`, `/introspect`, `/resource` and the
/// two `/.well-known` documents over any provider. Holds no state of its own. Safe to call from
/// several threads if the provider is.
class Endpoints {
 public:
  /// `provider`, `clock` and `rules` outlive the endpoints.
  Endpoints(Provider& provider, const Clock& clock, const Rules& rules,
            EndpointOptions options = {});

  /// Answers one request. Never throws: an exception from below becomes 500 `server_error`.
  Response handle(const Request& request) const;

 private:
  struct Route;
  static const Route* route_to(std::string_view role);
  std::string role_of(std::string_view path) const;
  Response answer(const Route& route, const Request& request) const;

  Response register_client(const Request& request) const;
  Response authorize(const Request& request) const;
  Response token(const Request& request) const;
  Response revoke(const Request& request) const;
  Response introspect(const Request& request) const;
  Response resource(const Request& request) const;
  Response server_metadata(const Request& request) const;
  Response resource_metadata(const Request& request) const;

  Provider& provider_;
  const Clock& clock_;
  const Rules& rules_;
  EndpointOptions options_;
};

}  // namespace grantcheck
