// JSON as files and drivers write it, read with a place for every complaint.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "grantcheck/provider/result.h"

namespace grantcheck {

/// Members keep their order: the order of parameters is part of a trace.
using Json = nlohmann::ordered_json;
using Names = std::vector<std::string>;

/// What is wrong with an input, where, and what would help.
struct Problem {
  std::string file;  ///< Empty where there is none.
  int line = 0;      ///< From 1; 0 where it is not known.
  std::string message;

  /// "file:line: message", in one line.
  std::string text() const;
};

/// A document together with its text, so that a complaint can name a line.
struct JsonDocument {
  std::string file;
  std::string text;
  Json value;

  /// A problem at the part that `pointer` (RFC 6901) names, or at the nearest part around it.
  Problem at(std::string_view pointer, std::string message) const;
};

struct JsonLimits {
  std::size_t bytes = std::size_t{4} << 20;
  int depth = 32;
};

/// Parses strictly: one value, no repeated member names, within the limits, valid UTF-8.
Result<JsonDocument, Problem> parse_json(std::string_view text, std::string file,
                                         JsonLimits limits = {});
/// The value alone, with the first complaint in words; for messages rather than files.
Result<Json, std::string> parse_json_value(std::string_view text, JsonLimits limits = {});

/// The text of a file. Refused if it cannot be read or is larger than `limit` bytes.
Result<std::string, Problem> read_file(const std::string& path,
                                       std::size_t limit = std::size_t{64} << 20);

/// In one line, members separated by ", ", bytes that are not UTF-8 replaced.
std::string print_json(const Json& value);
/// The part of `value` that a dotted path names ("" is all of it), or null.
const Json* find_path(const Json& value, std::string_view path);

/// `text` with its control characters written as \\xNN: what a target says moves no cursor and
/// starts no line.
std::string printable(std::string_view text);
/// At most the first `bytes` bytes, no character cut in two, with "..." where something is missing.
std::string shortened(std::string text, std::size_t bytes);

/// "; did you mean 'x'?" for the name that is nearest to `name`, or nothing if none is near.
std::string suggestion(std::string_view name, const std::vector<std::string_view>& names);

}  // namespace grantcheck
