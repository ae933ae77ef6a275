#include "grantcheck/conformance/run.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <set>

namespace grantcheck {
namespace {

bool glob_matches(std::string_view pattern, std::string_view text) {
  // `*` stands for any characters; the last one seen is where matching starts again after a
  // mismatch.
  std::size_t p = 0, t = 0, star = std::string_view::npos, resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

bool any_matches(const Names& patterns, std::string_view text) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& p) { return glob_matches(p, text); });
}

bool has_level(const Catalogue& catalogue, const Trace& vector, const Names& levels) {
  static const std::map<std::string_view, int> by_name = {{"must", 0}, {"should", 1}, {"pos", 2}};
  return std::any_of(vector.cites.begin(), vector.cites.end(), [&](const std::string& name) {
    const Requirement* row = catalogue.requirement(name);
    return row != nullptr && std::any_of(levels.begin(), levels.end(), [&](const std::string& l) {
             return by_name.at(l) == strength(row->level);
           });
  });
}

Door door_of(const Trace& vector) {
  for (const Step& step : vector.steps) {
    if (step.op.door() != Door::either) return step.op.door();
  }
  return Door::either;
}

// What each pattern must match at least once, or it was misspelt.
std::string unmatched(const Catalogue& catalogue, const Selection& selection) {
  std::vector<std::string_view> ids;
  for (const auto& [id, vector] : catalogue.vectors) ids.push_back(id);
  for (const std::string& pattern : selection.vectors) {
    const bool found = std::any_of(ids.begin(), ids.end(),
                                   [&](std::string_view id) { return glob_matches(pattern, id); });
    if (!found) return "no vector '" + pattern + "'" + suggestion(pattern, ids);
  }
  std::vector<std::string_view> rows;
  for (const auto& [name, row] : catalogue.requirements) rows.push_back(name);
  for (const std::string& name : selection.rows) {
    if (catalogue.requirement(name) == nullptr) {
      return "no requirement '" + name + "'" + suggestion(name, rows);
    }
  }
  return "";
}

bool judged(const Verdict& verdict) {
  return verdict.is == Is::pass || verdict.is == Is::fail || verdict.is == Is::deviates ||
         verdict.is == Is::info;
}

std::string reason_of(const Verdict& verdict) {
  return std::string(to_string(verdict.is)) +
         (verdict.reason.empty() ? "" : ": " + verdict.reason) + " (" + verdict.vector->id + ")";
}

// Sorts the required rows that no vector judged: those that only want an undeclared capability are
// excused, the others lack evidence.
void find_unjudged(const Catalogue& catalogue, const Profile& profile, Door door, RunReport& run) {
  std::set<std::string> done;
  std::map<std::string, std::string> missing;
  std::set<std::string> excused;
  for (const Verdict& verdict : run.verdicts) {
    for (const std::string& name : verdict.vector->cites) {
      const Requirement* row = catalogue.requirement(name);
      if (row == nullptr || strength(row->level) != 0 || profile.rows.count(name) == 0) continue;
      if (judged(verdict) || !verdict.known.empty()) {
        done.insert(name);
      } else if (verdict.is == Is::not_applicable &&
                 (!verdict.enforced_above || door == Door::methods)) {
        excused.insert(name);
      } else {
        missing.emplace(name, reason_of(verdict));
      }
    }
  }
  for (const auto& [name, reason] : missing) {
    if (done.count(name) == 0) run.unjudged.push_back({name, reason});
  }
  for (const std::string& name : excused) {
    if (done.count(name) + missing.count(name) == 0) run.excused.push_back(name);
  }
}

// Marks known failures and returns the entries that are stale or expired.
Names apply_baseline(const Baseline& baseline, const std::string& today,
                     std::vector<Verdict>& verdicts) {
  Names stale;
  for (const KnownFailure& known : baseline.known) {
    const auto found = std::find_if(verdicts.begin(), verdicts.end(),
                                    [&](const Verdict& v) { return v.vector->id == known.vector; });
    if (found == verdicts.end()) continue;  // Not selected: nothing is known about it now.
    const std::string where = baseline.file + ":" + std::to_string(known.line) + ": ";
    const bool fails = found->is == Is::fail || found->is == Is::blocked;
    if (!fails) {
      stale.push_back(where + known.vector + " no longer fails (" +
                      std::string(to_string(found->is)) + "); take the entry out");
    } else if (!today.empty() && !known.expires.empty() && known.expires < today) {
      stale.push_back(where + known.vector + " expired on " + known.expires);
      found->known = known.reason;
    } else if (found->symptom == known.seen) {
      found->known = known.reason;
    } else {
      found->reason =
          "known with another symptom: '" + known.seen + "', now '" + found->symptom + "'";
    }
  }
  return stale;
}

// Several may hold; the first of this order decides: 130, 70, 3, 1, 4, 5, 0 (2 and 3 end before
// there is a run).
int exit_code(const RunReport& run) {
  const auto any = [&run](Is is) {
    return std::any_of(run.verdicts.begin(), run.verdicts.end(),
                       [is](const Verdict& v) { return v.is == is && v.known.empty(); });
  };
  const bool evidence = std::any_of(run.verdicts.begin(), run.verdicts.end(), judged);
  if (run.interrupted) return kInterrupted;
  if (any(Is::tool_error)) return kToolFault;
  if (any(Is::fail)) return kFailure;
  if (!evidence || !run.unjudged.empty()) return kNoEvidence;
  if (!run.stale.empty()) return kStaleBaseline;
  return kClean;
}

Verdict given_up(const Catalogue& catalogue, const Trace& vector, int crashes) {
  Verdict verdict;
  verdict.vector = &vector;
  verdict.is = Is::blocked;
  verdict.level = strongest_level(catalogue, vector.cites);
  verdict.reason =
      "not played: the target crashed or hung at " + std::to_string(crashes) + " vectors in a row";
  verdict.symptom = "not played";
  return verdict;
}

}  // namespace

int RunReport::count(Is is) const {
  return static_cast<int>(std::count_if(verdicts.begin(), verdicts.end(),
                                        [is](const Verdict& v) { return v.is == is; }));
}

Result<std::vector<const Trace*>, std::string> select(const Catalogue& catalogue,
                                                      const Profile& profile,
                                                      const Selection& selection) {
  if (auto problem = unmatched(catalogue, selection); !problem.empty()) return problem;
  std::vector<const Trace*> out;
  for (const auto& [id, vector] : catalogue.vectors) {
    const auto cites = [&, &v = vector](const auto& has) {
      return std::any_of(v.cites.begin(), v.cites.end(), has);
    };
    if (!cites([&](const std::string& row) { return profile.rows.count(row) > 0; })) continue;
    if (!selection.vectors.empty() && !any_matches(selection.vectors, id)) continue;
    if (!selection.rows.empty() && !cites([&](const std::string& row) {
          return std::find(selection.rows.begin(), selection.rows.end(), row) !=
                 selection.rows.end();
        })) {
      continue;
    }
    if (!selection.levels.empty() && !has_level(catalogue, vector, selection.levels)) continue;
    if (selection.door != Door::either && door_of(vector) != selection.door) continue;
    out.push_back(&vector);
  }
  return out;
}

RunReport run(const Catalogue& catalogue, const Profile& profile,
              const std::vector<const Trace*>& selected, Target& target,
              const RunOptions& options) {
  RunReport run;
  run.target = target.hello();
  run.profile = profile.name;
  int crashes = 0;
  for (const Trace* vector : selected) {
    if (options.interrupted && options.interrupted()) {
      run.interrupted = true;
      break;
    }
    Verdict verdict = crashes < options.give_up_after
                          ? judge(catalogue, profile, *vector, target, options.judge)
                          : given_up(catalogue, *vector, crashes);
    // What an interrupt cut short is no crash of the target.
    if (options.interrupted && options.interrupted()) {
      run.interrupted = true;
      break;
    }
    if (crashes < options.give_up_after) crashes = verdict.symptom == "crashed" ? crashes + 1 : 0;
    run.verdicts.push_back(std::move(verdict));
    if (options.progress) options.progress(run.verdicts.back());
  }
  if (options.baseline != nullptr) {
    run.stale = apply_baseline(*options.baseline, options.today, run.verdicts);
  }
  find_unjudged(catalogue, profile, options.selection.door, run);
  run.exit = exit_code(run);
  return run;
}

}  // namespace grantcheck
