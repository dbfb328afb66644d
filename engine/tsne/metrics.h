#pragma once
#include <span>

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

}  // namespace unveil
