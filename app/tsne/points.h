#pragma once
#include <cstdint>
#include <future>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/models/model.h"
#include "engine/train/run.h"
#include "engine/tsne/neighbours.h"

namespace unveil {

constexpr int kPixelComponents = 50;  // principal components that raw pixels are brought to (van der Maaten 2008)
constexpr int kShownNeighbours = 10;  // in code space, of every point

// What t-SNE lays out, at one time of the training: never changed once it is there.
struct TsnePoints {
  std::string code;  // of the model; empty: pixels
  int split = 1;     // 0 train, 1 test
  std::uint64_t step = 0, seed = 0;
  int count = 0, dimensions = 0;
  int available = 0;               // items of the split
  std::vector<int> items;          // [count], numbers of the data's items; empty: points are no items of the data
  std::vector<float> values;       // [count][dimensions]
  std::vector<CodeLabels> labels;  // as CodeTable has them
  int picture_side = 0;            // of points that are no items: as CodeTable has them
  std::vector<std::uint8_t> pictures;
  Neighbours neighbours;  // kShownNeighbours, fewer where there are fewer points

  // The same items as the other's, so that dots may glide from one to the other.
  bool same_items(const TsnePoints& other) const {
    return split == other.split && count == other.count && items == other.items && available == other.available;
  }
};

// Evenly over the whole, in order: `wanted` numbers below `available`, or all.
std::vector<int> spread_items(int available, int wanted);
// Labels of a data set's items, whatever kind it is of.
std::vector<CodeLabels> item_labels(const Dataset& data, int split, std::span<const int> items);

// Gathers points in slices of a few milliseconds between the segments of training: codes by the model, pixels by
// principal components found on another thread, the true neighbours on the device.
class PointsGatherer {
 public:
  PointsGatherer(Run& run, std::string code, int split, int count);
  // False when all is there. Throws Error where codes are not finite or the data have no such items.
  bool advance(Run& run);
  double share() const;  // done, 0 to 1
  std::shared_ptr<const TsnePoints> take() { return std::move(points_); }

 private:
  void encode(Run& run);
  void gather_pixels(Run& run);

  std::shared_ptr<TsnePoints> points_ = std::make_shared<TsnePoints>();
  std::size_t encoded_ = 0;
  std::future<std::vector<float>> components_;
  bool coded_ = false;
  std::unique_ptr<NeighbourSearch> search_;
  int slice_ = 0;
};

}  // namespace unveil
