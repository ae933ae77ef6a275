// What the tests of this folder share: a client's way through a provider, one line per step.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "grantcheck/provider/clock.h"
#include "grantcheck/provider/digest.h"
#include "grantcheck/provider/entropy.h"
#include "grantcheck/provider/http.h"
#include "grantcheck/provider/in_memory.h"

namespace grantcheck::testing {

inline constexpr Seconds kStart = 1'700'000'000;
inline constexpr char kVerifier[] = "a-verifier-that-is-long-enough-to-be-legal-0";
inline constexpr char kCallback[] = "https://app.example/cb";

inline std::string challenge_of(std::string_view verifier) {
  return base64url(digest_of(verifier));
}

// The parameter of that name in the query of a URL, decoded; "(absent)" if there is none.
inline std::string parameter(const std::string& url, std::string_view name) {
  const std::size_t query = url.find('?');
  if (query == std::string::npos) return "(absent)";
  const auto fields = decode_form(std::string_view(url).substr(query + 1));
  if (!fields) return "(broken)";
  for (const auto& [key, value] : *fields)
    if (key == name) return value;
  return "(absent)";
}

template <class T>
std::string error_of(const Result<T>& result) {
  return result ? "(none)" : std::string(to_string(result.refusal().error));
}

// Walks through the operations of any provider.
class Flow {
 public:
  explicit Flow(Provider& asked) : provider_(asked) {}

  static Client public_app() {
    Client client;
    client.redirect_uris = {kCallback};
    client.token_endpoint_auth_method = "none";
    client.grant_types = {"authorization_code", "refresh_token"};
    client.scope = "read write";
    return client;
  }
  static Client confidential_app() {
    Client client = public_app();
    client.token_endpoint_auth_method = "client_secret_basic";
    client.grant_types.push_back("client_credentials");
    return client;
  }
  static AuthorizationParams request() {
    AuthorizationParams params;
    params.code_challenge = challenge_of(kVerifier);
    params.code_challenge_method = "S256";
    params.redirect_uri = kCallback;
    params.subject = "alice";
    return params;
  }
  static CodeRedemption proof() { return {std::string(kVerifier), std::nullopt, {}}; }

  Client registered(const Client& client = public_app()) {
    Result<Client> result = provider_.register_client(client);
    EXPECT_TRUE(result) << error_of(result);
    return result ? *result : Client{};
  }
  std::string code(const Client& client, const AuthorizationParams& params = request()) {
    const Result<std::string> url = provider_.authorize(client, params);
    EXPECT_TRUE(url) << error_of(url);
    return url ? parameter(*url, "code") : "";
  }
  Result<OAuthToken> redeem(const Client& client, const std::string& code,
                            const CodeRedemption& redemption = proof()) {
    AuthorizationCode claim;
    claim.code = code;
    return provider_.exchange_authorization_code(client, claim, redemption);
  }
  Result<OAuthToken> refresh(const Client& client, const std::optional<std::string>& token,
                             const std::optional<Strings>& scopes = std::nullopt,
                             const Strings& resources = {}) {
    RefreshToken claim;
    claim.token = token.value_or("");
    return provider_.exchange_refresh_token(client, claim, scopes, resources);
  }
  OAuthToken tokens(const Client& client, const AuthorizationParams& params = request()) {
    const Result<OAuthToken> bought = redeem(client, code(client, params));
    EXPECT_TRUE(bought) << error_of(bought);
    return bought ? *bought : OAuthToken{};
  }
  bool live(const std::string& access_token) {
    return provider_.verify_token(access_token).has_value();
  }
  bool refreshable(const Client& client, const std::optional<std::string>& token) {
    return provider_.load_refresh_token(client, token.value_or("")).has_value();
  }

 private:
  Provider& provider_;
};

// Randomness that runs out.
class LimitedEntropy final : public Entropy {
 public:
  explicit LimitedEntropy(int fills) : left(fills) {}
  [[nodiscard]] bool fill(std::span<std::uint8_t> bytes) override {
    return left-- > 0 && source_.fill(bytes);
  }
  int left;

 private:
  SeededEntropy source_{7};
};

struct Parts {
  ManualClock clock{kStart};
  LimitedEntropy entropy{1'000'000'000};
};

// The reference provider under a clock that stands still, and a way through it.
struct World : Parts, Flow {
  explicit World(ProviderOptions options = {}, Seams seams = {})
      : Flow(provider), provider(clock, entropy, std::move(options), std::move(seams)) {}
  InMemoryProvider provider;
};

}  // namespace grantcheck::testing
