// Known failures of a target: peers/NAME/known.toml.
#include <toml++/toml.h>

#include <chrono>
#include <regex>

#include "grantcheck/conformance/run.h"

namespace grantcheck {
namespace {

const std::vector<std::string_view> kKeys = {"vector", "reason", "seen", "expires"};

int line_of(const toml::node& node) { return static_cast<int>(node.source().begin.line); }

std::string text_of(const toml::table& table, std::string_view key) {
  if (const auto date = table[key].value<toml::date>()) {
    std::ostringstream out;
    out << *date;
    return out.str();
  }
  return table[key].value_or(std::string());
}

bool is_date(const std::string& text) {
  static const std::regex kDate(R"((\d{4})-(\d{2})-(\d{2}))");
  std::smatch parts;
  if (!std::regex_match(text, parts, kDate)) return false;
  const auto number = [&](std::size_t i) { return std::stoi(parts[i]); };
  return std::chrono::year_month_day(std::chrono::year(number(1)),
                                     std::chrono::month(static_cast<unsigned>(number(2))),
                                     std::chrono::day(static_cast<unsigned>(number(3))))
      .ok();
}

Result<KnownFailure, Problem> read_entry(const toml::table& table, const std::string& file,
                                         const Catalogue& catalogue) {
  const auto wrong = [&](const toml::node& at, std::string message) {
    return Problem{file, line_of(at), std::move(message)};
  };
  for (const auto& [key, value] : table) {
    const std::string_view name = key.str();
    if (std::find(kKeys.begin(), kKeys.end(), name) == kKeys.end()) {
      return wrong(value, "unknown key '" + std::string(name) + "'" + suggestion(name, kKeys));
    }
    if (!value.is_string() && !(name == "expires" && value.is_date())) {
      return wrong(value, "'" + std::string(name) + "' takes a text");
    }
  }
  KnownFailure known{text_of(table, "vector"), text_of(table, "reason"), text_of(table, "seen"),
                     text_of(table, "expires"), line_of(table)};
  if (known.vector.empty()) return wrong(table, "an entry needs 'vector'");
  if (known.reason.empty()) return wrong(table, "an entry needs 'reason': why is this known?");
  if (known.seen.empty()) return wrong(table, "an entry needs 'seen', the symptom");
  if (!known.expires.empty() && !is_date(known.expires)) {
    return wrong(table, "'expires' takes a date such as 2027-01-31");
  }
  if (catalogue.vector(known.vector) == nullptr) {
    std::vector<std::string_view> ids;
    for (const auto& [id, vector] : catalogue.vectors) ids.push_back(id);
    return wrong(table, "unknown vector '" + known.vector + "'" + suggestion(known.vector, ids));
  }
  return known;
}

}  // namespace

Result<Baseline, Problem> read_baseline(const std::string& text, const std::string& file,
                                        const Catalogue& catalogue) {
  toml::table table;
  try {
    table = toml::parse(text, file);
  } catch (const toml::parse_error& e) {
    return Problem{file, static_cast<int>(e.source().begin.line), std::string(e.description())};
  }
  Baseline baseline;
  baseline.file = file;
  for (const auto& [key, value] : table) {
    if (key.str() != "known") {
      return Problem{file, line_of(value),
                     "unknown key '" + std::string(key.str()) + "'; entries are [[known]] tables"};
    }
    if (!value.is_array() || (!value.as_array()->empty() && !value.is_array_of_tables())) {
      return Problem{file, line_of(value), "'known' takes tables: [[known]]"};
    }
    for (const auto& node : *value.as_array()) {
      auto known = read_entry(*node.as_table(), file, catalogue);
      if (!known) return known.refusal();
      for (const KnownFailure& other : baseline.known) {
        if (other.vector == known->vector) {
          return Problem{file, known->line, "'" + known->vector + "' stands here twice"};
        }
      }
      baseline.known.push_back(*std::move(known));
    }
  }
  return baseline;
}

}  // namespace grantcheck
