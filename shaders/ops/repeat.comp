#version 460
#extension GL_GOOGLE_include_directive : require
#include "common/lanes.glsl"
#include "common/elementwise.glsl"

// Repeats a small tensor over a large one's geometry; numbering of engine/ops/repeat.cpp. Columns and items stand a vector apart.
layout(constant_id = 1) const int ALONG = 0;
layout(constant_id = 2) const int STRIDE = 8;     // elements from row to row of the result
layout(constant_id = 3) const int ITEM_ROWS = 1;  // rows from item to item of the result
layout(constant_id = 4) const int FIRST_ROW = 0;  // of the first item
layout(constant_id = 5) const int LAST_ITEM = 0;

const int EVERYTHING = 0, ROWS = 1, COLUMNS = 2, ITEMS = 3;

layout(push_constant, scalar) uniform PushConstants {
  uint64_t small, result, mask;
  TILE_FIELDS
} pc;

uint64_t source(int row, int column) {
  if (ALONG == ROWS) return pc.small + uint64_t(column * 4);
  if (ALONG == COLUMNS) return pc.small + uint64_t(row) * uint64_t(VECTOR * 4);
  // Rows before the first item and after the last are masked; they only must not read elsewhere.
  if (ALONG == ITEMS) return pc.small + uint64_t(clamp((row - FIRST_ROW) / ITEM_ROWS, 0, LAST_ITEM)) * uint64_t(VECTOR * 4);
  return pc.small;
}

OUTPUT_TILE(0)

void main() {
  ELEMENTWISE_TILE
  float result[VECTORS];
  EACH_VECTOR(v) {
    float value;
    if (LAVAPIPE) {
      int vector = tile_start / SG + v;
      int row = vector / (STRIDE / SG);
      uint64_t from = source(row, (vector - row * (STRIDE / SG)) * SG);
      value = ALONG == ROWS ? load_vector(from) : load_scalar(from);
    } else {
      int element = tile_start + v * SG + LANE;
      int row = element / STRIDE;
      value = load_scalar(source(row, element - row * STRIDE));
    }
    result[v] = mix(0.0, value, load_vector(AT(pc.mask, v)) > 0.0);
  }
  PIN_TILE(0, result)
  STORE_TILE(0, pc.result, result)
}
