#version 460
#extension GL_GOOGLE_include_directive : require
#include "common/lanes.glsl"
#include "common/elementwise.glsl"

// One Adam update of every parameter (Kingma & Ba 2015, algorithm 1); pads have zero gradients and stay zero.
layout(constant_id = 1) const bool AVERAGED = false;
layout(constant_id = 2) const float EPSILON = 1e-8;

layout(push_constant, scalar) uniform PushConstants {
  uint64_t values, gradients, first_moments, second_moments, average;
  uint64_t schedule;  // row of 8: see shaders/ops/adam_schedule.comp
  float beta1, beta2;
  TILE_FIELDS
} pc;

OUTPUT_TILE(0)
OUTPUT_TILE(1)
OUTPUT_TILE(2)
OUTPUT_TILE(3)

void main() {
  ELEMENTWISE_TILE
  float rate = load_scalar(pc.schedule) * load_scalar(pc.schedule + 12ul);
  float clip = load_scalar(pc.schedule + 8ul);
  float correction2 = load_scalar(pc.schedule + 16ul);
  float decay = load_scalar(pc.schedule + 20ul);
  float value[VECTORS], first[VECTORS], second[VECTORS], average[VECTORS];
  EACH_VECTOR(v) {
    float gradient = load_vector(AT(pc.gradients, v)) * clip;
    first[v] = pc.beta1 * load_vector(AT(pc.first_moments, v)) + (1.0 - pc.beta1) * gradient;
    second[v] = pc.beta2 * load_vector(AT(pc.second_moments, v)) + (1.0 - pc.beta2) * gradient * gradient;
    value[v] = load_vector(AT(pc.values, v)) - rate * first[v] / (sqrt(second[v] * correction2) + EPSILON);
    if (AVERAGED) {
      // In this order the average is the value itself, to the bit, where the decay is 0.
      average[v] = value[v] + decay * (load_vector(AT(pc.average, v)) - value[v]);
    }
  }
  PIN_TILE(0, value)
  PIN_TILE(1, first)
  PIN_TILE(2, second)
  if (AVERAGED) PIN_TILE(3, average)
  STORE_TILE(0, pc.values, value)
  STORE_TILE(1, pc.first_moments, first)
  STORE_TILE(2, pc.second_moments, second)
  if (AVERAGED) STORE_TILE(3, pc.average, average)
}
