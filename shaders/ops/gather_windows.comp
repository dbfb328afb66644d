#version 460
#extension GL_GOOGLE_include_directive : require
#include "common/lanes.glsl"
#include "common/elementwise.glsl"
#include "common/column.glsl"
#include "common/logical.glsl"

// result[n][f][k] = data[starts[indices[n]] + f * hop + k].
layout(push_constant, scalar) uniform PushConstants {
  uint64_t data, starts, indices, result;
  int last_sample, last_start, rows, hop;
  TILE_FIELDS
} pc;

float heard(int element) {
  int row = element / COLUMNS;
  int window = row / pc.rows;
  uint index = load_scalar_uint(pc.indices + uint64_t(window) * 4ul);
  int start = int(load_scalar_uint(pc.starts + uint64_t(min(index, uint(pc.last_start))) * 4ul));
  int at = start + (row - window * pc.rows) * pc.hop + element - row * COLUMNS;
  return load_scalar(pc.data + uint64_t(min(at, pc.last_sample)) * 4ul);
}

void main() {
  FOR_LOGICAL_ELEMENTS(heard, pc.result)
}
