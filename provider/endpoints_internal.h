// What the endpoints share: reading requests, authenticating clients, writing responses.
#pragma once

#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "grantcheck/provider/clock.h"
#include "grantcheck/provider/http.h"
#include "grantcheck/provider/provider.h"
#include "grantcheck/provider/result.h"
#include "grantcheck/provider/rules.h"

namespace grantcheck::endpoints {

using Json = nlohmann::ordered_json;

// ---- Reading ----------------------------------------------------------------------------------

/// The parameters of a form or a query. An empty value counts as left out (OAuth 2.1, 3.1 and 3.2).
class Parameters {
 public:
  explicit Parameters(std::string_view encoded);

  /// The value of that parameter, the first if it is repeated.
  std::optional<std::string> one(std::string_view name) const;
  /// All its values, in order.
  Strings all(std::string_view name) const;
  /// Whether a value of it could not be decoded.
  bool illegible(std::string_view name) const;
  /// Present exactly once, and legible.
  bool unambiguous(std::string_view name) const;
  /// Why the request as a whole is malformed, or nothing: an illegible or a repeated parameter.
  /// Only `resource` may repeat (RFC 8707, 2).
  std::optional<Refusal> fault() const;

 private:
  std::map<std::string, Strings, std::less<>> values_;
  std::set<std::string, std::less<>> illegible_names_;
  bool illegible_ = false;
};

/// Whether the body is declared to be of that media type; its parameters do not matter.
bool has_media_type(const Request& request, std::string_view media_type);

/// The form in the body of a request (OAuth 2.1, 3.2.2).
Result<Parameters> read_form(const Request& request);

/// The `scope` parameter as a list; absent if it is. Refused with `invalid_scope` if it breaks the
/// grammar.
Result<std::optional<Strings>> read_scope(const Parameters& parameters, const Rules& rules);

/// The Authorization header field: scheme and token68 (RFC 9110, 11.4).
struct Authorization {
  enum class Form { absent, well_formed, malformed };
  Form form = Form::absent;
  std::string scheme;       ///< In lower case, for schemes compare without regard to case.
  std::string credentials;  ///< Only if well formed.
};
Authorization read_authorization(const Headers& headers);

// ---- Client authentication --------------------------------------------------------------------

struct Caller {
  Client client;
  /// Whether it proved its identity. A client identifier by itself proves nothing (OAuth 2.1, 2.2).
  bool authenticated = false;
};

/// Who asks, at the token, revocation and introspection endpoints (OAuth 2.1, 2.4 and 3.2.2).
Result<Caller> identify_client(const Request& request, const Parameters& parameters,
                               Provider& provider, const Clock& clock, const Rules& rules);

/// OAuth 2.1, 5.2 and RFC 8707, 2: a token that is bound to resources is for those, one that is
/// bound to none for each (position 14).
bool meant_for(const AccessToken& token, const std::string& resource);

// ---- Writing ----------------------------------------------------------------------------------

/// A JSON object that is not stored by any cache (OAuth 2.1, 3.2.3).
Response json_response(int status, const Json& body);
/// `error` and `error_description` as JSON, with the status that belongs to the error.
Response error_response(const Refusal& refusal);
Response error_response(int status, const Refusal& refusal);
/// As `error_response`, with the challenge that goes with `invalid_client`.
Response client_error_response(const Refusal& refusal, std::string_view realm);

/// The description of a refusal, in plain text and not too long.
std::string description_of(const Refusal& refusal);
/// Only what OAuth 2.1, 3.2.4 lets stand in `error_description`, and a quoted string of a header:
/// printable ASCII without `"` and `\`.
std::string plain_text(std::string_view text);

/// `fields` added to the query of `uri`, whose own query survives (OAuth 2.1, 2.3).
std::string with_query(std::string_view uri, const FormFields& fields);

/// Scheme and authority of a URL, and what follows.
struct UrlParts {
  std::string_view origin;
  std::string_view path_and_query;
};
UrlParts split_url(std::string_view url);
/// Where the document of that well-known name lies for an identifier: between its host and its path
/// (RFC 8414, 3.1; RFC 9728, 3.1).
std::string well_known_url(std::string_view identifier, std::string_view name);

constexpr std::string_view form_media_type = "application/x-www-form-urlencoded";
constexpr std::string_view server_document = "oauth-authorization-server";
constexpr std::string_view resource_document = "oauth-protected-resource";

}  // namespace grantcheck::endpoints
