#version 460
#extension GL_GOOGLE_include_directive : require
#include "common/lanes.glsl"

// How many points lie strictly nearer to each row's point than GROUP given others do; a lane a row.
layout(constant_id = 0) const int GROUP = 8;
layout(constant_id = 3) const int ROWS = 128;

layout(push_constant, scalar) uniform PushConstants {
  uint64_t distances;  // [.][ROWS][2]
  uint64_t others;     // [GROUP][ROWS] indices
  uint64_t ranks;      // [GROUP][ROWS]
  int pairs;           // rows of distances: half the points, rounded up
  int unused;
} pc;

void main() {
  int row = int(gl_WorkGroupID.x) * SG + LANE;
  uint64_t column = pc.distances + uint64_t(row * 8);
  float limits[GROUP];
  int counts[GROUP];
  [[unroll]] for (int g = 0; g < GROUP; g++) {
    uint other = Uints(pc.others + uint64_t((g * ROWS + row) * 4)).at[0];
    limits[g] = Floats(column + uint64_t(other >> 1) * uint64_t(ROWS * 8) + uint64_t((other & 1u) * 4u)).at[0];
    counts[g] = 0;
  }
  for (int pair = 0; pair < pc.pairs; pair++) {
    vec2 values = uintBitsToFloat(unpackUint2x32(FloatPair(column + uint64_t(pair) * uint64_t(ROWS * 8)).bits));
    [[unroll]] for (int g = 0; g < GROUP; g++) counts[g] += int(values.x < limits[g]) + int(values.y < limits[g]);
  }
  [[unroll]] for (int g = 0; g < GROUP; g++) Uints(pc.ranks + uint64_t((g * ROWS + row) * 4)).at[0] = uint(counts[g]);
}
