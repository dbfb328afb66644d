#version 460
#extension GL_GOOGLE_include_directive : require
#include "common/lanes.glsl"
#include "common/elementwise.glsl"

// Sets a range to zero: for operations that write logical rows alone.
layout(push_constant, scalar) uniform PushConstants {
  uint64_t result;
  TILE_FIELDS
} pc;

void main() {
  ELEMENTWISE_TILE
  STORES EACH_VECTOR(v) store_vector(AT(pc.result, v), 0.0);
}
