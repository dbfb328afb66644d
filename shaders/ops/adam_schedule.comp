#version 460
#extension GL_GOOGLE_include_directive : require
#include "common/lanes.glsl"

// The numbers every element of an Adam update shares: learning rate with warm-up and cosine, clip factor, bias
// corrections; and the step counter's increment. One team, columns of the row as in engine/ops/adam.cpp.
layout(constant_id = 0) const bool AVERAGED = false;
layout(constant_id = 1) const bool MOMENTS_BEGIN_LATER = false;
layout(constant_id = 2) const bool ENDS_STEP = true;
layout(constant_id = 3) const bool SHAPED = false;
layout(constant_id = 4) const bool LIVE_BETA1 = false;
layout(constant_id = 5) const bool LIVE_BETA2 = false;
layout(constant_id = 6) const bool SHRINKS = false;

layout(buffer_reference, scalar, buffer_reference_align = 8) buffer Addresses { uint64_t at[16]; };

layout(push_constant, scalar) uniform PushConstants {
  uint64_t step_counter;
  uint64_t settings;  // addresses of: step, learning rate, warm-up, schedule length, clip norm, average's decay,
                      // square norm, step at which the moments were zero, shape, beta1, beta2, weight decay
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
  float shape = SHAPED ? setting(8) : 0.0;  // ScheduleShape
  if (length > 0.0 && shape < 0.5)
    rate *= pc.final_fraction + (1.0 - pc.final_fraction) * 0.5 * (1.0 + cos(3.14159265 * min(1.0, t / length)));
  if (length > 0.0 && shape > 0.5) {
    float left = 1.0 - min(1.0, t / length);
    rate *= shape > 1.5 ? left : pc.final_fraction + (1.0 - pc.final_fraction) * left;
  }
  float age = t - (MOMENTS_BEGIN_LATER ? float(load_scalar_uint(Addresses(pc.settings).at[7])) : 0.0);
  float norm = sqrt(load_scalar(pc.square_norm));
  float clip = limit > 0.0 && norm > limit ? limit / norm : 1.0;
  float beta1 = LIVE_BETA1 ? setting(9) : pc.beta1, beta2 = LIVE_BETA2 ? setting(10) : pc.beta2;
  float row[16] = float[16](rate, norm, clip, 1.0 / (1.0 - pow(beta1, age)), 1.0 / (1.0 - pow(beta2, age)),
                            AVERAGED ? min(setting(5), (1.0 + t) / (10.0 + t)) : 0.0, beta1, beta2,
                            SHRINKS ? setting(11) : 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
  [[unroll]] for (int first = 0; first < 16; first += SG)
    if (first + LANE < 16) Floats(pc.schedule).at[first + LANE] = row[min(first + LANE, 15)];
  if (ENDS_STEP && LANE == 0) Uints(pc.step_counter).at[0] = step_number + 1u;
}
