#include "engine/ops/conv2d.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "engine/graph/tiles.h"
#include "engine/ops/conv2d_weights.h"
#include "engine/ops/reduce.h"
#include "engine/ops/transpose.h"
#include "engine/ops/unary.h"
#include "engine/ops/unfold.h"

namespace unveil {
namespace {

double activate(Activation activation, double value) {
  switch (activation) {
    case Activation::none: return value;
    case Activation::relu: return std::max(value, 0.0);
    case Activation::sigmoid: return 1 / (1 + std::exp(-value));
    case Activation::tanh: return std::tanh(value);
  }
  return value;
}

// Inputs: x, weights, then bias, residual, gate and added where present (conv2d.h: Conv2dPlan).
class Conv2d : public Op {
 public:
  explicit Conv2d(Conv2dOptions options) : options_(std::move(options)) {
    options_.bias = options_.residual = Tensor{};  // inputs of the node
  }
  std::string_view name() const override { return "conv2d"; }

  void record(RecordContext& context, const Node& node) const override {
    const auto operand = [&](std::size_t i) { return node.inputs[i] ? &context[node.inputs[i]] : nullptr; };
    const auto& y = context[node.outputs[0]];
    const Conv2dPlan plan(context.device(), {operand(0), operand(1), &y, operand(2), operand(3)}, options_,
                          {operand(4), operand(5)});
    plan.record(context.recorder(), {0, 0, y.layout.rows}, context.row_mask(y));
  }

  void record_pixel(RecordContext& context, const Node& node, int row, int column) const override {
    const auto operand = [&](std::size_t i) { return node.inputs[i] ? &context[node.inputs[i]] : nullptr; };
    const Conv2dPlan plan(context.device(),
                          {operand(0), operand(1), &context[node.outputs[0]], operand(2), operand(3)}, options_,
                          {operand(4), operand(5)});
    plan.record_pixel(context.recorder(), row, column);
  }

  double flop(const Graph& graph, const Node& node) const override {
    const Shape& weights = graph.shape(node.inputs[1]);  // as many rows as taps and channels
    return 2.0 * static_cast<double>(graph.shape(node.outputs[0]).rows() * weights.rows() * weights.cols());
  }

  int newest_row() const override {
    return std::all_of(options_.taps.begin(), options_.taps.end(), [](const Tap& tap) { return tap.dy < 0; }) ? -1
                                                                                                              : 0;
  }

  void reference(std::span<const HostTensor* const> in, std::span<HostTensor* const> out) const override {
    const auto &x = *in[0], &weights = *in[1];
    auto& y = *out[0];
    const bool picture = y.shape.rank() == 4;
    const std::int64_t height = picture ? y.shape[1] : 1, width = picture ? y.shape[2] : y.shape.rows(),
                       channels = x.shape.cols(), outputs = y.shape.cols();
    for (std::int64_t r = 0; r < y.shape.rows(); ++r) {
      const std::int64_t n = r / (height * width), oy = r / width % height, ox = r % width;
      for (std::int64_t co = 0; co < outputs; ++co) {
        double sum = in[2] ? in[2]->values[static_cast<std::size_t>(co)] : 0;
        if (in[3]) sum += in[3]->at(r, co);
        for (std::size_t t = 0; t < options_.taps.size(); ++t) {
          const std::int64_t iy = oy + options_.taps[t].dy, ix = ox + options_.taps[t].dx;
          if (iy < 0 || iy >= height || ix < 0 || ix >= width) continue;
          for (std::int64_t ci = 0; ci < channels; ++ci) {
            const double v = x.at((n * height + iy) * width + ix, ci);
            sum += (options_.input_relu ? std::max(v, 0.0) : v) *
                   weights.at(static_cast<std::int64_t>(t) * channels + ci, co);
          }
        }
        double value = activate(options_.activation, sum);
        if (in[4] && !(in[4]->at(r, co) > 0)) value = 0;
        if (in[5]) value += in[5]->at(r, co);
        y.at(r, co) = value;
      }
    }
  }

  void backward(Graph& graph, Gradients& gradients, const Node& node) const override {
    const Tensor x = node.inputs[0], weights = node.inputs[1], bias = node.inputs[2], residual = node.inputs[3];
    const Tensor y = node.outputs[0];
    if (node.inputs[4] || node.inputs[5]) throw std::logic_error("the gradient of conv2d has no gradient");
    Tensor dy = gradients.of(y);
    if (options_.activation == Activation::relu) dy = relu_gradient(graph, y, dy);
    if (options_.activation == Activation::sigmoid) dy = sigmoid_gradient(graph, y, dy);
    if (options_.activation == Activation::tanh) dy = tanh_gradient(graph, y, dy);
    if (gradients.wanted(residual)) gradients.add(residual, dy);
    if (gradients.wanted(bias)) gradients.add(bias, sum_rows(graph, dy, graph.shape(bias)));
    if (gradients.wanted(weights))
      gradients.add(weights, conv2d_weight_gradient(graph, x, dy, graph.shape(weights), options_));
    if (!gradients.wanted(x)) return;
    // dx = dy convolved with the transposed weights at the mirrored taps; what reached x so far is added on the way.
    Conv2dOptions mirrored;
    mirrored.kernel = options_.kernel;
    mirrored.taps = options_.taps;
    for (auto& tap : mirrored.taps) tap = {-tap.dy, -tap.dx};
    const Tensor so_far = gradients.take(x), dx = graph.activation(graph.shape(x));
    graph.join(x, dx);
    graph.join(x, dy);
    if (so_far) graph.join(x, so_far);
    std::vector<Tensor> inputs{
        dy,       transpose_stacked(graph, weights, static_cast<std::int64_t>(options_.taps.size())),
        Tensor{}, Tensor{},
        Tensor{}, Tensor{}};
    if (options_.input_relu) {
      inputs[4] = x;
      inputs[5] = so_far;
    } else {
      inputs[3] = so_far;
    }
    graph.add(std::make_unique<Conv2d>(std::move(mirrored)), std::move(inputs), {dx});
    gradients.add(x, dx);
  }

 private:
  Conv2dOptions options_;
};

int reach_of(const std::vector<Tap>& taps) {
  int reach = 0;
  for (const auto& tap : taps) reach = std::max({reach, std::abs(tap.dy), std::abs(tap.dx)});
  return reach;
}

}  // namespace

std::vector<Tap> taps_full(int size) {
  if (size < 1 || size % 2 == 0) throw std::logic_error(fmt::format("a full kernel has an odd size, not {}", size));
  std::vector<Tap> taps;
  for (int dy = -size / 2; dy <= size / 2; ++dy)
    for (int dx = -size / 2; dx <= size / 2; ++dx) taps.push_back({dy, dx});
  return taps;
}

bool conv2d_unfolds(const Conv2dOptions& options, std::int64_t channels) {
  // A large reach on few channels would force a wide halo on every tensor of the network for one cheap layer.
  const auto terms = static_cast<std::int64_t>(options.taps.size()) * channels;
  return options.stride > 1 || (reach_of(options.taps) > 1 && channels < 8 && terms <= 128);
}

Tensor conv2d(Graph& graph, Tensor x, Tensor weights, const Conv2dOptions& options) {
  const Shape &in = graph.shape(x), &kernel = graph.shape(weights);
  const auto taps = static_cast<std::int64_t>(options.taps.size());
  const bool pointwise = taps == 1 && options.taps[0] == Tap{} && options.stride == 1;
  if (taps == 0 || options.stride < 1) throw std::logic_error("a convolution needs a tap and a stride of 1 or more");
  if (!(in.rank() == 4 || (pointwise && in.rank() >= 2)) ||
      !(kernel.rank() == 3 || (taps == 1 && kernel.rank() == 2)))
    throw std::logic_error(fmt::format("conv2d takes x [N, H, W, Ci] and weights [taps, Ci, Co], not {} and {}",
                                       in.text(), kernel.text()));
  if (kernel.rows() != taps * in.cols())
    throw std::logic_error(fmt::format("weights {} do not fit {} taps of {}", kernel.text(), taps, in.text()));
  Shape out = in;
  if (!pointwise) {
    out.set(1, (in[1] + options.stride - 1) / options.stride);
    out.set(2, (in[2] + options.stride - 1) / options.stride);
  }
  out.set(-1, kernel.cols());
  if (options.bias && graph.shape(options.bias).elements() != kernel.cols())
    throw std::logic_error(
        fmt::format("a bias {} does not fit weights {}", graph.shape(options.bias).text(), kernel.text()));
  if (options.residual && graph.shape(options.residual) != out)
    throw std::logic_error(
        fmt::format("a residual {} does not fit a result {}", graph.shape(options.residual).text(), out.text()));

  Conv2dOptions direct = options;
  if (!pointwise && conv2d_unfolds(options, in.cols())) {
    x = unfold(graph, x, options.taps, options.stride);
    direct.taps = {{0, 0}};
    direct.stride = 1;
  }
  const Tensor y = graph.activation(out);
  graph.join(x, y);
  if (options.residual) graph.join(y, options.residual);
  graph.require_halo(x, reach_of(direct.taps));
  graph.add(std::make_unique<Conv2d>(direct), {x, weights, options.bias, options.residual, Tensor{}, Tensor{}}, {y});
  return y;
}

// ---- planning and recording ----

namespace {

// As in shaders/ops/conv2d.glsl.
enum Extra { kNone, kBias, kGate, kGateAdd };

struct Push {
  std::uint64_t input, weights, output, start, mask, extra;
  std::int32_t input_row_bytes, output_row_bytes, launch;
  float lowest;
  std::array<std::int32_t, 16> digit{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
};

constexpr int kStartIsTensor = 1 << 28, kHasStart = 1 << 29, kMasked = 1 << 30;
constexpr std::int64_t kMaxRows = (1 << 20) - 1;

// Terms of the sum that one dispatch adds: enough to pay for its stores, few enough to compile quickly. (The order of
// the sum is the same whatever they are, and so are the bits.)
constexpr int kTerms = 96, kMaxTerms = 128;

struct Terms {
  int taps, channels;
};

Terms chunk_of(const std::vector<std::int32_t>& tap_rows, int channels, int usual) {
  const int taps = static_cast<int>(tap_rows.size());
  if (taps * channels <= kMaxTerms && taps <= detail::kMaxTaps) return {taps, channels};
  if (channels > usual) {
    if (channels <= kMaxTerms) return {1, channels};
    for (int part = usual; part >= usual / 2; --part)
      if (channels % part == 0) return {1, part};
    for (int part = kMaxTerms; part > usual; --part)
      if (channels % part == 0) return {1, part};
    const int parts = (channels + usual - 1) / usual;
    return {1, (channels + parts - 1) / parts};
  }
  const int most = std::min(std::max(usual / channels, 1), detail::kMaxTaps);
  // Chunks that look alike (the three lines of a 3 x 3 kernel) share a pipeline.
  for (int part = most; part > most / 2; --part) {
    bool alike = taps % part == 0;
    for (int t = part; alike && t < taps; ++t)
      alike = tap_rows[static_cast<std::size_t>(t)] - tap_rows[static_cast<std::size_t>(t / part * part)] ==
              tap_rows[static_cast<std::size_t>(t % part)] - tap_rows[0];
    if (alike) return {part, channels};
  }
  const int parts = (taps + most - 1) / most;
  return {(taps + parts - 1) / parts, channels};
}

}  // namespace

namespace detail {

std::vector<std::int32_t> tap_rows(const std::vector<Tap>& taps, const Layout& layout) {
  std::vector<std::int32_t> rows;
  for (const auto& tap : taps) rows.push_back(tap.dy * layout.line_rows + tap.dx);
  return rows;
}

bool use_lanes(const Device& device, HotKernel kernel) {
  if (kernel == HotKernel::lanes && !device.info().lavapipe)
    throw std::logic_error("the formulation in lanes is for lavapipe");
  return kernel == HotKernel::lanes || (kernel == HotKernel::automatic && device.info().lavapipe);
}

Grid cover(std::int64_t groups, int max_x) {
  Grid best{};
  std::int64_t best_size = std::numeric_limits<std::int64_t>::max();
  for (std::int64_t z = 1; z <= 16; ++z)
    for (std::int64_t y = 1; y <= 16; ++y) {
      const std::int64_t x = (groups + y * z - 1) / (y * z);
      if (x > max_x || x * y * z >= best_size) continue;
      best_size = x * y * z;
      best = {static_cast<std::uint32_t>(x), static_cast<std::uint32_t>(y), static_cast<std::uint32_t>(z)};
    }
  return best;
}

}  // namespace detail

Conv2dPlan::Conv2dPlan(Device& device, const Conv2dOperands& operands, const Conv2dOptions& options,
                       const Gating& gating)
    : device_(device),
      operands_(operands),
      gating_(gating),
      lanes_(detail::use_lanes(device, options.kernel)),
      lowest_(options.activation == Activation::relu ? 0 : -std::numeric_limits<float>::infinity()),
      channels_(operands.x->layout.cols),
      tap_rows_(detail::tap_rows(options.taps, operands.x->layout)) {
  if (gating.added && !gating.gate) throw std::logic_error("without a gate, what is added is a residual");
  extra_ = gating.added ? kGateAdd : gating.gate ? kGate : operands.bias && operands.residual ? kBias : kNone;
  lanes_ ? plan_lanes(options) : plan_shared(options);
}

std::vector<Specialisation> Conv2dPlan::constants(const Conv2dOptions& options, int first_tap, int taps, int channels,
                                                  bool last) const {
  const bool sigmoid = options.activation == Activation::sigmoid,
             curved = sigmoid || options.activation == Activation::tanh;
  std::vector<Specialisation> all{{6, operands_.weights->layout.stride},
                                  {7, channels_},
                                  {8, channels},
                                  {9, operands_.x->layout.stride},
                                  {10, taps},
                                  {11, options.input_relu},
                                  {12, last ? extra_ : kNone},
                                  {13, last && curved ? static_cast<int>(options.activation) : 0},
                                  {14, last && sigmoid ? operands_.y->layout.cols : 0},
                                  {96, lanes_}};
  for (int t = 0; t < taps; ++t)
    all.push_back({static_cast<std::uint32_t>(20 + t), tap_rows_[static_cast<std::size_t>(first_tap + t)] -
                                                           tap_rows_[static_cast<std::size_t>(first_tap)]});
  return all;
}

void Conv2dPlan::plan_lanes(const Conv2dOptions& options) {
  const int vectors = operands_.y->layout.stride / vector_floats(), taps = static_cast<int>(tap_rows_.size());
  // Register tiles (shaders/ops/conv2d.comp), measured on Mesa 22.3. Of 16 lanes a tile one vector wide uses each of
  // its scalars once, so that LLVM folds the broadcast into the multiplication; narrow results share their rows'
  // addresses. (Products of 512 x 512 in % of OpenBLAS, rows x vectors x terms: 12x1x128 79, 8x1x128 81, 16x1x128 60,
  // 12x1x64 65, 8x2x128 65, 24x1x64 48.)
  const bool wide = vector_floats() == 16;
  const Terms chunk = chunk_of(tap_rows_, channels_, wide && taps == 1 ? kMaxTerms : kTerms);
  const int tile_vectors = wide ? (vectors == 2 ? 2 : 1) : vectors % 2 == 0 ? 2 : vectors % 3 == 0 ? 3 : 1;
  if (wide)
    tile_rows_ = tile_vectors == 2 || taps > 1 ? 8 : 12;
  else
    tile_rows_ = tile_vectors == 1 ? 12 : tile_vectors == 2 && chunk.taps * chunk.channels <= 16 ? 8 : 4;

  const int tiles = vectors / tile_vectors;
  for (int first_tile = 0; first_tile < tiles;) {
    // Up to 16 x 16 column tiles: the largest divisor that fits into a workgroup, times as many workgroups.
    int count = std::min(tiles - first_tile, 256), side = 0;
    for (; count > 0; --count) {
      for (side = std::min(count, 16); side > 0 && (count % side != 0 || count / side > 16); --side) {
      }
      if (side >= 4 || side == count) break;
    }
    Columns columns;
    columns.bytes = static_cast<std::int64_t>(first_tile) * tile_vectors * vector_floats() * 4;
    columns.groups = count / side;
    columns.row_tiles = std::max(1, 8 / side);
    columns.vectors = count * tile_vectors;
    const int teams = columns.row_tiles * side;
    for (int t = 0; t < taps; t += chunk.taps)
      for (int c = 0; c < channels_; c += chunk.channels) {
        const int chunk_taps = std::min(chunk.taps, taps - t),
                  chunk_channels = std::min(chunk.channels, channels_ - c);
        const bool first = t == 0 && c == 0, last = t + chunk_taps == taps && c + chunk_channels == channels_;
        auto all = constants(options, t, chunk_taps, chunk_channels, last);
        if (all[8].value > 0) all[8].value -= first_tile * tile_vectors * vector_floats();
        all.insert(all.end(), {{2, tile_rows_},
                               {3, tile_vectors},
                               {4, side},
                               {5, columns.groups},
                               {92, teams},
                               {93, teams * device_.info().lanes}});
        columns.chunks.push_back(
            {&device_.kernel("ops/conv2d", all, sizeof(Push)),
             (static_cast<std::int64_t>(tap_rows_[static_cast<std::size_t>(t)]) * operands_.x->layout.stride + c) * 4,
             (static_cast<std::int64_t>(t) * channels_ + c) * operands_.weights->layout.stride * 4, first, last,
             static_cast<double>(chunk_taps) * chunk_channels});
      }
    columns_.push_back(std::move(columns));
    first_tile += count;
  }
}

void Conv2dPlan::plan_shared(const Conv2dOptions& options) {
  Columns columns{0, 1, 1, operands_.y->layout.stride / vector_floats(), {}};
  const int taps = static_cast<int>(tap_rows_.size());
  for (int t = 0; t < taps; t += detail::kMaxTaps) {
    const int count = std::min(detail::kMaxTaps, taps - t);
    columns.chunks.push_back(
        {&device_.kernel("ops/conv2d_gpu", constants(options, t, count, channels_, t + count == taps), sizeof(Push)),
         static_cast<std::int64_t>(tap_rows_[static_cast<std::size_t>(t)]) * operands_.x->layout.stride * 4,
         static_cast<std::int64_t>(t) * channels_ * operands_.weights->layout.stride * 4, t == 0, t + count == taps,
         static_cast<double>(count) * channels_});
  }
  columns_.push_back(std::move(columns));
}

void Conv2dPlan::record(Recorder& recorder, const Rows& rows, std::uint64_t mask) const {
  const auto &x = *operands_.x, &weights = *operands_.weights, &y = *operands_.y;
  const std::int64_t x_row = rows.x_step * x.layout.stride * 4, y_row = rows.y_step * y.layout.stride * 4;
  for (const auto& columns : columns_) {
    // Offsets within a dispatch are 32 bits wide, its row count 20; on lavapipe its grid is digits in base 16.
    std::int64_t most = std::min(kMaxRows, std::numeric_limits<std::int32_t>::max() / std::max(x_row, y_row) - 1);
    const std::int64_t group_rows = lanes_ ? columns.row_tiles * tile_rows_ : 64;
    // A bound result reaches no further than kMostResultBytes; one row at least.
    const std::int64_t reach = std::max<std::int64_t>(static_cast<std::int64_t>(kMostResultBytes) / y_row - 1, 1);
    if (lanes_) most = std::min({most, 16 / columns.groups * 256 * group_rows, reach});
    for (std::int64_t done = 0; done < rows.count; done += most) {
      const std::int64_t count = std::min(most, rows.count - done), groups = (count + group_rows - 1) / group_rows;
      const Grid cover = detail::cover(lanes_ ? groups : 1, 16 / columns.groups);
      const Grid grid = lanes_ ? Grid{cover[0] * static_cast<std::uint32_t>(columns.groups), cover[1], cover[2]}
                               : Grid{static_cast<std::uint32_t>((y.layout.stride + 63) / 64),
                                      static_cast<std::uint32_t>(groups), 1};
      const auto at = [&](const DeviceTensor* tensor) {  // a tensor like y
        return tensor->address() +
               static_cast<std::uint64_t>((rows.y_first * y.layout.stride * 4 + done * y_row) + columns.bytes);
      };
      for (const auto& chunk : columns.chunks) {
        Push push{};
        push.input = x.address() + static_cast<std::uint64_t>(rows.x_first * x.layout.stride * 4 + done * x_row +
                                                              chunk.input_bytes);
        push.weights = weights.address() + static_cast<std::uint64_t>(chunk.weight_bytes + columns.bytes);
        push.output = at(&y);
        push.mask = mask ? mask + static_cast<std::uint64_t>((rows.y_first + done * rows.y_step) * 4) : push.weights;
        push.input_row_bytes = static_cast<std::int32_t>(x_row);
        push.output_row_bytes = static_cast<std::int32_t>(y_row);
        push.launch = static_cast<std::int32_t>(count) | static_cast<std::int32_t>(cover[0] - 1) << 20 |
                      static_cast<std::int32_t>(cover[1] - 1) << 24 | (mask ? kMasked : 0);
        push.lowest = chunk.last ? lowest_ : -std::numeric_limits<float>::infinity();

        // The sum starts from the bias or the residual, later from the result so far.
        const DeviceTensor* start = operands_.residual ? operands_.residual : operands_.bias;
        if (!chunk.first) {
          push.start = push.output;
          push.launch |= kHasStart | kStartIsTensor;
        } else if (operands_.residual) {
          push.start = at(operands_.residual);
          push.launch |= kHasStart | kStartIsTensor;
        } else if (start) {
          push.start = start->address() + static_cast<std::uint64_t>(columns.bytes);
          push.launch |= kHasStart;
        } else {
          push.start = push.weights;  // read and not used
        }
        push.extra = push.weights;
        if (chunk.last && extra_ == kBias)
          push.extra = operands_.bias->address() + static_cast<std::uint64_t>(columns.bytes);
        if (chunk.last && gating_.gate) push.extra = at(gating_.gate);
        if (chunk.last && extra_ == kGateAdd) {
          push.start = at(gating_.added);
          push.launch |= kStartIsTensor;
        }
        auto touched =
            accesses({&x, &weights, operands_.bias, operands_.residual, gating_.gate, gating_.added}, {&y});
        if (!chunk.first || extra_ == kGateAdd) touched.reads.push_back(y.range());
        recorder.dispatch(
            *chunk.kernel, grid, std::as_bytes(std::span(&push, 1)), std::move(touched),
            2 * static_cast<double>(count) * chunk.terms * columns.vectors * vector_floats() / detail::kFlopPerMs,
            {&push.output, 1});
      }
    }
  }
}

void Conv2dPlan::record_pixel(Recorder& recorder, int row, int col) const {
  const auto place = [&](const DeviceTensor& tensor, std::int64_t& first, std::int64_t& step) {
    const auto& layout = tensor.layout;
    first = layout.image_rows ? layout.first + row * layout.line_rows + col : 0;
    step = layout.image_rows ? layout.image_rows : 1;
  };
  if (operands_.residual && operands_.residual->layout.image_rows != operands_.y->layout.image_rows)
    throw std::logic_error("a residual lies like the result");
  Rows rows;
  rows.count = operands_.y->shape[0];
  place(*operands_.x, rows.x_first, rows.x_step);
  place(*operands_.y, rows.y_first, rows.y_step);
  record(recorder, rows, 0);
}

}  // namespace unveil
