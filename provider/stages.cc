// The checks of each operation, in the order in which they are made.
#include "grantcheck/provider/stages.h"

#include <algorithm>
#include <array>

#include "grantcheck/provider/in_memory.h"

namespace grantcheck {
namespace {

using Answer = std::optional<Refusal>;
constexpr std::nullopt_t kFine = std::nullopt;

bool contains(const Strings& items, std::string_view item) {
  return std::find(items.begin(), items.end(), item) != items.end();
}

Strings without_repeats(const Strings& items) {
  Strings once;
  for (const std::string& item : items)
    if (!contains(once, item)) once.push_back(item);
  return once;
}

// `chosen` in the order of `all`, so that asking for everything in another order is asking for
// everything.
Strings in_order_of(const Strings& all, const Strings& chosen) {
  Strings ordered;
  for (const std::string& item : all)
    if (contains(chosen, item)) ordered.push_back(item);
  return ordered;
}

bool well_formed(const Rules& rules, const Strings& scopes) {
  return !scopes.empty() &&
         std::all_of(scopes.begin(), scopes.end(), [&](const std::string& token) {
           return rules.scope_token_well_formed(token);
         });
}

bool printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c <= 0x7e; });
}

bool has_controls(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

// ---- Registration (RFC 7591, 2 and 3.2.2)

Refusal bad_metadata(std::string description) {
  return {Error::invalid_client_metadata, std::move(description)};
}

Answer registration_is_small(Registration& attempt) {
  const Client& record = attempt.record;
  const std::size_t longest = attempt.options.max_string_bytes;
  std::size_t bytes = 0;
  // No text is for a terminal or a page to obey.
  const auto fits = [&bytes, longest](const std::optional<std::string>& text) {
    if (!text) return true;
    bytes += text->size();
    return text->size() <= longest && !has_controls(*text);
  };
  for (const auto* text :
       {&record.client_secret, &record.scope, &record.client_name, &record.client_uri,
        &record.logo_uri, &record.tos_uri, &record.policy_uri, &record.jwks_uri, &record.jwks,
        &record.software_id, &record.software_version})
    if (!fits(*text)) return bad_metadata("A value is too long or has control characters.");
  for (const auto* list : {&record.grant_types, &record.response_types, &record.contacts}) {
    if (list->size() > attempt.options.max_list_items) return bad_metadata("A list is too long.");
    if (!std::all_of(list->begin(), list->end(), fits))
      return bad_metadata("A value is too long or has control characters.");
  }
  for (const std::string& uri : record.redirect_uris) bytes += uri.size();
  if (bytes > attempt.options.max_client_bytes) return bad_metadata("The record is too long.");
  return kFine;
}

// OAuth 2.1, appendix A: client_id and client_secret are printable ASCII.
Answer credentials_are_printable(Registration& attempt) {
  const Client& record = attempt.record;
  if (record.client_id.size() > attempt.options.max_string_bytes || !printable(record.client_id))
    return bad_metadata("The client_id is too long or not printable.");
  if (record.client_secret && (record.client_secret->empty() || !printable(*record.client_secret)))
    return bad_metadata("The client_secret is empty or not printable.");
  return kFine;
}

Answer auth_method_is_known(Registration& attempt) {
  constexpr std::array<std::string_view, 3> kMethods = {"none", "client_secret_post",
                                                        "client_secret_basic"};
  const std::string& method = attempt.record.token_endpoint_auth_method;
  if (std::find(kMethods.begin(), kMethods.end(), method) != kMethods.end()) return kFine;
  return bad_metadata("The token_endpoint_auth_method is not supported.");
}

Answer grant_types_fit(Registration& attempt) {
  const Strings& types = attempt.record.grant_types;
  if (types.empty()) return bad_metadata("There is no grant type.");
  const auto known = [](const std::string& type) {
    return type == "authorization_code" || type == "refresh_token" || type == "client_credentials";
  };
  if (!std::all_of(types.begin(), types.end(), known))
    return bad_metadata("A grant type is not supported.");
  // OAuth 2.1, 4.2: the client credentials grant is for confidential clients only.
  if (contains(types, "client_credentials") && !attempt.record.confidential())
    return bad_metadata("A public client has no credentials to use as a grant.");
  if (contains(types, "refresh_token") && !contains(types, "authorization_code"))
    return bad_metadata("Refresh tokens are issued with the authorization_code grant only.");
  return kFine;
}

// RFC 7591, 2.1: response type `code` belongs to grant type `authorization_code`. A client without
// it has no response type; the default that its registration carries is not held against it.
Answer response_types_fit(Registration& attempt) {
  Strings& types = attempt.record.response_types;
  types = without_repeats(types);
  if (!std::all_of(types.begin(), types.end(),
                   [](const std::string& type) { return type == "code"; }))
    return bad_metadata("A response type is not supported.");
  if (!contains(attempt.record.grant_types, "authorization_code")) {
    types.clear();
    return kFine;
  }
  if (types.empty()) return bad_metadata("The authorization_code grant needs response type code.");
  return kFine;
}

// OAuth 2.1, 2.3.1: clients of the redirect-based grant register their complete redirect URIs.
Answer redirect_uris_are_registrable(Registration& attempt) {
  const Strings& uris = attempt.record.redirect_uris;
  if (uris.empty() && contains(attempt.record.grant_types, "authorization_code"))
    return Refusal{Error::invalid_redirect_uri, "There is no redirect URI."};
  if (uris.size() > attempt.options.max_redirect_uris)
    return Refusal{Error::invalid_redirect_uri, "There are too many redirect URIs."};
  for (const std::string& uri : uris)
    if (uri.size() > attempt.options.max_string_bytes ||
        !attempt.rules.redirect_uri_registrable(uri))
      return Refusal{Error::invalid_redirect_uri, "A redirect URI is not acceptable."};
  return kFine;
}

Answer registered_scope_is_supported(Registration& attempt) {
  if (!attempt.record.scope) return kFine;
  const Strings scopes = split_scope(*attempt.record.scope);
  if (!well_formed(attempt.rules, scopes)) return bad_metadata("The scope is malformed.");
  if (!attempt.rules.scope_within(scopes, attempt.options.scopes_supported))
    return bad_metadata("The scope is not supported.");
  return kFine;
}

// RFC 7591, 5: pages shown to the owner are web pages, not scripts. Keys lie on the web as well.
Answer pages_are_web_pages(Registration& attempt) {
  const Client& record = attempt.record;
  for (const auto* uri : {&record.client_uri, &record.logo_uri, &record.tos_uri, &record.policy_uri,
                          &record.jwks_uri}) {
    if (!*uri) continue;
    const std::string& text = **uri;
    const bool web = text.rfind("https://", 0) == 0 || text.rfind("http://", 0) == 0;
    if (!web || !attempt.rules.resource_well_formed(text))
      return bad_metadata("A page is not an http(s) URL.");
  }
  return kFine;
}

// ---- Shared by the grants

template <class What>
Answer client_has(const What& attempt, std::string_view grant_type) {
  if (contains(attempt.client->grant_types, grant_type)) return kFine;
  return Refusal{Error::unauthorized_client, "The client is not registered for this grant type."};
}

// Position 10: omitted means the client's registered scope, else the default, else there is none.
template <class What>
Answer choose_scope(What& attempt, const std::optional<Strings>& requested) {
  const Strings& supported = attempt.options.scopes_supported;
  const std::optional<std::string>& registered = attempt.client->scope;
  const Strings allowed = registered ? split_scope(*registered) : supported;
  const Strings omitted = registered ? allowed : attempt.options.default_scope;
  const Strings& wanted = requested ? *requested : omitted;
  if (!well_formed(attempt.rules, wanted))
    return Refusal{Error::invalid_scope, "The scope is missing or malformed."};
  if (!attempt.rules.scope_within(wanted, allowed) ||
      !attempt.rules.scope_within(wanted, supported))
    return Refusal{Error::invalid_scope, "The scope is unknown or not registered for this client."};
  // Only now, for a long list of different tokens would take long.
  attempt.scopes = without_repeats(wanted);
  return kFine;
}

// RFC 8707, 2: each an absolute URI without fragment, and one that tokens can be bound to.
template <class What>
Answer choose_resources(What& attempt, const Strings& requested) {
  if (requested.size() > attempt.options.max_list_items)
    return Refusal{Error::invalid_target, "There are too many resources."};
  std::size_t bytes = 0;
  for (const std::string& resource : requested) {
    bytes += resource.size();
    if (bytes > attempt.options.max_string_bytes || !attempt.rules.resource_well_formed(resource))
      return Refusal{Error::invalid_target, "A resource is not an absolute URI without fragment."};
    if (!attempt.options.resources.empty() && !contains(attempt.options.resources, resource))
      return Refusal{Error::invalid_target, "A resource is unknown."};
  }
  attempt.resources = without_repeats(requested);
  return kFine;
}

// RFC 8707, 2.2: at the token endpoint a subset of what was granted; none means all.
template <class What>
Answer narrow_resources(What& attempt, const Strings& requested, const Grant& grant) {
  for (const std::string& resource : requested)
    if (!contains(grant.resources, resource))
      return Refusal{Error::invalid_target, "A resource is not among those granted."};
  attempt.resources = requested.empty() ? grant.resources : in_order_of(grant.resources, requested);
  return kFine;
}

Refusal bad_grant(std::string description) {
  return {Error::invalid_grant, std::move(description)};
}

// ---- Authorization (OAuth 2.1, 4.1.1 and 4.1.2.1)

Answer redirect_uri_is_registered(Authorization& attempt) {
  const Strings& registered = attempt.client->redirect_uris;
  const std::string& requested = attempt.params.redirect_uri;
  const auto matches = [&](const std::string& uri) {
    return attempt.rules.redirect_uri_matches(uri, requested);
  };
  if (requested.size() <= attempt.options.max_string_bytes &&
      std::any_of(registered.begin(), registered.end(), matches))
    return kFine;
  return Refusal{Error::invalid_request, "The redirect URI is not registered for this client."};
}

Answer authorization_is_small(Authorization& attempt) {
  const AuthorizationParams& params = attempt.params;
  const std::size_t longest = attempt.options.max_string_bytes;
  if (params.state.value_or("").size() <= longest && params.subject.size() <= longest) return kFine;
  return Refusal{Error::invalid_request, "A value is too long."};
}

// Position 7: no method means `plain`, and S256 is the only one.
Answer challenge_is_s256(Authorization& attempt) {
  const AuthorizationParams& params = attempt.params;
  if (!attempt.rules.challenge_well_formed(params.code_challenge))
    return Refusal{Error::invalid_request, "The code_challenge is missing or malformed."};
  if (!attempt.rules.challenge_method_supported(params.code_challenge_method))
    return Refusal{Error::invalid_request, "The code_challenge_method is not S256."};
  return kFine;
}

Answer owner_has_approved(Authorization& attempt) {
  if (!attempt.params.subject.empty()) return kFine;
  return Refusal{Error::access_denied, "Nobody approved the request."};
}

// ---- Redemption of a code (OAuth 2.1, 4.1.3)

Answer code_is_the_clients(CodeExchange& attempt) {
  const std::string& owner = attempt.code.grant->client->client_id;
  if (attempt.rules.belongs_to(Credential::code, owner, attempt.client->client_id)) return kFine;
  return bad_grant("The code is unknown, used or expired.");
}

Answer code_is_in_time(CodeExchange& attempt) {
  if (!attempt.rules.expired(Credential::code, attempt.now, attempt.code.expires_at)) return kFine;
  return bad_grant("The code is unknown, used or expired.");
}

Answer codes_grant_is_live(CodeExchange& attempt) {
  if (attempt.standing.live) return kFine;
  return bad_grant("The code is unknown, used or expired.");
}

const Terms& terms_of(const Credentials& credential) {
  static const Terms kNone;
  return credential.terms ? *credential.terms : kNone;
}

Answer redirect_uri_is_the_authorized_one(CodeExchange& attempt) {
  if (attempt.rules.token_redirect_uri_matches(terms_of(attempt.code).redirect_uri,
                                               attempt.redemption.redirect_uri))
    return kFine;
  return bad_grant("The redirect URI is not the authorized one.");
}

Answer verifier_matches(CodeExchange& attempt) {
  const std::optional<std::string>& verifier = attempt.redemption.code_verifier;
  if (attempt.rules.challenge_matches(terms_of(attempt.code).code_challenge, verifier))
    return kFine;
  if (!verifier) return Refusal{Error::invalid_request, "The code_verifier is missing."};
  return bad_grant("The code_verifier does not match.");
}

Answer codes_resources_are_granted(CodeExchange& attempt) {
  return narrow_resources(attempt, attempt.redemption.resources, *attempt.code.grant);
}

// Position 3: this stage comes last, so that only an otherwise valid replay ends anything.
Answer code_is_unspent(CodeExchange& attempt) {
  if (!attempt.standing.code_spent) return kFine;
  attempt.ends = attempt.rules.replay_ends(Credential::code);
  return bad_grant("The code is unknown, used or expired.");
}

// ---- Refreshing (OAuth 2.1, 4.3)

Answer refresh_token_is_the_clients(RefreshExchange& attempt) {
  const std::string& owner = attempt.refresh.grant->client->client_id;
  if (attempt.rules.belongs_to(Credential::refresh_token, owner, attempt.client->client_id))
    return kFine;
  return bad_grant("The refresh token is unknown, used or expired.");
}

Answer refresh_tokens_grant_is_live(RefreshExchange& attempt) {
  if (attempt.standing.live) return kFine;
  return bad_grant("The refresh token is unknown, used or expired.");
}

// Position 5. It comes before the expiry: a rotated token betrays a thief however late it is shown.
Answer refresh_token_is_unused(RefreshExchange& attempt) {
  if (usable(attempt.refresh, attempt.standing, attempt.now, attempt.options.rotation_grace))
    return kFine;
  attempt.ends = attempt.rules.replay_ends(Credential::refresh_token);
  return bad_grant("The refresh token is unknown, used or expired.");
}

Answer refresh_token_is_in_time(RefreshExchange& attempt) {
  if (!attempt.rules.expired(Credential::refresh_token, attempt.now, attempt.refresh.expires_at))
    return kFine;
  return bad_grant("The refresh token is unknown, used or expired.");
}

// OAuth 2.1, 4.3.1: nothing that was not granted; omitted means all that was (position 6).
Answer scope_is_granted(RefreshExchange& attempt) {
  const Strings& granted = attempt.refresh.grant->scopes();
  const Strings& requested = attempt.requested_scopes ? *attempt.requested_scopes : granted;
  if (!well_formed(attempt.rules, requested) || !attempt.rules.scope_within(requested, granted))
    return Refusal{Error::invalid_scope, "The scope is malformed or exceeds what was granted."};
  attempt.scopes = in_order_of(granted, requested);
  return kFine;
}

Answer refreshed_resources_are_granted(RefreshExchange& attempt) {
  return narrow_resources(attempt, attempt.requested_resources, *attempt.refresh.grant);
}

// ---- The rest

Answer client_is_confidential(ClientGrant& attempt) {
  if (attempt.client->confidential()) return kFine;
  return Refusal{Error::unauthorized_client,
                 "A public client has no credentials to use as a grant."};
}

// RFC 7009, 2.1 and position 13.
Answer token_is_the_clients(Revocation& attempt) {
  const std::string& owner = attempt.token.grant->client->client_id;
  if (attempt.rules.belongs_to(attempt.token.kind, owner, attempt.client->client_id)) return kFine;
  return bad_grant("The token was issued to another client.");
}

}  // namespace

Stages::Stages()
    : registration{{"sizes", registration_is_small},
                   {"credentials", credentials_are_printable},
                   {"auth-method", auth_method_is_known},
                   {"grant-types", grant_types_fit},
                   {"response-types", response_types_fit},
                   {"redirect-uris", redirect_uris_are_registrable},
                   {"scope", registered_scope_is_supported},
                   {"pages", pages_are_web_pages}},
      authorization{
          {"redirect-uri", redirect_uri_is_registered},
          {"grant-type",
           [](Authorization& attempt) { return client_has(attempt, "authorization_code"); }},
          {"sizes", authorization_is_small},
          {"challenge", challenge_is_s256},
          {"scope",
           [](Authorization& attempt) { return choose_scope(attempt, attempt.params.scopes); }},
          {"resource",
           [](Authorization& attempt) {
             return choose_resources(attempt, attempt.params.resources);
           }},
          {"subject", owner_has_approved}},
      code_exchange{
          {"grant-type",
           [](CodeExchange& attempt) { return client_has(attempt, "authorization_code"); }},
          {"owner", code_is_the_clients},
          {"expiry", code_is_in_time},
          {"grant", codes_grant_is_live},
          {"redirect-uri", redirect_uri_is_the_authorized_one},
          {"verifier", verifier_matches},
          {"resource", codes_resources_are_granted},
          {"single-use", code_is_unspent}},
      refresh_exchange{
          {"grant-type",
           [](RefreshExchange& attempt) { return client_has(attempt, "refresh_token"); }},
          {"owner", refresh_token_is_the_clients},
          {"grant", refresh_tokens_grant_is_live},
          {"rotation", refresh_token_is_unused},
          {"expiry", refresh_token_is_in_time},
          {"scope", scope_is_granted},
          {"resource", refreshed_resources_are_granted}},
      client_grant{
          {"grant-type",
           [](ClientGrant& attempt) { return client_has(attempt, "client_credentials"); }},
          {"confidential", client_is_confidential},
          {"scope",
           [](ClientGrant& attempt) { return choose_scope(attempt, attempt.requested_scopes); }},
          {"resource",
           [](ClientGrant& attempt) {
             return choose_resources(attempt, attempt.requested_resources);
           }}},
      revocation{{"owner", token_is_the_clients}} {}

}  // namespace grantcheck
