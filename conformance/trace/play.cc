#include "grantcheck/trace/play.h"

#include <algorithm>
#include <regex>
#include <utility>

namespace grantcheck {
namespace {

std::string as_text(const Json& value) {
  return value.is_string() ? value.get<std::string>() : print_json(value);
}

// OAuth 2.1, appendix B: parameters as a form; an array is a repeated parameter.
FormFields form_fields(const Json& with) {
  FormFields fields;
  for (const auto& item : with.items()) {
    if (!item.value().is_array()) {
      fields.emplace_back(item.key(), as_text(item.value()));
      continue;
    }
    for (const Json& one : item.value()) fields.emplace_back(item.key(), as_text(one));
  }
  return fields;
}

bool has_body(std::string_view http_method) {
  return http_method == "POST" || http_method == "PUT" || http_method == "PATCH";
}

// Turns the parameters of an endpoint step into the message that carries them.
void encode_request(const Json& with, const Json& query, const Json& headers,
                    const std::optional<Json>& raw, Call& call) {
  for (const auto& item : headers.items()) {
    call.headers.emplace_back(item.key(), as_text(item.value()));
  }
  FormFields in_query = form_fields(query);
  std::string content_type = "application/x-www-form-urlencoded";
  const bool body = has_body(call.op.http_method());
  if (call.op.role() == "/register") content_type = "application/json";
  if (raw) {
    call.body = as_text(*raw);
  } else if (!body) {
    for (auto& field : form_fields(with)) in_query.push_back(std::move(field));
  } else if (call.op.role() == "/register") {
    call.body = with.dump(-1, ' ', false, Json::error_handler_t::replace);
  } else {
    call.body = encode_form(form_fields(with));
  }
  call.query = encode_form(in_query);
  if ((body || raw) && !header(call.headers, "content-type")) {
    call.headers.emplace_back("Content-Type", content_type);
  }
}

// The methods door shows an answer's parts under the same paths as the endpoints do.
const Json* part_of(const Observation& observation, std::string_view path, Json& storage) {
  if (path.rfind("redirect.", 0) == 0) return find_path(observation.redirected, path.substr(9));
  if (path.rfind("header.", 0) == 0) {
    const auto found = header(observation.headers, path.substr(7));
    if (!found) return nullptr;
    storage = std::string(*found);
    return &storage;
  }
  return find_path(observation.value, path);
}

bool is_load(const Op& op) {
  return op.name().rfind("load_", 0) == 0 && op.name() != "load_access_token";
}

void collect_secrets(const Json& value, std::vector<std::string>& secrets) {
  static constexpr std::string_view kSecret[] = {"access_token",
                                                 "refresh_token",
                                                 "id_token",
                                                 "code",
                                                 "token",
                                                 "client_secret",
                                                 "registration_access_token"};
  if (!value.is_structured()) return;
  for (const auto& item : value.items()) {
    const bool secret = value.is_object() && std::find(std::begin(kSecret), std::end(kSecret),
                                                       item.key()) != std::end(kSecret);
    if (secret && item.value().is_string() && !item.value().get_ref<const std::string&>().empty()) {
      secrets.push_back(item.value().get<std::string>());
    }
    collect_secrets(item.value(), secrets);
  }
}

// Where it does not belong it is one all the same: behind a '#', in a page, in an exception's
// words.
void collect_secrets(const std::string& text, std::vector<std::string>& secrets) {
  if (text.empty()) return;
  static const std::regex kAssigned(
      R"re(\b(?:code|token|access_token|refresh_token|id_token|client_secret)["']?\s*[=:]\s*["']?([\w.~%+/-]{16,}))re");
  // A pattern over a long text costs much, and an answer is shown in part only.
  const std::string looked_at = text.substr(0, 4096);
  for (std::sregex_iterator at(looked_at.begin(), looked_at.end(), kAssigned), end; at != end; ++at)
    secrets.push_back((*at)[1]);
}

void collect_secrets(const Observation& answer, std::vector<std::string>& secrets) {
  collect_secrets(answer.value, secrets);
  collect_secrets(answer.redirected, secrets);
  collect_secrets(
      answer.redirect.substr(std::min(answer.redirect.find('#'), answer.redirect.size())), secrets);
  for (const std::string* text :
       {&answer.text, &answer.exception, &answer.reason, &answer.error_description})
    collect_secrets(*text, secrets);
}

}  // namespace

Player::Player(const Trace& trace, Target& target) : trace_(trace), target_(target) {
  for (const auto& item : trace.let.items()) {
    // A let value may use those before it; one that cannot be computed stays unbound.
    if (auto value = resolve(item.value(), handles_, lifetimes())) {
      handles_[item.key()] = *std::move(value);
    }
  }
}

Result<Call, std::string> Player::concrete(const Step& step) const {
  Call call(step.op);
  call.as = step.as;
  auto with = resolve(step.with, handles_, lifetimes());
  if (!with) return with.refusal();
  if (step.op.door() != Door::endpoints) {
    call.with = *std::move(with);
    const Json* seconds = find_path(call.with, "seconds");
    if (step.op.name() == "wait" && (seconds == nullptr || !seconds->is_number_integer())) {
      call.with["seconds"] = 0;
    }
    return call;
  }
  auto query = resolve(step.query, handles_, lifetimes());
  if (!query) return query.refusal();
  auto headers = resolve(step.headers, handles_, lifetimes());
  if (!headers) return headers.refusal();
  std::optional<Json> raw;
  if (step.raw) {
    auto resolved = resolve(*step.raw, handles_, lifetimes());
    if (!resolved) return resolved.refusal();
    raw = *std::move(resolved);
  }
  encode_request(*with, *query, *headers, raw, call);
  return call;
}

void Player::bind(const Step& step, Exchange& exchange) {
  const Observation* first = &exchange.answers.front();
  for (const Observation& answer : exchange.answers) {
    collect_secrets(answer, secrets_);
    if (!first->succeeded() && answer.succeeded()) first = &answer;
  }
  for (const auto& [name, path] : step.keep) {
    if (path.empty() && is_load(step.op) && first->value.is_object()) {
      handles_[name] = make_claim(first->object, first->value);
      continue;
    }
    Json storage;
    const Json* part = part_of(*first, path, storage);
    if (part != nullptr && !part->is_null()) {
      handles_[name] = *part;
    } else if (exchange.missing.empty()) {
      exchange.missing = path;
    }
  }
}

std::optional<Exchange> Player::next() {
  if (at_ == trace_.steps.size()) return std::nullopt;
  const Step& step = trace_.steps[at_];
  Exchange exchange;
  exchange.step = at_++;
  auto call = concrete(step);
  if (!call) {
    exchange.impossible = call.refusal();
    return exchange;
  }
  exchange.call = *std::move(call);
  if (step.times == 1) {
    exchange.answers.push_back(target_.play(exchange.call));
  } else {
    exchange.answers = target_.race(exchange.call, step.times);
  }
  bind(step, exchange);
  return exchange;
}

}  // namespace grantcheck
