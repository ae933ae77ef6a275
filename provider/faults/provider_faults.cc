// Faults that lie before a sound provider: each changes what goes into it or comes out of it.
#include <map>
#include <mutex>
#include <set>
#include <string>

#include "forwarding.h"
#include "groups.h"

namespace grantcheck {
namespace {

// secret-expiry-ignored (M47). Killed by client-auth/expired-secret-is-refused.
struct SecretExpiryIgnored : Forwarding {
  using Forwarding::Forwarding;
  std::optional<Client> get_client(std::string_view client_id) override {
    std::optional<Client> client = Forwarding::get_client(client_id);
    if (client) client->client_secret_expires_at = 0;
    return client;
  }
};

// revoke-cross-client-rotated (M56). Killed by
// revoke/rotated-token-of-another-ends-no-refresh-token. Whoever shows a rotated refresh token to
// revocation ends its grant.
class RotatedTokenRevokesGrant : public Forwarding {
 public:
  using Forwarding::Forwarding;

  Result<OAuthToken> exchange_refresh_token(const Client& client, const RefreshToken& token,
                                            const std::optional<Strings>& scopes,
                                            const Strings& resources) override {
    Result<OAuthToken> fresh = Forwarding::exchange_refresh_token(client, token, scopes, resources);
    if (!fresh || !fresh->refresh_token) return fresh;
    const std::lock_guard lock(mutex_);
    successors_[token.token] = {client, *fresh->refresh_token};
    return fresh;
  }

  Result<Done> revoke_token(const Client& client, std::string_view token) override {
    const std::optional<Successor> successor = successor_of(token);
    return successor ? revoke_token(successor->client, successor->token)
                     : Forwarding::revoke_token(client, token);
  }

 private:
  struct Successor {
    Client client;
    std::string token;
  };

  std::optional<Successor> successor_of(std::string_view token) {
    const std::lock_guard lock(mutex_);
    const auto found = successors_.find(token);
    return found == successors_.end() ? std::nullopt : std::optional(found->second);
  }

  std::mutex mutex_;
  std::map<std::string, Successor, std::less<>> successors_;
};

// revoke-misses-successors-access (M59). Killed by
// revoke/refreshed-access-token-ends-its-refresh-token. An access token that came by refresh is
// revoked alone.
class RefreshedAccessRevokedAlone : public Forwarding {
 public:
  using Forwarding::Forwarding;

  Result<OAuthToken> exchange_refresh_token(const Client& client, const RefreshToken& token,
                                            const std::optional<Strings>& scopes,
                                            const Strings& resources) override {
    Result<OAuthToken> fresh = Forwarding::exchange_refresh_token(client, token, scopes, resources);
    const std::lock_guard lock(mutex_);
    if (fresh) refreshed_.insert(fresh->access_token);
    return fresh;
  }
  std::optional<AccessToken> load_access_token(std::string_view token) override {
    return is_in(revoked_, token) ? std::nullopt : Forwarding::load_access_token(token);
  }
  std::optional<AccessToken> verify_token(std::string_view token) override {
    return is_in(revoked_, token) ? std::nullopt : Forwarding::verify_token(token);
  }
  Result<Done> revoke_token(const Client& client, std::string_view token) override {
    const auto known = Forwarding::load_access_token(token);
    const bool own = known && known->client_id == client.client_id;
    if (!own || !is_in(refreshed_, token)) return Forwarding::revoke_token(client, token);
    const std::lock_guard lock(mutex_);
    revoked_.emplace(token);
    return Done{};
  }

 private:
  using Tokens = std::set<std::string, std::less<>>;

  bool is_in(const Tokens& tokens, std::string_view token) {
    const std::lock_guard lock(mutex_);
    return tokens.count(token) > 0;
  }

  std::mutex mutex_;
  Tokens refreshed_, revoked_;
};

// client-credentials-refresh-token. Killed by client-credentials/no-refresh-token-comes.
struct ClientCredentialsRefreshToken : Forwarding {
  using Forwarding::Forwarding;
  Result<OAuthToken> exchange_client_credentials(const Client& client,
                                                 const std::optional<Strings>& scopes,
                                                 const Strings& resources) override {
    const auto sound = Forwarding::exchange_client_credentials(client, scopes, resources);
    if (!sound) return sound;
    OAuthToken token = *sound;
    token.refresh_token = "a-refresh-token";
    return token;
  }
};

template <class Spoilt>
std::unique_ptr<Provider> put_before(std::unique_ptr<Provider> behind) {
  return std::make_unique<Spoilt>(std::move(behind));
}

}  // namespace

std::vector<Fault> provider_faults() {
  return {
      {"secret-expiry-ignored",
       "M47",
       "a client secret is good beyond its expiry",
       "client-auth/expired-secret-is-refused",
       {},
       put_before<SecretExpiryIgnored>,
       {}},
      {"revoke-cross-client-rotated",
       "M56",
       "whoever revokes a rotated refresh token ends its grant",
       "revoke/rotated-token-of-another-ends-no-refresh-token",
       {},
       put_before<RotatedTokenRevokesGrant>,
       {}},
      {"revoke-misses-successors-access",
       "M59",
       "revoking an access token that came by refresh spares its refresh token",
       "revoke/refreshed-access-token-ends-its-refresh-token",
       {},
       put_before<RefreshedAccessRevokedAlone>,
       {}},
      {"client-credentials-refresh-token",
       "",
       "the client credentials grant brings a refresh token",
       "client-credentials/no-refresh-token-comes",
       {},
       put_before<ClientCredentialsRefreshToken>,
       {}},
  };
}

}  // namespace grantcheck
