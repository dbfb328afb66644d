#include "engine/tsne/metrics.h"

#include <algorithm>
#include <stdexcept>

namespace unveil {

TsneQuality tsne_quality(Device& device, std::span<const float> codes, int count, int dimensions,
                         std::span<const LayoutPoint> layout, int k) {
  if (k < 1 || 2 * k >= count) throw std::logic_error("quality by half the points or more");
  if (layout.size() != static_cast<std::size_t>(count)) throw std::logic_error("a layout of other points");
  std::vector<float> places;
  for (const auto& point : layout) places.insert(places.end(), {point.x, point.y});
  const auto near_places = nearest_neighbours(device, places, count, 2, k);
  NeighbourSearch search(device, codes, count, dimensions);
  Neighbours near_codes;
  std::vector<std::int32_t> ranks;
  for (int slice = 0; slice < search.slices(); ++slice) {
    search.search(slice, k, near_codes);
    search.ranks(slice, k, near_places.index, ranks);
  }
  const auto width = static_cast<std::size_t>(k);
  double excess = 0, kept = 0;
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
    const auto begin = near_codes.index.begin() + static_cast<std::ptrdiff_t>(i * width);
    for (std::size_t m = i * width; m < (i + 1) * width; ++m) {
      // The rank counts from 1, so that of the k-th nearest is k.
      excess += std::max(0, ranks[m] + 1 - k);
      kept += std::find(begin, begin + k, near_places.index[m]) != begin + k;
    }
  }
  const double n = count, most = n * k * (2 * n - 3 * k - 1) / 2;
  return {1 - excess / most, kept / (n * k)};
}

}  // namespace unveil
