#version 460
#extension GL_GOOGLE_include_directive : require
#include "common/lanes.glsl"
#include "common/elementwise.glsl"

// Soft thresholding, and FISTA's extrapolation (engine/ops/shrink.h).
layout(constant_id = 1) const bool NON_NEGATIVE = false;
layout(constant_id = 2) const bool WITH_POINT = false;

layout(push_constant, scalar) uniform PushConstants {
  uint64_t z, previous, threshold, momentum, codes, point;
  TILE_FIELDS
} pc;

void main() {
  ELEMENTWISE_TILE
  float threshold = load_scalar(pc.threshold);
  float codes[VECTORS], point[VECTORS];
  EACH_VECTOR(v) {
    float z = load_vector(AT(pc.z, v));
    float size = max((NON_NEGATIVE ? z : abs(z)) - threshold, 0.0);
    codes[v] = mix(size, -size, z < 0.0);
    if (WITH_POINT) point[v] = fma(load_scalar(pc.momentum), codes[v] - load_vector(AT(pc.previous, v)), codes[v]);
  }
  STORE_TILE(pc.codes, codes)
  if (WITH_POINT) STORE_TILE(pc.point, point)
}
