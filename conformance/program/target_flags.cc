#include "program/target_flags.h"

#include <toml++/toml.h>

#include <cctype>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <sstream>

#include "grantcheck/conformance/run.h"
#include "grantcheck/faults/faults.h"
#include "program/interrupt.h"

namespace grantcheck {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> driver_names(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    if (fs::exists(at->path() / "driver.toml")) names.push_back(at->path().filename().string());
  }
  return names;
}

// What `driver.toml` says is run: the command's words, with `python` from the driver's own
// environment where it needs packages.
Result<std::string, Stop> command_of(const std::string& name, const std::string& folder,
                                     const std::string& environments) {
  const std::string file = folder + "/driver.toml";
  const auto text = read_file(file);
  if (!text) return Stop{kUsage, text.refusal().text()};
  toml::table table;
  try {
    table = toml::parse(*text, file);
  } catch (const toml::parse_error& e) {
    return Stop{kUsage, file + ":" + std::to_string(e.source().begin.line) + ": " +
                            std::string(e.description())};
  }
  const toml::array* words = table["command"].as_array();
  if (words == nullptr || words->empty()) {
    return Stop{kUsage, file + ": needs 'command', a list of words"};
  }
  std::string command = "exec";
  for (const auto& word : *words) {
    std::string text = word.value_or(std::string());
    if (text == "python" && table.contains("python_requirements")) {
      const fs::path python = fs::absolute(environments) / name / "venv/bin/python";
      if (!fs::exists(python)) {
        return Stop{kNotReady, "driver " + name +
                                   " has no Python environment yet: './gate run --driver " + name +
                                   "' makes it"};
      }
      text = python.string();
    } else if (text == "python") {
      text = "python3";
    }
    command += " " + shell_quoted(text);
  }
  return command;
}

Result<std::unique_ptr<Target>, Stop> start(const DriverOptions& options) {
  auto target = start_driver(options);
  if (target) return *std::move(target);
  if (interrupted()) return Stop{kInterrupted, "interrupted before anything was judged"};
  return Stop{kNotReady, target.refusal() + "\n  help: " + driver_help(target.refusal())};
}

}  // namespace

std::string shell_quoted(const std::string& text) {
  const auto plain = [](unsigned char c) { return std::isalnum(c) || std::strchr("-_./:", c); };
  if (!text.empty() && std::all_of(text.begin(), text.end(), plain)) return text;
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

void TargetFlags::add_to(CLI::App& app) {
  auto* group = app.add_option_group("Target", "What is judged; the reference if none is given");
  group->add_flag("--reference", reference, "The built-in reference provider");
  group->add_option("--mutant", mutant, "The reference with this fault (see list --mutants)");
  group->add_option("--driver", driver, "A driver that lies in the folder of drivers");
  group->add_option("--driver-command", driver_command, "A driver started by this shell command");
  group->require_option(0, 1);
  app.add_option("--drivers", drivers_folder, "The folder of drivers")
      ->envname("GRANTCHECK_DRIVERS")
      ->capture_default_str();
  app.add_option("--environments", environments_folder, "Where drivers have their packages")
      ->envname("GRANTCHECK_ENVIRONMENTS")
      ->capture_default_str();
  app.add_option("--timeout", timeout, "Seconds that a driver has for one answer")
      ->check(CLI::Range(0.1, 600.0))
      ->capture_default_str();
}

std::string TargetFlags::kind() const {
  if (!mutant.empty()) return "mutant";
  return driver.empty() && driver_command.empty() ? "reference" : "driver";
}

std::string TargetFlags::text() const {
  if (!mutant.empty()) return " --mutant " + mutant;
  if (kind() == "reference") return "";
  std::string text = driver.empty() ? " --driver-command " + shell_quoted(driver_command)
                                    : " --driver " + shell_quoted(driver);
  // Paths that come from the environment come from it again.
  if (!driver.empty() && std::getenv("GRANTCHECK_DRIVERS") == nullptr)
    text += " --drivers " + shell_quoted(drivers_folder);
  std::ostringstream seconds;
  seconds << timeout;
  return timeout == TargetFlags().timeout ? text : text + " --timeout " + seconds.str();
}

std::string TargetFlags::default_profile() const {
  return kind() == "driver" ? "oauth-2.1" : "in-memory";
}

Result<std::unique_ptr<Target>, Stop> TargetFlags::make() const {
  if (!mutant.empty()) {
    const Fault* fault = fault_named(mutant);
    if (fault != nullptr) return make_mutant_target(*fault);
    std::vector<std::string_view> names;
    for (const Fault& one : faults()) names.push_back(one.name);
    return Stop{kUsage, "no mutant '" + mutant + "'" + suggestion(mutant, names) +
                            " (grantcheck list --mutants)"};
  }
  DriverOptions options;
  options.timeout = std::chrono::milliseconds(static_cast<std::int64_t>(timeout * 1000));
  options.interrupted = interrupted;
  if (!driver_command.empty()) {
    options.command = driver_command;
    return start(options);
  }
  if (driver.empty()) return make_reference_target();
  options.directory = drivers_folder + "/" + driver;
  if (!fs::exists(options.directory + "/driver.toml")) {
    const auto names = driver_names(drivers_folder);
    return Stop{kUsage, "no driver '" + driver + "' in " + drivers_folder +
                            suggestion(driver, {names.begin(), names.end()})};
  }
  auto command = command_of(driver, options.directory, environments_folder);
  if (!command) return command.refusal();
  options.command = *command;
  return start(options);
}

}  // namespace grantcheck
