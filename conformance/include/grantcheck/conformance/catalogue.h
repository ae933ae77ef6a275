// What the suite knows: requirement rows, profiles, vectors. Built into the library, or read from a
// folder.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "grantcheck/trace/target.h"
#include "grantcheck/trace/trace.h"

namespace grantcheck {

/// A row of requirements.json: one sentence of a specification.
struct Requirement {
  std::string name;
  std::string level;  ///< MUST, MUST NOT, SHOULD, SHOULD NOT, MAY, or POS for a position of ours.
  std::string says;
  std::string spec, section, at;
};

/// What breaking a row means under a profile.
enum class Breach { fail, deviates, info };

/// A frozen list of rows and what breaking each means.
struct Profile {
  std::string name;
  std::string says;
  std::map<std::string, Breach, std::less<>> rows;
};

struct Catalogue {
  std::map<std::string, Requirement, std::less<>> requirements;
  std::map<std::string, Profile, std::less<>> profiles;
  std::map<std::string, Trace, std::less<>> vectors;  ///< By id, in the order of their ids.

  const Requirement* requirement(std::string_view name) const;
  const Trace* vector(std::string_view id) const;
  /// The vectors that cite a row.
  std::vector<const Trace*> citing(std::string_view row) const;
};

/// The catalogue that is built in; the refusal is a fault of ours.
Result<Catalogue, Problem> built_in_catalogue();
/// The same with the vectors of a folder in place of those built in.
Result<Catalogue, Problem> catalogue_of_folder(const std::string& folder);
/// A profile from a file.
Result<Profile, Problem> read_profile(const std::string& text, const std::string& file);

/// What is wrong with the vectors as a whole: unknown rows and capabilities, twins, expectations
/// that admit every answer. A problem a line.
std::vector<std::string> lint(const Catalogue& catalogue);

/// What a declaration says that the catalogue does not know: a misspelt row in `checks` would take
/// vectors away unseen. Empty if nothing.
std::string declaration_problem(const Catalogue& catalogue, const Hello& hello);

/// The field that decides a negative vector: where it differs from its positive twin.
std::optional<Difference> deciding_field(const Catalogue& catalogue, const Trace& vector);

/// "MUST" before "SHOULD" before "POS" before anything else: smaller is stronger.
int strength(std::string_view level);

}  // namespace grantcheck
