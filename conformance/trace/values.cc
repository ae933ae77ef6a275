#include "grantcheck/trace/values.h"

#include <openssl/evp.h>

#include <array>
#include <charconv>
#include <functional>
#include <utility>

#include "grantcheck/provider/http.h"

namespace grantcheck {
namespace {

using Value = Result<Json, std::string>;

constexpr std::int64_t kMaxRepeat = 1 << 20;

std::array<unsigned char, 32> sha256(std::string_view text) {
  std::array<unsigned char, 32> digest{};
  EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
  return digest;
}

// A handle may turn out to hold anything; where a text is wanted, everything has one.
std::string as_text(const Json& value) {
  return value.is_string() ? value.get<std::string>() : print_json(value);
}

// Likewise where a number is wanted: a target may have written it as a text, and an unbound handle,
// which is a text, is 0.
std::optional<std::int64_t> as_number(const Json& value) {
  if (value.is_number_integer()) return value.get<std::int64_t>();
  if (!value.is_string()) return std::nullopt;
  const std::string& text = value.get_ref<const std::string&>();
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? number : 0;
}

Value operand_problem(std::string_view name, std::string_view wanted) {
  return "'" + std::string(name) + "' takes " + std::string(wanted);
}

Value compute_s256(const Json& v, const Lifetimes&) { return Json(s256(as_text(v))); }

Value compute_basic(const Json& v, const Lifetimes&) {
  if (!v.is_array() || v.size() != 2) return operand_problem("basic", "[id, secret]");
  // OAuth 2.1, 2.4.1: both parts are form-encoded before they become user name and password.
  const std::string pair =
      encode_form_component(as_text(v[0])) + ":" + encode_form_component(as_text(v[1]));
  return Json("Basic " + base64(pair));
}

Value compute_bearer(const Json& v, const Lifetimes&) { return Json("Bearer " + as_text(v)); }

Value compute_concat(const Json& v, const Lifetimes&) {
  if (!v.is_array()) return operand_problem("concat", "a list of texts");
  std::string out;
  for (const Json& part : v) out += as_text(part);
  return Json(std::move(out));
}

Value compute_repeat(const Json& v, const Lifetimes&) {
  if (!v.is_array() || v.size() != 2 || !v[1].is_number_integer()) {
    return operand_problem("repeat", "[text, times]");
  }
  const std::string text = as_text(v[0]);
  const auto times = v[1].get<std::int64_t>();
  if (times < 0 || times * static_cast<std::int64_t>(text.size() + 1) > kMaxRepeat) {
    return operand_problem("repeat", "times of 0 or more, and at most 1 MiB in all");
  }
  std::string out;
  for (std::int64_t i = 0; i < times; ++i) out += text;
  return Json(std::move(out));
}

Value compute_slice(const Json& v, const Lifetimes&) {
  if (!v.is_array() || v.size() != 3 || !v[1].is_number_unsigned() || !v[2].is_number_unsigned()) {
    return operand_problem("slice", "[text, from, length]");
  }
  const std::string text = as_text(v[0]);
  const auto from = v[1].get<std::size_t>();
  if (from > text.size()) return Json("");
  return Json(text.substr(from, v[2].get<std::size_t>()));
}

Value compute_hex(const Json& v, const Lifetimes&) {
  if (v.is_string()) {
    if (auto bytes = from_hex(v.get_ref<const std::string&>())) return Json(std::move(*bytes));
  }
  return operand_problem("hex", "pairs of hexadecimal digits");
}

Value compute_sum(const Json& v, const Lifetimes&) {
  if (!v.is_array()) return operand_problem("sum", "a list of whole numbers");
  std::int64_t sum = 0;
  for (const Json& part : v) {
    const auto number = as_number(part);
    if (!number || __builtin_add_overflow(sum, *number, &sum)) {
      return operand_problem("sum", "a list of whole numbers");
    }
  }
  return Json(sum);
}

Value compute_lifetime(const Json& v, const Lifetimes& lifetimes) {
  if (!v.is_string()) return operand_problem("lifetime", "'code' or 'refresh_token'");
  const std::string& kind = v.get_ref<const std::string&>();
  const auto found = lifetimes.find(kind);
  if (found == lifetimes.end()) return "the target declares no lifetime of its " + kind;
  if (!found->second) return "the target declares that its " + kind + " lives for ever";
  return Json(*found->second);
}

using Compute = Value (*)(const Json&, const Lifetimes&);
const std::map<std::string_view, Compute>& expressions() {
  static const std::map<std::string_view, Compute> all = {
      {"s256", compute_s256},     {"basic", compute_basic},   {"bearer", compute_bearer},
      {"concat", compute_concat}, {"repeat", compute_repeat}, {"slice", compute_slice},
      {"hex", compute_hex},       {"sum", compute_sum},       {"lifetime", compute_lifetime}};
  return all;
}

bool is_forgery(const Json& value) {
  return value.is_object() && value.size() == 2 && value.contains("from") && value.contains("set");
}
bool is_literal(const Json& value) {
  return value.is_object() && value.size() == 1 && value.contains("literal");
}

Value resolve_text(const std::string& text, const Handles& handles) {
  if (text.empty() || text[0] != '$') return Json(text);
  if (text.size() > 1 && text[1] == '$') return Json(text.substr(1));
  const std::string_view name = std::string_view(text).substr(1);
  const auto found = handles.find(name);
  return found == handles.end() ? Json(unbound_value(name)) : found->second;
}

Value resolve_forgery(const Json& value, const Handles& handles, const Lifetimes& lifetimes) {
  Value from = resolve(value["from"], handles, lifetimes);
  if (!from) return from;
  Value set = resolve(value["set"], handles, lifetimes);
  if (!set) return set;
  if (!set->is_object()) return operand_problem("set", "an object");
  Json claim = *from;
  if (!is_claim(claim)) {
    // An unbound handle, or a plain code or token: a made-up object that shows only its value.
    claim = make_claim("", Json{{"code", *from}, {"token", *from}});
  }
  for (const auto& item : set->items()) claim["set"][item.key()] = item.value();
  return claim;
}

}  // namespace

bool is_expression(const Json& value) {
  if (is_forgery(value) || is_literal(value)) return true;
  return value.is_object() && value.size() == 1 && expressions().count(value.begin().key()) > 0;
}

std::optional<std::string> expression_problem(const Json& value) {
  if (is_literal(value)) return std::nullopt;
  if (value.is_structured()) {
    for (const Json& part : value) {
      if (auto problem = expression_problem(part)) return problem;
    }
  }
  if (!is_expression(value) || is_forgery(value)) return std::nullopt;
  // Handles may become anything; everything else can be tried here and now.
  const std::string text = print_json(value);
  if (text.find("\"$") != std::string::npos || value.contains("lifetime") ||
      text.find("\"lifetime\"") != std::string::npos) {
    return std::nullopt;
  }
  const Value tried = resolve(value, {}, {});
  if (tried) return std::nullopt;
  return tried.refusal();
}

Value resolve(const Json& value, const Handles& handles, const Lifetimes& lifetimes) {
  if (value.is_string()) return resolve_text(value.get_ref<const std::string&>(), handles);
  if (!value.is_structured() || is_claim(value)) return value;
  if (is_literal(value)) return value["literal"];
  if (is_forgery(value)) return resolve_forgery(value, handles, lifetimes);
  if (is_expression(value)) {
    Value operand = resolve(value.begin().value(), handles, lifetimes);
    if (!operand) return operand;
    return expressions().at(value.begin().key())(*operand, lifetimes);
  }
  Json out = value;
  for (auto it = out.begin(); it != out.end(); ++it) {
    Value part = resolve(*it, handles, lifetimes);
    if (!part) return part;
    *it = *std::move(part);
  }
  return out;
}

std::string unbound_value(std::string_view name) { return s256("unbound " + std::string(name)); }

Json make_claim(const std::string& object, const Json& fields) {
  Json claim = Json::object();
  if (!object.empty()) claim["object"] = object;
  claim["fields"] = fields;
  claim["set"] = Json::object();
  return claim;
}

bool is_claim(const Json& value) {
  return value.is_object() && value.contains("fields") && value.contains("set");
}

std::string base64(std::string_view bytes) {
  std::string out(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int written = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                      reinterpret_cast<const unsigned char*>(bytes.data()),
                                      static_cast<int>(bytes.size()));
  out.resize(static_cast<std::size_t>(written));
  return out;
}

std::string s256(std::string_view text) {
  const auto digest = sha256(text);
  std::string out = base64({reinterpret_cast<const char*>(digest.data()), digest.size()});
  out.resize(out.find('='));
  for (char& c : out) {
    if (c == '+') c = '-';
    if (c == '/') c = '_';
  }
  return out;
}

std::string sha256_hex(std::string_view bytes) {
  const auto digest = sha256(bytes);
  return to_hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

std::string to_hex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

std::optional<std::string> from_hex(std::string_view hex) {
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  };
  if (hex.size() % 2 != 0) return std::nullopt;
  std::string out;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    const int high = digit(hex[i]);
    const int low = digit(hex[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
  }
  return out;
}

}  // namespace grantcheck
