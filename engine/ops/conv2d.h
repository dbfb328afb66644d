#pragma once
#include <limits>
#include <vector>

#include "engine/gpu/recorder.h"
#include "engine/graph/graph.h"

namespace unveil {

// Where a weight of a convolution looks, relative to the pixel it computes: input (y * stride + dy, x * stride + dx).
struct Tap {
  int dy = 0, dx = 0;
  bool operator==(const Tap&) const = default;
};

// All taps of a size x size kernel, size odd, in reading order.
std::vector<Tap> taps_full(int size);

enum class Activation { none, relu, sigmoid, tanh };  // as in shaders/ops/conv2d.glsl

// Which formulation computes the products: the one in registers for lavapipe, or the one in shared memory for GPUs.
enum class HotKernel { automatic, lanes, shared_memory };

struct Conv2dOptions {
  std::vector<Tap> taps = {{0, 0}};  // masked taps are simply not listed
  int stride = 1;
  Tensor bias;      // [Co]
  Tensor residual;  // of the result's shape, added before the activation
  Activation activation = Activation::none;
  bool input_relu = false;  // convolve max(x, 0)
  HotKernel kernel = HotKernel::automatic;
};

// y[n, oy, ox, co] = activation(bias[co] + residual[n, oy, ox, co] +
//                    sum over taps t, ci of x[n, oy * stride + dy(t), ox * stride + dx(t), ci] * weights[t, ci, co]),
// x being zero outside the picture. x: [N, H, W, Ci]; weights: [taps, Ci, Co]; y: [N, ceil(H / stride),
// ceil(W / stride), Co]. With the one tap (0, 0) and stride 1 x may have any rank of 2 or more and weights may be
// [Ci, Co]: a matrix product. Throws std::logic_error for shapes that do not fit.
Tensor conv2d(Graph& graph, Tensor x, Tensor weights, const Conv2dOptions& options);

// Whether conv2d() goes by way of unfold(): x -> patches [N, Ho, Wo, taps * Ci] -> a product with one tap. Otherwise
// it asks for a halo of the taps' reach around x and y.
bool conv2d_unfolds(const Conv2dOptions& options, std::int64_t channels);

struct Conv2dOperands {
  const DeviceTensor *x = nullptr, *weights = nullptr, *y = nullptr;
  const DeviceTensor *bias = nullptr, *residual = nullptr;
};

// A stride-1 convolution planned for given tensors, to be recorded for all rows or for some of them. The arithmetic
// and its order are the same either way, so a pixel's bits do not depend on which other pixels are computed with it.
class Conv2dPlan {
 public:
  // Rows of the tensors' matrices: for i < count, y's row y_first + i * y_step from x's around x_first + i * x_step.
  struct Rows {
    std::int64_t x_first = 0, y_first = 0, count = 0;
    std::int64_t x_step = 1, y_step = 1;
  };
  // What only the backward pass needs.
  struct Gating {
    const DeviceTensor* gate = nullptr;   // like y: the sum counts where this is positive
    const DeviceTensor* added = nullptr;  // like y: added after the gate
  };

  // Of the options only taps, activation, input_relu and kernel count. Tensors must outlive the plan.
  Conv2dPlan(Device& device, const Conv2dOperands& operands, const Conv2dOptions& options, const Gating& gating);
  Conv2dPlan(Device& device, const Conv2dOperands& operands, const Conv2dOptions& options)
      : Conv2dPlan(device, operands, options, Gating{}) {}

  // mask: a float for each row, rows with 0 become zero (RecordContext::row_mask); 0 when every row counts.
  void record(Recorder& recorder, const Rows& rows, std::uint64_t mask) const;
  // One pixel of every picture. x, y and residual are pictures [N, H, W, C], or [N, C] where only that pixel is kept
  // (x only when the one tap is (0, 0)). For convolutions with a stride or that unfold: record_unfold_pixel() first,
  // then this with the patches as x and the tap (0, 0).
  void record_pixel(Recorder& recorder, int row, int col) const;

 private:
  struct Chunk {  // a part of the sum: one dispatch
    const Kernel* kernel;
    std::int64_t input_bytes, weight_bytes;  // from the tensor's start
    bool first, last;
    double terms;
  };
  struct Columns {  // output channels computed by one dispatch
    std::int64_t bytes;
    int groups, row_tiles, vectors;
    std::vector<Chunk> chunks;
  };
  void plan_lanes(const Conv2dOptions& options);
  void plan_shared(const Conv2dOptions& options);
  std::vector<Specialisation> constants(const Conv2dOptions& options, int first_tap, int taps, int channels,
                                        bool last) const;
  Device& device_;
  Conv2dOperands operands_;
  Gating gating_;
  bool lanes_;
  float lowest_;
  int channels_, tile_rows_ = 0, extra_ = 0;
  std::vector<std::int32_t> tap_rows_;
  std::vector<Columns> columns_;
};

namespace detail {
// Taps as distances between rows of x.
std::vector<std::int32_t> tap_rows(const std::vector<Tap>& taps, const Layout& layout);
bool use_lanes(const Device& device, HotKernel kernel);
// The smallest grid of base-16 digits with at least `groups` workgroups, at most `max_x` along x.
Grid cover(std::int64_t groups, int max_x);
constexpr int kMaxTaps = 49;         // of one dispatch: constants 20 and up
constexpr double kFlopPerMs = 12e6;  // a slow lavapipe, for cutting programs into segments
}  // namespace detail

}  // namespace unveil
