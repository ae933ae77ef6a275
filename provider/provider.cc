#include "grantcheck/provider/provider.h"

namespace grantcheck {

Result<OAuthToken> Provider::exchange_client_credentials(const Client&,
                                                         const std::optional<Strings>&,
                                                         const Strings&) {
  return Refusal{Error::unsupported_grant_type, "This server has no client credentials grant."};
}

}  // namespace grantcheck
