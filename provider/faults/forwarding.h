// What stands before a provider and changes one of its operations derives from this.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "grantcheck/provider/provider.h"

namespace grantcheck {

// Does what the provider behind it does.
class Forwarding : public Provider {
 public:
  explicit Forwarding(std::unique_ptr<Provider> behind) : behind_(std::move(behind)) {}

  std::optional<Client> get_client(std::string_view client_id) override {
    return behind_->get_client(client_id);
  }
  Result<Client> register_client(const Client& client) override {
    return behind_->register_client(client);
  }
  Result<std::string> authorize(const Client& client, const AuthorizationParams& params) override {
    return behind_->authorize(client, params);
  }
  std::optional<AuthorizationCode> load_authorization_code(const Client& client,
                                                           std::string_view code) override {
    return behind_->load_authorization_code(client, code);
  }
  Result<OAuthToken> exchange_authorization_code(const Client& client,
                                                 const AuthorizationCode& code,
                                                 const CodeRedemption& redemption) override {
    return behind_->exchange_authorization_code(client, code, redemption);
  }
  std::optional<RefreshToken> load_refresh_token(const Client& client,
                                                 std::string_view token) override {
    return behind_->load_refresh_token(client, token);
  }
  Result<OAuthToken> exchange_refresh_token(const Client& client, const RefreshToken& token,
                                            const std::optional<Strings>& scopes,
                                            const Strings& resources) override {
    return behind_->exchange_refresh_token(client, token, scopes, resources);
  }
  std::optional<AccessToken> load_access_token(std::string_view token) override {
    return behind_->load_access_token(token);
  }
  std::optional<AccessToken> verify_token(std::string_view token) override {
    return behind_->verify_token(token);
  }
  Result<Done> revoke_token(const Client& client, std::string_view token) override {
    return behind_->revoke_token(client, token);
  }
  Result<OAuthToken> exchange_client_credentials(const Client& client,
                                                 const std::optional<Strings>& scopes,
                                                 const Strings& resources) override {
    return behind_->exchange_client_credentials(client, scopes, resources);
  }

 private:
  const std::unique_ptr<Provider> behind_;
};

}  // namespace grantcheck
