// An HTTP message as far as OAuth looks at it. No sockets here.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace grantcheck {

/// Header fields in order; names compare without regard to case.
using Headers = std::vector<std::pair<std::string, std::string>>;

/// The first field of that name, or nothing.
std::optional<std::string_view> header(const Headers& headers, std::string_view name);

struct Request {
  std::string method;  ///< "GET", "POST", ...
  std::string path;    ///< Without query, for instance "/token".
  std::string query;   ///< Without the question mark, still encoded.
  Headers headers;
  std::string body;
  /// Who is logged in and approves, where the request is an authorization request. Empty: nobody
  /// does.
  std::string subject;
};

struct Response {
  int status = 200;
  Headers headers;
  std::string body;
};

/// Name and value pairs of a form or a query, decoded, in order.
using FormFields = std::vector<std::pair<std::string, std::string>>;

/// Decodes application/x-www-form-urlencoded text (OAuth 2.1, appendix B). Nothing if an escape is
/// broken, the text is not UTF-8, or a NUL byte appears.
std::optional<FormFields> decode_form(std::string_view text);
/// Decodes one name or value of such text. Nothing if an escape is broken, the text is not UTF-8,
/// or a NUL byte appears.
std::optional<std::string> decode_form_component(std::string_view text);
/// Encodes fields as application/x-www-form-urlencoded.
std::string encode_form(const FormFields& fields);
/// Percent-encodes one name or value as a form does.
std::string encode_form_component(std::string_view text);

}  // namespace grantcheck
