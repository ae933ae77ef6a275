#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <ostream>
#include <tuple>

#include "grantcheck/conformance/run.h"
#include "grantcheck/trace/codec.h"
#include "judge/words.h"

namespace grantcheck {
namespace {

constexpr std::size_t kNameWidth = 66;
constexpr std::size_t kLineWidth = 100;

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.resize(width, ' ');
  return text;
}

std::string title(Is is) {
  std::string text(to_string(is));
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return padded(text, 10);
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
        << (here ? record.answered + "   <-- here" : record.brief) << "\n";
    label = "                  ";
  }
}

void print_verdict(std::ostream& out, const Catalogue& catalogue, const Verdict& verdict,
                   const ReportOptions& options) {
  out << "\n"
      << title(verdict.is) << padded(verdict.vector->id, kNameWidth) << verdict.level << "\n"
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
  out << "      again       " << options.program << " replay " << verdict.vector->id
      << options.target_flags << "\n"
      << "      learn       " << options.program << " explain " << verdict.vector->id
      << options.catalogue_flags << "\n";
}

// Above 0: worth a reader's time. The higher, the worse.
int severity(Is is) {
  switch (is) {
    case Is::pass:
    case Is::not_applicable:
      return 0;
    case Is::info:
      return 1;
    case Is::deviates:
      return 2;
    case Is::unstable:
      return 3;
    case Is::blocked:
      return 4;
    case Is::tool_error:
      return 5;
    case Is::fail:
      return 6;
  }
  return 0;
}

// How much a reader has to follow: the steps, and each play of a race.
int plays_of(const Trace& vector) {
  int plays = 0;
  for (const Step& step : vector.steps) plays += step.times;
  return plays;
}

void print_line(std::ostream& out, const Verdict& verdict) {
  std::string text = verdict.expected.empty()
                         ? verdict.reason
                         : "wanted " + verdict.expected + ", got " + verdict.actual;
  text = shortened(std::move(text), kLineWidth);
  out << title(verdict.is) << padded(verdict.vector->id, kNameWidth) << verdict.level << "\n"
      << "          " << text << "\n";
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
  if (run.excused.empty()) return;
  out << "required rows that nothing judged for that reason:\n ";
  for (const std::string& row : run.excused) out << " " << row;
  out << "\n";
}

void print_summary(std::ostream& out, const RunReport& run) {
  int known = 0;
  for (const Verdict& verdict : run.verdicts) known += verdict.known.empty() ? 0 : 1;
  out << "\n" << run.verdicts.size() << (run.verdicts.size() == 1 ? " vector:" : " vectors:");
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
                  const ReportOptions& options) {
  std::vector<const Verdict*> wrong;
  for (const Verdict& verdict : run.verdicts) {
    if (severity(verdict.is) > 0 && verdict.known.empty()) wrong.push_back(&verdict);
  }
  // The worst last, and of these the one with the fewest steps: logs are read from the bottom.
  std::sort(wrong.begin(), wrong.end(), [](const Verdict* a, const Verdict* b) {
    const auto key = [](const Verdict* v) {
      return std::tuple(severity(v->is), -plays_of(*v->vector), v->vector->id);
    };
    return key(a) < key(b);
  });
  std::size_t in_full = wrong.size();
  if (!options.verbose) {
    const auto first = std::find_if(wrong.begin(), wrong.end(), [](const Verdict* v) {
      return severity(v->is) >= severity(Is::unstable);
    });
    in_full = std::min(options.in_full, static_cast<std::size_t>(wrong.end() - first));
  }
  const std::size_t brief = wrong.size() - in_full;
  if (brief > 0) out << "\n";
  for (std::size_t i = 0; i < brief; ++i) print_line(out, *wrong[i]);
  for (std::size_t i = brief; i < wrong.size(); ++i) {
    print_verdict(out, catalogue, *wrong[i], options);
  }
  if (brief > 0) {
    out << "\n" << brief << " above in a line each; --verbose shows all in full\n";
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
  if (!run.excused.empty()) out["excused"] = run.excused;
  if (!run.stale.empty()) out["stale"] = run.stale;
  return out;
}

namespace {

// Beside the place and then moved there: whoever reads it never sees half a report.
Result<Done, Problem> write_beside(const std::string& path, const std::string& text) {
  errno = 0;
  std::ofstream file(path + ".part", std::ios::binary);
  file << text;
  file.close();
  if (file) return Done{};
  const std::string reason = std::strerror(errno != 0 ? errno : EIO);
  std::error_code ignored;
  std::filesystem::remove(path + ".part", ignored);
  return Problem{path, 0, "cannot be written: " + reason};
}

}  // namespace

Result<Done, Problem> prepare_report(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return Problem{folder, 0, "cannot be made: " + error.message()};
  const std::string path = folder + "/run.json";
  if (std::filesystem::is_directory(path)) return Problem{path, 0, "is a folder, not a file"};
  const auto written = write_beside(path, "");
  if (!written) return written;
  std::filesystem::remove(path + ".part", error);
  std::filesystem::remove(path, error);
  if (error) return Problem{path, 0, "cannot be replaced: " + error.message()};
  return Done{};
}

Result<Done, Problem> write_run(const std::string& folder, const RunReport& run) {
  const std::string path = folder + "/run.json";
  const auto written = write_beside(
      path, run_to_json(run).dump(1, ' ', false, Json::error_handler_t::replace) + "\n");
  if (!written) return written;
  std::error_code error;
  std::filesystem::rename(path + ".part", path, error);
  if (error) return Problem{path, 0, "cannot be written: " + error.message()};
  return Done{};
}

}  // namespace grantcheck
