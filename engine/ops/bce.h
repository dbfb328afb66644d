#pragma once
#include "engine/graph/graph.h"

namespace unveil {

// Binary cross-entropy with logits, -log p(target) where p(1) = sigmoid(logit), in nats, accurate for large logits:
// max(l, 0) - l·t + log(1 + e^-|l|). Targets lie in [0, 1] and get no gradient. Shapes must agree.
Tensor bce_with_logits(Graph& graph, Tensor logits, Tensor targets);  // of every element, in the logits' shape
// Summed over everything but the first axis, without the elements ever being stored: [N, ...] -> [N, 1].
Tensor bce_with_logits_items(Graph& graph, Tensor logits, Tensor targets);

}  // namespace unveil
