// The reference provider. Everything is in memory, and bounded.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "grantcheck/provider/clock.h"
#include "grantcheck/provider/entropy.h"
#include "grantcheck/provider/provider.h"
#include "grantcheck/provider/rules.h"
#include "grantcheck/provider/stages.h"
#include "grantcheck/provider/store.h"

namespace grantcheck {

struct ProviderOptions {
  std::string issuer =
      "https://as.example";  ///< RFC 9207, 2: `iss` of every authorization response.

  Seconds code_lifetime = 300;
  Seconds access_token_lifetime = 3600;
  /// How long a refresh token may lie unused. Absent means forever.
  std::optional<Seconds> refresh_token_lifetime = 14 * 24 * 3600;
  /// For how long the refresh token last rotated is still accepted (position 5).
  Seconds rotation_grace = 0;

  Strings scopes_supported = {"read", "write", "admin"};
  Strings default_scope = {"read"};
  /// What tokens can be bound to (RFC 8707). Empty: any absolute URI without fragment.
  Strings resources;
  bool localhost_port_varies = false;  ///< Position 8.

  std::size_t max_redirect_uris = 32;
  std::size_t max_string_bytes =
      4096;                         ///< Of each text in a registration or an authorization request.
  std::size_t max_list_items = 32;  ///< Of each list in a registration, and of resources in a
                                    ///< request, which have `max_string_bytes` together.
  std::size_t max_client_bytes = 16 * 1024;  ///< Of all texts of a registration together.
  /// Clients are never forgotten: at the cap, registration is refused.
  std::size_t max_clients = 100'000;
  std::size_t max_codes = 1'000'000;    ///< Used ones included until they expire.
  std::size_t max_tokens = 10'000'000;  ///< Rotated ones included while remembered.
  /// Rotated refresh tokens remembered per grant. A replay of an older one is refused, but ends
  /// nothing.
  std::size_t remembered_rotations = 64;

  RuleOptions rule_options() const { return {localhost_port_varies}; }
  StoreOptions store_options() const {
    return {max_clients, max_codes, max_tokens, remembered_rotations};
  }
};

/// What the provider's behaviour is made of. Anything left out is the reference's.
struct Seams {
  using MakeStore =
      std::function<std::unique_ptr<Store>(const StoreOptions&, std::shared_ptr<const Rules>)>;

  std::shared_ptr<const Rules> rules;
  Stages stages;
  MakeStore make_store;
};

class InMemoryProvider final : public Provider {
 public:
  /// `clock` and `entropy` outlive the provider.
  InMemoryProvider(const Clock& clock, Entropy& entropy, ProviderOptions options = {},
                   Seams seams = {});
  ~InMemoryProvider() override;

  std::optional<Client> get_client(std::string_view client_id) override;
  Result<Client> register_client(const Client& client) override;
  Result<std::string> authorize(const Client& client, const AuthorizationParams& params) override;
  std::optional<AuthorizationCode> load_authorization_code(
      const Client& client, std::string_view authorization_code) override;
  Result<OAuthToken> exchange_authorization_code(const Client& client,
                                                 const AuthorizationCode& authorization_code,
                                                 const CodeRedemption& redemption) override;
  std::optional<RefreshToken> load_refresh_token(const Client& client,
                                                 std::string_view refresh_token) override;
  Result<OAuthToken> exchange_refresh_token(const Client& client, const RefreshToken& refresh_token,
                                            const std::optional<Strings>& scopes,
                                            const Strings& resources) override;
  std::optional<AccessToken> load_access_token(std::string_view token) override;
  std::optional<AccessToken> verify_token(std::string_view token) override;
  Result<Done> revoke_token(const Client& client, std::string_view token) override;
  Result<OAuthToken> exchange_client_credentials(const Client& client,
                                                 const std::optional<Strings>& scopes,
                                                 const Strings& resources) override;

  /// Drops what has expired. Nobody has to call it: each write drops a little.
  void sweep() { store_->sweep(clock_.now()); }
  /// How much is kept.
  Store::Counts counts() const { return store_->counts(); }

 private:
  struct Draft;

  const Rules& rules() const { return *seams_.rules; }
  std::optional<std::string> random_text(std::size_t bytes);
  std::optional<Draft> draft_token(std::shared_ptr<Grant> grant, Credential kind, Seconds now,
                                   Seconds expires_at);
  std::optional<Refusal> redeem(Transaction& change, CodeExchange& attempt, OAuthToken& answer);
  std::optional<Refusal> rotate(Transaction& change, RefreshExchange& attempt, OAuthToken& answer);
  std::optional<Refusal> issue_pair(Transaction& change, const std::shared_ptr<Grant>& grant,
                                    const Strings& scopes, const Strings& resources,
                                    OAuthToken& answer);
  bool live(const Credentials& credential, Credential as, Seconds now) const;

  const Clock& clock_;
  Entropy& entropy_;
  const ProviderOptions options_;
  const Seams seams_;
  const std::unique_ptr<Store> store_;
};

}  // namespace grantcheck
