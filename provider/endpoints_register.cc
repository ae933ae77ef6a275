// POST /register (RFC 7591).
#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "endpoints_internal.h"
#include "grantcheck/provider/endpoints.h"

namespace grantcheck {
namespace {

using endpoints::Json;
// Deep values overflow the stack when copied, compared or dumped; so nothing is built before this
// has passed the text. It also refuses names that occur twice in an object: two readers of such a
// text may see two clients (RFC 8259, 4).
class Inspection final : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit Inspection(std::size_t max_depth) : max_depth_(max_depth) {}

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return enter(); }
  bool start_array(std::size_t) override { return enter(); }
  bool end_object() override { return leave(); }
  bool end_array() override { return leave(); }
  bool key(string_t& name) override { return names_.back().insert(name).second; }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
    return false;
  }

 private:
  bool enter() {
    names_.emplace_back();
    return names_.size() <= max_depth_;
  }
  bool leave() {
    names_.pop_back();
    return true;
  }

  std::size_t max_depth_;
  std::vector<std::set<std::string>> names_;  // One set for each container that is open.
};

struct TextMember {
  const char* name;
  std::optional<std::string> Client::* field;
};
constexpr TextMember text_members[] = {
    {"scope", &Client::scope},
    {"client_name", &Client::client_name},
    {"client_uri", &Client::client_uri},
    {"logo_uri", &Client::logo_uri},
    {"tos_uri", &Client::tos_uri},
    {"policy_uri", &Client::policy_uri},
    {"jwks_uri", &Client::jwks_uri},
    {"software_id", &Client::software_id},
    {"software_version", &Client::software_version},
};

struct ListMember {
  const char* name;
  Strings Client::* field;
};
constexpr ListMember list_members[] = {
    {"redirect_uris", &Client::redirect_uris},
    {"grant_types", &Client::grant_types},
    {"response_types", &Client::response_types},
    {"contacts", &Client::contacts},
};

constexpr const char* auth_methods[] = {"none", "client_secret_basic", "client_secret_post"};

Refusal wrong_type(const std::string& name) {
  return {Error::invalid_client_metadata, name + " is not of the type it should be."};
}

/// Writes the member of that name to `field`, if there is one; false if it is of the wrong type.
template <class Field>
bool read_text(const Json& metadata, const char* name, Field& field) {
  const auto found = metadata.find(name);
  if (found == metadata.end() || found->is_null()) return true;
  if (!found->is_string()) return false;
  field = found->template get<std::string>();
  return true;
}

bool read_list(const Json& metadata, const char* name, Strings& field) {
  const auto found = metadata.find(name);
  if (found == metadata.end() || found->is_null()) return true;
  const auto is_string = [](const Json& item) { return item.is_string(); };
  if (!found->is_array() || !std::all_of(found->begin(), found->end(), is_string)) return false;
  field = found->get<Strings>();
  return true;
}

bool has(const Json& metadata, const char* name) {
  const auto found = metadata.find(name);
  return found != metadata.end() && !found->is_null();
}

/// The members as they are typed; whatever is not named here is ignored, as RFC 7591, 2 wants it.
/// So are `client_id` and `client_secret`, which the server assigns (RFC 7591, 3.2.1).
Result<Client> read_members(const Json& metadata) {
  Client client;
  for (const auto& [name, field] : text_members) {
    if (!read_text(metadata, name, client.*field)) return wrong_type(name);
  }
  for (const auto& [name, field] : list_members) {
    if (!read_list(metadata, name, client.*field)) return wrong_type(name);
  }
  if (!read_text(metadata, "token_endpoint_auth_method", client.token_endpoint_auth_method)) {
    return wrong_type("token_endpoint_auth_method");
  }
  if (has(metadata, "jwks")) {
    if (!metadata["jwks"].is_object()) return wrong_type("jwks");
    client.jwks = metadata["jwks"].dump();
  }
  return client;
}

/// What a registration says, before the provider judges it.
Result<Client> read_metadata(const Json& metadata, const EndpointOptions& options) {
  auto client = read_members(metadata);
  if (!client) return client;
  // RFC 7591, 2: "The "jwks_uri" and "jwks" parameters MUST NOT both be present in the same
  // request".
  if (has(metadata, "jwks") && has(metadata, "jwks_uri")) {
    return Refusal{Error::invalid_client_metadata, "jwks and jwks_uri exclude each other."};
  }
  if (client->redirect_uris.size() > options.max_redirect_uris) {
    return Refusal{Error::invalid_redirect_uri, "There are too many redirect URIs."};
  }
  if (std::count(std::begin(auth_methods), std::end(auth_methods),
                 client->token_endpoint_auth_method) == 0) {
    return Refusal{Error::invalid_client_metadata,
                   "token_endpoint_auth_method is not one that is supported."};
  }
  return client;
}

/// RFC 7591, 3.2.1: the server "MUST return all registered metadata about this client".
Json describe(const Client& client) {
  Json body;
  body["client_id"] = client.client_id;
  body["client_id_issued_at"] = client.client_id_issued_at;
  if (client.client_secret) {
    body["client_secret"] = *client.client_secret;
    // RFC 7591, 3.2.1: "REQUIRED if "client_secret" is issued."
    body["client_secret_expires_at"] = client.client_secret_expires_at;
  }
  body["token_endpoint_auth_method"] = client.token_endpoint_auth_method;
  for (const auto& [name, field] : list_members) {
    const Strings& list = client.*field;
    // What has a default when left out is shown even if it is empty.
    if (!list.empty() || field != &Client::contacts) body[name] = list;
  }
  for (const auto& [name, field] : text_members) {
    if (client.*field) body[name] = *(client.*field);
  }
  if (client.jwks) body["jwks"] = Json::parse(*client.jwks, nullptr, false);
  return body;
}

Response refused(std::string description) {
  return endpoints::error_response({Error::invalid_client_metadata, std::move(description)});
}

}  // namespace

Response Endpoints::register_client(const Request& request) const {
  // RFC 7591, 3.1: the client sends "an HTTP POST to the client registration endpoint with a
  // content type of "application/json"".
  if (!endpoints::has_media_type(request, "application/json")) {
    return endpoints::error_response(
        {Error::invalid_request, "The content type has to be application/json."});
  }
  Inspection inspection(options_.max_json_depth);
  if (!nlohmann::json::sax_parse(request.body, &inspection)) {
    return refused("The body is not JSON, too deep, or names a member twice.");
  }
  const Json metadata = Json::parse(request.body, nullptr, false);
  if (!metadata.is_object()) return refused("The body is not a JSON object.");

  const auto wanted = read_metadata(metadata, options_);
  if (!wanted) return endpoints::error_response(wanted.refusal());
  auto registered = provider_.register_client(*wanted);
  if (!registered) return endpoints::error_response(registered.refusal());
  Client client = *std::move(registered);
  if (client.client_id_issued_at == 0) client.client_id_issued_at = clock_.now();
  return endpoints::json_response(201, describe(client));
}

}  // namespace grantcheck
