// Where targets come from: the reference, a mutant of it, a provider linked in, a driver in another
// process.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "grantcheck/provider/reference.h"
#include "grantcheck/trace/target.h"

namespace grantcheck {

struct Fault;

/// The built-in reference, in this process.
std::unique_ptr<Target> make_reference_target();
/// The reference with one fault switched on.
std::unique_ptr<Target> make_mutant_target(const Fault& fault);

/// What is judged of yours, made afresh for each trace: a provider, a function from HTTP request to
/// response, or both.
struct Linked {
  /// Judged at the methods door and, behind grantcheck's own endpoints, at the endpoints door.
  Linked(std::unique_ptr<Provider> own_provider) : provider(std::move(own_provider)) {}  // NOLINT
  /// Both of yours. `own_handle` answers the endpoints door; `own_provider` may be null, then there
  /// is no methods door.
  Linked(std::unique_ptr<Provider> own_provider, Handler own_handle)
      : provider(std::move(own_provider)), handle(std::move(own_handle)) {}

  std::unique_ptr<Provider> provider;
  Handler handle;
};

/// How a provider of yours is made and what is declared of it.
struct LinkedProvider {
  std::string name;
  std::string version;
  /// The clock and the entropy outlive what is made.
  std::function<Linked(const Clock&, Entropy&)> make;
  /// Changes what is declared: take out capabilities that yours lacks, or checks that a layer above
  /// yours makes.
  std::function<void(Hello&)> declare = {};
};
std::unique_ptr<Target> make_linked_target(LinkedProvider provider);

struct DriverOptions {
  std::string command;                      ///< Run by the shell.
  std::string directory;                    ///< Where it is started; empty: here.
  std::chrono::milliseconds timeout{5000};  ///< For one answer, and for the handshake.
  std::size_t max_line_bytes = std::size_t{8} << 20;
  /// Asked while an answer is waited for; true ends the wait.
  std::function<bool()> interrupted = {};
};

/// Starts a driver and shakes hands with it (protocol 1, `drivers/README.md`). The refusal says in
/// one line what went wrong.
Result<std::unique_ptr<Target>, std::string> start_driver(const DriverOptions& options);

/// What a driver's author can do about a problem that `start_driver`, `reset` or a broken
/// observation named.
std::string driver_help(std::string_view what);

}  // namespace grantcheck
