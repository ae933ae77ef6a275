#include <filesystem>
#include <fstream>
#include <ostream>

#include "grantcheck/conformance/run.h"
#include "grantcheck/trace/codec.h"
#include "judge/words.h"

namespace grantcheck {
namespace {

constexpr std::size_t kNameWidth = 66;

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.resize(width, ' ');
  return text;
}

void print_requirements(std::ostream& out, const Catalogue& catalogue, const Names& rows) {
  for (const std::string& name : rows) {
    const Requirement* row = catalogue.requirement(name);
    if (row == nullptr) continue;
    out << "      " << row->level << "  " << row->name << " (" << row->spec << ", " << row->section
        << ")\n            " << row->says << "\n";
  }
}

void print_steps(std::ostream& out, const Verdict& verdict) {
  const char* label = "      steps       ";
  for (const StepRecord& record : verdict.record) {
    const bool here = record.step == verdict.step;
    out << label << record.step + 1 << "  " << record.asked << "\n                     -> "
        << record.answered << (here ? "   <-- here" : "") << "\n";
    label = "                  ";
  }
}

void print_verdict(std::ostream& out, const Catalogue& catalogue, const Verdict& verdict,
                   const std::string& target_flags) {
  std::string title(to_string(verdict.is));
  for (char& c : title) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  out << "\n"
      << padded(title, 10) << padded(verdict.vector->id, kNameWidth) << verdict.level << "\n"
      << "      " << verdict.vector->says << "\n";
  print_requirements(out, catalogue, verdict.broke.empty() ? verdict.vector->cites : verdict.broke);
  if (!verdict.expected.empty()) {
    out << "      expected    " << verdict.expected << "\n      actual      " << verdict.actual
        << "\n";
  }
  if (!verdict.reason.empty()) out << "      because     " << verdict.reason << "\n";
  print_steps(out, verdict);
  if (const auto twin = deciding_field(catalogue, *verdict.vector)) {
    out << "      twin        " << verdict.vector->twin << " differs only in step "
        << twin->step + 1 << ", " << twin->field << "\n";
  }
  out << "      again       grantcheck replay " << verdict.vector->id << target_flags << "\n"
      << "      learn       grantcheck explain " << verdict.vector->id << "\n";
}

void print_not_applicable(std::ostream& out, const RunReport& run) {
  std::map<std::string, int> reasons;
  for (const Verdict& verdict : run.verdicts) {
    if (verdict.is == Is::not_applicable) ++reasons[verdict.reason];
  }
  if (reasons.empty()) return;
  out << "\nnot applicable\n";
  for (const auto& [reason, count] : reasons) {
    out << "  " << padded(std::to_string(count), 5) << reason << "\n";
  }
}

void print_summary(std::ostream& out, const RunReport& run) {
  int known = 0;
  for (const Verdict& verdict : run.verdicts) known += verdict.known.empty() ? 0 : 1;
  out << "\n" << run.verdicts.size() << " vectors:";
  const char* separator = " ";
  for (const Is is : all_verdicts()) {
    const int count = run.count(is);
    if (count == 0 && is != Is::pass && is != Is::fail) continue;
    out << separator << count << " " << to_string(is);
    separator = ", ";
  }
  if (known > 0) out << " (" << known << " known)";
  out << "\nexit " << run.exit;
  switch (run.exit) {
    case kClean:
      out << ": judged and clean";
      break;
    case kFailure:
      out << ": new failures";
      break;
    case kNoEvidence:
      out << ": no evidence";
      break;
    case kStaleBaseline:
      out << ": stale baseline entries";
      break;
    case kInterrupted:
      out << ": interrupted, the report is partial";
      break;
    default:
      break;
  }
  out << "\n";
}

Json verdict_to_json(const Verdict& verdict) {
  Json out = {{"vector", verdict.vector->id},
              {"verdict", to_string(verdict.is)},
              {"level", verdict.level},
              {"says", verdict.vector->says},
              {"cites", verdict.vector->cites}};
  if (!verdict.broke.empty()) out["broke"] = verdict.broke;
  if (!verdict.reason.empty()) out["reason"] = verdict.reason;
  if (!verdict.expected.empty()) out["expected"] = verdict.expected;
  if (!verdict.actual.empty()) out["actual"] = verdict.actual;
  if (!verdict.symptom.empty()) out["symptom"] = verdict.symptom;
  if (verdict.is != Is::pass && verdict.is != Is::not_applicable) out["step"] = verdict.step + 1;
  if (!verdict.known.empty()) out["known"] = verdict.known;
  for (const StepRecord& record : verdict.record) {
    out["record"].push_back(
        {{"step", record.step + 1}, {"asked", record.asked}, {"answered", record.answered}});
  }
  if (!verdict.vector->let.empty()) out["let"] = verdict.vector->let;
  out["steps"] = steps_to_json(*verdict.vector);
  return out;
}

}  // namespace

void print_report(std::ostream& out, const Catalogue& catalogue, const RunReport& run,
                  const std::string& target_flags) {
  // The worst last: logs are read from the bottom.
  for (const Is is :
       {Is::info, Is::deviates, Is::unstable, Is::blocked, Is::tool_error, Is::fail}) {
    for (const Verdict& verdict : run.verdicts) {
      if (verdict.is == is && verdict.known.empty()) {
        print_verdict(out, catalogue, verdict, target_flags);
      }
    }
  }
  print_not_applicable(out, run);
  for (const Unjudged& row : run.unjudged) {
    out << "\nunjudged  " << row.row << "\n          " << row.reason << "\n";
  }
  for (const std::string& entry : run.stale) out << "\nstale     " << entry << "\n";
  print_summary(out, run);
}

Json run_to_json(const RunReport& run) {
  Json out = {{"tool", {{"name", "grantcheck"}, {"version", GRANTCHECK_VERSION}}}};
  Json doors = Json::array();
  if (!run.target.methods.empty()) doors.push_back("methods");
  if (run.target.endpoints) doors.push_back("endpoints");
  out["target"] = {{"name", run.target.name},
                   {"version", run.target.version},
                   {"kind", run.kind},
                   {"doors", doors},
                   {"capabilities", run.target.capabilities}};
  out["profile"] = run.profile;
  for (const Is is : all_verdicts()) out["summary"][std::string(to_string(is))] = run.count(is);
  out["exit"] = run.exit;
  if (run.interrupted) out["partial"] = true;
  out["verdicts"] = Json::array();
  for (const Verdict& verdict : run.verdicts) out["verdicts"].push_back(verdict_to_json(verdict));
  for (const Unjudged& row : run.unjudged) {
    out["unjudged"].push_back({{"row", row.row}, {"reason", row.reason}});
  }
  if (!run.stale.empty()) out["stale"] = run.stale;
  return out;
}

Result<Done, Problem> make_folder(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return Problem{folder, 0, "cannot be made: " + error.message()};
  return Done{};
}

Result<Done, Problem> write_run(const std::string& folder, const RunReport& run) {
  const auto made = make_folder(folder);
  if (!made) return made;
  std::error_code error;
  // Beside the place and then moved there: whoever reads it never sees half a report.
  const std::string path = folder + "/run.json";
  std::ofstream file(path + ".part", std::ios::binary);
  file << run_to_json(run).dump(1, ' ', false, Json::error_handler_t::replace) << "\n";
  file.close();
  if (!file) return Problem{path, 0, "cannot be written"};
  std::filesystem::rename(path + ".part", path, error);
  if (error) return Problem{path, 0, "cannot be written: " + error.message()};
  return Done{};
}

}  // namespace grantcheck
