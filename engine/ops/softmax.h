#pragma once
#include "engine/graph/graph.h"

namespace unveil {

// Over the last axis; pads do not count. The largest logit is subtracted first, so nothing overflows.
Tensor softmax(Graph& graph, Tensor x);
Tensor log_softmax(Graph& graph, Tensor x);

// -log softmax(logits)[label] of every row, in nats: logits [R, C], labels u32 [R] or [R, 1] below C (they get no
// gradient) -> [R, 1].
Tensor cross_entropy(Graph& graph, Tensor logits, Tensor labels);

// 1 where scores[label] is the highest of its row, 1/n where it shares that with n - 1 others, else 0: scores [R, C],
// labels as above -> [R, 1]. No gradient.
Tensor picked(Graph& graph, Tensor scores, Tensor labels);

}  // namespace unveil
