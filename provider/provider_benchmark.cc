// How long the methods take, and beside each the least that their work could take.
//
// The floors do the same cryptography on the same number of entries in a table of the same shape, and nothing else.
#include <benchmark/benchmark.h>
#include <malloc.h>

#include <boost/unordered/unordered_flat_map.hpp>
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
};

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
  double bytes_per_grant = 0, bytes_without_code = 0;

  explicit World(std::size_t grants) {
    Client client;
    client.redirect_uris = {"https://app.example/cb"};
    client.grant_types = {"authorization_code", "refresh_token", "client_credentials"};
    client.scope = "read write";
    service = app = *provider.register_client(client);
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
    std::size_t kept_texts = 0;
    for (std::size_t i = 0; i < grants; ++i) {
      OAuthToken tokens = flow();
      kept_texts += malloc_usable_size(tokens.access_token.data()) + malloc_usable_size(tokens.refresh_token->data()) + 16;
      access.push_back(std::move(tokens.access_token));
      refresh.push_back(std::move(*tokens.refresh_token));
    }
    bytes_per_grant = double(heap_bytes() - before - kept_texts) / double(grants);
    clock.advance(400);  // All codes expire; they are swept by what is issued from now on.
    for (int i = 0; i < 300; ++i) benchmark::DoNotOptimize(flow());
    bytes_without_code = bytes_per_grant;
  }

  std::string code() {
    const std::string url = *provider.authorize(app, params);
    return url.substr(url.find("code=") + 5, 43);
  }
  OAuthToken redeem(const std::string& code) {
    AuthorizationCode claim;
    claim.code = code;
    return *provider.exchange_authorization_code(app, claim, redemption);
  }
  OAuthToken flow() { return redeem(code()); }
};

World& world_of(std::size_t grants) {
  static std::mutex mutex;
  static std::unique_ptr<World> world;
  static std::size_t size = 0;
  const std::lock_guard lock(mutex);
  if (size != grants) {
    world.reset();
    malloc_trim(0);
    world = std::make_unique<World>(grants);
    size = grants;
  }
  return *world;
}
