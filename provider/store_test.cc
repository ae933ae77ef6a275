#include "grantcheck/provider/store.h"

#include <gtest/gtest.h>

namespace grantcheck {
namespace {

constexpr Seconds kNow = 1000;

std::shared_ptr<const Rules> plain_rules() { return std::make_shared<const Rules>(); }

std::shared_ptr<Grant> a_grant() {
  Client client;
  client.client_id = "app";
  return std::make_shared<Grant>(std::make_shared<const Client>(client), "alice",
                                 std::make_shared<const Strings>(Strings{"read"}), Strings{});
}

Transaction::Issued a_code(const std::shared_ptr<Grant>& grant, const std::string& text,
                           Seconds expires_at = kNow + 300) {
  return {digest_of(text), {grant, nullptr, kNow, expires_at, 0, Credential::code}};
}

Transaction::Issued an_access_token(const std::shared_ptr<Grant>& grant, const std::string& text) {
  return {digest_of(text), {grant, nullptr, kNow, kNow + 3600, 0, Credential::access_token}};
}

Transaction::Issued a_refresh_token(const std::shared_ptr<Grant>& grant, const std::string& text,
                                    Seconds expires_at = kNow + 9000) {
  return {digest_of(text), {grant, nullptr, kNow, expires_at, 0, Credential::refresh_token}};
}

bool is_usable(Store& store, Credential kind, const std::string& text) {
  const auto found = store.find(kind, digest_of(text));
  return found && usable(*found, found->grant->standing(), kNow, 0);
}

TEST(Store, FindsACredentialByItsDigestAndKind) {
  Store store({}, plain_rules());
  const auto grant = a_grant();
  EXPECT_EQ(store.open(grant, kNow, a_code(grant, "code")), Commit::done);
  EXPECT_TRUE(is_usable(store, Credential::code, "code"));
  EXPECT_FALSE(store.find(Credential::access_token, digest_of("code")));
  EXPECT_FALSE(store.find(Credential::code, digest_of("Code")));
}

TEST(Store, ShowsNothingOfATransactionBeforeItIsComplete) {
  Store store({}, plain_rules());
  const auto grant = a_grant();
  ASSERT_EQ(store.open(grant, kNow, a_code(grant, "code")), Commit::done);
  const auto work = [&](Transaction& change) {
    store.spend(change, *store.find(Credential::code, digest_of("code")));
    store.issue_pair(change, an_access_token(grant, "at"), a_refresh_token(grant, "rt"));
    EXPECT_TRUE(is_usable(store, Credential::code, "code"));
    EXPECT_FALSE(is_usable(store, Credential::access_token, "at"));
    EXPECT_FALSE(is_usable(store, Credential::refresh_token, "rt"));
  };
  EXPECT_EQ(store.transact(grant, kNow, work), Commit::done);
  EXPECT_FALSE(is_usable(store, Credential::code, "code"));
  EXPECT_TRUE(is_usable(store, Credential::access_token, "at"));
  EXPECT_TRUE(is_usable(store, Credential::refresh_token, "rt"));
}

TEST(Store, ChangesNothingWhenATransactionThrows) {
  Store store({}, plain_rules());
  const auto grant = a_grant();
  ASSERT_EQ(store.open(grant, kNow, a_code(grant, "code")), Commit::done);
  const auto work = [&](Transaction& change) {
    store.end(change);
    throw std::bad_alloc();
  };
  EXPECT_THROW(static_cast<void>(store.transact(grant, kNow, work)), std::bad_alloc);
  EXPECT_TRUE(is_usable(store, Credential::code, "code"));
  EXPECT_EQ(store.transact(grant, kNow, [](Transaction&) {}), Commit::done)
      << "the lock was let go";
}

TEST(Store, EndsAllCredentialsOfAGrantAtOnceAndGivesTheirRoomBack) {
  Store store({}, plain_rules());
  const auto grant = a_grant(), other = a_grant();
  ASSERT_EQ(store.open(grant, kNow, a_code(grant, "code")), Commit::done);
  ASSERT_EQ(store.open(other, kNow, a_code(other, "other")), Commit::done);
  for (const char* round : {"1", "2", "3"}) {
    const std::string n = round;
    ASSERT_EQ(store.transact(grant, kNow,
                             [&](Transaction& change) {
                               store.issue_pair(change, an_access_token(grant, "at" + n),
                                                a_refresh_token(grant, "rt" + n));
                             }),
              Commit::done);
  }
  EXPECT_EQ(store.counts().tokens, 4u) << "one access token, three refresh tokens";
  ASSERT_EQ(store.transact(grant, kNow, [&](Transaction& change) { store.end(change); }),
            Commit::done);
  EXPECT_FALSE(grant->standing().live);
  EXPECT_EQ(store.counts().tokens, 0u);
  EXPECT_EQ(store.counts().codes, 1u);
  EXPECT_TRUE(is_usable(store, Credential::code, "other"));
}

TEST(Store, SweepsWhatHasExpiredAndNothingElse) {
  Store store({}, plain_rules());
  const auto grant = a_grant(), idle = a_grant(), forever = a_grant();
  ASSERT_EQ(store.open(grant, kNow, a_code(grant, "code")), Commit::done);
  ASSERT_EQ(store.open(idle, kNow, a_code(idle, "idle")), Commit::done);
  ASSERT_EQ(store.open(forever, kNow, a_code(forever, "c", kNever)), Commit::done);
  ASSERT_EQ(store.transact(grant, kNow,
                           [&](Transaction& change) {
                             store.issue_pair(change, an_access_token(grant, "at"),
                                              a_refresh_token(grant, "rt"));
                           }),
            Commit::done);
  store.sweep(kNow + 299);
  EXPECT_EQ(store.counts().codes, 3u);
  store.sweep(kNow + 300);
  EXPECT_EQ(store.counts().codes, 1u);
  EXPECT_EQ(store.counts().grants, 2u);
  EXPECT_TRUE(is_usable(store, Credential::access_token, "at"));
  store.sweep(kNow + 3600);
  EXPECT_EQ(store.counts().tokens, 1u);
  EXPECT_TRUE(is_usable(store, Credential::refresh_token, "rt"));
  store.sweep(kNow + 9000);
  EXPECT_EQ(store.counts().tokens, 0u);
  EXPECT_EQ(store.counts().grants, 1u);
  EXPECT_TRUE(is_usable(store, Credential::code, "c"));
}

TEST(Store, IsFullAtItsCapAndHasRoomAgainOnceSomethingExpired) {
  StoreOptions options;
  options.max_codes = 2;
  Store store(options, plain_rules());
  for (const char* text : {"a", "b"}) {
    const auto grant = a_grant();
    ASSERT_EQ(store.open(grant, kNow, a_code(grant, text)), Commit::done);
  }
  const auto third = a_grant();
  EXPECT_EQ(store.open(third, kNow, a_code(third, "c")), Commit::full);
  EXPECT_EQ(store.counts().grants, 2u);
  EXPECT_FALSE(store.find(Credential::code, digest_of("c")));
  EXPECT_EQ(store.open(third, kNow + 299, a_code(third, "c")), Commit::full);
  EXPECT_EQ(store.open(third, kNow + 300, a_code(third, "c", kNow + 600)), Commit::done);
  EXPECT_EQ(store.counts().codes, 1u);
}

TEST(Store, ForgetsOneTokenAndNoOther) {
  Store store({}, plain_rules());
  const auto grant = a_grant();
  ASSERT_EQ(store.open(grant, kNow, a_code(grant, "code")), Commit::done);
  ASSERT_EQ(store.transact(grant, kNow,
                           [&](Transaction& change) {
                             store.issue_pair(change, an_access_token(grant, "at"),
                                              a_refresh_token(grant, "rt"));
                           }),
            Commit::done);
  ASSERT_EQ(store.transact(grant, kNow,
                           [&](Transaction& change) { store.forget(change, digest_of("rt")); }),
            Commit::done);
  EXPECT_FALSE(store.find(Credential::refresh_token, digest_of("rt")));
  EXPECT_TRUE(is_usable(store, Credential::access_token, "at"));
  EXPECT_EQ(store.counts().tokens, 1u);
}

TEST(Store, KeepsAClientIdForWhoeverCameFirst) {
  StoreOptions options;
  options.max_clients = 1;
  Store store(options, plain_rules());
  Client client;
  client.client_id = "app";
  client.client_name = "first";
  EXPECT_EQ(store.add_client(client), Store::Added::done);
  client.client_name = "second";
  EXPECT_EQ(store.add_client(client), Store::Added::taken);
  client.client_id = "other";
  EXPECT_EQ(store.add_client(client), Store::Added::full);
  EXPECT_EQ(store.client("app")->client_name, "first");
  EXPECT_EQ(store.client("other"), nullptr);
}

TEST(Time, StaysAtItsEnd) {
  EXPECT_EQ(later(10, 5), 15);
  EXPECT_EQ(later(kNever - 1, 5), kNever);
  EXPECT_EQ(later(INT64_MIN, 5), INT64_MIN + 5);
}

}  // namespace
}  // namespace grantcheck
