#include "engine/data/points.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/data/format.h"
#include "engine/data/philox.h"
#include "engine/error.h"

namespace unveil {
namespace {

constexpr double kWidest = 4;  // the larger extent is brought to ±4, as the generated sets have it

// A tenth is held out, drawn by the seed; coordinates are centred and brought to one scale.
Dataset load(const std::filesystem::path& path, const DatasetOptions& options, DataKind) {
  const auto read = read_points(path);
  if (read.dimensions != 2)
    throw Error(fmt::format("{}: points of {} coordinates ({}); the plane takes two", path.string(), read.dimensions,
                            read.told));
  double low[2] = {INFINITY, INFINITY}, high[2] = {-INFINITY, -INFINITY};
  for (std::size_t i = 0; i < read.values.size(); ++i) {
    low[i % 2] = std::min(low[i % 2], read.values[i]);
    high[i % 2] = std::max(high[i % 2], read.values[i]);
  }
  const double extent = std::max(high[0] - low[0], high[1] - low[1]);
  if (read.count < 10 || !(extent > 0))
    throw Error(fmt::format("{}: {} points{}; learning takes ten that are not all equal", path.string(), read.count,
                            read.count > 1 && !(extent > 0) ? ", all equal" : ""));
  Dataset dataset;
  dataset.title = path.filename().string();
  dataset.train_points.dimensions = dataset.test_points.dimensions = 2;
  PhiloxStream stream(options.seed, 0, 2, 0x706c616e);
  for (int i = 0; i < read.count; ++i) {
    auto& part = stream.below(10) == 0 && dataset.train_points.count > 0 ? dataset.test_points : dataset.train_points;
    ++part.count;
    for (int d = 0; d < 2; ++d) {
      const double centred = read.values[static_cast<std::size_t>(2 * i + d)] - (low[d] + high[d]) / 2;
      part.values.push_back(static_cast<float>(centred * 2 * kWidest / extent));
    }
  }
  dataset.description =
      fmt::format("{} A tenth is held out ({} points); the larger extent, {:g}, is brought to ±{:g}.", read.told,
                  dataset.test_points.count, extent, kWidest);
  return dataset;
}

}  // namespace

const DataFormat& points_data_format() {
  static const DataFormat format = {
      .name = "points",
      .summary = "points of the plane: a table of text or an array (.npy) of two columns",
      .load = &load,
      .kinds = {DataKind::points}};
  return format;
}

}  // namespace unveil
