#include "engine/data/plane.h"

#include <fmt/format.h>

#include <charconv>

#include "engine/error.h"

namespace unveil {
namespace {

constexpr int kPoints = 20000;
constexpr std::uint32_t kTag = 0x706c616e;

}  // namespace

Dataset plane_set(const DatasetOptions& options, const std::string& title, const std::string& what,
                  const PointTruth& truth, const DrawPoint& draw) {
  Dataset dataset;
  dataset.title = title;
  dataset.truth = truth;
  const int counts[] = {options.train_count ? options.train_count : kPoints,
                        options.test_count ? options.test_count : kPoints};
  for (std::uint32_t split = 0; split < 2; ++split) {
    auto& points = split == 0 ? dataset.train_points : dataset.test_points;
    points.count = counts[split];
    points.dimensions = 2;
    PhiloxStream stream(options.seed, 0, split, kTag);
    for (int i = 0; i < counts[split]; ++i)
      for (const float coordinate : draw(stream)) points.values.push_back(coordinate);
  }
  dataset.description = fmt::format("{} training and {} held-out points of the plane: {} (seed {}).", counts[0],
                                    counts[1], what, options.seed);
  return dataset;
}

std::vector<float> plane_arguments(const std::string& set, const std::filesystem::path& text,
                                   std::vector<float> defaults, float largest) {
  const std::string given = text.string();
  if (given.empty()) return defaults;
  std::vector<float> numbers;
  const char* at = given.data();
  const char* end = at + given.size();
  while (at <= end) {
    float value = 0;
    const auto [next, error] = std::from_chars(at, end, value);
    if (error != std::errc() || !(value > 0 && value <= largest)) break;
    numbers.push_back(value);
    at = next + 1;
    if (next == end || *next != ',') break;
  }
  if (numbers.size() != defaults.size() || at != end + 1)
    throw Error(
        fmt::format("data \"{}:{}\": after the colon stand{} {} number{} above 0 and at most {:g}, with commas "
                    "between, as in {}:{:g}{}",
                    set, given, defaults.size() == 1 ? "s" : "", defaults.size(), defaults.size() == 1 ? "" : "s",
                    largest, set, defaults[0], defaults.size() > 1 ? fmt::format(",{:g}", defaults[1]) : ""));
  return numbers;
}

}  // namespace unveil
