// The records of a provider. Times are whole seconds since the Unix epoch.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace grantcheck {

/// Seconds since the Unix epoch, or a span of seconds.
using Seconds = std::int64_t;
using Strings = std::vector<std::string>;

/// A registered client (RFC 7591, 2 and 3.2.1). The defaults are those of RFC 7591, 2.
struct Client {
  std::string client_id;  ///< Assigned by the provider where the registration leaves it empty.
  std::optional<std::string> client_secret;  ///< Absent for a public client.
  Seconds client_id_issued_at = 0;
  Seconds client_secret_expires_at = 0;  ///< 0 means never.
  Strings redirect_uris;
  std::string token_endpoint_auth_method = "client_secret_basic";
  Strings grant_types = {"authorization_code"};
  Strings response_types = {"code"};
  std::optional<std::string> scope;  ///< What the client may ask for, separated by spaces.
  std::optional<std::string> client_name;
  std::optional<std::string> client_uri;
  std::optional<std::string> logo_uri;
  std::optional<std::string> tos_uri;
  std::optional<std::string> policy_uri;
  std::optional<std::string> jwks_uri;
  std::optional<std::string> jwks;  ///< A JSON Web Key Set, as JSON text.
  std::optional<std::string> software_id;
  std::optional<std::string> software_version;
  Strings contacts;

  /// OAuth 2.1, 2.1: a confidential client has credentials with the server, a public one has none.
  bool confidential() const { return token_endpoint_auth_method != "none"; }
};

/// What an authorization request asks for, after the owner has decided (OAuth 2.1, 4.1.1).
struct AuthorizationParams {
  std::optional<std::string> state;   ///< Returned byte for byte.
  std::optional<Strings> scopes;      ///< Absent when the request had no `scope`.
  std::string code_challenge;         ///< Empty when the request had none.
  std::string code_challenge_method;  ///< Empty when the request had none; that means `plain`.
  std::string redirect_uri;           ///< Already resolved if the request had none.
  bool redirect_uri_provided_explicitly = true;
  Strings resources;    ///< RFC 8707 indicators, as sent.
  std::string subject;  ///< The resource owner who approved. Empty: nobody did.
};

/// An authorization code as `load_authorization_code` shows it: a copy of stored data, a claim when
/// handed back.
struct AuthorizationCode {
  std::string code;
  std::string client_id;
  Strings scopes;
  Seconds expires_at = 0;
  std::string code_challenge;
  std::string redirect_uri;
  bool redirect_uri_provided_explicitly = true;
  Strings resources;
  std::string subject;
};

/// The parameters of the token request that redeems a code (OAuth 2.1, 4.1.3).
struct CodeRedemption {
  std::optional<std::string> code_verifier;
  std::optional<std::string> redirect_uri;
  Strings resources;
};

/// A refresh token as `load_refresh_token` shows it.
struct RefreshToken {
  std::string token;
  std::string client_id;
  Strings scopes;
  std::optional<Seconds> expires_at;  ///< Absent means never.
  Strings resources;
  std::string subject;
};

/// An access token as `load_access_token` and `verify_token` show it.
struct AccessToken {
  std::string token;
  std::string client_id;
  Strings scopes;
  Seconds expires_at = 0;
  Seconds issued_at = 0;
  Strings resources;
  std::string subject;  ///< The client itself under the client credentials grant.
};

/// The answer to a granted token request (OAuth 2.1, 3.2.3).
struct OAuthToken {
  std::string access_token;
  std::string token_type = "Bearer";
  Seconds expires_in = 0;
  std::string scope;
  std::optional<std::string> refresh_token;
};

}  // namespace grantcheck
