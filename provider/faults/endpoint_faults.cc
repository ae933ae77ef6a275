// Faults that lie before sound endpoints: each spoils requests or answers of one of them.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "groups.h"

namespace grantcheck {
namespace {

using Json = nlohmann::ordered_json;

bool same_name(std::string_view a, std::string_view b) {
  return header({{std::string(a), ""}}, b).has_value();
}

void drop_header(Response& response, std::string_view name) {
  Headers& all = response.headers;
  all.erase(std::remove_if(all.begin(), all.end(),
                           [name](const auto& field) { return same_name(field.first, name); }),
            all.end());
}

void set_header(Response& response, std::string_view name, std::string value) {
  drop_header(response, name);
  response.headers.emplace_back(name, std::move(value));
}

// Changes the JSON object in the answer, if there is one.
template <class Change>
void change_body(Response& response, const Change& change) {
  Json body = Json::parse(response.body, nullptr, false);
  if (!body.is_object()) return;
  change(body);
  response.body = body.dump();
}

/// A redirect that reports an error, taken apart.
struct ErrorRedirect {
  std::string uri;  ///< Without its query.
  FormFields fields;

  std::string_view operator[](std::string_view name) const {
    const auto found = std::find_if(fields.begin(), fields.end(),
                                    [name](const auto& field) { return field.first == name; });
    return found == fields.end() ? std::string_view() : std::string_view(found->second);
  }
  void drop(std::string_view name) {
    fields.erase(std::remove_if(fields.begin(), fields.end(),
                                [name](const auto& field) { return field.first == name; }),
                 fields.end());
  }
  void write_to(Response& response) const {
    set_header(response, "Location", uri + "?" + encode_form(fields));
  }
};

std::optional<ErrorRedirect> error_redirect(const Response& response) {
  const auto location = header(response.headers, "Location");
  const std::size_t query = location ? location->find('?') : std::string_view::npos;
  if (query == std::string_view::npos) return std::nullopt;
  auto fields = decode_form(location->substr(query + 1));
  if (!fields) return std::nullopt;
  ErrorRedirect redirect{std::string(location->substr(0, query)), *std::move(fields)};
  if (redirect["error"].empty()) return std::nullopt;
  return redirect;
}

// ---- The authorization endpoint

// The redirect loses that parameter if it reports that error.
void drop_from_error(Response& response, std::string_view error, std::string_view parameter) {
  auto redirect = error_redirect(response);
  if (!redirect || (*redirect)["error"] != error) return;
  redirect->drop(parameter);
  redirect->write_to(response);
}

// state-dropped-scope-error (M15). Killed by authorize/state-comes-back-with-a-bad-scope.
void drop_state_of_scope_error(const Request&, Response& response, Provider&) {
  drop_from_error(response, "invalid_scope", "state");
}

// state-dropped-denial (M15). Killed by authorize/state-comes-back-with-a-denial.
void drop_state_of_denial(const Request&, Response& response, Provider&) {
  drop_from_error(response, "access_denied", "state");
}

// iss-missing-on-denial. Killed by authorize/denial-names-the-issuer.
void drop_iss_of_denial(const Request&, Response& response, Provider&) {
  drop_from_error(response, "access_denied", "iss");
}

// error-redirect-first-uri. Killed by redirect/denial-goes-to-the-requested-one-of-two.
void report_error_to_first_uri(const Request& request, Response& response, Provider& provider) {
  auto redirect = error_redirect(response);
  const auto asked = decode_form(request.method == "POST" ? request.body : request.query);
  if (!redirect || !asked) return;
  for (const auto& [name, value] : *asked) {
    const auto client = name == "client_id" ? provider.get_client(value) : std::nullopt;
    if (client) redirect->uri = client->redirect_uris.front();
  }
  redirect->write_to(response);
}

// redirect-by-307. Killed by redirect/posted-request-is-not-redirected-by-307.
void redirect_by_307(const Request&, Response& response, Provider&) {
  if (response.status == 303) response.status = 307;
}

// ---- Tokens

// expires-in-missing-client-credentials. Killed by client-credentials/lifetime-is-told.
void hide_lifetime_of_client_token(const Request& request, Response& response, Provider&) {
  if (request.body.find("grant_type=client_credentials") == std::string::npos) return;
  change_body(response, [](Json& body) { body.erase("expires_in"); });
}

// introspection-exp-off. Killed by introspect/expiry-is-the-announced-one.
void tell_later_expiry(const Request&, Response& response, Provider&) {
  change_body(response, [](Json& body) {
    constexpr Seconds day = 24 * 3600;
    if (body.contains("exp")) body["exp"] = body["exp"].get<Seconds>() + day;
  });
}

// repeats-accepted-at-revoke. Killed by revoke/repeated-token-is-refused.
// repeats-accepted-at-introspect. Killed by introspect/repeated-token-is-refused.
// Of a repeated parameter the first value is taken.
void keep_first_of_repeats(Request& request) {
  const auto fields = decode_form(request.body);
  if (!fields) return;
  std::set<std::string> seen;
  FormFields first;
  for (const auto& field : *fields) {
    if (seen.insert(field.first).second) first.push_back(field);
  }
  request.body = encode_form(first);
}

// ---- Client authentication

// malformed-basic-unchallenged. Killed by client-auth/broken-base64-is-challenged.
void call_unreadable_header_malformed(const Request& request, Response& response, Provider&) {
  const auto sent = header(request.headers, "Authorization");
  if (response.status != 401 || !sent || sent->find('!') == std::string_view::npos) return;
  response.status = 400;
  drop_header(response, "WWW-Authenticate");
  change_body(response, [](Json& body) { body["error"] = "invalid_request"; });
}

// revocation-unchallenged. Killed by revoke/failure-by-basic-is-challenged.
void drop_challenge(const Request&, Response& response, Provider&) {
  if (response.status != 401) return;
  response.status = 400;
  drop_header(response, "WWW-Authenticate");
}

// failed-client-told-in-html. Killed by client-auth/failure-by-basic-is-told-in-json.
void call_401_html(const Request&, Response& response, Provider&) {
  if (response.status == 401) set_header(response, "Content-Type", "text/html");
}

// ---- What may be stored

// introspection-stored. Killed by introspect/answer-is-not-stored.
void let_be_stored(const Request&, Response& response, Provider&) {
  drop_header(response, "Cache-Control");
}

// basic-registration-stored. Killed by register/secret-for-basic-is-not-cached.
void let_basic_secret_be_stored(const Request& request, Response& response, Provider&) {
  const bool basic = request.body.find("client_secret_basic") != std::string::npos;
  if (basic) drop_header(response, "Cache-Control");
}

// token-error-stored. Killed by token/refusal-is-not-stored.
void let_error_be_stored(const Request&, Response& response, Provider&) {
  if (response.status >= 400) drop_header(response, "Cache-Control");
}

// ---- Metadata

// metadata-offers-password. Killed by metadata/does-not-offer-the-password-grant.
void offer_password_grant(const Request&, Response& response, Provider&) {
  change_body(response, [](Json& body) { body["grant_types_supported"].push_back("password"); });
}

// resource-metadata-names-stranger. Killed by metadata/of-the-resource-names-its-server.
void name_a_stranger(const Request&, Response& response, Provider&) {
  change_body(response,
              [](Json& body) { body["authorization_servers"] = {"https://evil.example"}; });
}

// ----

// `alter` spoils every answer of that path.
Fault answering(std::string_view name, std::string_view number, std::string_view says,
                std::string_view killed_by, std::string_view path,
                void (*alter)(const Request&, Response&, Provider&)) {
  Fault fault{name, number, says, killed_by, {}, {}, {}};
  fault.before_endpoints = [path, alter](const Handler& behind, Provider& provider) -> Handler {
    return [behind, path, alter, &provider](const Request& request) {
      Response response = behind(request);
      if (request.path == path) alter(request, response, provider);
      return response;
    };
  };
  return fault;
}

// `alter` spoils every request to that path.
Fault asking(std::string_view name, std::string_view number, std::string_view says,
             std::string_view killed_by, std::string_view path, void (*alter)(Request&)) {
  Fault fault{name, number, says, killed_by, {}, {}, {}};
  fault.before_endpoints = [path, alter](const Handler& behind, Provider&) -> Handler {
    return [behind, path, alter](Request request) {
      if (request.path == path) alter(request);
      return behind(request);
    };
  };
  return fault;
}

}  // namespace

std::vector<Fault> endpoint_faults() {
  return {
      answering("state-dropped-scope-error", "M15", "state is lost where the scope is refused",
                "authorize/state-comes-back-with-a-bad-scope", "/authorize",
                drop_state_of_scope_error),
      answering("state-dropped-denial", "M15", "state is lost where the owner did not approve",
                "authorize/state-comes-back-with-a-denial", "/authorize", drop_state_of_denial),
      answering("iss-missing-on-denial", "", "iss is missing where the owner did not approve",
                "authorize/denial-names-the-issuer", "/authorize", drop_iss_of_denial),
      answering("error-redirect-first-uri", "",
                "errors go to the first registered redirect URI, whichever was requested",
                "redirect/denial-goes-to-the-requested-one-of-two", "/authorize",
                report_error_to_first_uri),
      answering("redirect-by-307", "", "the browser is sent back by 307",
                "redirect/posted-request-is-not-redirected-by-307", "/authorize", redirect_by_307),
      answering("expires-in-missing-client-credentials", "",
                "the client credentials grant does not tell the lifetime",
                "client-credentials/lifetime-is-told", "/token", hide_lifetime_of_client_token),
      answering("introspection-exp-off", "", "introspection tells an expiry a day too late",
                "introspect/expiry-is-the-announced-one", "/introspect", tell_later_expiry),
      asking("repeats-accepted-at-revoke", "",
             "POST /revoke takes the first of a repeated parameter",
             "revoke/repeated-token-is-refused", "/revoke", keep_first_of_repeats),
      asking("repeats-accepted-at-introspect", "",
             "POST /introspect takes the first of a repeated parameter",
             "introspect/repeated-token-is-refused", "/introspect", keep_first_of_repeats),
      answering("malformed-basic-unchallenged", "",
                "an Authorization header that is no Base64 is a malformed request",
                "client-auth/broken-base64-is-challenged", "/token",
                call_unreadable_header_malformed),
      answering("revocation-unchallenged", "",
                "failed client authentication at POST /revoke is a plain 400",
                "revoke/failure-by-basic-is-challenged", "/revoke", drop_challenge),
      answering("failed-client-told-in-html", "", "a 401 of POST /token is declared as HTML",
                "client-auth/failure-by-basic-is-told-in-json", "/token", call_401_html),
      answering("introspection-stored", "", "introspection lets its answers be stored",
                "introspect/answer-is-not-stored", "/introspect", let_be_stored),
      answering("basic-registration-stored", "",
                "the registration of a client that uses HTTP Basic may be stored",
                "register/secret-for-basic-is-not-cached", "/register", let_basic_secret_be_stored),
      answering("token-error-stored", "", "errors of POST /token may be stored",
                "token/refusal-is-not-stored", "/token", let_error_be_stored),
      answering("metadata-offers-password", "", "the metadata lists the password grant",
                "metadata/does-not-offer-the-password-grant",
                "/.well-known/oauth-authorization-server", offer_password_grant),
      answering("resource-metadata-names-stranger", "",
                "the metadata of the resource names another authorization server",
                "metadata/of-the-resource-names-its-server",
                "/.well-known/oauth-protected-resource", name_a_stranger),
  };
}

}  // namespace grantcheck
