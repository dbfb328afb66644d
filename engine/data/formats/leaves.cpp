#include <fmt/format.h>

#include "engine/data/dead_leaves.h"
#include "engine/data/format.h"

namespace unveil {
namespace {

Dataset load(const std::filesystem::path&, const DatasetOptions& options, DataKind) {
  constexpr int kTrain = 10, kTest = 3;  // ten training scenes as Olshausen & Field 1996
  Dataset dataset;
  dataset.title = "Dead leaves (generated)";
  const int counts[] = {options.train_count ? options.train_count : kTrain,
                        options.test_count ? options.test_count : kTest};
  for (std::uint32_t split = 0; split < 2; ++split)
    for (int i = 0; i < counts[split]; ++i)
      (split == 0 ? dataset.train_scenes : dataset.test_scenes)
          .push_back(dead_leaves(options.seed, static_cast<std::uint32_t>(i), split));
  dataset.description = fmt::format(
      "{} training and {} held-out scenes of {}×{} pixels of discs one behind the other, radii of density r^-3 (seed "
      "{}).",
      counts[0], counts[1], kLeavesSize, kLeavesSize, options.seed);
  return dataset;
}

}  // namespace

const DataFormat& leaves_data_format() {
  static const DataFormat format = {
      .name = "leaves",
      .summary =
          "dead leaves: discs one behind the other, whose edges are like those of photographs; scenes of 512×512",
      .built_in = true,
      .load = &load,
      .kinds = {DataKind::scenes}};
  return format;
}

}  // namespace unveil
