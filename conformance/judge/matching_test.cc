#include <gtest/gtest.h>

#include "grantcheck/conformance/judge.h"
#include "grantcheck/trace/codec.h"

namespace grantcheck {
namespace {

Match match_of(const std::string& fields) {
  const auto trace = read_trace(
      R"({"trace": 1, "says": "x", "steps": [{"do": "probe", "expect": [{"is": "pass", )" + fields +
          "}]}]}",
      "m", "m");
  EXPECT_TRUE(trace) << trace.refusal().text();
  return trace->steps[0].expect[0].match;
}

bool holds(const std::string& fields, const Response& response, const Handles& handles = {}) {
  return matches(match_of(fields), {observe(response)}, handles, {});
}

const Response kGranted = {
    200,
    {{"Content-Type", "application/json"}, {"Cache-Control", "private, No-Store"}},
    R"({"access_token": "abc", "expires_in": 3600, "scope": "write read", "list": ["a"]})"};
const Response kRefused = {400, {}, R"({"error": "invalid_grant"})"};
const Response kRedirect = {302, {{"Location", "https://app.example/cb?k=1&code=C&state=s"}}, ""};

TEST(Matching, TellsGrantedFromRefused) {
  EXPECT_TRUE(holds(R"("succeeded": true)", kGranted));
  EXPECT_FALSE(holds(R"("refused": true)", kGranted));
  EXPECT_TRUE(holds(R"("refused": true)", kRefused));
  EXPECT_TRUE(holds(R"("succeeded": true)", kRedirect));
  EXPECT_TRUE(holds(R"("refused": true)",
                    {302, {{"Location", "https://app.example/cb?error=access_denied"}}, ""}));
}

TEST(Matching, LooksAtErrorAndStatus) {
  EXPECT_TRUE(holds(R"("error": "invalid_grant")", kRefused));
  EXPECT_TRUE(
      holds(R"("error": ["invalid_request", "invalid_grant"], "status": [400, 401])", kRefused));
  EXPECT_FALSE(holds(R"("error": "invalid_request")", kRefused));
  EXPECT_FALSE(holds(R"("status": 401)", kRefused));
}

TEST(Matching, LooksAtRedirectParametersAndUri) {
  EXPECT_TRUE(
      holds(R"("redirect": {"code": "C", "k": "1", "uri": "https://app.example/cb"})", kRedirect));
  EXPECT_FALSE(holds(R"("redirect": {"code": "D"})", kRedirect));
  EXPECT_FALSE(holds(R"("redirect": {"iss": {"present": true}})", kRedirect));
  EXPECT_TRUE(holds(R"("redirected": true)", kRedirect));
  EXPECT_FALSE(holds(R"("redirected": true)", kGranted));
}

TEST(Matching, AServersWayToItsOwnPageIsNoRedirectToTheClient) {
  EXPECT_TRUE(holds(R"("redirected": false)", {302, {{"Location", "/login?next=x"}}, ""}));
  EXPECT_TRUE(
      holds(R"("redirected": false)", {302, {{"Location", "https://as.example/login"}}, ""}));
  EXPECT_TRUE(holds(R"("redirected": true)", {302, {{"Location", "com.app:/cb?error=x"}}, ""}));
}

TEST(Matching, LooksAtHeaderElementsWithoutRegardToCase) {
  EXPECT_TRUE(holds(R"("header": {"cache-control": "no-store"})", kGranted));
  EXPECT_FALSE(holds(R"("header": {"cache-control": "no-cache"})", kGranted));
  EXPECT_FALSE(holds(R"("header": {"pragma": "no-cache"})", kGranted));
}

TEST(Matching, KnowsItsMatchers) {
  EXPECT_TRUE(holds(R"("body": {"expires_in": {"type": "integer"}})", kGranted));
  EXPECT_FALSE(holds(R"("body": {"access_token": {"type": "integer"}})", kGranted));
  EXPECT_TRUE(holds(R"("body": {"expires_in": {"at_most": 3600}})", kGranted));
  EXPECT_FALSE(holds(R"("body": {"expires_in": {"at_least": 3601}})", kGranted));
  EXPECT_TRUE(holds(R"("body": {"access_token": {"matches": "[a-c]+"}})", kGranted));
  EXPECT_FALSE(holds(R"("body": {"access_token": {"matches": "[a-b]+"}})", kGranted));
  EXPECT_TRUE(holds(R"("body": {"access_token": {"differs": "$old"}})", kGranted, {{"old", "x"}}));
  EXPECT_FALSE(
      holds(R"("body": {"access_token": {"differs": "$old"}})", kGranted, {{"old", "abc"}}));
  EXPECT_TRUE(holds(R"("body": {"scope": {"scope": "read write"}})", kGranted));
  EXPECT_FALSE(holds(R"("body": {"scope": {"scope": "read"}})", kGranted));
  EXPECT_TRUE(holds(R"("body": {"list": {"contains": "a"}})", kGranted));
  EXPECT_FALSE(holds(R"("body": {"list": {"excludes": "a"}})", kGranted));
  EXPECT_FALSE(holds(R"("body": {"nothing": {"excludes": "a"}})", kGranted));
  EXPECT_TRUE(holds(R"("body": {"access_token": {"one_of": ["abc", "d"]}})", kGranted));
}

TEST(Matching, SeesWhatIsAbsent) {
  EXPECT_TRUE(holds(R"("succeeded": true, "absent": ["refresh_token"])", kGranted));
  EXPECT_FALSE(holds(R"("succeeded": true, "absent": ["access_token"])", kGranted));
  EXPECT_FALSE(holds(R"("succeeded": true, "absent": ["state"])", kRedirect));
}

TEST(Matching, CountsTheSuccessesOfARace) {
  const std::vector<Observation> answers = {observe(kGranted), observe(kRefused),
                                            observe(kGranted)};
  EXPECT_FALSE(matches(match_of(R"("successes": {"at_most": 1})"), answers, {}, {}));
  EXPECT_TRUE(matches(match_of(R"("successes": {"exactly": 2})"), answers, {}, {}));
  EXPECT_FALSE(matches(match_of(R"("successes": {"at_least": 3})"), answers, {}, {}));
}

TEST(Matching, ANeverAnsweredStepMatchesNothing) {
  EXPECT_FALSE(matches(match_of(R"("refused": true)"), {}, {}, {}));
}

}  // namespace
}  // namespace grantcheck
