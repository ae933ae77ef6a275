#include "grantcheck/provider/rules.h"

#include <gtest/gtest.h>

#include "grantcheck/provider/digest.h"
#include "grantcheck/provider/result.h"

namespace grantcheck {
namespace {

const Rules kRules;

TEST(Rules, MatchRedirectUrisAsStrings) {
  const std::string registered = "https://app.example/cb?k=1";
  EXPECT_TRUE(kRules.redirect_uri_matches(registered, registered));
  for (const char* other :
       {"https://app.example/cb", "https://app.example/cb?k=1&x=1", "https://app.example/cb?k=1#f",
        "https://app.example/CB?k=1", "HTTPS://app.example/cb?k=1",
        "https://app.example:443/cb?k=1", "https://app.example/x/../cb?k=1",
        "https://app.example/%63b?k=1", "https://user@app.example/cb?k=1",
        "https://app.example/cb?k=1/", "https://app.example.evil.tld/cb?k=1",
        "https://sub.app.example/cb?k=1", "http://app.example/cb?k=1", ""})
    EXPECT_FALSE(kRules.redirect_uri_matches(registered, other)) << other;
}

TEST(Rules, LetOnlyThePortOfALoopbackLiteralVary) {
  const std::string v4 = "http://127.0.0.1/cb", v6 = "http://[::1]:80/cb?a=b";
  for (const char* same :
       {"http://127.0.0.1/cb", "http://127.0.0.1:1/cb", "http://127.0.0.1:65535/cb"})
    EXPECT_TRUE(kRules.redirect_uri_matches(v4, same)) << same;
  for (const char* same : {"http://[::1]/cb?a=b", "http://[::1]:50000/cb?a=b"})
    EXPECT_TRUE(kRules.redirect_uri_matches(v6, same)) << same;
  for (const char* other : {"http://127.0.0.1:5000/",
                            "http://127.0.0.1:5000/cb/",
                            "http://127.0.0.1:5000/cb?x=1",
                            "http://127.0.0.1:5000/cb#f",
                            "https://127.0.0.1:5000/cb",
                            "http://127.0.0.1.evil.example/cb",
                            "http://127.0.0.1:5000.evil.example/cb",
                            "http://127.0.0.1:5000@evil.example/cb",
                            "http://user@127.0.0.1:5000/cb",
                            "http://127.0.0.2:5000/cb",
                            "http://127.1/cb",
                            "http://[::1]:5000/cb",
                            "http://localhost/cb",
                            "http://127.0.0.1:/cb",
                            "http://127.0.0.1:65536/cb",
                            "http://127.0.0.1:5e3/cb",
                            "http://127.0.0.1:-1/cb",
                            "HTTP://127.0.0.1:5000/cb",
                            "http://127.0.0.1:5000/c%62",
                            "http://127.0.0.1:5000\\@evil.example/cb",
                            "http://127.0.0.1"})
    EXPECT_FALSE(kRules.redirect_uri_matches(v4, other)) << other;
  EXPECT_FALSE(kRules.redirect_uri_matches("https://127.0.0.1/cb", "https://127.0.0.1:1/cb"));
  EXPECT_FALSE(kRules.redirect_uri_matches("http://app.example/cb", "http://app.example:1/cb"));
}

TEST(Rules, MatchLocalhostAsAStringUnlessToldOtherwise) {
  EXPECT_TRUE(kRules.redirect_uri_matches("http://localhost:1/cb", "http://localhost:1/cb"));
  EXPECT_FALSE(kRules.redirect_uri_matches("http://localhost/cb", "http://localhost:1/cb"));
  const Rules lenient(RuleOptions{true});
  EXPECT_TRUE(lenient.redirect_uri_matches("http://localhost/cb", "http://localhost:1/cb"));
  EXPECT_FALSE(lenient.redirect_uri_matches("http://localhost/cb", "http://localhost:1/other"));
  EXPECT_FALSE(lenient.redirect_uri_matches("http://localhost/cb", "http://127.0.0.1/cb"));
}

TEST(Rules, RegisterRedirectUrisThatAreSafe) {
  for (const char* uri :
       {"https://app.example/cb", "https://app.example", "https://app.example:8443/cb?a=b&c=%20",
        "https://[2001:db8::1]/cb", "https://app.example./cb?codes=1", "http://127.0.0.1/cb",
        "http://127.0.0.1:8080/cb", "http://[::1]/cb", "http://localhost:3000/cb",
        "com.example.app:/cb", "com.example.app://cb", "com.example.app:cb"})
    EXPECT_TRUE(kRules.redirect_uri_registrable(uri)) << uri;
  for (const char* uri : {"",
                          "/cb",
                          "app.example/cb",
                          "//app.example/cb",
                          "https:",
                          "https://",
                          "https:///cb",
                          "https:/cb",
                          "https://app.example/#f",
                          "https://app.example/cb#",
                          "https://user@app.example/cb",
                          "https://app..example/cb",
                          "https://.app.example/cb",
                          "https://[:::::]/cb",
                          "https://app.example/cb?code=x",
                          "https://app.example/cb?a=b&state=x",
                          "https://app.example/cb?%69ss=x",
                          "com.example.app:/cb?error=x",
                          "https://user:pw@app.example/",
                          "https://@app.example/",
                          "https://*.app.example/cb",
                          "https://app.example/*",
                          "https://app.example:port/cb",
                          "https://app.example:99999/",
                          "https://app.example/c b",
                          "https://app.example/c\nb",
                          "https://app.example\\@evil.example/",
                          "https://app.example/\xc3\xa9",
                          "https://app.example/%zz",
                          "https://app.example/%2",
                          "https://a%2eexample/",
                          "http://app.example/cb",
                          "http://127.0.0.1.evil.example/cb",
                          "http://127.0.0.2/cb",
                          "http://localhost.evil.example/cb",
                          "http://user@127.0.0.1/cb",
                          "javascript:alert(1)",
                          "JaVaScRiPt:alert(1)",
                          "data:text/html,x",
                          "vbscript:x",
                          "file:///etc/passwd",
                          "blob:https://a.example/x",
                          "about:blank",
                          "myapp:/cb",
                          "myapp://cb",
                          "ftp://a.example/",
                          "com.example.app:",
                          "com.example.app://",
                          "com.:/cb",
                          "com.example.app://user@cb",
                          "com.example.app:/cb#f",
                          "1com.example:/cb",
                          ".com:/cb",
                          ":/cb"})
    EXPECT_FALSE(kRules.redirect_uri_registrable(uri)) << uri;
  EXPECT_FALSE(kRules.redirect_uri_registrable(std::string("https://app.example/\0", 21)));
}

TEST(Rules, HoldChallengeAndVerifierToTheirGrammar) {
  const std::string unreserved = "abcXYZ019-._~";
  for (const std::string& text :
       {std::string(43, 'a'), std::string(128, 'a'), unreserved + std::string(30, '~')}) {
    EXPECT_TRUE(kRules.verifier_well_formed(text)) << text;
    EXPECT_TRUE(kRules.challenge_well_formed(text)) << text;
  }
  for (const std::string& text :
       {std::string(), std::string(42, 'a'), std::string(129, 'a'), std::string(42, 'a') + "+",
        std::string(42, 'a') + "%", std::string(42, 'a') + " ", std::string(43, '\0')}) {
    EXPECT_FALSE(kRules.verifier_well_formed(text)) << text;
    EXPECT_FALSE(kRules.challenge_well_formed(text)) << text;
  }
}

TEST(Rules, MatchAChallengeByTheSha256OfItsVerifier) {
  const std::string challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
  const std::string verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
  EXPECT_TRUE(kRules.challenge_matches(challenge, verifier));
  EXPECT_FALSE(kRules.challenge_matches(challenge, std::nullopt));
  EXPECT_FALSE(kRules.challenge_matches(challenge, ""));
  EXPECT_FALSE(kRules.challenge_matches(challenge, challenge));
  EXPECT_FALSE(kRules.challenge_matches(challenge, verifier + " "));
  EXPECT_FALSE(kRules.challenge_matches("", std::nullopt));
  const std::string brief = "too-short";
  EXPECT_FALSE(kRules.challenge_matches(base64url(digest_of(brief)), brief));
  EXPECT_FALSE(kRules.challenge_matches("e9melhoa2owvfremtjguchaoek1t8urwbugjsstw-cm", verifier));
}

TEST(Rules, SupportNoMethodButS256) {
  EXPECT_TRUE(kRules.challenge_method_supported("S256"));
  for (const char* method : {"", "plain", "s256", "S256 ", "S512"})
    EXPECT_FALSE(kRules.challenge_method_supported(method));
}

TEST(Rules, AcceptNoOtherRedirectUriAtTheTokenEndpoint) {
  EXPECT_TRUE(kRules.token_redirect_uri_matches("https://a.example/cb", std::nullopt));
  EXPECT_TRUE(kRules.token_redirect_uri_matches("https://a.example/cb", "https://a.example/cb"));
  EXPECT_FALSE(kRules.token_redirect_uri_matches("https://a.example/cb", "https://a.example/cb/"));
  EXPECT_FALSE(kRules.token_redirect_uri_matches("http://127.0.0.1:1/cb", "http://127.0.0.1:2/cb"));
}

TEST(Rules, CallTheSecondOfExpiryExpired) {
  for (const Credential kind :
       {Credential::code, Credential::access_token, Credential::refresh_token}) {
    EXPECT_FALSE(kRules.expired(kind, 99, 100));
    EXPECT_TRUE(kRules.expired(kind, 100, 100));
    EXPECT_TRUE(kRules.expired(kind, 101, 100));
  }
}

TEST(Rules, HoldScopeTokensToTheirGrammar) {
  for (const char* token : {"read", "a:b/c", "!", "~", "#$%&'()*+,-./"})
    EXPECT_TRUE(kRules.scope_token_well_formed(token)) << token;
  for (const char* token : {"", "a b", "a\"b", "a\\b", "\x7f", "\x1f", "\xc3\xa9"})
    EXPECT_FALSE(kRules.scope_token_well_formed(token)) << token;
}

TEST(Rules, CompareScopesAsSets) {
  EXPECT_TRUE(kRules.scope_within({"b", "a", "b"}, {"a", "b"}));
  EXPECT_TRUE(kRules.scope_within({}, {}));
  EXPECT_FALSE(kRules.scope_within({"A"}, {"a"}));
  EXPECT_FALSE(kRules.scope_within({"a", "c"}, {"a", "b"}));
}

TEST(Rules, TakeForAResourceAnAbsoluteUriWithoutFragment) {
  for (const char* resource : {"https://api.example", "https://api.example/v1?x=y",
                               "urn:example:api", "http://localhost:1/"})
    EXPECT_TRUE(kRules.resource_well_formed(resource)) << resource;
  for (const char* resource : {"", "api", "/api", "//api.example", "https://api.example/#",
                               "https:", "https:///x", "https://api example"})
    EXPECT_FALSE(kRules.resource_well_formed(resource)) << resource;
}

TEST(Rules, CompareTheWholeSecret) {
  EXPECT_TRUE(kRules.secret_matches("secret", "secret"));
  for (const char* given : {"", "secre", "secret ", "Secret"})
    EXPECT_FALSE(kRules.secret_matches("secret", given));
  EXPECT_FALSE(kRules.secret_matches("", ""));
}

TEST(Rules, BindCredentialsToTheirClient) {
  EXPECT_TRUE(kRules.belongs_to(Credential::code, "a", "a"));
  EXPECT_FALSE(kRules.belongs_to(Credential::code, "a", "b"));
  EXPECT_FALSE(kRules.belongs_to(Credential::refresh_token, "a", "A"));
}

TEST(Scope, SplitsAtEachSpace) {
  EXPECT_EQ(split_scope("a b"), (Strings{"a", "b"}));
  EXPECT_EQ(split_scope(" a  b "), (Strings{"", "a", "", "b", ""}));
  EXPECT_EQ(split_scope(""), (Strings{""}));
  EXPECT_EQ(join_scope({"a", "b"}), "a b");
  EXPECT_EQ(join_scope({}), "");
}

TEST(Digest, IsSha256) {
  EXPECT_EQ(base64url(digest_of("abc")), "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0");
  EXPECT_EQ(base64url(digest_of("")), "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU");
}

TEST(Base64url, HasNoPadding) {
  const std::uint8_t bytes[] = {'f', 'o', 'o', 'b', 0xfb, 0xff};
  EXPECT_EQ(base64url({bytes, 0}), "");
  EXPECT_EQ(base64url({bytes, 1}), "Zg");
  EXPECT_EQ(base64url({bytes, 2}), "Zm8");
  EXPECT_EQ(base64url({bytes, 3}), "Zm9v");
  EXPECT_EQ(base64url({bytes, 4}), "Zm9vYg");
  EXPECT_EQ(base64url({bytes + 4, 2}), "-_8");
}

TEST(Error, IsFoundByItsName) {
  for (const char* name :
       {"invalid_grant", "invalid_redirect_uri", "insufficient_scope", "temporarily_unavailable"}) {
    ASSERT_TRUE(error_named(name));
    EXPECT_EQ(to_string(*error_named(name)), name);
  }
  EXPECT_FALSE(error_named("Invalid_grant"));
  EXPECT_FALSE(error_named(""));
}

}  // namespace
}  // namespace grantcheck
