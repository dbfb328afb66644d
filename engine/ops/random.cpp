#include "engine/ops/random.h"

#include <fmt/format.h>

#include <cmath>
#include <numbers>

#include "engine/data/philox.h"
#include "engine/ops/logical.h"

namespace unveil {
namespace {

// As in shaders/ops/random.comp.
enum class Kind { uniform, normal, bernoulli };

struct Push {
  std::uint64_t probabilities, result, seed, step;
  std::uint32_t stream, unused;
  TileFields tile;
};

// Inputs: seed, step, probabilities (of bernoulli).
class Random : public Op {
 public:
  Random(Kind kind, std::uint32_t stream) : kind_(kind), stream_(stream) {}
  std::string_view name() const override { return "random"; }

  void record(RecordContext& context, const Node& node) const override {
    const auto &seed = context[node.inputs[0]], &step = context[node.inputs[1]], &y = context[node.outputs[0]];
    const DeviceTensor* p = kind_ == Kind::bernoulli ? &context[node.inputs[2]] : nullptr;
    Specialisations constants{{1, static_cast<int>(kind_)}};
    append_logical_constants(constants, y);
    record_flat(context, "ops/random", std::move(constants), y.layout,
                Push{p ? p->address() : 0, y.address(), seed.address(), step.address(), stream_, 0, {}},
                accesses({&seed, &step, p}, {&y}));
  }

  void reference(std::span<const HostTensor* const> in, std::span<HostTensor* const> out) const override {
    const auto word = [&](std::size_t input, std::size_t i) {
      return static_cast<std::uint32_t>(in[input]->values[i]);
    };
    const auto unit = [](std::uint32_t w) { return static_cast<double>(w >> 8) * 0x1p-24; };
    for (std::size_t i = 0; i < out[0]->values.size(); ++i) {
      const auto block =
          philox4x32({static_cast<std::uint32_t>(i / 4), word(1, 0), stream_, 0}, {word(0, 0), word(0, 1)});
      const std::size_t own = i % 4, pair = own / 2 * 2;
      auto& y = out[0]->values[i];
      if (kind_ == Kind::normal) {
        const double radius = std::sqrt(-2 * std::log1p(-unit(block[pair])));
        const double angle = 2 * std::numbers::pi * unit(block[pair + 1]);
        y = radius * (own % 2 ? std::sin(angle) : std::cos(angle));
      } else {
        y = unit(block[own]);
        if (kind_ == Kind::bernoulli) y = y < in[2]->values[i];
      }
    }
  }

  void backward(Graph&, Gradients&, const Node&) const override {}  // nothing passes through a draw

 private:
  Kind kind_;
  std::uint32_t stream_;
};

}  // namespace

void check_random_stream(const Graph& graph, const RandomStream& random) {
  const auto fits = [&](Tensor tensor, std::int64_t elements) {
    return tensor && graph.info(tensor).dtype == DType::u32 && graph.shape(tensor).elements() == elements &&
           graph.shape(tensor).rows() == 1;
  };
  if (!fits(random.seed, 2) || !fits(random.step, 1))
    throw std::logic_error("random numbers need a seed u32 [2] and a step u32 []");
}

namespace {

Tensor draw(Graph& graph, Kind kind, const Shape& shape, Tensor probabilities, const RandomStream& random) {
  check_random_stream(graph, random);
  const Tensor y = graph.activation(shape);
  std::vector<Tensor> inputs{random.seed, random.step};
  if (probabilities) {
    graph.join(probabilities, y);
    inputs.push_back(probabilities);
  }
  graph.add(std::make_unique<Random>(kind, random.stream), std::move(inputs), {y});
  return y;
}

}  // namespace

Tensor uniform(Graph& graph, const Shape& shape, const RandomStream& random) {
  return draw(graph, Kind::uniform, shape, {}, random);
}
Tensor normal(Graph& graph, const Shape& shape, const RandomStream& random) {
  return draw(graph, Kind::normal, shape, {}, random);
}
Tensor bernoulli(Graph& graph, Tensor probabilities, const RandomStream& random) {
  return draw(graph, Kind::bernoulli, graph.shape(probabilities), probabilities, random);
}

}  // namespace unveil
