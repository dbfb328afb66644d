#version 460
#extension GL_GOOGLE_include_directive : require
#include "common/lanes.glsl"
#include "common/elementwise.glsl"

// state += (sum / count - state) / (window_start + window_growth * step).
layout(push_constant, scalar) uniform PushConstants {
  uint64_t sum, step_counter, state;
  float inverse_count, window_start, window_growth, unused;
  TILE_FIELDS
} pc;

OUTPUT_TILE(0)

void main() {
  ELEMENTWISE_TILE
  float weight = 1.0 / (pc.window_start + pc.window_growth * float(load_scalar_uint(pc.step_counter)));
  float state[VECTORS];
  EACH_VECTOR(v) {
    state[v] = load_vector(AT(pc.state, v));
    state[v] += weight * (load_vector(AT(pc.sum, v)) * pc.inverse_count - state[v]);
  }
  PIN_TILE(0, state)
  STORE_TILE(0, pc.state, state)
}
