#version 460
#extension GL_GOOGLE_include_directive : require
#include "common/lanes.glsl"
#include "common/team.glsl"

// One row a team: brought to length 1 where that is wanted; a row of zeros stays.
layout(constant_id = 1) const int STRIDE = 8;

layout(push_constant, scalar) uniform PushConstants {
  uint64_t x, wanted;
  TILE_FIELDS
} pc;

void main() {
  int row = TILE_NUMBER;
  if (row >= pc.count || Floats(pc.wanted).at[0] == 0.0) return;
  uint64_t start = pc.x + uint64_t(row * STRIDE) * 4ul;
  float squares = 0.0;
  for (int p = LANE; p < STRIDE; p += SG) {
    float value = Floats(start + uint64_t(p) * 4ul).at[0];
    squares += value * value;
  }
  squares = team_sum(squares);
  float scale = squares > 1e-20 ? 1.0 / sqrt(squares) : 1.0;
  for (int p = LANE; p < STRIDE; p += SG) Floats(start + uint64_t(p) * 4ul).at[0] *= scale;
}
