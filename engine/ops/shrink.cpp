#include "engine/ops/shrink.h"

#include <algorithm>
#include <cmath>

#include "engine/graph/tiles.h"

namespace unveil {
namespace {

struct Push {
  std::uint64_t z, previous, positive, negative, momentum, codes, point;
  TileFields tile;
};

// Inputs: z, both thresholds, then previous and momenta where there is a point. Outputs: codes, point.
class Shrink : public Op {
 public:
  explicit Shrink(int iteration) : iteration_(iteration) {}
  std::string_view name() const override { return "shrink"; }

  void record(RecordContext& context, const Node& node) const override {
    const auto operand = [&](const std::vector<Tensor>& of, std::size_t i) {
      return i < of.size() ? &context[of[i]] : nullptr;
    };
    const auto &z = context[node.inputs[0]], &positive = context[node.inputs[1]], &negative = context[node.inputs[2]];
    const auto *previous = operand(node.inputs, 3), *momenta = operand(node.inputs, 4);
    const auto &codes = context[node.outputs[0]], *point = operand(node.outputs, 1);
    const Push push{z.address(),
                    previous ? previous->address() : 0,
                    positive.address(),
                    negative.address(),
                    momenta ? momenta->address() + static_cast<std::uint64_t>(iteration_) * 4 : 0,
                    codes.address(),
                    point ? point->address() : 0,
                    {}};
    record_flat(context, "ops/shrink", {{1, point != nullptr}}, z.layout.floats(), push,
                accesses({&z, &positive, &negative, previous, momenta}, {&codes, point}));
  }

  void reference(std::span<const HostTensor* const> in, std::span<HostTensor* const> out) const override {
    const double positive = in[1]->values[0], negative = in[2]->values[0];
    for (std::size_t i = 0; i < out[0]->values.size(); ++i) {
      const double z = in[0]->values[i];
      out[0]->values[i] = std::max(z - positive, 0.0) - std::max(-z - negative, 0.0);
      if (out.size() > 1)
        out[1]->values[i] = out[0]->values[i] + in[4]->values[static_cast<std::size_t>(iteration_)] *
                                                    (out[0]->values[i] - in[3]->values[i]);
    }
  }

  void backward(Graph&, Gradients&, const Node&) const override {}

 private:
  int iteration_;
};

void check(const Graph& graph, const Thresholds& thresholds) {
  if (graph.shape(thresholds.positive).elements() != 1 || graph.shape(thresholds.negative).elements() != 1)
    throw std::logic_error("shrink: a threshold is one number");
}

}  // namespace

Tensor shrink(Graph& graph, Tensor z, const Thresholds& thresholds) {
  check(graph, thresholds);
  const Tensor codes = graph.activation(graph.shape(z));
  graph.join(z, codes);
  graph.add(std::make_unique<Shrink>(0), {z, thresholds.positive, thresholds.negative}, {codes});
  return codes;
}

Shrunk shrink_with_momentum(Graph& graph, Tensor z, Tensor previous, const Thresholds& thresholds, Tensor momenta,
                            int iteration) {
  check(graph, thresholds);
  if (graph.shape(previous) != graph.shape(z) || iteration < 0 || iteration >= graph.shape(momenta).elements())
    throw std::logic_error("shrink: the previous codes lie like z, and every iteration has a momentum");
  const Shrunk shrunk{graph.activation(graph.shape(z)), graph.activation(graph.shape(z))};
  for (const Tensor tensor : {previous, shrunk.codes, shrunk.point}) graph.join(z, tensor);
  graph.add(std::make_unique<Shrink>(iteration), {z, thresholds.positive, thresholds.negative, previous, momenta},
            {shrunk.codes, shrunk.point});
  return shrunk;
}

std::vector<float> fista_momenta(int iterations) {
  std::vector<float> momenta;
  double t = 1;
  for (int k = 0; k < iterations; ++k) {
    const double next = (1 + std::sqrt(1 + 4 * t * t)) / 2;
    momenta.push_back(static_cast<float>((t - 1) / next));
    t = next;
  }
  return momenta;
}

}  // namespace unveil
