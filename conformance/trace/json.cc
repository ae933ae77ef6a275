#include "grantcheck/trace/json.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <istream>
#include <sstream>
#include <streambuf>

namespace grantcheck {
namespace {

constexpr std::size_t kMaxMembers = 4096;

// Feeds the parser and counts the lines it has read.
class CountingBuffer final : public std::streambuf {
 public:
  explicit CountingBuffer(std::string_view text) : rest_(text) {}
  int line() const { return line_; }

 protected:
  int_type underflow() override {
    return rest_.empty() ? traits_type::eof() : traits_type::to_int_type(rest_.front());
  }
  int_type uflow() override {
    if (rest_.empty()) return traits_type::eof();
    const char next = rest_.front();
    rest_.remove_prefix(1);
    if (next == '\n') ++line_;
    return traits_type::to_int_type(next);
  }

 private:
  std::string_view rest_;
  int line_ = 1;
};

std::string escaped_for_pointer(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

// Builds the value as nlohmann does, and beside it checks depth and repeated names and remembers
// lines.
class Builder final : public nlohmann::detail::json_sax_dom_parser<Json> {
  using Base = nlohmann::detail::json_sax_dom_parser<Json>;

 public:
  Builder(Json& value, const CountingBuffer* buffer, int max_depth,
          std::map<std::string, int>* lines)
      : Base(value, false), buffer_(buffer), max_depth_(max_depth), lines_(lines) {}

  bool null() { return scalar() && Base::null(); }
  bool boolean(bool value) { return scalar() && Base::boolean(value); }
  bool number_integer(number_integer_t value) { return scalar() && Base::number_integer(value); }
  bool number_unsigned(number_unsigned_t value) { return scalar() && Base::number_unsigned(value); }
  bool number_float(number_float_t value, const string_t& text) {
    return scalar() && Base::number_float(value, text);
  }
  bool string(string_t& value) { return scalar() && Base::string(value); }
  bool start_object(std::size_t size) { return enter(false) && Base::start_object(size); }
  bool start_array(std::size_t size) { return enter(true) && Base::start_array(size); }
  bool end_object() { return leave() && Base::end_object(); }
  bool end_array() { return leave() && Base::end_array(); }

  bool key(string_t& name) {
    Frame& frame = frames_.back();
    if (lines_ != nullptr) {
      frame.pointer = frame.base + "/" + escaped_for_pointer(name);
      note(frame.pointer);
    }
    if (std::find(frame.names.begin(), frame.names.end(), name) != frame.names.end()) {
      return complain("the member '" + name + "' occurs twice");
    }
    // An object with very many members is no message and no vector; looking through a list of names
    // stays cheap.
    if (frame.names.size() >= kMaxMembers) return complain("an object with too many members");
    frame.names.push_back(name);
    return Base::key(name);
  }

  template <class Exception>
  bool parse_error(std::size_t, const std::string&, const Exception& error) {
    // "[json.exception.parse_error.101] parse error at line 1, column 2: ..." without its first
    // words.
    const std::string text = error.what();
    const std::size_t colon = text.find(": ");
    return complain("not JSON: " + (colon == std::string::npos ? text : text.substr(colon + 2)));
  }

  const std::string& complaint() const { return complaint_; }
  int complaint_line() const { return complaint_line_; }

 private:
  struct Frame {
    bool array = false;
    std::string base;
    std::string pointer;
    std::size_t next = 0;
    std::vector<std::string> names;
  };

  bool complain(std::string message) {
    if (complaint_.empty()) {
      complaint_ = std::move(message);
      complaint_line_ = buffer_ == nullptr ? 0 : buffer_->line();
    }
    return false;
  }
  void note(const std::string& pointer) { lines_->emplace(pointer, buffer_->line()); }
  bool scalar() {
    element();
    return true;
  }
  void element() {
    if (lines_ == nullptr || frames_.empty() || !frames_.back().array) return;
    Frame& frame = frames_.back();
    frame.pointer = frame.base + "/" + std::to_string(frame.next++);
    note(frame.pointer);
  }
  bool enter(bool array) {
    element();
    if (static_cast<int>(frames_.size()) >= max_depth_) {
      return complain("nested deeper than " + std::to_string(max_depth_) + " levels");
    }
    Frame frame;
    frame.array = array;
    if (!frames_.empty()) frame.base = frames_.back().pointer;
    frames_.push_back(std::move(frame));
    return true;
  }
  bool leave() {
    frames_.pop_back();
    return true;
  }

  const CountingBuffer* buffer_;
  int max_depth_;
  std::map<std::string, int>* lines_;
  std::vector<Frame> frames_;
  std::string complaint_;
  int complaint_line_ = 0;
};

struct Complaint {
  std::string message;
  int line = 0;
};

// The careful pass: through a buffer that counts lines. Several times as slow, so only taken when
// there is something to say.
Complaint build_counting(std::string_view text, std::map<std::string, int>* lines,
                         JsonLimits limits) {
  Json value;
  CountingBuffer buffer(text);
  std::istream stream(&buffer);
  Builder builder(value, &buffer, limits.depth, lines);
  if (Json::sax_parse(stream, &builder) && builder.complaint().empty()) return {};
  return {builder.complaint().empty() ? "not JSON" : builder.complaint(), builder.complaint_line()};
}

Complaint build(std::string_view text, Json& value, JsonLimits limits) {
  if (text.size() > limits.bytes) {
    return {"larger than " + std::to_string(limits.bytes) + " bytes", 0};
  }
  Builder builder(value, nullptr, limits.depth, nullptr);
  if (Json::sax_parse(text.begin(), text.end(), &builder) && builder.complaint().empty()) return {};
  return build_counting(text, nullptr, limits);
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string Problem::text() const {
  std::string out = file;
  if (!file.empty() && line > 0) out += ":" + std::to_string(line);
  if (!out.empty()) out += ": ";
  return out + message;
}

Problem JsonDocument::at(std::string_view pointer, std::string message) const {
  std::map<std::string, int> lines;
  build_counting(text, &lines, {});
  std::string place(pointer);
  while (true) {
    const auto found = lines.find(place);
    if (found != lines.end()) return {file, found->second, std::move(message)};
    const std::size_t slash = place.rfind('/');
    if (slash == std::string::npos) return {file, 1, std::move(message)};
    place.resize(slash);
  }
}

Result<JsonDocument, Problem> parse_json(std::string_view text, std::string file,
                                         JsonLimits limits) {
  JsonDocument document{std::move(file), std::string(text), Json()};
  Complaint complaint = build(text, document.value, limits);
  if (complaint.message.empty()) return document;
  return Problem{document.file, complaint.line, std::move(complaint.message)};
}

Result<Json, std::string> parse_json_value(std::string_view text, JsonLimits limits) {
  Json value;
  Complaint complaint = build(text, value, limits);
  if (complaint.message.empty()) return value;
  return std::move(complaint.message);
}

Result<std::string, Problem> read_file(const std::string& path, std::size_t limit) {
  // A pipe that nobody writes to would be waited for without end.
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
    return Problem{path, 0,
                   std::filesystem::is_directory(status) ? "is a folder, not a file"
                                                         : "is no regular file; copy it to one"};
  }
  std::ifstream in(path, std::ios::binary);
  if (!in) return Problem{path, 0, "cannot be opened"};
  std::string text;
  char block[65536];
  while (in.read(block, sizeof block) || in.gcount() > 0) {
    text.append(block, static_cast<std::size_t>(in.gcount()));
    if (text.size() > limit) {
      return Problem{path, 0, "larger than " + std::to_string(limit) + " bytes"};
    }
  }
  if (in.bad()) return Problem{path, 0, "cannot be read"};
  return text;
}

std::string print_json(const Json& value) {
  if (value.is_object() || value.is_array()) {
    std::string out(1, value.is_object() ? '{' : '[');
    bool first = true;
    for (const auto& item : value.items()) {
      if (!first) out += ", ";
      first = false;
      if (value.is_object()) out += print_json(Json(item.key())) + ": ";
      out += print_json(item.value());
    }
    return out + (value.is_object() ? "}" : "]");
  }
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

const Json* find_path(const Json& value, std::string_view path) {
  const Json* at = &value;
  while (!path.empty()) {
    const std::size_t dot = path.find('.');
    const std::string name(path.substr(0, dot));
    path = dot == std::string_view::npos ? std::string_view() : path.substr(dot + 1);
    if (at->is_object()) {
      const auto found = at->find(name);
      if (found == at->end()) return nullptr;
      at = &*found;
    } else if (at->is_array()) {
      std::size_t index = 0;
      for (const char c : name) {
        if (c < '0' || c > '9' || index > at->size()) return nullptr;
        index = index * 10 + static_cast<std::size_t>(c - '0');
      }
      if (name.empty() || index >= at->size()) return nullptr;
      at = &(*at)[index];
    } else {
      return nullptr;
    }
  }
  return at;
}

std::string printable(std::string_view text) {
  constexpr std::string_view hex = "0123456789abcdef";
  std::string out;
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  for (std::size_t i = 0; i < text.size(); ++i) {
    // C0, DEL, and C1 as UTF-8 has it.
    const bool c1 = byte(i) == 0xc2 && i + 1 < text.size() && byte(i + 1) < 0xa0;
    if (byte(i) >= 0x20 && byte(i) != 0x7f && !c1) {
      out += text[i];
      continue;
    }
    if (c1) ++i;
    out += {'\\', 'x', hex[byte(i) >> 4], hex[byte(i) & 15]};
  }
  return out;
}

std::string shortened(std::string text, std::size_t bytes) {
  if (text.size() <= bytes) return text;
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xc0) == 0x80) --bytes;
  return text.substr(0, bytes) + "...";
}

std::string suggestion(std::string_view name, const std::vector<std::string_view>& names) {
  std::string_view nearest;
  std::size_t least = std::max<std::size_t>(2, name.size() / 3) + 1;
  for (const std::string_view candidate : names) {
    const std::size_t distance = edit_distance(name.substr(0, 200), candidate);
    if (distance < least) {
      least = distance;
      nearest = candidate;
    }
  }
  return nearest.empty() ? "" : "; did you mean '" + std::string(nearest) + "'?";
}

}  // namespace grantcheck
