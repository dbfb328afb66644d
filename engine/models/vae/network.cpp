#include "engine/models/vae/network.h"

#include <fmt/format.h>

#include <cmath>
#include <numbers>

#include "engine/ops/bce.h"
#include "engine/ops/binary.h"
#include "engine/ops/conv_transpose2d.h"
#include "engine/ops/copy.h"
#include "engine/ops/gaussian.h"
#include "engine/ops/reduce.h"
#include "engine/ops/unary.h"

namespace unveil::vae {
namespace {

// The convolutional variants halve the picture twice.
constexpr int kHalvings = 4;

const LayerOptions kRelu{.activation = Activation::relu};

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

Posterior encode(Graph& graph, const Architecture& a, const Weights& weights, Tensor pictures) {
  const Layers layers{graph, weights};
  Tensor x = pictures;
  if (a.convolutional) {
    x = layers.conv("encoder.conv.0", x, a.channels, taps_even(), kRelu, 2);
    x = layers.conv("encoder.conv.1", x, 2 * a.channels, taps_even(), kRelu, 2);
    x = reshape(graph, x, {graph.shape(x)[0], graph.shape(x).elements() / graph.shape(x)[0]});
  }
  for (int l = 0; l < a.hidden_layers; ++l) x = layers.dense(fmt::format("encoder.{}", l), x, a.hidden, kRelu);
  const std::int64_t in = graph.shape(x)[1];
  // Variances begin near 1, means near those of PyTorch's default beginning: small beside the prior's spread.
  return {layers.dense("encoder.mean", x, a.latent, {.begins = glorot_uniform(in, in)}),
          layers.dense("encoder.log_variance", x, a.latent, {.begins = glorot_uniform(in, in, 0.5f)})};
}

Tensor reparameterise(Graph& graph, const Posterior& posterior, Tensor noise) {
  return gaussian_sample(graph, posterior.mean, posterior.log_variance, noise);
}

Tensor decode(Graph& graph, const Architecture& a, const Weights& weights, Tensor z) {
  const Layers layers{graph, weights};
  Tensor x = z;
  for (int l = 0; l < a.hidden_layers; ++l) x = layers.dense(fmt::format("decoder.{}", l), x, a.hidden, kRelu);
  if (!a.convolutional) {
    const std::int64_t in = graph.shape(x)[1];
    return layers.dense("decoder.pixels", x, a.pixels(), {.begins = glorot_uniform(in, a.pixels())});
  }
  const int h = a.height / kHalvings, w = a.width / kHalvings;
  const std::int64_t count = graph.shape(x)[0];
  x = layers.dense("decoder.grid", x, h * w * 2 * a.channels);
  x = reshape(graph, x, {count, h, w, 2 * a.channels});
  x = layers.enlarge("decoder.conv.0", x, a.channels, 2 * h, 2 * w, {.input_relu = true});
  return layers.enlarge("decoder.conv.1", x, 1, a.height, a.width, {.input_relu = true});
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
