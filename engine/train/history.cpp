#include "engine/train/history.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "engine/error.h"

namespace unveil {
namespace {

constexpr std::size_t kLong = 6000;         // points of a series in memory
constexpr std::size_t kBudget = 512 << 10;  // bytes of all series in a file
constexpr std::string_view kPrefix = "history/", kSteps = "/steps", kValues = "/values";

// The first point of every bucket of `width` steps from `origin` on, of points [from, to).
void keep_firsts(const MetricSeries& series, std::size_t from, std::size_t to, double origin, double width,
                 MetricSeries& kept) {
  double last = -1;
  for (std::size_t i = from; i < to; ++i) {
    const double bucket = std::floor((series.steps[i] - origin) / width);
    if (bucket == last) continue;
    last = bucket;
    kept.steps.push_back(series.steps[i]);
    kept.values.push_back(series.values[i]);
  }
}

// Steps a bucket, so that there are at most `most` - 1 buckets.
double bucket_width(const MetricSeries& series, std::size_t most) {
  double width = 1;
  while (std::floor((series.steps.back() - series.steps.front()) / width) + 2 > static_cast<double>(most)) width *= 2;
  return width;
}

template <class Number>
TensorEntry tensor_of(const std::string& name, const char* dtype, const std::vector<double>& values) {
  TensorEntry entry{name, dtype, {static_cast<std::int64_t>(values.size())}, {}};
  entry.data.resize(values.size() * sizeof(Number));
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto number = static_cast<Number>(values[i]);
    std::memcpy(entry.data.data() + i * sizeof(Number), &number, sizeof(Number));
  }
  return entry;
}

template <class Number>
std::vector<double> numbers_of(const TensorEntry& entry) {
  std::vector<double> values(entry.data.size() / sizeof(Number));
  for (std::size_t i = 0; i < values.size(); ++i) {
    Number number;
    std::memcpy(&number, entry.data.data() + i * sizeof(Number), sizeof(Number));
    values[i] = static_cast<double>(number);
  }
  return values;
}

}  // namespace

void append(MetricSeries& series, double step, double value) {
  while (!series.steps.empty() && series.steps.back() >= step) series.steps.pop_back(), series.values.pop_back();
  series.steps.push_back(step);
  series.values.push_back(value);
  if (series.steps.size() < kLong) return;
  MetricSeries kept;
  const auto half = series.steps.size() / 2;
  keep_firsts(series, 0, half, series.steps.front(), bucket_width(series, kHistoryPoints), kept);
  keep_firsts(series, half, series.steps.size(), series.steps.front(), 1, kept);
  series = std::move(kept);
}

MetricSeries thinned(const MetricSeries& series, std::size_t most) {
  if (series.steps.size() <= 2) return series;
  MetricSeries kept;
  keep_firsts(series, 0, series.steps.size(), series.steps.front(), bucket_width(series, most), kept);
  if (kept.steps.back() != series.steps.back()) {
    kept.steps.push_back(series.steps.back());
    kept.values.push_back(series.values.back());
  }
  return kept;
}

bool is_history(std::string_view tensor) {
  return tensor.starts_with(kPrefix);
}

void write_history(const MetricHistory& history, SafetensorsFile& file) {
  if (history.empty()) return;
  const auto share = kBudget / (history.size() * (sizeof(float) + sizeof(std::uint32_t)));
  const auto most = std::clamp<std::size_t>(share, 50, kHistoryPoints);
  for (const auto& [name, series] : history) {
    if (series.steps.empty()) continue;
    const auto kept = thinned(series, most);
    file.tensors.push_back(tensor_of<std::uint32_t>(fmt::format("{}{}{}", kPrefix, name, kSteps), "U32", kept.steps));
    file.tensors.push_back(tensor_of<float>(fmt::format("{}{}{}", kPrefix, name, kValues), "F32", kept.values));
  }
}

MetricHistory read_history(const SafetensorsFile& file, const std::filesystem::path& path) {
  MetricHistory history;
  const auto fail = [&](const TensorEntry& entry, const std::string& what) {
    throw Error(fmt::format("{}: tensor '{}': {}", path.string(), entry.name, what));
  };
  for (const auto& entry : file.tensors) {
    if (!is_history(entry.name)) continue;
    const std::string_view name = entry.name;
    const bool steps = name.ends_with(kSteps), values = name.ends_with(kValues);
    if (!steps && !values) fail(entry, "history/METRIC/steps and history/METRIC/values are known of a run's history");
    if (entry.dtype != (steps ? "U32" : "F32") || entry.shape.size() != 1)
      fail(entry, fmt::format("{} of {} dimensions; one dimension of {} is expected", entry.dtype, entry.shape.size(),
                              steps ? "U32" : "F32"));
    const auto suffix = steps ? kSteps.size() : kValues.size();
    auto& series = history[std::string(name.substr(kPrefix.size(), name.size() - kPrefix.size() - suffix))];
    (steps ? series.steps : series.values) = steps ? numbers_of<std::uint32_t>(entry) : numbers_of<float>(entry);
  }
  for (const auto& [name, series] : history) {
    if (series.steps.size() != series.values.size())
      throw Error(fmt::format("{}: the history of {} has {} steps and {} values", path.string(), name,
                              series.steps.size(), series.values.size()));
    if (std::ranges::adjacent_find(series.steps, std::greater_equal<>()) != series.steps.end())
      throw Error(fmt::format("{}: the steps of the history of {} do not rise", path.string(), name));
  }
  return history;
}

}  // namespace unveil
