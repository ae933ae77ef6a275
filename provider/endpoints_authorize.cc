// GET and POST /authorize (OAuth 2.1, 3.1 and 4.1).
#include <algorithm>
#include <utility>

#include "endpoints_internal.h"
#include "grantcheck/provider/endpoints.h"

namespace grantcheck {
namespace {

using endpoints::Parameters;

/// Whom an answer may be sent to: established before anything else is looked at.
struct Audience {
  Client client;
  std::string redirect_uri;
  bool redirect_uri_provided_explicitly = true;
};

Refusal invalid_request(std::string description) {
  return {Error::invalid_request, std::move(description)};
}

Result<Client> find_client(const Parameters& parameters, Provider& provider) {
  // OAuth 2.1, 4.1.2.1: with a missing or invalid client identifier the server "MUST NOT
  // automatically redirect the user agent". Which of two would be valid is not for us to guess.
  if (!parameters.unambiguous("client_id")) {
    return invalid_request("client_id has to be there, once.");
  }
  auto client = provider.get_client(*parameters.one("client_id"));
  if (!client) return invalid_request("No client of that client_id is registered.");
  return std::move(*client);
}

Result<Audience> find_audience(const Parameters& parameters, Provider& provider,
                               const Rules& rules) {
  auto found = find_client(parameters, provider);
  if (!found) return found.refusal();
  Client client = *std::move(found);
  const Strings& registered = client.redirect_uris;
  const auto requested = parameters.one("redirect_uri");
  // A redirect_uri that is there but illegible is not an omitted one.
  if (requested ? !parameters.unambiguous("redirect_uri") : parameters.illegible("redirect_uri")) {
    return invalid_request("redirect_uri has to be legible, and there once.");
  }
  if (!requested) {
    // OAuth 2.1, 2.3.2: with several registered redirect URIs the client "MUST include" one.
    if (registered.size() != 1) return invalid_request("redirect_uri has to be there.");
    std::string only = registered.front();
    return Audience{std::move(client), std::move(only), false};
  }
  // OAuth 2.1, 2.3.1: the server "MUST reject" redirect URIs that "don't exactly match".
  const bool matches = std::any_of(
      registered.begin(), registered.end(),
      [&](const std::string& uri) { return rules.redirect_uri_matches(uri, *requested); });
  if (!matches) return invalid_request("redirect_uri is not registered for this client.");
  return Audience{std::move(client), *requested, true};
}

/// OAuth 2.1, A.5: state = 1*VSCHAR, visible ASCII and space.
bool is_state(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

/// The state to return, in a grant and in an error alike: none if it is malformed or not one.
std::optional<std::string> state_of(const Parameters& parameters) {
  auto state = parameters.one("state");
  if (!state || !parameters.unambiguous("state") || !is_state(*state)) return std::nullopt;
  return state;
}

std::optional<Refusal> fault_of(const Parameters& parameters) {
  if (auto fault = parameters.fault()) return fault;
  if (parameters.one("state") && !state_of(parameters)) {
    return invalid_request("state may hold printable ASCII only.");
  }
  // OAuth 2.1, 4.1.1: "If an authorization request is missing the response_type parameter, or if
  // the response type is not understood, the authorization server MUST return an error response".
  const auto response_type = parameters.one("response_type");
  if (!response_type) return invalid_request("response_type has to be there.");
  if (*response_type != "code") {
    return Refusal{Error::unsupported_response_type, "The only response_type is code."};
  }
  return std::nullopt;
}

/// The provider's URL, or the refusal that goes to the client.
Result<std::string> decide(const Parameters& parameters, const Audience& audience,
                           const std::string& subject, Provider& provider, const Rules& rules) {
  // OAuth 2.1, 4.1.1: parameters are checked for presence and validity before the owner is asked.
  if (auto fault = fault_of(parameters)) return std::move(*fault);
  auto scopes = endpoints::read_scope(parameters, rules);
  if (!scopes) return scopes.refusal();

  AuthorizationParams params;
  params.state = state_of(parameters);
  params.scopes = *std::move(scopes);
  params.code_challenge = parameters.one("code_challenge").value_or("");
  params.code_challenge_method = parameters.one("code_challenge_method").value_or("");
  params.redirect_uri = audience.redirect_uri;
  params.redirect_uri_provided_explicitly = audience.redirect_uri_provided_explicitly;
  params.resources = parameters.all("resource");
  params.subject = subject;
  try {
    return provider.authorize(audience.client, params);
  } catch (...) {
    // OAuth 2.1, 4.1.2.1: server_error exists "because a 500 [...] cannot be returned to the client
    // via an HTTP redirect".
    return Refusal{Error::server_error, "The server failed."};
  }
}

/// The errors that an authorization response knows (OAuth 2.1, 4.1.2.1; RFC 8707, 2).
bool is_authorization_error(Error error) {
  constexpr Error errors[] = {
      Error::invalid_request, Error::unauthorized_client,       Error::access_denied,
      Error::invalid_scope,   Error::unsupported_response_type, Error::server_error,
      Error::invalid_target,  Error::temporarily_unavailable};
  return std::count(std::begin(errors), std::end(errors), error) != 0;
}

std::size_t issuers_in(std::string_view url) {
  const std::size_t end = std::min(url.find('#'), url.size());
  const std::size_t query = std::min(url.find('?'), end);
  return query == end ? 0 : Parameters(url.substr(query + 1, end - query - 1)).all("iss").size();
}

/// RFC 9207, 2: `iss` stands in every authorization response, once. A provider may have put it
/// there; what the client registered does not count.
std::string with_issuer(const std::string& url, const std::string& redirect_uri,
                        const std::string& issuer) {
  const bool there = issuers_in(url) > issuers_in(redirect_uri);
  return there ? url : endpoints::with_query(url, {{"iss", issuer}});
}

void protect_page(Response& response) {
  // OAuth 2.1, 7.11: clickjacking has to be prevented, by policy and by the older countermeasure.
  // And no URL with state or code shall leak as a referrer.
  response.headers.emplace_back("Referrer-Policy", "no-referrer");
  response.headers.emplace_back("X-Frame-Options", "DENY");
  response.headers.emplace_back("Content-Security-Policy",
                                "default-src 'none'; frame-ancestors 'none'");
  response.headers.emplace_back("X-Content-Type-Options", "nosniff");
}

/// An error shown to the person at the browser: never a redirect (OAuth 2.1, 2.3.5 and 4.1.2.1).
Response shown_here(const Refusal& refusal) {
  Response response = endpoints::error_response(400, refusal);
  protect_page(response);
  return response;
}

/// OAuth 2.1, 7.5.3: 303, for 307 would pass on what the person typed.
Response redirect(std::string location) {
  const bool safe =
      std::all_of(location.begin(), location.end(), [](char c) { return c > ' ' && c <= '~'; });
  // Such a redirect URI cannot stand in a header field.
  if (!safe) return shown_here({Error::server_error, "The redirect URI cannot be used."});
  Response response{303, {{"Location", std::move(location)}, {"Cache-Control", "no-store"}}, ""};
  protect_page(response);
  return response;
}

FormFields error_fields(const Refusal& refusal, std::optional<std::string> state) {
  FormFields fields{{"error", std::string(to_string(refusal.error))}};
  std::string description = endpoints::description_of(refusal);
  if (!description.empty()) fields.emplace_back("error_description", std::move(description));
  if (state) fields.emplace_back("state", std::move(*state));
  return fields;
}

}  // namespace

Response Endpoints::authorize(const Request& request) const {
  const bool posted = request.method == "POST";
  if (posted && !endpoints::has_media_type(request, endpoints::form_media_type)) {
    return shown_here(invalid_request("The request has to be form-encoded."));
  }
  const Parameters parameters(posted ? request.body : request.query);
  const auto audience = find_audience(parameters, provider_, rules_);
  if (!audience) return shown_here(audience.refusal());

  auto url = decide(parameters, *audience, request.subject, provider_, rules_);
  const std::string& redirect_uri = audience->redirect_uri;
  if (url) return redirect(with_issuer(*std::move(url), redirect_uri, options_.issuer));

  Refusal refusal = url.refusal();
  // The provider, who has the last word, trusts client or redirect URI less than we did.
  if (refusal.error == Error::invalid_client || refusal.error == Error::invalid_redirect_uri) {
    return shown_here(invalid_request(refusal.description));
  }
  if (!is_authorization_error(refusal.error)) refusal = {Error::server_error, "The server failed."};
  std::string location =
      endpoints::with_query(redirect_uri, error_fields(refusal, state_of(parameters)));
  return redirect(with_issuer(location, redirect_uri, options_.issuer));
}

}  // namespace grantcheck
