#include "grantcheck/provider/http.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace grantcheck {
namespace {

using testing::ElementsAre;
using testing::Optional;
using testing::Pair;

TEST(Header, IsFoundWithoutRegardToCase) {
  const Headers headers = {{"Content-Type", "text/plain"}, {"AUTHORIZATION", "Basic eDp5"}};
  EXPECT_EQ(header(headers, "authorization"), "Basic eDp5");
  EXPECT_EQ(header(headers, "content-TYPE"), "text/plain");
}

TEST(Header, IsNotFoundByAPartOfItsName) {
  const Headers headers = {{"Content-Type", "text/plain"}};
  EXPECT_EQ(header(headers, "Content"), std::nullopt);
  EXPECT_EQ(header(headers, "Content-Type-Options"), std::nullopt);
}

TEST(Header, IsTheFirstOfSeveral) { EXPECT_EQ(header({{"A", "1"}, {"a", "2"}}, "a"), "1"); }

TEST(DecodeForm, KeepsOrderAndRepetition) {
  EXPECT_THAT(decode_form("b=1&a=2&b=3"),
              Optional(ElementsAre(Pair("b", "1"), Pair("a", "2"), Pair("b", "3"))));
}

TEST(DecodeForm, ReadsPlusAsSpaceAndEscapesAsBytes) {
  EXPECT_THAT(decode_form("a+b=c%2Bd%20e%e2%82%ac"),
              Optional(ElementsAre(Pair("a b", "c+d e\xE2\x82\xAC"))));
}

TEST(DecodeForm, SplitsAtTheFirstEqualsSign) {
  EXPECT_THAT(decode_form("a=b=c"), Optional(ElementsAre(Pair("a", "b=c"))));
}

TEST(DecodeForm, GivesANameWithoutValueAnEmptyOne) {
  EXPECT_THAT(decode_form("a&b="), Optional(ElementsAre(Pair("a", ""), Pair("b", ""))));
}

TEST(DecodeForm, SkipsEmptyPairs) {
  EXPECT_THAT(decode_form("&&a=1&&b=2&"), Optional(ElementsAre(Pair("a", "1"), Pair("b", "2"))));
  EXPECT_THAT(decode_form(""), Optional(ElementsAre()));
}

class Refused : public testing::TestWithParam<std::string> {};
TEST_P(Refused, ByDecodeForm) { EXPECT_EQ(decode_form(GetParam()), std::nullopt); }
INSTANTIATE_TEST_SUITE_P(DecodeForm, Refused,
                         testing::Values("a=%", "a=%4", "a=%4g", "a=%g4", "%=1", "a=1&b=%zz",
                                         "a=%00", std::string("a=\0", 3), "a=%FF", "a=\xC3",
                                         "a=%C3%28", "a=%C0%80", "a=%E0%80%80", "a=%ED%A0%80",
                                         "a=%F0%80%80%80", "a=%F4%90%80%80", "a=%F8%88%80%80%80",
                                         "a=%80", "a=%E2%82"));

class Accepted : public testing::TestWithParam<std::string> {};
TEST_P(Accepted, ByDecodeForm) { EXPECT_NE(decode_form(GetParam()), std::nullopt); }
INSTANTIATE_TEST_SUITE_P(DecodeForm, Accepted,
                         testing::Values("a=%7F", "a=%C2%80", "a=%DF%BF", "a=%E0%A0%80",
                                         "a=%ED%9F%BF", "a=%EE%80%80", "a=%EF%BF%BF",
                                         "a=%F0%90%80%80", "a=%F4%8F%BF%BF", "a=%01"));

TEST(EncodeForm, EscapesWhatAFormEscapes) {
  EXPECT_EQ(encode_form_component("a b+c&d=e%~*-._/\xE2\x82\xAC"),
            "a+b%2Bc%26d%3De%25%7E*-._%2F%E2%82%AC");
  EXPECT_EQ(encode_form({{"a", "1 2"}, {"b&", ""}}), "a=1+2&b%26=");
  EXPECT_EQ(encode_form({}), "");
}

TEST(EncodeForm, IsUndoneByDecodeForm) {
  std::string all;
  for (char c = 1; c < 127; ++c) all += c;
  const FormFields fields = {{"first", all}, {all, "\xF0\x9F\x94\x91"}, {"first", "again"}};
  EXPECT_EQ(decode_form(encode_form(fields)), fields);
}

}  // namespace
}  // namespace grantcheck
