#pragma once
#include <array>
#include <span>
#include <string>
#include <vector>

#include "app/widgets/texture.h"
#include "app/widgets/ui.h"

namespace unveil {

// A weight tensor as a view sees it: [tap][in][out] for convolutions (masked ones have only the taps they compute),
// [in][out] for matrices (no taps), [out] for biases (no taps, in = 1).
struct WeightTensor {
  std::string name;                      // of these values: a view draws anew when it changes
  std::vector<std::array<int, 2>> taps;  // offset (dy, dx) of each tap; empty: not a convolution
  int in = 1, out = 1;
  std::span<const float> values;   // [taps or 1][in][out]
  int first = 0;                   // number of the first output, where those before it are left out
  std::vector<std::string> parts;  // names of equal parts of the outputs, in order; empty: they are of one kind
  bool colour = false;             // three inputs, which are red, green and blue of one kernel
};

// The smallest box that holds a kernel's taps. Masked kernels keep their centre: the missing half is in it too.
struct KernelBox {
  int top = 0, left = 0;  // offset of its first row and column
  int height = 1, width = 1;
};
KernelBox kernel_box(std::span<const std::array<int, 2>> taps);

// The tensor as one picture: for convolutions a kernel per (out: row, in: column) with a gap of one pixel between
// them and absent taps transparent; else the matrix itself. Signed values over ±scale; in colour, where 0 is the
// middle grey, a kernel per out.
struct KernelPicture {
  int width = 0, height = 0;
  std::vector<ImU32> pixels;  // [height, width]
  std::vector<int> index;     // [height, width]: into values (in colour: of red), -1 where there is none
  int kernel_width = 1, kernel_height = 1;
  int columns = 1, rows = 1;  // of kernels
};
// Where there is one input (or one output) the kernels stand in a row (a column) that may wrap: `aspect`, width over
// height, is the shape of the room they are to fill; 0 wraps nothing.
KernelPicture picture_of(const Theme& theme, const WeightTensor& tensor, double scale, double aspect = 0);
double largest_magnitude(std::span<const float> values);

struct KernelViewResult {
  bool hovered = false;
  int index = -1;       // into values
  ImVec2 min{}, max{};  // for export
};

// Shows the tensor enlarged by a whole factor with its scale under it; taps it lacks are blank cells at their place.
// scale 0: the tensor's own largest magnitude.
class KernelView {
 public:
  KernelViewResult draw(Ui& ui, const char* id, const WeightTensor& tensor, ImVec2 size, double scale = 0);

 private:
  std::string name_;
  double scale_ = 0, aspect_ = 0;
  bool dark_ = true;
  KernelPicture picture_;
  Texture texture_;
};

}  // namespace unveil
