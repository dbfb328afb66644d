#include "engine/ops/gate.h"

#include <fmt/format.h>

#include <cmath>

#include "engine/graph/tiles.h"

namespace unveil {
namespace {

struct Push {
  std::uint64_t x, upstream, result;
  TileFields tile;
};

void record_gate(RecordContext& context, const DeviceTensor& x, const DeviceTensor* upstream,
                 const DeviceTensor& result) {
  const Push push{x.address(), upstream ? upstream->address() : 0, result.address(), {}};
  record_flat(context, "ops/gate",
              {{1, upstream != nullptr},
               {2, x.layout.cols / 2},
               {3, x.layout.stride},
               {4, (upstream ? *upstream : result).layout.stride}},
              result.layout.floats(), push, accesses({&x, upstream}, {&result}));
}

double logistic(double x) {
  return 1 / (1 + std::exp(-x));
}

// Inputs: x, dy.
class GateGradient : public Op {
 public:
  std::string_view name() const override { return "gate gradient"; }
  void record(RecordContext& context, const Node& node) const override {
    record_gate(context, context[node.inputs[0]], &context[node.inputs[1]], context[node.outputs[0]]);
  }
  void reference(std::span<const HostTensor* const> in, std::span<HostTensor* const> out) const override {
    const std::int64_t half = in[1]->shape.cols();
    for (std::int64_t r = 0; r < in[0]->shape.rows(); ++r)
      for (std::int64_t c = 0; c < half; ++c) {
        const double t = std::tanh(in[0]->at(r, c)), s = logistic(in[0]->at(r, half + c)), dy = in[1]->at(r, c);
        out[0]->at(r, c) = dy * s * (1 - t * t);
        out[0]->at(r, half + c) = dy * t * s * (1 - s);
      }
  }
};

class Gate : public Op {
 public:
  std::string_view name() const override { return "gate"; }
  void record(RecordContext& context, const Node& node) const override {
    record_gate(context, context[node.inputs[0]], nullptr, context[node.outputs[0]]);
  }
  void record_pixel(RecordContext& context, const Node& node, int row, int column) const override {
    const auto &x = context[node.inputs[0]], &y = context[node.outputs[0]];
    const Push push{pixel_address(x, row, column), 0, pixel_address(y, row, column), {}};
    record_pixel_rows(context, "ops/gate",
                      {{1, false}, {2, y.layout.cols}, {3, x.layout.stride}, {4, y.layout.stride}}, y, push,
                      accesses({&x}, {&y}));
  }
  void reference(std::span<const HostTensor* const> in, std::span<HostTensor* const> out) const override {
    const std::int64_t half = out[0]->shape.cols();
    for (std::int64_t r = 0; r < in[0]->shape.rows(); ++r)
      for (std::int64_t c = 0; c < half; ++c)
        out[0]->at(r, c) = std::tanh(in[0]->at(r, c)) * logistic(in[0]->at(r, half + c));
  }
  void backward(Graph& graph, Gradients& gradients, const Node& node) const override {
    const Tensor x = node.inputs[0];
    if (!gradients.wanted(x)) return;
    const Tensor dy = gradients.of(node.outputs[0]), dx = graph.activation(graph.shape(x));
    graph.join(x, dy);
    graph.join(x, dx);
    graph.add(std::make_unique<GateGradient>(), {x, dy}, {dx});
    gradients.add(x, dx);
  }
};

}  // namespace

Tensor gate(Graph& graph, Tensor x) {
  Shape shape = graph.shape(x);
  if (shape.cols() % 2 != 0)
    throw std::logic_error(fmt::format("gate: the last axis of {} cannot be halved", shape.text()));
  shape.set(-1, shape.cols() / 2);
  const Tensor y = graph.activation(shape);
  graph.join(x, y);
  graph.add(std::make_unique<Gate>(), {x}, {y});
  return y;
}

}  // namespace unveil
