// A target is whatever answers a trace. One small interface, whether it lives in this process, in
// another, or on the network.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "grantcheck/provider/http.h"
#include "grantcheck/trace/trace.h"
#include "grantcheck/trace/values.h"

namespace grantcheck {

/// When the virtual clock of every trace starts: 2026-01-01T00:00:00Z, in seconds since the Unix
/// epoch.
inline constexpr std::int64_t kClockStart = 1767225600;

/// One concrete step: handles and expressions are gone, expectations were never here.
struct Call {
  explicit Call(Op what) : op(std::move(what)) {}
  Op op;
  std::string as;
  Json with = Json::object();  ///< The parameters of a method, of `wait` and of `probe`.
  std::string query;           ///< Of a request, encoded.
  Headers headers;             ///< Of a request.
  std::string body;            ///< Of a request.
};

/// What came back from one play of a step.
struct Observation {
  enum class Kind {
    answered,
    unsupported,  ///< The target cannot do that; `reason` says why.
    broken,       ///< The target crashed, hung or spoke nonsense; `reason` says which.
  };
  Kind kind = Kind::answered;
  std::string reason;

  int status = 0;  ///< Of a response; 0 at the methods door.
  Headers headers;
  Json value;                        ///< The JSON body of a response, or the value of a method.
  std::string text;                  ///< A body that is not JSON.
  std::string redirect;              ///< The URL that the user agent is sent to, if it is.
  Json redirected = Json::object();  ///< Its query parameters; a repeated one is a list. And "uri",
                                     ///< the URL without its query.
  std::string error;                 ///< The OAuth error code, wherever it stood.
  std::string error_description;
  std::string exception;     ///< What a method threw that is no OAuth error.
  std::string object;        ///< The target's own name for a loaded object.
  std::optional<bool> live;  ///< What a probe said.

  /// True if what was asked for was granted.
  bool succeeded() const;
};

/// What a method of the methods door receives, and which rows it checks itself.
struct MethodDoor {
  std::set<std::string, std::less<>> receives;
  std::set<std::string, std::less<>> checks;  ///< Row names; "*" for all.
};

/// What a target declares.
struct Hello {
  std::string name, version;
  std::map<std::string, MethodDoor, std::less<>> methods;  ///< Empty: no methods door.
  bool endpoints = false;
  std::set<std::string, std::less<>> capabilities;
  Lifetimes lifetimes;
};

/// The capabilities that a target can declare and a vector can need.
const std::vector<std::string_view>& capability_names();

class Target {
 public:
  virtual ~Target() = default;
  virtual const Hello& hello() const = 0;
  /// Starts afresh: no clients, no codes, no tokens, the clock at `kClockStart`. The refusal says
  /// why it cannot.
  virtual Result<Done, std::string> reset() = 0;
  /// Plays one step. Never throws.
  virtual Observation play(const Call& call) = 0;
  /// Plays a step `times` times at once.
  virtual std::vector<Observation> race(const Call& call, int times) = 0;
};

/// Fills the observation of an HTTP response: JSON, error, redirect.
Observation observe(const Response& response);
/// Fills `redirect` and what hangs on it.
void observe_redirect(Observation& observation, std::string url);

}  // namespace grantcheck
