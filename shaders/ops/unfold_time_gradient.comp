#version 460
#extension GL_GOOGLE_include_directive : require
#include "common/lanes.glsl"
#include "common/elementwise.glsl"
#include "ops/unfold_time.glsl"

// The gradient of unfold_time.comp: every position gathers from the windows that hold it, the newest window first.
layout(push_constant, scalar) uniform PushConstants {
  uint64_t source, x, result;
  TILE_FIELDS
} pc;

const int HOLDERS = (KERNEL + STEP - 1) / STEP;  // windows that may hold a position

OUTPUT_TILE(0)

void main() {
  ELEMENTWISE_TILE
  float result[VECTORS];
  if (ONE_ROW(X_PITCH)) {
    int row = tile_start / X_PITCH;
    int column = tile_start - row * X_PITCH;
    int n = min(row / LENGTH, ITEMS - 1);
    int at = min(row - n * LENGTH, LENGTH - 1);
    int newest = at / STEP;
    EACH_VECTOR(v) result[v] = 0.0;
    [[unroll]] for (int h = 0; h < HOLDERS; h++) {
      int f = newest - h;
      int k = at - f * STEP;
      bool inside = row < ITEMS * LENGTH && f >= 0 && f < FRAMES && k < KERNEL;
      uint64_t from = pc.source + uint64_t(((n * FRAMES + clamp(f, 0, FRAMES - 1)) * U_PITCH + min(k, KERNEL - 1) * CHANNELS + column) * 4);
      EACH_VECTOR(v) result[v] += mix(0.0, load_vector(from + uint64_t(v * VECTOR * 4)), inside);
    }
  } else {
    EACH_VECTOR(v) {
      int element = tile_start + v * SG + (WHOLE_VECTORS ? 0 : LANE);
      int row = element / X_PITCH;
      int column = element - row * X_PITCH;
      int n = min(row / LENGTH, ITEMS - 1);
      int at = min(row - n * LENGTH, LENGTH - 1);
      int newest = at / STEP;
      result[v] = 0.0;
      [[unroll]] for (int h = 0; h < HOLDERS; h++) {
        int f = newest - h;
        int k = at - f * STEP;
        bool inside = row < ITEMS * LENGTH && column < CHANNELS && f >= 0 && f < FRAMES && k < KERNEL;
        int from = (n * FRAMES + clamp(f, 0, FRAMES - 1)) * U_PITCH + min(k, KERNEL - 1) * CHANNELS + min(column, CHANNELS - 1);
        float value;
        if (WHOLE_VECTORS) value = load_vector(pc.source + uint64_t(from) * 4ul);
        else value = load_scalar(pc.source + uint64_t(from) * 4ul);
        result[v] += mix(0.0, value, inside);
      }
    }
  }
  if (RELU) {
    EACH_VECTOR(v) {
      float x = LAVAPIPE ? load_vector(AT(pc.x, v)) : load_scalar(AT(pc.x, v) + uint64_t(LANE * 4));
      result[v] = mix(0.0, result[v], x > 0.0);
    }
  }
  PIN_TILE(0, result)
  STORE_TILE(0, pc.result, result)
}
