#include "engine/ops/gaussian.h"

#include <fmt/format.h>

#include <cmath>

#include "engine/graph/tiles.h"
#include "engine/ops/binary.h"

namespace unveil {
namespace {

// As in shaders/ops/gaussian.comp; the gradients are those of the logarithm of the variance.
enum class Kind { kl, kl_gradient, sample, sample_gradient };

struct Push {
  std::uint64_t first, log_variance, noise, result;
  TileFields tile;
};

// Inputs: mean (dy of the gradients), log_variance, noise (of samples).
class Gaussian : public Op {
 public:
  explicit Gaussian(Kind kind) : kind_(kind) {}
  std::string_view name() const override {
    return kind_ == Kind::kl || kind_ == Kind::sample ? "gaussian" : "gaussian gradient";
  }
  void record(RecordContext& context, const Node& node) const override {
    const auto &first = context[node.inputs[0]], &log_variance = context[node.inputs[1]],
               &y = context[node.outputs[0]];
    const DeviceTensor* noise = node.inputs.size() > 2 ? &context[node.inputs[2]] : nullptr;
    record_flat(context, "ops/gaussian", {{1, static_cast<int>(kind_)}}, y.layout.floats(),
                Push{first.address(), log_variance.address(), noise ? noise->address() : 0, y.address(), {}},
                accesses({&first, &log_variance, noise}, {&y}));
  }
  void reference(std::span<const HostTensor* const> in, std::span<HostTensor* const> out) const override {
    for (std::size_t i = 0; i < out[0]->values.size(); ++i) {
      const double a = in[0]->values[i], v = in[1]->values[i], noise = in.size() > 2 ? in[2]->values[i] : 0;
      auto& y = out[0]->values[i];
      switch (kind_) {
        case Kind::kl: y = 0.5 * (a * a + std::exp(v) - 1 - v); break;
        case Kind::kl_gradient: y = 0.5 * a * (std::exp(v) - 1); break;
        case Kind::sample: y = a + std::exp(0.5 * v) * noise; break;
        case Kind::sample_gradient: y = 0.5 * a * std::exp(0.5 * v) * noise; break;
      }
    }
  }
  void backward(Graph& graph, Gradients& gradients, const Node& node) const override;

 private:
  Kind kind_;
};

Tensor apply(Graph& graph, Kind kind, const std::vector<Tensor>& inputs) {
  for (const auto input : inputs) {
    if (graph.shape(input) != graph.shape(inputs[0]))
      throw std::logic_error(
          fmt::format("gaussian: shapes {} and {} differ", graph.shape(inputs[0]).text(), graph.shape(input).text()));
    graph.join(inputs[0], input);
  }
  const Tensor y = graph.activation(graph.shape(inputs[0]));
  graph.join(inputs[0], y);
  graph.add(std::make_unique<Gaussian>(kind), inputs, {y});
  return y;
}

void Gaussian::backward(Graph& graph, Gradients& gradients, const Node& node) const {
  const Tensor mean = node.inputs[0], log_variance = node.inputs[1], dy = gradients.of(node.outputs[0]);
  if (kind_ == Kind::kl) {
    if (gradients.wanted(mean)) gradients.add(mean, multiply(graph, dy, mean));
    if (gradients.wanted(log_variance))
      gradients.add(log_variance, apply(graph, Kind::kl_gradient, {dy, log_variance}));
  } else if (kind_ == Kind::sample) {
    if (gradients.wanted(mean)) gradients.add(mean, dy);
    if (gradients.wanted(log_variance))
      gradients.add(log_variance, apply(graph, Kind::sample_gradient, {dy, log_variance, node.inputs[2]}));
  } else {
    throw std::logic_error("the gradient of a Gaussian has no gradient");
  }
}

}  // namespace

Tensor gaussian_sample(Graph& graph, Tensor mean, Tensor log_variance, Tensor noise) {
  return apply(graph, Kind::sample, {mean, log_variance, noise});
}
Tensor gaussian_kl(Graph& graph, Tensor mean, Tensor log_variance) {
  return apply(graph, Kind::kl, {mean, log_variance});
}

}  // namespace unveil
