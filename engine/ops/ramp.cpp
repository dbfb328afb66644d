#include "engine/ops/ramp.h"

#include <algorithm>
#include <stdexcept>

#include "engine/graph/tiles.h"

namespace unveil {
namespace {

struct Push {
  std::uint64_t step, length, result;
  TileFields tile;
};

class Ramp : public Op {
 public:
  std::string_view name() const override { return "ramp"; }
  void record(RecordContext& context, const Node& node) const override {
    const auto &step = context[node.inputs[0]], &length = context[node.inputs[1]], &y = context[node.outputs[0]];
    record_tiles(context, "ops/ramp", {}, 1, 1, Push{step.address(), length.address(), y.address(), {}},
                 accesses({&step, &length}, {&y}));
  }
  void reference(std::span<const HostTensor* const> in, std::span<HostTensor* const> out) const override {
    const double step = in[0]->values[0], length = in[1]->values[0];
    out[0]->values[0] = length > 0 ? std::min(1.0, (step + 1) / length) : 1;
  }
  void backward(Graph&, Gradients&, const Node&) const override {}  // a schedule is not learned
};

}  // namespace

Tensor ramp(Graph& graph, Tensor step, Tensor length) {
  if (graph.info(step).dtype != DType::u32 || graph.shape(step).elements() != 1 ||
      graph.shape(length).elements() != 1)
    throw std::logic_error("ramp: one step u32 and one length are needed");
  const Tensor y = graph.activation({1});
  graph.add(std::make_unique<Ramp>(), {step, length}, {y});
  return y;
}

}  // namespace unveil
