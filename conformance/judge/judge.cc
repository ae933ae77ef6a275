#include "grantcheck/conformance/judge.h"

#include <algorithm>

#include "judge/words.h"

namespace grantcheck {

std::string strongest_level(const Catalogue& catalogue, const Names& rows) {
  std::string level;
  for (const std::string& name : rows) {
    const Requirement* row = catalogue.requirement(name);
    if (row != nullptr && (level.empty() || strength(row->level) < strength(level))) {
      level = row->level;
    }
  }
  return level;
}

namespace {

// The worst that the profile says of the broken rows; rows that it does not list do not count.
std::optional<Breach> worst_breach(const Profile& profile, const Names& rows) {
  std::optional<Breach> worst;
  for (const std::string& name : rows) {
    const auto found = profile.rows.find(name);
    if (found != profile.rows.end() && (!worst || found->second < *worst)) worst = found->second;
  }
  return worst;
}

// The capability without which an operation may be unsupported.
std::string_view capability_of(const Step& step) {
  static const std::map<std::string_view, std::string_view> by_op = {{"wait", "clock"},
                                                                     {"probe", "probe"}};
  static const std::map<std::string_view, std::string_view> by_role = {
      {"/register", "registration"},
      {"/revoke", "revocation"},
      {"/introspect", "introspection"},
      {"/resource", "resource"},
      {"/.well-known/oauth-authorization-server", "metadata"},
      {"/.well-known/oauth-protected-resource", "resource"}};
  if (step.times > 1) return "race";
  const auto op = by_op.find(step.op.name());
  if (op != by_op.end()) return op->second;
  const auto role = by_role.find(step.op.role());
  return role == by_role.end() ? std::string_view() : role->second;
}

// The method whose checks decide a negative vector: the one at the step that differs from the twin,
// or, where that step is no method, the one that is judged last.
const Step* deciding_method(const Trace& vector, const Difference& difference,
                            std::string& method) {
  const Step& step = vector.steps[difference.step];
  if (step.op.door() == Door::methods) {
    method = step.op.name();
    return &step;
  }
  for (auto at = vector.steps.rbegin(); at != vector.steps.rend(); ++at) {
    if (at->expect.empty()) continue;
    if (at->op.name() == "probe") method = "verify_token";
    if (at->op.door() == Door::methods) method = at->op.name();
    if (!method.empty()) return &*at;
  }
  return nullptr;
}

// True if the value is an object that an earlier step loaded, or one forged from it, rather than a
// plain code or token.
bool is_loaded(const Trace& vector, const Json& value) {
  if (value.is_object()) return true;
  const std::string text = value.is_string() ? value.get<std::string>() : "";
  for (const Step& step : vector.steps) {
    for (const auto& [name, path] : step.keep) {
      if (path.empty() && "$" + name == text && step.op.name().rfind("load_", 0) == 0) return true;
    }
  }
  return false;
}

// What decides about a step of a method: the method itself and, where an exchange is given a plain
// code or token, the load before it.
MethodDoor deciding_door(const Hello& hello, const Trace& vector, const Step& step,
                         const std::string& method) {
  MethodDoor door = hello.methods.at(method);
  for (const char* credential : {"authorization_code", "refresh_token"}) {
    const Json* value = find_path(step.with, credential);
    const auto load = hello.methods.find("load_" + std::string(credential));
    if (method != "exchange_" + std::string(credential) || load == hello.methods.end() ||
        (value != nullptr && is_loaded(vector, *value))) {
      continue;
    }
    door.receives.insert(load->second.receives.begin(), load->second.receives.end());
    door.checks.insert(load->second.checks.begin(), load->second.checks.end());
  }
  return door;
}

// A vector without a twin may have a step on its way that is refused for a field; where that field
// is not received, nothing can be.
std::optional<std::string> refused_above(const Trace& vector, const Hello& hello) {
  if (!vector.twin.empty()) return std::nullopt;
  for (const Step& step : vector.steps) {
    const bool refused = !step.expect.empty() && wants_refusal(step.expect.front().match);
    const auto found = hello.methods.find(step.op.name());
    if (!refused || found == hello.methods.end()) continue;
    const MethodDoor door = deciding_door(hello, vector, step, step.op.name());
    for (const auto& item : step.with.items()) {
      if (door.receives.count(item.key()) == 0) {
        return "enforced above this door: " + step.op.name() + " does not receive " + item.key();
      }
    }
  }
  return std::nullopt;
}

std::optional<std::string> enforced_above(const Catalogue& catalogue, const Trace& vector,
                                          const Hello& hello) {
  if (auto reason = refused_above(vector, hello)) return reason;
  const auto difference = deciding_field(catalogue, vector);
  const bool methods = std::any_of(vector.steps.begin(), vector.steps.end(), [](const Step& step) {
    return step.op.door() == Door::methods;
  });
  if (!methods || !difference) return std::nullopt;
  std::string method;
  const Step* step = deciding_method(vector, *difference, method);
  if (step == nullptr || hello.methods.count(method) == 0) return std::nullopt;
  const MethodDoor door = deciding_door(hello, vector, *step, method);
  const std::string& field = difference->field;
  const bool parameter = field.rfind("with.", 0) == 0 && step == &vector.steps[difference->step];
  if (parameter && step->op.door() == Door::methods && door.receives.count(field.substr(5)) == 0) {
    return "enforced above this door: " + method + " does not receive " + field.substr(5);
  }
  const bool owns = door.checks.count("*") > 0 ||
                    std::any_of(vector.cites.begin(), vector.cites.end(),
                                [&](const std::string& row) { return door.checks.count(row) > 0; });
  if (!owns) return "enforced above this door: " + method + " does not make this check";
  return std::nullopt;
}

// Judges one vector; keeps what the parts share.
class Judging {
 public:
  Judging(const Catalogue& catalogue, const Profile& profile, const Trace& vector, Target& target,
          const JudgeOptions& options)
      : catalogue_(catalogue),
        profile_(profile),
        vector_(vector),
        target_(target),
        options_(options) {
    verdict_.vector = &vector;
    verdict_.level = strongest_level(catalogue, vector.cites);
  }

  Verdict verdict() {
    if (auto reason =
            not_applicable(catalogue_, vector_, target_.hello(), &verdict_.enforced_above)) {
      end(Is::not_applicable, *reason);
      return std::move(verdict_);
    }
    const auto reset = target_.reset();
    if (!reset) {
      crashed(0, reset.refusal());
      return std::move(verdict_);
    }
    Player player(vector_, target_);
    while (auto exchange = player.next()) {
      if (!judge_step(*exchange, player)) break;
    }
    mask(player.secrets());
    decide();
    return std::move(verdict_);
  }

 private:
  void end(Is is, std::string reason) {
    ended_ = true;
    verdict_.is = is;
    verdict_.reason = std::move(reason);
  }

  void crashed(std::size_t step, const std::string& reason) {
    ended_ = true;
    verdict_.is = Is::fail;
    verdict_.step = step;
    verdict_.broke = vector_.cites;
    verdict_.expected =
        vector_.steps[step].expect.empty() ? "an answer" : wanted(vector_.steps[step].expect);
    verdict_.actual = "target crashed: " + reason;
    verdict_.symptom = "crashed";
  }

  // Returns whether to go on.
  bool judge_step(const Exchange& exchange, const Player& player) {
    const Step& step = vector_.steps[exchange.step];
    verdict_.step = exchange.step;
    if (!exchange.impossible.empty()) {
      end(Is::not_applicable, exchange.impossible);
      return false;
    }
    verdict_.record.push_back(
        {exchange.step, asked(step), received(exchange), symptom_of(exchange)});
    for (const Observation& answer : exchange.answers) {
      if (answer.kind == Observation::Kind::broken) {
        crashed(exchange.step, answer.reason);
        return false;
      }
      if (answer.kind == Observation::Kind::unsupported) return unsupported(step, answer);
    }
    const bool went_on = step.expect.empty() ? set_up(exchange) : compare(step, exchange, player);
    // A refusal that is permitted keeps nothing; what comes later then plays with a value that
    // nobody issued.
    const bool granted = std::any_of(exchange.answers.begin(), exchange.answers.end(),
                                     [](const Observation& o) { return o.succeeded(); });
    if (went_on && granted && !exchange.missing.empty()) {
      end(Is::blocked, "step " + std::to_string(exchange.step + 1) + " was answered without '" +
                           exchange.missing + "': " + received(exchange));
      verdict_.symptom = "no " + exchange.missing;
      return false;
    }
    return went_on;
  }

  bool unsupported(const Step& step, const Observation& answer) {
    const std::string_view capability = capability_of(step);
    if (!capability.empty() && target_.hello().capabilities.count(capability) > 0) {
      verdict_.broke = vector_.cites;
      verdict_.expected = "an answer: the target declares " + std::string(capability);
      verdict_.actual = verdict_.symptom = "unsupported: " + answer.reason;
      return false;
    }
    end(Is::not_applicable, "unsupported: " + answer.reason);
    return false;
  }

  bool set_up(const Exchange& exchange) {
    const bool ok = std::any_of(exchange.answers.begin(), exchange.answers.end(),
                                [](const Observation& o) { return o.succeeded(); });
    if (ok) return true;
    end(Is::blocked,
        "set-up step " + std::to_string(exchange.step + 1) + " failed: " + received(exchange));
    verdict_.symptom = symptom_of(exchange);
    return false;
  }

  bool compare(const Step& step, const Exchange& exchange, const Player& player) {
    for (const Outcome& outcome : step.expect) {
      if (!matches(outcome.match, exchange.answers, player.handles(), player.lifetimes())) continue;
      if (outcome.is == Outcome::Is::pass) return true;
      breach(outcome.cites, step, exchange);
      // What a vector calls a deviation is one at least, even where the profile only informs about
      // the row.
      least_ = Breach::deviates;
      return true;
    }
    breach(vector_.cites, step, exchange);
    return false;
  }

  void breach(const Names& rows, const Step& step, const Exchange& exchange) {
    verdict_.broke.insert(verdict_.broke.end(), rows.begin(), rows.end());
    verdict_.expected = wanted(step.expect);
    verdict_.actual = received(exchange);
    verdict_.symptom = symptom_of(exchange);
    breach_step_ = exchange.step;
  }

  void mask(const std::vector<std::string>& secrets) {
    const auto clean = [&](std::string& text) {
      text = printable(text);
      if (!options_.show_secrets) text = masked(std::move(text), secrets);
    };
    for (std::string* text : {&verdict_.reason, &verdict_.actual, &verdict_.symptom}) clean(*text);
    for (StepRecord& record : verdict_.record) {
      clean(record.answered);
      clean(record.brief);
    }
  }

  void decide() {
    if (ended_ || verdict_.broke.empty()) return;
    if (breach_step_) verdict_.step = *breach_step_;
    verdict_.level = strongest_level(catalogue_, verdict_.broke);
    auto worst = worst_breach(profile_, verdict_.broke);
    if (!worst) return;
    if (least_ && *least_ < *worst) worst = least_;
    verdict_.is = *worst == Breach::fail       ? Is::fail
                  : *worst == Breach::deviates ? Is::deviates
                                               : Is::info;
  }

  const Catalogue& catalogue_;
  const Profile& profile_;
  const Trace& vector_;
  Target& target_;
  const JudgeOptions& options_;
  Verdict verdict_;
  bool ended_ = false;
  std::optional<std::size_t> breach_step_;
  std::optional<Breach> least_;
};

}  // namespace

std::string_view to_string(Is is) {
  static constexpr std::string_view kNames[] = {"pass", "fail",    "deviates", "info",
                                                "n/a",  "blocked", "unstable", "tool-error"};
  return kNames[static_cast<std::size_t>(is)];
}

const std::vector<Is>& all_verdicts() {
  static const std::vector<Is> all = {Is::pass,     Is::fail,           Is::deviates,
                                      Is::info,     Is::not_applicable, Is::blocked,
                                      Is::unstable, Is::tool_error};
  return all;
}

std::optional<std::string> not_applicable(const Catalogue& catalogue, const Trace& vector,
                                          const Hello& hello, bool* above) {
  const auto lacks = [&hello](std::string_view capability) {
    return hello.capabilities.count(capability) == 0;
  };
  for (const std::string& need : vector.needs) {
    if (lacks(need)) return "needs " + need + ", which the target does not declare";
  }
  for (const Step& step : vector.steps) {
    if (step.op.door() == Door::endpoints && !hello.endpoints) return "no endpoints door";
    if (step.op.door() == Door::methods && hello.methods.count(step.op.name()) == 0) {
      return hello.methods.empty() ? "no methods door" : "no method " + step.op.name();
    }
    const std::string_view capability = capability_of(step);
    if (!capability.empty() && lacks(capability)) {
      return "needs " + std::string(capability) + ", which the target does not declare";
    }
  }
  if (auto reason = enforced_above(catalogue, vector, hello)) {
    if (above != nullptr) *above = true;
    return reason;
  }
  return std::nullopt;
}

Verdict judge(const Catalogue& catalogue, const Profile& profile, const Trace& vector,
              Target& target, const JudgeOptions& options) {
  return Judging(catalogue, profile, vector, target, options).verdict();
}

}  // namespace grantcheck
