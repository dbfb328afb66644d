#version 460
#extension GL_GOOGLE_include_directive : require
#include "common/lanes.glsl"
#include "common/elementwise.glsl"
#include "common/column.glsl"
#include "common/logical.glsl"
#include "common/philox.glsl"

// Random numbers by logical element: numbering of engine/ops/random.cpp.
layout(constant_id = 1) const int KIND = 0;

const int UNIFORM = 0, NORMAL = 1, BERNOULLI = 2;

layout(push_constant, scalar) uniform PushConstants {
  uint64_t probabilities;  // of BERNOULLI: a tensor of the result's geometry
  uint64_t result, seed, step;
  uint stream, unused;
  TILE_FIELDS
} pc;

float unit(uint word) { return float(word >> 8) * (1.0 / 16777216.0); }

// -log(1 - u). Near u = 0 by the series of 2 artanh(u / (2 - u)): its square root is a radius, which would magnify the
// absolute error of log there.
float exponential(float u) {
  float s = u / (2.0 - u);
  float q = s * s;
  float series = 2.0 * s * fma(q, fma(q, fma(q, fma(q, 1.0 / 9.0, 1.0 / 7.0), 1.0 / 5.0), 1.0 / 3.0), 1.0);
  return mix(-log(1.0 - u), series, u < 0.25);
}

float draw(int element) {
  uvec4 block = element_block(element, pc.seed, pc.step, pc.stream);
  if (KIND != NORMAL) return unit(own_word(block, element));
  bool second = (element & 2) != 0;
  float radius = sqrt(2.0 * exponential(unit(mix(block.x, block.z, second))));
  // Half a turn less, so that the argument stays within half a turn of zero.
  float angle = 6.2831853 * (unit(mix(block.y, block.w, second)) - 0.5);
  return -radius * mix(cos(angle), sin(angle), (element & 1) != 0);
}

void main() {
  if (KIND != BERNOULLI) {
    FOR_LOGICAL_ELEMENTS(draw, pc.result)
    return;
  }
  ELEMENTWISE_TILE
  if (LAVAPIPE && COLUMNS == 1 && VECTORS == VECTOR) {
    int element = logical_element(tile_start / VECTOR + LANE, 0);
    bool one = draw(max(element, 0)) < load_column(AT(pc.probabilities, 0));
    STORES store_column(AT(pc.result, 0), mix(0.0, 1.0, one && element >= 0));
    return;
  }
  float values[VECTORS];
  EACH_VECTOR(v) {
    int place = tile_start + v * SG + (LAVAPIPE ? 0 : LANE);
    int row = place / STRIDE;
    int element = logical_element(row, place - row * STRIDE + (LAVAPIPE ? LANE : 0));
    bool one = draw(max(element, 0)) < load_vector(AT(pc.probabilities, v));
    values[v] = mix(0.0, 1.0, one && element >= 0);
  }
  STORES EACH_VECTOR(v) store_vector(AT(pc.result, v), values[v]);
}
