// The ordered, named checks of each operation. They are a seam: a policy, a test or a fault drops,
// replaces or moves one.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "grantcheck/provider/result.h"
#include "grantcheck/provider/rules.h"
#include "grantcheck/provider/store.h"
#include "grantcheck/provider/types.h"

namespace grantcheck {

struct ProviderOptions;

/// What every stage sees.
struct Attempt {
  const Rules& rules;
  const ProviderOptions& options;
  Seconds now;
  std::shared_ptr<const Client>
      client;  ///< The stored record, never the one handed in. Null while registering.
  /// What a refusal by these stages still ends (a valid replay).
  Ends ends = Ends::nothing;
};

struct Registration : Attempt {
  Client record;  ///< What will be stored.
};

struct Authorization : Attempt {
  const AuthorizationParams& params;
  Strings scopes;     ///< What will be granted.
  Strings resources;  ///< What it will be bound to.
};

struct CodeExchange : Attempt {
  const CodeRedemption& redemption;
  Credentials code;
  Standing standing;
  Strings resources;  ///< Of the access token.
};

struct RefreshExchange : Attempt {
  const std::optional<Strings>& requested_scopes;
  const Strings& requested_resources;
  Credentials refresh;
  Standing standing;
  Strings scopes;     ///< Of the access token.
  Strings resources;  ///< Of the access token.
};

struct ClientGrant : Attempt {
  const std::optional<Strings>& requested_scopes;
  const Strings& requested_resources;
  Strings scopes;
  Strings resources;
};

struct Revocation : Attempt {
  Credentials token;
};

/// The stages of one operation. The first refusal ends it.
template <class What>
class Pipeline {
 public:
  using Check = std::function<std::optional<Refusal>(What&)>;
  struct Stage {
    std::string name;
    Check check;
  };

  Pipeline(std::initializer_list<Stage> stages) : stages_(stages) {}

  std::optional<Refusal> run(What& attempt) const {
    for (const Stage& stage : stages_)
      if (std::optional<Refusal> refusal = stage.check(attempt)) return refusal;
    return std::nullopt;
  }

  const std::vector<Stage>& stages() const { return stages_; }

  // Each throws std::invalid_argument if no stage has that name: a policy that misses its stage
  // must not pass for one in force.
  Check check(std::string_view name) { return at(name)->check; }
  void drop(std::string_view name) { stages_.erase(at(name)); }
  void replace(std::string_view name, Check check) { at(name)->check = std::move(check); }
  void insert_before(std::string_view name, Stage stage) {
    stages_.insert(at(name), std::move(stage));
  }
  void move_before(std::string_view name, std::string_view moved) {
    Stage stage = *at(moved);
    at(name);
    drop(moved);
    insert_before(name, std::move(stage));
  }

 private:
  typename std::vector<Stage>::iterator at(std::string_view name) {
    const auto found = std::find_if(stages_.begin(), stages_.end(),
                                    [name](const Stage& stage) { return stage.name == name; });
    if (found == stages_.end())
      throw std::invalid_argument("no stage is named " + std::string(name));
    return found;
  }

  std::vector<Stage> stages_;
};

/// The stages of every operation; by default those of the reference.
struct Stages {
  Stages();
  Pipeline<Registration> registration;
  Pipeline<Authorization> authorization;
  Pipeline<CodeExchange> code_exchange;
  Pipeline<RefreshExchange> refresh_exchange;
  Pipeline<ClientGrant> client_grant;
  Pipeline<Revocation> revocation;
};

}  // namespace grantcheck
