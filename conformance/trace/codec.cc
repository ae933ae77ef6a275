#include "grantcheck/trace/codec.h"

#include <functional>
#include <utility>

#include "grantcheck/trace/values.h"

namespace grantcheck {
namespace {

constexpr std::size_t kWidth = 110;

// The field's name, as a complaint begins.
std::string named(const std::string& pointer) {
  return "'" + pointer.substr(pointer.rfind('/') + 1) + "' ";
}

// Reads one part of a document and collects the first problem. Every reader below is a line per
// field.
class Reader {
 public:
  explicit Reader(const JsonDocument& document) : document_(document) {}

  using Field = std::pair<std::string_view, std::function<void(const Json&, const std::string&)>>;

  // Gives each member of the object at `pointer` to its field; any other member is a problem.
  void object(const Json& value, const std::string& pointer, std::string_view what,
              const std::vector<Field>& fields) {
    if (!value.is_object()) return fail(pointer, std::string(what) + " is an object");
    for (const auto& item : value.items()) {
      const std::string at = pointer + "/" + item.key();
      bool known = false;
      std::vector<std::string_view> names;
      for (const auto& [name, read] : fields) {
        names.push_back(name);
        if (name != item.key()) continue;
        known = true;
        read(item.value(), at);
      }
      if (!known) {
        fail(at, "unknown field '" + item.key() + "' in " + std::string(what) +
                     suggestion(item.key(), names));
      }
    }
  }

  void fail(const std::string& pointer, std::string message) {
    if (!problem_) problem_ = document_.at(pointer, std::move(message));
  }
  const std::optional<Problem>& problem() const { return problem_; }

  // The readers of plain values.
  Field text(std::string_view name, std::string& into) {
    return {name, [this, &into](const Json& v, const std::string& at) {
              if (!v.is_string()) return fail(at, named(at) + "takes a text");
              into = v.get<std::string>();
            }};
  }
  Field texts(std::string_view name, Names& into) {
    return {name, [this, &into](const Json& v, const std::string& at) {
              if (!v.is_array()) return fail(at, named(at) + "takes a list of texts");
              for (const Json& one : v) {
                if (!one.is_string()) return fail(at, named(at) + "takes a list of texts");
                into.push_back(one.get<std::string>());
              }
            }};
  }
  Field flag(std::string_view name, std::optional<bool>& into) {
    return {name, [this, &into](const Json& v, const std::string& at) {
              if (!v.is_boolean()) return fail(at, named(at) + "takes true or false");
              into = v.get<bool>();
            }};
  }
  Field number(std::string_view name, std::optional<int>& into) {
    return {name, [this, &into](const Json& v, const std::string& at) {
              if (!v.is_number_integer()) return fail(at, named(at) + "takes a whole number");
              into = v.get<int>();
            }};
  }
  Field values(std::string_view name, Json& into) {
    return {name, [this, &into](const Json& v, const std::string& at) {
              if (!v.is_object()) return fail(at, named(at) + "takes an object");
              if (const auto problem = expression_problem(v)) return fail(at, *problem);
              into = v;
            }};
  }

 private:
  const JsonDocument& document_;
  std::optional<Problem> problem_;
};

void read_successes(Reader& reader, const Json& value, const std::string& at,
                    std::optional<Successes>& into) {
  Successes& successes = into.emplace();
  reader.object(
      value, at, "successes",
      {reader.number("at_most", successes.at_most), reader.number("exactly", successes.exactly),
       reader.number("at_least", successes.at_least)});
  if (!successes.at_most && !successes.exactly && !successes.at_least) {
    reader.fail(at, named(at) + "takes at_most, exactly or at_least");
  }
}

Outcome read_outcome(Reader& reader, const Json& value, const std::string& pointer) {
  Outcome outcome;
  Match& match = outcome.match;
  std::string is;
  const auto is_at = pointer + "/is";
  const Reader::Field error = {"error", [&](const Json& v, const std::string& at) {
                                 if (v.is_string()) match.error = {v.get<std::string>()};
                                 if (!v.is_string()) reader.texts("", match.error).second(v, at);
                               }};
  const Reader::Field status = {"status", [&](const Json& v, const std::string& at) {
                                  for (const Json& one : v.is_array() ? v : Json::array({v})) {
                                    if (!one.is_number_integer()) {
                                      return reader.fail(
                                          at, named(at) + "takes one status or a list of them");
                                    }
                                    match.status.push_back(one.get<int>());
                                  }
                                }};
  const Reader::Field successes = {"successes", [&](const Json& v, const std::string& at) {
                                     read_successes(reader, v, at, match.successes);
                                   }};
  reader.object(
      value, pointer, "an outcome",
      {reader.text("is", is), reader.flag("succeeded", match.succeeded),
       reader.flag("refused", match.refused), error, status, reader.flag("live", match.live),
       reader.flag("redirected", match.redirected), reader.values("redirect", match.redirect),
       reader.values("header", match.header), reader.values("body", match.body),
       reader.texts("absent", match.absent), successes, reader.texts("cites", outcome.cites)});
  if (is != "pass" && is != "deviates") reader.fail(is_at, "'is' takes 'pass' or 'deviates'");
  outcome.is = is == "deviates" ? Outcome::Is::deviates : Outcome::Is::pass;
  return outcome;
}

Step read_step(Reader& reader, const Json& value, const std::string& pointer) {
  const Json* name = find_path(value, "do");
  std::optional<Op> op;
  if (name != nullptr && name->is_string()) op = Op::named(name->get_ref<const std::string&>());
  if (!op) {
    const bool text = name != nullptr && name->is_string();
    reader.fail(pointer + "/do",
                "a step needs 'do' with an operation" +
                    (text ? suggestion(name->get<std::string>(), Op::names()) : std::string()));
    op = Op::named("probe");
  }
  Step step(*op);
  std::optional<int> times;
  const Reader::Field keep = {
      "keep", [&](const Json& v, const std::string& at) {
        if (!v.is_object()) return reader.fail(at, named(at) + "takes an object");
        for (const auto& item : v.items()) {
          if (!item.value().is_string()) {
            return reader.fail(at, named(at) + "takes paths, which are texts");
          }
          step.keep.emplace_back(item.key(), item.value().get<std::string>());
        }
      }};
  const Reader::Field expect = {
      "expect", [&](const Json& v, const std::string& at) {
        if (!v.is_array() || v.empty()) {
          return reader.fail(at, named(at) + "takes a list of outcomes");
        }
        for (std::size_t i = 0; i < v.size(); ++i) {
          step.expect.push_back(read_outcome(reader, v[i], at + "/" + std::to_string(i)));
        }
      }};
  const Reader::Field raw = {"raw", [&](const Json& v, const std::string& at) {
                               if (const auto problem = expression_problem(v)) {
                                 return reader.fail(at, *problem);
                               }
                               step.raw = v;
                             }};
  std::string ignored;
  reader.object(
      value, pointer, "a step",
      {reader.text("do", ignored), reader.text("as", step.as), reader.values("with", step.with),
       reader.values("query", step.query), reader.values("headers", step.headers), raw,
       reader.number("times", times), keep, expect});
  step.times = times.value_or(1);
  if (step.times < 1 || step.times > 1000) {
    reader.fail(pointer + "/times", "'times' takes 1 to 1000");
  }
  return step;
}

// "{" members on their own lines, the first one beside the brace; what fits in one line stands in
// one line.
std::string print_wide(const Json& value, std::size_t indent, std::size_t used) {
  const std::string narrow = print_json(value);
  if (!value.is_structured() || value.empty() || indent + used + narrow.size() <= kWidth) {
    return narrow;
  }
  std::string out(1, value.is_object() ? '{' : '[');
  bool first = true;
  for (const auto& item : value.items()) {
    if (!first) out += ",\n" + std::string(indent + 1, ' ');
    first = false;
    const std::string name = value.is_object() ? print_json(Json(item.key())) + ": " : "";
    out += name + print_wide(item.value(), indent + 1, name.size() + 1);
  }
  return out + (value.is_object() ? "}" : "]");
}

Json outcome_to_json(const Outcome& outcome) {
  Json out = {{"is", outcome.is == Outcome::Is::pass ? "pass" : "deviates"}};
  const Match& match = outcome.match;
  if (match.succeeded) out["succeeded"] = *match.succeeded;
  if (match.refused) out["refused"] = *match.refused;
  if (match.error.size() == 1) out["error"] = match.error[0];
  if (match.error.size() > 1) out["error"] = match.error;
  if (match.status.size() == 1) out["status"] = match.status[0];
  if (match.status.size() > 1) out["status"] = match.status;
  if (match.live) out["live"] = *match.live;
  if (match.redirected) out["redirected"] = *match.redirected;
  if (!match.redirect.empty()) out["redirect"] = match.redirect;
  if (!match.header.empty()) out["header"] = match.header;
  if (!match.body.empty()) out["body"] = match.body;
  if (!match.absent.empty()) out["absent"] = match.absent;
  if (match.successes) {
    Json& successes = out["successes"] = Json::object();
    if (match.successes->at_most) successes["at_most"] = *match.successes->at_most;
    if (match.successes->exactly) successes["exactly"] = *match.successes->exactly;
    if (match.successes->at_least) successes["at_least"] = *match.successes->at_least;
  }
  if (!outcome.cites.empty()) out["cites"] = outcome.cites;
  return out;
}

Json step_to_json(const Step& step) {
  Json out = {{"do", step.op.name()}};
  if (!step.as.empty()) out["as"] = step.as;
  if (!step.with.empty()) out["with"] = step.with;
  if (!step.query.empty()) out["query"] = step.query;
  if (!step.headers.empty()) out["headers"] = step.headers;
  if (step.raw) out["raw"] = *step.raw;
  if (step.times != 1) out["times"] = step.times;
  for (const auto& [name, path] : step.keep) out["keep"][name] = path;
  for (const Outcome& outcome : step.expect) out["expect"].push_back(outcome_to_json(outcome));
  return out;
}

}  // namespace

Result<Trace, Problem> read_trace(const JsonDocument& document, std::string id) {
  Reader reader(document);
  Trace trace;
  trace.id = std::move(id);
  std::optional<int> version;
  const Reader::Field steps = {
      "steps", [&](const Json& v, const std::string& at) {
        if (!v.is_array()) return reader.fail(at, named(at) + "takes a list of steps");
        for (std::size_t i = 0; i < v.size(); ++i) {
          trace.steps.push_back(read_step(reader, v[i], at + "/" + std::to_string(i)));
        }
      }};
  reader.object(document.value, "", "a vector",
                {reader.number("trace", version), reader.text("says", trace.says),
                 reader.texts("cites", trace.cites), reader.texts("needs", trace.needs),
                 reader.text("twin", trace.twin), reader.values("let", trace.let), steps});
  if (version.value_or(0) != kTraceVersion) {
    reader.fail("/trace", "'trace' takes the version of the format, which is " +
                              std::to_string(kTraceVersion));
  }
  if (trace.steps.empty()) reader.fail("/steps", "a vector has at least one step in 'steps'");
  if (reader.problem()) return *reader.problem();
  return trace;
}

Result<Trace, Problem> read_trace(std::string_view text, const std::string& file, std::string id) {
  auto document = parse_json(text, file);
  if (!document) return document.refusal();
  return read_trace(*document, std::move(id));
}

Json steps_to_json(const Trace& trace) {
  Json steps = Json::array();
  for (const Step& step : trace.steps) steps.push_back(step_to_json(step));
  return steps;
}

std::string print_trace(const Trace& trace) {
  std::vector<std::string> lines;
  const auto field = [&lines](const std::string& name, const Json& value) {
    lines.push_back("\"" + name + "\": " + print_wide(value, 1, name.size() + 5));
  };
  lines.push_back("\"trace\": " + std::to_string(kTraceVersion) +
                  ", \"says\": " + print_json(Json(trace.says)));
  if (!trace.cites.empty()) field("cites", trace.cites);
  if (!trace.needs.empty()) field("needs", trace.needs);
  if (!trace.twin.empty()) field("twin", trace.twin);
  if (!trace.let.empty()) field("let", trace.let);
  std::string steps = "\"steps\": [";
  for (std::size_t i = 0; i < trace.steps.size(); ++i) {
    steps += (i == 0 ? "\n  " : ",\n  ") + print_wide(step_to_json(trace.steps[i]), 2, 1);
  }
  lines.push_back(steps + "]");
  std::string out = "{";
  for (std::size_t i = 0; i < lines.size(); ++i) out += (i == 0 ? "" : ",\n ") + lines[i];
  return out + "}\n";
}

}  // namespace grantcheck
