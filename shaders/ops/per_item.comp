#version 460
#extension GL_GOOGLE_include_directive : require
#include "common/lanes.glsl"
#include "common/elementwise.glsl"

// result = x (or zero) + the item's row of a small matrix at every logical position of the item.
layout(constant_id = 1) const bool ADD = true;
layout(constant_id = 2) const int STRIDE = 8;  // of x, rows and the result
layout(constant_id = 3) const int ITEM_ROWS = 1;
layout(constant_id = 4) const int FIRST_ROW = 0;
layout(constant_id = 5) const int LAST_ITEM = 0;

layout(push_constant, scalar) uniform PushConstants {
  uint64_t x, rows, result;
  uint64_t row_mask;
  TILE_FIELDS
} pc;

uint64_t row_of(int position) {
  return pc.rows + uint64_t(clamp((position - FIRST_ROW) / ITEM_ROWS, 0, LAST_ITEM) * STRIDE) * 4ul;
}

OUTPUT_TILE(0)

void main() {
  ELEMENTWISE_TILE
  float result[VECTORS];
  EACH_VECTOR(v) {
    int element = tile_start + v * SG + (LAVAPIPE ? 0 : LANE);
    int position = element / STRIDE;
    uint64_t from = row_of(position) + uint64_t((element - position * STRIDE) * 4);
    float value = LAVAPIPE ? load_vector(from) : load_scalar(from);
    if (ADD) value += load_vector(AT(pc.x, v));
    result[v] = mix(0.0, value, load_scalar(pc.row_mask + uint64_t(position) * 4ul) > 0.0);
  }
  PIN_TILE(0, result)
  STORE_TILE(0, pc.result, result)
}
