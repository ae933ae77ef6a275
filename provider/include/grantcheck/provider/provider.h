// The operations that every provider offers: the methods door of the suite.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "grantcheck/provider/result.h"
#include "grantcheck/provider/types.h"

namespace grantcheck {

/// An OAuth 2.1 provider. Implement it to have yours judged in process.
///
/// Objects handed to an exchange are claims: whoever implements this looks the value up again and
/// trusts only what is stored. An implementation may be called from several threads at once.
class Provider {
 public:
  virtual ~Provider() = default;

  /// The client of that identifier, as a copy, or nothing.
  virtual std::optional<Client> get_client(std::string_view client_id) = 0;

  /// Registers a client (RFC 7591, 3) and returns the record as stored. An empty `client_id` is
  /// assigned, and a secret is made for a confidential client that brings none. Refused with
  /// `invalid_redirect_uri` or `invalid_client_metadata`.
  virtual Result<Client> register_client(const Client& client) = 0;

  /// Issues a code for an approved request (OAuth 2.1, 4.1.2) and returns the URL to redirect to.
  /// Refused with an error of OAuth 2.1, 4.1.2.1.
  virtual Result<std::string> authorize(const Client& client,
                                        const AuthorizationParams& params) = 0;

  /// The live code that was issued to `client`, or nothing.
  virtual std::optional<AuthorizationCode> load_authorization_code(
      const Client& client, std::string_view authorization_code) = 0;

  /// Redeems a code (OAuth 2.1, 4.1.3), at most once. Refused with an error of OAuth 2.1, 3.2.4.
  virtual Result<OAuthToken> exchange_authorization_code(
      const Client& client, const AuthorizationCode& authorization_code,
      const CodeRedemption& redemption) = 0;

  /// The live refresh token that was issued to `client`, or nothing.
  virtual std::optional<RefreshToken> load_refresh_token(const Client& client,
                                                         std::string_view refresh_token) = 0;

  /// Refreshes (OAuth 2.1, 4.3) and rotates. `scopes` narrows the access token; absent means the
  /// grant's scope. `resources` narrows it likewise (RFC 8707, 2.2); empty means all of the
  /// grant's.
  virtual Result<OAuthToken> exchange_refresh_token(const Client& client,
                                                    const RefreshToken& refresh_token,
                                                    const std::optional<Strings>& scopes,
                                                    const Strings& resources) = 0;

  /// The live access token, or nothing.
  virtual std::optional<AccessToken> load_access_token(std::string_view token) = 0;

  /// What a resource server asks: the live access token, or nothing (OAuth 2.1, 5.2).
  virtual std::optional<AccessToken> verify_token(std::string_view token) = 0;

  /// Revokes an access or refresh token on behalf of `client` (RFC 7009, 2.1). An unknown token is
  /// no error.
  virtual Result<Done> revoke_token(const Client& client, std::string_view token) = 0;

  /// Beside the ten: issues an access token to a confidential client for itself (OAuth 2.1, 4.2). A
  /// provider without that grant leaves this as it is.
  virtual Result<OAuthToken> exchange_client_credentials(const Client& client,
                                                         const std::optional<Strings>& scopes,
                                                         const Strings& resources);
};

}  // namespace grantcheck
