#version 460
#extension GL_GOOGLE_include_directive : require
#include "common/lanes.glsl"

// One team: a vector of columns of the codes, summed row by row (engine/models/sparse/update.h). Each column is one lane.
layout(constant_id = 1) const int STRIDE = 8;
layout(constant_id = 2) const int ROWS = 1;         // patches
layout(constant_id = 3) const int RESULT_ROWS = 12; // pads included

layout(push_constant, scalar) uniform PushConstants {
  uint64_t codes, sums;
  TILE_FIELDS
} pc;

void main() {
  int tile = TILE_NUMBER;
  if (tile >= pc.count || LANE >= VECTOR) return;
  int column = tile * VECTOR + LANE;
  float used = 0.0, size = 0.0, square = 0.0;
  for (int row = 0; row < ROWS; row++) {
    float code = Floats(pc.codes + uint64_t(row * STRIDE + column) * 4ul).at[0];
    used += code != 0.0 ? 1.0 : 0.0;
    size += abs(code);
    square += code * code;
  }
  for (int row = 0; row < RESULT_ROWS; row++) {
    float value = row == 0 ? used : row == 1 ? size : row == 2 ? square : 0.0;
    Floats(pc.sums + uint64_t(row * STRIDE + column) * 4ul).at[0] = value / float(ROWS);
  }
}
