#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/graph/graph.h"
#include "engine/nn/parameters.h"
#include "engine/ops/conv2d.h"

namespace unveil {

// Gives a parameter's tensor in the graph that is being built.
using Weights = std::function<Tensor(const std::string& path, const Shape& shape, const Initializer& initializer)>;
// Declares parameters in the store.
Weights weights_of(Graph& graph, ParameterStore& store);
// The moving averages (ParameterStore::average) of parameters declared already.
Weights averages_of(Graph& graph, ParameterStore& store);

struct LayerOptions {
  Activation activation = Activation::none;
  bool input_relu = false;                 // x is passed through max(x, 0) on the way in
  Tensor residual = {};                    // of the result's shape, added before the activation
  std::optional<Initializer> begins = {};  // the weights; none: He-normal in their fan-in
  float scale = 1;                         // of that beginning's standard deviation
};

// The layers that networks are made of. Each declares its parameters below `path`, biases beginning at zero, and adds
// its nodes. Fan-ins count the taps that there are.
struct Layers {
  Graph& graph;
  const Weights& weights;

  // x [..., in] -> [..., out], row by row; "path.weight" [in, out], "path.bias" [out].
  Tensor dense(const std::string& path, Tensor x, int out, const LayerOptions& options = {}) const;

  // A multilayer perceptron: `count` layers of `units`, each followed by `function`, then a linear one: x [N, in] ->
  // [N, out]; "path.0", "path.1" and so on. scale: of the beginnings' standard deviation, as in LayerOptions.
  Tensor perceptron(const std::string& path, Tensor x, int units, int count, int out,
                    const std::function<Tensor(Graph& graph, Tensor x)>& function, float scale = 1) const;

  // x [N, H, W, in] -> [N, ceil(H / stride), ceil(W / stride), out]; "path.weight" [taps, in, out], "path.bias"
  // [out].
  Tensor conv(const std::string& path, Tensor x, int out, const std::vector<Tap>& taps,
              const LayerOptions& options = {}, int stride = 1) const;

  // The transpose of a convolution of stride 2 with 4 x 4 taps: x [N, h, w, in] -> [N, height, width, out], where
  // h = ceil(height / 2) and w alike; "path.weight" [in, 16 out], "path.bias" [out]. Each pixel of the result is
  // reached by 4 of the taps, which is the fan-in that counts. No activation or residual: the next layer may rectify
  // its input.
  Tensor enlarge(const std::string& path, Tensor x, int out, int height, int width,
                 const LayerOptions& options = {}) const;

  // A gated recurrent unit along time, from a state of zeros (engine/ops/gru.h): x [N, T, in] -> states [N, T,
  // units]; "path.input.*" [in, 3 units], "path.state.weight" [units, 3 units], "path.state.bias".
  Tensor gru(const std::string& path, Tensor x, int units) const;

  // Rows of the table `path` [count, columns], labels u32 [N] below count: [N, columns].
  Tensor embedding(const std::string& path, Tensor labels, int count, std::int64_t columns,
                   const Initializer& begins) const;
};

}  // namespace unveil
