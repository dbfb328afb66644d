#include "engine/ops/conv2d_weights.h"

#include <algorithm>
#include <array>
#include <limits>

#include "engine/graph/tiles.h"
#include "engine/ops/transpose.h"

namespace unveil {
namespace {

struct Push {
  std::uint64_t input, gradient, slabs;
  std::int32_t slab_rows, slab_bytes, launch, first, count, unused;
  std::array<std::int32_t, 16> digit{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
};

struct SumPush {
  std::uint64_t slabs, target;
  std::int32_t slab_bytes, unused;
  TileFields tile;
};

constexpr int kAddToSlab = 1 << 8;
constexpr int kSlabsAlongY = 1 << 9;           // the grid's y is the slab's second digit, not the tile's
constexpr std::int64_t kSlabFloats = 1 << 18;  // of all slabs together
// Many slabs make few dispatches, which counts where a pool of threads must be woken for each; but their sum is
// unrolled.
constexpr int kMaxSlabs = 128, kMaxSlabsOfManyTiles = 16;
constexpr int kTileRows = 4, kTileRowsOfOneVector = 8;                 // of the kernel in lanes
constexpr std::int64_t kProductRows = 128, kProductWeights = 1 << 14;  // for which it is a product

// The rows summed over, cut into blocks that a dispatch unrolls. Rows that are no pixels add nothing as long as dy is
// zero there and x a number, so there is some choice of the last row; a length that blocks fill exactly needs one
// pipeline instead of two.
struct Blocks {
  std::int64_t first = 0, count = 0;  // whole blocks
  int rows = 0, rest = 0;             // rows of a block, and of the shorter one at the end (0: none)
};

Blocks blocks_of(const Layout& layout, const Shape& shape, const std::vector<std::int32_t>& tap_rows) {
  Blocks blocks;
  blocks.first = layout.first;
  const std::int64_t needed = physical_row(layout, shape, shape.rows() - 1) - layout.first + 1;
  const std::int32_t forward = std::max(0, *std::max_element(tap_rows.begin(), tap_rows.end()));
  const std::int64_t most = layout.rows - forward - layout.first;
  const auto fits = [&](int rows) { return (needed + rows - 1) / rows * rows <= most; };
  constexpr int kUsual = 64, kShortest = 48, kLongest = 112, kLongestOfSixteen = 128;
  if (needed <= (vector_floats() == 16 ? kLongestOfSixteen : kLongest)) {
    blocks.rows = static_cast<int>(needed);
    blocks.count = 1;
    return blocks;
  }
  for (int rows = 80; rows >= kShortest && !blocks.rows; --rows)
    if (fits(rows)) blocks.rows = rows;
  for (int rows = 81; rows <= kLongest && !blocks.rows; ++rows)
    if (fits(rows)) blocks.rows = rows;
  if (blocks.rows) {
    blocks.count = (needed + blocks.rows - 1) / blocks.rows;
  } else {
    blocks.rows = kUsual;
    blocks.count = needed / kUsual;
    blocks.rest = static_cast<int>(needed % kUsual);
  }
  return blocks;
}

// Inputs: x, dy.
class Conv2dWeights : public Op {
 public:
  Conv2dWeights(const Conv2dOptions& options, const Shape& x)
      : taps_(options.taps), input_relu_(options.input_relu), kernel_(options.kernel), x_shape_(x) {}
  std::string_view name() const override { return "conv2d weights"; }

  std::uint64_t scratch_bytes(const Node& node, const std::function<Layout(Tensor)>& layout) const override {
    const auto x = layout(node.inputs[0]);
    const std::int64_t floats = weight_rows() * layout(node.inputs[1]).stride;
    const int slabs = slab_count(blocks_of(x, x_shape_, detail::tap_rows(taps_, x)), layout(node.inputs[1]).stride);
    return slabs > 1 ? static_cast<std::uint64_t>(slabs * floats * 4) : 0;
  }

  void record(RecordContext& context, const Node& node) const override {
    const auto &x = context[node.inputs[0]], &dy = context[node.inputs[1]], &dw = context[node.outputs[0]];
    const auto tap_rows = detail::tap_rows(taps_, x.layout);
    const Blocks blocks = blocks_of(x.layout, x.shape, tap_rows);
    const std::int64_t floats = weight_rows() * dy.layout.stride;
    const int slabs = slab_count(blocks, dy.layout.stride);
    if (dw.layout.floats() > floats) record_zero(context, dw);  // rows of padding

    const AddressRange target = slabs > 1 ? context.scratch() : dw.range();
    // More taps than a dispatch knows: the weight rows of further taps follow in further dispatches.
    for (std::size_t t = 0; t < tap_rows.size(); t += detail::kMaxTaps) {
      const std::size_t count = std::min<std::size_t>(detail::kMaxTaps, tap_rows.size() - t);
      const std::span<const std::int32_t> some(tap_rows.data() + t, count);
      const auto offset =
          static_cast<std::uint64_t>(static_cast<std::int64_t>(t) * x.layout.cols * dy.layout.stride * 4);
      if (detail::use_lanes(context.device(), kernel_)) {
        record_lanes(context, x, dy, blocks, slabs, floats * 4, target, offset, some);
      } else {
        record_shared(context, x, dy, blocks, slabs, floats * 4, target, offset, some);
      }
    }
    if (slabs == 1) return;
    const SumPush push{target.begin, dw.address(), static_cast<std::int32_t>(floats * 4), 0, {}};
    const Accesses touched{{target}, {dw.range()}};
    if (context.device().info().lavapipe) {  // single vectors: the slabs are unrolled already
      record_tiles(context, "ops/conv2d_weights_sum", {{0, 1}, {1, slabs}}, 16, floats / vector_floats(), push,
                   touched);
    } else {
      record_flat(context, "ops/conv2d_weights_sum", {{1, slabs}}, floats, push, touched);
    }
  }

  double flop(const Graph& graph, const Node& node) const override {
    const Shape& weights = graph.shape(node.outputs[0]);
    return 2.0 * static_cast<double>(graph.shape(node.inputs[1]).rows() * weights.rows() * weights.cols());
  }

  void reference(std::span<const HostTensor* const> in, std::span<HostTensor* const> out) const override {
    const auto &x = *in[0], &dy = *in[1];
    auto& dw = *out[0];
    const bool picture = x.shape.rank() == 4;
    const std::int64_t height = picture ? x.shape[1] : 1, width = picture ? x.shape[2] : x.shape.rows();
    const std::int64_t channels = x.shape.cols();
    std::fill(dw.values.begin(), dw.values.end(), 0.0);
    for (std::int64_t r = 0; r < x.shape.rows(); ++r) {
      const std::int64_t n = r / (height * width), oy = r / width % height, ox = r % width;
      for (std::size_t t = 0; t < taps_.size(); ++t) {
        const std::int64_t iy = oy + taps_[t].dy, ix = ox + taps_[t].dx;
        if (iy < 0 || iy >= height || ix < 0 || ix >= width) continue;
        for (std::int64_t ci = 0; ci < channels; ++ci) {
          double v = x.at((n * height + iy) * width + ix, ci);
          if (input_relu_) v = std::max(v, 0.0);
          for (std::int64_t co = 0; co < dy.shape.cols(); ++co)
            dw.at(static_cast<std::int64_t>(t) * channels + ci, co) += v * dy.at(r, co);
        }
      }
    }
  }

 private:
  std::int64_t weight_rows() const { return static_cast<std::int64_t>(taps_.size()) * x_shape_.cols(); }

  // Beyond 16 slabs the grid has one digit left for the workgroups of a slab.
  int slab_count(const Blocks& blocks, int stride) const {
    const std::int64_t floats = weight_rows() * stride;
    const bool few_tiles = floats / vector_floats() / kTileRows / 16 <= 16;
    const std::int64_t most = std::min<std::int64_t>(few_tiles ? kMaxSlabs : kMaxSlabsOfManyTiles, blocks.count);
    return static_cast<int>(std::clamp<std::int64_t>(kSlabFloats / floats, 1, most));
  }

  Specialisations constants(const DeviceTensor& x, const DeviceTensor& dy, std::span<const std::int32_t> taps) const {
    Specialisations all{{6, dy.layout.stride},
                        {7, x.layout.cols},
                        {8, x.layout.stride},
                        {9, static_cast<int>(taps.size())},
                        {10, input_relu_}};
    for (std::size_t t = 0; t < taps.size(); ++t) all.push_back({static_cast<std::uint32_t>(20 + t), taps[t]});
    return all;
  }

  void record_lanes(RecordContext& context, const DeviceTensor& x, const DeviceTensor& dy, const Blocks& blocks,
                    int slabs, std::int64_t slab_bytes, const AddressRange& target, std::uint64_t offset,
                    std::span<const std::int32_t> taps) const {
    // Register tiles of 8 to 12 sums; measured on Mesa 22.3.
    const int vectors = dy.layout.stride / vector_floats();
    const bool wide = vector_floats() == 16;
    const int tile_vectors = wide               ? (vectors == 2 ? 2 : 1)
                             : vectors % 2 == 0 ? 2
                             : vectors % 3 == 0 ? 3
                                                : 1,
              // Rows of one tap lie side by side in the input; those of several are found one by one.
        tile_rows = (tile_vectors == 1 ? kTileRowsOfOneVector : kTileRows) *
                    (wide && x.layout.cols % (2 * kTileRowsOfOneVector) == 0 ? 2 : 1);
    const int column_tiles = vectors / tile_vectors;
    const std::int64_t rows = static_cast<std::int64_t>(taps.size()) * x.layout.cols,
                       tiles = (rows + tile_rows - 1) / tile_rows * column_tiles;

    // The workgroup size that leaves the fewest idle teams.
    int teams = 16;
    std::int64_t best = std::numeric_limits<std::int64_t>::max();
    for (int s = 16; s >= 4; --s) {
      const auto size = s * ((std::min<std::int64_t>(tiles, 256 * s) + s - 1) / s);
      if (size < best) best = size, teams = s;
    }
    auto all = constants(x, dy, taps);
    all.insert(all.end(), {{2, tile_rows},
                           {3, tile_vectors},
                           {4, column_tiles},
                           {92, teams},
                           {93, teams * context.device().info().lanes},
                           {96, slabs * slab_bytes <= static_cast<std::int64_t>(kMostResultBytes)}});
    const auto kernel = [&](int reduced) -> const Kernel& {
      auto with = all;
      with.push_back({5, reduced});
      return context.device().kernel("ops/conv2d_weights", with, sizeof(Push));
    };

    const std::int64_t x_row = x.layout.stride * 4, dy_row = dy.layout.stride * 4;
    // `count` blocks of `reduced` rows from row `row` on, one into each slab from `slab` on.
    const auto record_grid = [&](const Kernel& k, std::int64_t row, int reduced, std::int64_t step, int slab,
                                 int count, bool add) {
      const std::int64_t per_dispatch = 256 * teams;
      for (std::int64_t first = 0; first < tiles; first += per_dispatch) {
        const std::int64_t groups = (std::min(per_dispatch, tiles - first) + teams - 1) / teams;
        Grid grid = count > 16 ? Grid{static_cast<std::uint32_t>(groups), static_cast<std::uint32_t>(count / 16), 16}
                               : detail::cover(groups, 16);
        if (count <= 16) {
          if (grid[2] > 1) grid = {16, 16, 1};
          grid[2] = static_cast<std::uint32_t>(count);
        }
        Push push{};
        push.input = x.address() + static_cast<std::uint64_t>(row * x_row);
        push.gradient = dy.address() + static_cast<std::uint64_t>(row * dy_row);
        push.slabs = target.begin + offset + static_cast<std::uint64_t>(slab * slab_bytes);
        push.slab_rows = static_cast<std::int32_t>(step);
        push.slab_bytes = static_cast<std::int32_t>(slab_bytes);
        push.launch = (count > 16 ? kSlabsAlongY : static_cast<std::int32_t>(grid[0])) | (add ? kAddToSlab : 0);
        push.first = static_cast<std::int32_t>(first);
        push.count = static_cast<std::int32_t>(tiles);
        auto touched = accesses({&x, &dy}, {});
        touched.writes.push_back(target);
        if (add) touched.reads.push_back(target);
        context.recorder().dispatch(
            k, grid, std::as_bytes(std::span(&push, 1)), std::move(touched),
            2.0 * static_cast<double>(groups * teams * tile_rows * tile_vectors * vector_floats()) * reduced * count /
                detail::kFlopPerMs,
            {&push.slabs, 1});
      }
    };
    // More than 16 slabs: two digits, so whole sixteens and then the rest.
    const auto record_blocks = [&](const Kernel& k, std::int64_t row, int reduced, std::int64_t step, int count,
                                   bool add) {
      const int whole = count > 16 ? count / 16 * 16 : count;
      record_grid(k, row, reduced, step, 0, whole, add);
      if (whole < count) record_grid(k, row + whole * step, reduced, step, whole, count - whole, add);
    };

    // Slab s adds blocks s * per, s * per + 1, …; then the blocks left over and the shorter one follow.
    const std::int64_t per = blocks.count / slabs, left = blocks.count - per * slabs;
    const auto& whole = kernel(blocks.rows);
    for (std::int64_t b = 0; b < per; ++b)
      record_blocks(whole, blocks.first + b * blocks.rows, blocks.rows, per * blocks.rows, slabs, b > 0);
    if (left > 0)
      record_blocks(whole, blocks.first + per * slabs * blocks.rows, blocks.rows, blocks.rows, static_cast<int>(left),
                    true);
    if (blocks.rest > 0)
      record_blocks(kernel(blocks.rest), blocks.first + blocks.count * blocks.rows, blocks.rest, 0, 1, true);
  }

  void record_shared(RecordContext& context, const DeviceTensor& x, const DeviceTensor& dy, const Blocks& blocks,
                     int slabs, std::int64_t slab_bytes, const AddressRange& target, std::uint64_t offset,
                     std::span<const std::int32_t> taps) const {
    const std::int64_t rows = blocks.count * blocks.rows + blocks.rest;
    Push push{};
    push.input = x.address() + static_cast<std::uint64_t>(blocks.first * x.layout.stride * 4);
    push.gradient = dy.address() + static_cast<std::uint64_t>(blocks.first * dy.layout.stride * 4);
    push.slabs = target.begin + offset;
    push.slab_rows = static_cast<std::int32_t>((rows + slabs - 1) / slabs);
    push.slab_bytes = static_cast<std::int32_t>(slab_bytes);
    push.count = static_cast<std::int32_t>(rows);
    const std::int64_t weight_rows = static_cast<std::int64_t>(taps.size()) * x.layout.cols;
    const Grid grid{static_cast<std::uint32_t>((dy.layout.stride + 63) / 64),
                    static_cast<std::uint32_t>((weight_rows + 63) / 64), static_cast<std::uint32_t>(slabs)};
    auto touched = accesses({&x, &dy}, {});
    touched.writes.push_back(target);
    context.recorder().dispatch(
        context.device().kernel("ops/conv2d_weights_gpu", constants(x, dy, taps), sizeof(Push)), grid,
        std::as_bytes(std::span(&push, 1)), std::move(touched),
        2.0 * static_cast<double>(rows * weight_rows * dy.layout.stride) / detail::kFlopPerMs);
  }

  std::vector<Tap> taps_;
  bool input_relu_;
  HotKernel kernel_;
  Shape x_shape_;
};

}  // namespace

Tensor conv2d_weight_gradient(Graph& graph, Tensor x, Tensor dy, const Shape& shape, const Conv2dOptions& options) {
  // Of few rows and on 16 lanes: xᵀ·dy by the kernel of products, whose rows are read along the cache's lines (1.1 ms
  // and 0.1 for the transpose instead of 1.8 for 784 x 400 of 128 rows). The order of the sums is the same.
  const Shape& rows = graph.shape(x);
  if (vector_floats() == 16 && rows.rank() == 2 && rows[0] <= kProductRows && shape.elements() >= kProductWeights &&
      !options.input_relu && options.kernel == HotKernel::automatic)
    return conv2d(graph, transpose(graph, x), dy, {});
  const Tensor dw = graph.activation(shape);
  graph.join(x, dy);
  graph.add(std::make_unique<Conv2dWeights>(options, graph.shape(x)), {x, dy}, {dw});
  return dw;
}

}  // namespace unveil
