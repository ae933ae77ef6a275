#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "grantcheck/conformance/gtest.h"
#include "grantcheck/conformance/run.h"

namespace grantcheck {
namespace {

struct Suite {
  Catalogue catalogue;
  Profile profile;
  std::function<std::unique_ptr<Target>()> make;
};

class VectorTest : public testing::Test {
 public:
  VectorTest(std::shared_ptr<const Suite> suite, const Trace& vector)
      : suite_(std::move(suite)), vector_(vector) {}

  void TestBody() override {
    const auto target = suite_->make();
    ASSERT_NE(target, nullptr) << "the target cannot be made";
    RunOptions options;
    const RunReport result = run(suite_->catalogue, suite_->profile, {&vector_}, *target, options);
    const Verdict& verdict = result.verdicts.front();
    if (verdict.is == Is::not_applicable) GTEST_SKIP() << verdict.reason;
    std::ostringstream report;
    print_report(report, suite_->catalogue, result);
    const bool ok = verdict.is == Is::pass || verdict.is == Is::deviates || verdict.is == Is::info;
    EXPECT_TRUE(ok) << report.str();
  }

 private:
  std::shared_ptr<const Suite> suite_;
  const Trace& vector_;
};

// Skipped tests look green. This one is red if, in the end, nothing was judged or a required row
// was not.
class EvidenceTest : public testing::Test {
 public:
  explicit EvidenceTest(std::shared_ptr<const Suite> suite) : suite_(std::move(suite)) {}

  void TestBody() override {
    const auto target = suite_->make();
    ASSERT_NE(target, nullptr) << "the target cannot be made";
    const auto selected = select(suite_->catalogue, suite_->profile, {});
    ASSERT_TRUE(selected) << selected.refusal();
    const RunReport result = run(suite_->catalogue, suite_->profile, *selected, *target, {});
    EXPECT_LT(result.count(Is::not_applicable), static_cast<int>(selected->size()))
        << "nothing was judged";
    for (const Unjudged& row : result.unjudged) ADD_FAILURE() << row.row << ": " << row.reason;
  }

 private:
  std::shared_ptr<const Suite> suite_;
};

// "code/valid-replay-ends-the-grant" becomes suite "code", test "valid_replay_ends_the_grant".
std::string identifier(std::string text) {
  std::replace_if(text.begin(), text.end(), [](char c) { return c == '-' || c == '/'; }, '_');
  return text;
}

}  // namespace

void register_vectors(std::function<std::unique_ptr<Target>()> make, const GtestOptions& options) {
  auto catalogue = built_in_catalogue();
  const std::string problem = catalogue ? "" : catalogue.refusal().text();
  auto suite = std::make_shared<Suite>();
  if (catalogue) suite->catalogue = *std::move(catalogue);
  const auto profile = suite->catalogue.profiles.find(options.profile);
  const bool known = profile != suite->catalogue.profiles.end();
  if (!problem.empty() || !known) {
    // A wrong profile must not turn into a binary without tests.
    testing::RegisterTest(
        "grantcheck", "catalogue", nullptr, nullptr, __FILE__, __LINE__, [=]() -> testing::Test* {
          struct Broken : testing::Test {
            explicit Broken(std::string what) : what_(std::move(what)) {}
            void TestBody() override { FAIL() << what_; }
            std::string what_;
          };
          return new Broken(problem.empty() ? "no profile '" + options.profile + "'" : problem);
        });
    return;
  }
  suite->profile = profile->second;
  suite->make = std::move(make);
  testing::RegisterTest((options.suite_prefix + "evidence").c_str(), "required_rows_are_judged",
                        nullptr, nullptr, __FILE__, __LINE__,
                        [suite]() -> EvidenceTest* { return new EvidenceTest(suite); });
  for (const auto& [id, vector] : suite->catalogue.vectors) {
    const std::size_t slash = id.rfind('/');
    const std::string name =
        options.suite_prefix +
        identifier(slash == std::string::npos ? std::string("vectors") : id.substr(0, slash));
    const std::string test = identifier(slash == std::string::npos ? id : id.substr(slash + 1));
    const Trace* trace = &vector;
    testing::RegisterTest(
        name.c_str(), test.c_str(), nullptr, nullptr, __FILE__, __LINE__,
        [suite, trace]() -> VectorTest* { return new VectorTest(suite, *trace); });
  }
}

}  // namespace grantcheck
