#include "grantcheck/provider/in_memory.h"

#include <algorithm>
#include <array>
#include <utility>

#include "grantcheck/provider/http.h"

namespace grantcheck {
namespace {

constexpr std::size_t kTokenBytes = 32;  // Position 12: 256 bits.
constexpr std::size_t kClientIdBytes = 16;
constexpr std::size_t kSecretBytes = 32;

Refusal no_entropy() { return {Error::server_error, "No randomness is to be had."}; }
Refusal store_full() { return {Error::server_error, "The server holds as much as it can."}; }
Refusal unknown_client() { return {Error::invalid_client, "The client is not registered."}; }

const Strings& scopes_of(const Credentials& credential) {
  return credential.terms ? credential.terms->scopes : credential.grant->scopes();
}

const Strings& resources_of(const Credentials& credential) {
  return credential.terms ? credential.terms->resources : credential.grant->resources;
}

// OAuth 2.1, 4.1.2 and RFC 9207, 2. The query that the client registered stays (OAuth 2.1, 2.3).
std::string redirect_url(const AuthorizationParams& params, const std::string& code,
                         const std::string& issuer) {
  std::string url = params.redirect_uri;
  const std::size_t query = url.find('?');
  if (query == std::string::npos) {
    url += '?';
  } else if (query + 1 != url.size() && url.back() != '&') {
    url += '&';
  }
  url += "code=" + encode_form_component(code);
  if (params.state) url += "&state=" + encode_form_component(*params.state);
  return url + "&iss=" + encode_form_component(issuer);
}

Seams complete(Seams seams, const ProviderOptions& options) {
  if (!seams.rules) seams.rules = std::make_shared<const Rules>(options.rule_options());
  if (!seams.make_store)
    seams.make_store = [](const StoreOptions& store_options, std::shared_ptr<const Rules> rules) {
      return std::make_unique<Store>(store_options, std::move(rules));
    };
  return seams;
}

}  // namespace

// A token not yet stored: the text for the client, and all that the store will know.
struct InMemoryProvider::Draft {
  std::string text;
  Transaction::Issued issued;
};

InMemoryProvider::InMemoryProvider(const Clock& clock, Entropy& entropy, ProviderOptions options,
                                   Seams seams)
    : clock_(clock),
      entropy_(entropy),
      options_(std::move(options)),
      seams_(complete(std::move(seams), options_)),
      store_(seams_.make_store(options_.store_options(), seams_.rules)) {}

InMemoryProvider::~InMemoryProvider() = default;

std::optional<std::string> InMemoryProvider::random_text(std::size_t bytes) {
  std::array<std::uint8_t, 32> buffer;
  const std::span<std::uint8_t> used(buffer.data(), bytes);
  if (!entropy_.fill(used)) return std::nullopt;
  return base64url(used);
}

std::optional<InMemoryProvider::Draft> InMemoryProvider::draft_token(std::shared_ptr<Grant> grant,
                                                                     Credential kind, Seconds now,
                                                                     Seconds expires_at) {
  std::optional<std::string> text = random_text(kTokenBytes);
  if (!text) return std::nullopt;
  const Digest digest = digest_of(*text);
  return Draft{*std::move(text),
               {digest, Credentials{std::move(grant), nullptr, now, expires_at, 0, kind}}};
}

// ---- Clients

std::optional<Client> InMemoryProvider::get_client(std::string_view client_id) {
  const std::shared_ptr<const Client> client = store_->client(client_id);
  return client ? std::optional<Client>(*client) : std::nullopt;
}

Result<Client> InMemoryProvider::register_client(const Client& client) {
  const Seconds now = clock_.now();
  Registration attempt{{rules(), options_, now, nullptr}, client};
  if (std::optional<Refusal> refusal = seams_.stages.registration.run(attempt))
    return *std::move(refusal);

  Client& record = attempt.record;
  record.client_id_issued_at = now;
  if (record.client_id.empty()) {
    std::optional<std::string> id = random_text(kClientIdBytes);
    if (!id) return no_entropy();
    record.client_id = *std::move(id);
  }
  if (!record.confidential()) {
    // OAuth 2.1, 2.1: a public client has no credentials.
    record.client_secret.reset();
    record.client_secret_expires_at = 0;
  } else if (!record.client_secret) {
    record.client_secret = random_text(kSecretBytes);
    if (!record.client_secret) return no_entropy();
  }
  switch (store_->add_client(record)) {
    case Store::Added::done:
      return std::move(record);
    case Store::Added::taken:
      return Refusal{Error::invalid_client_metadata, "The client_id is taken."};
    case Store::Added::full:
      break;
  }
  return store_full();
}

// ---- Codes

Result<std::string> InMemoryProvider::authorize(const Client& client,
                                                const AuthorizationParams& params) {
  const Seconds now = clock_.now();
  Authorization attempt{{rules(), options_, now, store_->client(client.client_id)}, params, {}, {}};
  if (!attempt.client) return Refusal{Error::unauthorized_client, "The client is not registered."};
  if (std::optional<Refusal> refusal = seams_.stages.authorization.run(attempt))
    return *std::move(refusal);

  const auto grant =
      std::make_shared<Grant>(attempt.client, params.subject,
                              Store::shared_scopes(attempt.client, std::move(attempt.scopes)),
                              std::move(attempt.resources));
  std::optional<Draft> code =
      draft_token(grant, Credential::code, now, later(now, options_.code_lifetime));
  if (!code) return no_entropy();
  code->issued.credential.terms = std::make_shared<const Terms>(Terms{
      {}, {}, params.code_challenge, params.redirect_uri, params.redirect_uri_provided_explicitly});
  if (store_->open(grant, now, code->issued) == Commit::full)
    return Refusal{Error::temporarily_unavailable, "The server holds as many codes as it can."};
  return redirect_url(params, code->text, options_.issuer);
}

std::optional<AuthorizationCode> InMemoryProvider::load_authorization_code(
    const Client& client, std::string_view authorization_code) {
  const std::optional<Credentials> code =
      store_->find(Credential::code, digest_of(authorization_code));
  if (!code || !live(*code, Credential::code, clock_.now())) return std::nullopt;
  const Grant& grant = *code->grant;
  if (!rules().belongs_to(Credential::code, grant.client->client_id, client.client_id))
    return std::nullopt;
  const Terms terms = code->terms ? *code->terms : Terms{};
  return AuthorizationCode{std::string(authorization_code),
                           grant.client->client_id,
                           grant.scopes(),
                           code->expires_at,
                           terms.code_challenge,
                           terms.redirect_uri,
                           terms.redirect_uri_provided_explicitly,
                           grant.resources,
                           grant.subject};
}

Result<OAuthToken> InMemoryProvider::exchange_authorization_code(
    const Client& client, const AuthorizationCode& authorization_code,
    const CodeRedemption& redemption) {
  const Seconds now = clock_.now();
  std::shared_ptr<const Client> registered = store_->client(client.client_id);
  if (!registered) return unknown_client();
  std::optional<Credentials> code =
      store_->find(Credential::code, digest_of(authorization_code.code));
  if (!code) return Refusal{Error::invalid_grant, "The code is unknown, used or expired."};

  const std::shared_ptr<Grant> grant = code->grant;
  CodeExchange attempt{
      {rules(), options_, now, std::move(registered)}, redemption, *std::move(code), {}, {}};
  OAuthToken answer;
  std::optional<Refusal> refusal;
  const auto work = [&](Transaction& change) { refusal = redeem(change, attempt, answer); };
  if (store_->transact(grant, now, work) == Commit::full) return store_full();
  if (refusal) return *std::move(refusal);
  return answer;
}

// Everything is validated before anything is changed; a replay that deserves it still ends the
// grant.
std::optional<Refusal> InMemoryProvider::redeem(Transaction& change, CodeExchange& attempt,
                                                OAuthToken& answer) {
  attempt.standing = change.before;
  attempt.ends = Ends::nothing;
  if (std::optional<Refusal> refusal = seams_.stages.code_exchange.run(attempt)) {
    if (attempt.ends == Ends::grant) store_->end(change);
    return refusal;
  }
  const std::shared_ptr<Grant>& grant = attempt.code.grant;
  if (std::optional<Refusal> refusal =
          issue_pair(change, grant, grant->scopes(), attempt.resources, answer))
    return refusal;
  store_->spend(change, attempt.code);
  return std::nullopt;
}

// ---- Tokens

std::optional<Refusal> InMemoryProvider::issue_pair(Transaction& change,
                                                    const std::shared_ptr<Grant>& grant,
                                                    const Strings& scopes, const Strings& resources,
                                                    OAuthToken& answer) {
  if (change.before.pair >= Standing::kLastPair)
    return Refusal{Error::invalid_grant, "The grant has been refreshed too often."};
  const Seconds now = change.now;
  std::optional<Draft> access =
      draft_token(grant, Credential::access_token, now, later(now, options_.access_token_lifetime));
  if (!access) return no_entropy();
  if (scopes != grant->scopes() || resources != grant->resources)
    access->issued.credential.terms =
        std::make_shared<const Terms>(Terms{scopes, resources, {}, {}, true});

  answer = OAuthToken{
      std::move(access->text), "Bearer", options_.access_token_lifetime, join_scope(scopes), {}};
  std::optional<Transaction::Issued> refresh_issued;
  const Strings& grant_types = grant->client->grant_types;
  if (std::find(grant_types.begin(), grant_types.end(), "refresh_token") != grant_types.end()) {
    const std::optional<Seconds>& lifetime = options_.refresh_token_lifetime;
    std::optional<Draft> refresh = draft_token(grant, Credential::refresh_token, now,
                                               lifetime ? later(now, *lifetime) : kNever);
    if (!refresh) return no_entropy();
    answer.refresh_token = std::move(refresh->text);
    refresh_issued = std::move(refresh->issued);
  }
  store_->issue_pair(change, std::move(access->issued), std::move(refresh_issued));
  return std::nullopt;
}

std::optional<RefreshToken> InMemoryProvider::load_refresh_token(const Client& client,
                                                                 std::string_view refresh_token) {
  const std::optional<Credentials> token =
      store_->find(Credential::refresh_token, digest_of(refresh_token));
  if (!token || !live(*token, Credential::refresh_token, clock_.now())) return std::nullopt;
  const Grant& grant = *token->grant;
  if (!rules().belongs_to(Credential::refresh_token, grant.client->client_id, client.client_id))
    return std::nullopt;
  const bool forever = token->expires_at == kNever;
  return RefreshToken{std::string(refresh_token),
                      grant.client->client_id,
                      grant.scopes(),
                      forever ? std::nullopt : std::optional<Seconds>(token->expires_at),
                      grant.resources,
                      grant.subject};
}

Result<OAuthToken> InMemoryProvider::exchange_refresh_token(const Client& client,
                                                            const RefreshToken& refresh_token,
                                                            const std::optional<Strings>& scopes,
                                                            const Strings& resources) {
  const Seconds now = clock_.now();
  std::shared_ptr<const Client> registered = store_->client(client.client_id);
  if (!registered) return unknown_client();
  std::optional<Credentials> refresh =
      store_->find(Credential::refresh_token, digest_of(refresh_token.token));
  if (!refresh)
    return Refusal{Error::invalid_grant, "The refresh token is unknown, used or expired."};

  const std::shared_ptr<Grant> grant = refresh->grant;
  RefreshExchange attempt{{rules(), options_, now, std::move(registered)},
                          scopes,
                          resources,
                          *std::move(refresh),
                          {},
                          {},
                          {}};
  OAuthToken answer;
  std::optional<Refusal> refusal;
  const auto work = [&](Transaction& change) { refusal = rotate(change, attempt, answer); };
  if (store_->transact(grant, now, work) == Commit::full) return store_full();
  if (refusal) return *std::move(refusal);
  return answer;
}

std::optional<Refusal> InMemoryProvider::rotate(Transaction& change, RefreshExchange& attempt,
                                                OAuthToken& answer) {
  attempt.standing = change.before;
  attempt.ends = Ends::nothing;
  if (std::optional<Refusal> refusal = seams_.stages.refresh_exchange.run(attempt)) {
    if (attempt.ends == Ends::grant) store_->end(change);
    return refusal;
  }
  if (std::optional<Refusal> refusal =
          issue_pair(change, attempt.refresh.grant, attempt.scopes, attempt.resources, answer))
    return refusal;
  store_->retire(change, attempt.refresh);
  return std::nullopt;
}

Result<OAuthToken> InMemoryProvider::exchange_client_credentials(
    const Client& client, const std::optional<Strings>& scopes, const Strings& resources) {
  const Seconds now = clock_.now();
  ClientGrant attempt{
      {rules(), options_, now, store_->client(client.client_id)}, scopes, resources, {}, {}};
  if (!attempt.client) return unknown_client();
  if (std::optional<Refusal> refusal = seams_.stages.client_grant.run(attempt))
    return *std::move(refusal);

  const auto grant =
      std::make_shared<Grant>(attempt.client, attempt.client->client_id,
                              Store::shared_scopes(attempt.client, std::move(attempt.scopes)),
                              std::move(attempt.resources));
  std::optional<Draft> access =
      draft_token(grant, Credential::access_token, now, later(now, options_.access_token_lifetime));
  if (!access) return no_entropy();
  access->issued.credential.pair = 1;
  if (store_->open(grant, now, access->issued) == Commit::full) return store_full();
  return OAuthToken{std::move(access->text),
                    "Bearer",
                    options_.access_token_lifetime,
                    join_scope(grant->scopes()),
                    {}};
}

// ---- Reads. They change nothing.

// `as` is what the credential is taken for.
bool InMemoryProvider::live(const Credentials& credential, Credential as, Seconds now) const {
  return usable(credential, credential.grant->standing(), now, options_.rotation_grace) &&
         !rules().expired(as, now, credential.expires_at);
}

std::optional<AccessToken> InMemoryProvider::load_access_token(std::string_view token) {
  const std::optional<Credentials> access =
      store_->find(Credential::access_token, digest_of(token));
  if (!access || !live(*access, Credential::access_token, clock_.now())) return std::nullopt;
  const Grant& grant = *access->grant;
  return AccessToken{std::string(token), grant.client->client_id, scopes_of(*access),
                     access->expires_at, access->issued_at,       resources_of(*access),
                     grant.subject};
}

std::optional<AccessToken> InMemoryProvider::verify_token(std::string_view token) {
  return load_access_token(token);
}

// ---- Revocation (RFC 7009)

Result<Done> InMemoryProvider::revoke_token(const Client& client, std::string_view token) {
  const Seconds now = clock_.now();
  std::shared_ptr<const Client> registered = store_->client(client.client_id);
  if (!registered) return unknown_client();
  const Digest digest = digest_of(token);
  std::optional<Credentials> found;
  for (const Credential kind : {Credential::refresh_token, Credential::access_token})
    if (!found) found = store_->find(kind, digest);
  // RFC 7009, 2.2: an invalid token is no error, since what the client wants is so already. Dead
  // tokens are treated alike, whether or not they have been swept.
  if (!found || !live(*found, found->kind, now)) return Done{};

  Revocation attempt{{rules(), options_, now, std::move(registered)}, *found};
  if (std::optional<Refusal> refusal = seams_.stages.revocation.run(attempt))
    return *std::move(refusal);
  const Ends ends = rules().revocation_ends(found->kind);
  const auto work = [&](Transaction& change) {
    if (ends == Ends::grant) store_->end(change);
    if (ends == Ends::token) store_->forget(change, digest);
  };
  // It issues nothing, so there is always room.
  static_cast<void>(store_->transact(found->grant, now, work));
  return Done{};
}

}  // namespace grantcheck
