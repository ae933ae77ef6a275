// A value or an OAuth error: how every operation of a provider answers.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace grantcheck {

/// The OAuth error codes that a provider or an endpoint can answer with.
enum class Error {
  invalid_request,            ///< OAuth 2.1, 3.2.4 and 4.1.2.1; RFC 6750, 3.1
  invalid_client,             ///< OAuth 2.1, 3.2.4
  invalid_grant,              ///< OAuth 2.1, 3.2.4
  unauthorized_client,        ///< OAuth 2.1, 3.2.4 and 4.1.2.1
  unsupported_grant_type,     ///< OAuth 2.1, 3.2.4
  invalid_scope,              ///< OAuth 2.1, 3.2.4 and 4.1.2.1
  invalid_target,             ///< RFC 8707, 2
  access_denied,              ///< OAuth 2.1, 4.1.2.1
  unsupported_response_type,  ///< OAuth 2.1, 4.1.2.1
  server_error,               ///< OAuth 2.1, 4.1.2.1
  temporarily_unavailable,    ///< OAuth 2.1, 4.1.2.1
  invalid_redirect_uri,       ///< RFC 7591, 3.2.2
  invalid_client_metadata,    ///< RFC 7591, 3.2.2
  unsupported_token_type,     ///< RFC 7009, 2.2.1
  invalid_token,              ///< RFC 6750, 3.1
  insufficient_scope,         ///< RFC 6750, 3.1
};

/// The code as it stands in a message, for instance "invalid_grant".
std::string_view to_string(Error error);
/// The error of that name, or nothing if no such code exists.
std::optional<Error> error_named(std::string_view name);

/// A refused request. It is a value, never an exception.
struct Refusal {
  Error error;
  /// For developers; printable ASCII without `"` and `\` (OAuth 2.1, 3.2.4), and never a secret.
  std::string description;
};

/// A `T`, or the refusal that stands in its place.
template <class T, class E = Refusal>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT
  Result(E refusal) : state_(std::in_place_index<1>, std::move(refusal)) {}  // NOLINT

  explicit operator bool() const { return state_.index() == 0; }
  /// The value. Only after the result was found to be true.
  const T& operator*() const& { return *std::get_if<0>(&state_); }
  T&& operator*() && { return std::move(*std::get_if<0>(&state_)); }
  const T* operator->() const { return std::get_if<0>(&state_); }
  /// The refusal. Only after the result was found to be false.
  const E& refusal() const { return *std::get_if<1>(&state_); }

 private:
  std::variant<T, E> state_;
};

/// The value of an operation that answers nothing but "done".
struct Done {};

}  // namespace grantcheck
