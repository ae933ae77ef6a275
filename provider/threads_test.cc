// What has to hold whatever the threads do. Meant for ThreadSanitizer as well.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "testing.h"

namespace grantcheck::testing {
namespace {

constexpr int kThreads = 4;
constexpr int kRounds = 300;

// Runs `work` on several threads that start together; says how often it succeeded.
template <class Work>
int at_once(const Work& work) {
  std::atomic<int> ready{0}, successes{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i)
    threads.emplace_back([&, i] {
      ready.fetch_add(1);
      while (ready.load() < kThreads) std::this_thread::yield();
      if (work(i)) successes.fetch_add(1);
    });
  for (std::thread& thread : threads) thread.join();
  return successes.load();
}

struct Threads : ::testing::Test {
  ManualClock clock{kStart};
  SystemEntropy entropy;
  InMemoryProvider provider{clock, entropy};
  Flow flow{provider};
};

TEST_F(Threads, BuyTokensWithOneCodeOnceAndEndThemByTheReplay) {
  const Client app = flow.registered();
  for (int round = 0; round < kRounds; ++round) {
    const std::string code = flow.code(app);
    std::vector<std::string> bought(kThreads);
    const int successes = at_once([&](int i) {
      const Result<OAuthToken> tokens = flow.redeem(app, code);
      if (tokens) bought[static_cast<std::size_t>(i)] = tokens->access_token;
      return bool(tokens);
    });
    ASSERT_EQ(successes, 1);
    for (const std::string& token : bought)
      ASSERT_FALSE(flow.live(token)) << "the losers were replays";
  }
}

TEST_F(Threads, RefreshWithOneTokenOnceAndEndTheGrantByTheReplay) {
  const Client app = flow.registered();
  for (int round = 0; round < kRounds; ++round) {
    const OAuthToken tokens = flow.tokens(app);
    ASSERT_EQ(at_once([&](int) { return bool(flow.refresh(app, tokens.refresh_token)); }), 1);
    ASSERT_FALSE(flow.live(tokens.access_token));
  }
  EXPECT_EQ(provider.counts().tokens, 0u);
}

TEST_F(Threads, RegisterOneIdentifierOnce) {
  for (int round = 0; round < kRounds; ++round) {
    Client client = Flow::public_app();
    client.client_id = "app-" + std::to_string(round);
    ASSERT_EQ(at_once([&](int) { return bool(provider.register_client(client)); }), 1);
  }
}

TEST_F(Threads, NeverSeeTwoPairsAliveOrHalfAChange) {
  const Client app = flow.registered();
  OAuthToken tokens = flow.tokens(app);
  std::atomic<bool> done{false};
  std::atomic<int> faults{0};
  std::mutex mutex;
  OAuthToken old = tokens, fresh = tokens;
  const auto reader = [&] {
    while (!done.load()) {
      OAuthToken before, after;
      {
        const std::lock_guard lock(mutex);
        before = old, after = fresh;
      }
      // Once any part of the new pair is seen alive, no part of the old one is.
      if (before.access_token == after.access_token) continue;
      if (flow.live(after.access_token) &&
          (flow.live(before.access_token) || flow.refreshable(app, before.refresh_token)))
        faults.fetch_add(1);
    }
  };
  std::thread a(reader), b(reader);
  for (int round = 0; round < 10 * kRounds; ++round) {
    const Result<OAuthToken> next = flow.refresh(app, tokens.refresh_token);
    ASSERT_TRUE(next);
    const std::lock_guard lock(mutex);
    old = tokens;
    fresh = tokens = *next;
  }
  done = true;
  a.join();
  b.join();
  EXPECT_EQ(faults.load(), 0);
}

TEST_F(Threads, DoEverythingAtOnceAndLeaveTheCountsRight) {
  const Client app = flow.registered(), service = flow.registered(Flow::confidential_app());
  at_once([&](int i) {
    for (int round = 0; round < kRounds; ++round) {
      const OAuthToken tokens = flow.tokens(app);
      const Result<OAuthToken> next = flow.refresh(app, tokens.refresh_token);
      EXPECT_TRUE(next && flow.live(next->access_token));
      EXPECT_TRUE(provider.exchange_client_credentials(service, std::nullopt, {}));
      if (i == 0 && round % 10 == 0) clock.advance(1);
      EXPECT_TRUE(provider.revoke_token(app, next ? next->access_token : ""));
    }
    return true;
  });
  clock.advance(100'000);
  EXPECT_TRUE(provider.authorize(app, Flow::request()));
  for (int i = 0; i < 64 * kThreads * kRounds; ++i)
    EXPECT_TRUE(provider.authorize(app, Flow::request())) << i;
  EXPECT_EQ(provider.counts().tokens, 0u) << "each write visits some grants, so all were visited";
}

TEST_F(Threads, StayBelowTheCapTogether) {
  ProviderOptions options;
  options.max_codes = 50;
  InMemoryProvider small(clock, entropy, options);
  Flow in_small(small);
  const Client app = in_small.registered();
  std::atomic<int> issued{0};
  at_once([&](int) {
    for (int i = 0; i < 50; ++i)
      if (small.authorize(app, Flow::request())) issued.fetch_add(1);
    return true;
  });
  EXPECT_EQ(issued.load(), 50);
  EXPECT_EQ(small.counts().codes, 50u);
}

}  // namespace
}  // namespace grantcheck::testing
