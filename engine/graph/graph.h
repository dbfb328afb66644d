#pragma once
#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/graph/tensor.h"

namespace unveil {

class Graph;
class Gradients;
class RecordContext;
struct Node;

// The contract of an operation: one class per file of engine/ops. Its shape rule is the function that adds it to a
// graph.
class Op {
 public:
  virtual ~Op() = default;
  virtual std::string_view name() const = 0;
  // Records the dispatches that compute the node's outputs. Inputs' pads are zero; outputs' pads must be left zero.
  virtual void record(RecordContext& context, const Node& node) const = 0;
  // The same in naive double precision on logical elements: the oracle of the tests. `in` and `out` follow the node.
  virtual void reference(std::span<const HostTensor* const> in, std::span<HostTensor* const> out) const = 0;
  // Adds the nodes that compute the gradients of those inputs that want one.
  virtual void backward(Graph& graph, Gradients& gradients, const Node& node) const;
  // Records what the outputs hold at pixel (y, x) of every picture alone, by the same arithmetic as record(), so that
  // the bits are the same. For operations that act on each pixel, or reach others through taps.
  virtual void record_pixel(RecordContext& context, const Node& node, int y, int x) const;
  // The newest picture row that a pixel of row y reads of its inputs, relative to y: 0, or -1 where only rows above
  // are read.
  virtual int newest_row() const { return 0; }
  // Floating-point operations of its products and convolutions, 2 a multiply-add: of the taps that there are, pads
  // and halos left out. 0 for all other operations.
  virtual double flop(const Graph& graph, const Node& node) const;
  // Bytes of scratch memory that record() will use; `layout` gives the final layout of a tensor of the graph.
  virtual std::uint64_t scratch_bytes(const Node& node, const std::function<Layout(Tensor)>& layout) const;
};

struct Node {
  std::unique_ptr<Op> op;
  std::vector<Tensor> inputs;   // an absent optional operand is an invalid Tensor
  std::vector<Tensor> outputs;  // an output may be an external tensor, which the node then changes in place
};

struct TensorInfo {
  enum class Place {
    activation,  // lives from its first to its last use in the program's arena
    input,       // written by the host between runs; keeps its place
    external,    // parameters, gradients, state: placed elsewhere
  };
  std::string name;
  Shape shape;
  DType dtype = DType::f32;
  Place place = Place::activation;
  const DeviceTensor* external = nullptr;
  // Of an input that never changes: f32 values or u32 words, in logical order.
  std::shared_ptr<const std::vector<float>> values;
  std::shared_ptr<const std::vector<std::uint32_t>> words;
  int group = 0;      // tensors of one group have one geometry of rows
  int producer = -1;  // node; -1 for inputs and externals
};

// A static graph of operations. Nodes run in the order in which they were added.
class Graph {
 public:
  // A tensor the host fills before a run.
  Tensor input(std::string name, const Shape& shape, DType dtype = DType::f32);
  // An input whose elements never change: every program that needs it fills its own. Throws std::logic_error where
  // they are not as many as the shape holds.
  Tensor constant(std::string name, const Shape& shape, std::vector<float> values);
  Tensor constant(std::string name, const Shape& shape, std::vector<std::uint32_t> words);
  // A tensor with its own place: a parameter, a gradient, a state. Its address need not be known yet.
  Tensor external(const DeviceTensor& tensor);
  // A tensor an operation will produce.
  Tensor activation(const Shape& shape, DType dtype = DType::f32);

  // Adds a node; the outputs' producer becomes this node.
  void add(std::unique_ptr<Op> op, std::vector<Tensor> inputs, std::vector<Tensor> outputs);

  // The geometry of rows (layout.h): joined tensors share one; a convolution asks for a halo.
  void join(Tensor a, Tensor b);
  void require_halo(Tensor tensor, int halo);
  Layout layout(Tensor tensor) const;

  // Makes the result of `tensor`'s producer land in `place` (a parameter's gradient): same shape.
  // False where the tensor has a place already, so that the caller must copy.
  bool place(Tensor tensor, const DeviceTensor& place);

  const TensorInfo& info(Tensor tensor) const { return tensors_[static_cast<std::size_t>(tensor.id)]; }
  const Shape& shape(Tensor tensor) const { return info(tensor).shape; }
  void set_name(Tensor tensor, std::string name) {
    tensors_[static_cast<std::size_t>(tensor.id)].name = std::move(name);
  }
  const std::deque<Node>& nodes() const { return nodes_; }
  std::size_t tensor_count() const { return tensors_.size(); }

 private:
  struct Group {
    int parent;
    int halo = 0;
  };
  int root(int group) const;
  Tensor add_tensor(TensorInfo info);
  // Whoever adds to a graph may hold shapes and nodes of it: they stay where they are.
  std::deque<TensorInfo> tensors_;
  std::deque<Node> nodes_;
  std::vector<Group> groups_;
};

// Adds a node for a + b. The graph knows no operations, so whoever differentiates brings the sum.
using AddTensors = Tensor (*)(Graph& graph, Tensor a, Tensor b);

// Gradients while a graph is being differentiated.
class Gradients {
 public:
  Gradients(Graph& graph, std::vector<bool> wanted, AddTensors sum)
      : graph_(graph), wanted_(std::move(wanted)), sum_(sum) {}
  bool wanted(Tensor x) const {
    return x && static_cast<std::size_t>(x.id) < wanted_.size() && wanted_[static_cast<std::size_t>(x.id)];
  }
  // The gradient of the loss with respect to x so far; invalid when nothing reached x.
  Tensor of(Tensor x) const;
  // As of(), and forgotten here: for an operation that adds it to its own contribution in the same kernel and then
  // calls add().
  Tensor take(Tensor x);
  // Adds a contribution of x's shape.
  void add(Tensor x, Tensor contribution);

 private:
  Graph& graph_;
  std::vector<bool> wanted_;
  AddTensors sum_;
  std::vector<Tensor> gradients_;
};

// Adds the backward nodes of `output` given its gradient `seed` (same shape), and returns the gradient of each tensor
// of `with_respect_to`, invalid where it does not depend on it. Reverse-mode accumulation. engine/nn/gradients.h
// brings the sum.
std::vector<Tensor> differentiate(Graph& graph, Tensor output, Tensor seed, std::span<const Tensor> with_respect_to,
                                  AddTensors sum);

// Runs the graph's nodes with the operations' double-precision references. `given` holds inputs and externals by
// tensor id; returns the value of every tensor computed.
std::vector<HostTensor> run_reference(const Graph& graph, const std::vector<std::pair<Tensor, HostTensor>>& given);

}  // namespace unveil
