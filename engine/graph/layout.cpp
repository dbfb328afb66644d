#include "engine/graph/layout.h"

#include <fmt/format.h>

namespace unveil {

std::string Shape::text() const {
  std::string text = "[";
  for (int axis = 0; axis < rank_; ++axis) text += fmt::format("{}{}", axis ? ", " : "", (*this)[axis]);
  return text + "]";
}

namespace {
std::int64_t round_up(std::int64_t value, std::int64_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}
}  // namespace

Layout make_layout(const Shape& shape, int halo) {
  Layout layout;
  layout.cols = static_cast<int>(shape.cols());
  layout.stride = static_cast<int>(round_up(layout.cols, vector_floats()));
  if (shape.rank() == 4) {
    const std::int64_t n = shape[0], h = shape[1], w = shape[2];
    layout.halo = halo;
    layout.line_rows = static_cast<int>(w) + halo;
    layout.image_rows = (h + halo) * layout.line_rows;
    layout.first = static_cast<std::int64_t>(halo) * layout.line_rows + halo;
    layout.rows = round_up(layout.first + n * layout.image_rows, kRowPad);
  } else {
    layout.rows = shape.rank() < 2 ? 1 : round_up(shape.rows(), kRowPad);
  }
  return layout;
}

std::int64_t physical_row(const Layout& layout, const Shape& shape, std::int64_t r) {
  if (layout.image_rows == 0) return r;
  const std::int64_t h = shape[1], w = shape[2];
  return layout.first + r / (h * w) * layout.image_rows + r / w % h * layout.line_rows + r % w;
}

}  // namespace unveil
