// A run: the selected vectors against one target, its summary, its exit code, its reports.
#pragma once

#include <functional>
#include <iosfwd>
#include <map>
#include <string>
#include <vector>

#include "grantcheck/conformance/judge.h"

namespace grantcheck {

/// The exit codes of the program.
enum Exit : int {
  kClean = 0,
  kFailure = 1,
  kUsage = 2,
  kNotReady = 3,
  kNoEvidence = 4,
  kStaleBaseline = 5,
  kToolFault = 70,
  kInterrupted = 130,
};

/// A known failure of a target (peers/NAME/known.toml).
struct KnownFailure {
  std::string vector;
  std::string reason;
  std::string seen;     ///< The symptom; another one is new.
  std::string expires;  ///< "2027-01-31", or empty.
  int line = 0;
};
struct Baseline {
  std::string file;
  std::vector<KnownFailure> known;
};
/// Reads a baseline. Unknown keys, missing reasons and unknown vectors are refused.
Result<Baseline, Problem> read_baseline(const std::string& text, const std::string& file,
                                        const Catalogue& catalogue);

/// Which vectors are played. Empty lists select all.
struct Selection {
  Names vectors;  ///< Ids or patterns with `*`.
  Names rows;     ///< Names of requirement rows.
  Names levels;   ///< "must", "should", "pos": of a cited row.
  Door door = Door::either;
};
/// The selected vectors in order of their ids. The refusal names what matches nothing.
Result<std::vector<const Trace*>, std::string> select(const Catalogue& catalogue,
                                                      const Profile& profile,
                                                      const Selection& selection);

/// A required row that nothing judged.
struct Unjudged {
  std::string row;
  std::string reason;
};

struct RunReport {
  Hello target;
  std::string kind;  ///< "reference", "mutant", "driver", "linked".
  std::string profile;
  std::vector<Verdict> verdicts;
  std::vector<Unjudged> unjudged;
  Names excused;  ///< Required rows that only an undeclared capability kept from being judged.
  Names stale;    ///< Baseline entries that no longer fail, or have expired, in words.
  bool interrupted = false;
  int exit = kNoEvidence;

  int count(Is is) const;
};

struct RunOptions {
  Selection selection;
  JudgeOptions judge;
  const Baseline* baseline = nullptr;
  std::string today;  ///< "2026-11-24", for the expiry of baseline entries; empty: nothing expires.
  /// Called after each verdict.
  std::function<void(const Verdict&)> progress = {};
  /// Asked between vectors; true ends the run.
  std::function<bool()> interrupted = {};
  /// After so many vectors in a row at which the target crashed or hung, the others are blocked:
  /// each hang costs its full time.
  int give_up_after = 20;
};

/// Judges the selected vectors and decides the exit code.
RunReport run(const Catalogue& catalogue, const Profile& profile,
              const std::vector<const Trace*>& selected, Target& target, const RunOptions& options);

struct ReportOptions {
  std::string program = "grantcheck";  ///< How lines to paste begin.
  std::string target_flags =
      {};  ///< What such a line needs to judge the same target in the same way.
  std::string catalogue_flags = {};  ///< What such a line needs to find the same vectors.
  bool verbose = false;              ///< All in full.
  std::size_t in_full =
      3;  ///< How many failures are shown in full otherwise: those with the fewest steps.
};
/// The report for people: what is wrong, the worst and shortest last and in full, with expected
/// beside actual, the requirement, the steps and how to replay; then what does not apply, and the
/// summary.
void print_report(std::ostream& out, const Catalogue& catalogue, const RunReport& run,
                  const ReportOptions& options = {});
/// The report as JSON (run.schema.json).
Json run_to_json(const RunReport& run);
/// Makes the folder of a report, finds out that one can be written there, and takes away the old
/// one, so that a run that ends early leaves none that is taken for its own. The refusal says why
/// it cannot.
Result<Done, Problem> prepare_report(const std::string& folder);
/// Writes `DIR/run.json`. The refusal says why it cannot.
Result<Done, Problem> write_run(const std::string& folder, const RunReport& run);

}  // namespace grantcheck
