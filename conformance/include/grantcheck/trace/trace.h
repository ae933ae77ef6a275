// The trace: what is asked of a provider, in order, and what may be answered. The one input of the
// whole suite.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "grantcheck/trace/json.h"

namespace grantcheck {

/// Where a step knocks.
enum class Door { methods, endpoints, either };

/// What a step does: one of the ten methods, a request at an endpoint, `wait` or `probe`.
class Op {
 public:
  /// The operation of that name ("verify_token", "POST /token", "wait"), or nothing.
  static std::optional<Op> named(std::string_view name);
  /// All names that `named` knows without regard to the HTTP method, for messages.
  static const std::vector<std::string_view>& names();

  const std::string& name() const { return name_; }
  Door door() const { return door_; }
  /// The HTTP method of a request: "POST".
  std::string_view http_method() const;
  /// The role of a request: "/token".
  std::string_view role() const;
  bool operator==(const Op& other) const { return name_ == other.name_; }

 private:
  Op(std::string name, Door door) : name_(std::move(name)), door_(door) {}
  std::string name_;
  Door door_;
};

/// The names of the ten methods, in the order of the interface.
const std::vector<std::string_view>& method_names();

/// How many of a race's plays succeed.
struct Successes {
  std::optional<int> at_most, exactly, at_least;
};

/// What an answer has. Absent members are not looked at; those that are there must all hold.
struct Match {
  std::optional<bool> succeeded, refused, live, redirected;
  Names error;              ///< One of these codes.
  std::vector<int> status;  ///< One of these.
  Json redirect = Json::object();
  Json header = Json::object();
  Json body = Json::object();
  Names absent;
  std::optional<Successes> successes;
};

/// One permitted answer.
struct Outcome {
  enum class Is { pass, deviates };
  Is is = Is::pass;
  Match match;
  Names cites;  ///< The softer rows that a deviation bends.
};

/// One step. `with`, `query`, `headers` and `raw` may hold handles and expressions.
struct Step {
  explicit Step(Op what) : op(std::move(what)) {}
  Op op;
  std::string as;
  Json with = Json::object();
  Json query = Json::object();
  Json headers = Json::object();
  std::optional<Json> raw;
  int times = 1;
  std::vector<std::pair<std::string, std::string>> keep;  ///< Name, and path into the answer.
  std::vector<Outcome> expect;                            ///< Empty: the step is set-up.
};

struct Trace {
  std::string id;  ///< The path of the file without its ending; not written into it.
  std::string says;
  Names cites, needs;
  std::string twin;
  Json let = Json::object();
  std::vector<Step> steps;
};

/// True if an answer that matches is a refusal, a death or a capped count.
bool wants_refusal(const Match& match);
/// True if the trace's last expectation wants refusal, death or a capped count.
bool is_negative(const Trace& trace);

/// Where a vector and its twin differ: a step, and a field of it ("with.code_verifier", "seconds",
/// "times", "as", "do").
struct Difference {
  std::size_t step = 0;
  std::string field;
};
/// All differences in what is asked. Expectations, `keep` and the header fields of the file (but
/// `let`) are left aside.
std::vector<Difference> differences(const Trace& a, const Trace& b);

}  // namespace grantcheck
