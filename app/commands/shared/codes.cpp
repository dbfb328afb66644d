#include "app/commands/shared/codes.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "engine/data/philox.h"
#include "engine/error.h"

namespace unveil {
namespace {

constexpr std::uint32_t kSubsetTag = 0x73756273;

void number_rows(LabelledCodes& codes) {
  codes.rows.resize(static_cast<std::size_t>(codes.count));
  std::iota(codes.rows.begin(), codes.rows.end(), 0);
}

// What there is of each row; nothing of what is empty.
template <class T>
void keep(std::vector<T>& values, std::size_t width, const std::vector<int>& rows) {
  if (values.empty()) return;
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

LabelledCodes codes_of(PointSet points) {
  LabelledCodes codes{.source = points.source, .count = points.count, .dimensions = points.dimensions};
  codes.values = centred(points.values, points.count, points.dimensions);
  codes.labels = std::move(points.labels);
  codes.exact = std::move(points.values);
  number_rows(codes);
  return codes;
}

LabelledCodes codes_of(const CodeTable& table, const std::string& source) {
  LabelledCodes codes{source, table.count, table.dimensions, table.values, {}, {}, {}};
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
  LabelledCodes codes{data.spec, set.count, set.height * set.width * set.channels, {}, {}, {}, {}};
  codes.values.reserve(set.pixels.size());
  for (const auto pixel : set.pixels) codes.values.push_back(static_cast<float>(pixel) / 255.0f);
  if (!set.labels.empty()) {
    PointClasses classes{"class", {}, {set.labels.begin(), set.labels.end()}};
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
  keep(codes.exact, static_cast<std::size_t>(codes.dimensions), rows);
  for (auto& labels : codes.labels) keep(labels.values, 1, rows);
  keep(codes.rows, 1, rows);
  codes.count = count;
}

}  // namespace unveil
