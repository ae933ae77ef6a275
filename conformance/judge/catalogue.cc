#include "grantcheck/conformance/catalogue.h"

#include <algorithm>
#include <filesystem>

#include "grantcheck/trace/codec.h"
#include "judge/embedded.h"

namespace grantcheck {
namespace {

constexpr std::string_view kVectors = "vectors/";
constexpr std::string_view kProfiles = "profiles/";

bool starts_with(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

std::string_view without_ending(std::string_view path) { return path.substr(0, path.rfind('.')); }

std::string member(const Json& row, std::string_view name) {
  const Json* value = find_path(row, name);
  return value != nullptr && value->is_string() ? value->get<std::string>() : "";
}

Result<Done, Problem> read_requirements(std::string_view text, const std::string& file,
                                        Catalogue& into) {
  const auto document = parse_json(text, file);
  if (!document) return document.refusal();
  if (!document->value.is_array()) return Problem{file, 1, "takes a list of rows"};
  for (std::size_t i = 0; i < document->value.size(); ++i) {
    const Json& row = document->value[i];
    const std::string at = "/" + std::to_string(i);
    Requirement requirement{member(row, "name"), member(row, "level"),   member(row, "says"),
                            member(row, "spec"), member(row, "section"), member(row, "at")};
    if (requirement.name.empty() || requirement.level.empty() || requirement.says.empty()) {
      return document->at(at, "a row needs 'name', 'level' and 'says'");
    }
    const std::string name = requirement.name;
    if (!into.requirements.emplace(name, std::move(requirement)).second) {
      return document->at(at, "the row '" + name + "' stands here twice");
    }
  }
  return Done{};
}

Result<Done, Problem> add_vector(std::string_view text, const std::string& file, std::string id,
                                 Catalogue& into) {
  auto trace = read_trace(text, file, id);
  if (!trace) return trace.refusal();
  into.vectors.emplace(std::move(id), *std::move(trace));
  return Done{};
}

Result<Catalogue, Problem> read_embedded(bool with_vectors) {
  Catalogue catalogue;
  for (const EmbeddedFile& file : embedded_files()) {
    const std::string path(file.path);
    Result<Done, Problem> done = Done{};
    if (path == "requirements.json") {
      done = read_requirements(file.text, path, catalogue);
    } else if (starts_with(path, kProfiles)) {
      auto profile = read_profile(std::string(file.text), path);
      if (!profile) return profile.refusal();
      const std::string name = profile->name;
      catalogue.profiles.emplace(name, *std::move(profile));
    } else if (with_vectors && starts_with(path, kVectors)) {
      done = add_vector(file.text, path, std::string(without_ending(path).substr(kVectors.size())),
                        catalogue);
    }
    if (!done) return done.refusal();
  }
  return catalogue;
}

}  // namespace

const Requirement* Catalogue::requirement(std::string_view name) const {
  const auto found = requirements.find(name);
  return found == requirements.end() ? nullptr : &found->second;
}

const Trace* Catalogue::vector(std::string_view id) const {
  const auto found = vectors.find(id);
  return found == vectors.end() ? nullptr : &found->second;
}

std::vector<const Trace*> Catalogue::citing(std::string_view row) const {
  std::vector<const Trace*> out;
  for (const auto& [id, vector] : vectors) {
    bool cites = std::find(vector.cites.begin(), vector.cites.end(), row) != vector.cites.end();
    for (const Step& step : vector.steps) {
      for (const Outcome& outcome : step.expect) {
        cites |= std::find(outcome.cites.begin(), outcome.cites.end(), row) != outcome.cites.end();
      }
    }
    if (cites) out.push_back(&vector);
  }
  return out;
}

Result<Catalogue, Problem> built_in_catalogue() { return read_embedded(true); }

Result<Catalogue, Problem> catalogue_of_folder(const std::string& folder) {
  namespace fs = std::filesystem;
  auto catalogue = read_embedded(false);
  if (!catalogue) return catalogue;
  Catalogue out = *std::move(catalogue);
  std::error_code error;
  std::vector<fs::path> files;
  for (fs::recursive_directory_iterator at(folder, error), end; !error && at != end;
       at.increment(error)) {
    if (at->path().extension() == ".json" && at->path().filename() != "schema.json") {
      files.push_back(at->path());
    }
  }
  if (error) return Problem{folder, 0, "cannot be read as a folder of vectors: " + error.message()};
  for (const fs::path& file : files) {
    const auto text = read_file(file.string());
    if (!text) return text.refusal();
    const std::string id = file.lexically_relative(folder).replace_extension().generic_string();
    const auto done = add_vector(*text, file.string(), id, out);
    if (!done) return done.refusal();
  }
  return out;
}

Result<Profile, Problem> read_profile(const std::string& text, const std::string& file) {
  const auto document = parse_json(text, file);
  if (!document) return document.refusal();
  Profile profile;
  profile.name = member(document->value, "profile");
  profile.says = member(document->value, "says");
  const Json* rows = find_path(document->value, "rows");
  if (profile.name.empty() || rows == nullptr || !rows->is_object()) {
    return document->at("", "a profile needs 'profile', its name, and 'rows'");
  }
  for (const auto& item : rows->items()) {
    const std::string breach = item.value().is_string() ? item.value().get<std::string>() : "";
    const std::vector<std::string_view> names = {"fail", "deviates", "info"};
    const auto found = std::find(names.begin(), names.end(), breach);
    if (found == names.end()) {
      return document->at("/rows/" + item.key(), "takes 'fail', 'deviates' or 'info'");
    }
    profile.rows[item.key()] = static_cast<Breach>(found - names.begin());
  }
  return profile;
}

std::optional<Difference> deciding_field(const Catalogue& catalogue, const Trace& vector) {
  const Trace* twin = vector.twin.empty() ? nullptr : catalogue.vector(vector.twin);
  if (twin == nullptr) return std::nullopt;
  const auto found = differences(vector, *twin);
  if (found.empty()) return std::nullopt;
  return found.front();
}

int strength(std::string_view level) {
  if (starts_with(level, "MUST")) return 0;
  if (starts_with(level, "SHOULD")) return 1;
  if (level == "POS") return 2;
  return 3;
}

}  // namespace grantcheck
