#pragma once
#include "engine/graph/graph.h"

namespace unveil {

// Diagonal Gaussians given by means and logarithms of variances, element by element; all tensors of one shape.
// Throws std::logic_error where shapes differ.

// mean + e^(log_variance / 2)·noise: a draw where noise is standard normal, through which gradients pass to mean and
// log_variance (Kingma & Welling 2014, section 2.4). The noise gets none.
Tensor gaussian_sample(Graph& graph, Tensor mean, Tensor log_variance, Tensor noise);

// KL(N(mean, e^log_variance) || N(0, 1)) in nats: ½(mean² + e^log_variance - 1 - log_variance) (ibid., appendix B).
Tensor gaussian_kl(Graph& graph, Tensor mean, Tensor log_variance);

}  // namespace unveil
