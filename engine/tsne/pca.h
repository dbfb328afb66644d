#pragma once
#include <span>
#include <vector>

namespace unveil {

// The first `components` principal components of [count][dimensions] values: [count][components], centred, by
// descending variance; the sign of each is that its largest loading is positive. Exact (Eigen), in double precision;
// components beyond the rank are zero. components <= min(count, dimensions).
std::vector<float> principal_components(std::span<const float> values, int count, int dimensions, int components);

}  // namespace unveil
