#include "grantcheck/conformance/catalogue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include "grantcheck/conformance/run.h"
#include "grantcheck/conformance/targets.h"
#include "grantcheck/trace/codec.h"
#include "grantcheck/trace/play.h"

namespace grantcheck {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

const std::string kConformance = std::string(GRANTCHECK_SOURCE_DIR) + "/conformance/";

nlohmann::json json_file(const std::string& path) {
  std::ifstream in(path);
  EXPECT_TRUE(in) << path;
  return nlohmann::json::parse(in, nullptr, false);
}

// What a schema says against a document; empty if nothing.
std::string schema_problems(const std::string& schema_file, const nlohmann::json& document) {
  const nlohmann::json schema_json = json_file(kConformance + schema_file);
  valijson::Schema schema;
  const valijson::adapters::NlohmannJsonAdapter schema_adapter(schema_json);
  valijson::SchemaParser().populateSchema(schema_adapter, schema);
  valijson::Validator validator;
  valijson::ValidationResults results;
  const valijson::adapters::NlohmannJsonAdapter adapter(document);
  std::string out;
  if (validator.validate(schema, adapter, &results)) return out;
  valijson::ValidationResults::Error error;
  while (results.popError(error)) out += error.description + "\n";
  return out.empty() ? "not valid" : out;
}

std::vector<fs::path> vector_files() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(kConformance + "vectors")) {
    if (entry.path().extension() == ".json" && entry.path().filename() != "schema.json") {
      files.push_back(entry.path());
    }
  }
  return files;
}

const Catalogue& built_in() {
  static const Catalogue catalogue = [] {
    const auto read = built_in_catalogue();
    EXPECT_TRUE(read) << read.refusal().text();
    return read ? *read : Catalogue();
  }();
  return catalogue;
}

TEST(Catalogue, HoldsEveryVectorFile) {
  EXPECT_EQ(built_in().vectors.size(), vector_files().size());
}

TEST(Catalogue, HasAtLeast120VectorsAndBothProfiles) {
  EXPECT_GE(built_in().vectors.size(), 120U);
  EXPECT_EQ(built_in().profiles.count("oauth-2.1"), 1U);
  EXPECT_EQ(built_in().profiles.count("in-memory"), 1U);
}

TEST(Catalogue, IsTheSameReadFromTheFolder) {
  const auto folder = catalogue_of_folder(kConformance + "vectors");
  ASSERT_TRUE(folder) << folder.refusal().text();
  ASSERT_EQ(folder->vectors.size(), built_in().vectors.size());
  for (const auto& [id, vector] : folder->vectors) {
    EXPECT_EQ(print_trace(vector), print_trace(built_in().vectors.at(id)));
  }
}

TEST(Catalogue, SaysWhyAFolderCannotBeRead) {
  const auto folder = catalogue_of_folder("/no/such/folder");
  ASSERT_FALSE(folder);
  EXPECT_THAT(folder.refusal().text(), HasSubstr("/no/such/folder: cannot be read"));
}

TEST(Vectors, PassTheLint) {
  for (const std::string& problem : lint(built_in())) ADD_FAILURE() << problem;
}

TEST(Vectors, AreWrittenCanonically) {
  for (const fs::path& file : vector_files()) {
    const auto text = read_file(file.string());
    const auto trace = read_trace(*text, file.string(), "");
    ASSERT_TRUE(trace) << trace.refusal().text();
    EXPECT_EQ(print_trace(*trace), *text) << "grantcheck format " << file.string();
  }
}

TEST(Vectors, FitTheirSchema) {
  for (const fs::path& file : vector_files()) {
    EXPECT_EQ(schema_problems("vectors/schema.json", json_file(file.string())), "") << file;
  }
}

// What shrinking and mutating rest on: an unbound name stands for a value that nobody issued.
TEST(Vectors, ArePlayableWithAnyOneStepTakenOut) {
  const auto target = make_reference_target();
  for (const auto& [id, vector] : built_in().vectors) {
    for (std::size_t out = 0; out < vector.steps.size(); ++out) {
      Trace shorter = vector;
      shorter.steps.erase(shorter.steps.begin() + static_cast<std::ptrdiff_t>(out));
      ASSERT_TRUE(target->reset());
      Player player(shorter, *target);
      std::size_t played = 0;
      while (const auto exchange = player.next()) {
        ++played;
        ASSERT_FALSE(exchange->answers.empty()) << id << " without step " << out + 1;
        for (const Observation& answer : exchange->answers) {
          ASSERT_EQ(answer.kind, Observation::Kind::answered) << id << " without step " << out + 1;
          ASSERT_EQ(answer.exception, "") << id << " without step " << out + 1;
          ASSERT_LT(answer.status, 500) << id << " without step " << out + 1;
        }
      }
      EXPECT_EQ(played, shorter.steps.size());
    }
  }
}

TEST(VectorSchema, RefusesWhatTheCodecRefuses) {
  const nlohmann::json good = nlohmann::json::parse(
      R"({"trace": 1, "says": "x", "cites": ["a"], "steps": [{"do": "probe", "with": {"token": "t"}, "expect": [{"is": "pass", "live": true}]}]})");
  EXPECT_EQ(schema_problems("vectors/schema.json", good), "");
  const std::vector<std::pair<const char*, nlohmann::json>> breaks = {
      {"/trace", 2},
      {"/unknown", 1},
      {"/steps/0/do", "probes"},
      {"/steps/0/unknown", 1},
      {"/steps/0/times", 0},
      {"/steps/0/expect/0/unknown", 1},
      {"/steps/0/expect/0/is", "maybe"}};
  for (const auto& [pointer, value] : breaks) {
    nlohmann::json bad = good;
    bad[nlohmann::json::json_pointer(pointer)] = value;
    EXPECT_NE(schema_problems("vectors/schema.json", bad), "") << pointer;
    EXPECT_FALSE(read_trace(bad.dump(), "bad", "")) << pointer;
  }
}

TEST(RunJson, FitsItsSchemaForAGoodAndABadTarget) {
  const Profile& profile = built_in().profiles.at("in-memory");
  const auto selected = select(built_in(), profile, {});
  ASSERT_TRUE(selected);
  const auto target = make_reference_target();
  RunReport result = run(built_in(), profile, *selected, *target, {});
  result.kind = "reference";
  const nlohmann::json document = nlohmann::json::parse(run_to_json(result).dump());
  EXPECT_EQ(schema_problems("run.schema.json", document), "");
  nlohmann::json bad = document;
  bad.erase("verdicts");
  EXPECT_NE(schema_problems("run.schema.json", bad), "");
}

TEST(Requirements, CarryALevelAndASentence) {
  const std::set<std::string> levels = {"MUST", "MUST NOT", "SHOULD", "SHOULD NOT", "MAY", "POS"};
  EXPECT_GE(built_in().requirements.size(), 495U);
  for (const auto& [name, row] : built_in().requirements) {
    EXPECT_EQ(levels.count(row.level), 1U) << name;
    EXPECT_FALSE(row.says.empty()) << name;
  }
}

}  // namespace
}  // namespace grantcheck
