#include "grantcheck/provider/rules.h"

#include <arpa/inet.h>
#include <openssl/crypto.h>

#include <algorithm>

#include "grantcheck/provider/digest.h"
#include "grantcheck/provider/http.h"

namespace grantcheck {
namespace {

// RFC 3986, 2.2, 2.3 and appendix A. The C library's versions follow the locale; a URI does not.
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_one_of(char c, std::string_view set) { return set.find(c) != std::string_view::npos; }
bool is_unreserved(char c) { return is_letter(c) || is_digit(c) || is_one_of(c, "-._~"); }
bool is_reserved(char c) { return is_one_of(c, ":/?#[]@!$&'()*+,;="); }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

bool only_uri_characters(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (i + 2 >= text.size() || !is_hex(text[i + 1]) || !is_hex(text[i + 2])) return false;
    } else if (!is_unreserved(text[i]) && !is_reserved(text[i])) {
      return false;
    }
  }
  return true;
}

bool is_port(std::string_view text) {
  if (text.empty() || text.size() > 5 || !std::all_of(text.begin(), text.end(), is_digit))
    return false;
  int port = 0;
  for (const char c : text) port = port * 10 + (c - '0');
  return port <= 65535;
}

// An absolute URI taken apart as far as redirect URIs need it (RFC 3986, 3).
struct Uri {
  std::string_view scheme;
  std::optional<std::string_view> authority;
  std::string_view rest;  ///< Path and query.
};

std::optional<Uri> parse_absolute(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  if (!only_uri_characters(text)) return std::nullopt;
  Uri uri{text.substr(0, colon), std::nullopt, text.substr(colon + 1)};
  const auto in_scheme = [](char c) { return is_letter(c) || is_digit(c) || is_one_of(c, "+-."); };
  if (!is_letter(uri.scheme.front()) ||
      !std::all_of(uri.scheme.begin(), uri.scheme.end(), in_scheme))
    return std::nullopt;
  if (uri.rest.substr(0, 2) == "//") {
    const std::size_t end = std::min(uri.rest.find_first_of("/?#", 2), uri.rest.size());
    uri.authority = uri.rest.substr(2, end - 2);
    uri.rest = uri.rest.substr(end);
  }
  return uri;
}

bool is_ipv6(std::string_view text) {
  in6_addr address;
  return inet_pton(AF_INET6, std::string(text).c_str(), &address) == 1;
}

// No label is empty but, after a final dot, the root's.
bool has_labels(std::string_view host) {
  return host.front() != '.' && host.find("..") == std::string_view::npos;
}

// Host and port of an authority without userinfo, or nothing if it is not plainly that.
struct HostPort {
  std::string_view host;
  std::optional<std::string_view> port;
};

std::optional<HostPort> parse_authority(std::string_view authority) {
  const bool bracketed = !authority.empty() && authority.front() == '[';
  const std::size_t host_end =
      bracketed ? authority.find(']') : std::min(authority.find(':'), authority.size());
  if (host_end == std::string_view::npos) return std::nullopt;
  HostPort parts{authority.substr(0, bracketed ? host_end + 1 : host_end), std::nullopt};
  const std::string_view after = authority.substr(parts.host.size());
  if (!after.empty()) {
    if (after.front() != ':' || !is_port(after.substr(1))) return std::nullopt;
    parts.port = after.substr(1);
  }
  const std::string_view name = bracketed ? parts.host.substr(1, host_end - 1) : parts.host;
  const auto in_name = [bracketed](char c) {
    return bracketed ? is_hex(c) || is_one_of(c, ":.")
                     : is_letter(c) || is_digit(c) || is_one_of(c, "-._");
  };
  if (name.empty() || !std::all_of(name.begin(), name.end(), in_name)) return std::nullopt;
  if (bracketed ? !is_ipv6(name) : !has_labels(name)) return std::nullopt;
  return parts;
}

// OAuth 2.1, 3.1: response parameters stand once. A redirect URI that brings one along makes two.
bool brings_response_parameters(std::string_view query) {
  constexpr std::string_view kNames[] = {"code",     "state", "iss", "error", "error_description",
                                         "error_uri"};
  const std::optional<FormFields> fields = decode_form(query);
  return !fields || std::any_of(fields->begin(), fields->end(), [&](const auto& field) {
    return std::find(std::begin(kNames), std::end(kNames), field.first) != std::end(kNames);
  });
}

bool is_loopback_literal(std::string_view host) { return host == "127.0.0.1" || host == "[::1]"; }

bool is_pkce_string(std::string_view text) {
  return text.size() >= 43 && text.size() <= 128 &&
         std::all_of(text.begin(), text.end(), is_unreserved);
}

}  // namespace

bool Rules::redirect_uri_matches(std::string_view registered, std::string_view requested) const {
  if (registered == requested) return true;
  // OAuth 2.1, 8.4.2: any port at request time, for `http` on a loopback IP literal. All else has
  // to be the same.
  constexpr std::string_view kHttp = "http://";
  if (registered.substr(0, kHttp.size()) != kHttp || requested.substr(0, kHttp.size()) != kHttp)
    return false;
  const std::optional<Uri> a = parse_absolute(registered);
  const std::optional<Uri> b = parse_absolute(requested);
  if (!a || !b || a->rest != b->rest) return false;
  const std::optional<HostPort> host_a = parse_authority(*a->authority);
  const std::optional<HostPort> host_b = parse_authority(*b->authority);
  if (!host_a || !host_b || host_a->host != host_b->host) return false;
  return is_loopback_literal(host_a->host) ||
         (options_.localhost_port_varies && host_a->host == "localhost");
}

bool Rules::redirect_uri_registrable(std::string_view text) const {
  const std::optional<Uri> uri = parse_absolute(text);
  // A fragment is forbidden (OAuth 2.1, 2.3); an asterisk would be a pattern to somebody, and
  // patterns are not matched here.
  if (!uri || text.find_first_of("#*") != std::string_view::npos) return false;
  const std::size_t query = uri->rest.find('?');
  if (query != std::string_view::npos && brings_response_parameters(uri->rest.substr(query + 1)))
    return false;
  const bool http = same_ignoring_case(uri->scheme, "http");
  if (!http && !same_ignoring_case(uri->scheme, "https")) {
    // OAuth 2.1, 8.4.3: a private-use scheme is a reversed domain name, so at least it has a dot.
    const bool userinfo = uri->authority && uri->authority->find('@') != std::string_view::npos;
    const bool empty = uri->rest.empty() && uri->authority.value_or("").empty();
    return uri->scheme.find('.') != std::string_view::npos && uri->scheme.back() != '.' &&
           !userinfo && !empty;
  }
  // parse_authority knows no userinfo, so a URI with one ends here.
  const std::optional<HostPort> host = parse_authority(uri->authority.value_or(""));
  if (!host) return false;
  // OAuth 2.1, 2.3 and 8.4.2: `http` only where the request never leaves the machine.
  return !http || is_loopback_literal(host->host) || same_ignoring_case(host->host, "localhost");
}

bool Rules::challenge_well_formed(std::string_view challenge) const {
  return is_pkce_string(challenge);
}

bool Rules::verifier_well_formed(std::string_view verifier) const {
  return is_pkce_string(verifier);
}

bool Rules::challenge_method_supported(std::string_view method) const { return method == "S256"; }

bool Rules::challenge_matches(std::string_view challenge,
                              const std::optional<std::string>& verifier) const {
  return verifier && verifier_well_formed(*verifier) &&
         base64url(digest_of(*verifier)) == challenge;
}

bool Rules::token_redirect_uri_matches(std::string_view authorized,
                                       const std::optional<std::string>& presented) const {
  return !presented || *presented == authorized;
}

bool Rules::expired(Credential, Seconds now, Seconds expires_at) const { return now >= expires_at; }

bool Rules::scope_token_well_formed(std::string_view token) const {
  const auto allowed = [](char c) { return c >= 0x21 && c <= 0x7e && c != '"' && c != '\\'; };
  return !token.empty() && std::all_of(token.begin(), token.end(), allowed);
}

bool Rules::scope_within(const Strings& requested, const Strings& allowed) const {
  return std::all_of(requested.begin(), requested.end(), [&](const std::string& token) {
    return std::find(allowed.begin(), allowed.end(), token) != allowed.end();
  });
}

bool Rules::resource_well_formed(std::string_view resource) const {
  const std::optional<Uri> uri = parse_absolute(resource);
  if (!uri || resource.find('#') != std::string_view::npos) return false;
  if (uri->authority) return !uri->authority->empty();
  return !uri->rest.empty();
}

bool Rules::secret_matches(std::string_view stored, std::string_view given) const {
  // Digests are of one length, so that not even the secret's length can be timed.
  const Digest a = digest_of(stored);
  const Digest b = digest_of(given);
  return !stored.empty() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

bool Rules::belongs_to(Credential, std::string_view owner, std::string_view client_id) const {
  return owner == client_id;
}

Ends Rules::replay_ends(Credential) const { return Ends::grant; }

Ends Rules::revocation_ends(Credential) const { return Ends::grant; }

Strings split_scope(std::string_view scope) {
  Strings items;
  for (std::size_t start = 0;;) {
    const std::size_t space = scope.find(' ', start);
    items.emplace_back(scope.substr(start, space - start));
    if (space == std::string_view::npos) return items;
    start = space + 1;
  }
}

std::string join_scope(const Strings& scopes) {
  std::string text;
  for (const std::string& scope : scopes) {
    if (!text.empty()) text += ' ';
    text += scope;
  }
  return text;
}

}  // namespace grantcheck
