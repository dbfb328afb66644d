#include "app/commands/shared/codes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "engine/data/csv.h"
#include "engine/data/npy.h"
#include "engine/data/philox.h"
#include "engine/error.h"
#include "engine/tsne/neighbours.h"

namespace unveil {
namespace {

constexpr std::uint32_t kSubsetTag = 0x73756273;
constexpr std::size_t kMostClasses = 256;

// Whole numbers become classes named by them, in ascending order.
ScatterClasses classes_of(const std::string& where, const std::string& name, const std::vector<double>& values) {
  std::map<long long, int> places;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] != std::round(values[i]) || std::abs(values[i]) > 1e15)
      throw Error(fmt::format("{}: label {} is {}; whole numbers are accepted", where, i + 1, values[i]));
    places[static_cast<long long>(values[i])] = 0;
  }
  if (places.size() > kMostClasses)
    throw Error(fmt::format("{}: {} different labels; at most {} are accepted", where, places.size(), kMostClasses));
  ScatterClasses classes{name, {}, {}};
  for (auto& [value, place] : places) {
    place = static_cast<int>(classes.classes.size());
    classes.classes.push_back(std::to_string(value));
  }
  for (const double value : values) classes.values.push_back(places.at(static_cast<long long>(value)));
  return classes;
}

std::vector<double> as_doubles(const NpyArray& array) {
  const auto widen = [](const auto& values) { return std::vector<double>(values.begin(), values.end()); };
  switch (array.type) {
    case NpyType::float32:
      return widen(array.as<float>());
    case NpyType::float64:
      return array.as<double>();
    case NpyType::uint8:
      return widen(array.as<std::uint8_t>());
    case NpyType::int32:
      return widen(array.as<std::int32_t>());
    case NpyType::int64:
      break;
  }
  return widen(array.as<std::int64_t>());
}

bool is_number(const std::string& text) {
  char* end = nullptr;
  std::strtod(text.c_str(), &end);
  return !text.empty() && end == text.c_str() + text.size();
}

// "z0", "z17".
bool is_code_column(const std::string& name) {
  return name.size() > 1 && name[0] == 'z' &&
         std::all_of(name.begin() + 1, name.end(), [](char c) { return c >= '0' && c <= '9'; });
}

CsvTable read_table(const std::filesystem::path& path) {
  auto table = read_csv(path);
  if (std::all_of(table.columns.begin(), table.columns.end(), is_number))
    throw Error(fmt::format("{}: the first line holds numbers; a header line with the columns' names is expected",
                            path.string()));
  for (std::size_t row = 0; row < table.rows.size(); ++row)
    for (std::size_t column = 0; column < table.columns.size(); ++column)
      if (!std::isfinite(table.rows[row][column]))
        throw Error(fmt::format("{}: row {}, column {}: {}, where a finite number is expected", path.string(),
                                row + 1, table.columns[column],
                                std::isnan(table.rows[row][column]) ? "empty or not a number" : "infinite"));
  return table;
}

void read_table_codes(const std::filesystem::path& path, LabelledCodes& codes) {
  const auto table = read_table(path);
  const bool marked = std::any_of(table.columns.begin(), table.columns.end(), is_code_column);
  std::vector<std::size_t> columns;
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    if (marked ? is_code_column(table.columns[c]) : table.columns[c] != "label") {
      columns.push_back(c);
    } else if (!table.rows.empty()) {
      std::vector<double> values;
      for (const auto& row : table.rows) values.push_back(row[c]);
      codes.labels.push_back(
          classes_of(fmt::format("{}: column {}", path.string(), table.columns[c]), table.columns[c], values));
    }
  }
  for (const auto& row : table.rows)
    for (const auto c : columns) codes.values.push_back(static_cast<float>(row[c]));
  codes.count = static_cast<int>(table.rows.size());
  codes.dimensions = static_cast<int>(columns.size());
}

void number_rows(LabelledCodes& codes) {
  codes.rows.resize(static_cast<std::size_t>(codes.count));
  std::iota(codes.rows.begin(), codes.rows.end(), 0);
}

template <class T>
void keep(std::vector<T>& values, std::size_t width, const std::vector<int>& rows) {
  std::vector<T> kept;
  for (const int row : rows) {
    const auto begin = values.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(row) * width);
    kept.insert(kept.end(), begin, begin + static_cast<std::ptrdiff_t>(width));
  }
  values = std::move(kept);
}

}  // namespace

std::string chosen_code(const Model& model, const std::string& wanted) {
  const auto& declaration = model.declaration();
  if (declaration.codes.empty()) throw UsageError(fmt::format("{} offers no codes", declaration.name));
  std::string names;
  for (const auto& code : declaration.codes) {
    if (wanted.empty() || code.name == wanted) return code.name;
    names += (names.empty() ? "" : ", ") + code.name;
  }
  throw UsageError(fmt::format("{} has no code '{}'; its codes are {}", declaration.name, wanted, names));
}

LabelledCodes read_codes(const std::filesystem::path& path) {
  LabelledCodes codes{.source = path.string()};
  if (path.extension() == ".csv") {
    read_table_codes(path, codes);
  } else if (path.extension() == ".npy") {
    const auto array = read_npy(path);
    if (array.shape.size() < 2)
      throw Error(fmt::format("{}: one dimension of {}; points by dimensions are expected", path.string(),
                              fmt::join(array.shape, ", ")));
    const auto values = as_doubles(array);
    codes.values.assign(values.begin(), values.end());
    if (array.shape[0] > 1'000'000'000) throw Error(fmt::format("{}: {} points", path.string(), array.shape[0]));
    codes.count = static_cast<int>(array.shape[0]);
    if (codes.count > 0) codes.dimensions = static_cast<int>(array.count() / array.shape[0]);
  } else {
    throw UsageError(fmt::format("--codes '{}' ends in neither .npy nor .csv", path.string()));
  }
  if (codes.count == 0 || codes.dimensions == 0) throw Error(fmt::format("{}: no points", path.string()));
  try {
    check_finite(codes.values, codes.count, codes.dimensions);
  } catch (const Error& error) {
    throw Error(fmt::format("{}: {}", path.string(), error.what()));
  }
  number_rows(codes);
  return codes;
}

ScatterClasses read_labels(const std::filesystem::path& path, int count) {
  std::vector<double> values;
  std::string name = "label";
  if (path.extension() == ".csv") {
    const auto table = read_table(path);
    if (table.columns.size() != 1)
      throw Error(fmt::format("{}: {} columns; labels are one column", path.string(), table.columns.size()));
    name = table.columns[0];
    for (const auto& row : table.rows) values.push_back(row[0]);
  } else if (path.extension() == ".npy") {
    const auto array = read_npy(path);
    if (array.shape.size() != 1)
      throw Error(fmt::format("{}: {} dimensions; labels are an array of one", path.string(), array.shape.size()));
    values = as_doubles(array);
  } else {
    throw UsageError(
        fmt::format("--labels '{}' is neither a name of labels nor a file in .npy or .csv", path.string()));
  }
  if (values.size() != static_cast<std::size_t>(count))
    throw Error(fmt::format("{}: {} labels for {} points", path.string(), values.size(), count));
  return classes_of(path.string(), name, values);
}

std::vector<double> class_numbers(const ScatterClasses& classes) {
  std::vector<double> numbers(classes.classes.size());
  if (std::ranges::all_of(classes.classes, is_number))
    std::ranges::transform(classes.classes, numbers.begin(), [](const std::string& name) { return std::stod(name); });
  else
    std::iota(numbers.begin(), numbers.end(), 0.0);
  return numbers;
}

LabelledCodes codes_of(const CodeTable& table, const std::string& source) {
  LabelledCodes codes{source, table.count, table.dimensions, table.values, {}, {}};
  for (const auto& labels : table.labels)
    codes.labels.push_back({labels.name, labels.classes, {labels.values.begin(), labels.values.end()}});
  number_rows(codes);
  return codes;
}

LabelledCodes pixel_codes(const Dataset& data, int split) {
  if (data.kind != DataKind::pictures)
    throw Error(fmt::format("data '{}' are {}; their pixels can be laid out of {} alone", data.spec,
                            data_kind_name(data.kind), data_kind_name(DataKind::pictures)));
  const auto& set = split == 0 ? data.train : data.test;
  if (set.count == 0)
    throw Error(fmt::format("data '{}' have no {} images", data.spec, split == 0 ? "train" : "test"));
  LabelledCodes codes{data.spec, set.count, set.height * set.width * set.channels, {}, {}, {}};
  codes.values.reserve(set.pixels.size());
  for (const auto pixel : set.pixels) codes.values.push_back(static_cast<float>(pixel) / 255.0f);
  if (!set.labels.empty()) {
    ScatterClasses classes{"class", {}, {set.labels.begin(), set.labels.end()}};
    for (int c = 0; c < data.classes; ++c) classes.classes.push_back(data.class_name(c));
    codes.labels.push_back(std::move(classes));
  }
  number_rows(codes);
  return codes;
}

void take_subset(LabelledCodes& codes, int count, std::uint64_t seed) {
  if (count >= codes.count) return;
  // The first of a shuffle (Fisher & Yates).
  auto rows = codes.rows;
  std::iota(rows.begin(), rows.end(), 0);
  PhiloxStream random(seed, 0, 0, kSubsetTag);
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i)
    std::swap(rows[i], rows[i + random.below(static_cast<std::uint32_t>(rows.size() - i))]);
  rows.resize(static_cast<std::size_t>(count));
  std::sort(rows.begin(), rows.end());
  keep(codes.values, static_cast<std::size_t>(codes.dimensions), rows);
  for (auto& labels : codes.labels) keep(labels.values, 1, rows);
  keep(codes.rows, 1, rows);
  codes.count = count;
}

}  // namespace unveil
