#include "engine/ops/gru.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/graph/tiles.h"
#include "engine/ops/conv2d_weights.h"
#include "engine/ops/copy.h"
#include "engine/ops/reduce.h"
#include "engine/ops/transpose.h"

namespace unveil {
namespace {

constexpr int kTileRows = 4;
constexpr std::int64_t kMostUnits = 128;  // the sum over the state is unrolled
constexpr double kFlopPerMs = 8e6;        // a slow lavapipe, for cutting programs into segments

struct Push {
  std::uint64_t x, weights, bias, states, gates;
  std::int32_t step, unused;
  TileFields tile;
};

struct GradientPush {
  std::uint64_t upstream, weights, states, gates, carried, dx;
  std::int32_t step, last;
  TileFields tile;
};

double logistic(double x) {
  return 1 / (1 + std::exp(-x));
}

// Rows of items, a tile being kTileRows of them and some vectors of units.
std::int64_t tiles(std::int64_t items, int units, int vectors) {
  const int width = vectors * vector_floats();
  return (items + kTileRows - 1) / kTileRows * ((units + width - 1) / width);
}

// The states [N, T, H] times the weights [H, 3H].
double state_flop(const Shape& states) {
  return 6.0 * static_cast<double>(states.elements() * states[2]);
}

// The kernels write logical elements alone where they do not fill rows.
void zero_pads(RecordContext& context, const DeviceTensor& tensor) {
  if (tensor.layout.rows > tensor.shape.rows() || tensor.layout.stride > tensor.layout.cols)
    record_zero(context, tensor);
}

// Inputs: dh from above, weights transposed [3H, H], states [N, T, H], gates. Outputs: dx [N, T, 3H]; what reaches
// the state's products [N, T, 3H] and what reaches the states [N, T, H], side by side in `carried` [N, T, 4H].
class GruGradient : public Op {
 public:
  std::string_view name() const override { return "gru gradient"; }
  void record(RecordContext& context, const Node& node) const override {
    const auto &upstream = context[node.inputs[0]], &weights = context[node.inputs[1]],
               &states = context[node.inputs[2]], &gates = context[node.inputs[3]];
    const auto &dx = context[node.outputs[0]], &carried = context[node.outputs[1]];
    const auto items = states.shape[0], steps = states.shape[1];
    const int units = static_cast<int>(states.shape[2]), vectors = units % (2 * vector_floats()) == 0 ? 2 : 1;
    for (const auto* output : {&dx, &carried}) zero_pads(context, *output);
    for (std::int64_t t = steps - 1; t >= 0; --t) {
      const bool last = t + 1 == steps;
      auto touched = accesses({&upstream, &weights, &states, &gates}, {&dx, &carried});
      touched.reads.push_back(carried.range());
      const GradientPush push{upstream.address(),
                              weights.address(),
                              states.address(),
                              gates.address(),
                              carried.address(),
                              dx.address(),
                              static_cast<std::int32_t>(t),
                              0,
                              {}};
      record_tiles(context, "ops/gru_gradient",
                   {{1, units},
                    {2, static_cast<int>(steps)},
                    {3, static_cast<int>(items)},
                    {4, vectors},
                    {5, last},
                    {6, t == 0},
                    {7, upstream.layout.stride},
                    {8, states.layout.stride},
                    {9, dx.layout.stride},
                    {10, gates.layout.stride}},
                   16, tiles(items, units, vectors), push, touched,
                   6.0 * static_cast<double>(items) * units * units / kFlopPerMs);
    }
  }
  double flop(const Graph& graph, const Node& node) const override { return state_flop(graph.shape(node.inputs[2])); }
  void reference(std::span<const HostTensor* const> in, std::span<HostTensor* const> out) const override {
    const auto &upstream = *in[0], &transposed = *in[1], &states = *in[2], &gates = *in[3];
    auto &dx = *out[0], &carried = *out[1];
    const std::int64_t items = states.shape[0], steps = states.shape[1], units = states.shape[2];
    for (std::int64_t n = 0; n < items; ++n)
      for (std::int64_t t = steps - 1; t >= 0; --t) {
        const std::int64_t row = n * steps + t;
        for (std::int64_t j = 0; j < units; ++j) {
          double dh = upstream.at(row, j);
          if (t + 1 < steps) {
            dh += carried.at(row + 1, 3 * units + j) * gates.at(row + 1, units + j);
            for (std::int64_t k = 0; k < 3 * units; ++k) dh += carried.at(row + 1, k) * transposed.at(k, j);
          }
          const double r = gates.at(row, j), u = gates.at(row, units + j), candidate = gates.at(row, 2 * units + j),
                       product = gates.at(row, 3 * units + j), before = t > 0 ? states.at(row - 1, j) : 0;
          const double dn = dh * (1 - u) * (1 - candidate * candidate);
          const double du = dh * (before - candidate) * u * (1 - u), dr = dn * product * r * (1 - r);
          dx.at(row, j) = carried.at(row, j) = dr;
          dx.at(row, units + j) = carried.at(row, units + j) = du;
          dx.at(row, 2 * units + j) = dn;
          carried.at(row, 2 * units + j) = dn * r;
          carried.at(row, 3 * units + j) = dh;
        }
      }
  }
};

// The states one step earlier, zero before the first: what the weights were multiplied with. Inputs: states.
class Delay : public Op {
 public:
  std::string_view name() const override { return "gru delay"; }
  void record(RecordContext& context, const Node& node) const override {
    const auto &x = context[node.inputs[0]], &y = context[node.outputs[0]];
    struct {
      std::uint64_t source, result;
      TileFields tile;
    } push{x.address(), y.address(), {}};
    record_flat(context, "ops/gru_delay",
                {{1, y.layout.stride}, {2, static_cast<int>(y.shape[1])}, {3, static_cast<int>(y.shape.rows())}},
                y.layout.floats(), push, accesses({&x}, {&y}));
  }
  void reference(std::span<const HostTensor* const> in, std::span<HostTensor* const> out) const override {
    for (std::int64_t r = 0; r < out[0]->shape.rows(); ++r)
      for (std::int64_t c = 0; c < out[0]->shape.cols(); ++c)
        out[0]->at(r, c) = r % out[0]->shape[1] > 0 ? in[0]->at(r - 1, c) : 0;
  }
};

// Inputs: x, weights, bias. Outputs: the states, and the gates [N, T, 4H] that the gradient needs: r, u, n and
// h W_n + b_n.
class Gru : public Op {
 public:
  std::string_view name() const override { return "gru"; }
  void record(RecordContext& context, const Node& node) const override {
    const auto &x = context[node.inputs[0]], &weights = context[node.inputs[1]], &bias = context[node.inputs[2]];
    const auto &states = context[node.outputs[0]], &gates = context[node.outputs[1]];
    const auto items = states.shape[0], steps = states.shape[1];
    const int units = static_cast<int>(states.shape[2]);
    for (const auto* output : {&states, &gates}) zero_pads(context, *output);
    for (std::int64_t t = 0; t < steps; ++t) {
      auto touched = accesses({&x, &weights, &bias}, {&states, &gates});
      touched.reads.push_back(states.range());
      const Push push{x.address(),
                      weights.address(),
                      bias.address(),
                      states.address(),
                      gates.address(),
                      static_cast<std::int32_t>(t),
                      0,
                      {}};
      record_tiles(context, "ops/gru",
                   {{1, units},
                    {2, static_cast<int>(steps)},
                    {3, static_cast<int>(items)},
                    {4, t == 0},
                    {8, states.layout.stride},
                    {9, x.layout.stride},
                    {10, gates.layout.stride}},
                   16, tiles(items, units, 1), push, touched,
                   6.0 * static_cast<double>(items) * units * units / kFlopPerMs);
    }
  }
  double flop(const Graph& graph, const Node& node) const override {
    return state_flop(graph.shape(node.outputs[0]));
  }
  void reference(std::span<const HostTensor* const> in, std::span<HostTensor* const> out) const override {
    const auto &x = *in[0], &weights = *in[1], &bias = *in[2];
    auto &states = *out[0], &gates = *out[1];
    const std::int64_t items = states.shape[0], steps = states.shape[1], units = states.shape[2];
    for (std::int64_t row = 0; row < items * steps; ++row)
      for (std::int64_t j = 0; j < units; ++j) {
        const bool first = row % steps == 0;
        double product[3];
        for (std::int64_t g = 0; g < 3; ++g) {
          product[g] = bias.values[static_cast<std::size_t>(g * units + j)];
          for (std::int64_t k = 0; k < units && !first; ++k)
            product[g] += states.at(row - 1, k) * weights.at(k, g * units + j);
        }
        const double r = logistic(x.at(row, j) + product[0]), u = logistic(x.at(row, units + j) + product[1]);
        const double n = std::tanh(x.at(row, 2 * units + j) + r * product[2]);
        states.at(row, j) = n + u * ((first ? 0 : states.at(row - 1, j)) - n);
        gates.at(row, j) = r;
        gates.at(row, units + j) = u;
        gates.at(row, 2 * units + j) = n;
        gates.at(row, 3 * units + j) = product[2];
      }
  }
  void backward(Graph& graph, Gradients& gradients, const Node& node) const override {
    const Tensor x = node.inputs[0], weights = node.inputs[1], bias = node.inputs[2], states = node.outputs[0],
                 gates = node.outputs[1];
    if (!gradients.of(states)) return;
    const Shape of_x = graph.shape(x);
    const std::int64_t units = of_x[2] / 3;
    const Tensor dx = graph.activation(of_x), carried = graph.activation({of_x[0], of_x[1], 4 * units});
    graph.add(std::make_unique<GruGradient>(), {gradients.of(states), transpose(graph, weights), states, gates},
              {dx, carried});
    if (gradients.wanted(x)) gradients.add(x, dx);
    if (!gradients.wanted(weights) && !gradients.wanted(bias)) return;
    const Tensor before = graph.activation(graph.shape(states));
    graph.add(std::make_unique<Delay>(), {states}, {before});
    const Tensor products = slice(graph, carried, 2, 0, 3 * units);
    if (gradients.wanted(weights))
      gradients.add(weights, conv2d_weight_gradient(graph, before, products, graph.shape(weights), {}));
    if (gradients.wanted(bias)) gradients.add(bias, sum_rows(graph, products, graph.shape(bias)));
  }
};

}  // namespace

Tensor gru(Graph& graph, Tensor x, Tensor weights, Tensor bias) {
  const Shape &of_x = graph.shape(x), &matrix = graph.shape(weights);
  const std::int64_t units = matrix.rank() == 2 ? matrix[0] : 0;
  if (of_x.rank() != 3 || units < 8 || units % 8 != 0 || units > kMostUnits || matrix[1] != 3 * units ||
      of_x[2] != 3 * units || graph.shape(bias).elements() != 3 * units)
    throw std::logic_error(fmt::format(
        "gru: x [N, T, 3H], weights [H, 3H] and a bias [3H] are needed, H a multiple of 8 up to {}; found {}, {}, {}",
        kMostUnits, of_x.text(), matrix.text(), graph.shape(bias).text()));
  const Tensor states = graph.activation({of_x[0], of_x[1], units}),
               gates = graph.activation({of_x[0], of_x[1], 4 * units});
  graph.add(std::make_unique<Gru>(), {x, weights, bias}, {states, gates});
  return states;
}

}  // namespace unveil
