// How the endpoints read a request.
#include <algorithm>
#include <utility>

#include "endpoints_internal.h"

namespace grantcheck::endpoints {
namespace {

std::string lower(std::string_view text) {
  std::string lowered(text);
  for (char& c : lowered) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lowered;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blank = " \t";
  const std::size_t first = text.find_first_not_of(blank);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

/// RFC 9110, 11.2: token68 = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"=".
bool is_token68(std::string_view text) {
  constexpr std::string_view allowed =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/";
  const std::size_t end = text.find_first_not_of(allowed);
  return end != 0 && !text.empty() &&
         (end == text.npos || text.find_first_not_of('=', end) == text.npos);
}

}  // namespace

Parameters::Parameters(std::string_view encoded) {
  // Pair by pair, so that an illegible one does not take the others with it: the authorization
  // endpoint still has to find the client and the redirect URI to send the error to.
  while (!encoded.empty()) {
    const std::string_view pair = encoded.substr(0, encoded.find('&'));
    encoded.remove_prefix(std::min(encoded.size(), pair.size() + 1));
    if (const auto fields = decode_form(pair)) {
      for (const auto& [name, value] : *fields) {
        // OAuth 2.1, 3.1: "Parameters sent without a value MUST be treated as if they were
        // omitted".
        if (!value.empty()) values_[name].push_back(value);
      }
      continue;
    }
    illegible_ = true;
    const auto name = decode_form(pair.substr(0, pair.find('=')));
    if (name && !name->empty()) illegible_names_.insert(name->front().first);
  }
}

std::optional<std::string> Parameters::one(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::nullopt : std::optional(found->second.front());
}

Strings Parameters::all(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? Strings{} : found->second;
}

bool Parameters::illegible(std::string_view name) const {
  return illegible_names_.find(name) != illegible_names_.end();
}

bool Parameters::unambiguous(std::string_view name) const {
  const auto found = values_.find(name);
  return found != values_.end() && found->second.size() == 1 && !illegible(name);
}

std::optional<Refusal> Parameters::fault() const {
  if (illegible_) {
    return Refusal{Error::invalid_request, "A parameter is not form-encoded UTF-8 without NUL."};
  }
  // OAuth 2.1, 3.1 and 3.2: the parameters "defined by this specification MUST NOT be included more
  // than once", nor those of an extension that does not say otherwise, as RFC 8707, 2 does.
  const bool repeated = std::any_of(values_.begin(), values_.end(), [](const auto& entry) {
    return entry.second.size() > 1 && entry.first != "resource";
  });
  if (repeated) return Refusal{Error::invalid_request, "A parameter occurs more than once."};
  return std::nullopt;
}

bool meant_for(const AccessToken& token, const std::string& resource) {
  return token.resources.empty() ||
         std::count(token.resources.begin(), token.resources.end(), resource) != 0;
}

bool has_media_type(const Request& request, std::string_view media_type) {
  const auto declared = header(request.headers, "Content-Type");
  return declared && lower(trimmed(declared->substr(0, declared->find(';')))) == media_type;
}

Result<Parameters> read_form(const Request& request) {
  // OAuth 2.1, 3.2.2: parameters are sent "using the form-encoding
  // application/x-www-form-urlencoded".
  if (!has_media_type(request, form_media_type)) {
    return Refusal{Error::invalid_request,
                   "The content type has to be application/x-www-form-urlencoded."};
  }
  Parameters parameters(request.body);
  if (auto fault = parameters.fault()) return std::move(*fault);
  return parameters;
}

Result<std::optional<Strings>> read_scope(const Parameters& parameters, const Rules& rules) {
  const auto scope = parameters.one("scope");
  if (!scope) return std::optional<Strings>();
  Strings tokens = split_scope(*scope);
  const bool well_formed = std::all_of(tokens.begin(), tokens.end(), [&](const std::string& token) {
    return rules.scope_token_well_formed(token);
  });
  // OAuth 2.1, 3.2.4: invalid_scope, "The requested scope is invalid, unknown, malformed".
  if (!well_formed) return Refusal{Error::invalid_scope, "The scope breaks the scope grammar."};
  return std::optional(std::move(tokens));
}

Authorization read_authorization(const Headers& headers) {
  using Form = Authorization::Form;
  const auto fields = std::count_if(headers.begin(), headers.end(), [](const auto& field) {
    return lower(field.first) == "authorization";
  });
  if (fields == 0) return {};
  const std::string_view value = trimmed(*header(headers, "Authorization"));
  const std::size_t space = value.find(' ');
  Authorization found{Form::malformed, lower(value.substr(0, space)), ""};
  // Two fields are two answers to the question who asks.
  if (fields > 1 || space == value.npos) return found;
  const std::size_t start = value.find_first_not_of(' ', space);
  if (!is_token68(value.substr(start))) return found;
  return {Form::well_formed, std::move(found.scheme), std::string(value.substr(start))};
}

}  // namespace grantcheck::endpoints
