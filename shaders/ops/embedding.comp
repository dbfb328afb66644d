#version 460
#extension GL_GOOGLE_include_directive : require
#include "common/lanes.glsl"
#include "common/elementwise.glsl"

// result[r] = table[indices[r]].
layout(constant_id = 1) const int STRIDE = 8;  // of the table and the result
layout(constant_id = 2) const int ROWS = 1;
layout(constant_id = 3) const int LAST_ENTRY = 0;
layout(constant_id = 4) const int INDEX_STRIDE = 1;

layout(push_constant, scalar) uniform PushConstants {
  uint64_t table, indices, result;
  TILE_FIELDS
} pc;

OUTPUT_TILE(0)

void main() {
  ELEMENTWISE_TILE
  float result[VECTORS];
  EACH_VECTOR(v) {
    int element = tile_start + v * SG + (LAVAPIPE ? 0 : LANE);
    int row = element / STRIDE;
    int column = element - row * STRIDE + (LAVAPIPE ? LANE : 0);
    uint index = load_scalar_uint(pc.indices + uint64_t(min(row, ROWS - 1) * INDEX_STRIDE) * 4ul);
    float value = load_scalar(pc.table + uint64_t(int(min(index, uint(LAST_ENTRY))) * STRIDE + column) * 4ul);
    result[v] = mix(0.0, value, row < ROWS);
  }
  PIN_TILE(0, result)
  STORE_TILE(0, pc.result, result)
}
