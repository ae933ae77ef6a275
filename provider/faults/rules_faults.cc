// Faults of single decisions.
#include "grantcheck/provider/http.h"
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

// redirect-ignore-query-empty (M05). Killed by redirect/trailing-question-mark-is-refused.
struct RedirectIgnoreEmptyQuery : Rules {
  using Rules::Rules;
  bool redirect_uri_matches(std::string_view registered,
                            std::string_view requested) const override {
    if (!requested.empty() && requested.back() == '?') requested.remove_suffix(1);
    return Rules::redirect_uri_matches(registered, requested);
  }
};

// redirect-loopback-loose-family (M08). Killed by redirect/loopback-ipv6-for-ipv4-is-refused.
struct RedirectLoopbackAnyFamily : Rules {
  using Rules::Rules;
  bool redirect_uri_matches(std::string_view registered,
                            std::string_view requested) const override {
    return Rules::redirect_uri_matches(as_ipv4(registered), as_ipv4(requested));
  }

 private:
  static std::string as_ipv4(std::string_view uri) {
    constexpr std::string_view kIpv6 = "http://[::1]";
    if (uri.substr(0, kIpv6.size()) != kIpv6) return std::string(uri);
    return "http://127.0.0.1" + std::string(uri.substr(kIpv6.size()));
  }
};

// token-redirect-ignored-port (M12). Killed by code/other-loopback-port-is-refused.
struct TokenRedirectPortIgnored : Rules {
  using Rules::Rules;
  bool token_redirect_uri_matches(std::string_view authorized,
                                  const std::optional<std::string>& presented) const override {
    return !presented || redirect_uri_matches(authorized, *presented);
  }
};

// secret-casefold (M46). Killed by client-auth/secret-in-lower-case-is-refused.
struct SecretCasefold : Rules {
  using Rules::Rules;
  bool secret_matches(std::string_view stored, std::string_view given) const override {
    return Rules::secret_matches(lower(stored), lower(given));
  }

 private:
  static std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return out;
  }
};

// secret-compared-encoded. Killed by client-auth/secret-with-special-characters-is-decoded.
// What the header carried is form-encoded, and so it is compared.
struct SecretComparedEncoded : Rules {
  using Rules::Rules;
  bool secret_matches(std::string_view stored, std::string_view given) const override {
    return Rules::secret_matches(stored, encode_form_component(given));
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
      {"redirect-ignore-query-empty",
       "M05",
       "authorize overlooks a question mark behind the registered URI",
       "redirect/trailing-question-mark-is-refused",
       use_rules<RedirectIgnoreEmptyQuery>,
       {},
       {}},
      {"redirect-loopback-loose-family",
       "M08",
       "127.0.0.1 and [::1] pass for one another in redirect URIs",
       "redirect/loopback-ipv6-for-ipv4-is-refused",
       use_rules<RedirectLoopbackAnyFamily>,
       {},
       {}},
      {"token-redirect-ignored-port",
       "M12",
       "a code is redeemed under any loopback port",
       "code/other-loopback-port-is-refused",
       use_rules<TokenRedirectPortIgnored>,
       {},
       {}},
      {"secret-casefold",
       "M46",
       "client secrets are compared without case",
       "client-auth/secret-in-lower-case-is-refused",
       use_rules<SecretCasefold>,
       {},
       {}},
      {"secret-compared-encoded",
       "",
       "a client secret is not form-decoded before it is compared",
       "client-auth/secret-with-special-characters-is-decoded",
       use_rules<SecretComparedEncoded>,
       {},
       {}},
  };
}

}  // namespace grantcheck
