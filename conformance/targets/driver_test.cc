#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "grantcheck/conformance/targets.h"

namespace grantcheck {
namespace {

using testing::HasSubstr;

DriverOptions bad(const std::string& name) {
  DriverOptions options;
  options.command = "exec python3 " + name;
  options.directory = std::string(GRANTCHECK_SOURCE_DIR) + "/conformance/drivers/bad";
  options.timeout = std::chrono::milliseconds(3000);
  return options;
}

// What a driver that cannot even say hello is told.
std::string handshake_problem(const DriverOptions& options) {
  const auto target = start_driver(options);
  return target ? "went well" : target.refusal();
}

// What the first step of a driver that does say hello is told.
std::string step_problem(const std::string& name) {
  auto target = start_driver(bad(name));
  if (!target) return "no handshake: " + target.refusal();
  const auto reset = (*target)->reset();
  if (!reset) return "reset: " + reset.refusal();
  Call call(*Op::named("verify_token"));
  call.with = {{"token", "x"}};
  const Observation answer = (*target)->play(call);
  return answer.kind == Observation::Kind::broken ? answer.reason : "went well";
}

TEST(Driver, ThatCannotBeStartedIsNamed) {
  DriverOptions options;
  options.command = "exec /no/such/program";
  EXPECT_THAT(handshake_problem(options),
              HasSubstr("the driver cannot be started: it ended with exit code 127"));
  options.command = "true";
  options.directory = "/no/such/folder";
  EXPECT_THAT(handshake_problem(options), HasSubstr("the driver"));
}

TEST(Driver, ThatExitsDuringTheHandshakeIsNamedWithItsLastWords) {
  EXPECT_THAT(handshake_problem(bad("exits_during_handshake.py")),
              testing::AllOf(HasSubstr("the driver ended with exit code"), HasSubstr("last words"),
                             HasSubstr("during the handshake")));
}

TEST(Driver, ThatStaysSilentIsNamedWithinItsTime) {
  DriverOptions options = bad("silent.py");
  options.timeout = std::chrono::milliseconds(300);
  const auto start = std::chrono::steady_clock::now();
  EXPECT_THAT(handshake_problem(options),
              HasSubstr("the driver stayed silent: no answer within 300 ms"));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
}

TEST(Driver, ThatPrintsTextIsNamedAndItsTextShown) {
  EXPECT_THAT(step_problem("prints_text.py") + handshake_problem(bad("prints_text.py")),
              HasSubstr("text that is not JSON to standard output: \""));
}

TEST(Driver, WithTheWrongSequenceNumberIsNamed) {
  EXPECT_THAT(step_problem("wrong_seq.py"), HasSubstr("wrong 'seq'"));
}

// What a driver is told that answers each line with the next of these.
std::string told(const std::string& first, const std::string& second = "") {
  DriverOptions options;
  options.timeout = std::chrono::milliseconds(2000);
  options.command = "read l; printf '%s\\n' '" +
                    std::string(R"({"protocol": 1, "name": "x", "doors": {"endpoints": true}})") +
                    "'; read l; " + first + "; read l; " + second;
  auto target = start_driver(options);
  if (!target) return target.refusal();
  const auto reset = (*target)->reset();
  if (!reset) return reset.refusal();
  const Observation answer = (*target)->play(Call(*Op::named("GET /resource")));
  return answer.kind == Observation::Kind::broken ? answer.reason : "went well";
}

TEST(Driver, ThatSaysFalseWhereOkIsWantedIsNamed) {
  EXPECT_THAT(told(R"(printf '{"seq":1,"ok":false}\n')"), HasSubstr("did not answer 'ok'"));
}

TEST(Driver, ThatAnswersWithAStatusThatIsNoneIsNamed) {
  const std::string ok = R"(printf '{"seq":1,"ok":true}\n')";
  EXPECT_EQ(told(ok, R"(printf '{"seq":2,"status":200}\n')"), "went well");
  EXPECT_THAT(told(ok, R"(printf '{"seq":2,"status":4294967496}\n')"),
              HasSubstr("no 'status' from 100 to 599"));
}

TEST(Driver, ThatEndsWhileItsChildHoldsThePipeHasEnded) {
  EXPECT_THAT(told("sleep 30 & exit 7"), HasSubstr("ended with exit code 7"));
}

TEST(Driver, WhoseLineIsTooDeepIsToldSo) {
  EXPECT_THAT(
      told("printf '{\"seq\":1,\"ok\":" + std::string(40, '[') + std::string(40, ']') + "}\\n'"),
      HasSubstr("a line that cannot be read"));
}

TEST(Driver, WhoseNameHasControlCharactersWritesNoLineOfOurs) {
  DriverOptions options;
  options.command =
      R"(read l; printf '{"protocol":1,"name":"a\\u001b[2J\\nexit 0","doors":{"endpoints":true}}\n'; sleep 1)";
  const auto target = start_driver(options);
  ASSERT_TRUE(target) << target.refusal();
  EXPECT_EQ((*target)->hello().name, "a\\x1b[2J\\x0aexit 0");
}

TEST(Driver, OfAnotherProtocolVersionIsNamed) {
  EXPECT_THAT(handshake_problem(bad("wrong_protocol.py")), HasSubstr("speaks protocol version"));
}

// A driver that says this hello and then waits.
std::string hello_problem(const std::string& hello) {
  DriverOptions options;
  options.command = "read line; printf '%s\\n' '" + hello + "'; sleep 1";
  return handshake_problem(options);
}

TEST(Driver, WhoseHelloIsMisspeltIsNamedWithTheNearestName) {
  const std::string rest = R"("protocol": 1, "name": "x", "doors": {"endpoints": true})";
  EXPECT_EQ(hello_problem("{" + rest + "}"), "went well");
  EXPECT_THAT(hello_problem("{" + rest + R"(, "capabilites": []})"),
              HasSubstr("unknown member 'capabilites' in hello; did you mean 'capabilities'?"));
  EXPECT_THAT(hello_problem("{" + rest + R"(, "capabilities": ["clok"]})"),
              HasSubstr("unknown name 'clok' in capabilities; did you mean 'clock'?"));
  EXPECT_THAT(hello_problem("{" + rest + R"(, "lifetimes": {"code": "300"}})"),
              HasSubstr("'lifetimes.code' takes a whole number"));
  EXPECT_THAT(
      hello_problem(R"({"protocol": 1, "name": "x", "doors": {"methods": {"verify": {}}}})"),
      HasSubstr("unknown member 'verify' in doors.methods"));
  EXPECT_THAT(
      hello_problem(
          R"({"protocol": 1, "name": "x", "doors": {"methods": {"verify_token": {"recieves": []}}}})"),
      HasSubstr("did you mean 'receives'?"));
  EXPECT_THAT(hello_problem(R"({"protocol": 1, "name": "x", "doors": {}})"),
              HasSubstr("opens no door"));
  EXPECT_THAT(hello_problem(R"({"protocol": 1, "doors": {"endpoints": true}})"),
              HasSubstr("no 'name'"));
}

TEST(Driver, ThatCrashesMidTraceIsNamed) {
  EXPECT_THAT(step_problem("crashes_mid_trace.py"), HasSubstr("the driver ended"));
}

TEST(Driver, ThatHangsMidTraceIsNamed) {
  EXPECT_THAT(step_problem("hangs_mid_trace.py"), HasSubstr("the driver stayed silent"));
}

TEST(Driver, ThatAnswersNoObjectIsNamed) {
  EXPECT_THAT(step_problem("not_json_object.py"), HasSubstr("no JSON object"));
}

TEST(Driver, ThatWritesAnEndlessLineIsCutOff) {
  EXPECT_THAT(step_problem("huge_line.py"), HasSubstr("a line longer than"));
}

TEST(Driver, ThatWritesHalfALineIsSilent) {
  EXPECT_THAT(step_problem("half_line.py"), HasSubstr("silent"));
}

TEST(Driver, ThatAnswersNothingUsefulIsNamed) {
  EXPECT_THAT(step_problem("answers_nothing_useful.py"), HasSubstr("did not answer 'ok'"));
}

TEST(Driver, StartsAfreshAfterACrash) {
  auto target = start_driver(bad("crashes_mid_trace.py"));
  ASSERT_TRUE(target) << target.refusal();
  Call call(*Op::named("verify_token"));
  call.with = {{"token", "x"}};
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE((*target)->reset());
    EXPECT_EQ((*target)->play(call).kind, Observation::Kind::broken);
    // Between the crash and the next reset nothing is asked of a process that has forgotten.
    EXPECT_EQ((*target)->play(call).reason, "the driver has ended");
  }
}

TEST(Driver, EachProblemHasItsOwnHelp) {
  std::set<std::string> helps;
  const std::vector<std::string> problems = {
      "the driver cannot be started: it ended with exit code 127",
      "the driver stayed silent: no answer within 5 s",
      "the driver wrote text that is not JSON to standard output",
      "the driver answered with the wrong 'seq'",
      "the driver speaks protocol version 2",
      "the driver ended with exit code 3, during the handshake",
      "the driver ended by signal 9",
      "its hello is wrong"};
  for (const std::string& problem : problems) helps.insert(driver_help(problem));
  EXPECT_EQ(helps.size(), problems.size());
}

}  // namespace
}  // namespace grantcheck
