#include "grantcheck/provider/reference.h"

#include <utility>

namespace grantcheck {

Handler handler_for(Provider& provider, const Clock& clock, const Rules& rules,
                    const ProviderOptions& options, EndpointOptions endpoint_options) {
  endpoint_options.issuer = options.issuer;
  endpoint_options.scopes_supported = options.scopes_supported;
  endpoint_options.max_redirect_uris = options.max_redirect_uris;
  return [endpoints = Endpoints(provider, clock, rules, std::move(endpoint_options))](
             const Request& request) { return endpoints.handle(request); };
}

Assembly make_reference(const Clock& clock, Entropy& entropy, const ProviderOptions& options,
                        EndpointOptions endpoint_options) {
  Seams seams;
  seams.rules = std::make_shared<const Rules>(options.rule_options());
  Assembly assembly{
      seams.rules, std::make_unique<InMemoryProvider>(clock, entropy, options, seams), {}};
  assembly.handle =
      handler_for(*assembly.provider, clock, *assembly.rules, options, std::move(endpoint_options));
  return assembly;
}

}  // namespace grantcheck
