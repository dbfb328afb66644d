#include "engine/nn/layers.h"

#include <fmt/format.h>

#include "engine/ops/conv_transpose2d.h"
#include "engine/ops/embedding.h"
#include "engine/ops/gru.h"

namespace unveil {

Weights weights_of(Graph& graph, ParameterStore& store) {
  return [&](const std::string& path, const Shape& shape, const Initializer& initializer) {
    return graph.external(store.parameter(path, shape, initializer));
  };
}

Weights averages_of(Graph& graph, ParameterStore& store) {
  return [&](const std::string& path, const Shape&, const Initializer&) {
    return graph.external(store.tensor(path, ParameterStore::average));
  };
}

Tensor Layers::dense(const std::string& path, Tensor x, int out, const LayerOptions& options) const {
  const std::int64_t in = graph.shape(x).cols();
  const Tensor matrix = weights(path + ".weight", {in, out}, options.begins.value_or(he_normal(in, options.scale)));
  const Tensor bias = weights(path + ".bias", {out}, zeros());
  return conv2d(graph, x, matrix,
                {.bias = bias,
                 .residual = options.residual,
                 .activation = options.activation,
                 .input_relu = options.input_relu});
}

Tensor Layers::perceptron(const std::string& path, Tensor x, int units, int count, int out,
                          const std::function<Tensor(Graph& graph, Tensor x)>& function, float scale) const {
  for (int i = 0; i < count; ++i)
    x = function(graph, dense(fmt::format("{}.{}", path, i), x, units, {.scale = scale}));
  return dense(fmt::format("{}.{}", path, count), x, out, {.scale = scale});
}

Tensor Layers::conv(const std::string& path, Tensor x, int out, const std::vector<Tap>& taps,
                    const LayerOptions& options, int stride) const {
  const std::int64_t in = graph.shape(x).cols(), count = static_cast<std::int64_t>(taps.size());
  const Tensor kernel =
      weights(path + ".weight", {count, in, out}, options.begins.value_or(he_normal(count * in, options.scale)));
  const Tensor bias = weights(path + ".bias", {out}, zeros());
  return conv2d(graph, x, kernel,
                {.taps = taps,
                 .stride = stride,
                 .bias = bias,
                 .residual = options.residual,
                 .activation = options.activation,
                 .input_relu = options.input_relu});
}

Tensor Layers::enlarge(const std::string& path, Tensor x, int out, int height, int width,
                       const LayerOptions& options) const {
  if (options.activation != Activation::none || options.residual)
    throw std::logic_error("a transposed convolution has no activation and no residual");
  const auto taps = taps_even();
  const std::int64_t in = graph.shape(x).cols(), count = static_cast<std::int64_t>(taps.size());
  const Tensor kernel =
      weights(path + ".weight", {in, count * out}, options.begins.value_or(he_normal(in * count / 4, options.scale)));
  const Tensor bias = weights(path + ".bias", {out}, zeros());
  return conv_transpose2d(graph, x, kernel, height, width,
                          {.taps = taps, .stride = 2, .bias = bias, .input_relu = options.input_relu});
}

Tensor Layers::gru(const std::string& path, Tensor x, int units) const {
  x = dense(path + ".input", x, 3 * units, {.begins = glorot_uniform(graph.shape(x).cols(), units)});
  // In this order, which is that of the checkpoints there are and of the sums over all parameters.
  const Tensor bias = weights(path + ".state.bias", {3 * units}, zeros());
  const Tensor matrix = weights(path + ".state.weight", {units, 3 * units}, glorot_uniform(units, units));
  return unveil::gru(graph, x, matrix, bias);
}

Tensor Layers::embedding(const std::string& path, Tensor labels, int count, std::int64_t columns,
                         const Initializer& begins) const {
  return unveil::embedding(graph, weights(path, {count, columns}, begins), labels);
}

}  // namespace unveil
