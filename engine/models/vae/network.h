#pragma once
#include "engine/models/knobs.h"
#include "engine/nn/layers.h"

namespace unveil::vae {

// The architecture, as the knobs and the data say it.
struct Architecture {
  bool convolutional = false;  // else fully connected
  int hidden = 400;            // units of a fully connected layer
  int hidden_layers = 1;       // fully connected layers on each side; 0: linear (probabilistic PCA when Gaussian)
  int channels = 16;           // of the outer convolution; the inner has twice as many
  int latent = 2;              // Z
  bool gaussian = false;       // the likelihood: Gaussian with one learned variance, else Bernoulli
  bool variational = true;     // false: the autoencoder twin, z = mean
  int height = 28, width = 28;

  int pixels() const { return height * width; }
  // How pictures lie: [count, H·W], or [count, H, W, 1] for convolutions.
  Shape pictures(int count) const;
};
Architecture architecture(const KnobValues& knobs, int height, int width);

// q(z | x) = N(mean, exp(log_variance)), dimension by dimension: [N, Z] each.
struct Posterior {
  Tensor mean, log_variance;
};
Posterior encode(Graph& graph, const Architecture& architecture, const Weights& weights, Tensor pictures);

// z = mean + exp(log_variance / 2)·noise (Kingma & Welling 2014, section 2.4); noise: [N, Z], standard normal.
Tensor reparameterise(Graph& graph, const Posterior& posterior, Tensor noise);

// z: [N, Z] -> logits (Bernoulli) or means (Gaussian) of pixels, shaped as pictures(N).
Tensor decode(Graph& graph, const Architecture& architecture, const Weights& weights, Tensor z);

// -log p(x | z) in nats, summed over pixels: [N, 1]. decoded: of decode(); pictures in its shape.
Tensor reconstruction_nats(Graph& graph, const Architecture& architecture, const Weights& weights, Tensor decoded,
                           Tensor pictures);

// log p(z) - log q(z | x) at z = reparameterise(noise), in nats: [N, 1].
Tensor log_prior_ratio(Graph& graph, Tensor z, Tensor log_variance, Tensor noise);

}  // namespace unveil::vae
