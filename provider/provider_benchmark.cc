// How long the methods take, and beside each the least that their work could take.
//
// The floors do the same cryptography on the same number of entries in a table of the same shape,
// and nothing else.
#include <benchmark/benchmark.h>
#include <malloc.h>

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <vector>

#include "grantcheck/provider/clock.h"
#include "grantcheck/provider/digest.h"
#include "grantcheck/provider/entropy.h"
#include "grantcheck/provider/in_memory.h"

namespace grantcheck {
namespace {

constexpr char kVerifier[] = "a-verifier-that-is-long-enough-to-be-legal-0";

// ---- The floor

struct FloorTable {
  static constexpr std::size_t kShards = 64;
  struct Record {
    std::array<std::uint64_t, 3> words;
  };
  struct alignas(64) Shard {
    std::shared_mutex mutex;
    boost::unordered_flat_map<Digest, Record, DigestHash> records;
  };
  std::unique_ptr<Shard[]> shards{new Shard[kShards]};

  bool find(const std::string& token) {
    const Digest digest = digest_of(token);
    Shard& shard = shards[digest.back() % kShards];
    const std::shared_lock lock(shard.mutex);
    return shard.records.find(digest) != shard.records.end();
  }
  void insert(const Digest& digest) {
    Shard& shard = shards[digest.back() % kShards];
    const std::unique_lock lock(shard.mutex);
    shard.records.emplace(digest, Record{});
  }
  void erase(const Digest& digest) {
    Shard& shard = shards[digest.back() % kShards];
    const std::unique_lock lock(shard.mutex);
    shard.records.erase(digest);
  }
};

// What is refused is not measured: at a cap, say, the figures would be those of a refusal.
template <class T>
T must(Result<T>&& result) {
  if (result) return *std::move(result);
  std::fprintf(stderr, "provider_benchmark: refused: %s\n", result.refusal().description.c_str());
  std::abort();
}

std::string random_token(Entropy& entropy) {
  std::array<std::uint8_t, 32> bytes;
  if (!entropy.fill(bytes)) std::abort();
  return base64url(bytes);
}

// ---- The provider

std::size_t heap_bytes() {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

struct World {
  ManualClock clock{1'700'000'000};
  SystemEntropy entropy;
  InMemoryProvider provider{clock, entropy};
  Client app, service;
  AuthorizationParams params;
  CodeRedemption redemption{std::string(kVerifier), std::nullopt, {}};
  std::vector<std::string> access, refresh;
  double bytes_with_code = 0, bytes_per_grant = 0;

  explicit World(std::size_t grants) {
    Client client;
    client.redirect_uris = {"https://app.example/cb"};
    client.grant_types = {"authorization_code", "refresh_token", "client_credentials"};
    client.scope = "read write";
    service = app = must(provider.register_client(client));
    params.code_challenge = base64url(digest_of(kVerifier));
    params.code_challenge_method = "S256";
    params.redirect_uri = client.redirect_uris[0];
    params.subject = "alice";
    access.reserve(grants);
    refresh.reserve(grants);
    fill(grants);
  }

  void fill(std::size_t grants) {
    const std::size_t before = heap_bytes();
    std::size_t texts = 0;
    for (std::size_t i = 0; i < grants; ++i) {
      OAuthToken tokens = flow();
      access.push_back(std::move(tokens.access_token));
      refresh.push_back(std::move(*tokens.refresh_token));
      texts +=
          malloc_usable_size(access.back().data()) + malloc_usable_size(refresh.back().data()) + 16;
    }
    const double count = static_cast<double>(grants);
    bytes_with_code = static_cast<double>(heap_bytes() - before - texts) / count;
    clock.advance(300);
    provider.sweep();  // Used codes are forgotten now.
    malloc_trim(0);    // Lest the first run afterwards pays for tidying up.
    bytes_per_grant = static_cast<double>(heap_bytes() - before - texts) / count;
  }

  std::string code() {
    const std::string url = must(provider.authorize(app, params));
    return url.substr(url.find("code=") + 5, 43);
  }
  OAuthToken redeem(const std::string& code) {
    AuthorizationCode claim;
    claim.code = code;
    return must(provider.exchange_authorization_code(app, claim, redemption));
  }
  OAuthToken flow() { return redeem(code()); }
};

// The one made last is kept: benchmarks of one size follow one another.
template <class T>
T& made_for(std::size_t size) {
  static std::mutex mutex;
  static std::unique_ptr<T> made;
  static std::size_t made_size = 0;
  const std::lock_guard lock(mutex);
  if (made_size != size) {
    made.reset();
    malloc_trim(0);
    made = std::make_unique<T>(size);
    made_size = size;
  }
  return *made;
}

struct Floor {
  SystemEntropy entropy;
  FloorTable table;
  std::vector<std::string> texts;

  explicit Floor(std::size_t tokens) {
    texts.reserve(tokens);
    for (std::size_t i = 0; i < tokens; ++i) texts.push_back(issue());
  }
  std::string issue() {
    std::string text = random_token(entropy);
    table.insert(digest_of(text));
    return text;
  }
};

// A different place each time, so that what is asked for is rarely in the cache.
struct Wander {
  std::uint64_t state;
  explicit Wander(const benchmark::State& run)
      : state(static_cast<std::uint64_t>(run.thread_index()) * 77 + 1) {}
  std::size_t below(std::size_t size) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return static_cast<std::size_t>((state >> 33) % size);
  }
};

std::size_t tokens_of(const benchmark::State& run) {
  return static_cast<std::size_t>(run.range(0));
}
// A grant has two live tokens.
World& world_of(const benchmark::State& run) { return made_for<World>(tokens_of(run) / 2); }
Floor& floor_of(const benchmark::State& run) { return made_for<Floor>(tokens_of(run)); }

constexpr int kBatch = 500;

// ---- verify_token: hash and look-up at the least

void verify_floor(benchmark::State& run) {
  Floor& floor = floor_of(run);
  Wander wander(run);
  for (auto _ : run)
    benchmark::DoNotOptimize(floor.table.find(floor.texts[wander.below(floor.texts.size())]));
}

void verify_token(benchmark::State& run) {
  World& world = world_of(run);
  Wander wander(run);
  for (auto _ : run) {
    auto token = world.provider.verify_token(world.access[wander.below(world.access.size())]);
    if (!token) run.SkipWithError("a live token was not accepted");
    benchmark::DoNotOptimize(token);
  }
  run.counters["bytes/grant"] =
      benchmark::Counter(world.bytes_per_grant, benchmark::Counter::kAvgThreads);
  run.counters["with code"] =
      benchmark::Counter(world.bytes_with_code, benchmark::Counter::kAvgThreads);
}

// ---- Issue: random bytes, base64url, hash and insert per token at the least

template <int kTokens>
void issue_floor(benchmark::State& run) {
  Floor& floor = floor_of(run);
  std::vector<std::string> issued;
  while (run.KeepRunningBatch(kBatch)) {
    issued.clear();
    issued.reserve(kBatch * kTokens);
    for (int i = 0; i < kBatch * kTokens; ++i) issued.push_back(floor.issue());
    run.PauseTiming();
    for (const std::string& text : issued) floor.table.erase(digest_of(text));
    run.ResumeTiming();
  }
}

// Ends what a batch issued, so that the number of live tokens stays as it was.
void end_all(World& world, const std::vector<OAuthToken>& issued) {
  for (const OAuthToken& tokens : issued) {
    if (!world.provider.revoke_token(world.app, tokens.access_token)) std::abort();
  }
}

void issue_pair(benchmark::State& run) {
  World& world = world_of(run);
  std::vector<std::string> codes(kBatch);
  std::vector<OAuthToken> issued;
  while (run.KeepRunningBatch(kBatch)) {
    run.PauseTiming();
    for (std::string& code : codes) code = world.code();
    issued.clear();
    issued.reserve(kBatch);
    run.ResumeTiming();
    for (const std::string& code : codes) issued.push_back(world.redeem(code));
    run.PauseTiming();
    end_all(world, issued);
    run.ResumeTiming();
  }
}

void code_flow(benchmark::State& run) {
  World& world = world_of(run);
  std::vector<OAuthToken> issued;
  while (run.KeepRunningBatch(kBatch)) {
    issued.clear();
    issued.reserve(kBatch);
    for (int i = 0; i < kBatch; ++i) issued.push_back(world.flow());
    run.PauseTiming();
    end_all(world, issued);
    run.ResumeTiming();
  }
}

BENCHMARK(verify_floor)->Arg(1'000)->Arg(1'000'000)->ThreadRange(1, 2)->UseRealTime();
BENCHMARK(verify_token)->Arg(1'000)->Arg(1'000'000)->ThreadRange(1, 2)->UseRealTime();
BENCHMARK(issue_floor<2>)
    ->Name("issue_pair_floor")
    ->Arg(1'000)
    ->Arg(1'000'000)
    ->ThreadRange(1, 2)
    ->UseRealTime();
BENCHMARK(issue_pair)->Arg(1'000)->Arg(1'000'000)->ThreadRange(1, 2)->UseRealTime();
BENCHMARK(issue_floor<3>)
    ->Name("code_flow_floor")
    ->Arg(1'000)
    ->Arg(1'000'000)
    ->ThreadRange(1, 2)
    ->UseRealTime();
BENCHMARK(code_flow)->Arg(1'000)->Arg(1'000'000)->ThreadRange(1, 2)->UseRealTime();

// ---- The other methods, at a thousand tokens

void get_client(benchmark::State& run) {
  World& world = world_of(run);
  for (auto _ : run) benchmark::DoNotOptimize(world.provider.get_client(world.app.client_id));
}

void register_client(benchmark::State& run) {
  World world(1);  // Clients stay: a world of its own, and fewer iterations than its cap.
  for (auto _ : run) {
    Client client = world.app;
    client.client_id.clear();
    client.client_secret.reset();
    benchmark::DoNotOptimize(must(world.provider.register_client(client)));
  }
}

void authorize(benchmark::State& run) {
  // Codes stay too, up to their expiry.
  World world(tokens_of(run) / 2);
  for (auto _ : run) {
    auto code = world.provider.authorize(world.app, world.params);
    if (!code) return run.SkipWithError("a code was refused");
    benchmark::DoNotOptimize(code);
  }
}

void load_authorization_code(benchmark::State& run) {
  World& world = world_of(run);
  const std::string code = world.code();
  for (auto _ : run)
    benchmark::DoNotOptimize(world.provider.load_authorization_code(world.app, code));
}

void load_refresh_token(benchmark::State& run) {
  World& world = world_of(run);
  Wander wander(run);
  for (auto _ : run)
    benchmark::DoNotOptimize(world.provider.load_refresh_token(
        world.app, world.refresh[wander.below(world.refresh.size())]));
}

void exchange_refresh_token(benchmark::State& run) {
  World& world = world_of(run);
  Wander wander(run);
  for (auto _ : run) {
    std::string& token = world.refresh[wander.below(world.refresh.size())];
    RefreshToken claim;
    claim.token = token;
    Result<OAuthToken> refreshed =
        world.provider.exchange_refresh_token(world.app, claim, std::nullopt, {});
    if (!refreshed) return run.SkipWithError("a refresh was refused");
    token = *refreshed->refresh_token;
  }
}

void load_access_token(benchmark::State& run) {
  World& world = world_of(run);
  const std::string token = world.flow().access_token;
  for (auto _ : run) benchmark::DoNotOptimize(world.provider.load_access_token(token));
}

void revoke_token(benchmark::State& run) {
  World& world = world_of(run);
  std::vector<std::string> tokens(kBatch);
  while (run.KeepRunningBatch(kBatch)) {
    run.PauseTiming();
    for (std::string& token : tokens) token = world.flow().access_token;
    run.ResumeTiming();
    for (const std::string& token : tokens)
      benchmark::DoNotOptimize(world.provider.revoke_token(world.app, token));
  }
}

void client_credentials(benchmark::State& run) {
  World& world = world_of(run);
  while (run.KeepRunningBatch(kBatch)) {
    std::vector<OAuthToken> issued;
    for (int i = 0; i < kBatch; ++i)
      issued.push_back(
          must(world.provider.exchange_client_credentials(world.service, std::nullopt, {})));
    run.PauseTiming();
    end_all(world, issued);
    run.ResumeTiming();
  }
}

BENCHMARK(get_client)->Arg(1'000);
BENCHMARK(register_client)->Iterations(50'000);
BENCHMARK(authorize)->Arg(1'000)->Iterations(200'000);
BENCHMARK(load_authorization_code)->Arg(1'000);
BENCHMARK(load_refresh_token)->Arg(1'000);
BENCHMARK(exchange_refresh_token)->Arg(1'000);
BENCHMARK(load_access_token)->Arg(1'000);
BENCHMARK(revoke_token)->Arg(1'000);
BENCHMARK(client_credentials)->Arg(1'000);

}  // namespace
}  // namespace grantcheck

BENCHMARK_MAIN();
