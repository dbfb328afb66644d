#pragma once
#include <cstdint>

#include "engine/gpu/device.h"
#include "engine/graph/shape.h"

namespace unveil {

// Columns are padded to whole lane vectors, rows to whole register tiles, so that no kernel tests an edge.
constexpr int kRowPad = 12;  // tiles of 1, 2, 3, 4, 6 or 12 rows

// How a tensor lies in device memory: a matrix of 32-bit elements, one row per position, `stride` elements from row
// to row.
//
// An image tensor [N, H, W, C] with halo h shares its zero border between neighbours: a picture row is W + h
// positions (the h zeros right of it are the left border of the next), a picture H + h rows (the h zero rows below it
// are the upper border of the next), and h·(W + h) + h zero positions stand before the first picture. A tap (dy, dx)
// with |dy|, |dx| <= h is then one constant distance for every position, whole convolutions need no edge test, and a
// picture tensor is walked as one flat matrix. Positions that are not pixels are zero, always.
struct Layout {
  std::int64_t rows = 1;  // all rows: logical ones, halo, guards, padding
  int cols = 1;           // logical
  int stride = vector_floats();
  std::int64_t first = 0;  // row of the first logical element
  int halo = 0;
  std::int64_t image_rows = 0;  // rows from picture to picture; 0 when the tensor is no picture
  int line_rows = 0;            // rows from picture row to picture row

  std::int64_t floats() const { return rows * stride; }
  std::uint64_t bytes() const { return static_cast<std::uint64_t>(floats()) * 4; }
  bool operator==(const Layout&) const = default;
};

// halo matters for pictures (rank 4) alone.
Layout make_layout(const Shape& shape, int halo = 0);

// The physical row of logical row r (r counts all axes but the last).
std::int64_t physical_row(const Layout& layout, const Shape& shape, std::int64_t r);

}  // namespace unveil
