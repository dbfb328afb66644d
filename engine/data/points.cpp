#include "engine/data/points.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <fstream>

#include "engine/data/npy.h"
#include "engine/data/table.h"
#include "engine/data/text.h"
#include "engine/error.h"

namespace unveil {
namespace {

constexpr std::int64_t kMostPoints = 1'000'000'000;

std::vector<double> means(std::span<const double> values, int count, int dimensions) {
  const auto width = static_cast<std::size_t>(dimensions);
  std::vector<double> mean(width);
  // About the first row, so that the sum of what is large loses nothing either.
  for (std::size_t i = width; i < values.size(); ++i) mean[i % width] += (values[i] - values[i % width]) / count;
  for (std::size_t d = 0; d < width; ++d) mean[d] += values[d];
  return mean;
}

// Calls fail(row, column, value) for the first value that cannot be used. The mean of values that are finite may be
// infinite, and then so is the difference.
template <typename Fail>
void check_values(const PointSet& points, Fail fail) {
  const auto width = static_cast<std::size_t>(points.dimensions);
  for (std::size_t i = 0; i < points.values.size(); ++i)
    if (!std::isfinite(points.values[i])) fail(i / width, i % width, points.values[i]);
  const auto mean = means(points.values, points.count, points.dimensions);
  for (std::size_t i = 0; i < points.values.size(); ++i)
    if (!(std::abs(points.values[i] - mean[i % width]) <= kLargestValue))
      fail(i / width, i % width, points.values[i]);
}

void require_points(const PointSet& points) {
  if (points.count == 0 || points.dimensions == 0) throw Error(fmt::format("{}: no points", points.source));
}

PointSet array_points(const NpyArray& array, const std::string& name) {
  PointSet points{.source = name};
  if (array.shape.size() < 2)
    throw Error(fmt::format("{}: one dimension of {}; points by dimensions are expected", name,
                            fmt::join(array.shape, ", ")));
  if (array.is_text()) throw Error(fmt::format("{}: an array of strings; points are numbers", name));
  if (array.shape[0] > kMostPoints || array.count() / std::max<std::int64_t>(array.shape[0], 1) > kMostPoints)
    throw Error(fmt::format("{}: {} points of {} dimensions", name, array.shape[0], array.count() / array.shape[0]));
  points.values = array.numbers();
  points.count = static_cast<int>(array.shape[0]);
  if (points.count > 0) points.dimensions = static_cast<int>(array.count() / array.shape[0]);
  require_points(points);
  check_values(points, [&](std::size_t row, std::size_t column, double value) {
    throw Error(fmt::format("{}: row {}, column {}: {}, where a number below {:.0e} is expected", name, row + 1,
                            column + 1, value, kLargestValue));
  });
  points.told = fmt::format("{} rows of {} numbers ({})", points.count, points.dimensions, npy_type_name(array.type));
  return points;
}

PointClasses table_classes(const Table& table, std::size_t c) {
  std::vector<std::string> texts;
  texts.reserve(table.rows());
  // 1.0 and +1 are the class 1.
  for (std::size_t r = 0; r < table.rows(); ++r) {
    const auto cell = table.cell(r, c);
    const auto value = parse_number(cell, table.form.decimal);
    const bool whole = value && *value == std::floor(*value) && std::abs(*value) < 1e15;
    // As it is written where that says more: 007.
    const bool plain = whole && cell.find_first_not_of("+-.,0123456789") == std::string_view::npos &&
                       (cell.find_first_of(".,+") != std::string_view::npos);
    texts.push_back(plain ? fmt::format("{:.0f}", *value) : std::string(cell));
  }
  auto classes = classes_of(table.column_name(c), texts);
  if (classes.classes.size() > kMostClasses)
    throw Error(fmt::format("{}: column {}: {} different labels; at most {} are accepted", table.name,
                            table.column_name(c), classes.classes.size(), kMostClasses));
  return classes;
}

PointSet table_points(const Table& table, const RoleOptions& options) {
  const auto roles = find_roles(table, options);
  PointSet points{.source = table.name};
  points.count = static_cast<int>(table.rows());
  points.dimensions = static_cast<int>(roles.coordinates.size());
  if (table.rows() > 0 && roles.coordinates.empty())
    throw Error(fmt::format("{}: no column of numbers to be coordinates; the columns are {}", table.name,
                            column_names(table)));
  require_points(points);
  points.values.reserve(table.rows() * roles.coordinates.size());
  for (std::size_t r = 0; r < table.rows(); ++r)
    for (const auto c : roles.coordinates) {
      const auto value = parse_number(table.cell(r, c), table.form.decimal);
      if (!value)
        table.fail(r, c,
                   is_missing(table.cell(r, c))
                       ? fmt::format("no value ('{}'): a point needs all its numbers; remove the row, or leave the "
                                     "column out by --columns",
                                     table.shown(r, c))
                       : fmt::format("'{}', where a number is expected", table.shown(r, c)));
      points.values.push_back(*value);
    }
  check_values(points, [&](std::size_t row, std::size_t column, double value) {
    table.fail(row, roles.coordinates[column],
               fmt::format("{}, where a number below {:.0e} is expected", value, kLargestValue));
  });
  std::vector<std::size_t> classes;
  for (const auto c : roles.coordinates) points.columns.push_back(table.column_name(c));
  for (const auto c : roles.labels) {
    points.labels.push_back(table_classes(table, c));
    classes.push_back(points.labels.back().classes.size());
  }
  for (const auto& out : roles.left_out) points.left_out.push_back(table.column_name(out.column));
  points.told = roles_text(table, roles, classes);
  return points;
}

bool begins_as_array(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  char first[6] = {};
  return file.read(first, 6) && is_npy({first, 6});
}

std::string count_mismatch(const std::string& name, std::size_t found, int count) {
  return fmt::format("{}: {} labels for {} points", name, found, count);
}

PointClasses array_labels(const NpyArray& array, const std::string& name, int count) {
  // [N] and [N, 1], as scikit-learn has it, also [1, N].
  if (std::count_if(array.shape.begin(), array.shape.end(), [](auto side) { return side != 1; }) > 1)
    throw Error(fmt::format("{}: an array of [{}]; labels are one per point", name, fmt::join(array.shape, ", ")));
  if (array.count() != count) throw Error(count_mismatch(name, static_cast<std::size_t>(array.count()), count));
  auto texts = array.texts();
  if (array.is_float()) {
    const auto numbers = array.numbers();
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      if (numbers[i] != std::round(numbers[i]) || std::abs(numbers[i]) > 1e15)
        throw Error(fmt::format("{}: label {} is {}; whole numbers and words are accepted", name, i + 1, numbers[i]));
      texts[i] = fmt::format("{:.0f}", numbers[i] + 0.0);
    }
  }
  auto classes = classes_of("label", texts);
  if (classes.classes.size() > kMostClasses)
    throw Error(
        fmt::format("{}: {} different labels; at most {} are accepted", name, classes.classes.size(), kMostClasses));
  return classes;
}

PointClasses table_labels(const std::string& bytes, const std::string& name, int count) {
  auto table = parse_table(bytes, name);
  // One row too many or too few: the first line was taken for what it is not.
  const auto rows = static_cast<std::size_t>(count) + (table.form.header ? 0 : 1);
  if (table.rows() != static_cast<std::size_t>(count) && table.rows() + (table.form.header ? 1 : 0) == rows)
    table = parse_table(bytes, name, {.header = !table.form.header});
  if (table.rows() != static_cast<std::size_t>(count)) throw Error(count_mismatch(name, table.rows(), count));
  std::size_t chosen = 0;
  if (table.width() > 1) {
    const auto roles = find_roles(table);
    if (roles.coordinates.size() + roles.labels.size() != 1 && roles.labels.size() != 1)
      throw Error(fmt::format("{}: {} columns ({}); labels are one column", name, table.width(),
                              fmt::join(table.columns, ", ")));
    chosen = roles.labels.size() == 1 ? roles.labels[0] : roles.coordinates[0];
  }
  auto classes = table_classes(table, chosen);
  if (!table.form.header) classes.name = "label";
  return classes;
}

}  // namespace

bool is_points_file(const std::filesystem::path& path) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) return false;
  if (begins_as_array(path)) return true;
  const auto extension = ascii_lower(path.extension().string());
  constexpr std::string_view kExtensions[] = {".csv", ".tsv", ".tab", ".npy"};
  return std::find(std::begin(kExtensions), std::end(kExtensions), extension) != std::end(kExtensions);
}

PointSet parse_points(std::string bytes, const std::string& name, const PointOptions& options) {
  if (is_npy(bytes)) return array_points(parse_npy(bytes, name), name);
  return table_points(parse_table(std::move(bytes), name, {.separator = options.separator}), options.roles);
}

PointSet read_points(const std::filesystem::path& path, const PointOptions& options) {
  if (begins_as_array(path)) return array_points(read_npy(path), path.string());
  return parse_points(read_file(path), path.string(), options);
}

PointClasses parse_point_labels(std::string bytes, const std::string& name, int count) {
  return is_npy(bytes) ? array_labels(parse_npy(bytes, name), name, count) : table_labels(bytes, name, count);
}

PointClasses read_point_labels(const std::filesystem::path& path, int count) {
  return parse_point_labels(read_file(path), path.string(), count);
}

std::vector<float> centred(std::span<const double> values, int count, int dimensions) {
  const auto mean = means(values, count, dimensions);
  std::vector<float> result(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) result[i] = static_cast<float>(values[i] - mean[i % mean.size()]);
  return result;
}

}  // namespace unveil
