// The commands of the program.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "grantcheck/conformance/run.h"
#include "program/target_flags.h"

namespace grantcheck {

/// Adds all commands to the program; each writes its exit code through `exit`.
void add_commands(CLI::App& app, int& exit);

/// Plays a trace that must succeed and one that must be refused on a driver, and says what is wrong
/// with it.
int check_driver(const std::string& command, double timeout);

}  // namespace grantcheck
