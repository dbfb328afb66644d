#include "engine/ops/shrink.h"

#include <algorithm>
#include <cmath>

#include "engine/graph/tiles.h"

namespace unveil {
namespace {

struct Push {
  std::uint64_t z, previous, threshold, momentum, codes, point;
  TileFields tile;
};

// Inputs: z, threshold, then previous and momenta where there is a point. Outputs: codes, point.
class Shrink : public Op {
 public:
  Shrink(bool non_negative, int iteration) : non_negative_(non_negative), iteration_(iteration) {}
  std::string_view name() const override { return "shrink"; }

  void record(RecordContext& context, const Node& node) const override {
    const auto operand = [&](const std::vector<Tensor>& of, std::size_t i) {
      return i < of.size() ? &context[of[i]] : nullptr;
    };
    const auto &z = context[node.inputs[0]], &threshold = context[node.inputs[1]];
    const auto *previous = operand(node.inputs, 2), *momenta = operand(node.inputs, 3);
    const auto &codes = context[node.outputs[0]], *point = operand(node.outputs, 1);
    const Push push{z.address(),
                    previous ? previous->address() : 0,
                    threshold.address(),
                    momenta ? momenta->address() + static_cast<std::uint64_t>(iteration_) * 4 : 0,
                    codes.address(),
                    point ? point->address() : 0,
                    {}};
    record_flat(context, "ops/shrink", {{1, non_negative_}, {2, point != nullptr}}, z.layout.floats(), push,
                accesses({&z, &threshold, previous, momenta}, {&codes, point}));
  }

  void reference(std::span<const HostTensor* const> in, std::span<HostTensor* const> out) const override {
    const double threshold = in[1]->values[0];
    for (std::size_t i = 0; i < out[0]->values.size(); ++i) {
      const double z = in[0]->values[i];
      const double size = std::max((non_negative_ ? z : std::abs(z)) - threshold, 0.0);
      out[0]->values[i] = z < 0 ? -size : size;
      if (out.size() > 1)
        out[1]->values[i] = out[0]->values[i] + in[3]->values[static_cast<std::size_t>(iteration_)] *
                                                    (out[0]->values[i] - in[2]->values[i]);
    }
  }

  void backward(Graph&, Gradients&, const Node&) const override {}

 private:
  bool non_negative_;
  int iteration_;
};

void require_scalar(const Graph& graph, Tensor threshold) {
  if (graph.shape(threshold).elements() != 1) throw std::logic_error("shrink: the threshold is one number");
}

}  // namespace

Tensor shrink(Graph& graph, Tensor z, Tensor threshold, bool non_negative) {
  require_scalar(graph, threshold);
  const Tensor codes = graph.activation(graph.shape(z));
  graph.join(z, codes);
  graph.add(std::make_unique<Shrink>(non_negative, 0), {z, threshold}, {codes});
  return codes;
}

Shrunk shrink_with_momentum(Graph& graph, Tensor z, Tensor previous, Tensor threshold, Tensor momenta, int iteration,
                            bool non_negative) {
  require_scalar(graph, threshold);
  if (graph.shape(previous) != graph.shape(z) || iteration < 0 || iteration >= graph.shape(momenta).elements())
    throw std::logic_error("shrink: the previous codes lie like z, and every iteration has a momentum");
  const Shrunk shrunk{graph.activation(graph.shape(z)), graph.activation(graph.shape(z))};
  for (const Tensor tensor : {previous, shrunk.codes, shrunk.point}) graph.join(z, tensor);
  graph.add(std::make_unique<Shrink>(non_negative, iteration), {z, threshold, previous, momenta},
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
