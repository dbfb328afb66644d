#version 460
#extension GL_GOOGLE_include_directive : require
#include "common/lanes.glsl"
#include "common/elementwise.glsl"

// Soft thresholding, and FISTA's extrapolation (engine/ops/shrink.h).
layout(constant_id = 1) const bool WITH_POINT = false;

layout(push_constant, scalar) uniform PushConstants {
  uint64_t z, previous, positive, negative, momentum, codes, point;
  TILE_FIELDS
} pc;

OUTPUT_TILE(0)
OUTPUT_TILE(1)

void main() {
  ELEMENTWISE_TILE
  float positive = load_scalar(pc.positive), negative = load_scalar(pc.negative);
  float codes[VECTORS], point[VECTORS];
  EACH_VECTOR(v) {
    float z = load_vector(AT(pc.z, v));
    codes[v] = max(z - positive, 0.0) - max(-z - negative, 0.0);
    if (WITH_POINT) point[v] = fma(load_scalar(pc.momentum), codes[v] - load_vector(AT(pc.previous, v)), codes[v]);
  }
  PIN_TILE(0, codes)
  if (WITH_POINT) PIN_TILE(1, point)
  STORE_TILE(0, pc.codes, codes)
  if (WITH_POINT) STORE_TILE(1, pc.point, point)
}
