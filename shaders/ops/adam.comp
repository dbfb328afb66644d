#version 460
#extension GL_GOOGLE_include_directive : require
#include "common/lanes.glsl"
#include "common/elementwise.glsl"

// One update of every parameter by one of engine/ops/adam.h's rules; pads have zero gradients and stay zero.
layout(constant_id = 1) const bool AVERAGED = false;
layout(constant_id = 2) const float EPSILON = 1e-8;
layout(constant_id = 3) const int RULE = 0;
layout(constant_id = 4) const bool LIVE_BETAS = false;
layout(constant_id = 5) const bool SHRINKS = false;

const int ADAM = 0, MOMENTUM = 1, RMS_PROP = 2;

layout(push_constant, scalar) uniform PushConstants {
  uint64_t values, gradients, first_moments, second_moments, average;
  uint64_t schedule;  // row of 16: see shaders/ops/adam_schedule.comp
  float beta1, beta2;
  TILE_FIELDS
} pc;

OUTPUT_TILE(0)
OUTPUT_TILE(1)
OUTPUT_TILE(2)
OUTPUT_TILE(3)

void main() {
  ELEMENTWISE_TILE
  float plain_rate = load_scalar(pc.schedule), rate = plain_rate * load_scalar(pc.schedule + 12ul);
  float beta1 = LIVE_BETAS ? load_scalar(pc.schedule + 24ul) : pc.beta1;
  float beta2 = LIVE_BETAS ? load_scalar(pc.schedule + 28ul) : pc.beta2;
  float shrink = SHRINKS ? plain_rate * load_scalar(pc.schedule + 32ul) : 0.0;
  float clip = load_scalar(pc.schedule + 8ul);
  float correction2 = load_scalar(pc.schedule + 16ul);
  float decay = load_scalar(pc.schedule + 20ul);
  float value[VECTORS], first[VECTORS], second[VECTORS], average[VECTORS];
  EACH_VECTOR(v) {
    float gradient = load_vector(AT(pc.gradients, v)) * clip;
    float before = load_vector(AT(pc.values, v));
    first[v] = load_vector(AT(pc.first_moments, v));
    second[v] = load_vector(AT(pc.second_moments, v));
    if (RULE != RMS_PROP) first[v] = beta1 * first[v] + (RULE == ADAM ? 1.0 - beta1 : 1.0) * gradient;
    if (RULE != MOMENTUM) second[v] = beta2 * second[v] + (1.0 - beta2) * gradient * gradient;
    if (RULE == ADAM) value[v] = before - rate * first[v] / (sqrt(second[v] * correction2) + EPSILON);
    if (RULE == MOMENTUM) value[v] = before - plain_rate * first[v];
    if (RULE == RMS_PROP) value[v] = before - plain_rate * gradient / (sqrt(second[v]) + EPSILON);
    if (SHRINKS) value[v] -= shrink * before;
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
