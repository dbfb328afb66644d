#version 460
#extension GL_GOOGLE_include_directive : require
#include "common/lanes.glsl"
#include "common/elementwise.glsl"
#include "common/philox.glsl"

// The numbers of the items of one step's batch: position -> place in a shuffled epoch (engine/ops/batch.h).
layout(push_constant, scalar) uniform PushConstants {
  uint64_t result, seed, step;
  uint batch, items;
  int half_bits, unused;
  TILE_FIELDS
} pc;

const uint SHUFFLE = 0x73687566u;

uint mixed(uint x) {  // the finaliser of MurmurHash3
  x ^= x >> 16;
  x *= 0x85ebca6bu;
  x ^= x >> 13;
  x *= 0xc2b2ae35u;
  return x ^ (x >> 16);
}

uint shuffled(uint place, uint epoch) {
  uvec2 key = uvec2(load_scalar_uint(pc.seed), load_scalar_uint(pc.seed + 4ul));
  uvec4 even = philox(uvec4(epoch, 0u, 0u, SHUFFLE), key), odd = philox(uvec4(epoch, 1u, 0u, SHUFFLE), key);
  uint low_bits = (1u << pc.half_bits) - 1u;
  do {
    uint left = place >> pc.half_bits, right = place & low_bits;
    [[unroll]] for (int round = 0; round < 8; round++) {
      uint round_key = round < 4 ? even[round & 3] : odd[round & 3];
      uint next = left ^ (mixed(right ^ round_key) & low_bits);
      left = right;
      right = next;
    }
    place = (left << pc.half_bits) | right;
  } while (place >= pc.items);
  return place;
}

void main() {
  ELEMENTWISE_TILE
  EACH_VECTOR(v) {
    int element = tile_start + v * SG + LANE;
    uint64_t position = uint64_t(load_scalar_uint(pc.step)) * uint64_t(pc.batch) + uint64_t(element);
    uint64_t epoch = position / uint64_t(pc.items);
    uint place = uint(position - epoch * uint64_t(pc.items));
    uint index = 0u;
    if (uint(element) < pc.batch) index = shuffled(place, uint(epoch));
    store_vector_uint(AT(pc.result, v), index);
  }
}
