#include "grantcheck/trace/target.h"

#include <algorithm>

namespace grantcheck {
namespace {

void add_parameter(Json& into, const std::string& name, const std::string& value) {
  const auto found = into.find(name);
  if (found == into.end()) {
    into[name] = value;
  } else if (found->is_array()) {
    found->push_back(value);
  } else {
    *found = Json::array({*found, value});
  }
}

std::string text_member(const Json& value, std::string_view name) {
  const Json* member = value.is_object() ? find_path(value, name) : nullptr;
  return member != nullptr && member->is_string() ? member->get<std::string>() : "";
}

}  // namespace

const std::vector<std::string_view>& capability_names() {
  static const std::vector<std::string_view> all = {"client_credentials",
                                                    "client_secret_basic",
                                                    "confidential_clients",
                                                    "consent",
                                                    "clock",
                                                    "introspection",
                                                    "iss",
                                                    "metadata",
                                                    "native_redirects",
                                                    "probe",
                                                    "public_clients",
                                                    "race",
                                                    "refresh_token",
                                                    "registration",
                                                    "resource",
                                                    "resource_indicators",
                                                    "resource_scope",
                                                    "revocation",
                                                    "scope_as_requested"};
  return all;
}

bool Observation::succeeded() const {
  if (kind != Kind::answered || !exception.empty()) return false;
  if (live) return *live;
  if (status == 0) return error.empty() && !value.is_null();
  if (!redirect.empty()) return error.empty();
  return status >= 200 && status < 300;
}

void observe_redirect(Observation& observation, std::string url) {
  const std::size_t fragment = std::min(url.find('#'), url.size());
  const std::size_t query = std::min(url.find('?'), fragment);
  observation.redirected = Json::object();
  if (query < fragment) {
    const auto fields = decode_form(std::string_view(url).substr(query + 1, fragment - query - 1));
    if (fields) {
      for (const auto& [name, value] : *fields) {
        add_parameter(observation.redirected, name, value);
      }
    }
  }
  observation.error = text_member(observation.redirected, "error");
  observation.error_description = text_member(observation.redirected, "error_description");
  // Without its query, but with a fragment if somebody put one there.
  observation.redirected["uri"] = url.substr(0, query) + url.substr(fragment);
  observation.redirect = std::move(url);
}

Observation observe(const Response& response) {
  Observation observation;
  observation.status = response.status;
  observation.headers = response.headers;
  if (auto json = parse_json_value(response.body)) {
    observation.value = *std::move(json);
  } else {
    observation.text = response.body;
  }
  observation.error = text_member(observation.value, "error");
  observation.error_description = text_member(observation.value, "error_description");
  const auto location = header(response.headers, "location");
  if (location && response.status >= 300 && response.status < 400) {
    observe_redirect(observation, std::string(*location));
  }
  return observation;
}

}  // namespace grantcheck
