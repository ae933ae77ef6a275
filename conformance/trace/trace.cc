#include "grantcheck/trace/trace.h"

#include <algorithm>
#include <set>

namespace grantcheck {
namespace {

const std::vector<std::string_view>& roles() {
  static const std::vector<std::string_view> all = {"/register",
                                                    "/authorize",
                                                    "/token",
                                                    "/revoke",
                                                    "/introspect",
                                                    "/resource",
                                                    "/.well-known/oauth-authorization-server",
                                                    "/.well-known/oauth-protected-resource"};
  return all;
}

const std::vector<std::string_view>& http_methods() {
  static const std::vector<std::string_view> all = {"GET",    "POST",  "HEAD",   "PUT",
                                                    "DELETE", "PATCH", "OPTIONS"};
  return all;
}

bool contains(const std::vector<std::string_view>& all, std::string_view one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

void compare_members(const Json& a, const Json& b, std::size_t step, const std::string& prefix,
                     std::vector<Difference>& out) {
  std::set<std::string> names;
  for (const auto& item : a.items()) names.insert(item.key());
  for (const auto& item : b.items()) names.insert(item.key());
  for (const std::string& name : names) {
    const auto left = a.find(name);
    const auto right = b.find(name);
    const bool same = left != a.end() && right != b.end() && *left == *right;
    if (!same) out.push_back({step, prefix + name});
  }
}

bool caps(const Successes& successes) {
  return successes.at_most.has_value() || successes.exactly.has_value();
}

// RFC 7662, 2.2: a dead token is answered by an `active` of false, which is no refusal of the
// request.
bool wants_inactive(const Match& match) {
  const Json* active = find_path(match.body, "active");
  return active != nullptr && *active == false;
}

}  // namespace

const std::vector<std::string_view>& method_names() {
  static const std::vector<std::string_view> all = {"get_client",
                                                    "register_client",
                                                    "authorize",
                                                    "load_authorization_code",
                                                    "exchange_authorization_code",
                                                    "load_refresh_token",
                                                    "exchange_refresh_token",
                                                    "load_access_token",
                                                    "verify_token",
                                                    "revoke_token"};
  return all;
}

const std::vector<std::string_view>& Op::names() {
  static const std::vector<std::string_view> all = [] {
    std::vector<std::string_view> names = method_names();
    names.insert(names.end(), {"POST /register", "GET /authorize", "POST /token", "POST /revoke",
                               "POST /introspect", "GET /resource",
                               "GET /.well-known/oauth-authorization-server",
                               "GET /.well-known/oauth-protected-resource", "wait", "probe"});
    return names;
  }();
  return all;
}

std::optional<Op> Op::named(std::string_view name) {
  if (contains(method_names(), name)) return Op(std::string(name), Door::methods);
  if (name == "wait" || name == "probe") return Op(std::string(name), Door::either);
  const std::size_t space = name.find(' ');
  if (space == std::string_view::npos || !contains(http_methods(), name.substr(0, space)) ||
      !contains(roles(), name.substr(space + 1))) {
    return std::nullopt;
  }
  return Op(std::string(name), Door::endpoints);
}

std::string_view Op::http_method() const {
  return std::string_view(name_).substr(0, name_.find(' '));
}

std::string_view Op::role() const { return std::string_view(name_).substr(name_.find(' ') + 1); }

bool wants_refusal(const Match& match) {
  return wants_inactive(match) || match.refused.value_or(false) ||
         !match.succeeded.value_or(true) || !match.live.value_or(true) ||
         !match.redirected.value_or(true) || !match.error.empty() ||
         (match.successes && caps(*match.successes));
}

bool is_negative(const Trace& trace) {
  for (auto step = trace.steps.rbegin(); step != trace.steps.rend(); ++step) {
    for (const Outcome& outcome : step->expect) {
      if (outcome.is == Outcome::Is::pass) return wants_refusal(outcome.match);
    }
  }
  return false;
}

std::vector<Difference> differences(const Trace& a, const Trace& b) {
  std::vector<Difference> out;
  compare_members(a.let, b.let, 0, "let.", out);
  const std::size_t common = std::min(a.steps.size(), b.steps.size());
  for (std::size_t i = 0; i < common; ++i) {
    const Step& left = a.steps[i];
    const Step& right = b.steps[i];
    if (!(left.op == right.op)) out.push_back({i, "do"});
    if (left.as != right.as) out.push_back({i, "as"});
    if (left.times != right.times) out.push_back({i, "times"});
    if (left.raw != right.raw) out.push_back({i, "raw"});
    compare_members(left.with, right.with, i, "with.", out);
    compare_members(left.query, right.query, i, "query.", out);
    compare_members(left.headers, right.headers, i, "headers.", out);
  }
  for (std::size_t i = common; i < std::max(a.steps.size(), b.steps.size()); ++i) {
    out.push_back({i, "do"});
  }
  return out;
}

}  // namespace grantcheck
