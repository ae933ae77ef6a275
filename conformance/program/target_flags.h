// The flags that choose a target, shared by all commands that have one.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "grantcheck/conformance/targets.h"

namespace grantcheck {

/// Ends the program with an exit code and one line on standard error.
struct Stop {
  int exit;
  std::string message;
};

/// `text` as one word of a shell command.
std::string shell_quoted(const std::string& text);

struct TargetFlags {
  bool reference = false;
  std::string mutant;
  std::string driver;
  std::string driver_command;
  std::string drivers_folder = "conformance/drivers";
  std::string environments_folder = "build/drivers";
  double timeout = 5;  ///< Seconds for one answer of a driver.

  void add_to(CLI::App& app);
  /// "reference", "mutant" or "driver".
  std::string kind() const;
  /// The flags again, for a line that can be pasted; empty for the reference.
  std::string text() const;
  /// The profile that is the default for this target.
  std::string default_profile() const;
  /// Makes the target. Throws nothing; the refusal is what the program ends with.
  Result<std::unique_ptr<Target>, Stop> make() const;
};

}  // namespace grantcheck
