#version 460
#extension GL_GOOGLE_include_directive : require
#include "common/lanes.glsl"
#include "common/elementwise.glsl"
#include "common/column.glsl"
#include "common/logical.glsl"
#include "common/philox.glsl"

// result = the indexed items of packed 8-bit data, converted: numbering of engine/ops/batch.cpp.
layout(constant_id = 1) const int CONVERSION = 0;
layout(constant_id = 2) const int ITEM = 1;  // bytes, and elements, of one
layout(constant_id = 3) const int LAST_ITEM = 0;

const int SCALED = 0, HALF = 1, DRAWN = 2, BINARY = 3, LABEL = 4;

layout(push_constant, scalar) uniform PushConstants {
  uint64_t data, indices, result;
  uint64_t seed, step;  // of DRAWN
  uint stream, unused;
  TILE_FIELDS
} pc;

// Where logical element `element` is: bytes from the data's begin.
uint place_of(int element) {
  int item = element / ITEM;
  uint index = min(load_scalar_uint(pc.indices + uint64_t(item) * 4ul), uint(LAST_ITEM));
  return index * uint(ITEM) + uint(element - item * ITEM);
}

// (word >> 8) / 2^24 < value / 255 in whole numbers: both sides fit 32 bits.
float drawn(uint word, uint value) { return mix(0.0, 1.0, (word >> 8) * 255u < value << 24); }

// Labels are carried as the bits of a float: stores do not touch them.
float picked(int element) {
  uint place = place_of(element);
  uint value = (load_scalar_uint(pc.data + uint64_t(place & ~3u)) >> ((place & 3u) * 8u)) & 255u;
  if (CONVERSION == SCALED) return float(value) / 255.0;
  if (CONVERSION == HALF) return mix(0.0, 1.0, value >= 128u);
  if (CONVERSION == BINARY) return mix(0.0, 1.0, value != 0u);
  if (CONVERSION == LABEL) return uintBitsToFloat(value);
  return drawn(own_word(element_block(element, pc.seed, pc.step, pc.stream), element), value);
}

OUTPUT_TILE(0)

void main() {
  // Where rows follow each other without pads, four vectors share the random words and the data's that each would make and
  // look up anew: each lane those of four elements.
  if (LAVAPIPE && CONVERSION == DRAWN && COLUMNS == STRIDE && IMAGE_ROWS == 0 && VECTORS % 4 == 0 && ITEM % 4 == 0) {
    ELEMENTWISE_TILE
    float values[VECTORS];
    [[unroll]] for (int four = 0; four < VECTORS / 4; four++) {
      int start = tile_start + four * 4 * SG;
      uvec4 block = element_block(start + 4 * LANE, pc.seed, pc.step, pc.stream);
      int first = start + 4 * LANE;
      uint bytes = load_scalar_uint(pc.data + uint64_t(place_of(mix(0, first, first < LOGICAL_ROWS * COLUMNS))));
      [[unroll]] for (int v = 0; v < 4; v++) {
        uint from = uint(v * (SG / 4)) + gl_SubgroupInvocationID / 4u;
        uvec4 own = uvec4(subgroupShuffle(block.x, from), subgroupShuffle(block.y, from), subgroupShuffle(block.z, from),
                          subgroupShuffle(block.w, from));
        uint value = (subgroupShuffle(bytes, from) >> uint((LANE & 3) * 8)) & 255u;
        values[four * 4 + v] = mix(0.0, drawn(own_word(own, LANE), value), start + v * SG + LANE < LOGICAL_ROWS * COLUMNS);
      }
    }
    PIN_TILE(0, values)
    STORE_TILE(0, pc.result, values)
    return;
  }
  FOR_LOGICAL_ELEMENTS(picked, pc.result)
}
