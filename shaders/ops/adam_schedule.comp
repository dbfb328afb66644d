#version 460
#extension GL_GOOGLE_include_directive : require
#include "common/lanes.glsl"

// The numbers every element of an Adam update shares: learning rate with warm-up and cosine, clip factor, bias
// corrections; and the step counter's increment. One team, columns of the row as in engine/ops/adam.cpp.
layout(constant_id = 0) const bool AVERAGED = false;
layout(constant_id = 1) const bool MOMENTS_BEGIN_LATER = false;

layout(buffer_reference, scalar, buffer_reference_align = 8) buffer Addresses { uint64_t at[8]; };

layout(push_constant, scalar) uniform PushConstants {
  uint64_t step_counter;
  uint64_t settings;  // addresses of: step, learning rate, warm-up, schedule length, clip norm, average's decay,
                      // square norm, step at which the moments were zero
  uint64_t square_norm;
  uint64_t schedule;
  float beta1, beta2, final_fraction, unused;
  TILE_FIELDS
} pc;

float setting(int i) { return load_scalar(Addresses(pc.settings).at[i]); }

void main() {
  if (TILE_NUMBER > 0) return;
  uint step_number = load_scalar_uint(pc.step_counter);
  float t = float(step_number) + 1.0;
  float warm_up = setting(2), length = setting(3), limit = setting(4);
  float rate = setting(1);
  if (warm_up > 0.0) rate *= min(1.0, t / warm_up);
  if (length > 0.0)
    rate *= pc.final_fraction + (1.0 - pc.final_fraction) * 0.5 * (1.0 + cos(3.14159265 * min(1.0, t / length)));
  float age = t - (MOMENTS_BEGIN_LATER ? float(load_scalar_uint(Addresses(pc.settings).at[7])) : 0.0);
  float norm = sqrt(load_scalar(pc.square_norm));
  float clip = limit > 0.0 && norm > limit ? limit / norm : 1.0;
  float row[8] = float[8](rate, norm, clip, 1.0 / (1.0 - pow(pc.beta1, age)), 1.0 / (1.0 - pow(pc.beta2, age)),
                          AVERAGED ? min(setting(5), (1.0 + t) / (10.0 + t)) : 0.0, 0.0, 0.0);
  if (LANE < VECTOR) Floats(pc.schedule).at[LANE] = LANE < 8 ? row[min(LANE, 7)] : 0.0;
  if (LANE == 0) Uints(pc.step_counter).at[0] = step_number + 1u;
}
