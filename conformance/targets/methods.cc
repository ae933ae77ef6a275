#include "targets/methods.h"

#include <exception>
#include <map>

namespace grantcheck {
namespace {

// Parameters. An absent or ill-typed one is as if it was not given: an interface of C++ types
// cannot be handed anything else.

std::string text(const Json& with, std::string_view name) {
  const Json* value = find_path(with, name);
  return value != nullptr && value->is_string() ? value->get<std::string>() : "";
}

std::optional<std::string> optional_text(const Json& with, std::string_view name) {
  const Json* value = find_path(with, name);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return value->get<std::string>();
}

std::optional<Strings> optional_texts(const Json& with, std::string_view name) {
  const Json* value = find_path(with, name);
  if (value == nullptr || value->is_null()) return std::nullopt;
  Strings out;
  for (const Json& one : value->is_array() ? *value : Json::array({*value})) {
    if (one.is_string()) out.push_back(one.get<std::string>());
  }
  return out;
}

Strings texts(const Json& with, std::string_view name) {
  return optional_texts(with, name).value_or(Strings{});
}

Seconds seconds(const Json& with, std::string_view name) {
  const Json* value = find_path(with, name);
  return value != nullptr && value->is_number_integer() ? value->get<Seconds>() : 0;
}

bool flag(const Json& with, std::string_view name, bool otherwise) {
  const Json* value = find_path(with, name);
  return value != nullptr && value->is_boolean() ? value->get<bool>() : otherwise;
}

// An identifier that is not registered stands for a made-up client with that identifier.
Client client_of(Provider& provider, const Json& with) {
  const std::string client_id = text(with, "client");
  if (auto client = provider.get_client(client_id)) return *std::move(client);
  Client made_up;
  made_up.client_id = client_id;
  return made_up;
}

// What was loaded, with what is forged put over it.
Json claimed_fields(const Json& claim) {
  Json fields = claim["fields"].is_object() ? claim["fields"] : Json::object();
  for (const auto& item : claim["set"].items()) fields[item.key()] = item.value();
  return fields;
}

AuthorizationCode code_claim(const Json& value, const Client& client) {
  AuthorizationCode code;
  if (!is_claim(value)) {
    code.code = value.is_string() ? value.get<std::string>() : "";
    code.client_id = client.client_id;
    return code;
  }
  const Json fields = claimed_fields(value);
  code.code = text(fields, "code");
  code.client_id = text(fields, "client_id");
  code.scopes = texts(fields, "scopes");
  code.expires_at = seconds(fields, "expires_at");
  code.code_challenge = text(fields, "code_challenge");
  code.redirect_uri = text(fields, "redirect_uri");
  code.redirect_uri_provided_explicitly = flag(fields, "redirect_uri_provided_explicitly", true);
  code.resources = texts(fields, "resource");
  code.subject = text(fields, "subject");
  return code;
}

RefreshToken refresh_claim(const Json& value, const Client& client) {
  RefreshToken token;
  if (!is_claim(value)) {
    token.token = value.is_string() ? value.get<std::string>() : "";
    token.client_id = client.client_id;
    return token;
  }
  const Json fields = claimed_fields(value);
  token.token = text(fields, "token");
  token.client_id = text(fields, "client_id");
  token.scopes = texts(fields, "scopes");
  if (fields.contains("expires_at")) token.expires_at = seconds(fields, "expires_at");
  token.resources = texts(fields, "resource");
  token.subject = text(fields, "subject");
  return token;
}

// Records. What is absent is left out, never null.

void put(Json& into, const char* name, const std::optional<std::string>& value) {
  if (value) into[name] = *value;
}
void put(Json& into, const char* name, const Strings& value) {
  if (!value.empty()) into[name] = value;
}

Json to_json(const Client& client) {
  Json out = {{"client_id", client.client_id}, {"client_id_issued_at", client.client_id_issued_at}};
  put(out, "client_secret", client.client_secret);
  if (client.client_secret) out["client_secret_expires_at"] = client.client_secret_expires_at;
  put(out, "redirect_uris", client.redirect_uris);
  out["token_endpoint_auth_method"] = client.token_endpoint_auth_method;
  put(out, "grant_types", client.grant_types);
  put(out, "response_types", client.response_types);
  put(out, "scope", client.scope);
  put(out, "client_name", client.client_name);
  put(out, "client_uri", client.client_uri);
  put(out, "logo_uri", client.logo_uri);
  put(out, "tos_uri", client.tos_uri);
  put(out, "policy_uri", client.policy_uri);
  put(out, "jwks_uri", client.jwks_uri);
  put(out, "software_id", client.software_id);
  put(out, "software_version", client.software_version);
  put(out, "contacts", client.contacts);
  return out;
}

Json to_json(const AuthorizationCode& code) {
  Json out = {{"code", code.code},
              {"client_id", code.client_id},
              {"scopes", code.scopes},
              {"expires_at", code.expires_at},
              {"code_challenge", code.code_challenge},
              {"redirect_uri", code.redirect_uri},
              {"redirect_uri_provided_explicitly", code.redirect_uri_provided_explicitly}};
  put(out, "resource", code.resources);
  out["subject"] = code.subject;
  return out;
}

Json to_json(const RefreshToken& token) {
  Json out = {{"token", token.token}, {"client_id", token.client_id}, {"scopes", token.scopes}};
  if (token.expires_at) out["expires_at"] = *token.expires_at;
  put(out, "resource", token.resources);
  out["subject"] = token.subject;
  return out;
}

Json to_json(const AccessToken& token) {
  Json out = {{"token", token.token},
              {"client_id", token.client_id},
              {"scopes", token.scopes},
              {"expires_at", token.expires_at}};
  put(out, "resource", token.resources);
  out["subject"] = token.subject;
  return out;
}

Json to_json(const OAuthToken& token) {
  Json out = {{"access_token", token.access_token},
              {"token_type", token.token_type},
              {"expires_in", token.expires_in},
              {"scope", token.scope}};
  put(out, "refresh_token", token.refresh_token);
  return out;
}

Observation answer(Json value) {
  Observation observation;
  observation.value = std::move(value);
  return observation;
}

template <class T>
Observation answer(const std::optional<T>& found) {
  return answer(found ? to_json(*found) : Json(nullptr));
}

Observation refusal(const Refusal& refusal) {
  Observation observation;
  observation.error = to_string(refusal.error);
  observation.error_description = refusal.description;
  return observation;
}

template <class T>
Observation answer(const Result<T>& result) {
  return result ? answer(to_json(*result)) : refusal(result.refusal());
}

Client registration(const Json& with) {
  Client client;
  client.client_id = text(with, "client_id");
  client.client_secret = optional_text(with, "client_secret");
  client.client_secret_expires_at = seconds(with, "client_secret_expires_at");
  client.redirect_uris = texts(with, "redirect_uris");
  client.token_endpoint_auth_method =
      optional_text(with, "token_endpoint_auth_method").value_or(client.token_endpoint_auth_method);
  client.grant_types = optional_texts(with, "grant_types").value_or(client.grant_types);
  client.response_types = optional_texts(with, "response_types").value_or(client.response_types);
  client.scope = optional_text(with, "scope");
  client.client_name = optional_text(with, "client_name");
  client.client_uri = optional_text(with, "client_uri");
  client.logo_uri = optional_text(with, "logo_uri");
  client.tos_uri = optional_text(with, "tos_uri");
  client.policy_uri = optional_text(with, "policy_uri");
  client.jwks_uri = optional_text(with, "jwks_uri");
  client.software_id = optional_text(with, "software_id");
  client.software_version = optional_text(with, "software_version");
  client.contacts = texts(with, "contacts");
  return client;
}

Observation play_authorize(Provider& provider, const Call& call) {
  const Client client = client_of(provider, call.with);
  AuthorizationParams params;
  params.state = optional_text(call.with, "state");
  params.scopes = optional_texts(call.with, "scopes");
  params.code_challenge = text(call.with, "code_challenge");
  params.code_challenge_method = text(call.with, "code_challenge_method");
  params.resources = texts(call.with, "resource");
  params.subject = call.as;
  const auto redirect_uri = optional_text(call.with, "redirect_uri");
  // OAuth 2.1, 2.3.2: with exactly one registered URI the request can leave it out. The layer above
  // resolves that.
  params.redirect_uri_provided_explicitly = redirect_uri.has_value();
  if (redirect_uri) {
    params.redirect_uri = *redirect_uri;
  } else if (client.redirect_uris.size() == 1) {
    params.redirect_uri = client.redirect_uris[0];
  }
  const auto url = provider.authorize(client, params);
  if (!url) return refusal(url.refusal());
  Observation observation = answer(Json(*url));
  observe_redirect(observation, *url);
  return observation;
}

Observation play_exchange_code(Provider& provider, const Call& call) {
  const Client client = client_of(provider, call.with);
  CodeRedemption redemption;
  redemption.code_verifier = optional_text(call.with, "code_verifier");
  redemption.redirect_uri = optional_text(call.with, "redirect_uri");
  redemption.resources = texts(call.with, "resource");
  const Json* claim = find_path(call.with, "authorization_code");
  return answer(provider.exchange_authorization_code(
      client, code_claim(claim != nullptr ? *claim : Json(), client), redemption));
}

Observation play_exchange_refresh(Provider& provider, const Call& call) {
  const Client client = client_of(provider, call.with);
  const Json* claim = find_path(call.with, "refresh_token");
  return answer(provider.exchange_refresh_token(
      client, refresh_claim(claim != nullptr ? *claim : Json(), client),
      optional_texts(call.with, "scopes"), texts(call.with, "resource")));
}

Observation play_revoke(Provider& provider, const Call& call) {
  const auto done = provider.revoke_token(client_of(provider, call.with), text(call.with, "token"));
  return done ? answer(Json(true)) : refusal(done.refusal());
}

using Play = Observation (*)(Provider&, const Call&);
const std::map<std::string_view, Play>& plays() {
  static const std::map<std::string_view, Play> all = {
      {"get_client",
       [](Provider& p, const Call& c) { return answer(p.get_client(text(c.with, "client_id"))); }},
      {"register_client",
       [](Provider& p, const Call& c) { return answer(p.register_client(registration(c.with))); }},
      {"authorize", play_authorize},
      {"load_authorization_code",
       [](Provider& p, const Call& c) {
         return answer(
             p.load_authorization_code(client_of(p, c.with), text(c.with, "authorization_code")));
       }},
      {"exchange_authorization_code", play_exchange_code},
      {"load_refresh_token",
       [](Provider& p, const Call& c) {
         return answer(p.load_refresh_token(client_of(p, c.with), text(c.with, "refresh_token")));
       }},
      {"exchange_refresh_token", play_exchange_refresh},
      {"load_access_token",
       [](Provider& p, const Call& c) {
         return answer(p.load_access_token(text(c.with, "token")));
       }},
      {"verify_token",
       [](Provider& p, const Call& c) { return answer(p.verify_token(text(c.with, "token"))); }},
      {"revoke_token", play_revoke}};
  return all;
}

}  // namespace

Observation play_method(Provider& provider, const Call& call) {
  // A provider of somebody else may throw; that is an answer too.
  try {
    return plays().at(call.op.name())(provider, call);
  } catch (const std::exception& e) {
    Observation observation;
    observation.exception = e.what();
    return observation;
  } catch (...) {
    Observation observation;
    observation.exception = "an exception that is no std::exception";
    return observation;
  }
}

}  // namespace grantcheck
