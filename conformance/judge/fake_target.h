// A target that answers what a test tells it to.
#pragma once

#include <functional>

#include "grantcheck/trace/target.h"

namespace grantcheck {

class FakeTarget final : public Target {
 public:
  FakeTarget() {
    said.name = "fake";
    said.endpoints = true;
    for (const std::string_view name : capability_names())
      said.capabilities.insert(std::string(name));
  }
  const Hello& hello() const override { return said; }
  Result<Done, std::string> reset() override {
    ++resets;
    return Done{};
  }
  Observation play(const Call& call) override { return answer(call); }
  std::vector<Observation> race(const Call& call, int times) override {
    std::vector<Observation> out;
    for (int i = 0; i < times; ++i) out.push_back(answer(call));
    return out;
  }

  Hello said;
  int resets = 0;
  std::function<Observation(const Call&)> answer = [](const Call&) {
    return observe({200, {}, "{}"});
  };
};

inline Observation granted() { return observe({200, {}, R"({"access_token": "SECRET-TOKEN"})"}); }
inline Observation refused() { return observe({400, {}, R"({"error": "invalid_grant"})"}); }
inline Observation broken(std::string reason) {
  Observation observation;
  observation.kind = Observation::Kind::broken;
  observation.reason = std::move(reason);
  return observation;
}
inline Observation unsupported(std::string reason) {
  Observation observation;
  observation.kind = Observation::Kind::unsupported;
  observation.reason = std::move(reason);
  return observation;
}

}  // namespace grantcheck
