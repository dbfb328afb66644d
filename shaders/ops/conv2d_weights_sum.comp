#version 460
#extension GL_GOOGLE_include_directive : require
#include "common/lanes.glsl"
#include "common/elementwise.glsl"

// target[i] = sum over s of slab[s][i], in the order of s: the last step of a weight gradient.
layout(constant_id = 1) const int SLABS = 16;

layout(push_constant, scalar) uniform PushConstants {
  uint64_t slabs, target;
  int slab_bytes, unused;
  TILE_FIELDS
} pc;

OUTPUT_TILE(0)

void main() {
  ELEMENTWISE_TILE
  float sum[VECTORS];
  EACH_VECTOR(v) sum[v] = 0.0;
  [[unroll]] for (int s = 0; s < SLABS; s++) EACH_VECTOR(v) sum[v] += load_vector(AT(pc.slabs + uint64_t(s * pc.slab_bytes), v));
  PIN_TILE(0, sum)
  STORE_TILE(0, pc.target, sum)
}
