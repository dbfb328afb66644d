#include "engine/data/classes.h"

#include <algorithm>
#include <charconv>
#include <map>

namespace unveil {
namespace {

bool whole_number(const std::string& text, long long& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && std::to_string(value) == text;
}

}  // namespace

bool called_by_numbers(std::span<const std::string> classes) {
  long long value = 0;
  return std::all_of(classes.begin(), classes.end(), [&](const auto& name) { return whole_number(name, value); });
}

PointClasses classes_of(const std::string& name, const std::vector<std::string>& texts) {
  PointClasses all{name, {}, {}};
  std::map<std::string, int> places;
  for (const auto& text : texts) places[text.empty() ? "none" : text] = 0;
  for (const auto& [text, place] : places) all.classes.push_back(text);
  if (called_by_numbers(all.classes))
    std::ranges::sort(all.classes, {}, [](const std::string& text) {
      long long value = 0;
      whole_number(text, value);
      return value;
    });
  for (std::size_t i = 0; i < all.classes.size(); ++i) places[all.classes[i]] = static_cast<int>(i);
  all.values.reserve(texts.size());
  for (const auto& text : texts) all.values.push_back(places.at(text.empty() ? "none" : text));
  return all;
}

void add_classes(CsvTable& table, const std::string& name, const std::vector<std::string>& classes,
                 std::span<const int> values) {
  const auto named = [&](std::size_t i) -> const std::string& {
    return classes[static_cast<std::size_t>(values[i])];
  };
  if (called_by_numbers(classes)) {
    table.columns.push_back(name);
    for (std::size_t i = 0; i < table.rows.size(); ++i) {
      long long value = 0;
      whole_number(named(i), value);
      table.rows[i].push_back(static_cast<double>(value));
    }
    return;
  }
  auto& column = table.texts.emplace_back(CsvTexts{name, {}});
  for (std::size_t i = 0; i < table.rows.size(); ++i) column.values.push_back(named(i));
}

}  // namespace unveil
