// Maps and a mutex. It forgets nothing, so its memory grows; a real one sweeps what has expired.
#include "tiny_provider.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <regex>

#include "grantcheck/provider/http.h"

namespace {

using namespace grantcheck;

const Strings supported_scopes = {"read", "write", "admin"};

bool has(const Strings& list, std::string_view item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}
bool within(const Strings& asked, const Strings& allowed) {
  return std::all_of(asked.begin(), asked.end(), [&](const auto& a) { return has(allowed, a); });
}
Strings words(const std::string& text) {
  Strings list(1);
  for (const char c : text) c == ' ' ? list.emplace_back() : list.back() += c;
  return list;
}
std::string joined(const Strings& list) {
  std::string text;
  for (const auto& item : list) text += (text.empty() ? "" : " ") + item;
  return text;
}
bool is(const std::string& text, const char* pattern) {
  return text.size() <= 1000 && std::regex_match(text, std::regex(pattern));
}
std::string base64url(const std::array<std::uint8_t, 32>& bytes) {
  std::array<unsigned char, 45> text{};
  EVP_EncodeBlock(text.data(), bytes.data(), 32);
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  return {text.begin(), text.begin() + 43};  // Without padding.
}
std::string s256(const std::string& verifier) {
  std::array<std::uint8_t, 32> digest{};
  EVP_Digest(verifier.data(), verifier.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
  return base64url(digest);
}
bool is_pkce_string(const std::string& text) { return is(text, "[A-Za-z0-9._~-]{43,128}"); }

// The characters of a URI without fragment.
#define URI "(?:[A-Za-z0-9._~:/?@!$&'()+,;=\\[\\]-]|%[0-9A-Fa-f]{2})"

// Position 8: https, http on loopback, or a private scheme with a dot; no userinfo.
bool is_registrable(const std::string& uri) {
  return is(uri,
            "([Hh][Tt][Tt][Pp][Ss]://([A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+\\])|"
            "[Hh][Tt][Tt][Pp]://(127\\.0\\.0\\.1|\\[::1\\]|localhost))"
            "(:[0-9]{1,5})?([/?]" URI "*)?") ||
         is(uri,
            "[A-Za-z][A-Za-z0-9+-]*\\.[A-Za-z0-9+.-]*[A-Za-z0-9+-]:"
            "(?!//[^/?]*@)(?!/*$)" URI "+");
}
// OAuth 2.1, 8.4.2: only the port of a loopback IP literal varies.
std::string without_loopback_port(const std::string& uri) {
  static const std::regex port("^(http://(?:127\\.0\\.0\\.1|\\[::1\\])):[0-9]{1,5}(?=[/?]|$)");
  return uri.size() > 1000 ? uri : std::regex_replace(uri, port, "$1");
}
// RFC 8707, 2: absolute URIs without fragment.
bool are_resources(const Strings& list) {
  return list.size() <= 32 && std::all_of(list.begin(), list.end(), [](const auto& uri) {
           return is(uri, "[A-Za-z][A-Za-z0-9+.-]*:(?!//([/?]|$))" URI "+");
         });
}

const Refusal bad_grant{Error::invalid_grant, "It is unknown, used, expired or not yours."};
const Refusal bad_client{Error::invalid_client, "The client is unknown."};
const Refusal bad_target{Error::invalid_target, "A resource is malformed or was not granted."};
const Refusal no_entropy{Error::server_error, "There is no entropy."};

std::optional<Refusal> fault(const Client& client) {
  const auto bad = [](std::string why) { return Refusal{Error::invalid_client_metadata, why}; };
  const Strings &grants = client.grant_types, &uris = client.redirect_uris;
  const bool redeems = has(grants, "authorization_code");
  if (!within({client.token_endpoint_auth_method},
              {"none", "client_secret_basic", "client_secret_post"}))
    return bad("The authentication method is not supported.");
  if (grants.empty() ||
      !within(grants, {"authorization_code", "refresh_token", "client_credentials"}))
    return bad("A grant type is not supported.");
  if ((has(grants, "client_credentials") && !client.confidential()) ||
      (has(grants, "refresh_token") && !redeems))
    return bad("The grant types do not fit.");
  if (!within(client.response_types, {"code"}) || (redeems && client.response_types.empty()))
    return bad("The response types do not fit.");
  if (client.scope && !within(words(*client.scope), supported_scopes))
    return bad("The scope is unknown.");
  if (uris.size() > 32 || (uris.empty() && redeems) ||
      !std::all_of(uris.begin(), uris.end(), is_registrable))
    return Refusal{Error::invalid_redirect_uri, "The redirect URIs are missing or unacceptable."};
  return std::nullopt;
}

// What an owner allowed a client. Whatever was issued for it dies with it.
struct Grant {
  std::string client_id, subject;
  Strings scopes, resources;
  bool live = true;
  int pair = 0;  // The pair of tokens that is current; older ones are rotated away.
};

enum class Kind { code, access, refresh };
struct Issued {
  Kind kind;
  std::shared_ptr<Grant> grant;
  Seconds issued_at, expires_at;
  int pair;  // Of the grant's pairs. A code is pair 0, so that the first pair spends it.
  Strings scopes, resources;
  AuthorizationParams asked = {};  // Of a code: what it was issued for.
};

Refusal replayed(Grant& grant) {
  grant.live = false;
  return bad_grant;
}

class TinyProvider final : public Provider {
 public:
  TinyProvider(const Clock& clock, Entropy& entropy) : clock_(clock), entropy_(entropy) {}

  std::optional<Client> get_client(std::string_view client_id) override {
    const std::lock_guard lock(mutex_);
    const Client* client = known(client_id);
    return client ? std::optional(*client) : std::nullopt;
  }

  Result<Client> register_client(const Client& client) override {
    const std::lock_guard lock(mutex_);
    if (auto refusal = fault(client)) return *refusal;
    Client record = client;
    if (record.client_id.empty()) record.client_id = random();
    if (!record.confidential()) record.client_secret.reset();
    if (record.confidential() && !record.client_secret) record.client_secret = random();
    if (record.client_id.empty() || record.client_secret == "") return no_entropy;
    if (!has(record.grant_types, "authorization_code")) record.response_types.clear();
    record.client_id_issued_at = clock_.now();
    if (clients_.emplace(record.client_id, record).second) return record;
    return Refusal{Error::invalid_client_metadata, "The client_id is taken."};
  }

  Result<std::string> authorize(const Client& asking, const AuthorizationParams& params) override {
    const std::lock_guard lock(mutex_);
    const Client* client = known(asking.client_id);
    if (!client || !has(client->grant_types, "authorization_code"))
      return Refusal{Error::unauthorized_client, "The client may not ask for codes."};
    const auto matches = [wanted = without_loopback_port(params.redirect_uri)](const auto& uri) {
      return without_loopback_port(uri) == wanted;
    };
    if (std::none_of(client->redirect_uris.begin(), client->redirect_uris.end(), matches))
      return Refusal{Error::invalid_request, "The redirect URI is not registered."};
    if (!is_pkce_string(params.code_challenge) || params.code_challenge_method != "S256")
      return Refusal{Error::invalid_request, "A code_challenge is required, by method S256."};
    const auto scopes = choose_scope(*client, params.scopes);
    if (!scopes) return scopes.refusal();
    if (!are_resources(params.resources)) return bad_target;
    if (params.subject.empty()) return Refusal{Error::access_denied, "Nobody approved."};
    const std::string code = random();
    if (code.empty()) return no_entropy;

    const Grant grant{client->client_id, params.subject, *scopes, params.resources};
    add(code, Kind::code, 300, std::make_shared<Grant>(grant), {}, {}).asked = params;
    FormFields answer = {{"code", code}, {"iss", "https://as.example"}};
    if (params.state) answer.emplace_back("state", *params.state);
    const char* separator = params.redirect_uri.find('?') == std::string::npos ? "?" : "&";
    return params.redirect_uri + separator + encode_form(answer);
  }

  std::optional<AuthorizationCode> load_authorization_code(const Client& client,
                                                           std::string_view code) override {
    const std::lock_guard lock(mutex_);
    const Issued* found = find(Kind::code, code, client.client_id);
    if (!found || found->pair != found->grant->pair) return std::nullopt;
    const AuthorizationParams& asked = found->asked;
    return AuthorizationCode{std::string(code),
                             client.client_id,
                             found->grant->scopes,
                             found->expires_at,
                             asked.code_challenge,
                             asked.redirect_uri,
                             asked.redirect_uri_provided_explicitly,
                             found->grant->resources,
                             found->grant->subject};
  }

  Result<OAuthToken> exchange_authorization_code(const Client& asking,
                                                 const AuthorizationCode& code,
                                                 const CodeRedemption& redemption) override {
    const std::lock_guard lock(mutex_);
    const Client* client = known(asking.client_id);
    if (!client) return bad_client;
    const Issued* found = find(Kind::code, code.code, client->client_id);
    if (!found) return bad_grant;
    const auto& [verifier, redirect_uri, resources] = redemption;
    if (redirect_uri && *redirect_uri != found->asked.redirect_uri) return bad_grant;
    if (!verifier) return Refusal{Error::invalid_request, "The code_verifier is missing."};
    if (!is_pkce_string(*verifier) || s256(*verifier) != found->asked.code_challenge)
      return bad_grant;
    const std::shared_ptr<Grant> grant = found->grant;
    if (!within(resources, grant->resources)) return bad_target;
    // Position 3: a replay that is otherwise valid ends the grant.
    if (grant->pair != 0) return replayed(*grant);
    return issue(grant, has(client->grant_types, "refresh_token"), grant->scopes, resources);
  }

  std::optional<RefreshToken> load_refresh_token(const Client& client,
                                                 std::string_view token) override {
    const std::lock_guard lock(mutex_);
    const Issued* found = find(Kind::refresh, token, client.client_id);
    if (!found || found->pair != found->grant->pair) return std::nullopt;
    return RefreshToken{std::string(token), client.client_id, found->scopes,
                        found->expires_at,  found->resources, found->grant->subject};
  }

  Result<OAuthToken> exchange_refresh_token(const Client& client, const RefreshToken& token,
                                            const std::optional<Strings>& scopes,
                                            const Strings& resources) override {
    const std::lock_guard lock(mutex_);
    if (!known(client.client_id)) return bad_client;
    const Issued* found = find(Kind::refresh, token.token, client.client_id);
    if (!found) return bad_grant;
    const std::shared_ptr<Grant> grant = found->grant;
    // Position 5: it was rotated away, so somebody has a copy.
    if (found->pair != grant->pair) return replayed(*grant);
    if (scopes && (scopes->empty() || !within(*scopes, grant->scopes)))
      return Refusal{Error::invalid_scope, "The scope goes beyond the grant."};
    if (!within(resources, grant->resources)) return bad_target;
    return issue(grant, true, scopes.value_or(grant->scopes), resources);
  }

  std::optional<AccessToken> load_access_token(std::string_view token) override {
    const std::lock_guard lock(mutex_);
    const Issued* found = find(Kind::access, token);
    if (!found || found->pair != found->grant->pair) return std::nullopt;
    return AccessToken{std::string(token),   found->grant->client_id, found->scopes,
                       found->expires_at,    found->issued_at,        found->resources,
                       found->grant->subject};
  }

  std::optional<AccessToken> verify_token(std::string_view token) override {
    return load_access_token(token);
  }

  Result<Done> revoke_token(const Client& client, std::string_view token) override {
    const std::lock_guard lock(mutex_);
    if (!known(client.client_id)) return bad_client;
    const Issued* found = find(Kind::access, token);
    if (!found) found = find(Kind::refresh, token);
    // RFC 7009, 2.2: what is not valid needs no revoking.
    if (!found || found->pair != found->grant->pair) return Done{};
    if (found->grant->client_id != client.client_id) return bad_grant;  // Position 13.
    found->grant->live = false;  // Position 4: the pair has one fate.
    return Done{};
  }

  Result<OAuthToken> exchange_client_credentials(const Client& asking,
                                                 const std::optional<Strings>& scopes,
                                                 const Strings& resources) override {
    const std::lock_guard lock(mutex_);
    const Client* client = known(asking.client_id);
    if (!client) return bad_client;
    if (!client->confidential() || !has(client->grant_types, "client_credentials"))
      return Refusal{Error::unauthorized_client, "The client may not use this grant."};
    const auto chosen = choose_scope(*client, scopes);
    if (!chosen) return chosen.refusal();
    if (!are_resources(resources)) return bad_target;
    const Grant grant{client->client_id, client->client_id, *chosen, resources};
    return issue(std::make_shared<Grant>(grant), false, *chosen, resources);
  }

 private:
  const Client* known(std::string_view client_id) const {
    const auto found = clients_.find(client_id);
    return found == clients_.end() ? nullptr : &found->second;
  }
  std::string random() {  // Empty if there is no entropy.
    std::array<std::uint8_t, 32> bytes{};
    return entropy_.fill(bytes) ? base64url(bytes) : "";
  }
  // Position 10.
  Result<Strings> choose_scope(const Client& client, const std::optional<Strings>& asked) const {
    const Strings allowed = client.scope ? words(*client.scope) : supported_scopes;
    const Strings chosen = asked ? *asked : client.scope ? allowed : Strings{"read"};
    if (!chosen.empty() && within(chosen, allowed)) return chosen;
    return Refusal{Error::invalid_scope, "The scope is unknown or not the client's."};
  }
  // In time and of a live grant, used or not; and the client's, if it matters whose.
  const Issued* find(Kind kind, std::string_view text, std::optional<std::string> client_id = {}) {
    const auto found = issued_.find(text);
    if (found == issued_.end() || found->second.kind != kind) return nullptr;
    const Issued& issued = found->second;
    const bool good = issued.grant->live && clock_.now() < issued.expires_at &&
                      client_id.value_or(issued.grant->client_id) == issued.grant->client_id;
    return good ? &issued : nullptr;
  }
  Issued& add(const std::string& text, Kind kind, Seconds lifetime, std::shared_ptr<Grant> grant,
              Strings scopes, Strings resources) {
    const Seconds now = clock_.now();
    const int pair = grant->pair;
    return issued_[text] = {kind, std::move(grant), now, now + lifetime, pair, scopes, resources};
  }
  Result<OAuthToken> issue(const std::shared_ptr<Grant>& grant, bool refreshable,
                           const Strings& scopes, const Strings& resources) {
    OAuthToken answer{random(), "Bearer", 3600, joined(scopes), std::nullopt};
    if (refreshable) answer.refresh_token = random();
    if (answer.access_token.empty() || answer.refresh_token == "") return no_entropy;
    ++grant->pair;  // Spends the code, and ends the pair before (positions 3 and 4).
    add(answer.access_token, Kind::access, 3600, grant, scopes,
        resources.empty() ? grant->resources : resources);
    if (refreshable)
      add(*answer.refresh_token, Kind::refresh, 14 * 24 * 3600, grant, grant->scopes,
          grant->resources);
    return answer;
  }

  const Clock& clock_;
  Entropy& entropy_;
  std::mutex mutex_;
  std::map<std::string, Client, std::less<>> clients_;
  std::map<std::string, Issued, std::less<>> issued_;
};

}  // namespace

std::unique_ptr<Provider> make_tiny_provider(const Clock& clock, Entropy& entropy) {
  return std::make_unique<TinyProvider>(clock, entropy);
}
