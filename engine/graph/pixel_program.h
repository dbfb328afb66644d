#pragma once
#include <memory>
#include <vector>

#include "engine/graph/program.h"

namespace unveil {

// A forward graph over pictures whose pixels are computed one at a time, in raster order, for every picture of the
// batch at once (Ramachandran et al. 2017): all activations stay, and a new pixel computes one position of each. A
// node that reads only rows above its own (a vertical stack) is computed a whole row at a time when the row begins.
class PixelProgram {
 public:
  // pictures: the input [N, H, W, C] that is filled in. keep: results to read, as for Program.
  PixelProgram(Device& device, const Graph& graph, Tensor pictures, std::vector<Tensor> keep);

  // Everything at once, for pictures that are given from the start.
  Program& whole() { return *program_; }
  // Records what must be computed before pixel (y, x) is decided, given that all pixels before it were.
  void record(Recorder& recorder, int y, int x);

 private:
  const Graph& graph_;
  std::unique_ptr<Program> program_;
  std::vector<int> by_row_, by_pixel_;  // nodes, in order
  int width_;
};

}  // namespace unveil
