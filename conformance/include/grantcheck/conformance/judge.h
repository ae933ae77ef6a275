// Judging: a vector, a target, a verdict.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "grantcheck/conformance/catalogue.h"
#include "grantcheck/trace/play.h"

namespace grantcheck {

enum class Is { pass, fail, deviates, info, not_applicable, blocked, unstable, tool_error };

/// As it stands in a report: "n/a".
std::string_view to_string(Is is);
/// All verdicts, in the order of a summary.
const std::vector<Is>& all_verdicts();

/// A played step in words, secrets masked.
struct StepRecord {
  std::size_t step = 0;  ///< From 0.
  std::string asked;     ///< "POST /token grant_type=authorization_code code=$code"
  std::string answered;  ///< In full.
  std::string brief;     ///< "200 with access_token, token_type"
};

struct Verdict {
  const Trace* vector = nullptr;
  Is is = Is::pass;
  std::string level;   ///< The strongest level of the rows that were judged or broken.
  Names broke;         ///< The rows that the answer breaks.
  std::string reason;  ///< Of n/a, blocked and tool-error.
  /// Why an n/a row counts as unjudged: a layer above enforces it, and this door cannot see it.
  bool enforced_above = false;
  std::size_t step = 0;  ///< The step that decided, from 0.
  std::string expected;  ///< In words.
  std::string actual;    ///< In words, secrets masked.
  std::string
      symptom;  ///< `actual` without what varies from run to run: what a baseline remembers.
  std::vector<StepRecord> record;
  std::string known;  ///< The baseline's reason, if this is a known failure.
};

struct JudgeOptions {
  bool show_secrets = false;
  /// Only vectors of this door are played; others are not selected.
  Door door = Door::either;
};

/// The strongest level among these rows; empty if none is known.
std::string strongest_level(const Catalogue& catalogue, const Names& rows);

/// Why a vector does not apply to a target, or nothing. Sets `enforced_above`.
std::optional<std::string> not_applicable(const Catalogue& catalogue, const Trace& vector,
                                          const Hello& hello, bool* enforced_above);

/// Plays a vector and judges it.
Verdict judge(const Catalogue& catalogue, const Profile& profile, const Trace& vector,
              Target& target, const JudgeOptions& options = {});

/// True if `match` holds for the answers of a step (several for a race).
bool matches(const Match& match, const std::vector<Observation>& answers, const Handles& handles,
             const Lifetimes& lifetimes);

}  // namespace grantcheck
