#include "engine/ops/softmax.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/graph/tiles.h"

namespace unveil {
namespace {

// As in shaders/ops/softmax.comp.
enum class Function {
  softmax,
  log_softmax,
  cross_entropy,
  softmax_gradient,
  log_softmax_gradient,
  cross_entropy_gradient,
  picked
};

struct Push {
  std::uint64_t x, upstream, labels, result, row_mask;
  TileFields tile;
};

void record_rows(RecordContext& context, Function function, const DeviceTensor& x, const DeviceTensor* upstream,
                 const DeviceTensor* labels, const DeviceTensor& result) {
  const auto& layout = x.layout;
  const Push push{x.address(),
                  upstream ? upstream->address() : 0,
                  labels ? labels->address() : 0,
                  result.address(),
                  context.row_mask(x),
                  {}};
  const DeviceTensor& loss = function == Function::cross_entropy_gradient ? *upstream : result;
  record_tiles(context, "ops/softmax",
               {{0, layout.stride / vector_floats()},
                {1, layout.cols},
                {2, static_cast<int>(function)},
                {3, labels && labels->shape.rank() == 2 ? labels->layout.stride : 1},
                {4, labels ? static_cast<int>(labels->shape.elements() - 1) : 0},
                {5, loss.layout.stride}},
               16, layout.rows, push, accesses({&x, upstream, labels}, {&result}));
}

// Probabilities of a row of logits.
std::vector<double> probabilities(const HostTensor& x, std::int64_t row) {
  const std::int64_t cols = x.shape.cols();
  double highest = x.at(row, 0), sum = 0;
  for (std::int64_t c = 0; c < cols; ++c) highest = std::max(highest, x.at(row, c));
  std::vector<double> p(static_cast<std::size_t>(cols));
  for (std::int64_t c = 0; c < cols; ++c) sum += p[static_cast<std::size_t>(c)] = std::exp(x.at(row, c) - highest);
  for (auto& v : p) v /= sum;
  return p;
}

double log_sum(const HostTensor& x, std::int64_t row) {
  double highest = x.at(row, 0), sum = 0;
  for (std::int64_t c = 0; c < x.shape.cols(); ++c) highest = std::max(highest, x.at(row, c));
  for (std::int64_t c = 0; c < x.shape.cols(); ++c) sum += std::exp(x.at(row, c) - highest);
  return highest + std::log(sum);
}

// Inputs: y (of a cross-entropy: the logits), dy, labels (of a cross-entropy).
class SoftmaxGradient : public Op {
 public:
  explicit SoftmaxGradient(Function function) : function_(function) {}
  std::string_view name() const override { return "softmax gradient"; }
  void record(RecordContext& context, const Node& node) const override {
    record_rows(context, function_, context[node.inputs[0]], &context[node.inputs[1]],
                node.inputs.size() > 2 ? &context[node.inputs[2]] : nullptr, context[node.outputs[0]]);
  }
  void reference(std::span<const HostTensor* const> in, std::span<HostTensor* const> out) const override {
    const HostTensor &x = *in[0], &dy = *in[1];
    for (std::int64_t r = 0; r < x.shape.rows(); ++r) {
      if (function_ == Function::cross_entropy_gradient) {
        const auto p = probabilities(x, r);
        for (std::int64_t c = 0; c < x.shape.cols(); ++c)
          out[0]->at(r, c) = dy.at(r, 0) * (p[static_cast<std::size_t>(c)] -
                                            (static_cast<double>(c) == in[2]->values[static_cast<std::size_t>(r)]));
        continue;
      }
      const bool logarithm = function_ == Function::log_softmax_gradient;
      double sum = 0;
      for (std::int64_t c = 0; c < x.shape.cols(); ++c) sum += dy.at(r, c) * (logarithm ? 1 : x.at(r, c));
      for (std::int64_t c = 0; c < x.shape.cols(); ++c)
        out[0]->at(r, c) = logarithm ? dy.at(r, c) - std::exp(x.at(r, c)) * sum : x.at(r, c) * (dy.at(r, c) - sum);
    }
  }

 private:
  Function function_;
};

class Softmax : public Op {
 public:
  explicit Softmax(Function function) : function_(function) {}
  std::string_view name() const override { return "softmax"; }
  void record(RecordContext& context, const Node& node) const override {
    record_rows(context, function_, context[node.inputs[0]], nullptr, nullptr, context[node.outputs[0]]);
  }
  void reference(std::span<const HostTensor* const> in, std::span<HostTensor* const> out) const override {
    for (std::int64_t r = 0; r < in[0]->shape.rows(); ++r) {
      const auto p = probabilities(*in[0], r);
      const double total = log_sum(*in[0], r);
      for (std::int64_t c = 0; c < in[0]->shape.cols(); ++c)
        out[0]->at(r, c) = function_ == Function::softmax ? p[static_cast<std::size_t>(c)] : in[0]->at(r, c) - total;
    }
  }
  void backward(Graph& graph, Gradients& gradients, const Node& node) const override {
    const Tensor x = node.inputs[0], y = node.outputs[0];
    if (!gradients.wanted(x)) return;
    const Tensor dy = gradients.of(y), dx = graph.activation(graph.shape(x));
    graph.join(x, dy);
    graph.join(x, dx);
    graph.add(std::make_unique<SoftmaxGradient>(function_ == Function::softmax ? Function::softmax_gradient
                                                                               : Function::log_softmax_gradient),
              {y, dy}, {dx});
    gradients.add(x, dx);
  }

 private:
  Function function_;
};

// Inputs: logits, labels.
class CrossEntropy : public Op {
 public:
  std::string_view name() const override { return "cross-entropy"; }
  void record(RecordContext& context, const Node& node) const override {
    record_rows(context, Function::cross_entropy, context[node.inputs[0]], nullptr, &context[node.inputs[1]],
                context[node.outputs[0]]);
  }
  void reference(std::span<const HostTensor* const> in, std::span<HostTensor* const> out) const override {
    for (std::int64_t r = 0; r < in[0]->shape.rows(); ++r)
      out[0]->at(r, 0) =
          log_sum(*in[0], r) - in[0]->at(r, static_cast<std::int64_t>(in[1]->values[static_cast<std::size_t>(r)]));
  }
  void backward(Graph& graph, Gradients& gradients, const Node& node) const override {
    const Tensor logits = node.inputs[0];
    if (!gradients.wanted(logits)) return;
    const Tensor dy = gradients.of(node.outputs[0]), dx = graph.activation(graph.shape(logits));
    graph.add(std::make_unique<SoftmaxGradient>(Function::cross_entropy_gradient), {logits, dy, node.inputs[1]},
              {dx});
    gradients.add(logits, dx);
  }
};

// Inputs: scores, labels.
class Picked : public Op {
 public:
  std::string_view name() const override { return "picked"; }
  void record(RecordContext& context, const Node& node) const override {
    record_rows(context, Function::picked, context[node.inputs[0]], nullptr, &context[node.inputs[1]],
                context[node.outputs[0]]);
  }
  void reference(std::span<const HostTensor* const> in, std::span<HostTensor* const> out) const override {
    for (std::int64_t r = 0; r < in[0]->shape.rows(); ++r) {
      const double own = in[0]->at(r, static_cast<std::int64_t>(in[1]->values[static_cast<std::size_t>(r)]));
      int equal = 0, higher = 0;
      for (std::int64_t c = 0; c < in[0]->shape.cols(); ++c) {
        equal += in[0]->at(r, c) == own;
        higher += in[0]->at(r, c) > own;
      }
      out[0]->at(r, 0) = higher > 0 ? 0 : 1.0 / equal;
    }
  }
};

void require_labels(const Graph& graph, Tensor logits, Tensor labels, const char* what) {
  const Shape &shape = graph.shape(logits), &of_labels = graph.shape(labels);
  const bool fits = of_labels == Shape{shape[0]} || of_labels == Shape{shape[0], 1};
  if (shape.rank() != 2 || !fits || graph.info(labels).dtype != DType::u32)
    throw std::logic_error(
        fmt::format("{}: logits {} need u32 labels [{}], found {}", what, shape.text(), shape[0], of_labels.text()));
}

Tensor apply(Graph& graph, Function function, Tensor x) {
  const Tensor y = graph.activation(graph.shape(x));
  graph.join(x, y);
  graph.add(std::make_unique<Softmax>(function), {x}, {y});
  return y;
}

}  // namespace

Tensor softmax(Graph& graph, Tensor x) {
  return apply(graph, Function::softmax, x);
}
Tensor log_softmax(Graph& graph, Tensor x) {
  return apply(graph, Function::log_softmax, x);
}

Tensor cross_entropy(Graph& graph, Tensor logits, Tensor labels) {
  require_labels(graph, logits, labels, "cross_entropy");
  const Tensor y = graph.activation({graph.shape(logits)[0], 1});
  graph.add(std::make_unique<CrossEntropy>(), {logits, labels}, {y});
  return y;
}

Tensor picked(Graph& graph, Tensor scores, Tensor labels) {
  require_labels(graph, scores, labels, "picked");
  const Tensor y = graph.activation({graph.shape(scores)[0], 1});
  graph.add(std::make_unique<Picked>(), {scores, labels}, {y});
  return y;
}

}  // namespace unveil
