// Client authentication: none, client_secret_post, client_secret_basic.
#include <utility>

#include "endpoints_internal.h"

namespace grantcheck::endpoints {
namespace {

/// RFC 4648, 4, strictly: padded, no other characters, unused bits zero.
std::optional<std::string> decode_base64(std::string_view text) {
  constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  if (text.size() % 4 != 0) return std::nullopt;
  for (int padding = 0; padding < 2 && !text.empty() && text.back() == '='; ++padding) {
    text.remove_suffix(1);
  }
  std::string decoded;
  unsigned bits = 0;
  int held = 0;
  for (const char c : text) {
    const std::size_t value = alphabet.find(c);
    if (value == alphabet.npos) return std::nullopt;
    bits = (bits << 6 | static_cast<unsigned>(value)) & 0xFFFFu;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    decoded += static_cast<char>(bits >> held & 0xFFu);
  }
  if ((bits & ((1u << held) - 1)) != 0) return std::nullopt;
  return decoded;
}

struct Login {
  std::string client_id;
  std::string client_secret;
};

/// OAuth 2.1, 2.4.1: user name and password of HTTP Basic are each form-encoded first.
std::optional<Login> decode_basic(const std::string& credentials) {
  const auto pair = decode_base64(credentials);
  if (!pair) return std::nullopt;
  const std::size_t colon = pair->find(':');
  if (colon == pair->npos) return std::nullopt;
  auto client_id = decode_form_component(std::string_view(*pair).substr(0, colon));
  auto secret = decode_form_component(std::string_view(*pair).substr(colon + 1));
  if (!client_id || !secret) return std::nullopt;
  return Login{std::move(*client_id), std::move(*secret)};
}

/// What the request claims about its sender.
struct Claim {
  std::string client_id;
  std::optional<std::string> client_secret;
};

// Who guesses shall not learn which of identifier and secret was wrong.
Refusal authentication_failed() { return {Error::invalid_client, "Client authentication failed."}; }

Result<Claim> claim_from_header(const Authorization& authorization, const Parameters& parameters) {
  // OAuth 2.1, 3.2.4: invalid_request if the request "utilizes more than one mechanism for
  // authenticating the client".
  if (parameters.one("client_secret") || parameters.one("client_assertion")) {
    return Refusal{Error::invalid_request, "The client authenticates in more than one way."};
  }
  const bool basic =
      authorization.scheme == "basic" && authorization.form == Authorization::Form::well_formed;
  auto login = basic ? decode_basic(authorization.credentials) : std::nullopt;
  if (!login) return authentication_failed();
  const auto client_id = parameters.one("client_id");
  if (client_id && *client_id != login->client_id) {
    return Refusal{Error::invalid_request, "Header and body name different clients."};
  }
  return Claim{std::move(login->client_id), std::move(login->client_secret)};
}

Result<Claim> claim_from_body(const Parameters& parameters) {
  auto client_id = parameters.one("client_id");
  auto secret = parameters.one("client_secret");
  const bool assertion = parameters.one("client_assertion").has_value();
  if (assertion && secret) {
    return Refusal{Error::invalid_request, "The client authenticates in more than one way."};
  }
  // OAuth 2.1, 3.2.4: invalid_client, "unknown client, no client authentication included, or
  // unsupported authentication method".
  if (assertion || !client_id) return authentication_failed();
  return Claim{std::move(*client_id), std::move(secret)};
}

}  // namespace

Result<Caller> identify_client(const Request& request, const Parameters& parameters,
                               Provider& provider, const Clock& clock, const Rules& rules) {
  const Authorization authorization = read_authorization(request.headers);
  const Result<Claim> claim = authorization.form == Authorization::Form::absent
                                  ? claim_from_body(parameters)
                                  : claim_from_header(authorization, parameters);
  if (!claim) return claim.refusal();
  auto client = provider.get_client(claim->client_id);
  if (!client) return authentication_failed();

  if (!client->confidential()) {
    // OAuth 2.1, 3.2.2: credentials that are sent are checked, even where none were needed.
    if (claim->client_secret) return authentication_failed();
    return Caller{std::move(*client), false};
  }
  // OAuth 2.1, 3.2.2: confidential clients "MUST authenticate with the authorization server".
  // Header and body serve every client with a secret (OAuth 2.1, 2.4.1), whichever it registered.
  if (!client->client_secret || !claim->client_secret) return authentication_failed();
  // RFC 7591, 3.2.1: client_secret_expires_at, "0 if it will not expire".
  const Seconds expires_at = client->client_secret_expires_at;
  if (expires_at != 0 && clock.now() >= expires_at) return authentication_failed();
  if (!rules.secret_matches(*client->client_secret, *claim->client_secret)) {
    return authentication_failed();
  }
  return Caller{std::move(*client), true};
}

}  // namespace grantcheck::endpoints
