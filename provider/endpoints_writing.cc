// How the endpoints write a response.
#include <algorithm>

#include "endpoints_internal.h"

namespace grantcheck::endpoints {
namespace {

int status_of(Error error) {
  switch (error) {
    case Error::invalid_client:
    case Error::invalid_token:
      return 401;
    case Error::insufficient_scope:
      return 403;
    case Error::server_error:
      return 500;
    case Error::temporarily_unavailable:
      return 503;
    default:
      return 400;  // OAuth 2.1, 3.2.4: "unless specified otherwise".
  }
}

}  // namespace

Response json_response(int status, const Json& body) {
  // A provider of somebody else's may hand us text that is not UTF-8; that is no reason to throw.
  std::string text = body.dump(-1, ' ', false, Json::error_handler_t::replace);
  return {status,
          {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}},
          std::move(text)};
}

Response error_response(int status, const Refusal& refusal) {
  Json body = {{"error", to_string(refusal.error)}};
  std::string description = description_of(refusal);
  if (!description.empty()) body["error_description"] = std::move(description);
  return json_response(status, body);
}

Response error_response(const Refusal& refusal) {
  return error_response(status_of(refusal.error), refusal);
}

Response client_error_response(const Refusal& refusal, std::string_view realm) {
  Response response = error_response(refusal);
  // OAuth 2.1, 3.2.4: after the Authorization header the response has to be a 401 "matching the
  // authentication scheme used by the client". HTTP wants a challenge with each 401 (RFC 9110,
  // 15.5.2).
  if (refusal.error == Error::invalid_client) {
    response.headers.emplace_back("WWW-Authenticate", "Basic realm=\"" + plain_text(realm) + "\"");
  }
  return response;
}

std::string description_of(const Refusal& refusal) {
  constexpr std::size_t longest = 200;
  return plain_text(refusal.description).substr(0, longest);
}

std::string plain_text(std::string_view text) {
  std::string plain;
  for (const char c : text) {
    if (c >= ' ' && c <= '~' && c != '"' && c != '\\') plain += c;
  }
  return plain;
}

std::string with_query(std::string_view uri, const FormFields& fields) {
  std::string extended(uri);
  if (uri.find('?') == uri.npos) {
    extended += '?';
  } else if (uri.back() != '?' && uri.back() != '&') {
    extended += '&';
  }
  return extended + encode_form(fields);
}

UrlParts split_url(std::string_view url) {
  const std::size_t colon = url.find("://");
  const std::size_t authority = colon == url.npos ? 0 : colon + 3;
  const std::size_t end = std::min(url.find_first_of("/?#", authority), url.size());
  return {url.substr(0, end), url.substr(end)};
}

std::string well_known_url(std::string_view identifier, std::string_view name) {
  UrlParts parts = split_url(identifier);
  // RFC 8414, 3.1: "any terminating "/" MUST be removed before inserting".
  if (!parts.path_and_query.empty() && parts.path_and_query.back() == '/') {
    parts.path_and_query.remove_suffix(1);
  }
  return std::string(parts.origin) + "/.well-known/" + std::string(name) +
         std::string(parts.path_and_query);
}

}  // namespace grantcheck::endpoints
