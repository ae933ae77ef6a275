// Randomness is handed in, and may fail: then nothing is issued.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <span>

namespace grantcheck {

class Entropy {
 public:
  virtual ~Entropy() = default;
  /// Fills all of `bytes`, or returns false and leaves them unspecified. Safe to call from several
  /// threads.
  [[nodiscard]] virtual bool fill(std::span<std::uint8_t> bytes) = 0;
};

/// OpenSSL's generator, drawn on through a small pool per thread that is wiped as it is used and
/// dropped after a fork.
class SystemEntropy final : public Entropy {
 public:
  [[nodiscard]] bool fill(std::span<std::uint8_t> bytes) override;
};

/// Repeatable bytes, for tests and vectors only: anybody can predict them.
class SeededEntropy final : public Entropy {
 public:
  explicit SeededEntropy(std::uint64_t seed) : state_(seed) {}
  [[nodiscard]] bool fill(std::span<std::uint8_t> bytes) override;

 private:
  std::atomic<std::uint64_t> state_;
};

}  // namespace grantcheck
