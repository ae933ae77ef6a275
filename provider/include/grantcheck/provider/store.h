// Where grants, their credentials and the clients are kept. Its verbs are a seam: a policy, a test
// or a fault overrides one.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "grantcheck/provider/digest.h"
#include "grantcheck/provider/rules.h"
#include "grantcheck/provider/types.h"

namespace grantcheck {

/// How a grant stands, in one word: written once per transaction, so a reader sees all of a change
/// or none of it.
struct Standing {
  std::uint32_t pair = 0;        ///< The number of the live pair; 0 before the first.
  std::uint32_t retired : 30;    ///< Refresh tokens of pairs up to this one have been used.
  std::uint32_t live : 1;        ///< The grant has not ended.
  std::uint32_t code_spent : 1;  ///< The code bought something.

  Standing() : retired(0), live(1), code_spent(0) {}
  static constexpr std::uint32_t kLastPair = (1u << 30) - 1;
};
static_assert(sizeof(Standing) == 8);

/// What a credential has beside its grant: a code its challenge and redirect URI, a narrowed access
/// token its scope and resources.
struct Terms {
  Strings scopes;
  Strings resources;
  std::string code_challenge;
  std::string redirect_uri;
  bool redirect_uri_provided_explicitly = true;
};

class Grant;

/// One code, access token or refresh token. The text itself is not kept.
struct Credentials {
  std::shared_ptr<Grant> grant;
  std::shared_ptr<const Terms> terms;  ///< Null if the grant says it all.
  Seconds issued_at = 0;
  Seconds expires_at = 0;
  std::uint32_t pair = 0;
  Credential kind = Credential::code;
};

/// The moment at which something that never expires would.
inline constexpr Seconds kNever = INT64_MAX;

/// `span` seconds after `time`; past the end of time it stays there.
Seconds later(Seconds time, Seconds span);

/// What the resource owner granted. Its codes and tokens are children of it: none is live once it
/// has ended.
class Grant {
 public:
  Grant(std::shared_ptr<const Client> client_, std::string subject_,
        std::shared_ptr<const Strings> scopes_, Strings resources_)
      : client(std::move(client_)),
        scopes_list(std::move(scopes_)),
        subject(std::move(subject_)),
        resources(std::move(resources_)) {}

  // What a read needs comes first, so that it lies together.
 private:
  std::atomic<Standing> standing_{Standing{}};

 public:
  const std::shared_ptr<const Client> client;
  const std::shared_ptr<const Strings> scopes_list;
  const std::string subject;
  const Strings resources;

  const Strings& scopes() const { return *scopes_list; }
  Standing standing() const { return standing_.load(std::memory_order_acquire); }
  /// When a refresh token was last used for the first time.
  Seconds rotated_at() const { return rotated_at_.load(std::memory_order_acquire); }
  /// The pair of that token: it and its successors, but no older one, may be used within the grace
  /// window.
  std::uint32_t graced_from() const { return graced_from_.load(std::memory_order_acquire); }

 private:
  friend class Store;
  struct Held {
    Digest digest;
    Seconds expires_at;
  };

  std::atomic<Seconds> rotated_at_{0};
  std::atomic<std::uint32_t> graced_from_{0};
  // The rest is looked at and changed under the grant's stripe only.
  std::optional<Held> code_;
  std::optional<Held> access_;
  std::optional<Held> refresh_;
  std::vector<Digest> rotated_;  // Oldest first.
  std::uint32_t stripe_ = 0;
  std::size_t place_ = 0;  // In the stripe.
};

/// Whether the credential can be used as far as its grant decides; its expiry is another matter.
/// `grace` is for how long a refresh token outlives its rotation.
bool usable(const Credentials& credential, Standing standing, Seconds now, Seconds grace);

/// A change of one grant in the making. Nothing of it is seen before it is complete.
struct Transaction {
  Grant& grant;
  const Seconds now;
  const Standing before;
  Standing after;

  struct Issued {
    Digest digest;
    Credentials credential;
  };
  std::vector<Issued> issued;
  std::optional<Digest> forgotten;
  /// Set where a refresh token is used for the first time: the pair from which the grace window
  /// reaches.
  std::optional<std::uint32_t> graced_from;
};

struct StoreOptions {
  std::size_t max_clients = 100'000;
  std::size_t max_codes = 1'000'000;  ///< Codes, used ones included until they expire.
  std::size_t max_tokens =
      10'000'000;  ///< Access and refresh tokens, rotated ones included while remembered.
  /// Rotated refresh tokens remembered per grant. A replay of an older one is refused, but ends
  /// nothing.
  std::size_t remembered_rotations = 64;
};

/// How a transaction ended.
enum class Commit {
  done,
  full,  ///< There was no room for what it issues. Nothing was changed.
};

/// Grants and credentials under 64 shards each. Safe to call from several threads. Locks are taken
/// in the order stripe, shard.
///
/// Grants that end are taken out at once. Each write also looks at a few grants of its stripe in
/// turn and drops what has expired there, so garbage stays a fraction of what is live. What is
/// dropped was dead already: whether it has been swept is nowhere visible.
class Store {
 public:
  Store(const StoreOptions& options, std::shared_ptr<const Rules> rules);
  virtual ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  /// The client of that identifier, or null.
  std::shared_ptr<const Client> client(std::string_view client_id) const;
  /// The list as a grant of that client keeps it: shared if it is the client's whole registered
  /// scope.
  /// `client` comes from client().
  static std::shared_ptr<const Strings> shared_scopes(const std::shared_ptr<const Client>& client,
                                                      Strings scopes);
  enum class Added { done, taken, full };
  Added add_client(Client client);

  /// The credential of that kind, dead or alive, or nothing. Changes nothing.
  virtual std::optional<Credentials> find(Credential kind, const Digest& digest);

  /// Keeps a new grant with its first credential.
  virtual Commit open(const std::shared_ptr<Grant>& grant, Seconds now,
                      const Transaction::Issued& first);

  using Work = std::function<void(Transaction&)>;
  /// Runs `work` while no other change of this grant is under way, then makes its change visible at
  /// once.
  virtual Commit transact(const std::shared_ptr<Grant>& grant, Seconds now, const Work& work);

  // What a transaction can do.
  /// The code has bought something.
  virtual void spend(Transaction& change, const Credentials& code) const;
  /// The refresh token has been used.
  virtual void retire(Transaction& change, const Credentials& refresh) const;
  /// A new pair takes the place of the one before. `refresh` may be absent.
  virtual void issue_pair(Transaction& change, Transaction::Issued access,
                          std::optional<Transaction::Issued> refresh) const;
  /// This one token is no more.
  virtual void forget(Transaction& change, const Digest& digest) const;
  /// The grant has ended, and so every credential of it.
  virtual void end(Transaction& change) const;

  /// Drops all that has expired. Runs by itself when a cap is hit, at most once per second of the
  /// clock.
  void sweep(Seconds now);

  struct Counts {
    std::size_t clients, grants, codes, tokens;
  };
  Counts counts() const;

 private:
  struct ClientShard;
  struct Shard;
  struct Stripe;
  struct KeptClient;
  static constexpr std::size_t kShards = 64;
  static constexpr std::size_t kVisits = 8;

  Shard& shard_of(const Digest& digest) const;
  bool reserve(std::size_t codes, std::size_t tokens);
  void give_back(std::size_t codes, std::size_t tokens);
  void insert(const Transaction::Issued& issued);
  void insert_all(std::span<const Transaction::Issued> issued);
  void erase(const Digest& digest);
  static void adopt(Grant& grant, std::span<const Transaction::Issued> issued);
  Commit try_transact(const std::shared_ptr<Grant>& grant, Seconds now, const Work& work);
  Commit try_open(const std::shared_ptr<Grant>& grant, Seconds now,
                  const Transaction::Issued& first);
  void commit(Stripe& stripe, Transaction& change);
  void drop_rotated(Grant& grant, std::size_t keep);
  void drop_all(Grant& grant);
  bool drop_expired(Grant& grant, Seconds now);
  static Seconds due(const Grant& grant);
  void place(Stripe& stripe, const std::shared_ptr<Grant>& grant);
  void remove(Stripe& stripe, const Grant& grant);
  void visit_some(Stripe& stripe, Seconds now, std::size_t how_many);
  bool sweep_if_due(Seconds now);

  const StoreOptions options_;
  const std::shared_ptr<const Rules> rules_;
  const std::unique_ptr<ClientShard[]> client_shards_;
  const std::unique_ptr<Shard[]> shards_;
  const std::unique_ptr<Stripe[]> stripes_;
  std::atomic<std::size_t> clients_{0};
  std::atomic<std::size_t> codes_{0};
  std::atomic<std::size_t> tokens_{0};
  std::atomic<std::uint32_t> next_stripe_{0};
  std::atomic<Seconds> swept_at_{INT64_MIN};
};

}  // namespace grantcheck
