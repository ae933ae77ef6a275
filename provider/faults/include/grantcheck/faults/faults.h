// Faulty providers: the reference with one fault switched on, through a seam that it really has.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "grantcheck/provider/reference.h"

namespace grantcheck {

struct Fault {
  std::string_view name;       ///< What it is selected by.
  std::string_view number;     ///< Where it is listed, "M26"; empty if it is not.
  std::string_view says;       ///< What the faulty provider does.
  std::string_view killed_by;  ///< A vector that fails on it.
  /// Changes what the reference is made of; the clock outlives the result. Empty if the fault lies
  /// outside.
  std::function<void(Seams&, const ProviderOptions&, const Clock&)> spoil;
  /// Puts something before the provider. Empty if nothing is.
  std::function<std::unique_ptr<Provider>(std::unique_ptr<Provider> behind)> before_provider;
  /// Puts something before the endpoints, which ask `provider`. Empty if nothing is.
  std::function<Handler(Handler behind, Provider& provider)> before_endpoints;
};

/// All faults, in the order of their numbers, then those without one, then the denied operations.
const std::vector<Fault>& faults();
/// The fault of that name, or null.
const Fault* fault_named(std::string_view name);

/// The reference with that fault. `clock` and `entropy` outlive the result.
Assembly make_mutant(const Fault& fault, const Clock& clock, Entropy& entropy,
                     const ProviderOptions& options = {}, EndpointOptions endpoint_options = {});

}  // namespace grantcheck
