#include "judge/words.h"

#include <algorithm>

namespace grantcheck {
namespace {

constexpr std::size_t kLongest = 400;

void add(std::string& text, const std::string& part, const char* separator = ", ") {
  if (!text.empty()) text += separator;
  text += part;
}

std::string members(const Json& wanted, const std::string& prefix) {
  std::string out;
  for (const auto& item : wanted.items()) {
    add(out, prefix + item.key() + " = " + print_json(item.value()));
  }
  return out;
}

std::string one_of(const Names& names) {
  std::string out;
  for (const std::string& name : names) add(out, name, " or ");
  return out;
}

std::string count(const Successes& successes) {
  std::string out;
  if (successes.at_most) add(out, "at most " + std::to_string(*successes.at_most));
  if (successes.exactly) add(out, "exactly " + std::to_string(*successes.exactly));
  if (successes.at_least) add(out, "at least " + std::to_string(*successes.at_least));
  return out + " successes";
}

std::string wanted_by(const Match& match) {
  std::string out;
  if (match.succeeded) add(out, *match.succeeded ? "granted" : "not granted");
  if (match.refused) add(out, *match.refused ? "refused" : "not refused");
  if (!match.status.empty()) {
    Names texts;
    for (const int status : match.status) texts.push_back(std::to_string(status));
    add(out, "status " + one_of(texts));
  }
  if (!match.error.empty()) add(out, "error " + one_of(match.error));
  if (match.live) add(out, *match.live ? "live" : "dead");
  if (match.redirected) add(out, *match.redirected ? "redirected" : "no redirect");
  if (!match.redirect.empty()) add(out, members(match.redirect, "redirect."));
  if (!match.header.empty()) add(out, members(match.header, "header "));
  if (!match.body.empty()) add(out, members(match.body, ""));
  if (!match.absent.empty()) add(out, "no " + one_of(match.absent));
  if (match.successes) add(out, count(*match.successes));
  return out;
}

std::string body_of(const Observation& answer) {
  if (!answer.value.is_null()) return print_json(answer.value);
  return answer.text.empty() ? "" : print_json(Json(answer.text));
}

std::string received_one(const Observation& answer) {
  if (answer.kind == Observation::Kind::unsupported) return "unsupported: " + answer.reason;
  if (answer.kind == Observation::Kind::broken) return "target crashed: " + answer.reason;
  if (!answer.exception.empty()) return "raised " + answer.exception;
  if (answer.live) return *answer.live ? "live" : "dead";
  std::string out;
  if (answer.status != 0) out = std::to_string(answer.status);
  if (!answer.redirect.empty())
    return out + (out.empty() ? "" : " ") + "redirect to " + answer.redirect;
  if (answer.status == 0 && !answer.error.empty()) {
    out = "error " + answer.error;
    return answer.error_description.empty() ? out : out + " (" + answer.error_description + ")";
  }
  const std::string body = answer.status == 0 ? print_json(answer.value) : body_of(answer);
  return out + (out.empty() || body.empty() ? "" : " ") + body;
}

std::string names_in(const Json& value) {
  Names names;
  for (const auto& item : value.items()) names.push_back(item.key());
  std::sort(names.begin(), names.end());
  std::string out;
  for (const std::string& name : names) add(out, name);
  return out;
}

std::string symptom_of_one(const Observation& answer) {
  if (answer.kind == Observation::Kind::broken) return "crashed";
  if (!answer.exception.empty()) {
    return "raised " + answer.exception.substr(0, answer.exception.find(':'));
  }
  if (answer.live) return *answer.live ? "live" : "dead";
  const std::string status = answer.status == 0 ? "" : std::to_string(answer.status) + " ";
  if (!answer.error.empty()) return status + answer.error;
  if (!answer.redirect.empty()) return status + "redirect with " + names_in(answer.redirected);
  if (answer.value.is_object()) return status + "with " + names_in(answer.value);
  if (answer.status == 0) return answer.value.is_null() ? "null" : "a value";
  return std::to_string(answer.status);
}

int successes_of(const Exchange& exchange) {
  return static_cast<int>(std::count_if(exchange.answers.begin(), exchange.answers.end(),
                                        [](const Observation& o) { return o.succeeded(); }));
}

}  // namespace

std::string wanted(const std::vector<Outcome>& expect) {
  std::string out;
  for (const Outcome& outcome : expect) {
    if (outcome.is == Outcome::Is::pass) add(out, wanted_by(outcome.match), "; or ");
  }
  return out;
}

std::string received(const Exchange& exchange) {
  std::string out;
  if (exchange.answers.size() == 1) {
    out = received_one(exchange.answers[0]);
  } else {
    out = std::to_string(successes_of(exchange)) + " of " +
          std::to_string(exchange.answers.size()) + " succeeded";
  }
  return shortened(printable(out), kLongest);
}

std::string symptom_of(const Exchange& exchange) {
  if (exchange.answers.size() == 1) return symptom_of_one(exchange.answers[0]);
  return successes_of(exchange) > 1 ? "several successes" : "no success";
}

std::string asked(const Step& step) {
  std::string out = step.op.name();
  if (step.times != 1) out += " (" + std::to_string(step.times) + " at once)";
  if (!step.as.empty()) out += " as " + step.as;
  for (const Json* group : {&step.query, &step.headers, &step.with}) {
    for (const auto& item : group->items()) {
      const std::string value =
          item.value().is_string() ? item.value().get<std::string>() : print_json(item.value());
      out += " " + item.key() + "=" + value;
    }
  }
  if (step.raw) out += " raw=" + print_json(*step.raw);
  return shortened(std::move(out), kLongest);
}

std::string masked(std::string text, const std::vector<std::string>& secrets) {
  // The longest first: one secret may be the beginning of another.
  std::vector<std::string> ordered = secrets;
  std::sort(ordered.begin(), ordered.end(),
            [](const auto& a, const auto& b) { return a.size() > b.size(); });
  for (const std::string& secret : ordered) {
    if (secret.size() < 4) continue;
    const std::string stands = "<" + std::to_string(secret.size()) + " chars, sha256 " +
                               sha256_hex(secret).substr(0, 8) + ">";
    for (std::size_t at = text.find(secret); at != std::string::npos;
         at = text.find(secret, at + stands.size())) {
      text.replace(at, secret.size(), stands);
    }
  }
  return text;
}

}  // namespace grantcheck
