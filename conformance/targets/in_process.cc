#include <atomic>
#include <system_error>
#include <thread>

#include "grantcheck/conformance/targets.h"
#include "grantcheck/faults/faults.h"
#include "targets/methods.h"

namespace grantcheck {
namespace {

using Make = std::function<Assembly(const Clock&, Entropy&)>;

// Everything that lives in this process: provider and handler, made afresh at each reset, under a
// clock that moves by `wait`.
class InProcessTarget final : public Target {
 public:
  InProcessTarget(Hello hello, Make make) : hello_(std::move(hello)), make_(std::move(make)) {}

  const Hello& hello() const override { return hello_; }

  Result<Done, std::string> reset() override {
    clock_.set(kClockStart);
    try {
      assembly_ = make_(clock_, entropy_);
    } catch (const std::exception& e) {
      return std::string("cannot be made: ") + e.what();
    }
    return Done{};
  }

  Observation play(const Call& call) override {
    if (call.op.door() == Door::methods) {
      return assembly_.provider ? play_method(*assembly_.provider, call)
                                : unsupported("no methods door");
    }
    if (call.op.door() == Door::endpoints) return play_request(request_of(call));
    return call.op.name() == "wait" ? wait(call) : probe(call);
  }

  std::vector<Observation> race(const Call& call, int times) override {
    std::vector<Observation> answers(static_cast<std::size_t>(times));
    std::atomic<bool> go = false;
    std::vector<std::jthread> threads;
    try {
      for (Observation& answer : answers) {
        threads.emplace_back([&] {
          go.wait(false);
          answer = play(call);
        });
      }
    } catch (const std::system_error& e) {
      answers.resize(threads.size() + 1);
      answers.back() = unsupported(std::string("no thread for a race: ") + e.what());
    }
    go = true;
    go.notify_all();
    threads.clear();  // Joins.
    return answers;
  }

 private:
  static Observation unsupported(std::string reason) {
    Observation observation;
    observation.kind = Observation::Kind::unsupported;
    observation.reason = std::move(reason);
    return observation;
  }

  static Request request_of(const Call& call) {
    Request request;
    request.method = call.op.http_method();
    request.path = call.op.role();
    request.query = call.query;
    request.headers = call.headers;
    request.body = call.body;
    request.subject = call.as;
    return request;
  }

  Observation play_request(const Request& request) {
    if (!assembly_.handle) return unsupported("no endpoints door");
    try {
      return observe(assembly_.handle(request));
    } catch (const std::exception& e) {
      Observation observation;
      observation.status = 500;
      observation.exception = e.what();
      return observation;
    }
  }

  Observation wait(const Call& call) {
    const Json* seconds = find_path(call.with, "seconds");
    if (seconds == nullptr || !seconds->is_number_integer()) {
      return unsupported("'wait' needs whole 'seconds'");
    }
    clock_.advance(seconds->get<Seconds>());
    Observation observation;
    observation.value = true;
    return observation;
  }

  // An access token is live if verify_token knows it; without a methods door, if the protected
  // resource lets it in (or only wants more scope).
  Observation probe(const Call& call) {
    const Json* token = find_path(call.with, "token");
    const std::string text =
        token != nullptr && token->is_string() ? token->get<std::string>() : "";
    Observation observation;
    if (assembly_.provider) {
      observation.live = assembly_.provider->verify_token(text).has_value();
      return observation;
    }
    Request request;
    request.method = "GET";
    request.path = "/resource";
    request.headers = {{"Authorization", "Bearer " + text}};
    const int status = play_request(request).status;
    observation.live = (status >= 200 && status < 300) || status == 403;
    return observation;
  }

  Hello hello_;
  Make make_;
  ManualClock clock_{kClockStart};
  SeededEntropy entropy_{20260101};
  Assembly assembly_;
};

Hello in_process_hello(std::string name, std::string version) {
  Hello hello;
  hello.name = std::move(name);
  hello.version = std::move(version);
  for (const std::string_view method : method_names()) {
    MethodDoor& door = hello.methods[std::string(method)];
    door.receives = {"client",
                     "client_id",
                     "state",
                     "scopes",
                     "code_challenge",
                     "code_challenge_method",
                     "redirect_uri",
                     "resource",
                     "authorization_code",
                     "code_verifier",
                     "refresh_token",
                     "token",
                     "client_secret",
                     "redirect_uris",
                     "token_endpoint_auth_method",
                     "grant_types",
                     "response_types",
                     "scope",
                     "client_name",
                     "client_secret_expires_at"};
    door.checks = {"*"};
  }
  hello.endpoints = true;
  for (const std::string_view capability : capability_names()) {
    hello.capabilities.insert(std::string(capability));
  }
  hello.lifetimes = {{"code", ProviderOptions().code_lifetime},
                     {"refresh_token", ProviderOptions().refresh_token_lifetime}};
  return hello;
}

// A provider without endpoints of its own is asked through ours.
Assembly assemble(Linked linked, const Clock& clock) {
  Assembly assembly;
  assembly.rules = std::make_unique<Rules>();
  assembly.provider = std::move(linked.provider);
  assembly.handle = std::move(linked.handle);
  if (!assembly.handle && assembly.provider) {
    auto endpoints =
        std::make_shared<Endpoints>(*assembly.provider, clock, *assembly.rules, EndpointOptions());
    assembly.handle = [endpoints](const Request& request) { return endpoints->handle(request); };
  }
  return assembly;
}

}  // namespace

std::unique_ptr<Target> make_reference_target() {
  return std::make_unique<InProcessTarget>(
      in_process_hello("grantcheck reference", GRANTCHECK_VERSION),
      [](const Clock& clock, Entropy& entropy) { return make_reference(clock, entropy); });
}

std::unique_ptr<Target> make_mutant_target(const Fault& fault) {
  return std::make_unique<InProcessTarget>(
      in_process_hello("grantcheck mutant " + std::string(fault.name), GRANTCHECK_VERSION),
      [&fault](const Clock& clock, Entropy& entropy) {
        return make_mutant(fault, clock, entropy);
      });
}

std::unique_ptr<Target> make_linked_target(LinkedProvider provider) {
  Hello hello = in_process_hello(provider.name, provider.version);
  if (provider.declare) provider.declare(hello);
  return std::make_unique<InProcessTarget>(
      std::move(hello), [make = std::move(provider.make)](const Clock& clock, Entropy& entropy) {
        return assemble(make(clock, entropy), clock);
      });
}

}  // namespace grantcheck
