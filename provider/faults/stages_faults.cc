// Faults of checks: of what they see, what they let pass, and what their refusal does.
#include "groups.h"

namespace grantcheck {
namespace {

// redirect-register-unsafe-middle (M13). Killed by
// register/fragment-between-two-good-uris-is-refused. Only the first and the last URI are looked
// at.
void check_only_outer_uris(Seams& seams, const ProviderOptions&, const Clock&) {
  Pipeline<Registration>& stages = seams.stages.registration;
  const auto sound = stages.check("redirect-uris");
  stages.replace("redirect-uris", [sound](Registration& attempt) {
    Strings& uris = attempt.record.redirect_uris;
    if (uris.size() < 3) return sound(attempt);
    const Strings all = std::exchange(uris, {uris.front(), uris.back()});
    std::optional<Refusal> refusal = sound(attempt);
    uris = all;
    return refusal;
  });
}

// wrong-resource-burns-code. Killed by
// resource-indicators/resource-beyond-the-grant-does-not-burn-the-code.
void burn_code_for_wrong_resource(Seams& seams, const ProviderOptions&, const Clock&) {
  Pipeline<CodeExchange>& stages = seams.stages.code_exchange;
  stages.replace("resource", [sound = stages.check("resource")](CodeExchange& attempt) {
    std::optional<Refusal> refusal = sound(attempt);
    if (refusal) attempt.ends = Ends::grant;
    return refusal;
  });
}

// refresh-resource-not-narrowed. Killed by
// resource-indicators/token-refreshed-for-another-resource-is-refused.
void refresh_for_every_resource(Seams& seams, const ProviderOptions&, const Clock&) {
  Pipeline<RefreshExchange>& stages = seams.stages.refresh_exchange;
  stages.replace("resource", [sound = stages.check("resource")](RefreshExchange& attempt) {
    std::optional<Refusal> refusal = sound(attempt);
    attempt.resources = attempt.refresh.grant->resources;
    return refusal;
  });
}

}  // namespace

std::vector<Fault> stages_faults() {
  return {
      {"redirect-register-unsafe-middle",
       "M13",
       "of several redirect URIs only the first and the last are checked at registration",
       "register/fragment-between-two-good-uris-is-refused",
       check_only_outer_uris,
       {},
       {}},
      {"wrong-resource-burns-code",
       "",
       "a redemption for a resource beyond the grant ends the grant",
       "resource-indicators/resource-beyond-the-grant-does-not-burn-the-code",
       burn_code_for_wrong_resource,
       {},
       {}},
      {"refresh-resource-not-narrowed",
       "",
       "a refresh for one resource brings a token for all of the grant",
       "resource-indicators/token-refreshed-for-another-resource-is-refused",
       refresh_for_every_resource,
       {},
       {}},
  };
}

}  // namespace grantcheck
