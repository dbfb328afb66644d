#pragma once
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/graph/program.h"
#include "engine/nn/layers.h"

namespace unveil {

// A function of a model's parameters that is asked of items, of any number of them, some at a time: encode, decode,
// score. Parameters stay the store's, so answers follow training; it may be asked between two segments of a step.
class Function {
 public:
  // Adds the function to the graph: items -> results, each [batch, ...].
  using Build = std::function<std::vector<Tensor>(Graph& graph, const Weights& weights, Tensor items)>;
  // items: the shape of a batch, [batch, ...]. averaged: of the moving averages of the parameters.
  Function(ParameterStore& store, std::string name, const Shape& items, Build build, bool averaged = false);

  // values: [n, ...] for any n. Returns each result, [n, ...]. A single item has a program of its own, so that what
  // is under the hand costs one row and not a batch.
  std::vector<std::vector<float>> operator()(std::span<const float> values);
  // One of the results alone.
  std::vector<float> result(std::size_t which, std::span<const float> values) { return (*this)(values)[which]; }

 private:
  struct Compiled {
    Graph graph;
    Tensor items;
    std::vector<Tensor> results;
    std::unique_ptr<Program> program;
  };
  Compiled& compiled(std::int64_t batch);

  ParameterStore& store_;
  std::string name_;
  Shape shape_;
  Build build_;
  bool averaged_;
  std::unique_ptr<Compiled> one_, many_;  // made when they are first needed
};

}  // namespace unveil
