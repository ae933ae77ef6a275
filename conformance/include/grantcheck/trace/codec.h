// The one reader and the one writer of traces.
#pragma once

#include <string>
#include <string_view>

#include "grantcheck/trace/trace.h"

namespace grantcheck {

/// The version of the format that this library reads and writes.
inline constexpr int kTraceVersion = 1;

/// Reads a trace. An unknown field, a wrong type or a broken expression is refused with file, line
/// and the nearest name.
Result<Trace, Problem> read_trace(std::string_view text, const std::string& file, std::string id);
/// Reads a trace from a JSON value, for instance the `steps` of a verdict.
Result<Trace, Problem> read_trace(const JsonDocument& document, std::string id);

/// Writes a trace canonically: fields in one order, a step on a line where it fits. What is read
/// back is equal.
std::string print_trace(const Trace& trace);
/// The steps alone, as JSON.
Json steps_to_json(const Trace& trace);

}  // namespace grantcheck
