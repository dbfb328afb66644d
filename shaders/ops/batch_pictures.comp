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

// Labels are carried as the bits of a float: stores do not touch them.
float picked(int element) {
  int item = element / ITEM;
  uint index = min(load_scalar_uint(pc.indices + uint64_t(item) * 4ul), uint(LAST_ITEM));
  uint offset = index * uint(ITEM) + uint(element - item * ITEM);
  uint value = (load_scalar_uint(pc.data + uint64_t(offset & ~3u)) >> ((offset & 3u) * 8u)) & 255u;
  if (CONVERSION == SCALED) return float(value) / 255.0;
  if (CONVERSION == HALF) return mix(0.0, 1.0, value >= 128u);
  if (CONVERSION == BINARY) return mix(0.0, 1.0, value != 0u);
  if (CONVERSION == LABEL) return uintBitsToFloat(value);
  // (word >> 8) / 2^24 < value / 255 in whole numbers: both sides fit 32 bits.
  uint word = own_word(element_block(element, pc.seed, pc.step, pc.stream), element);
  return mix(0.0, 1.0, (word >> 8) * 255u < value << 24);
}

void main() {
  FOR_LOGICAL_ELEMENTS(picked, pc.result)
}
