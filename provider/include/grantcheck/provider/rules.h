// Small named decisions, each under the sentence it obeys. A policy, a test or a fault overrides
// one.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "grantcheck/provider/types.h"

namespace grantcheck {

/// The kinds of credential that a grant has.
enum class Credential { code, access_token, refresh_token };

/// How much an event ends.
enum class Ends {
  nothing,  ///< All stays as it is.
  token,    ///< Only the credential itself.
  grant,    ///< The grant, and so every credential of it.
};

struct RuleOptions {
  /// Position 8: whether the port of `http://localhost` varies as that of a loopback IP literal
  /// does.
  bool localhost_port_varies = false;
};

class Rules {
 public:
  explicit Rules(RuleOptions options = {}) : options_(options) {}
  virtual ~Rules() = default;

  /// OAuth 2.1, 2.3.1 and 8.4.2: plain string comparison; only the port of a loopback IP literal
  /// may vary.
  virtual bool redirect_uri_matches(std::string_view registered, std::string_view requested) const;
  /// OAuth 2.1, 2.3 and 8.4.3; RFC 7591, 5: absolute, no fragment, no userinfo, https, http on
  /// loopback, or a private scheme with a dot.
  virtual bool redirect_uri_registrable(std::string_view uri) const;

  /// OAuth 2.1, 4.1.1: 43 to 128 unreserved characters.
  virtual bool challenge_well_formed(std::string_view challenge) const;
  /// OAuth 2.1, 4.1.1: 43 to 128 unreserved characters.
  virtual bool verifier_well_formed(std::string_view verifier) const;
  /// S256 and nothing else; an absent (empty) method means `plain` (OAuth 2.1, 4.1.1; position 7).
  virtual bool challenge_method_supported(std::string_view method) const;
  /// OAuth 2.1, 4.1.3: BASE64URL(SHA256(verifier)) equals the recorded challenge. A missing
  /// verifier never matches.
  virtual bool challenge_matches(std::string_view challenge,
                                 const std::optional<std::string>& verifier) const;

  /// OAuth 2.1, 4.1.3 and 10.2: may be absent; if present it is the one authorized.
  virtual bool token_redirect_uri_matches(std::string_view authorized,
                                          const std::optional<std::string>& presented) const;

  /// Position 1: on or after the instant of expiry.
  virtual bool expired(Credential kind, Seconds now, Seconds expires_at) const;

  /// OAuth 2.1, 1.4.1: a scope token is one or more of %x21, %x23-5B, %x5D-7E.
  virtual bool scope_token_well_formed(std::string_view token) const;
  /// OAuth 2.1, 1.4.1: case-sensitive, order and repetition without meaning.
  virtual bool scope_within(const Strings& requested, const Strings& allowed) const;
  /// RFC 8707, 2: an absolute URI without fragment.
  virtual bool resource_well_formed(std::string_view resource) const;

  /// OAuth 2.1, 2.4.1: the whole secret, compared in constant time.
  virtual bool secret_matches(std::string_view stored, std::string_view given) const;

  /// OAuth 2.1, 4.1.3: the code belongs to the client that presents it. Likewise a refresh token
  /// (4.3.1).
  virtual bool belongs_to(Credential kind, std::string_view owner,
                          std::string_view client_id) const;

  /// What a valid replay ends (OAuth 2.1, 4.1.3 and 4.3.1; positions 3 and 5).
  virtual Ends replay_ends(Credential kind) const;
  /// What a revocation ends (RFC 7009, 2.1; position 4).
  virtual Ends revocation_ends(Credential kind) const;

 private:
  RuleOptions options_;
};

/// Splits at single spaces as the scope grammar does; two adjacent spaces give an empty item.
Strings split_scope(std::string_view scope);
/// Joins by single spaces.
std::string join_scope(const Strings& scopes);

}  // namespace grantcheck
