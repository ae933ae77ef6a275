#include "grantcheck/provider/result.h"

#include <array>

namespace grantcheck {
namespace {

struct Name {
  Error error;
  std::string_view text;
};

constexpr std::array kNames = {
    Name{Error::invalid_request, "invalid_request"},
    Name{Error::invalid_client, "invalid_client"},
    Name{Error::invalid_grant, "invalid_grant"},
    Name{Error::unauthorized_client, "unauthorized_client"},
    Name{Error::unsupported_grant_type, "unsupported_grant_type"},
    Name{Error::invalid_scope, "invalid_scope"},
    Name{Error::invalid_target, "invalid_target"},
    Name{Error::access_denied, "access_denied"},
    Name{Error::unsupported_response_type, "unsupported_response_type"},
    Name{Error::server_error, "server_error"},
    Name{Error::temporarily_unavailable, "temporarily_unavailable"},
    Name{Error::invalid_redirect_uri, "invalid_redirect_uri"},
    Name{Error::invalid_client_metadata, "invalid_client_metadata"},
    Name{Error::unsupported_token_type, "unsupported_token_type"},
    Name{Error::invalid_token, "invalid_token"},
    Name{Error::insufficient_scope, "insufficient_scope"},
};

}  // namespace

std::string_view to_string(Error error) {
  for (const Name& name : kNames)
    if (name.error == error) return name.text;
  return "server_error";
}

std::optional<Error> error_named(std::string_view name) {
  for (const Name& known : kNames)
    if (known.text == name) return known.error;
  return std::nullopt;
}

}  // namespace grantcheck
