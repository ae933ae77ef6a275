#include "grantcheck/conformance/judge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "grantcheck/conformance/run.h"
#include "grantcheck/trace/codec.h"
#include "judge/fake_target.h"

namespace grantcheck {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr char kSteps[] = R"([
  {"do": "POST /revoke", "with": {"token": "set-up"}},
  {"do": "POST /token", "with": {"code": "$code"}, "keep": {"access": "access_token"},
   "expect": [{"is": "pass", "refused": true}, {"is": "deviates", "body": {"access_token": "SOFT"}, "cites": ["soft"]}]}])";
constexpr char kTwinSteps[] = R"([
  {"do": "POST /revoke", "with": {"token": "set-up"}},
  {"do": "POST /token", "with": {"code": "right"}, "expect": [{"is": "pass", "succeeded": true}]}])";

Catalogue small_catalogue(const std::string& steps = kSteps, const std::string& twin = kTwinSteps) {
  Catalogue catalogue;
  for (const auto& [name, level] : {std::pair("hard", "MUST"), std::pair("soft", "SHOULD"),
                                    std::pair("POS-1", "POS"), std::pair("free", "MAY")}) {
    catalogue.requirements[name] = {name, level, "It holds.", "spec", "1", "spec#1"};
  }
  catalogue.profiles["oauth-2.1"] = {
      "oauth-2.1",
      "",
      {{"hard", Breach::fail}, {"soft", Breach::deviates}, {"POS-1", Breach::info}}};
  catalogue.profiles["in-memory"] = {
      "in-memory", "", {{"hard", Breach::fail}, {"soft", Breach::fail}, {"POS-1", Breach::fail}}};
  const auto add = [&catalogue](const std::string& id, const std::string& head,
                                const std::string& list) {
    const auto trace = read_trace("{\"trace\": 1, " + head + ", \"steps\": " + list + "}", id, id);
    EXPECT_TRUE(trace) << trace.refusal().text();
    if (trace) catalogue.vectors.emplace(id, *trace);
  };
  add("a/negative", R"("says": "It is refused.", "cites": ["hard"], "twin": "a/positive")", steps);
  add("a/positive", R"("says": "It is granted.", "cites": ["hard"])", twin);
  return catalogue;
}

struct Judged : testing::Test {
  Catalogue catalogue = small_catalogue();
  FakeTarget target;

  Verdict verdict(const std::string& profile = "oauth-2.1", const std::string& id = "a/negative") {
    return judge(catalogue, catalogue.profiles.at(profile), catalogue.vectors.at(id), target);
  }
  // Set-up steps are granted, the judged one gets this.
  void answer_token(Observation answer) {
    target.answer = [answer](const Call& call) {
      return call.op.role() == "/token" ? answer : granted();
    };
  }
};

TEST_F(Judged, PassesWhatIsExpected) {
  answer_token(refused());
  EXPECT_EQ(verdict().is, Is::pass);
  EXPECT_EQ(target.resets, 1);
}

TEST_F(Judged, FailsWhatIsUnlistedAndNamesTheRow) {
  answer_token(granted());
  const Verdict v = verdict();
  EXPECT_EQ(v.is, Is::fail);
  EXPECT_THAT(v.broke, testing::ElementsAre("hard"));
  EXPECT_EQ(v.step, 1U);
  EXPECT_EQ(v.level, "MUST");
  EXPECT_EQ(v.expected, "refused");
  EXPECT_EQ(v.symptom, "200 with access_token");
}

TEST_F(Judged, MasksTokensUnlessAskedNotTo) {
  answer_token(granted());
  EXPECT_THAT(verdict().actual, Not(HasSubstr("SECRET-TOKEN")));
  EXPECT_THAT(verdict().record.back().answered, Not(HasSubstr("SECRET-TOKEN")));
  JudgeOptions options;
  options.show_secrets = true;
  EXPECT_THAT(judge(catalogue, catalogue.profiles.at("oauth-2.1"),
                    catalogue.vectors.at("a/negative"), target, options)
                  .actual,
              HasSubstr("SECRET-TOKEN"));
}

TEST_F(Judged, BendingASofterRowDeviatesOrFailsByProfile) {
  answer_token(observe({200, {}, R"({"access_token": "SOFT"})"}));
  const Verdict v = verdict();
  EXPECT_EQ(v.is, Is::deviates);
  EXPECT_THAT(v.broke, testing::ElementsAre("soft"));
  EXPECT_EQ(v.level, "SHOULD");
  EXPECT_EQ(verdict("in-memory").is, Is::fail);
}

TEST_F(Judged, AFailedSetUpBlocks) {
  target.answer = [](const Call&) { return refused(); };
  const Verdict v = verdict();
  EXPECT_EQ(v.is, Is::blocked);
  EXPECT_THAT(v.reason, HasSubstr("set-up step 1 failed: 400"));
}

TEST_F(Judged, AnAnswerWithoutWhatIsKeptBlocks) {
  catalogue = small_catalogue(
      R"([{"do": "POST /revoke", "keep": {"x": "nowhere"}}, {"do": "POST /token", "expect": [{"is": "pass", "refused": true}]}])");
  const Verdict v = verdict();
  EXPECT_EQ(v.is, Is::blocked);
  EXPECT_THAT(v.reason, HasSubstr("without 'nowhere'"));
}

TEST_F(Judged, ACrashFailsEvenWhereOnlyASoftRowIsCited) {
  catalogue.vectors.at("a/negative").cites = {"soft"};
  answer_token(broken("the driver ended"));
  const Verdict v = verdict();
  EXPECT_EQ(v.is, Is::fail);
  EXPECT_EQ(v.actual, "target crashed: the driver ended");
  EXPECT_EQ(v.symptom, "crashed");
}

TEST_F(Judged, UnsupportedIsNotApplicableUnlessDeclared) {
  target.answer = [](const Call&) { return unsupported("cannot"); };
  EXPECT_EQ(verdict().is, Is::fail);  // /revoke is declared by "revocation".
  target.said.capabilities.erase("revocation");
  EXPECT_EQ(verdict().is, Is::not_applicable);
  EXPECT_THAT(verdict().reason, HasSubstr("needs revocation"));
}

TEST_F(Judged, WhatIsNotDeclaredIsNotApplicable) {
  catalogue.vectors.at("a/negative").needs = {"clock"};
  target.said.capabilities.erase("clock");
  EXPECT_THAT(verdict().reason, HasSubstr("needs clock"));
  target.said.endpoints = false;
  catalogue.vectors.at("a/negative").needs.clear();
  EXPECT_EQ(verdict().reason, "no endpoints door");
}

TEST_F(Judged, RowsOutsideTheProfileDoNotCount) {
  catalogue.profiles.at("oauth-2.1").rows.erase("hard");
  answer_token(granted());
  EXPECT_EQ(verdict().is, Is::pass);
}

// The methods door: what a layer above enforces is not held against a method.
struct MethodsDoor : testing::Test {
  Catalogue catalogue = small_catalogue(
      R"([{"do": "exchange_authorization_code", "with": {"client": "a", "authorization_code": "$code", "code_verifier": "wrong"},
           "expect": [{"is": "pass", "refused": true}]}])",
      R"([{"do": "exchange_authorization_code", "with": {"client": "a", "authorization_code": "$code", "code_verifier": "right"},
           "expect": [{"is": "pass", "succeeded": true}]}])");
  FakeTarget target;

  std::string reason() {
    bool above = false;
    const auto why =
        not_applicable(catalogue, catalogue.vectors.at("a/negative"), target.said, &above);
    EXPECT_EQ(above, why.has_value() && why->find("enforced above") == 0);
    return why.value_or("applies");
  }
};

TEST_F(MethodsDoor, AFieldThatIsNotReceivedIsEnforcedAbove) {
  target.said.methods["exchange_authorization_code"] = {{"client", "authorization_code"}, {"*"}};
  EXPECT_EQ(reason(),
            "enforced above this door: exchange_authorization_code does not receive code_verifier");
}

TEST_F(MethodsDoor, ACheckThatIsNotOwnedIsEnforcedAbove) {
  target.said.methods["exchange_authorization_code"] = {{"code_verifier"}, {"other"}};
  EXPECT_EQ(reason(),
            "enforced above this door: exchange_authorization_code does not make this check");
}

TEST_F(MethodsDoor, AnOwnedCheckApplies) {
  target.said.methods["exchange_authorization_code"] = {{"code_verifier"}, {"hard"}};
  EXPECT_EQ(reason(), "applies");
}

TEST_F(MethodsDoor, AnExchangeOfAPlainCodeIncludesItsLoad) {
  target.said.methods["exchange_authorization_code"] = {{"code_verifier"}, {}};
  target.said.methods["load_authorization_code"] = {{"client"}, {"hard"}};
  EXPECT_EQ(reason(), "applies");
}

TEST_F(MethodsDoor, AMisspeltCheckIsNoticed) {
  target.said.methods["verify_token"] = {{}, {"*", "hard"}};
  EXPECT_EQ(declaration_problem(catalogue, target.said), "");
  target.said.methods["verify_token"].checks.insert("harrd");
  EXPECT_EQ(declaration_problem(catalogue, target.said),
            "verify_token declares that it checks an unknown row 'harrd'; did you mean 'hard'?");
}

TEST_F(MethodsDoor, AMissingMethodIsNamed) {
  target.said.methods["verify_token"] = {};
  EXPECT_EQ(reason(), "no method exchange_authorization_code");
}

// Runs: selection, exit codes, baselines.
struct Runs : Judged {
  Baseline baseline;
  RunReport run_all(const std::string& known = "") {
    RunOptions options;
    options.today = "2026-11-24";
    if (!known.empty()) {
      auto read = read_baseline(known, "known.toml", catalogue);
      EXPECT_TRUE(read) << read.refusal().text();
      baseline = *read;
      options.baseline = &baseline;
    }
    const Profile& profile = catalogue.profiles.at("oauth-2.1");
    const auto selected = select(catalogue, profile, options.selection);
    EXPECT_TRUE(selected);
    return run(catalogue, profile, *selected, target, options);
  }
  // A right target: refuses unknown codes, grants the right one.
  void answer_rightly() {
    target.answer = [](const Call& call) {
      return call.body.find("code=right") == std::string::npos && call.op.role() == "/token"
                 ? refused()
                 : granted();
    };
  }
};

constexpr char kKnown[] =
    "[[known]]\nvector = 'a/negative'\nreason = 'issue 8'\nseen = '200 with access_token'\n";

TEST_F(Runs, EndInZeroWhenJudgedAndClean) {
  answer_rightly();
  EXPECT_EQ(run_all().exit, kClean);
}

TEST_F(Runs, EndInOneOnANewFailure) {
  answer_token(granted());
  EXPECT_EQ(run_all().exit, kFailure);
}

TEST_F(Runs, EndInZeroWhenEveryFailureIsKnown) {
  answer_token(granted());
  const RunReport result = run_all(kKnown);
  EXPECT_EQ(result.exit, kClean);
  EXPECT_THAT(result.verdicts[0].known, "issue 8");
}

TEST_F(Runs, EndInOneWhenAKnownFailureChangesItsSymptom) {
  answer_token(observe({200, {}, R"({"id_token": "x"})"}));
  EXPECT_EQ(run_all(kKnown).exit, kFailure);
}

TEST_F(Runs, EndInFiveWhenABaselineEntryIsStaleOrExpired) {
  answer_rightly();
  const RunReport stale = run_all(kKnown);
  EXPECT_EQ(stale.exit, kStaleBaseline);
  EXPECT_THAT(stale.stale, testing::ElementsAre(HasSubstr("a/negative no longer fails")));
  answer_token(granted());
  EXPECT_EQ(run_all(std::string(kKnown) + "expires = 2026-11-23\n").exit, kStaleBaseline);
  EXPECT_EQ(run_all(std::string(kKnown) + "expires = 2026-11-24\n").exit, kClean);
}

TEST_F(Runs, EndInFourWhenNothingIsJudgedOrARequiredRowIsBlocked) {
  target.answer = [](const Call&) { return refused(); };
  const RunReport blocked = run_all();
  EXPECT_EQ(blocked.exit, kNoEvidence);
  EXPECT_THAT(blocked.unjudged, testing::SizeIs(1));
  target.said.endpoints = false;
  EXPECT_EQ(run_all().exit, kNoEvidence);
}

TEST_F(Runs, AreInterruptedBetweenVectors) {
  RunOptions options;
  options.interrupted = [] { return true; };
  const RunReport result = run(catalogue, catalogue.profiles.at("oauth-2.1"),
                               {catalogue.vector("a/negative")}, target, options);
  EXPECT_EQ(result.exit, kInterrupted);
  EXPECT_THAT(result.verdicts, IsEmpty());
}

TEST_F(Runs, NameTheNearestVectorAndRow) {
  Selection selection;
  selection.vectors = {"a/negativ"};
  EXPECT_THAT(select(catalogue, catalogue.profiles.at("oauth-2.1"), selection).refusal(),
              HasSubstr("did you mean 'a/negative'?"));
  selection.vectors = {"a/*"};
  EXPECT_THAT(*select(catalogue, catalogue.profiles.at("oauth-2.1"), selection),
              testing::SizeIs(2));
  selection.rows = {"harrd"};
  EXPECT_THAT(select(catalogue, catalogue.profiles.at("oauth-2.1"), selection).refusal(),
              HasSubstr("did you mean 'hard'?"));
}

TEST_F(Runs, ShowExpectedBesideActualTheRowAndHowToReplay) {
  answer_token(granted());
  std::ostringstream out;
  ReportOptions options;
  options.target_flags = " --mutant x";
  print_report(out, catalogue, run_all(), options);
  for (const char* part : {"FAIL      a/negative", "MUST  hard (spec, 1)", "expected    refused",
                           "actual      200 {\"access_token\": \"<12 chars", "<-- here",
                           "twin        a/positive differs only in step 2, with.code",
                           "grantcheck replay a/negative --mutant x", "exit 1: new failures"}) {
    EXPECT_THAT(out.str(), HasSubstr(part));
  }
}

TEST_F(Runs, CannotBeWrittenWhereThereIsNoFolder) {
  const auto prepared = prepare_report("/dev/null/x");
  ASSERT_FALSE(prepared);
  EXPECT_THAT(prepared.refusal().text(), HasSubstr("/dev/null/x: cannot be made"));
  const auto written = write_run("/dev/null/x", run_all());
  ASSERT_FALSE(written);
  EXPECT_THAT(written.refusal().text(), HasSubstr("/dev/null/x/run.json: cannot be written"));
}

TEST_F(Runs, GiveATargetUpThatDoesNothingButCrash) {
  target.answer = [](const Call&) { return broken("it hung"); };
  RunOptions options;
  options.give_up_after = 1;
  const Profile& profile = catalogue.profiles.at("oauth-2.1");
  const auto selected = select(catalogue, profile, {});
  const RunReport result = run(catalogue, profile, *selected, target, options);
  EXPECT_EQ(result.count(Is::fail), 1);
  EXPECT_EQ(result.count(Is::blocked), static_cast<int>(selected->size()) - 1);
  EXPECT_EQ(result.exit, kFailure);
}

std::string baseline_problem(const std::string& text) {
  const auto read = read_baseline(text, "known.toml", small_catalogue());
  return read ? "" : read.refusal().text();
}

TEST(BaselineFile, IsRefusedWithLineAndNearestName) {
  EXPECT_THAT(baseline_problem("[[known]]\nvector = 'a/negativ'\nreason = 'r'\nseen = 's'\n"),
              HasSubstr("known.toml:1: unknown vector 'a/negativ'; did you mean 'a/negative'?"));
  EXPECT_THAT(baseline_problem("[[known]]\nvektor = 'a/negative'\n"),
              HasSubstr("known.toml:2: unknown key 'vektor'; did you mean 'vector'?"));
  EXPECT_THAT(baseline_problem("[[known]]\nvector = 'a/negative'\nseen = 's'\n"),
              HasSubstr("needs 'reason'"));
  EXPECT_THAT(baseline_problem("[[known]]\nvector = 'a/negative'\nreason = 'r'\n"),
              HasSubstr("needs 'seen'"));
  EXPECT_THAT(baseline_problem(std::string(kKnown) + kKnown), HasSubstr("stands here twice"));
  EXPECT_THAT(baseline_problem("known = 3\n"), HasSubstr("'known' takes tables"));
  EXPECT_THAT(baseline_problem("known = [3]\n"), HasSubstr("'known' takes tables"));
  EXPECT_EQ(baseline_problem("known = []\n"), "");
  EXPECT_THAT(baseline_problem(std::string(kKnown) + "expires = '2027-02-30'\n"),
              HasSubstr("takes a date"));
  EXPECT_THAT(baseline_problem("[[known\n"), HasSubstr("known.toml:1: "));
  EXPECT_THAT(baseline_problem(std::string(kKnown) + "expires = 'soon'\n"),
              HasSubstr("takes a date"));
}

// The lint, each rule seen red.
std::string lint_of(const Catalogue& catalogue) {
  std::string out;
  for (const std::string& problem : lint(catalogue)) out += problem + "\n";
  return out;
}

TEST(Lint, IsSilentAboutGoodVectors) { EXPECT_EQ(lint_of(small_catalogue()), ""); }

TEST(Lint, RefusesUnknownNames) {
  Catalogue catalogue = small_catalogue();
  catalogue.vectors.at("a/negative").cites = {"hards"};
  catalogue.vectors.at("a/negative").needs = {"clocks"};
  catalogue.profiles.at("in-memory").rows["sofd"] = Breach::fail;
  EXPECT_THAT(lint_of(catalogue), HasSubstr("unknown row 'hards'; did you mean 'hard'?"));
  EXPECT_THAT(lint_of(catalogue), HasSubstr("unknown capability 'clocks'; did you mean 'clock'?"));
  EXPECT_THAT(lint_of(catalogue), HasSubstr("profile in-memory lists an unknown row 'sofd'"));
}

TEST(Lint, RefusesPermissionsAsRequirements) {
  Catalogue catalogue = small_catalogue();
  catalogue.vectors.at("a/negative").cites = {"free"};
  EXPECT_THAT(lint_of(catalogue), HasSubstr("cites 'free', a permission"));
}

TEST(Lint, WantsAPositiveTwinOneFieldAway) {
  Catalogue catalogue = small_catalogue();
  catalogue.vectors.at("a/negative").twin = "";
  EXPECT_THAT(lint_of(catalogue), HasSubstr("names no positive twin"));
  catalogue.vectors.at("a/negative").twin = "a/positiv";
  EXPECT_THAT(lint_of(catalogue),
              HasSubstr("unknown twin 'a/positiv'; did you mean 'a/positive'?"));
  catalogue.vectors.at("a/negative").twin = "a/negative";
  EXPECT_THAT(lint_of(catalogue), HasSubstr("has a twin that is negative too"));
  catalogue = small_catalogue();
  catalogue.vectors.at("a/negative").steps[0].with["token"] = "other";
  EXPECT_THAT(lint_of(catalogue), HasSubstr("in 1:with.token, 2:with.code instead of one field"));
  catalogue.vectors.at("a/positive").twin = "a/negative";
  EXPECT_THAT(lint_of(catalogue), HasSubstr("is positive and names a twin"));
}

std::string lint_of_expectation(const std::string& expect) {
  return lint_of(small_catalogue(
      R"([{"do": "POST /revoke", "with": {"token": "set-up"}}, {"do": "POST /token", "with": {"code": "$code"}, "expect": )" +
      expect + "}]"));
}

TEST(Lint, RefusesExpectationsThatAdmitEveryAnswer) {
  EXPECT_THAT(lint_of_expectation(
                  R"([{"is": "pass", "refused": true}, {"is": "pass", "succeeded": true}])"),
              HasSubstr("admits every answer"));
  EXPECT_THAT(lint_of_expectation(R"([{"is": "pass", "absent": ["code"]}])"),
              HasSubstr("names nothing that must be there"));
  EXPECT_THAT(lint_of_expectation(R"([{"is": "deviates", "refused": true, "cites": ["soft"]}])"),
              HasSubstr("has no outcome that passes"));
  EXPECT_THAT(lint_of_expectation(
                  R"([{"is": "pass", "refused": true}, {"is": "deviates", "status": 200}])"),
              HasSubstr("without citing the softer row"));
}

TEST(Lint, RefusesVectorsThatSayOrExpectNothing) {
  Catalogue catalogue = small_catalogue();
  catalogue.vectors.at("a/positive").says = "";
  catalogue.vectors.at("a/positive").cites = {};
  catalogue.vectors.at("a/positive").steps[1].expect = {};
  EXPECT_THAT(lint_of(catalogue), HasSubstr("a/positive says nothing"));
  EXPECT_THAT(lint_of(catalogue), HasSubstr("a/positive cites nothing"));
  EXPECT_THAT(lint_of(catalogue), HasSubstr("a/positive expects nothing"));
  catalogue.vectors.at("a/positive").says = "It should work.";
  EXPECT_THAT(lint_of(catalogue), HasSubstr("says 'should'"));
  catalogue.vectors.at("a/positive").says = "It is refused.";
  EXPECT_THAT(lint_of(catalogue), HasSubstr("says the same as"));
}

}  // namespace
}  // namespace grantcheck
