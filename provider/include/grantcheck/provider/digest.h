// SHA-256 and base64url: what tokens are kept under, and what challenges are made of.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

namespace grantcheck {

/// A SHA-256 digest. Tables are keyed by the digest of a token, so a stolen table holds no token.
using Digest = std::array<std::uint8_t, 32>;

/// SHA-256 of `text`. Throws std::runtime_error if OpenSSL offers no SHA-256.
Digest digest_of(std::string_view text);

/// RFC 4648, 5, without padding.
std::string base64url(std::span<const std::uint8_t> bytes);

/// The digest's own bytes spread well enough: a hash of it is some of them. The table takes the
/// first eight, the choice of a shard the last one, so that the two are independent.
struct DigestHash {
  using is_avalanching = void;
  std::size_t operator()(const Digest& digest) const noexcept {
    std::size_t word;
    std::memcpy(&word, digest.data(), sizeof word);
    return word;
  }
};

}  // namespace grantcheck
