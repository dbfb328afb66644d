#pragma once
#include <cstdint>
#include <vector>

#include "engine/data/philox.h"
#include "engine/tsne/tsne.h"

namespace unveil::test {

// Normal values: [count][dimensions].
inline std::vector<float> normal_values(int count, int dimensions, std::uint64_t seed) {
  PhiloxStream random(seed, 0, 0, 0);
  std::vector<float> values(static_cast<std::size_t>(count) * static_cast<std::size_t>(dimensions));
  for (auto& value : values) value = random.normal();
  return values;
}

// Point i belongs to blob i % blobs; centres lie `distance` apart along axes of their own, deviation 1.
inline std::vector<float> blobs(int count, int dimensions, int blobs, float distance, std::uint64_t seed) {
  auto values = normal_values(count, dimensions, seed);
  for (int i = 0; i < count; ++i)
    values[static_cast<std::size_t>(i) * static_cast<std::size_t>(dimensions) +
           static_cast<std::size_t>(i % blobs)] += distance;
  return values;
}

inline std::vector<LayoutPoint> normal_layout(int count, float deviation, std::uint64_t seed) {
  const auto values = normal_values(count, 2, seed);
  std::vector<LayoutPoint> points(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < points.size(); ++i)
    points[i] = {deviation * values[2 * i], deviation * values[2 * i + 1]};
  return points;
}

inline double squared_distance(const std::vector<float>& values, int dimensions, int i, int j) {
  double sum = 0;
  for (int d = 0; d < dimensions; ++d) {
    const auto at = [&](int p) {
      return static_cast<double>(
          values[static_cast<std::size_t>(p) * static_cast<std::size_t>(dimensions) + static_cast<std::size_t>(d)]);
    };
    sum += (at(i) - at(j)) * (at(i) - at(j));
  }
  return sum;
}

}  // namespace unveil::test
