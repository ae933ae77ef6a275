// Playing a trace against a target.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "grantcheck/trace/target.h"

namespace grantcheck {

/// One played step: what was asked, and what came back (several answers for a race).
struct Exchange {
  std::size_t step = 0;
  Call call{*Op::named("wait")};
  std::vector<Observation> answers;
  /// Why the step could not be asked at all, for instance a lifetime that the target does not
  /// declare.
  std::string impossible;
  /// The first `keep` that found nothing in the answer, empty if there is none.
  std::string missing;
};

/// Plays a trace step by step and binds its handles. Any subsequence of a trace is playable: what
/// is unbound stands for a well-formed value that nobody issued.
class Player {
 public:
  /// `target` has been reset; both outlive the player.
  Player(const Trace& trace, Target& target);

  /// Plays the next step, or answers nothing at the end.
  std::optional<Exchange> next();

  /// What names stand for so far.
  const Handles& handles() const { return handles_; }
  const Lifetimes& lifetimes() const { return target_.hello().lifetimes; }
  /// Values of answers that must not be shown: codes, tokens, secrets.
  const std::vector<std::string>& secrets() const { return secrets_; }

 private:
  Result<Call, std::string> concrete(const Step& step) const;
  void bind(const Step& step, Exchange& exchange);

  const Trace& trace_;
  Target& target_;
  Handles handles_;
  std::vector<std::string> secrets_;
  std::size_t at_ = 0;
};

}  // namespace grantcheck
