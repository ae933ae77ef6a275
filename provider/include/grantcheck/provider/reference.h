// The reference, ready to be asked: provider and endpoints together.
#pragma once

#include <memory>

#include "grantcheck/provider/clock.h"
#include "grantcheck/provider/endpoints.h"
#include "grantcheck/provider/entropy.h"
#include "grantcheck/provider/in_memory.h"
#include "grantcheck/provider/provider.h"

namespace grantcheck {

/// A provider and what answers HTTP for it. The two share state.
struct Assembly {
  std::shared_ptr<const Rules> rules;
  std::unique_ptr<Provider> provider;
  Handler handle;
};

/// Endpoints over `provider`. Issuer, scopes and the cap on redirect URIs are taken from `options`,
/// so that both say the same. All but the options outlive the result.
Handler handler_for(Provider& provider, const Clock& clock, const Rules& rules,
                    const ProviderOptions& options, EndpointOptions endpoint_options = {});

/// The reference in its default configuration. `clock` and `entropy` outlive the result.
Assembly make_reference(const Clock& clock, Entropy& entropy, const ProviderOptions& options = {},
                        EndpointOptions endpoint_options = {});

}  // namespace grantcheck
