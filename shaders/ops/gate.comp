#version 460
#extension GL_GOOGLE_include_directive : require
#include "common/lanes.glsl"
#include "common/elementwise.glsl"

// y[c] = tanh(x[c]) sigmoid(x[p + c]), c < p; or with GRADIENT dx from dy. A walk over the vectors of dx or y. Halo rows and
// guards need no mask: tanh(0) and dy are zero there.
layout(constant_id = 1) const bool GRADIENT = false;
layout(constant_id = 2) const int CHANNELS = 8;     // p
layout(constant_id = 3) const int WIDE_STRIDE = 16;  // elements from row to row of x
layout(constant_id = 4) const int STRIDE = 8;        // of y

layout(push_constant, scalar) uniform PushConstants {
  uint64_t x, upstream, result;
  TILE_FIELDS
} pc;

float logistic(float x) { return 1.0 / (1.0 + exp(-x)); }
float hyperbolic_tangent(float x) { return 1.0 - 2.0 / (1.0 + exp(2.0 * x)); }
float gate(float a, float b) { return hyperbolic_tangent(a) * logistic(b); }
float gate_slope(float a, float b, bool second) {
  float t = hyperbolic_tangent(a), s = logistic(b);
  return mix(s * (1.0 - t * t), t * s * (1.0 - s), second);
}

// Vectors that begin anywhere in a row and must not leave it: what lies behind its end is masked by the caller.
float load_clamped(uint64_t row, int column, int stride) {
  if (!LAVAPIPE) return load_scalar(row + uint64_t(min(column + LANE, stride - 1) * 4));
  float values[SG];
  [[unroll]] for (int l = 0; l < SG; l++) values[l] = load_scalar(row + uint64_t(min(column + l, stride - 1) * 4));
  float result = values[0];
  [[unroll]] for (int l = 1; l < SG; l++) result = mix(result, values[l], gl_SubgroupInvocationID == uint(l));
  return result;
}

OUTPUT_TILE(0)

void main() {
  ELEMENTWISE_TILE
  float result[VECTORS];
  const int OWN = GRADIENT ? WIDE_STRIDE : STRIDE;
  EACH_VECTOR(v) {
    if (LAVAPIPE) {
      int vector = tile_start / VECTOR + v;
      int row = vector / (OWN / VECTOR);
      int column = (vector - row * (OWN / VECTOR)) * VECTOR;
      uint64_t wide = pc.x + uint64_t(row * WIDE_STRIDE) * 4ul;
      if (!GRADIENT) {
        float a = load_vector(wide + uint64_t(column * 4));
        float b = CHANNELS % VECTOR == 0 ? load_vector(wide + uint64_t(column * 4) + uint64_t(CHANNELS * 4))
                                    : load_clamped(wide, column + CHANNELS, WIDE_STRIDE);
        result[v] = gate(a, b);
        if (CHANNELS % VECTOR != 0) result[v] = mix(0.0, result[v], column + LANE < CHANNELS);
      } else if (CHANNELS % VECTOR == 0) {
        bool second = column >= CHANNELS;
        int channel = column - mix(0, CHANNELS, second);
        float a = load_vector(wide + uint64_t(channel * 4)), b = load_vector(wide + uint64_t(channel * 4) + uint64_t(CHANNELS * 4));
        result[v] = load_vector(pc.upstream + uint64_t(row * STRIDE + channel) * 4ul) * gate_slope(a, b, second);
      } else {
        int own = column + LANE;
        bool second = own >= CHANNELS;
        int channel = min(own - mix(0, CHANNELS, second), CHANNELS - 1);
        float a = load_scalar(wide + uint64_t(channel * 4)), b = load_scalar(wide + uint64_t((channel + CHANNELS) * 4));
        float dy = load_scalar(pc.upstream + uint64_t(row * STRIDE + channel) * 4ul);
        result[v] = mix(0.0, dy * gate_slope(a, b, second), own < 2 * CHANNELS);
      }
    } else {
      int element = tile_start + v * SG + LANE;
      int row = element / OWN;
      int column = element - row * OWN;
      bool second = column >= CHANNELS;
      int channel = min(column - mix(0, CHANNELS, second), CHANNELS - 1);
      uint64_t wide = pc.x + uint64_t(row * WIDE_STRIDE) * 4ul;
      float a = load_scalar(wide + uint64_t(channel * 4)), b = load_scalar(wide + uint64_t((channel + CHANNELS) * 4));
      if (GRADIENT) {
        float dy = load_scalar(pc.upstream + uint64_t(row * STRIDE + channel) * 4ul);
        result[v] = mix(0.0, dy * gate_slope(a, b, second), column < 2 * CHANNELS);
      } else {
        result[v] = mix(0.0, gate(a, b), column < CHANNELS);
      }
    }
  }
  PIN_TILE(0, result)
  STORE_TILE(0, pc.result, result)
}
