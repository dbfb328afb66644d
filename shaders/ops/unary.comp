#version 460
#extension GL_GOOGLE_include_directive : require
#include "common/lanes.glsl"
#include "common/elementwise.glsl"

// y = f(x), or with GRADIENT dx = upstream * f'; numbering of engine/ops/unary.cpp.
layout(constant_id = 1) const int FUNCTION = 0;
layout(constant_id = 2) const bool MASKED = false;  // f(0) is not 0 (or f'(0) not finite): pads are kept zero by the mask
layout(constant_id = 3) const bool GRADIENT = false;

const int RELU = 0, SIGMOID = 1, TANH = 2, EXP = 3, LOG = 4, SOFTPLUS = 5, SQUARE = 6, SQRT = 7, AFFINE = 8, LEAKY_RELU = 9;

layout(push_constant, scalar) uniform PushConstants {
  uint64_t x;         // for gradients of RELU, SIGMOID, TANH, EXP, SQRT and LEAKY_RELU: y = f(x)
  uint64_t upstream;  // dy
  uint64_t result;
  uint64_t mask;      // 1 per logical element, else 0
  float scale, shift;
  TILE_FIELDS
} pc;

float logistic(float x) { return 1.0 / (1.0 + exp(-x)); }

float function(float x) {
  if (FUNCTION == RELU) return max(x, 0.0);
  if (FUNCTION == SIGMOID) return logistic(x);
  if (FUNCTION == TANH) return 1.0 - 2.0 / (1.0 + exp(2.0 * x));
  if (FUNCTION == EXP) return exp(x);
  if (FUNCTION == LOG) return log(x);
  if (FUNCTION == SOFTPLUS) return max(x, 0.0) + log(1.0 + exp(-abs(x)));
  if (FUNCTION == SQUARE) return x * x;
  if (FUNCTION == SQRT) return sqrt(x);
  if (FUNCTION == LEAKY_RELU) return mix(pc.scale * x, x, x > 0.0);
  return fma(pc.scale, x, pc.shift);
}

float slope(float x) {
  if (FUNCTION == RELU) return mix(0.0, 1.0, x > 0.0);
  if (FUNCTION == SIGMOID) return x * (1.0 - x);
  if (FUNCTION == TANH) return 1.0 - x * x;
  if (FUNCTION == EXP) return x;
  if (FUNCTION == LOG) return 1.0 / x;
  if (FUNCTION == SOFTPLUS) return logistic(x);
  if (FUNCTION == SQUARE) return 2.0 * x;
  if (FUNCTION == SQRT) return 0.5 / x;
  if (FUNCTION == LEAKY_RELU) return mix(pc.scale, 1.0, x > 0.0);
  return pc.scale;
}

OUTPUT_TILE(0)

void main() {
  ELEMENTWISE_TILE
  float result[VECTORS];
  EACH_VECTOR(v) {
    float x = load_vector(AT(pc.x, v));
    result[v] = GRADIENT ? slope(x) * load_vector(AT(pc.upstream, v)) : function(x);
    if (MASKED) result[v] = mix(0.0, result[v], load_vector(AT(pc.mask, v)) > 0.0);
  }
  PIN_TILE(0, result)
  STORE_TILE(0, pc.result, result)
}
