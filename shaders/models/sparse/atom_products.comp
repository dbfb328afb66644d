#version 460
#extension GL_GOOGLE_include_directive : require
#include "common/lanes.glsl"

// sums[j] (+)= sum over i < TERMS of A[j][i] d[i], for the BLOCK rows of one block and one vector of pixels a team. Few rows,
// so the tile is one vector wide and as high as the block; unrolled completely, as lavapipe wants it.
layout(constant_id = 1) const int BLOCK = 12;
layout(constant_id = 2) const int PRODUCT_STRIDE = 8;  // floats from row to row of A
layout(constant_id = 3) const int STRIDE = 8;          // likewise of the others
layout(constant_id = 4) const int TERMS = 8;
layout(constant_id = 5) const bool FIRST = true;       // else goes on from what is in sums

layout(push_constant, scalar) uniform PushConstants {
  uint64_t products;    // of the block's first row, this dispatch's first term
  uint64_t dictionary;  // of this dispatch's first term
  uint64_t sums;        // of the block's first row
  TILE_FIELDS
} pc;

void main() {
  int tile = TILE_NUMBER;
  if (!LAVAPIPE && (tile >= pc.count || tile * SG + LANE >= STRIDE)) return;
  uint64_t offset = uint64_t(tile * SG * 4);
  float sum[BLOCK];
  [[unroll]] for (int j = 0; j < BLOCK; j++) sum[j] = FIRST ? 0.0 : load_vector(pc.sums + offset + uint64_t(j * STRIDE * 4));
  [[unroll]] for (int i = 0; i < TERMS; i++) {
    float atom = load_vector(pc.dictionary + offset + uint64_t(i * STRIDE * 4));
    [[unroll]] for (int j = 0; j < BLOCK; j++)
      sum[j] = fma(load_scalar(pc.products + uint64_t((j * PRODUCT_STRIDE + i) * 4)), atom, sum[j]);
  }
  STORES {
    [[unroll]] for (int j = 0; j < BLOCK; j += 2)
      store_two_vectors(pc.sums + offset + uint64_t(j * STRIDE * 4), STRIDE * 4, sum[j], sum[j + 1]);
  }
}
