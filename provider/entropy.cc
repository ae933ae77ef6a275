#include "grantcheck/provider/entropy.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <pthread.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace grantcheck {
namespace {

// Counts the forks that led to this process: a pool filled before one would hand the same bytes to
// parent and child.
std::atomic<std::uint32_t> forks{0};

void count_fork() { forks.fetch_add(1, std::memory_order_relaxed); }

bool forks_are_counted() {
  static const bool counted = pthread_atfork(nullptr, nullptr, count_fork) == 0;
  return counted;
}

bool draw(std::uint8_t* bytes, std::size_t size) {
  return RAND_bytes(bytes, static_cast<int>(size)) == 1;
}

// Bytes are wiped as they are taken, so a later leak of the pool tells nothing about tokens already
// issued.
class Pool {
 public:
  ~Pool() { drop(); }

  bool take(std::span<std::uint8_t> bytes) {
    const std::uint32_t seen = forks.load(std::memory_order_relaxed);
    if (seen != forks_) drop();
    forks_ = seen;
    if (bytes.size() > left_) {
      if (!draw(bytes_.data(), bytes_.size())) return drop(), false;
      left_ = bytes_.size();
    }
    left_ -= bytes.size();
    std::memcpy(bytes.data(), bytes_.data() + left_, bytes.size());
    OPENSSL_cleanse(bytes_.data() + left_, bytes.size());
    return true;
  }

  static constexpr std::size_t kSize = 512;

 private:
  void drop() {
    OPENSSL_cleanse(bytes_.data(), bytes_.size());
    left_ = 0;
  }

  std::array<std::uint8_t, kSize> bytes_{};
  std::size_t left_ = 0;
  std::uint32_t forks_ = 0;
};

constexpr std::size_t kLargestDraw = std::size_t{1} << 20;

}  // namespace

bool SystemEntropy::fill(std::span<std::uint8_t> bytes) {
  if (bytes.empty()) return true;
  if (bytes.size() <= Pool::kSize && forks_are_counted()) {
    thread_local Pool pool;
    return pool.take(bytes);
  }
  for (std::size_t done = 0; done < bytes.size();) {
    const std::size_t part = std::min(bytes.size() - done, kLargestDraw);
    if (!draw(bytes.data() + done, part)) return false;
    done += part;
  }
  return true;
}

bool SeededEntropy::fill(std::span<std::uint8_t> bytes) {
  constexpr std::uint64_t kStep = 0x9e3779b97f4a7c15u;
  for (std::size_t done = 0; done < bytes.size();) {
    // splitmix64.
    std::uint64_t word = state_.fetch_add(kStep, std::memory_order_relaxed) + kStep;
    word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9u;
    word = (word ^ (word >> 27)) * 0x94d049bb133111ebu;
    word ^= word >> 31;
    const std::size_t part = std::min(bytes.size() - done, sizeof word);
    std::memcpy(bytes.data() + done, &word, part);
    done += part;
  }
  return true;
}

}  // namespace grantcheck
