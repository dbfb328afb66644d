#version 460
#extension GL_GOOGLE_include_directive : require
#extension GL_KHR_shader_subgroup_ballot : require
#include "common/lanes.glsl"

// result[v] = sum of upstream[r] over the rows r with indices[r] == v, in ascending r: the same bits on every run. One team
// adds up to BLOCK vectors of one table row.
layout(constant_id = 1) const int STRIDE = 8;
layout(constant_id = 2) const int BLOCK = 1;   // vectors; divides STRIDE / VECTOR
layout(constant_id = 3) const int ENTRIES = 1;
layout(constant_id = 4) const int INDEX_STRIDE = 1;

layout(push_constant, scalar) uniform PushConstants {
  uint64_t upstream, indices, result;
  int rows, unused;
  TILE_FIELDS
} pc;

void main() {
  int tile = TILE_NUMBER;
  if (!LAVAPIPE && tile >= pc.count) return;
  const int BLOCKS = STRIDE / VECTOR / BLOCK;
  int entry = tile / BLOCKS;
  int column = (tile - entry * BLOCKS) * BLOCK * VECTOR;
  float sums[BLOCK];
  [[unroll]] for (int b = 0; b < BLOCK; b++) sums[b] = 0.0;
  if (LAVAPIPE) {
    [[dont_unroll]] for (int start = 0; start < pc.rows; start += SG) {
      int own = start + LANE;
      uint index = load_scalar_uint(pc.indices + uint64_t(min(own, pc.rows - 1) * INDEX_STRIDE) * 4ul);
      uint hits = subgroupBallot(own < pc.rows && entry < ENTRIES && index == uint(entry)).x;
      [[dont_unroll]] while (hits != 0u) {
        int row = start + findLSB(hits);
        hits &= hits - 1u;
        [[unroll]] for (int b = 0; b < BLOCK; b++)
          sums[b] += load_scalar(pc.upstream + uint64_t(row * STRIDE + column + b * VECTOR + LANE) * 4ul);
      }
    }
  } else if (LANE < VECTOR && entry < ENTRIES) {
    for (int row = 0; row < pc.rows; row++) {
      if (load_scalar_uint(pc.indices + uint64_t(row * INDEX_STRIDE) * 4ul) != uint(entry)) continue;
      for (int b = 0; b < BLOCK; b++)
        sums[b] += load_scalar(pc.upstream + uint64_t(row * STRIDE + column + b * VECTOR + LANE) * 4ul);
    }
  }
  STORES [[unroll]] for (int b = 0; b < BLOCK; b++) {
    if (LAVAPIPE || LANE < VECTOR) store_vector(pc.result + uint64_t(entry * STRIDE + column + b * VECTOR) * 4ul, sums[b]);
  }
}
