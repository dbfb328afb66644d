#include "app/shell/driver/script.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <sstream>

#include "app/widgets/input_version.h"
#include "engine/error.h"

namespace unveil {
namespace {

struct Verb {
  std::string_view name;
  int least, most;  // words that follow
};
constexpr Verb kVerbs[] = {{"click", 1, 1},    {"right-click", 1, 1}, {"double-click", 1, 1}, {"hover", 1, 3},
                           {"drag", 5, 33},    {"scroll", 2, 2},      {"type", 1, 1},         {"key", 1, 1},
                           {"drop", 1, 1},     {"resize", 2, 2},      {"wait", 1, 1},         {"wait-frames", 1, 1},
                           {"wait-for", 3, 5}, {"expect", 3, 3},      {"screenshot", 1, 1},   {"frame-stats", 0, 0},
                           {"print", 1, 1},    {"marks", 0, 0},       {"quit", 0, 0}};

std::vector<std::string> split(const std::string& line, int number) {
  std::vector<std::string> words;
  for (std::size_t i = 0; i < line.size();) {
    if (line[i] == ' ' || line[i] == '\t' || line[i] == '\r') {
      ++i;
    } else if (line[i] == '#') {
      break;
    } else if (line[i] == '"') {
      const auto end = line.find('"', i + 1);
      if (end == std::string::npos) throw UsageError(fmt::format("script line {}: a quote is not closed", number));
      words.push_back(line.substr(i + 1, end - i - 1));
      i = end + 1;
    } else {
      const auto end = std::min(line.find_first_of(" \t\r", i), line.size());
      words.push_back(line.substr(i, end - i));
      i = end;
    }
  }
  return words;
}

std::optional<double> number(const std::string& text) {
  double value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

void check(const ScriptCommand& c) {
  auto fail = [&](const std::string& what) { throw UsageError(fmt::format("script line {}: {}", c.line, what)); };
  std::size_t numbers_from = c.words.size();
  if (c.verb == "hover" || c.verb == "drag" || c.verb == "scroll") numbers_from = 1;
  if (c.verb == "resize" || c.verb == "wait" || c.verb == "wait-frames") numbers_from = 0;
  for (std::size_t i = numbers_from; i < c.words.size(); ++i) {
    if (!number(c.words[i])) fail(fmt::format("'{}' is not a number", c.words[i]));
  }
  if (c.verb == "hover" && c.words.size() == 2) fail("hover takes NAME or NAME X Y");
  if (c.verb == "drag" && c.words.size() % 2 == 0) fail("drag takes NAME and positions X Y");
  if (c.verb == "key" && !parse_chord(c.words[0])) fail(fmt::format("'{}' is no key known to scripts", c.words[0]));
}

}  // namespace

std::vector<ScriptCommand> parse_script(std::string_view text) {
  static constexpr std::string_view kComparisons[] = {"==", "!=", "<", "<=", ">", ">=", "contains"};
  std::vector<ScriptCommand> commands;
  std::istringstream lines{std::string(text)};
  std::string line;
  for (int n = 1; std::getline(lines, line); ++n) {
    auto words = split(line, n);
    if (words.empty()) continue;
    ScriptCommand c;
    c.line = n;
    c.verb = words.front();
    c.words.assign(words.begin() + 1, words.end());
    const Verb* verb = nullptr;
    for (const auto& known : kVerbs) {
      if (known.name == c.verb) verb = &known;
    }
    if (!verb) throw UsageError(fmt::format("script line {}: '{}' is no command of scripts", n, c.verb));
    const int given = static_cast<int>(c.words.size());
    if (given < verb->least || given > verb->most) {
      throw UsageError(fmt::format("script line {}: {} takes {} to {} words, found {}", n, c.verb, verb->least,
                                   verb->most, given));
    }
    check(c);
    if (c.verb == "wait-for" || c.verb == "expect") {
      c.condition = {c.words[0], c.words[1], c.words[2]};
      if (std::find(std::begin(kComparisons), std::end(kComparisons), c.words[1]) == std::end(kComparisons)) {
        throw UsageError(
            fmt::format("script line {}: '{}' is no comparison; == != < <= > >= contains are", n, c.words[1]));
      }
      if (given > 3) {
        const auto seconds = given == 5 && c.words[3] == "within" ? number(c.words[4]) : std::nullopt;
        if (!seconds)
          throw UsageError(fmt::format("script line {}: after the condition only 'within SECONDS' may follow", n));
        c.within = *seconds;
      }
    }
    commands.push_back(std::move(c));
  }
  return commands;
}

std::string describe(const StateValue& value) {
  if (const bool* b = std::get_if<bool>(&value)) return *b ? "true" : "false";
  if (const double* d = std::get_if<double>(&value)) return fmt::format("{}", *d);
  return std::get<std::string>(value);
}

bool holds(const Condition& c, const States& states) {
  const auto found = states.find(c.name);
  if (found == states.end()) return false;
  const double* left = std::get_if<double>(&found->second);
  const auto right = number(c.value);
  if (left && right) {
    if (c.comparison == "==") return *left == *right;
    if (c.comparison == "!=") return *left != *right;
    if (c.comparison == "<") return *left < *right;
    if (c.comparison == "<=") return *left <= *right;
    if (c.comparison == ">") return *left > *right;
    if (c.comparison == ">=") return *left >= *right;
  }
  const std::string text = describe(found->second);
  if (c.comparison == "==") return text == c.value;
  if (c.comparison == "!=") return text != c.value;
  if (c.comparison == "contains") return text.find(c.value) != std::string::npos;
  return false;
}

}  // namespace unveil
