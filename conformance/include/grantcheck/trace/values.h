// Values of a trace: handles, and expressions that are computed when a step is played.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "grantcheck/trace/json.h"

namespace grantcheck {

/// What names stand for while a trace is played.
using Handles = std::map<std::string, Json, std::less<>>;
/// Seconds that codes and refresh tokens live; an absent kind is undeclared, an empty one lives for
/// ever.
using Lifetimes = std::map<std::string, std::optional<std::int64_t>, std::less<>>;

/// True for an object that is an expression rather than itself.
bool is_expression(const Json& value);
/// What is wrong with the expressions in `value`, or nothing.
std::optional<std::string> expression_problem(const Json& value);

/// `value` with handles and expressions replaced. The refusal says why it cannot be computed for
/// this target: a lifetime that is not declared, or an operand that turned out to be of another
/// type.
Result<Json, std::string> resolve(const Json& value, const Handles& handles,
                                  const Lifetimes& lifetimes);

/// The well-formed value that an unbound handle stands for. Nobody issued it.
std::string unbound_value(std::string_view name);

/// An object that a `load_*` returned, as it is handed back: the target's own name for it, what it
/// showed, and what is forged.
Json make_claim(const std::string& object, const Json& fields);
bool is_claim(const Json& value);

/// BASE64URL(SHA256(text)) without padding (RFC 7636, 4.2).
std::string s256(std::string_view text);
/// Base64 with padding (RFC 4648, 4).
std::string base64(std::string_view bytes);
/// SHA-256 in lower-case hexadecimal digits.
std::string sha256_hex(std::string_view bytes);
/// The bytes of hexadecimal text, or nothing.
std::optional<std::string> from_hex(std::string_view hex);
std::string to_hex(std::string_view bytes);

}  // namespace grantcheck
