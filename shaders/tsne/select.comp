#version 460
#extension GL_GOOGLE_include_directive : require
#include "common/lanes.glsl"

// The k nearest of every row of a slice, a lane a row: finds the k-th smallest distance four bits at a time (the order of
// positive floats is that of their bits), then gathers what is not above it. Of equal distances the lower index.
layout(constant_id = 3) const int ROWS = 128;

const int PASSES = 8;

// One body for each threshold, with variables of its own: an array that a loop changes would live in memory, lane by lane.
#define EACH(BODY) BODY(1) BODY(2) BODY(3) BODY(4) BODY(5) BODY(6) BODY(7) BODY(8) BODY(9) BODY(10) BODY(11) BODY(12) BODY(13) BODY(14) BODY(15)
#define BEGIN(t) int threshold##t = low + (t << shift), count##t = 0;
#define COUNT(t) count##t += int(bits.x < threshold##t) + int(bits.y < threshold##t);
#define RAISE(t) \
  next = mix(threshold##t, next, count##t >= pc.k); \
  below = mix(count##t, below, count##t >= pc.k);

layout(push_constant, scalar) uniform PushConstants {
  uint64_t distances;  // [.][ROWS][2]
  uint64_t nearest;    // [ROWS][k] of (index, bits of the squared distance), by index
  int pairs;           // rows of distances: half the points, rounded up
  int k;
} pc;

void main() {
  int row = int(gl_WorkGroupID.x) * SG + LANE;
  uint64_t column = pc.distances + uint64_t(row * 8);
  int low = 0, below = 0;  // the k-th smallest is not less than low; so many are less than low
  for (int pass = 0; pass < PASSES; pass++) {
    int shift = max(27 - 4 * pass, 0);
    EACH(BEGIN)
    for (int pair = 0; pair < pc.pairs; pair++) {
      ivec2 bits = ivec2(unpackUint2x32(FloatPair(column + uint64_t(pair) * uint64_t(ROWS * 8)).bits));
      EACH(COUNT)
    }
    int next = low;
    EACH(RAISE)
    low = next;
  }
  int ties = pc.k - below, cursor = 0;
  uint64_t nearest = pc.nearest + uint64_t(row) * uint64_t(pc.k * 8);
  for (int pair = 0; pair < pc.pairs; pair++) {
    ivec2 bits = ivec2(unpackUint2x32(FloatPair(column + uint64_t(pair) * uint64_t(ROWS * 8)).bits));
    [[unroll]] for (int half_ = 0; half_ < 2; half_++) {
      int value = half_ == 0 ? bits.x : bits.y;
      bool tie = value == low && ties > 0;
      if (value < low || tie) {
        FloatPair(nearest + uint64_t(cursor * 8)).bits = packUint2x32(uvec2(2 * pair + half_, value));
        cursor++;
      }
      ties -= int(tie);
    }
  }
}
