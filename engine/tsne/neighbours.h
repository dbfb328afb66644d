#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engine/data/points.h"
#include "engine/gpu/device.h"

namespace unveil {

// values: [count][dimensions]. Throws Error naming the row and column, from 1, of a value that is not finite or above
// kLargestValue.
void check_finite(std::span<const float> values, int count, int dimensions);

// The k nearest others of every point, nearest first; of equal distances the lower index.
struct Neighbours {
  int count = 0, k = 0;
  std::vector<std::int32_t> index;      // [count][k]
  std::vector<float> squared_distance;  // [count][k]
};

// Exact neighbours by Euclidean distance among [count][dimensions] values, found on the device in slices of rows.
class NeighbourSearch {
 public:
  NeighbourSearch(Device& device, std::span<const float> values, int count, int dimensions);
  ~NeighbourSearch();
  NeighbourSearch(NeighbourSearch&&) noexcept;
  NeighbourSearch& operator=(NeighbourSearch&&) noexcept;

  int slices() const;
  // Fills the rows of one slice; `neighbours` is sized by the first. 1 <= k < count.
  void search(int slice, int k, Neighbours& neighbours);
  // ranks[i][m]: how many others lie strictly nearer to i than others[i][m] does. others: [count][k].
  void ranks(int slice, int k, std::span<const std::int32_t> others, std::vector<std::int32_t>& ranks);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// All slices at once.
Neighbours nearest_neighbours(Device& device, std::span<const float> values, int count, int dimensions, int k);

}  // namespace unveil
