// What no single file can tell: whether vectors make sense together.
#include <algorithm>
#include <set>

#include "grantcheck/conformance/catalogue.h"
#include "grantcheck/trace/target.h"

namespace grantcheck {
namespace {

using Problems = std::vector<std::string>;

std::vector<std::string_view> row_names(const Catalogue& catalogue) {
  std::vector<std::string_view> names;
  for (const auto& [name, row] : catalogue.requirements) names.push_back(name);
  return names;
}

void lint_cites(const Catalogue& catalogue, const Names& cites, const std::string& where,
                Problems& out) {
  for (const std::string& name : cites) {
    const Requirement* row = catalogue.requirement(name);
    if (row == nullptr) {
      out.push_back(where + " cites an unknown row '" + name + "'" +
                    suggestion(name, row_names(catalogue)));
    } else if (row->level == "MAY") {
      out.push_back(where + " cites '" + name + "', a permission that nobody can break");
    }
  }
}

// An outcome must name something that is there; an absence alone is met by a mute target.
bool names_something(const Match& match) {
  const bool positive = match.succeeded || match.refused || match.live || match.redirected ||
                        !match.error.empty() || !match.status.empty() || !match.redirect.empty() ||
                        !match.header.empty() || !match.body.empty();
  return positive || match.successes.has_value();
}

// True if nothing but the grant, or nothing but the refusal, is asked.
bool any_grant(const Outcome& outcome) {
  const Match& match = outcome.match;
  return (match.succeeded.value_or(false) || match.live.value_or(false)) && match.status.empty() &&
         match.redirect.empty() && match.header.empty() && match.body.empty() &&
         match.absent.empty();
}
bool any_refusal(const Outcome& outcome) {
  const Match& match = outcome.match;
  return (match.refused.value_or(false) || !match.succeeded.value_or(true) ||
          !match.live.value_or(true)) &&
         match.error.empty() && match.status.empty() && match.redirect.empty() &&
         match.header.empty() && match.body.empty();
}

bool admits_every_answer(const Step& step) {
  return std::any_of(step.expect.begin(), step.expect.end(), any_grant) &&
         std::any_of(step.expect.begin(), step.expect.end(), any_refusal) &&
         std::all_of(step.expect.begin(), step.expect.end(),
                     [](const Outcome& o) { return o.is == Outcome::Is::pass; });
}

void lint_expectations(const Catalogue& catalogue, const Trace& vector, Problems& out) {
  bool judged = false;
  bool decides = false;
  for (std::size_t i = 0; i < vector.steps.size(); ++i) {
    const Step& step = vector.steps[i];
    const std::string where = vector.id + ", step " + std::to_string(i + 1);
    judged |= !step.expect.empty();
    // A step on the way may leave the choice; the last one that is judged may not.
    if (!step.expect.empty()) decides = !admits_every_answer(step);
    bool pass = step.expect.empty();
    for (const Outcome& outcome : step.expect) {
      lint_cites(catalogue, outcome.cites, where, out);
      if (!names_something(outcome.match)) {
        out.push_back(where + " has an outcome that names nothing that must be there");
      }
      if (outcome.is == Outcome::Is::pass) pass = true;
      if (outcome.is == Outcome::Is::deviates && outcome.cites.empty()) {
        out.push_back(where + " lets a deviation pass without citing the softer row it bends");
      }
    }
    if (!pass) out.push_back(where + " has no outcome that passes");
    if (step.times > 1 && !step.expect.empty() && !step.expect[0].match.successes) {
      out.push_back(where + " is a race and expects no count of successes");
    }
  }
  if (!judged) out.push_back(vector.id + " expects nothing");
  if (judged && !decides) {
    out.push_back(vector.id +
                  " expects a grant or a refusal at its end, and so admits every answer");
  }
}

void lint_twin(const Catalogue& catalogue, const Trace& vector, Problems& out) {
  const bool negative = is_negative(vector);
  if (!negative) {
    if (!vector.twin.empty()) out.push_back(vector.id + " is positive and names a twin");
    return;
  }
  if (vector.twin.empty()) {
    out.push_back(vector.id + " is negative and names no positive twin");
    return;
  }
  const Trace* twin = catalogue.vector(vector.twin);
  if (twin == nullptr) {
    std::vector<std::string_view> ids;
    for (const auto& [id, other] : catalogue.vectors) ids.push_back(id);
    out.push_back(vector.id + " names an unknown twin '" + vector.twin + "'" +
                  suggestion(vector.twin, ids));
    return;
  }
  if (is_negative(*twin))
    out.push_back(vector.id + " has a twin that is negative too: " + twin->id);
  const auto found = differences(vector, *twin);
  if (found.size() == 1) return;
  std::string fields;
  for (const Difference& one : found) {
    fields += (fields.empty() ? "" : ", ") + std::to_string(one.step + 1) + ":" + one.field;
  }
  out.push_back(vector.id + " differs from its twin " + twin->id + " in " +
                (found.empty() ? "nothing" : fields) + " instead of one field");
}

void lint_handles(const Trace& vector, Problems& out) {
  std::set<std::string> bound;
  for (const auto& item : vector.let.items()) bound.insert(item.key());
  for (const Step& step : vector.steps) {
    for (const auto& [name, path] : step.keep) {
      if (!bound.insert(name).second) {
        out.push_back(vector.id + " binds '" + name + "' twice");
      }
    }
  }
}

}  // namespace

std::string declaration_problem(const Catalogue& catalogue, const Hello& hello) {
  for (const auto& [method, door] : hello.methods) {
    for (const std::string& row : door.checks) {
      if (row == "*" || catalogue.requirement(row) != nullptr) continue;
      return method + " declares that it checks an unknown row '" + row + "'" +
             suggestion(row, row_names(catalogue));
    }
  }
  return "";
}

std::vector<std::string> lint(const Catalogue& catalogue) {
  Problems out;
  std::map<std::string, std::string> sentences;
  const auto& capabilities = capability_names();
  for (const auto& [id, vector] : catalogue.vectors) {
    if (vector.says.empty()) out.push_back(id + " says nothing");
    if (vector.says.find(" should ") != std::string::npos) {
      out.push_back(id + " says 'should'; a vector says what holds");
    }
    const auto [same, fresh] = sentences.emplace(vector.says, id);
    if (!fresh) out.push_back(id + " says the same as " + same->second);
    if (vector.cites.empty()) out.push_back(id + " cites nothing");
    lint_cites(catalogue, vector.cites, id, out);
    for (const std::string& need : vector.needs) {
      if (std::find(capabilities.begin(), capabilities.end(), need) == capabilities.end()) {
        out.push_back(id + " needs an unknown capability '" + need + "'" +
                      suggestion(need, capabilities));
      }
    }
    lint_expectations(catalogue, vector, out);
    lint_twin(catalogue, vector, out);
    lint_handles(vector, out);
  }
  for (const auto& [name, profile] : catalogue.profiles) {
    for (const auto& [row, breach] : profile.rows) {
      if (catalogue.requirement(row) == nullptr) {
        out.push_back("profile " + name + " lists an unknown row '" + row + "'" +
                      suggestion(row, row_names(catalogue)));
      }
    }
  }
  return out;
}

}  // namespace grantcheck
