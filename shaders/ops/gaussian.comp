#version 460
#extension GL_GOOGLE_include_directive : require
#include "common/lanes.glsl"
#include "common/elementwise.glsl"

// Diagonal Gaussians: numbering of engine/ops/gaussian.cpp. Everything is 0 where all operands are, so pads stay zero.
layout(constant_id = 1) const int KIND = 0;

const int KL = 0, KL_GRADIENT = 1, SAMPLE = 2, SAMPLE_GRADIENT = 3;

layout(push_constant, scalar) uniform PushConstants {
  uint64_t mean;  // or the gradient that reached the result
  uint64_t log_variance, noise, result;
  TILE_FIELDS
} pc;

OUTPUT_TILE(0)

void main() {
  ELEMENTWISE_TILE
  float result[VECTORS];
  EACH_VECTOR(v) {
    float a = load_vector(AT(pc.mean, v)), log_variance = load_vector(AT(pc.log_variance, v));
    if (KIND == KL) result[v] = 0.5 * (a * a + ((exp(log_variance) - 1.0) - log_variance));
    if (KIND == KL_GRADIENT) result[v] = 0.5 * a * (exp(log_variance) - 1.0);
    if (KIND == SAMPLE || KIND == SAMPLE_GRADIENT) {
      float deviate = exp(0.5 * log_variance) * load_vector(AT(pc.noise, v));
      result[v] = KIND == SAMPLE ? a + deviate : 0.5 * a * deviate;
    }
  }
  PIN_TILE(0, result)
  STORE_TILE(0, pc.result, result)
}
