#include "grantcheck/faults/faults.h"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

#include "groups.h"

namespace grantcheck {
namespace {

std::vector<Fault> in_order() {
  std::vector<Fault> all = rules_faults();
  for (const auto& group : {stages_faults, store_faults, provider_faults, endpoint_faults}) {
    std::vector<Fault> more = group();
    std::move(more.begin(), more.end(), std::back_inserter(all));
  }
  std::sort(all.begin(), all.end(), [](const Fault& a, const Fault& b) {
    return std::tuple(a.number.empty(), a.number, a.name) <
           std::tuple(b.number.empty(), b.number, b.name);
  });
  std::vector<Fault> denied = denials();
  std::move(denied.begin(), denied.end(), std::back_inserter(all));
  return all;
}

}  // namespace

const std::vector<Fault>& faults() {
  static const std::vector<Fault> all = in_order();
  return all;
}

const Fault* fault_named(std::string_view name) {
  const std::vector<Fault>& all = faults();
  const auto found = std::find_if(all.begin(), all.end(),
                                  [name](const Fault& fault) { return fault.name == name; });
  return found == all.end() ? nullptr : &*found;
}

Assembly make_mutant(const Fault& fault, const Clock& clock, Entropy& entropy,
                     const ProviderOptions& options, EndpointOptions endpoint_options) {
  Seams seams;
  seams.rules = std::make_shared<const Rules>(options.rule_options());
  if (fault.spoil) fault.spoil(seams, options, clock);
  // Provider and endpoints decide by the same rules, so the fault is the same at both doors.
  Assembly mutant{
      seams.rules, std::make_unique<InMemoryProvider>(clock, entropy, options, seams), {}};
  if (fault.before_provider) mutant.provider = fault.before_provider(std::move(mutant.provider));
  mutant.handle =
      handler_for(*mutant.provider, clock, *mutant.rules, options, std::move(endpoint_options));
  if (fault.before_endpoints) {
    mutant.handle = fault.before_endpoints(std::move(mutant.handle), *mutant.provider);
  }
  return mutant;
}

}  // namespace grantcheck
