#pragma once
#include <span>
#include <vector>

namespace unveil {

// The first `components` principal components of [count][dimensions] values: [count][components], centred, by
// descending variance; the sign of each is that its largest loading is positive. In double precision (Eigen): exact,
// but for a few components of more than 256 rows and columns, which are iterated for (up to 20 times, the same each
// time; where variances hardly fall from one component to the next they may be mixed). Components beyond the rank are
// zero, up to rounding. components <= min(count, dimensions).
std::vector<float> principal_components(std::span<const float> values, int count, int dimensions, int components);

}  // namespace unveil
