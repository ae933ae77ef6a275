#include "grantcheck/trace/values.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace grantcheck {
namespace {

Json value(const char* text, const Handles& handles = {}, const Lifetimes& lifetimes = {}) {
  const auto resolved = resolve(Json::parse(text), handles, lifetimes);
  return resolved ? *resolved : Json("refused: " + resolved.refusal());
}

TEST(Values, ComputeTheExampleOfRfc7636AppendixB) {
  EXPECT_EQ(s256("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
}

TEST(Values, ReplaceHandlesAndLeaveDollarSignsThatAreEscaped) {
  EXPECT_EQ(value(R"(["$a", "$$a", "a"])", {{"a", 7}}), Json::parse(R"([7, "$a", "a"])"));
}

TEST(Values, AnUnboundHandleIsAWellFormedValueAndAlwaysTheSame) {
  const Json one = value("\"$never\"");
  EXPECT_EQ(one.get<std::string>().size(), 43U);
  EXPECT_EQ(one, value("\"$never\""));
  EXPECT_NE(one, value("\"$other\""));
}

TEST(Values, ComputeExpressions) {
  EXPECT_EQ(value(R"({"concat": ["$a", "-", 3]})", {{"a", "x"}}), "x-3");
  EXPECT_EQ(value(R"({"repeat": ["ab", 2]})"), "abab");
  EXPECT_EQ(value(R"({"slice": ["abcdef", 1, 3]})"), "bcd");
  EXPECT_EQ(value(R"({"slice": ["abc", 9, 3]})"), "");
  EXPECT_EQ(value(R"({"hex": "4142"})"), "AB");
  EXPECT_EQ(value(R"({"sum": [1, {"sum": [2, -5]}]})"), -2);
  EXPECT_EQ(value(R"({"bearer": "t"})"), "Bearer t");
  EXPECT_EQ(value(R"({"literal": {"hex": "zz"}})"), Json::parse(R"({"hex": "zz"})"));
}

TEST(Values, FormEncodeBasicCredentialsBeforeBase64) {
  EXPECT_EQ(value(R"({"basic": ["a:b", "c d"]})"), "Basic " + base64("a%3Ab:c+d"));
}

TEST(Values, SayWhyALifetimeIsMissing) {
  EXPECT_EQ(value(R"({"lifetime": "code"})", {}, {{"code", 300}}), 300);
  EXPECT_EQ(value(R"({"lifetime": "code"})"),
            "refused: the target declares no lifetime of its code");
  EXPECT_EQ(value(R"({"lifetime": "refresh_token"})", {}, {{"refresh_token", std::nullopt}}),
            "refused: the target declares that its refresh_token lives for ever");
}

TEST(Values, RefuseNumbersOutOfRange) {
  EXPECT_EQ(value(R"({"sum": [9223372036854775807, 1]})"),
            "refused: 'sum' takes a list of whole numbers");
}

TEST(Values, PlayWhateverAHandleTurnsOutToHold) {
  EXPECT_EQ(value(R"({"s256": "$a"})", {{"a", 7}}), s256("7"));
  EXPECT_EQ(value(R"({"sum": ["$never", -1]})"), -1);
  EXPECT_EQ(value(R"({"sum": ["$a", -1]})", {{"a", "3600"}}), 3599);
  EXPECT_EQ(value(R"({"bearer": "$a"})", {{"a", Json::parse(R"({"x": 1})")}}),
            R"(Bearer {"x": 1})");
}

TEST(Values, ForgeALoadedObjectFieldByField) {
  const Json claim = make_claim("o1", Json::parse(R"({"token": "t", "scopes": ["read"]})"));
  const Json forged =
      value(R"({"from": "$loaded", "set": {"scopes": ["admin"]}})", {{"loaded", claim}});
  EXPECT_TRUE(is_claim(forged));
  EXPECT_EQ(forged["object"], "o1");
  EXPECT_EQ(forged["fields"]["scopes"], Json::parse(R"(["read"])"));
  EXPECT_EQ(forged["set"]["scopes"], Json::parse(R"(["admin"])"));
}

TEST(Values, ForgeAnObjectThatWasNeverLoaded) {
  const Json forged = value(R"({"from": "$nothing", "set": {}})");
  EXPECT_EQ(forged["fields"]["token"], unbound_value("nothing"));
}

}  // namespace
}  // namespace grantcheck
