// A gate that cannot go red proves nothing: the reference passes every vector, each mutant fails
// the one that its fault names.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <sstream>

#include "grantcheck/conformance/run.h"
#include "grantcheck/conformance/targets.h"
#include "grantcheck/faults/faults.h"

namespace grantcheck {
namespace {

const Catalogue& built_in() {
  static const Catalogue catalogue = *built_in_catalogue();
  return catalogue;
}

RunReport run_everything(Target& target) {
  const Profile& profile = built_in().profiles.at("in-memory");
  const auto selected = select(built_in(), profile, {});
  EXPECT_TRUE(selected);
  return run(built_in(), profile, *selected, target, {});
}

TEST(Reference, PassesEveryVector) {
  const auto target = make_reference_target();
  const RunReport result = run_everything(*target);
  std::ostringstream report;
  print_report(report, built_in(), result);
  EXPECT_EQ(result.exit, kClean) << report.str();
  EXPECT_EQ(result.count(Is::pass), static_cast<int>(built_in().vectors.size())) << report.str();
}

class Mutant : public testing::TestWithParam<const Fault*> {};

TEST_P(Mutant, FailsTheVectorThatItsFaultNames) {
  const Fault& fault = *GetParam();
  const auto target = make_mutant_target(fault);
  const RunReport result = run_everything(*target);
  EXPECT_EQ(result.exit, kFailure);
  Names killers;
  for (const Verdict& verdict : result.verdicts) {
    if (verdict.is == Is::fail) {
      killers.push_back(verdict.vector->id);
      EXPECT_THAT(verdict.actual, testing::Not(testing::HasSubstr("crashed")))
          << verdict.vector->id;
    }
  }
  EXPECT_THAT(killers, testing::Contains(std::string(fault.killed_by)));
}

std::vector<const Fault*> all_faults() {
  std::vector<const Fault*> out;
  for (const Fault& fault : faults()) out.push_back(&fault);
  return out;
}

// Negative vectors that wait for a mutant. Whoever writes one takes them off this list; a new
// vector is never put on it.
std::set<std::string> unproven() {
  const auto text = read_file(GRANTCHECK_SOURCE_DIR "/conformance/judge/unproven.txt");
  EXPECT_TRUE(text);
  std::istringstream lines(*text);
  std::set<std::string> out;
  for (std::string line; std::getline(lines, line);) out.insert(line);
  return out;
}

TEST(Mutants, TogetherKillAllVectorsButThoseThatWaitForOne) {
  std::set<std::string> alive;
  for (const auto& [id, vector] : built_in().vectors) alive.insert(id);
  for (const Fault& fault : faults()) {
    const auto target = make_mutant_target(fault);
    for (const Verdict& verdict : run_everything(*target).verdicts) {
      if (verdict.is == Is::fail) alive.erase(verdict.vector->id);
    }
  }
  EXPECT_EQ(alive, unproven());
  for (const std::string& id : alive) {
    const Trace* vector = built_in().vector(id);
    EXPECT_TRUE(vector != nullptr && is_negative(*vector)) << id << " is positive";
  }
}

INSTANTIATE_TEST_SUITE_P(Faults, Mutant, testing::ValuesIn(all_faults()), [](const auto& info) {
  std::string name(info.param->name);
  for (char& c : name) c = c == '-' ? '_' : c;
  return name;
});

}  // namespace
}  // namespace grantcheck
