#version 460
#extension GL_GOOGLE_include_directive : require
#include "common/lanes.glsl"

// min(1, (step + 1) / warm_up), 1 where warm_up is not positive; one team, one vector whose other lanes are pads.
layout(push_constant, scalar) uniform PushConstants {
  uint64_t step_counter, warm_up, result;
  TILE_FIELDS
} pc;

void main() {
  if (TILE_NUMBER > 0) return;
  float warm_up = load_scalar(pc.warm_up);
  float share = (float(load_scalar_uint(pc.step_counter)) + 1.0) / max(warm_up, 1e-30);
  float value = mix(1.0, min(1.0, share), warm_up > 0.0);
  if (LANE < VECTOR) Floats(pc.result + uint64_t(LANE) * 4ul).at[0] = mix(0.0, value, LANE == 0);
}
