#include "program/commands.h"

#include <ctime>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "grantcheck/faults/faults.h"
#include "grantcheck/trace/codec.h"
#include "judge/words.h"
#include "program/interrupt.h"

namespace grantcheck {
namespace {

// Every command ends in an exit code; what stops it early is a value too.
using Command = Result<int, Stop>;

Stop usage(std::string message) { return {kUsage, std::move(message)}; }
Stop usage(const Problem& problem) { return {kUsage, problem.text()}; }

struct CatalogueFlags {
  std::string vectors_folder;
  std::string profile;

  void add_to(CLI::App& app) {
    app.add_option("--vectors", vectors_folder,
                   "Read vectors from this folder in place of those built in");
  }

  Result<Catalogue, Stop> catalogue() const {
    auto read = vectors_folder.empty() ? built_in_catalogue() : catalogue_of_folder(vectors_folder);
    if (read) return *std::move(read);
    return Stop{vectors_folder.empty() ? kToolFault : kUsage, read.refusal().text()};
  }

  // The same, where vectors are judged by: what the lint refuses could be passed by anything.
  Result<Catalogue, Stop> sound_catalogue() const {
    auto read = catalogue();
    if (!read || vectors_folder.empty()) return read;
    const std::vector<std::string> problems = lint(*read);
    if (problems.empty()) return read;
    std::string more;
    if (problems.size() > 1) more = " (and " + std::to_string(problems.size() - 1) + " more)";
    return usage(vectors_folder + "/" + problems.front() + more);
  }

  // The flags again, for a line that can be pasted.
  std::string text() const {
    return vectors_folder.empty() ? "" : " --vectors " + shell_quoted(vectors_folder);
  }

  // A profile by its name, or from a file.
  Result<Profile, Stop> chosen(const Catalogue& catalogue, const std::string& otherwise) const {
    const std::string& name = profile.empty() ? otherwise : profile;
    const auto found = catalogue.profiles.find(name);
    if (found != catalogue.profiles.end()) return found->second;
    if (std::filesystem::is_regular_file(name)) {
      const auto text = read_file(name);
      if (!text) return usage(text.refusal());
      auto read = read_profile(*text, name);
      if (!read) return usage(read.refusal());
      return *std::move(read);
    }
    std::vector<std::string_view> names;
    for (const auto& [known, rows] : catalogue.profiles) names.push_back(known);
    return usage("no profile '" + name + "'" + suggestion(name, names));
  }
};

std::string today() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[16];
  std::strftime(text, sizeof text, "%Y-%m-%d", &parts);
  return text;
}

// ---- run

struct RunFlags {
  TargetFlags target;
  CatalogueFlags catalogue;
  Selection selection;
  std::string door = "any";
  std::string baseline;
  std::string output;
  bool show_secrets = false;
  bool quiet = false;
  bool verbose = false;
};

void print_progress(const Verdict& verdict) {
  if (verdict.is == Is::pass || verdict.is == Is::not_applicable) return;
  std::cerr << to_string(verdict.is) << " " << verdict.vector->id << "\n";
}

// How the user called us: `gate` stands in front of the program.
std::string own_name() {
  const char* name = std::getenv("GRANTCHECK_PROGRAM");
  return name != nullptr && *name != '\0' ? name : "grantcheck";
}

ReportOptions report_options(const RunFlags& flags) {
  ReportOptions options;
  options.program = own_name();
  options.catalogue_flags = flags.catalogue.text();
  options.target_flags = flags.target.text() + options.catalogue_flags;
  if (!flags.catalogue.profile.empty())
    options.target_flags += " --profile " + shell_quoted(flags.catalogue.profile);
  options.verbose = flags.verbose;
  return options;
}

Command run_command(const RunFlags& flags) {
  catch_interrupts();
  const auto catalogue = flags.catalogue.sound_catalogue();
  if (!catalogue) return catalogue.refusal();
  const auto profile = flags.catalogue.chosen(*catalogue, flags.target.default_profile());
  if (!profile) return profile.refusal();
  RunOptions options;
  options.selection = flags.selection;
  options.selection.door = flags.door == "methods"     ? Door::methods
                           : flags.door == "endpoints" ? Door::endpoints
                                                       : Door::either;
  options.judge.show_secrets = flags.show_secrets;
  options.today = today();
  options.interrupted = interrupted;
  Baseline baseline;
  if (!flags.baseline.empty()) {
    const auto text = read_file(flags.baseline);
    if (!text) return usage(text.refusal());
    auto read = read_baseline(*text, flags.baseline, *catalogue);
    if (!read) return usage(read.refusal());
    baseline = *std::move(read);
    options.baseline = &baseline;
  }
  const auto selected = select(*catalogue, *profile, options.selection);
  if (!selected) return usage(selected.refusal());
  if (!flags.output.empty()) {
    // Before anything is judged: a report that cannot be written must not cost a run.
    const auto folder = prepare_report(flags.output);
    if (!folder) return usage(folder.refusal());
  }
  auto target = flags.target.make();
  if (!target) return target.refusal();
  const Hello& hello = (*target)->hello();
  if (auto problem = declaration_problem(*catalogue, hello); !problem.empty()) {
    return Stop{kNotReady, "the driver's hello is wrong: " + problem};
  }
  std::cout << "grantcheck " << GRANTCHECK_VERSION << ", profile " << profile->name << ", target "
            << hello.name << " " << hello.version << "\n";
  if (selected->empty()) {
    std::cout << "nothing is selected: no vector has all that was asked for\nexit " << kNoEvidence
              << ": no evidence\n";
    return static_cast<int>(kNoEvidence);
  }
  if (flags.target.kind() == "driver" && !flags.quiet) options.progress = print_progress;
  RunReport result = run(*catalogue, *profile, *selected, **target, options);
  result.kind = flags.target.kind();
  print_report(std::cout, *catalogue, result, report_options(flags));
  if (!flags.output.empty()) {
    const auto written = write_run(flags.output, result);
    if (!written) return usage(written.refusal());
    std::cout << "report " << flags.output << "/run.json\n";
  }
  return result.exit;
}

void add_run(CLI::App& app, const std::function<void(Command)>& end) {
  auto flags = std::make_shared<RunFlags>();
  CLI::App* run = app.add_subcommand("run", "Judge a target");
  flags->target.add_to(*run);
  flags->catalogue.add_to(*run);
  run->add_option("vector", flags->selection.vectors, "Vectors to play: ids, or patterns with *");
  run->add_option("--row", flags->selection.rows, "Only vectors that cite this requirement");
  run->add_option("--level", flags->selection.levels, "Only vectors that cite a row of this level")
      ->check(CLI::IsMember({"must", "should", "pos"}));
  run->add_option("--door", flags->door, "Only vectors of this door")
      ->check(CLI::IsMember({"any", "methods", "endpoints"}))
      ->capture_default_str();
  run->add_option("--profile", flags->catalogue.profile,
                  "What breaking each requirement means: oauth-2.1, in-memory, or a file");
  run->add_option("--baseline", flags->baseline,
                  "Known failures (TOML); a stale entry ends in exit 5");
  run->add_option("-o,--output", flags->output, "Write run.json into this folder");
  run->add_flag("--show-secrets", flags->show_secrets, "Do not mask codes, tokens and secrets");
  run->add_flag("-v,--verbose", flags->verbose, "Show every failure in full");
  run->add_flag("-q,--quiet", flags->quiet, "No progress on standard error");
  run->callback([flags, end] { end(run_command(*flags)); });
}

// ---- list

struct ListFlags {
  CatalogueFlags catalogue;
  bool vectors = false, requirements = false, mutants = false;
  bool uncited = false;
  std::string format = "text";
};

Json list_vectors(const Catalogue& catalogue) {
  Json out = Json::array();
  for (const auto& [id, vector] : catalogue.vectors) {
    out.push_back({{"vector", id},
                   {"says", vector.says},
                   {"cites", vector.cites},
                   {"needs", vector.needs},
                   {"twin", vector.twin},
                   {"steps", vector.steps.size()}});
  }
  return out;
}

// `uncited`: only those whose breach no vector would notice. A MAY cannot be broken.
Json list_requirements(const Catalogue& catalogue, bool uncited) {
  Json out = Json::array();
  for (const auto& [name, row] : catalogue.requirements) {
    Names citing;
    for (const Trace* vector : catalogue.citing(name)) citing.push_back(vector->id);
    if (uncited && (!citing.empty() || row.level == "MAY")) continue;
    out.push_back({{"row", name},
                   {"level", row.level},
                   {"says", row.says},
                   {"spec", row.spec},
                   {"section", row.section},
                   {"vectors", citing}});
  }
  return out;
}

Json list_mutants() {
  Json out = Json::array();
  for (const Fault& fault : faults()) {
    out.push_back({{"mutant", fault.name},
                   {"number", fault.number},
                   {"says", fault.says},
                   {"killed_by", fault.killed_by}});
  }
  return out;
}

void print_table(const Json& rows, const std::vector<const char*>& columns) {
  std::vector<std::size_t> widths;
  const auto cell = [](const Json& row, const char* column) {
    const Json& value = row[column];
    if (value.is_array()) return std::to_string(value.size());
    return value.is_string() ? value.get<std::string>() : print_json(value);
  };
  for (const char* column : columns) {
    std::size_t width = std::string_view(column).size();
    for (const Json& row : rows) width = std::max(width, cell(row, column).size());
    widths.push_back(width);
  }
  for (const Json& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      std::string text = cell(row, columns[i]);
      if (i + 1 < columns.size()) text.resize(widths[i] + 2, ' ');
      line += text;
    }
    std::cout << line << "\n";
  }
}

Command list_command(const ListFlags& flags) {
  const auto catalogue = flags.catalogue.catalogue();
  if (!catalogue) return catalogue.refusal();
  const bool json = flags.format == "json";
  const auto print = [json](const Json& rows, const std::vector<const char*>& columns) {
    if (json) {
      std::cout << rows.dump(1) << "\n";
    } else {
      print_table(rows, columns);
    }
  };
  if (flags.requirements) {
    print(list_requirements(*catalogue, flags.uncited), {"row", "level", "vectors", "says"});
  } else if (flags.mutants) {
    print(list_mutants(), {"mutant", "number", "says"});
  } else {
    print(list_vectors(*catalogue), {"vector", "says"});
  }
  return 0;
}

void add_list(CLI::App& app, const std::function<void(Command)>& end) {
  auto flags = std::make_shared<ListFlags>();
  CLI::App* list = app.add_subcommand("list", "Show vectors, requirements or mutants");
  auto* what = list->add_option_group("What", "Vectors if nothing is given");
  what->add_flag("--vectors", flags->vectors, "The vectors, by id");
  auto* requirements = what->add_flag("--requirements", flags->requirements,
                                      "The requirements, with how many vectors cite each");
  what->add_flag("--mutants", flags->mutants, "The faults that the suite can switch on");
  what->require_option(0, 1);
  list->add_flag("--uncited", flags->uncited,
                 "Only requirements that can be broken and that no vector cites")
      ->needs(requirements);
  auto* folder = list->add_option("--folder", flags->catalogue.vectors_folder,
                                  "Read vectors from this folder in place of those built in");
  folder->option_text("FOLDER");
  list->add_option("--format", flags->format, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  list->callback([flags, end] { end(list_command(*flags)); });
}

// ---- replay

struct ReplayFlags {
  TargetFlags target;
  CatalogueFlags catalogue;
  std::string what;
  std::string from;
  bool show_secrets = false;
};

// A vector out of a run.json: the steps that its verdict carries.
Result<Trace, Stop> vector_of_run(const std::string& file, const std::string& id) {
  const auto text = read_file(file);
  if (!text) return usage(text.refusal());
  const auto document = parse_json(*text, file, {std::size_t{64} << 20, 32});
  if (!document) return usage(document.refusal());
  const Json* verdicts = find_path(document->value, "verdicts");
  if (verdicts == nullptr || !verdicts->is_array())
    return usage(file + ": is no run.json: it has no list 'verdicts'");
  for (const Json& verdict : *verdicts) {
    const Json* name = find_path(verdict, "vector");
    if (name == nullptr || *name != Json(id)) continue;
    JsonDocument vector;
    vector.file = file;
    vector.value = {{"trace", kTraceVersion}};
    for (const char* field : {"says", "cites", "let", "steps"}) {
      if (verdict.contains(field)) vector.value[field] = verdict[field];
    }
    auto trace = read_trace(vector, id);
    if (!trace) return usage(trace.refusal());
    return *std::move(trace);
  }
  return usage(file + ": has no verdict of '" + id + "'");
}

Result<Trace, Stop> trace_to_replay(const ReplayFlags& flags, const Catalogue& catalogue) {
  if (!flags.from.empty()) return vector_of_run(flags.from, flags.what);
  if (const Trace* vector = catalogue.vector(flags.what)) return *vector;
  if (std::filesystem::is_regular_file(flags.what)) {
    const auto text = read_file(flags.what);
    if (!text) return usage(text.refusal());
    auto trace = read_trace(*text, flags.what, flags.what);
    if (!trace) return usage(trace.refusal());
    return *std::move(trace);
  }
  std::vector<std::string_view> ids;
  for (const auto& [id, vector] : catalogue.vectors) ids.push_back(id);
  return usage("no vector and no file '" + flags.what + "'" + suggestion(flags.what, ids) + " (" +
               own_name() + " list)");
}

bool expects_something(const Trace& trace) {
  return std::any_of(trace.steps.begin(), trace.steps.end(),
                     [](const Step& step) { return !step.expect.empty(); });
}

Command replay_command(const ReplayFlags& flags) {
  const auto catalogue = flags.catalogue.catalogue();
  if (!catalogue) return catalogue.refusal();
  const auto profile = flags.catalogue.chosen(*catalogue, flags.target.default_profile());
  if (!profile) return profile.refusal();
  const auto trace = trace_to_replay(flags, *catalogue);
  if (!trace) return trace.refusal();
  auto target = flags.target.make();
  if (!target) return target.refusal();
  JudgeOptions options;
  options.show_secrets = flags.show_secrets;
  const Verdict verdict = judge(*catalogue, *profile, *trace, **target, options);
  std::cout << trace->id << "\n" << trace->says << "\n";
  for (const StepRecord& record : verdict.record) {
    std::cout << record.step + 1 << "  " << record.asked << "\n   -> " << record.answered << "\n";
  }
  if (!verdict.expected.empty()) {
    std::cout << "expected  " << verdict.expected << "\nactual    " << verdict.actual << "\n";
  }
  if (!verdict.reason.empty()) std::cout << "because   " << verdict.reason << "\n";
  if (!expects_something(*trace)) {
    std::cout << "played; it expects nothing, so there is no verdict\n";
    return static_cast<int>(kNoEvidence);
  }
  std::cout << to_string(verdict.is) << "\n";
  if (verdict.is == Is::fail) return static_cast<int>(kFailure);
  const bool evidence =
      verdict.is == Is::pass || verdict.is == Is::deviates || verdict.is == Is::info;
  return static_cast<int>(evidence ? kClean : kNoEvidence);
}

void add_replay(CLI::App& app, const std::function<void(Command)>& end) {
  auto flags = std::make_shared<ReplayFlags>();
  CLI::App* replay = app.add_subcommand("replay", "Play one trace step by step");
  flags->target.add_to(*replay);
  flags->catalogue.add_to(*replay);
  replay->add_option("what", flags->what, "A vector's id, or a file that holds a trace")
      ->required();
  replay->add_option("--from", flags->from, "Take the vector's steps from this run.json");
  replay->add_option("--profile", flags->catalogue.profile, "What breaking each requirement means");
  replay->add_flag("--show-secrets", flags->show_secrets, "Do not mask codes, tokens and secrets");
  replay->callback([flags, end] { end(replay_command(*flags)); });
}

// ---- explain

void explain_rows(const Catalogue& catalogue, const Names& rows) {
  for (const std::string& name : rows) {
    const Requirement* row = catalogue.requirement(name);
    if (row == nullptr) continue;
    std::cout << "\n  " << row->level << "  " << row->name << "\n    " << row->says << "\n    "
              << row->spec << ", " << row->section << " (" << row->at << ")\n";
  }
}

Command explain_command(const CatalogueFlags& flags, const std::string& id) {
  const auto catalogue = flags.catalogue();
  if (!catalogue) return catalogue.refusal();
  const Trace* vector = catalogue->vector(id);
  if (vector == nullptr) {
    std::vector<std::string_view> ids;
    for (const auto& [known, other] : catalogue->vectors) ids.push_back(known);
    return usage("no vector '" + id + "'" + suggestion(id, ids) + " (" + own_name() + " list)");
  }
  std::cout << id << "\n" << vector->says << "\n";
  explain_rows(*catalogue, vector->cites);
  std::cout << "\nsteps\n";
  for (std::size_t i = 0; i < vector->steps.size(); ++i) {
    const Step& step = vector->steps[i];
    std::cout << "  " << i + 1 << "  " << asked(step) << "\n";
    if (!step.expect.empty()) std::cout << "     wanted: " << wanted(step.expect) << "\n";
  }
  if (const auto decides = deciding_field(*catalogue, *vector)) {
    std::cout << "\ntwin\n  " << vector->twin << ": differs only in step " << decides->step + 1
              << ", " << decides->field << "\n";
  }
  for (const Fault& fault : faults()) {
    if (fault.killed_by == id) {
      std::cout << "\nmutant\n  " << fault.name << ": " << fault.says << "\n";
    }
  }
  return 0;
}

void add_explain(CLI::App& app, const std::function<void(Command)>& end) {
  auto flags = std::make_shared<CatalogueFlags>();
  auto id = std::make_shared<std::string>();
  CLI::App* explain = app.add_subcommand("explain", "Say what a vector is about");
  flags->add_to(*explain);
  explain->add_option("vector", *id, "The vector's id")->required();
  explain->callback([flags, id, end] { end(explain_command(*flags, *id)); });
}

// ---- driver check

void add_driver(CLI::App& app, const std::function<void(Command)>& end) {
  auto words = std::make_shared<std::vector<std::string>>();
  auto timeout = std::make_shared<double>(5);
  CLI::App* driver = app.add_subcommand("driver", "For authors of drivers");
  driver->require_subcommand(1);
  CLI::App* check = driver->add_subcommand("check", "Find out what is wrong with a driver");
  check->add_option("command", *words, "The driver's command, after --")->required();
  check->add_option("--timeout", *timeout, "Seconds that the driver has for one answer")
      ->check(CLI::Range(0.1, 600.0))
      ->capture_default_str();
  check->callback([words, timeout, end] {
    std::string command = "exec";
    for (const std::string& word : *words) command += " " + shell_quoted(word);
    end(check_driver(command, *timeout));
  });
}

// ---- format

Command format_command(const Names& files, bool check) {
  bool clean = true;
  for (const std::string& file : files) {
    const auto text = read_file(file);
    if (!text) return usage(text.refusal());
    const auto trace = read_trace(*text, file, "");
    if (!trace) return usage(trace.refusal());
    const std::string canonical = print_trace(*trace);
    if (canonical == *text) continue;
    clean = false;
    std::cout << file << (check ? ": not canonical\n" : ": written\n");
    if (check) continue;
    std::ofstream out(file, std::ios::binary);
    out << canonical;
    out.close();
    if (!out) return usage(file + ": cannot be written");
  }
  return check && !clean ? static_cast<int>(kFailure) : static_cast<int>(kClean);
}

void add_format(CLI::App& app, const std::function<void(Command)>& end) {
  auto files = std::make_shared<Names>();
  auto check = std::make_shared<bool>(false);
  CLI::App* format = app.add_subcommand("format", "Write vectors canonically");
  format->add_option("file", *files, "Files that hold vectors")->required();
  format->add_flag("--check", *check, "Only say which are not, and end in exit 1 if there are any");
  format->callback([files, check, end] { end(format_command(*files, *check)); });
}

}  // namespace

void add_commands(CLI::App& app, int& exit) {
  const auto end = [&exit](const Command& command) {
    if (command) {
      exit = *command;
      return;
    }
    exit = command.refusal().exit;
    std::cerr << "grantcheck: " << command.refusal().message << "\n";
  };
  add_run(app, end);
  add_list(app, end);
  add_replay(app, end);
  add_explain(app, end);
  add_driver(app, end);
  add_format(app, end);
}

}  // namespace grantcheck
