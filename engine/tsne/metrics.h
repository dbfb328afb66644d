#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "engine/gpu/device.h"
#include "engine/tsne/neighbours.h"
#include "engine/tsne/tsne.h"

namespace unveil {

constexpr int kTsneNeighbours = 10;  // of both metrics, where nothing else is said

struct TsneQuality {
  double trustworthiness = 0, knn_preservation = 0;
};

// How well a layout of [count] points keeps the neighbourhoods of codes [count][dimensions]:
// trustworthiness (Venna & Kaski 2001): 1 less the normalised excess ranks, in code space, of the k nearest in the
// layout; knn_preservation: the mean share of the k nearest in code space that are among the k nearest in the layout.
// 1 <= k < count / 2, count <= kTsneLargest. Distances are found on the device.
TsneQuality tsne_quality(Device& device, std::span<const float> codes, int count, int dimensions,
                         std::span<const LayoutPoint> layout, int k = kTsneNeighbours);

// The same in double precision on the processor's cores, of codes as they were read: float may no longer hold what
// tells them apart.
TsneQuality tsne_quality(std::span<const double> codes, int count, int dimensions,
                         std::span<const LayoutPoint> layout, int k = kTsneNeighbours);

// The same as the first in slices of some milliseconds, for a thread that does other work between them. Keeps its own
// copies.
class QualityMeasure {
 public:
  QualityMeasure(Device& device, std::span<const float> codes, int count, int dimensions,
                 std::span<const LayoutPoint> layout, int k = kTsneNeighbours);
  bool advance();  // false when quality() is there
  const TsneQuality& quality() const { return quality_; }

 private:
  void sum_up();

  int count_, k_, slice_ = 0;
  NeighbourSearch places_, codes_;
  Neighbours near_places_, near_codes_;
  std::vector<std::int32_t> ranks_;
  TsneQuality quality_;
};

}  // namespace unveil
