#include "engine/tsne/metrics.h"

#include <algorithm>
#include <stdexcept>

namespace unveil {

namespace {

std::vector<float> coordinates(std::span<const LayoutPoint> layout) {
  std::vector<float> places;
  for (const auto& point : layout) places.insert(places.end(), {point.x, point.y});
  return places;
}

}  // namespace

QualityMeasure::QualityMeasure(Device& device, std::span<const float> codes, int count, int dimensions,
                               std::span<const LayoutPoint> layout, int k)
    : count_(count),
      k_(k),
      places_(device, coordinates(layout), static_cast<int>(layout.size()), 2),
      codes_(device, codes, count, dimensions) {
  if (k < 1 || 2 * k >= count) throw std::logic_error("quality by half the points or more");
  if (layout.size() != static_cast<std::size_t>(count)) throw std::logic_error("a layout of other points");
}

bool QualityMeasure::advance() {
  const int first = places_.slices(), all = first + codes_.slices();
  if (slice_ < first) {
    places_.search(slice_, k_, near_places_);
  } else if (slice_ < all) {
    codes_.search(slice_ - first, k_, near_codes_);
    codes_.ranks(slice_ - first, k_, near_places_.index, ranks_);
  }
  if (++slice_ < all) return true;
  if (slice_ == all) sum_up();
  return false;
}

void QualityMeasure::sum_up() {
  const auto width = static_cast<std::size_t>(k_);
  double excess = 0, kept = 0;
  for (std::size_t i = 0; i < static_cast<std::size_t>(count_); ++i) {
    const auto begin = near_codes_.index.begin() + static_cast<std::ptrdiff_t>(i * width);
    for (std::size_t m = i * width; m < (i + 1) * width; ++m) {
      // The rank counts from 1, so that of the k-th nearest is k.
      excess += std::max(0, ranks_[m] + 1 - k_);
      kept += std::find(begin, begin + k_, near_places_.index[m]) != begin + k_;
    }
  }
  const double n = count_, most = n * k_ * (2 * n - 3 * k_ - 1) / 2;
  quality_ = {1 - excess / most, kept / (n * k_)};
}

TsneQuality tsne_quality(Device& device, std::span<const float> codes, int count, int dimensions,
                         std::span<const LayoutPoint> layout, int k) {
  QualityMeasure measure(device, codes, count, dimensions, layout, k);
  while (measure.advance()) {
  }
  return measure.quality();
}

}  // namespace unveil
