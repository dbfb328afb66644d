#include "engine/models/vae/network.h"

#include <fmt/format.h>

#include <cmath>
#include <numbers>

#include "engine/ops/bce.h"
#include "engine/ops/binary.h"
#include "engine/ops/conv_transpose2d.h"
#include "engine/ops/copy.h"
#include "engine/ops/gaussian.h"
#include "engine/ops/matmul.h"
#include "engine/ops/reduce.h"
#include "engine/ops/unary.h"

namespace unveil::vae {
namespace {

// The convolutional variants halve the picture twice.
constexpr int kHalvings = 4;

struct Layer {
  Graph& graph;
  const Weights& weights;

  // x: [N, in] -> [N, out].
  Tensor dense(const std::string& path, Tensor x, int out, Activation activation,
               const Initializer& initializer) const {
    const std::int64_t in = graph.shape(x)[1];
    const Tensor matrix = weights(path + ".weight", {in, out}, initializer);
    const Tensor bias = weights(path + ".bias", {out}, zeros());
    return matmul(graph, x, matrix, {.bias = bias, .activation = activation});
  }

  Tensor hidden(const std::string& path, Tensor x, int out) const {
    return dense(path, x, out, Activation::relu, he_normal(graph.shape(x)[1]));
  }

  Tensor halve(const std::string& path, Tensor x, int out) const {
    const auto taps = taps_even();
    const std::int64_t in = graph.shape(x)[3], count = static_cast<std::int64_t>(taps.size());
    const Tensor kernel = weights(path + ".weight", {count, in, out}, he_normal(count * in));
    const Tensor bias = weights(path + ".bias", {out}, zeros());
    return conv2d(graph, x, kernel, {.taps = taps, .stride = 2, .bias = bias, .activation = Activation::relu});
  }

  // x is passed through max(x, 0) where `relu`. Each result pixel is reached by 4 of the 16 taps.
  Tensor enlarge(const std::string& path, Tensor x, int out, int height, int width, bool relu) const {
    const auto taps = taps_even();
    const std::int64_t in = graph.shape(x)[3], count = static_cast<std::int64_t>(taps.size());
    const Tensor kernel = weights(path + ".weight", {in, count * out}, he_normal(in * count / 4));
    const Tensor bias = weights(path + ".bias", {out}, zeros());
    return conv_transpose2d(graph, x, kernel, height, width,
                            {.taps = taps, .stride = 2, .bias = bias, .input_relu = relu});
  }
};

}  // namespace

Shape Architecture::pictures(int count) const {
  return convolutional ? Shape{count, height, width, 1} : Shape{count, pixels()};
}

Architecture architecture(const KnobValues& knobs, int height, int width) {
  return {.convolutional = knobs.integer("network") == 1,
          .hidden = knobs.integer("hidden"),
          .hidden_layers = knobs.integer("hidden_layers"),
          .channels = knobs.integer("channels"),
          .latent = knobs.integer("latent"),
          .gaussian = knobs.integer("likelihood") == 1,
          .variational = !knobs.flag("autoencoder"),
          .height = height,
          .width = width};
}

Weights weights_of(Graph& graph, ParameterStore& store) {
  return [&](const std::string& path, const Shape& shape, const Initializer& initializer) {
    return graph.external(store.parameter(path, shape, initializer));
  };
}

Posterior encode(Graph& graph, const Architecture& a, const Weights& weights, Tensor pictures) {
  const Layer layer{graph, weights};
  Tensor x = pictures;
  if (a.convolutional) {
    x = layer.halve("encoder.conv.0", x, a.channels);
    x = layer.halve("encoder.conv.1", x, 2 * a.channels);
    x = reshape(graph, x, {graph.shape(x)[0], graph.shape(x).elements() / graph.shape(x)[0]});
  }
  for (int l = 0; l < a.hidden_layers; ++l) x = layer.hidden(fmt::format("encoder.{}", l), x, a.hidden);
  const std::int64_t in = graph.shape(x)[1];
  // Variances begin near 1, means near those of PyTorch's default beginning: small beside the prior's spread.
  return {layer.dense("encoder.mean", x, a.latent, Activation::none, glorot_uniform(in, in)),
          layer.dense("encoder.log_variance", x, a.latent, Activation::none, glorot_uniform(in, in, 0.5f))};
}

Tensor reparameterise(Graph& graph, const Posterior& posterior, Tensor noise) {
  return gaussian_sample(graph, posterior.mean, posterior.log_variance, noise);
}

Tensor decode(Graph& graph, const Architecture& a, const Weights& weights, Tensor z) {
  const Layer layer{graph, weights};
  Tensor x = z;
  for (int l = 0; l < a.hidden_layers; ++l) x = layer.hidden(fmt::format("decoder.{}", l), x, a.hidden);
  if (!a.convolutional) {
    const std::int64_t in = graph.shape(x)[1];
    return layer.dense("decoder.pixels", x, a.pixels(), Activation::none, glorot_uniform(in, a.pixels()));
  }
  const int h = a.height / kHalvings, w = a.width / kHalvings;
  const std::int64_t count = graph.shape(x)[0];
  x = layer.dense("decoder.grid", x, h * w * 2 * a.channels, Activation::none, he_normal(graph.shape(x)[1]));
  x = reshape(graph, x, {count, h, w, 2 * a.channels});
  x = layer.enlarge("decoder.conv.0", x, a.channels, 2 * h, 2 * w, true);
  return layer.enlarge("decoder.conv.1", x, 1, a.height, a.width, true);
}

Tensor reconstruction_nats(Graph& graph, const Architecture& a, const Weights& weights, Tensor decoded,
                           Tensor pictures) {
  if (!a.gaussian) return bce_with_logits_items(graph, decoded, pictures);
  // ½ Σ ((x - mean)² / v + log v + log 2π) with one variance v for all pixels, learned as its logarithm: the
  // reconstruction then weighs what it should against the KL (Rybkin et al. 2021).
  const Tensor log_variance = weights("decoder.log_variance", {1}, constant(-2.0f));
  const auto pixels = static_cast<float>(a.pixels());
  const Tensor squares = sum_items(graph, square(graph, subtract(graph, decoded, pictures)));
  const Tensor scaled = multiply(graph, squares, affine(graph, exp(graph, negate(graph, log_variance)), 0.5f, 0));
  const float constant_part = 0.5f * pixels * std::log(2 * std::numbers::pi_v<float>);
  return add(graph, scaled, affine(graph, log_variance, 0.5f * pixels, constant_part));
}

Tensor log_prior_ratio(Graph& graph, Tensor z, Tensor log_variance, Tensor noise) {
  const Tensor exponents = subtract(graph, square(graph, noise), square(graph, z));
  return affine(graph, sum_columns(graph, add(graph, exponents, log_variance)), 0.5f, 0);
}

}  // namespace unveil::vae
