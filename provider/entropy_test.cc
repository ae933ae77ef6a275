#include "grantcheck/provider/entropy.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <set>
#include <thread>
#include <vector>

namespace grantcheck {
namespace {

using Bytes = std::array<std::uint8_t, 32>;

Bytes draw(Entropy& entropy) {
  Bytes bytes{};
  EXPECT_TRUE(entropy.fill(bytes));
  return bytes;
}

TEST(SystemEntropy, NeverHandsOutTheSameBytesTwice) {
  SystemEntropy entropy;
  std::set<Bytes> seen;
  for (int i = 0; i < 10'000; ++i) EXPECT_TRUE(seen.insert(draw(entropy)).second);
}

TEST(SystemEntropy, FillsAnyLength) {
  SystemEntropy entropy;
  for (const std::size_t size : {0u, 1u, 31u, 511u, 512u, 513u, 5000u, 3'000'000u}) {
    std::vector<std::uint8_t> bytes(size);
    EXPECT_TRUE(entropy.fill(bytes));
    if (size < 31) continue;
    const std::size_t tail = std::set<std::uint8_t>(bytes.end() - 31, bytes.end()).size();
    EXPECT_GT(tail, 5u) << "the last bytes are random as well";
  }
}

TEST(SystemEntropy, GivesEachThreadItsOwnBytes) {
  SystemEntropy entropy;
  Bytes mine = draw(entropy), others{};
  std::thread([&] { others = draw(entropy); }).join();
  EXPECT_NE(mine, others);
}

TEST(SystemEntropy, GivesParentAndChildDifferentBytesAfterAFork) {
  SystemEntropy entropy;
  draw(entropy);  // Fills the pool, which the child inherits.
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const Bytes bytes = draw(entropy);
    const bool sent =
        write(ends[1], bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size());
    _exit(sent ? 0 : 1);
  }
  Bytes childs{};
  EXPECT_EQ(read(ends[0], childs.data(), childs.size()), static_cast<ssize_t>(childs.size()));
  int status = 1;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  close(ends[0]);
  close(ends[1]);
  EXPECT_NE(draw(entropy), childs);
}

TEST(SeededEntropy, IsRepeatable) {
  SeededEntropy a(1), b(1), c(2);
  const Bytes first = draw(a);
  EXPECT_EQ(first, draw(b));
  EXPECT_NE(first, draw(c));
  EXPECT_NE(first, draw(a));
  std::array<std::uint8_t, 5> odd{};
  EXPECT_TRUE(a.fill(odd));
}

}  // namespace
}  // namespace grantcheck
