#version 460
#extension GL_GOOGLE_include_directive : require
#include "common/lanes.glsl"
#include "common/team.glsl"

// output[r][0] = sum (or maximum) over the logical columns of input[r]; one team a row. Pads beside it are set to zero.
layout(constant_id = 0) const int ROW_VECTORS = 1;
layout(constant_id = 1) const int COLUMNS = 8;
layout(constant_id = 2) const bool MAXIMUM = false;

const float LOWEST = -3.4028235e38;

layout(push_constant, scalar) uniform PushConstants {
  uint64_t input_tensor, output_tensor;
  TILE_FIELDS
} pc;

void main() {
  int row = TILE_NUMBER;
  if (!LAVAPIPE && row >= pc.count) return;
  uint64_t start = pc.input_tensor + uint64_t(row) * uint64_t(ROW_VECTORS * VECTOR * 4);
  float result = MAXIMUM ? LOWEST : 0.0;
  if (LAVAPIPE) {
    [[unroll]] for (int v = 0; v < ROW_VECTORS; v++) {
      float value = load_vector(start + uint64_t(v * VECTOR * 4));
      if (MAXIMUM) value = mix(LOWEST, value, v * VECTOR + LANE < COLUMNS);
      result = MAXIMUM ? max(result, value) : result + value;
    }
  } else {
    for (int column = LANE; column < COLUMNS; column += SG) {
      float value = load_scalar(start + uint64_t(column * 4));
      result = MAXIMUM ? max(result, value) : result + value;
    }
  }
  result = MAXIMUM ? team_max(result) : team_sum(result);
  uint64_t target = pc.output_tensor + uint64_t(row) * uint64_t(VECTOR * 4);
  STORES {
    if (LAVAPIPE || LANE < VECTOR) store_vector(target, mix(0.0, result, LANE == 0));
  }
}
