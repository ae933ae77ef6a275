#include <iostream>

#include "program/commands.h"

namespace {

// The flags and commands that a misspelt word may have meant.
std::vector<std::string_view> known_words(const CLI::App& app, std::vector<std::string>& storage) {
  for (const CLI::App* sub : app.get_subcommands({})) {
    storage.push_back(sub->get_name());
    known_words(*sub, storage);
  }
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) storage.push_back("--" + name);
  }
  return {storage.begin(), storage.end()};
}

// An empty text where one is wanted is a variable that was not set: nothing that was asked for.
void refuse_empty_texts(CLI::App& app) {
  const CLI::Validator given(
      [](const std::string& text) {
        return text.empty() ? std::string("is empty; leave it out or give it a value")
                            : std::string();
      },
      "");
  for (CLI::Option* option : app.get_options()) {
    if (option->get_expected_max() > 0) option->check(given);
  }
  for (CLI::App* sub : app.get_subcommands({})) refuse_empty_texts(*sub);
}

int usage_error(const CLI::App& app, const CLI::ParseError& error, int argc, char** argv) {
  std::vector<std::string> storage;
  const auto words = known_words(app, storage);
  std::string hint;
  for (int i = 1; i < argc && hint.empty(); ++i) {
    const std::string word(argv[i]);
    const std::string name = word.substr(0, word.find('='));
    const bool known = std::find(words.begin(), words.end(), name) != words.end();
    const bool may_be_misspelt = name.rfind("--", 0) == 0
                                     ? name.size() > 2
                                     : i == 1 || std::string_view(argv[1]) == "driver";
    if (!known && may_be_misspelt) hint = grantcheck::suggestion(name, words);
  }
  std::string message = error.what();
  for (char& c : message) {
    if (c == '\n') c = ' ';
  }
  std::cerr << "grantcheck: " << message << hint << " (grantcheck --help)\n";
  return grantcheck::kUsage;
}

}  // namespace

int main(int argc, char** argv) {
  int exit = 0;
  CLI::App app(
      "Judges OAuth 2.1 authorization servers: conformance vectors against the built-in reference, "
      "its mutants, "
      "or a driver in any language.");
  app.name("grantcheck");
  app.set_version_flag("--version", std::string("grantcheck ") + GRANTCHECK_VERSION);
  app.require_subcommand(1);
  app.footer(
      "Exit codes: 0 judged and clean, 1 new failure, 2 usage or configuration, 3 target not "
      "ready, 4 no evidence, "
      "5 only stale baseline entries, 70 fault of the tool, 130 interrupted.");
  try {
    grantcheck::add_commands(app, exit);
    refuse_empty_texts(app);
    app.parse(argc, argv);
  } catch (const CLI::Success& e) {
    return app.exit(e);
  } catch (const CLI::ParseError& e) {
    return usage_error(app, e, argc, argv);
  } catch (const std::exception& e) {
    std::cerr << "grantcheck: a fault of the tool, please report it: " << e.what() << "\n";
    return grantcheck::kToolFault;
  }
  std::cout.flush();
  if (!std::cout) {
    std::cerr << "grantcheck: standard output cannot be written\n";
    return grantcheck::kUsage;
  }
  return exit;
}
