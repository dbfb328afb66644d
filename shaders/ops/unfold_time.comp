#version 460
#extension GL_GOOGLE_include_directive : require
#include "common/lanes.glsl"
#include "common/elementwise.glsl"
#include "ops/unfold_time.glsl"

// result[n][f][k * CHANNELS + c] = source[n][f * STEP + k][c].
layout(push_constant, scalar) uniform PushConstants {
  uint64_t source, result;
  TILE_FIELDS
} pc;

void main() {
  ELEMENTWISE_TILE
  float result[VECTORS];
  EACH_VECTOR(v) {
    int element = tile_start + v * SG + (WHOLE_VECTORS ? 0 : LANE);
    int row = element / U_PITCH;
    int column = element - row * U_PITCH;
    int n = min(row / FRAMES, ITEMS - 1);
    int f = min(row - n * FRAMES, FRAMES - 1);
    bool inside = row < ITEMS * FRAMES && column < KERNEL * CHANNELS;
    if (WHOLE_VECTORS) {
      int from = (n * LENGTH + f * STEP) * CHANNELS + column;
      result[v] = mix(0.0, load_vector(pc.source + uint64_t(from) * 4ul), inside);
    } else {
      int k = min(column / CHANNELS, KERNEL - 1);
      int from = (n * LENGTH + f * STEP + k) * X_PITCH + column - k * CHANNELS;
      result[v] = mix(0.0, load_scalar(pc.source + uint64_t(mix(0, from, inside)) * 4ul), inside);
    }
  }
  STORE_TILE(pc.result, result)
}
