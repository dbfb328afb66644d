#include "engine/ops/unfold_time.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "engine/graph/tiles.h"

namespace unveil {
namespace {

struct Push {
  std::uint64_t source, result;
  TileFields tile;
};

struct GradientPush {
  std::uint64_t source, x, result;
  TileFields tile;
};

struct Window {
  std::int64_t kernel, stride;
  bool relu;
};

// As in shaders/ops/unfold_time.glsl; x [N, L, C] and the windows u [N, F, kernel * C].
Specialisations constants(const Device& device, const DeviceTensor& x, const DeviceTensor& u, const Window& window) {
  const auto of = [](std::int64_t value) { return static_cast<std::int32_t>(value); };
  return {{1, of(x.shape[0])},    {2, of(x.shape[1])},
          {3, of(x.shape[2])},    {4, x.layout.stride},
          {5, of(u.shape[1])},    {6, u.layout.stride},
          {7, of(window.kernel)}, {8, of(window.stride)},
          {9, window.relu},       {10, device.info().lavapipe && x.shape[2] % vector_floats() == 0}};
}

// Inputs: du, and x where it is rectified.
class UnfoldTimeGradient : public Op {
 public:
  explicit UnfoldTimeGradient(Window window) : window_(window) {}
  std::string_view name() const override { return "unfold time gradient"; }
  void record(RecordContext& context, const Node& node) const override {
    const auto &du = context[node.inputs[0]], &dx = context[node.outputs[0]];
    const DeviceTensor* x = window_.relu ? &context[node.inputs[1]] : nullptr;
    record_flat(context, "ops/unfold_time_gradient", constants(context.device(), dx, du, window_), dx.layout.floats(),
                GradientPush{du.address(), x ? x->address() : 0, dx.address(), {}}, accesses({&du, x}, {&dx}));
  }
  void reference(std::span<const HostTensor* const> in, std::span<HostTensor* const> out) const override {
    auto& dx = *out[0];
    std::fill(dx.values.begin(), dx.values.end(), 0.0);
    const std::int64_t frames = in[0]->shape[1], length = dx.shape[1], channels = dx.shape[2];
    for (std::int64_t r = 0; r < in[0]->shape.rows(); ++r)
      for (std::int64_t k = 0; k < in[0]->shape.cols(); ++k)
        dx.at(r / frames * length + r % frames * window_.stride + k / channels, k % channels) += in[0]->at(r, k);
    if (window_.relu)
      for (std::size_t i = 0; i < dx.values.size(); ++i) dx.values[i] *= in[1]->values[i] > 0;
  }

 private:
  Window window_;
};

// Inputs: x.
class UnfoldTime : public Op {
 public:
  explicit UnfoldTime(Window window) : window_(window) {}
  std::string_view name() const override { return "unfold time"; }
  void record(RecordContext& context, const Node& node) const override {
    const auto &x = context[node.inputs[0]], &u = context[node.outputs[0]];
    record_flat(context, "ops/unfold_time", constants(context.device(), x, u, window_), u.layout.floats(),
                Push{x.address(), u.address(), {}}, accesses({&x}, {&u}));
  }
  void reference(std::span<const HostTensor* const> in, std::span<HostTensor* const> out) const override {
    const auto& x = *in[0];
    auto& u = *out[0];
    const std::int64_t frames = u.shape[1], length = x.shape[1], channels = x.shape[2];
    for (std::int64_t r = 0; r < u.shape.rows(); ++r)
      for (std::int64_t k = 0; k < u.shape.cols(); ++k)
        u.at(r, k) = std::max(x.at(r / frames * length + r % frames * window_.stride + k / channels, k % channels),
                              window_.relu ? 0 : -std::numeric_limits<double>::infinity());
  }
  void backward(Graph& graph, Gradients& gradients, const Node& node) const override {
    const Tensor x = node.inputs[0];
    if (!gradients.wanted(x)) return;
    const Tensor dx = graph.activation(graph.shape(x));
    std::vector<Tensor> inputs{gradients.of(node.outputs[0])};
    if (window_.relu) inputs.push_back(x);
    graph.add(std::make_unique<UnfoldTimeGradient>(window_), std::move(inputs), {dx});
    gradients.add(x, dx);
  }

 private:
  Window window_;
};

}  // namespace

Tensor unfold_time(Graph& graph, Tensor x, std::int64_t kernel, std::int64_t stride, bool relu) {
  const Shape& shape = graph.shape(x);
  if (shape.rank() != 3 || kernel < 1 || stride < 1 || shape[1] < kernel)
    throw std::logic_error(
        fmt::format("unfold_time: no windows of {} every {} fit into {}", kernel, stride, shape.text()));
  const Tensor y = graph.activation({shape[0], (shape[1] - kernel) / stride + 1, kernel * shape[2]});
  graph.add(std::make_unique<UnfoldTime>(Window{kernel, stride, relu}), {x}, {y});
  return y;
}

}  // namespace unveil
