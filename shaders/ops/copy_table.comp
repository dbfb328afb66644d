#version 460
#extension GL_GOOGLE_include_directive : require
#include "common/lanes.glsl"
#include "common/elementwise.glsl"

// result[i] = source[table[i]], or where the table says NONE zero (with KEEP: what it was). One pipeline for every
// rearrangement; the table is made once when the program is recorded.
layout(constant_id = 1) const bool KEEP = false;

const uint NONE = 0xffffffffu;

layout(push_constant, scalar) uniform PushConstants {
  uint64_t source, table, result;
  TILE_FIELDS
} pc;

void main() {
  ELEMENTWISE_TILE
  uint result[VECTORS];
  EACH_VECTOR(v) {
    uint from = load_vector_uint(AT(pc.table, v));
    uint value = load_scalar_uint(pc.source + uint64_t(mix(from, 0u, from == NONE)) * 4ul);
    uint other = KEEP ? load_vector_uint(AT(pc.result, v)) : 0u;
    result[v] = mix(value, other, from == NONE);
  }
  STORES EACH_VECTOR(v) store_vector_uint(AT(pc.result, v), result[v]);
}
