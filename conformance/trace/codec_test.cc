#include "grantcheck/trace/codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace grantcheck {
namespace {

using testing::HasSubstr;

constexpr char kSmall[] = R"({"trace": 1, "says": "It works.",
 "cites": ["code-single-use"],
 "steps": [
  {"do": "verify_token", "with": {"token": "$x"}, "expect": [{"is": "pass", "refused": true}]}]}
)";

std::string problem_of(std::string text) {
  const auto trace = read_trace(text, "v.json", "v");
  return trace ? "" : trace.refusal().text();
}

std::string with(std::string from, std::string to) {
  std::string text = kSmall;
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos);
  return text.replace(at, from.size(), to);
}

TEST(Codec, ReadsAndWritesTheSameText) {
  const auto trace = read_trace(kSmall, "v.json", "v");
  ASSERT_TRUE(trace) << trace.refusal().text();
  EXPECT_EQ(print_trace(*trace), kSmall);
}

TEST(Codec, NamesFileLineAndNearestNameOfAnUnknownField) {
  EXPECT_EQ(problem_of(with("\"cites\"", "\"cities\"")),
            "v.json:2: unknown field 'cities' in a vector; did you mean 'cites'?");
  EXPECT_EQ(problem_of(with("\"expect\"", "\"expects\"")),
            "v.json:4: unknown field 'expects' in a step; did you mean 'expect'?");
  EXPECT_EQ(problem_of(with("\"refused\"", "\"refuse\"")),
            "v.json:4: unknown field 'refuse' in an outcome; did you mean 'refused'?");
}

TEST(Codec, NamesTheNearestOperation) {
  EXPECT_THAT(
      problem_of(with("verify_token", "verify_tokens")),
      HasSubstr("v.json:4: a step needs 'do' with an operation; did you mean 'verify_token'?"));
  EXPECT_THAT(problem_of(with("verify_token", "POST /tokn")), HasSubstr("'POST /token'"));
}

TEST(Codec, RefusesAnotherVersion) {
  EXPECT_THAT(problem_of(with("\"trace\": 1", "\"trace\": 2")),
              HasSubstr("v.json:1: 'trace' takes"));
  EXPECT_THAT(problem_of(with("\"trace\": 1, ", "")), HasSubstr("'trace' takes"));
}

TEST(Codec, RefusesBrokenJsonWithItsLine) {
  EXPECT_THAT(problem_of(with("\"cites\": [", "\"cites\": [,")), HasSubstr("v.json:2: not JSON"));
  EXPECT_THAT(problem_of(""), HasSubstr("v.json:1: not JSON"));
  EXPECT_THAT(problem_of(std::string(kSmall) + "{}"), HasSubstr("not JSON"));
}

TEST(Codec, RefusesARepeatedMember) {
  EXPECT_THAT(problem_of(with("\"cites\"", "\"says\"")),
              HasSubstr("v.json:2: the member 'says' occurs twice"));
}

TEST(Codec, RefusesDeepNestingWithoutOverflow) {
  const std::string deep(1000000, '[');
  EXPECT_THAT(problem_of(deep), HasSubstr("nested deeper than"));
}

TEST(Codec, RefusesWrongTypes) {
  EXPECT_THAT(problem_of(with("[\"code-single-use\"]", "7")), HasSubstr("takes a list of texts"));
  EXPECT_THAT(problem_of(with("true", "1")), HasSubstr("takes true or false"));
  EXPECT_THAT(problem_of(with("\"pass\"", "\"maybe\"")), HasSubstr("takes 'pass' or 'deviates'"));
  EXPECT_THAT(problem_of("[]"), HasSubstr("a vector is an object"));
  EXPECT_THAT(problem_of(R"({"trace": 1, "says": "x", "steps": []})"),
              HasSubstr("at least one step"));
}

TEST(Codec, RefusesABrokenExpression) {
  EXPECT_THAT(problem_of(with("\"$x\"", R"({"hex": "0g"})")),
              HasSubstr("pairs of hexadecimal digits"));
  EXPECT_THAT(problem_of(with("\"$x\"", R"({"repeat": ["a", -1]})")), HasSubstr("'repeat' takes"));
}

TEST(Codec, KeepsTheOrderOfParameters) {
  const auto trace = read_trace(
      R"({"trace": 1, "says": "x", "steps": [{"do": "POST /token", "with": {"z": "1", "a": "2"}}]})",
      "v.json", "v");
  ASSERT_TRUE(trace);
  EXPECT_THAT(print_trace(*trace), HasSubstr(R"("with": {"z": "1", "a": "2"})"));
}

TEST(Codec, RoundTripsEveryField) {
  constexpr char kAll[] =
      R"({"trace": 1, "says": "All \"fields\".", "cites": ["a"], "needs": ["clock"], "twin": "t/x",
    "let": {"v": "1"}, "steps": [
    {"do": "GET /authorize", "as": "alice", "with": {"a": ["1", "2"]}, "query": {"q": "1"}, "headers": {"H": {"bearer": "$t"}},
     "times": 3, "keep": {"c": "redirect.code"}, "expect": [{"is": "pass", "successes": {"at_most": 1, "at_least": 1, "exactly": 1}}]},
    {"do": "POST /token", "raw": {"hex": "00ff"}, "expect": [
     {"is": "pass", "succeeded": true, "refused": false, "error": ["a", "b"], "status": [400, 401], "live": true, "redirected": false,
      "redirect": {"state": "x"}, "header": {"cache-control": "no-store"}, "body": {"a.b": {"type": "integer"}}, "absent": ["y"]},
     {"is": "deviates", "error": "c", "status": 200, "cites": ["soft"]}]}]})";
  const auto first = read_trace(kAll, "v.json", "v");
  ASSERT_TRUE(first) << first.refusal().text();
  const std::string text = print_trace(*first);
  const auto second = read_trace(text, "v.json", "v");
  ASSERT_TRUE(second) << second.refusal().text();
  EXPECT_EQ(print_trace(*second), text);
  EXPECT_EQ(steps_to_json(*first), steps_to_json(*second));
  for (const std::string& line : {std::string("\"times\": 3"), std::string("\"exactly\": 1"),
                                  std::string("\"hex\": \"00ff\"")}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

TEST(Trace, TellsNegativeFromPositive) {
  const auto negative = [](const std::string& outcome) {
    const auto trace = read_trace(
        R"({"trace": 1, "says": "x", "steps": [{"do": "probe", "with": {"token": "$t"}, "expect": [)" +
            outcome + "]}]}",
        "v.json", "v");
    EXPECT_TRUE(trace) << trace.refusal().text();
    return is_negative(*trace);
  };
  EXPECT_TRUE(negative(R"({"is": "pass", "refused": true})"));
  EXPECT_TRUE(negative(R"({"is": "pass", "live": false})"));
  EXPECT_TRUE(negative(R"({"is": "pass", "error": "invalid_grant"})"));
  EXPECT_TRUE(negative(R"({"is": "pass", "successes": {"at_most": 1}})"));
  EXPECT_FALSE(negative(R"({"is": "pass", "live": true})"));
  EXPECT_FALSE(negative(R"({"is": "pass", "succeeded": true})"));
  EXPECT_FALSE(negative(R"({"is": "pass", "successes": {"at_least": 1}})"));
}

}  // namespace
}  // namespace grantcheck
