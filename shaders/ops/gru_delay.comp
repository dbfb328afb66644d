#version 460
#extension GL_GOOGLE_include_directive : require
#include "common/lanes.glsl"
#include "common/elementwise.glsl"

// result[n][t] = source[n][t - 1], zero for t = 0.
layout(constant_id = 1) const int STRIDE = 8;
layout(constant_id = 2) const int TIMES = 1;
layout(constant_id = 3) const int ROWS = 1;

layout(push_constant, scalar) uniform PushConstants {
  uint64_t source, result;
  TILE_FIELDS
} pc;

OUTPUT_TILE(0)

void main() {
  ELEMENTWISE_TILE
  float result[VECTORS];
  EACH_VECTOR(v) {
    int element = tile_start + v * SG + (LAVAPIPE ? 0 : LANE);
    int row = element / STRIDE;
    bool inside = row < ROWS && row % TIMES > 0;
    int from = mix(0, element - STRIDE, inside);
    if (LAVAPIPE) result[v] = mix(0.0, load_vector(pc.source + uint64_t(from) * 4ul), inside);
    else result[v] = mix(0.0, load_scalar(pc.source + uint64_t(from) * 4ul), inside);
  }
  PIN_TILE(0, result)
  STORE_TILE(0, pc.result, result)
}
