#include "grantcheck/provider/http.h"

#include <algorithm>
#include <cstddef>

namespace grantcheck {
namespace {

char ascii_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// The value of a hexadecimal digit, or -1.
int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

struct Utf8Form {
  unsigned char mask, lead;
  std::size_t length;
  char32_t least;  ///< A smaller code point has a shorter form, so this one is overlong.
};
constexpr Utf8Form utf8_forms[] = {
    {0x80, 0x00, 1, 0}, {0xE0, 0xC0, 2, 0x80}, {0xF0, 0xE0, 3, 0x800}, {0xF8, 0xF0, 4, 0x10000}};

/// How many bytes the code point at the front of `text` takes, or 0 if it is not well formed (RFC
/// 3629, 3 and 4).
std::size_t utf8_length(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto* form = std::find_if(std::begin(utf8_forms), std::end(utf8_forms),
                                  [&](const Utf8Form& f) { return (byte(0) & f.mask) == f.lead; });
  if (form == std::end(utf8_forms) || text.size() < form->length) return 0;
  char32_t point = byte(0) & static_cast<unsigned char>(~form->mask);
  for (std::size_t i = 1; i < form->length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
    point = (point << 6) | (byte(i) & 0x3Fu);
  }
  const bool surrogate = point >= 0xD800 && point <= 0xDFFF;
  return point < form->least || surrogate || point > 0x10FFFF ? 0 : form->length;
}

bool is_utf8_without_nul(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0 || text.front() == '\0') return false;
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace

std::optional<std::string_view> header(const Headers& headers, std::string_view name) {
  for (const auto& [field, value] : headers) {
    if (std::equal(field.begin(), field.end(), name.begin(), name.end(),
                   [](char a, char b) { return ascii_lower(a) == ascii_lower(b); })) {
      return value;
    }
  }
  return std::nullopt;
}

std::optional<std::string> decode_form_component(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i] == '+' ? ' ' : text[i];
      continue;
    }
    if (text.size() - i < 3) return std::nullopt;
    const int high = hex_value(text[i + 1]);
    const int low = hex_value(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  if (!is_utf8_without_nul(decoded)) return std::nullopt;
  return decoded;
}

std::optional<FormFields> decode_form(std::string_view text) {
  FormFields fields;
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(text.size(), pair.size() + 1));
    if (pair.empty()) continue;  // As browsers read it: "a=1&&b=2" has two fields.
    const std::size_t equals = pair.find('=');
    auto name = decode_form_component(pair.substr(0, equals));
    auto value = decode_form_component(equals == pair.npos ? "" : pair.substr(equals + 1));
    if (!name || !value) return std::nullopt;
    fields.emplace_back(std::move(*name), std::move(*value));
  }
  return fields;
}

std::string encode_form_component(std::string_view text) {
  constexpr std::string_view plain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789*-._";
  constexpr std::string_view hex = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == ' ') {
      encoded += '+';
    } else if (plain.find(c) != plain.npos) {
      encoded += c;
    } else {
      encoded += {'%', hex[byte >> 4], hex[byte & 15]};
    }
  }
  return encoded;
}

std::string encode_form(const FormFields& fields) {
  std::string encoded;
  for (const auto& [name, value] : fields) {
    if (!encoded.empty()) encoded += '&';
    encoded += encode_form_component(name) + '=' + encode_form_component(value);
  }
  return encoded;
}

}  // namespace grantcheck
