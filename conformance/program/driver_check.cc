#include <iostream>

#include "grantcheck/trace/codec.h"
#include "program/commands.h"

namespace grantcheck {
namespace {

// Each pair: what a working driver over a working provider grants, and the same with a value that
// nobody issued, which it refuses.
struct Pair {
  Door door;
  std::string_view granted, refused;
};
constexpr Pair kPairs[] = {
    {Door::methods,
     R"({"trace": 1, "says": "A registered client is found.", "steps": [
      {"do": "register_client", "with": {"client_id": "app", "redirect_uris": ["https://app.example/cb"],
       "token_endpoint_auth_method": "none", "grant_types": ["authorization_code"], "response_types": ["code"], "scope": "read"}},
      {"do": "get_client", "with": {"client_id": "app"}, "expect": [{"is": "pass", "succeeded": true}]}]})",
     R"({"trace": 1, "says": "A client that nobody registered is not found.", "steps": [
      {"do": "get_client", "with": {"client_id": "$nobody"}, "expect": [{"is": "pass", "refused": true}]}]})"},
    {Door::endpoints,
     R"({"trace": 1, "says": "A code is issued and redeemed.", "let": {"verifier": "a-verifier-that-is-long-enough-to-be-legal-0"},
      "steps": [{"do": "POST /register", "with": {"redirect_uris": ["https://app.example/cb"], "token_endpoint_auth_method": "none",
       "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"], "scope": "read"},
       "keep": {"app": "client_id"}},
      {"do": "GET /authorize", "as": "alice", "with": {"response_type": "code", "client_id": "$app",
       "redirect_uri": "https://app.example/cb", "scope": "read", "code_challenge_method": "S256",
       "code_challenge": {"s256": "$verifier"}}, "keep": {"code": "redirect.code"}},
      {"do": "POST /token", "with": {"grant_type": "authorization_code", "client_id": "$app", "code": "$code",
       "redirect_uri": "https://app.example/cb", "code_verifier": "$verifier"},
       "expect": [{"is": "pass", "succeeded": true}]}]})",
     R"({"trace": 1, "says": "A code that nobody issued is refused.", "steps": [
      {"do": "POST /token", "with": {"grant_type": "authorization_code", "client_id": "$nobody", "code": "$code",
       "redirect_uri": "https://app.example/cb", "code_verifier": "a-verifier-that-is-long-enough-to-be-legal-0"},
       "expect": [{"is": "pass", "refused": true}]}]})"}};

int fail(const std::string& what, const std::string& help) {
  std::cout << "FAIL  " << what << "\n      help: " << help << "\n";
  return kNotReady;
}

// Returns what is wrong, or nothing.
std::string play_one(std::string_view text, Target& target) {
  const auto trace = read_trace(text, "driver check", "");
  if (!trace) return trace.refusal().text();
  const auto reset = target.reset();
  if (!reset) return reset.refusal();
  Player player(*trace, target);
  while (const auto exchange = player.next()) {
    const Step& step = trace->steps[exchange->step];
    const Observation& answer = exchange->answers.front();
    const std::string where = ", at '" + step.op.name() + "'";
    if (answer.kind == Observation::Kind::broken) return answer.reason + where;
    if (answer.kind == Observation::Kind::unsupported) {
      return "the driver answers 'unsupported' at a door that it declares" + where;
    }
    if (!answer.exception.empty()) return "the provider raised " + answer.exception + where;
    const bool wanted = step.expect.empty() || step.expect[0].match.succeeded.value_or(false);
    if (wanted != answer.succeeded()) {
      return std::string("what must be ") + (wanted ? "granted is refused" : "refused is granted") +
             " (status " + std::to_string(answer.status) + ", error '" + answer.error + "')" +
             where;
    }
  }
  return "";
}

}  // namespace

int check_driver(const std::string& command, double timeout) {
  DriverOptions options;
  options.command = command;
  options.timeout = std::chrono::milliseconds(static_cast<std::int64_t>(timeout * 1000));
  auto target = start_driver(options);
  if (!target) return fail(target.refusal(), driver_help(target.refusal()));
  Target& driver = **target;
  const Hello& hello = driver.hello();
  std::cout << "ok    hello: " << hello.name << " " << hello.version << ", " << hello.methods.size()
            << " methods, " << (hello.endpoints ? "endpoints" : "no endpoints") << ", "
            << hello.capabilities.size() << " capabilities\n";
  bool played = false;
  for (const Pair& pair : kPairs) {
    const bool methods = pair.door == Door::methods;
    if (methods ? hello.methods.count("register_client") + hello.methods.count("get_client") < 2
                : !hello.endpoints) {
      continue;
    }
    const char* door = methods ? "methods" : "endpoints";
    for (const std::string_view text : {pair.granted, pair.refused}) {
      const std::string problem = play_one(text, driver);
      if (!problem.empty()) return fail(std::string(door) + ": " + problem, driver_help(problem));
    }
    played = true;
    std::cout << "ok    " << door
              << ": grants what must be granted, refuses what must be refused\n";
  }
  if (played) return kClean;
  return fail(
      "nothing could be played: neither 'endpoints' nor 'register_client' and 'get_client' are "
      "declared",
      "declare in hello what the provider offers; drivers/README.md lists it");
}

}  // namespace grantcheck
