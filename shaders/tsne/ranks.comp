#version 460
#extension GL_GOOGLE_include_directive : require
#include "common/lanes.glsl"

// How many points lie strictly nearer to each row's point than eight given others do; a lane a row.
layout(constant_id = 3) const int ROWS = 128;

layout(push_constant, scalar) uniform PushConstants {
  uint64_t distances;  // [.][ROWS][2]
  uint64_t others;     // [8][ROWS] indices
  uint64_t ranks;      // [8][ROWS]
  int pairs;           // rows of distances: half the points, rounded up
  int unused;
} pc;

// One body for each of them, with variables of its own: an array that a loop changes would live in memory, lane by lane.
#define EACH(BODY) BODY(0) BODY(1) BODY(2) BODY(3) BODY(4) BODY(5) BODY(6) BODY(7)
#define BEGIN(g) \
  uint other##g = Uints(pc.others + uint64_t((g * ROWS + row) * 4)).at[0]; \
  float limit##g = Floats(column + uint64_t(other##g >> 1) * uint64_t(ROWS * 8) + uint64_t((other##g & 1u) * 4u)).at[0]; \
  int count##g = 0;
#define COUNT(g) count##g += int(values.x < limit##g) + int(values.y < limit##g);
#define STORE(g) Uints(pc.ranks + uint64_t((g * ROWS + row) * 4)).at[0] = uint(count##g);

void main() {
  int row = int(gl_WorkGroupID.x) * SG + LANE;
  uint64_t column = pc.distances + uint64_t(row * 8);
  EACH(BEGIN)
  for (int pair = 0; pair < pc.pairs; pair++) {
    vec2 values = uintBitsToFloat(unpackUint2x32(FloatPair(column + uint64_t(pair) * uint64_t(ROWS * 8)).bits));
    EACH(COUNT)
  }
  EACH(STORE)
}
