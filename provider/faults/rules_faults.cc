// Faults of single decisions.
#include "groups.h"

namespace grantcheck {
namespace {

// redirect-unchecked (M01). Killed by redirect/unregistered-host-is-refused.
struct RedirectUnchecked : Rules {
  using Rules::Rules;
  bool redirect_uri_matches(std::string_view, std::string_view) const override { return true; }
};

// pkce-skip-without-verifier (M17). Killed by pkce/missing-verifier-is-refused.
struct PkceSkipWithoutVerifier : Rules {
  using Rules::Rules;
  bool challenge_matches(std::string_view challenge,
                         const std::optional<std::string>& verifier) const override {
    return !verifier || Rules::challenge_matches(challenge, verifier);
  }
};

// code-client-unbound (M28). Killed by code/foreign-code-is-refused.
struct CodeClientUnbound : Rules {
  using Rules::Rules;
  bool belongs_to(Credential kind, std::string_view owner,
                  std::string_view client_id) const override {
    return kind == Credential::code || Rules::belongs_to(kind, owner, client_id);
  }
};

// code-no-expiry (M30). Killed by code/redeemed-after-expiry-is-refused.
struct CodeNoExpiry : Rules {
  using Rules::Rules;
  bool expired(Credential kind, Seconds now, Seconds expires_at) const override {
    return kind != Credential::code && Rules::expired(kind, now, expires_at);
  }
};

// expiry-boundary-code (M31). Killed by code/redeemed-at-expiry-is-refused.
// expiry-boundary-access (M31). Killed by token/access-token-at-expiry-is-dead.
// expiry-boundary-refresh (M31). Killed by refresh/token-at-expiry-is-refused.
template <Credential kBlurred>
struct ExpiryBoundary : Rules {
  using Rules::Rules;
  bool expired(Credential kind, Seconds now, Seconds expires_at) const override {
    return kind == kBlurred ? now > expires_at : Rules::expired(kind, now, expires_at);
  }
};

// revoke-half-pair (M57). Killed by revoke/refresh-token-ends-its-access-token.
struct RevokeHalfPair : Rules {
  using Rules::Rules;
  Ends revocation_ends(Credential kind) const override {
    return kind == Credential::refresh_token ? Ends::token : Rules::revocation_ends(kind);
  }
};

template <class Spoilt>
void use_rules(Seams& seams, const ProviderOptions& options, const Clock&) {
  seams.rules = std::make_shared<const Spoilt>(options.rule_options());
}

}  // namespace

std::vector<Fault> rules_faults() {
  return {
      {"redirect-unchecked",
       "M01",
       "authorize does not compare the redirect URI with those registered",
       "redirect/unregistered-host-is-refused",
       use_rules<RedirectUnchecked>,
       {},
       {}},
      {"pkce-skip-without-verifier",
       "M17",
       "a code is redeemed without a verifier",
       "pkce/missing-verifier-is-refused",
       use_rules<PkceSkipWithoutVerifier>,
       {},
       {}},
      {"code-client-unbound",
       "M28",
       "any client redeems any code",
       "code/foreign-code-is-refused",
       use_rules<CodeClientUnbound>,
       {},
       {}},
      {"code-no-expiry",
       "M30",
       "codes never expire",
       "code/redeemed-after-expiry-is-refused",
       use_rules<CodeNoExpiry>,
       {},
       {}},
      {"expiry-boundary-code",
       "M31",
       "a code is still good at the second of its expiry",
       "code/redeemed-at-expiry-is-refused",
       use_rules<ExpiryBoundary<Credential::code>>,
       {},
       {}},
      {"expiry-boundary-access",
       "M31",
       "an access token is still live at the second of its expiry",
       "token/access-token-at-expiry-is-dead",
       use_rules<ExpiryBoundary<Credential::access_token>>,
       {},
       {}},
      {"expiry-boundary-refresh",
       "M31",
       "a refresh token is still good at the second of its expiry",
       "refresh/token-at-expiry-is-refused",
       use_rules<ExpiryBoundary<Credential::refresh_token>>,
       {},
       {}},
      {"revoke-half-pair",
       "M57",
       "revoking the refresh token leaves its access token live",
       "revoke/refresh-token-ends-its-access-token",
       use_rules<RevokeHalfPair>,
       {},
       {}},
  };
}

}  // namespace grantcheck
