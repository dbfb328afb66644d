#pragma once
#include <string>
#include <vector>

#include "engine/graph/graph.h"
#include "engine/models/knobs.h"
#include "engine/nn/layers.h"

namespace unveil::pixelcnn {

// The architecture, as the knobs say it.
struct Architecture {
  bool gated = false;         // Gated PixelCNN (van den Oord et al. 2016b); else PixelCNN (2016a)
  int hidden = 8;             // h: plain blocks have 2h channels outside and h inside; gated layers p = h
  int blocks = 5;             // residual blocks; gated layers after the first
  int classes = 0;            // conditional on one of so many classes; 0: unconditional
  int class_map = 0;          // channels of the class's learned map; 0: the class is a row, alike at every pixel
  bool leaking_mask = false;  // broken on purpose: the first layer sees the pixel it predicts
};
Architecture architecture(const KnobValues& knobs, int classes);

// images: [N, H, W, 1] in {0, 1}; labels: u32 [N], invalid when unconditional. Returns logits [N, H, W, 1] of each
// pixel being 1 given the pixels before it in raster order.
Tensor network(Graph& graph, const Architecture& architecture, const Weights& weights, Tensor images, Tensor labels);

// The taps of a parameter's weights [taps, in, out], in the order they are stored, relative to the pixel computed;
// empty for what is no convolution's weights (biases, classes' rows).
std::vector<Tap> taps_of(const Architecture& architecture, const std::string& path);

// Which input pixels can influence the logit at (row, column), by arithmetic on the tap sets alone: H·W of 0 or 1.
std::vector<std::uint8_t> analytic_reach(const Architecture& architecture, int height, int width, int row,
                                         int column);

}  // namespace unveil::pixelcnn
