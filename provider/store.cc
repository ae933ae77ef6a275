#include "grantcheck/provider/store.h"

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>
#include <shared_mutex>
#include <utility>

namespace grantcheck {
namespace {

// std::hash has no seed, but identifiers are assigned by the server unless its owner registers
// clients in process.
struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>{}(text);
  }
};

bool is_code(const Transaction::Issued& issued) {
  return issued.credential.kind == Credential::code;
}

}  // namespace

Seconds later(Seconds time, Seconds span) {
  if (span > 0 && time > kNever - span) return kNever;
  return time + span;
}

bool usable(const Credentials& credential, Standing standing, Seconds now, Seconds grace) {
  if (!standing.live) return false;
  switch (credential.kind) {
    case Credential::code:
      return !standing.code_spent;
    case Credential::access_token:
      return credential.pair == standing.pair;
    case Credential::refresh_token:
      break;
  }
  if (credential.pair > standing.pair) return false;  // Its pair is still being issued.
  if (credential.pair > standing.retired) return true;
  const Seconds rotated_at = credential.grant->rotated_at();
  return credential.pair >= credential.grant->graced_from() && now >= rotated_at &&
         now < later(rotated_at, grace);
}

// A cache line each, so that two threads in two shards do not disturb each other.
struct alignas(64) Store::ClientShard {
  std::shared_mutex mutex;
  boost::unordered_flat_map<std::string, std::shared_ptr<const Client>, TextHash, std::equal_to<>>
      clients;
};

struct alignas(64) Store::Shard {
  std::shared_mutex mutex;
  boost::unordered_flat_map<Digest, Credentials, DigestHash> credentials;
};

// Grants of a stripe share its mutex, which orders their changes.
struct alignas(64) Store::Stripe {
  struct Place {
    Seconds due;  // Before this nothing of the grant expires, so there is no need to look at it.
    std::shared_ptr<Grant> grant;
  };
  std::mutex mutex;
  std::vector<Place> places;
  std::size_t next_visit = 0;
};

struct Store::KeptClient : Client {
  explicit KeptClient(Client client) : Client(std::move(client)) {
    if (scope) scopes = split_scope(*scope);
  }
  Strings scopes;
};

Store::Store(const StoreOptions& options, std::shared_ptr<const Rules> rules)
    : options_(options),
      rules_(std::move(rules)),
      client_shards_(new ClientShard[kShards]),
      shards_(new Shard[kShards]),
      stripes_(new Stripe[kShards]) {}

Store::~Store() = default;

std::shared_ptr<const Client> Store::client(std::string_view client_id) const {
  ClientShard& shard = client_shards_[TextHash{}(client_id) % kShards];
  const std::shared_lock lock(shard.mutex);
  const auto found = shard.clients.find(client_id);
  return found == shard.clients.end() ? nullptr : found->second;
}

std::shared_ptr<const Strings> Store::shared_scopes(const std::shared_ptr<const Client>& client,
                                                    Strings scopes) {
  const auto* const kept = static_cast<const KeptClient*>(client.get());
  if (scopes == kept->scopes) return {client, &kept->scopes};
  return std::make_shared<const Strings>(std::move(scopes));
}

Store::Added Store::add_client(Client client) {
  ClientShard& shard = client_shards_[TextHash{}(client.client_id) % kShards];
  const std::unique_lock lock(shard.mutex);
  if (shard.clients.contains(client.client_id)) return Added::taken;
  if (clients_.fetch_add(1) >= options_.max_clients) {
    clients_.fetch_sub(1);
    return Added::full;
  }
  std::string client_id = client.client_id;
  shard.clients.emplace(std::move(client_id),
                        std::make_shared<const KeptClient>(std::move(client)));
  return Added::done;
}

Store::Shard& Store::shard_of(const Digest& digest) const {
  return shards_[digest.back() % kShards];
}

std::optional<Credentials> Store::find(Credential kind, const Digest& digest) {
  Shard& shard = shard_of(digest);
  const std::shared_lock lock(shard.mutex);
  const auto found = shard.credentials.find(digest);
  if (found == shard.credentials.end() || found->second.kind != kind) return std::nullopt;
  return found->second;
}

// Room is reserved before anything is changed, so that a full store refuses and loses nothing.
bool Store::reserve(std::size_t codes, std::size_t tokens) {
  const bool codes_fit = codes_.fetch_add(codes) + codes <= options_.max_codes || codes == 0;
  const bool tokens_fit = tokens_.fetch_add(tokens) + tokens <= options_.max_tokens || tokens == 0;
  if (codes_fit && tokens_fit) return true;
  give_back(codes, tokens);
  return false;
}

void Store::give_back(std::size_t codes, std::size_t tokens) {
  codes_.fetch_sub(codes);
  tokens_.fetch_sub(tokens);
}

void Store::insert(const Transaction::Issued& issued) {
  Shard& shard = shard_of(issued.digest);
  const std::unique_lock lock(shard.mutex);
  shard.credentials.insert_or_assign(issued.digest, issued.credential);
}

// All or, when memory runs out, none.
void Store::insert_all(std::span<const Transaction::Issued> issued) {
  std::size_t done = 0;
  try {
    for (; done < issued.size(); ++done) insert(issued[done]);
  } catch (...) {
    for (std::size_t i = 0; i < done; ++i) erase(issued[i].digest);
    for (std::size_t i = done; i < issued.size(); ++i)
      give_back(is_code(issued[i]) ? 1 : 0, is_code(issued[i]) ? 0 : 1);
    throw;
  }
}

void Store::erase(const Digest& digest) {
  Credentials erased;  // Let go of after the lock.
  Shard& shard = shard_of(digest);
  const std::unique_lock lock(shard.mutex);
  const auto found = shard.credentials.find(digest);
  if (found == shard.credentials.end()) return;
  erased = std::move(found->second);
  shard.credentials.erase(found);
  const bool code = erased.kind == Credential::code;
  give_back(code ? 1 : 0, code ? 0 : 1);
}

Commit Store::open(const std::shared_ptr<Grant>& grant, Seconds now,
                   const Transaction::Issued& first) {
  Commit result = try_open(grant, now, first);
  if (result == Commit::full && sweep_if_due(now)) result = try_open(grant, now, first);
  return result;
}

Commit Store::try_open(const std::shared_ptr<Grant>& grant, Seconds now,
                       const Transaction::Issued& first) {
  grant->stripe_ = next_stripe_.fetch_add(1, std::memory_order_relaxed) % kShards;
  Stripe& stripe = stripes_[grant->stripe_];
  const std::lock_guard lock(stripe.mutex);
  visit_some(stripe, now, kVisits);
  place(stripe, grant);
  const std::size_t codes = is_code(first) ? 1 : 0;
  if (!reserve(codes, 1 - codes)) {
    remove(stripe, *grant);
    return Commit::full;
  }
  adopt(*grant, {&first, 1});
  stripe.places[grant->place_].due = due(*grant);
  if (first.credential.pair > 0) {
    Standing standing;
    standing.pair = first.credential.pair;
    grant->standing_.store(standing, std::memory_order_release);
  }
  insert_all({&first, 1});
  return Commit::done;
}

Commit Store::transact(const std::shared_ptr<Grant>& grant, Seconds now, const Work& work) {
  Commit result = try_transact(grant, now, work);
  if (result == Commit::full && sweep_if_due(now)) result = try_transact(grant, now, work);
  return result;
}

Commit Store::try_transact(const std::shared_ptr<Grant>& grant, Seconds now, const Work& work) {
  Stripe& stripe = stripes_[grant->stripe_];
  const std::lock_guard lock(stripe.mutex);
  const Standing before = grant->standing();
  Transaction change{*grant, now, before, before, {}, {}, {}};
  work(change);
  if (!reserve(0, change.issued.size())) return Commit::full;
  commit(stripe, change);
  visit_some(stripe, now, kVisits);
  return Commit::done;
}

// New credentials go in first; they are not live before the one store to `standing_`, which is the
// moment of the whole change. Only then is what that store killed taken away.
void Store::commit(Stripe& stripe, Transaction& change) {
  Grant& grant = change.grant;
  const std::optional<Grant::Held> old_access = grant.access_;
  const std::optional<Grant::Held> old_refresh = grant.refresh_;
  if (old_refresh) grant.rotated_.reserve(grant.rotated_.size() + 1);
  insert_all(change.issued);
  adopt(grant, change.issued);
  if (change.graced_from) {
    grant.rotated_at_.store(change.now, std::memory_order_release);
    grant.graced_from_.store(*change.graced_from, std::memory_order_release);
  }
  grant.standing_.store(change.after, std::memory_order_release);

  if (!change.after.live) {
    if (change.before.live) remove(stripe, grant);
    return drop_all(grant);
  }
  if (change.forgotten) erase(*change.forgotten);
  if (change.after.pair == change.before.pair) return;
  if (old_access) erase(old_access->digest);
  if (old_refresh) grant.rotated_.push_back(old_refresh->digest);
  drop_rotated(grant, options_.remembered_rotations);
}

// The grant knows its credentials, so that whoever ends or sweeps it finds them.
void Store::adopt(Grant& grant, std::span<const Transaction::Issued> issued) {
  for (const Transaction::Issued& one : issued) {
    const Grant::Held held{one.digest, one.credential.expires_at};
    switch (one.credential.kind) {
      case Credential::code:
        grant.code_ = held;
        break;
      case Credential::access_token:
        grant.access_ = held;
        break;
      case Credential::refresh_token:
        grant.refresh_ = held;
        break;
    }
  }
}

void Store::drop_rotated(Grant& grant, std::size_t keep) {
  if (grant.rotated_.size() <= keep) return;
  const auto end = grant.rotated_.end() - static_cast<std::ptrdiff_t>(keep);
  std::for_each(grant.rotated_.begin(), end, [this](const Digest& digest) { erase(digest); });
  grant.rotated_.erase(grant.rotated_.begin(), end);
}

void Store::drop_all(Grant& grant) {
  for (std::optional<Grant::Held>* held : {&grant.code_, &grant.access_, &grant.refresh_}) {
    if (*held) erase((*held)->digest);
    held->reset();
  }
  drop_rotated(grant, 0);
}

// Drops what has expired; true if nothing is left of the grant.
bool Store::drop_expired(Grant& grant, Seconds now) {
  const auto drop = [&](std::optional<Grant::Held>& held, Credential kind) {
    if (!held || !rules_->expired(kind, now, held->expires_at)) return;
    erase(held->digest);
    held.reset();
  };
  drop(grant.code_, Credential::code);
  drop(grant.access_, Credential::access_token);
  drop(grant.refresh_, Credential::refresh_token);
  if (grant.code_ || grant.access_ || grant.refresh_) return false;
  Standing ended = grant.standing();
  ended.live = 0;
  grant.standing_.store(ended, std::memory_order_release);
  drop_rotated(grant, 0);
  return true;
}

Seconds Store::due(const Grant& grant) {
  Seconds earliest = kNever;
  for (const std::optional<Grant::Held>* held : {&grant.code_, &grant.access_, &grant.refresh_})
    if (*held) earliest = std::min(earliest, (*held)->expires_at);
  return earliest;
}

void Store::place(Stripe& stripe, const std::shared_ptr<Grant>& grant) {
  grant->place_ = stripe.places.size();
  stripe.places.push_back({kNever, grant});
}

// The last one takes the place that becomes free.
void Store::remove(Stripe& stripe, const Grant& grant) {
  const std::size_t free = grant.place_;
  if (free + 1 != stripe.places.size()) {
    stripe.places[free] = std::move(stripe.places.back());
    stripe.places[free].grant->place_ = free;
  }
  stripe.places.pop_back();
}

void Store::visit_some(Stripe& stripe, Seconds now, std::size_t how_many) {
  for (; how_many > 0 && !stripe.places.empty(); --how_many, ++stripe.next_visit) {
    if (stripe.next_visit >= stripe.places.size()) stripe.next_visit = 0;
    Stripe::Place& visited = stripe.places[stripe.next_visit];
    if (now < visited.due) continue;
    const std::shared_ptr<Grant> grant = visited.grant;
    if (drop_expired(*grant, now)) {
      remove(stripe, *grant);
    } else {
      visited.due = due(*grant);
    }
  }
}

void Store::sweep(Seconds now) {
  for (std::size_t i = 0; i < kShards; ++i) {
    Stripe& stripe = stripes_[i];
    const std::lock_guard lock(stripe.mutex);
    // From the end, so that whoever takes a free place has been visited.
    for (std::size_t place = stripe.places.size(); place-- > 0;) {
      stripe.next_visit = place;
      visit_some(stripe, now, 1);
    }
  }
}

// Within one second nothing more expires, so a second pass would find nothing.
bool Store::sweep_if_due(Seconds now) {
  if (swept_at_.exchange(now) == now) return false;
  sweep(now);
  return true;
}

void Store::spend(Transaction& change, const Credentials&) const { change.after.code_spent = 1; }

void Store::retire(Transaction& change, const Credentials& refresh) const {
  // Used again within the grace window, the token takes its successor's successors along, and the
  // window stays as it is: when it closes, one refresh token is left.
  if (refresh.pair > change.before.retired) change.graced_from = refresh.pair;
  change.after.retired = change.before.pair & Standing::kLastPair;
}

void Store::issue_pair(Transaction& change, Transaction::Issued access,
                       std::optional<Transaction::Issued> refresh) const {
  change.after.pair = change.before.pair + 1;
  change.issued.reserve(2);
  access.credential.pair = change.after.pair;
  change.issued.push_back(std::move(access));
  if (!refresh) return;
  refresh->credential.pair = change.after.pair;
  change.issued.push_back(std::move(*refresh));
}

void Store::forget(Transaction& change, const Digest& digest) const { change.forgotten = digest; }

void Store::end(Transaction& change) const { change.after.live = 0; }

Store::Counts Store::counts() const {
  Counts counts{clients_.load(), 0, codes_.load(), tokens_.load()};
  for (std::size_t i = 0; i < kShards; ++i) {
    const std::lock_guard lock(stripes_[i].mutex);
    counts.grants += stripes_[i].places.size();
  }
  return counts;
}

}  // namespace grantcheck
