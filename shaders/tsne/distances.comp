#version 460
#extension GL_GOOGLE_include_directive : require
#include "common/lanes.glsl"

// Squared distances of a slice of points (lanes) to all points, over DIMENSIONS of their dimensions, as differences: no
// cancellation between near points. A tile is TM points against TN vectors of the slice.
layout(constant_id = 0) const int DIMENSIONS = 8;
layout(constant_id = 1) const bool FIRST = true;  // otherwise adds to what the dimensions before gave
layout(constant_id = 2) const bool LAST = true;   // a point's distance to itself and to pads becomes NEVER
layout(constant_id = 3) const int ROWS = 128;     // of a slice

const int TM = 4, TN = 2;
const float NEVER = 3.4028235e38;

layout(push_constant, scalar) uniform PushConstants {
  uint64_t points;     // [padded][stride], from the first of these dimensions on
  uint64_t panels;     // the slice's points again, [ROWS / (TN SG)][stride][TN SG]
  uint64_t distances;  // [padded / 2][ROWS][2]: two points of all beside each other
  int stride;          // dimensions, padded
  int first_row;       // of the slice
  int points_count;
  int across;          // panels of the slice
  TILE_FIELDS
} pc;

void main() {
  int tile = TILE_NUMBER;
  if (!LAVAPIPE && tile >= pc.count) return;
  int block = tile / pc.across, panel = tile - block * pc.across;
  uint64_t a = pc.points + uint64_t(block * TM) * uint64_t(pc.stride * 4);
  uint64_t b = pc.panels + uint64_t(panel) * uint64_t(pc.stride * (TN * SG * 4));
  uint64_t result = pc.distances + uint64_t(block * (TM / 2)) * uint64_t(ROWS * 8) + uint64_t(panel * (TN * SG * 8)) + uint64_t(LANE * 8);

  float sum[TM][TN];
  [[unroll]] for (int m = 0; m < TM; m += 2)
    [[unroll]] for (int n = 0; n < TN; n++) {
      vec2 before = vec2(0.0);
      if (!FIRST) before = uintBitsToFloat(unpackUint2x32(FloatPair(result + uint64_t((m / 2 * ROWS + n * SG) * 8)).bits));
      sum[m][n] = before.x;
      sum[m + 1][n] = before.y;
    }
  [[unroll]] for (int d = 0; d < DIMENSIONS; d++) {
    float row[TN];
    [[unroll]] for (int n = 0; n < TN; n++) row[n] = load_vector(b + uint64_t((d * TN + n) * SG * 4));
    [[unroll]] for (int m = 0; m < TM; m++) {
      float point = load_scalar(a + uint64_t(m) * uint64_t(pc.stride * 4) + uint64_t(d * 4));
      [[unroll]] for (int n = 0; n < TN; n++) {
        float difference = point - row[n];
        sum[m][n] = fma(difference, difference, sum[m][n]);
      }
    }
  }
  if (LAST) {
    [[unroll]] for (int m = 0; m < TM; m++)
      [[unroll]] for (int n = 0; n < TN; n++) {
        int point = block * TM + m;
        sum[m][n] = mix(sum[m][n], NEVER, point == pc.first_row + (panel * TN + n) * SG + LANE || point >= pc.points_count);
      }
  }
  STORES {
    [[unroll]] for (int m = 0; m < TM; m += 2)
      [[unroll]] for (int n = 0; n < TN; n++)
        FloatPair(result + uint64_t((m / 2 * ROWS + n * SG) * 8)).bits = packUint2x32(floatBitsToUint(vec2(sum[m][n], sum[m + 1][n])));
  }
}
