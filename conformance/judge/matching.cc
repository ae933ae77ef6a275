// Whether an answer is what an outcome wants.
#include <algorithm>
#include <cctype>
#include <map>
#include <regex>
#include <set>

#include "grantcheck/conformance/judge.h"

namespace grantcheck {
namespace {

using Holds = bool (*)(const Json& operand, const Json* actual);

bool equals_any(const Json& operand, const Json* actual) {
  return actual != nullptr && operand.is_array() &&
         std::find(operand.begin(), operand.end(), *actual) != operand.end();
}

bool has_type(const Json& operand, const Json* actual) {
  if (actual == nullptr || !operand.is_string()) return false;
  const std::string& type = operand.get_ref<const std::string&>();
  return (type == "integer" && actual->is_number_integer()) ||
         (type == "number" && actual->is_number()) || (type == "string" && actual->is_string()) ||
         (type == "boolean" && actual->is_boolean()) || (type == "array" && actual->is_array()) ||
         (type == "object" && actual->is_object()) || (type == "null" && actual->is_null());
}

bool matches_pattern(const Json& operand, const Json* actual) {
  if (actual == nullptr || !actual->is_string() || !operand.is_string()) return false;
  const std::string& text = actual->get_ref<const std::string&>();
  // std::regex recurses by the character; a longer text is no token, code or URI.
  if (text.size() > 4096) return false;
  try {
    return std::regex_match(text, std::regex(operand.get<std::string>()));
  } catch (const std::regex_error&) {
    return false;
  }
}

bool has_element(const Json& operand, const Json* actual) {
  return actual != nullptr && actual->is_array() &&
         std::find(actual->begin(), actual->end(), operand) != actual->end();
}

bool lacks_element(const Json& operand, const Json* actual) {
  return actual != nullptr && actual->is_array() && !has_element(operand, actual);
}

std::set<std::string> scope_set(const Json& value) {
  std::set<std::string> out;
  if (value.is_array()) {
    for (const Json& one : value) {
      if (one.is_string()) out.insert(one.get<std::string>());
    }
  } else if (value.is_string()) {
    std::string item;
    for (const char c : value.get<std::string>() + " ") {
      if (c != ' ') {
        item += c;
      } else if (!item.empty()) {
        out.insert(std::move(item));
        item.clear();
      }
    }
  }
  return out;
}

const std::map<std::string_view, Holds>& matchers() {
  static const std::map<std::string_view, Holds> all = {
      {"type", has_type},
      {"matches", matches_pattern},
      {"one_of", equals_any},
      {"contains", has_element},
      {"excludes", lacks_element},
      {"at_least",
       [](const Json& o, const Json* a) { return a != nullptr && a->is_number() && *a >= o; }},
      {"at_most",
       [](const Json& o, const Json* a) { return a != nullptr && a->is_number() && *a <= o; }},
      {"differs", [](const Json& o, const Json* a) { return a != nullptr && *a != o; }},
      {"present", [](const Json& o, const Json* a) { return o == Json(a != nullptr); }},
      {"scope",
       [](const Json& o, const Json* a) { return a != nullptr && scope_set(*a) == scope_set(o); }}};
  return all;
}

bool value_holds(const Json& wanted, const Json* actual, const Handles& handles,
                 const Lifetimes& lifetimes) {
  const auto resolved = resolve(wanted, handles, lifetimes);
  if (!resolved) return false;
  if (resolved->is_object() && resolved->size() == 1) {
    const auto matcher = matchers().find(resolved->begin().key());
    if (matcher != matchers().end()) return matcher->second(resolved->begin().value(), actual);
  }
  return actual != nullptr && *actual == *resolved;
}

std::string lower(std::string_view text) {
  std::string out;
  for (const char c : text) out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

// Elements of a header field: separated by commas, without the spaces around them.
std::set<std::string> elements(std::string_view field) {
  std::set<std::string> out;
  std::string element;
  for (const char c : std::string(field) + ",") {
    if (c != ',') {
      element += c;
      continue;
    }
    const std::size_t from = element.find_first_not_of(" \t");
    const std::size_t to = element.find_last_not_of(" \t");
    if (from != std::string::npos) out.insert(lower(element.substr(from, to - from + 1)));
    element.clear();
  }
  return out;
}

bool header_holds(const Json& wanted, const Headers& headers, const std::string& name,
                  const Handles& handles, const Lifetimes& lifetimes) {
  std::string all;
  bool there = false;
  for (const auto& [field, value] : headers) {
    if (lower(field) != lower(name)) continue;
    all += (there ? ", " : "") + value;
    there = true;
  }
  if (!wanted.is_string()) {
    const Json text = all;
    return value_holds(wanted, there ? &text : nullptr, handles, lifetimes);
  }
  if (!there) return false;
  const auto have = elements(all);
  const auto want = elements(wanted.get_ref<const std::string&>());
  return std::includes(have.begin(), have.end(), want.begin(), want.end());
}

// A redirect that answers the client: to an absolute URI, with a code or an error. A server's way
// to a page of its own is none.
bool redirected_to_client(const Observation& answer) {
  const bool absolute = answer.redirect.find(':') < answer.redirect.find_first_of("/?#");
  return absolute && (answer.redirected.contains("code") || answer.redirected.contains("error"));
}

bool one_matches(const Match& match, const Observation& answer, const Handles& handles,
                 const Lifetimes& lifetimes) {
  const bool succeeded = answer.succeeded();
  if (match.succeeded && *match.succeeded != succeeded) return false;
  if (match.refused && *match.refused == succeeded) return false;
  if (match.live && (!answer.live || *match.live != *answer.live)) return false;
  if (match.redirected && *match.redirected != redirected_to_client(answer)) return false;
  if (!match.error.empty() &&
      std::find(match.error.begin(), match.error.end(), answer.error) == match.error.end()) {
    return false;
  }
  if (!match.status.empty() &&
      std::find(match.status.begin(), match.status.end(), answer.status) == match.status.end()) {
    return false;
  }
  for (const auto& item : match.redirect.items()) {
    const Json* actual =
        answer.redirect.empty() ? nullptr : find_path(answer.redirected, item.key());
    if (!value_holds(item.value(), actual, handles, lifetimes)) return false;
  }
  for (const auto& item : match.header.items()) {
    if (!header_holds(item.value(), answer.headers, item.key(), handles, lifetimes)) return false;
  }
  for (const auto& item : match.body.items()) {
    if (!value_holds(item.value(), find_path(answer.value, item.key()), handles, lifetimes)) {
      return false;
    }
  }
  return std::none_of(match.absent.begin(), match.absent.end(), [&](const std::string& name) {
    return find_path(answer.value, name) != nullptr || answer.redirected.contains(name);
  });
}

bool count_holds(const Successes& wanted, int count) {
  return (!wanted.at_most || count <= *wanted.at_most) &&
         (!wanted.exactly || count == *wanted.exactly) &&
         (!wanted.at_least || count >= *wanted.at_least);
}

}  // namespace

bool matches(const Match& match, const std::vector<Observation>& answers, const Handles& handles,
             const Lifetimes& lifetimes) {
  if (answers.empty()) return false;
  if (match.successes) {
    const auto count = std::count_if(answers.begin(), answers.end(),
                                     [](const Observation& o) { return o.succeeded(); });
    return count_holds(*match.successes, static_cast<int>(count));
  }
  return std::all_of(answers.begin(), answers.end(), [&](const Observation& answer) {
    return one_matches(match, answer, handles, lifetimes);
  });
}

}  // namespace grantcheck
