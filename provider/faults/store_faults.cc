// Faults of what is kept and what becomes of it.
#include "groups.h"

namespace grantcheck {
namespace {

// code-reusable (M26). Killed by code/replay-is-refused.
struct CodeReusable : Store {
  using Store::Store;
  void spend(Transaction&, const Credentials&) const override {}
};

// token-kind-confusion (M34). Killed by token/refresh-token-is-no-access-token.
// One table for everything, and whatever is found there is taken for what was looked for.
struct TokenKindConfusion : Store {
  using Store::Store;
  std::optional<Credentials> find(Credential, const Digest& digest) override {
    for (const Credential kind :
         {Credential::code, Credential::access_token, Credential::refresh_token})
      if (std::optional<Credentials> found = Store::find(kind, digest)) return found;
    return std::nullopt;
  }
};

// Its other half: a token taken for a code has no challenge, so there is nothing to compare.
struct NoChallengeNoCheck : Rules {
  using Rules::Rules;
  bool challenge_matches(std::string_view challenge,
                         const std::optional<std::string>& verifier) const override {
    return challenge.empty() || Rules::challenge_matches(challenge, verifier);
  }
};

// rt-rotate-keeps-old (M35). Killed by refresh/rotated-token-is-refused.
struct RotateKeepsOld : Store {
  using Store::Store;
  void retire(Transaction&, const Credentials&) const override {}
};

// at-expiry-kills-rt (M42). Killed by refresh/works-after-the-access-token-expired.
// Whoever reads an expired access token purges it, and the grant with it.
struct AccessExpiryKillsGrant : Store {
  AccessExpiryKillsGrant(const StoreOptions& options, std::shared_ptr<const Rules> rules,
                         const Clock& clock)
      : Store(options, std::move(rules)), clock_(clock) {}

  std::optional<Credentials> find(Credential kind, const Digest& digest) override {
    std::optional<Credentials> found = Store::find(kind, digest);
    const Seconds now = clock_.now();
    if (!found || kind != Credential::access_token || now < found->expires_at) return found;
    static_cast<void>(transact(found->grant, now, [this](Transaction& change) { end(change); }));
    return std::nullopt;
  }

 private:
  const Clock& clock_;
};

template <class Spoilt>
void use_store(Seams& seams, const ProviderOptions&, const Clock&) {
  seams.make_store = [](const StoreOptions& options, std::shared_ptr<const Rules> rules) {
    return std::make_unique<Spoilt>(options, std::move(rules));
  };
}

void confuse_kinds(Seams& seams, const ProviderOptions& options, const Clock& clock) {
  use_store<TokenKindConfusion>(seams, options, clock);
  seams.rules = std::make_shared<const NoChallengeNoCheck>(options.rule_options());
  // Only codes are marked as used, so a token taken for one never is.
  Pipeline<CodeExchange>& stages = seams.stages.code_exchange;
  stages.replace("single-use", [sound = stages.check("single-use")](CodeExchange& attempt) {
    return attempt.code.kind == Credential::code ? sound(attempt) : std::nullopt;
  });
}

void let_access_expiry_kill(Seams& seams, const ProviderOptions&, const Clock& clock) {
  seams.make_store = [&clock](const StoreOptions& options, std::shared_ptr<const Rules> rules) {
    return std::make_unique<AccessExpiryKillsGrant>(options, std::move(rules), clock);
  };
}

}  // namespace

std::vector<Fault> store_faults() {
  return {
      {"code-reusable",
       "M26",
       "a code buys tokens as often as it is shown",
       "code/replay-is-refused",
       use_store<CodeReusable>,
       {},
       {}},
      {"token-kind-confusion",
       "M34",
       "codes, access and refresh tokens pass for one another",
       "token/refresh-token-is-no-access-token",
       confuse_kinds,
       {},
       {}},
      {"rt-rotate-keeps-old",
       "M35",
       "a refresh leaves the old refresh token as good as the new one",
       "refresh/rotated-token-is-refused",
       use_store<RotateKeepsOld>,
       {},
       {}},
      {"at-expiry-kills-rt",
       "M42",
       "reading an expired access token ends its grant",
       "refresh/works-after-the-access-token-expired",
       let_access_expiry_kill,
       {},
       {}},
  };
}

}  // namespace grantcheck
