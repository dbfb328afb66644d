#include "engine/ops/patches.h"

#include <cmath>
#include <cstring>

#include "engine/data/philox.h"
#include "engine/graph/tiles.h"

namespace unveil {
namespace {

struct Push {
  std::uint64_t scenes, table, seed, step, result;
  std::int32_t rows, scene_count;
  TileFields tile;
};

class DrawPatches : public Op {
 public:
  explicit DrawPatches(const PatchOptions& options) : options_(options) {}
  std::string_view name() const override { return "draw patches"; }

  void record(RecordContext& context, const Node& node) const override {
    const auto &scenes = context[node.inputs[0]], &table = context[node.inputs[1]], &seed = context[node.inputs[2]],
               &step = context[node.inputs[3]], &y = context[node.outputs[0]];
    const Push push{scenes.address(),
                    table.address(),
                    seed.address(),
                    step.address(),
                    y.address(),
                    static_cast<std::int32_t>(y.shape[0]),
                    static_cast<std::int32_t>(table.shape[0] - 1),
                    {}};
    record_tiles(context, "ops/patches",
                 {{1, options_.size}, {2, options_.remove_mean}, {3, options_.unit_variance}, {4, y.layout.stride}},
                 4, y.layout.rows, push, accesses({&scenes, &table, &seed, &step}, {&y}));
  }

  void reference(std::span<const HostTensor* const> in, std::span<HostTensor* const> out) const override {
    const auto &scenes = *in[0], &table = *in[1];
    auto& y = *out[0];
    const auto entry = [&](std::int64_t row, int column) {
      return static_cast<std::uint64_t>(table.at(row, column));
    };
    const std::int64_t last = table.shape[0] - 1;
    const std::array<std::uint32_t, 2> key{static_cast<std::uint32_t>(in[2]->values[0]),
                                           static_cast<std::uint32_t>(in[2]->values[1])};
    for (std::int64_t i = 0; i < y.shape[0]; ++i) {
      const auto block =
          philox4x32({static_cast<std::uint32_t>(i) / 4, static_cast<std::uint32_t>(in[3]->values[0]), 0, 0}, key);
      const std::uint64_t place = (block[static_cast<std::size_t>(i % 4)] * entry(last, scene_first_place)) >> 32;
      std::int64_t scene = last - 1;
      while (entry(scene, scene_first_place) > place) --scene;
      const std::uint64_t width = entry(scene, scene_width),
                          across = width - static_cast<std::uint64_t>(options_.size) + 1;
      const std::uint64_t within = place - entry(scene, scene_first_place);
      const std::uint64_t corner = entry(scene, scene_offset) + within / across * width + within % across;
      double mean = 0, variance = 0;
      for (int p = 0; p < options_.size * options_.size; ++p) {
        y.at(i, p) = scenes.values[corner + static_cast<std::uint64_t>(p / options_.size) * width +
                                   static_cast<std::uint64_t>(p % options_.size)];
        mean += y.at(i, p) / (options_.size * options_.size);
      }
      if (!options_.remove_mean) mean = 0;
      for (int p = 0; p < options_.size * options_.size; ++p) {
        y.at(i, p) -= mean;
        variance += y.at(i, p) * y.at(i, p) / (options_.size * options_.size);
      }
      if (!options_.unit_variance) continue;
      for (int p = 0; p < options_.size * options_.size; ++p)
        y.at(i, p) /= std::sqrt(variance + static_cast<double>(kPatchVarianceFloor));
    }
  }

  void backward(Graph&, Gradients&, const Node&) const override {}  // data

 private:
  PatchOptions options_;
};

}  // namespace

Tensor draw_patches(Graph& graph, Tensor scenes, Tensor table, Tensor seed, Tensor step, std::int64_t count,
                    const PatchOptions& options) {
  const auto& places = graph.shape(table);
  if (graph.shape(scenes).rank() != 1 || places.rank() != 2 || places[0] < 2 || places[1] != scene_columns ||
      graph.info(table).dtype != DType::u32 || graph.info(step).dtype != DType::u32 ||
      graph.info(seed).dtype != DType::u32 || graph.shape(seed).elements() != 2 || options.size < 1 || count < 1)
    throw std::logic_error(
        "draw_patches: scenes [n], a table u32 [scenes + 1, 4], seed u32 [2] and step u32 are needed");
  const Tensor y = graph.activation({count, static_cast<std::int64_t>(options.size) * options.size});
  graph.add(std::make_unique<DrawPatches>(options), {scenes, table, seed, step}, {y});
  return y;
}

}  // namespace unveil
