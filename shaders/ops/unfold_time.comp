#version 460
#extension GL_GOOGLE_include_directive : require
#include "common/lanes.glsl"
#include "common/elementwise.glsl"
#include "ops/unfold_time.glsl"

// result[n][f][k * CHANNELS + c] = source[n][f * STEP + k][c], or with RELU the larger of that and zero.
layout(push_constant, scalar) uniform PushConstants {
  uint64_t source, result;
  TILE_FIELDS
} pc;

float rectified(float x) { return RELU ? max(x, 0.0) : x; }

OUTPUT_TILE(0)

void main() {
  ELEMENTWISE_TILE
  float result[VECTORS];
  if (ONE_ROW(U_PITCH)) {
    int row = tile_start / U_PITCH;
    int n = min(row / FRAMES, ITEMS - 1);
    int f = min(row - n * FRAMES, FRAMES - 1);
    uint64_t from = pc.source + uint64_t(((n * LENGTH + f * STEP) * CHANNELS + tile_start - row * U_PITCH) * 4);
    EACH_VECTOR(v) result[v] = mix(0.0, rectified(load_vector(from + uint64_t(v * VECTOR * 4))), row < ITEMS * FRAMES);
  } else {
    EACH_VECTOR(v) {
      int element = tile_start + v * SG + (WHOLE_VECTORS ? 0 : LANE);
      int row = element / U_PITCH;
      int column = element - row * U_PITCH;
      int n = min(row / FRAMES, ITEMS - 1);
      int f = min(row - n * FRAMES, FRAMES - 1);
      bool inside = row < ITEMS * FRAMES && column < KERNEL * CHANNELS;
      float value;
      if (WHOLE_VECTORS) {
        value = load_vector(pc.source + uint64_t((n * LENGTH + f * STEP) * CHANNELS + column) * 4ul);
      } else {
        int k = min(column / CHANNELS, KERNEL - 1);
        int from = (n * LENGTH + f * STEP + k) * X_PITCH + column - k * CHANNELS;
        value = load_scalar(pc.source + uint64_t(mix(0, from, inside)) * 4ul);
      }
      result[v] = mix(0.0, rectified(value), inside);
    }
  }
  PIN_TILE(0, result)
  STORE_TILE(0, pc.result, result)
}
