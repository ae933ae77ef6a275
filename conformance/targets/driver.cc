// A driver: a child process that answers JSON lines (drivers/README.md). Every wait has a bound,
// and whatever the child does ends in an observation.
#include <boost/asio/io_context.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>
#include <boost/process.hpp>
#include <boost/process/extend.hpp>
#include <csignal>
#include <set>

#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "grantcheck/conformance/targets.h"

namespace grantcheck {
namespace {

namespace asio = boost::asio;
namespace process = boost::process;

constexpr int kProtocol = 1;
constexpr std::size_t kStderrTail = 2000;

// A line that the child wrote, without its end.
struct Line {
  std::string text;
};

// One child process, spoken to line by line.
class Child {
 public:
  explicit Child(const DriverOptions& options)
      : options_(options), in_(io_), out_(io_), err_(io_), lines_(options.max_line_bytes) {
    // Into the child's own process group, so that what it started ends with it.
    const auto directory = options.directory.empty() ? "." : options.directory;
    child_ = process::child("/bin/sh", process::args({"-c", options.command}),
                            process::start_dir = directory,
                            process::std_in<in_, process::std_out> out_, process::std_err > err_,
                            group_, process::extend::on_exec_setup = DieWithUs(), error_);
    if (!error_) read_stderr();
  }

  ~Child() {
    std::error_code ignored;
    in_.close(ignored_);
    if (child_.valid() && !child_.wait_for(std::chrono::milliseconds(200), ignored)) {
      group_.terminate(ignored);
    }
    if (group_.valid()) group_.terminate(ignored);
    if (child_.valid()) child_.wait_for(std::chrono::seconds(2), ignored);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  bool started() const { return !error_; }

  // Sends a line and waits for one. The refusal says what happened instead.
  Result<Line, std::string> exchange(const std::string& line) {
    const auto deadline = std::chrono::steady_clock::now() + options_.timeout;
    if (auto problem = send(line + "\n", deadline); !problem.empty()) return problem;
    return receive(deadline);
  }

  // What the child last wrote to standard error, in one line.
  std::string last_words() const {
    std::string text = stderr_;
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
    const std::size_t line = text.rfind('\n');
    return line == std::string::npos ? text : text.substr(line + 1);
  }

 private:
  using Clock = std::chrono::steady_clock;
  using Deadline = Clock::time_point;
  static constexpr std::chrono::milliseconds kLook{50};  // How often a wait looks around.

  // What kills us outright leaves no driver behind.
  struct DieWithUs {
    template <class Executor>
    void operator()(Executor&) const {
#ifdef __linux__
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
    }
  };

  // Runs the loop until `done`; gives up at the deadline, at an interrupt, and when the child has
  // ended: what it left in the pipe is read, but its own children may hold the pipe open for ever.
  bool run_until(const bool& done, Deadline deadline) {
    io_.restart();
    while (!done) {
      const Deadline now = Clock::now();
      if (options_.interrupted && options_.interrupted()) return false;
      std::error_code ignored;
      if (!ended_ && !child_.running(ignored)) {
        ended_ = true;
        deadline = std::min(deadline, now + 4 * kLook);
      }
      if (now >= deadline) return false;
      if (io_.run_one_until(std::min(deadline, now + kLook)) == 0 && io_.stopped()) io_.restart();
    }
    return true;
  }

  std::string send(const std::string& text, Deadline deadline) {
    bool done = false;
    boost::system::error_code error;
    asio::async_write(in_, asio::buffer(text), [&](const auto& e, std::size_t) {
      error = e;
      done = true;
    });
    if (!run_until(done, deadline)) {
      in_.async_close();
      drain(done);
      if (ended_) return ended();
      return "silent: it did not read its input for " + seconds();
    }
    return error ? ended() : "";
  }

  Result<Line, std::string> receive(Deadline deadline) {
    bool done = false;
    boost::system::error_code error;
    std::size_t size = 0;
    asio::async_read_until(out_, lines_, '\n', [&](const auto& e, std::size_t n) {
      error = e;
      size = n;
      done = true;
    });
    if (!run_until(done, deadline)) {
      out_.cancel();
      drain(done);
      if (ended_) return ended();
      if (lines_.size() > 0) return "silent: an answer without its line feed within " + seconds();
      return "silent: no answer within " + seconds();
    }
    if (error == asio::error::not_found) {
      return "a line longer than " + std::to_string(options_.max_line_bytes) + " bytes";
    }
    if (error) return ended();
    const char* data = static_cast<const char*>(lines_.data().data());
    Line line{std::string(data, size - 1)};
    lines_.consume(size);
    return line;
  }

  // A cancelled operation still calls its handler, which refers to locals.
  void drain(const bool& done) {
    io_.restart();
    while (!done && io_.run_one_for(std::chrono::seconds(1)) > 0) {
    }
  }

  std::string ended() {
    std::error_code ignored;
    const bool exited = child_.wait_for(std::chrono::milliseconds(500), ignored);
    // Its last words may still be in the pipe.
    io_.restart();
    io_.run_for(std::chrono::milliseconds(20));
    std::string text = "ended";
    if (exited) {
      const int status = child_.native_exit_code();
      if (WIFSIGNALED(status)) {
        text += " by signal " + std::to_string(WTERMSIG(status));
      } else {
        text += " with exit code " + std::to_string(WEXITSTATUS(status));
      }
    }
    if (!last_words().empty()) text += ", last words: " + last_words();
    return text;
  }

  void read_stderr() {
    err_.async_read_some(asio::buffer(block_), [this](const auto& e, std::size_t n) {
      if (e) return;
      stderr_.append(block_, n);
      if (stderr_.size() > kStderrTail) stderr_.erase(0, stderr_.size() - kStderrTail);
      read_stderr();
    });
  }

  std::string seconds() const {
    const auto ms = options_.timeout.count();
    return ms % 1000 == 0 ? std::to_string(ms / 1000) + " s" : std::to_string(ms) + " ms";
  }

  const DriverOptions& options_;
  asio::io_context io_;
  process::async_pipe in_, out_, err_;
  asio::streambuf lines_;
  process::group group_;
  std::error_code error_;
  boost::system::error_code ignored_;
  process::child child_;
  bool ended_ = false;
  char block_[4096];
  std::string stderr_;
};

Observation broken(std::string reason) {
  Observation observation;
  observation.kind = Observation::Kind::broken;
  observation.reason = std::move(reason);
  return observation;
}

std::string text_of(const Json& value, std::string_view name) {
  const Json* member = find_path(value, name);
  return member != nullptr && member->is_string() ? member->get<std::string>() : "";
}

std::string quoted(const std::string& text) { return print_json(Json(shortened(text, 80))); }

bool said_ok(const Json& answer) {
  const Json* ok = find_path(answer, "ok");
  return ok != nullptr && *ok == true;
}

// One answer as the protocol describes it, without its `seq`.
Observation observation_of(const Call& call, const Json& answer) {
  if (answer.contains("unsupported")) {
    Observation observation;
    observation.kind = Observation::Kind::unsupported;
    observation.reason = text_of(answer, "unsupported");
    return observation;
  }
  if (answer.contains("exception")) {
    Observation observation;
    observation.exception = text_of(answer, "exception");
    if (observation.exception.empty()) observation.exception = "an exception without words";
    return observation;
  }
  if (call.op.door() == Door::endpoints) {
    const Json* status = find_path(answer, "status");
    if (status == nullptr || !status->is_number_integer() || *status < 100 || *status > 599)
      return broken("no 'status' from 100 to 599 in its answer");
    Response response;
    response.status = status->get<int>();
    if (const Json* headers = find_path(answer, "headers"); headers && headers->is_array()) {
      for (const Json& field : *headers) {
        if (field.is_array() && field.size() == 2 && field[0].is_string() && field[1].is_string()) {
          response.headers.emplace_back(field[0].get<std::string>(), field[1].get<std::string>());
        }
      }
    }
    if (const Json* body = find_path(answer, "body"); body != nullptr && !body->is_null()) {
      response.body = body->is_string() ? body->get<std::string>() : print_json(*body);
    }
    return observe(response);
  }
  Observation observation;
  if (call.op.name() == "probe") {
    const Json* live = find_path(answer, "live");
    if (live == nullptr || !live->is_boolean()) return broken("no 'live' in its answer to a probe");
    observation.live = live->get<bool>();
    return observation;
  }
  if (call.op.name() == "wait") {
    if (!said_ok(answer)) return broken("no '\"ok\": true' in its answer to 'wait'");
    observation.value = true;
    return observation;
  }
  observation.error = text_of(answer, "error");
  observation.error_description = text_of(answer, "error_description");
  if (!observation.error.empty()) return observation;
  if (!answer.contains("value")) return broken("neither 'value' nor 'error' in its answer");
  observation.value = answer["value"];
  observation.object = text_of(answer, "object");
  if (call.op.name() == "revoke_token" && observation.value.is_null()) observation.value = true;
  if (call.op.name() == "authorize" && observation.value.is_string()) {
    observe_redirect(observation, observation.value.get<std::string>());
  }
  return observation;
}

// A body or a parameter that is not UTF-8 travels as hexadecimal digits.
Json wire_text(const std::string& text) {
  try {
    (void)Json(text).dump();
    return text;
  } catch (const Json::exception&) {
    return Json{{"hex", to_hex(text)}};
  }
}

Json wire_call(const Call& call, int seq, const std::set<std::string, std::less<>>* receives) {
  Json line = {{"cmd", "step"}, {"seq", seq}, {"do", call.op.name()}};
  if (!call.as.empty()) line["as"] = call.as;
  if (call.op.door() == Door::endpoints) {
    if (!call.query.empty()) line["query"] = call.query;
    for (const auto& [name, value] : call.headers) {
      line["headers"].push_back({name, wire_text(value)});
    }
    if (!call.body.empty()) line["body"] = wire_text(call.body);
    return line;
  }
  line["with"] = Json::object();
  for (const auto& item : call.with.items()) {
    // What a method does not receive is left out: valid flows do without it.
    if (receives == nullptr || receives->count(item.key()) > 0)
      line["with"][item.key()] = item.value();
  }
  return line;
}

class DriverTarget final : public Target {
 public:
  explicit DriverTarget(DriverOptions options) : options_(std::move(options)) {}

  // Starts the process and says hello. Returns what went wrong, or nothing.
  std::string handshake();

  const Hello& hello() const override { return hello_; }
  Result<Done, std::string> reset() override;
  Observation play(const Call& call) override {
    const Result<Json, std::string> answer = ask(call, 1);
    return answer ? observation_of(call, *answer) : broken(answer.refusal());
  }
  std::vector<Observation> race(const Call& call, int times) override;

 private:
  Result<Json, std::string> ask(const Call& call, int times);
  Result<Json, std::string> ask(Json line);

  DriverOptions options_;
  Hello hello_;
  std::unique_ptr<Child> child_;
  int seq_ = 0;
};

// Reads a hello, strictly: a misspelt member would otherwise silently take vectors away. Keeps the
// first problem.
class HelloReader {
 public:
  Hello hello;
  std::string problem;

  explicit HelloReader(const Json& answer) {
    members(answer, "hello", {"protocol", "name", "version", "doors", "capabilities", "lifetimes"});
    hello.name = printable(text_of(answer, "name"));
    hello.version = printable(text_of(answer, "version"));
    if (hello.name.empty()) fail("it has no 'name'");
    if (const Json* doors = member(answer, "doors")) read_doors(*doors);
    if (const Json* capabilities = member(answer, "capabilities")) {
      hello.capabilities = names(*capabilities, "capabilities", capability_names());
    }
    if (const Json* lifetimes = member(answer, "lifetimes")) read_lifetimes(*lifetimes);
    if (hello.methods.empty() && !hello.endpoints) fail("it opens no door");
  }

 private:
  static const Json* member(const Json& value, std::string_view name) {
    return find_path(value, name);
  }

  void fail(std::string what) {
    if (problem.empty()) problem = std::move(what);
  }

  void members(const Json& value, const std::string& where,
               const std::vector<std::string_view>& known) {
    if (!value.is_object()) return fail("'" + where + "' is no object");
    for (const auto& item : value.items()) {
      if (std::find(known.begin(), known.end(), item.key()) == known.end()) {
        fail("unknown member '" + item.key() + "' in " + where + suggestion(item.key(), known));
      }
    }
  }

  // A list of texts, each of `known` unless that is empty.
  std::set<std::string, std::less<>> names(const Json& list, const std::string& where,
                                           const std::vector<std::string_view>& known) {
    std::set<std::string, std::less<>> out;
    if (!list.is_array()) fail("'" + where + "' is no list");
    for (const Json& one : list.is_array() ? list : Json::array()) {
      const std::string name = one.is_string() ? one.get<std::string>() : print_json(one);
      if (!known.empty() && std::find(known.begin(), known.end(), name) == known.end()) {
        fail("unknown name '" + name + "' in " + where + suggestion(name, known));
      }
      out.insert(name);
    }
    return out;
  }

  void read_doors(const Json& doors) {
    members(doors, "doors", {"methods", "endpoints"});
    if (const Json* endpoints = member(doors, "endpoints")) {
      if (!endpoints->is_boolean()) return fail("'doors.endpoints' takes true or false");
      hello.endpoints = endpoints->get<bool>();
    }
    const Json* methods = member(doors, "methods");
    if (methods == nullptr) return;
    members(*methods, "doors.methods", method_names());
    for (const auto& item : methods->items()) {
      const std::string where = "doors.methods." + item.key();
      members(item.value(), where, {"receives", "checks"});
      MethodDoor& door = hello.methods[item.key()];
      if (const Json* list = member(item.value(), "receives")) {
        door.receives = names(*list, where + ".receives", {});
      }
      if (const Json* list = member(item.value(), "checks")) {
        door.checks = names(*list, where + ".checks", {});
      }
    }
  }

  void read_lifetimes(const Json& lifetimes) {
    members(lifetimes, "lifetimes", {"code", "refresh_token"});
    for (const auto& item : lifetimes.items()) {
      if (item.value().is_null()) {
        hello.lifetimes[item.key()] = std::nullopt;
      } else if (item.value().is_number_integer() && item.value().get<std::int64_t>() > 0) {
        hello.lifetimes[item.key()] = item.value().get<std::int64_t>();
      } else {
        fail("'lifetimes." + item.key() + "' takes a whole number of seconds, or null");
      }
    }
  }
};

// What the channel said, as a sentence about the driver.
std::string sentence(const std::string& what) {
  if (what.rfind("silent", 0) == 0) return "the driver stayed " + what;
  if (what.rfind("a line longer", 0) == 0) return "the driver wrote " + what;
  // 126 and 127 are the shell's words for a command that it could not start.
  const bool unstarted = what.find("exit code 127") != std::string::npos ||
                         what.find("exit code 126") != std::string::npos;
  return (unstarted ? "the driver cannot be started: it " : "the driver ") + what;
}

// A line as JSON, within what the protocol allows.
Result<Json, std::string> parse_line(const std::string& line, const DriverOptions& options) {
  auto value = parse_json_value(line, {options.max_line_bytes, 32});
  if (value) return value;
  const std::string& why = value.refusal();
  if (line.empty() || (line.front() != '{' && why.rfind("not JSON", 0) == 0))
    return "the driver wrote text that is not JSON to standard output: " + quoted(line);
  return "the driver wrote a line that cannot be read: " + printable(why) + ": " + quoted(line);
}

std::string DriverTarget::handshake() {
  std::signal(SIGPIPE, SIG_IGN);  // A driver that ended shows as an error of the write.
  child_.reset();
  child_ = std::make_unique<Child>(options_);
  if (!child_->started()) return "the driver cannot be started: no /bin/sh, or no such folder";
  const auto line = child_->exchange(print_json(Json{{"cmd", "hello"}, {"protocol", kProtocol}}));
  if (!line) return sentence(line.refusal()) + ", during the handshake";
  const auto answer = parse_line(line->text, options_);
  if (!answer) return answer.refusal();
  if (!answer->is_object())
    return "the driver wrote a line that is no JSON object: " + quoted(line->text);
  const Json* protocol = find_path(*answer, "protocol");
  if (protocol == nullptr || *protocol != kProtocol) {
    return "the driver speaks protocol version " +
           (protocol == nullptr ? std::string("none") : print_json(*protocol)) + ", not " +
           std::to_string(kProtocol);
  }
  HelloReader reader(*answer);
  if (!reader.problem.empty()) return "the driver's hello is wrong: " + reader.problem;
  hello_ = std::move(reader.hello);
  return "";
}

Result<Done, std::string> DriverTarget::reset() {
  // After a crash or a hang the state is gone: a fresh process, never the old one.
  if (!child_) {
    if (std::string problem = handshake(); !problem.empty()) {
      child_.reset();
      return problem;
    }
  }
  const auto answer = ask(Json{{"cmd", "reset"}, {"seq", ++seq_}, {"clock", kClockStart}});
  if (!answer) return "reset: " + answer.refusal();
  if (!said_ok(*answer)) {
    const std::string why = text_of(*answer, "exception") + text_of(*answer, "unsupported");
    return "reset: the driver did not answer 'ok'" + (why.empty() ? "" : ": " + why);
  }
  return Done{};
}

Result<Json, std::string> DriverTarget::ask(const Call& call, int times) {
  const auto method = hello_.methods.find(call.op.name());
  const auto* receives = method == hello_.methods.end() ? nullptr : &method->second.receives;
  Json line = wire_call(call, ++seq_, receives);
  if (times > 1) line["times"] = times;
  return ask(std::move(line));
}

Result<Json, std::string> DriverTarget::ask(Json line) {
  if (!child_) return std::string("the driver has ended");
  const auto fail = [this](std::string reason) {
    child_.reset();
    return reason;
  };
  const auto text = child_->exchange(line.dump(-1, ' ', false, Json::error_handler_t::replace));
  if (!text) return fail(sentence(text.refusal()));
  auto answer = parse_line(text->text, options_);
  if (!answer) return fail(answer.refusal());
  if (!answer->is_object()) return fail("the driver wrote a line that is no JSON object");
  const Json* seq = find_path(*answer, "seq");
  if (seq == nullptr || *seq != line["seq"]) {
    return fail("the driver answered with the wrong 'seq': " +
                (seq == nullptr ? std::string("none") : print_json(*seq)) + ", not " +
                print_json(line["seq"]));
  }
  return *std::move(answer);
}

std::vector<Observation> DriverTarget::race(const Call& call, int times) {
  const auto answer = ask(call, times);
  if (!answer) return {broken(answer.refusal())};
  const Json* results = find_path(*answer, "results");
  if (results == nullptr || !results->is_array()) return {observation_of(call, *answer)};
  std::vector<Observation> out;
  for (const Json& one : *results) out.push_back(observation_of(call, one));
  if (static_cast<int>(out.size()) != times) {
    return {broken("a race of " + std::to_string(times) + " with " + std::to_string(out.size()) +
                   " results")};
  }
  return out;
}

}  // namespace

Result<std::unique_ptr<Target>, std::string> start_driver(const DriverOptions& options) {
  auto target = std::make_unique<DriverTarget>(options);
  if (std::string problem = target->handshake(); !problem.empty()) return problem;
  return std::unique_ptr<Target>(std::move(target));
}

std::string driver_help(std::string_view what) {
  static constexpr std::pair<std::string_view, std::string_view> kHelp[] = {
      {"cannot be started", "is the command spelt right, and is what it needs installed?"},
      {"did not read", "read standard input line by line, and answer each line before the next"},
      {"line feed within", "end each answer with a line feed, and flush it"},
      {"during the handshake",
       "start it by hand, type {\"cmd\": \"hello\", \"protocol\": 1}, and see; answers have to be "
       "flushed"},
      {"silent", "flush standard output after each line; if a step takes longer, raise --timeout"},
      {"cannot be read", "an answer is UTF-8, at most 8 MiB and 32 levels deep, no member twice"},
      {"not JSON", "standard output is for the protocol alone; print to standard error instead"},
      {"no JSON object", "each line is one JSON object"},
      {"line longer", "one answer a line; end each with a line feed"},
      {"wrong 'seq'", "repeat the 'seq' of the request in each answer, in errors too"},
      {"protocol version", "answer hello with {\"protocol\": 1, ...}"},
      {"hello is wrong", "drivers/README.md lists what hello declares"},
      {"raised", "the exception is the provider's own, or the driver calls it wrongly"},
      {"is refused", "play it by hand: grantcheck replay code/is-redeemed with the same flags"},
      {"is granted", "the driver has to ask the provider, not to answer in its place"},
      {"ended", "an exception of the provider is an answer: {\"seq\": n, \"exception\": \"...\"}"},
      {"answer", "drivers/README.md says what an answer to each operation has"},
  };
  for (const auto& [part, help] : kHelp) {
    if (what.find(part) != std::string_view::npos) return std::string(help);
  }
  return "drivers/README.md has the protocol";
}

}  // namespace grantcheck
