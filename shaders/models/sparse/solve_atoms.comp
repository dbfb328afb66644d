#version 460
#extension GL_GOOGLE_include_directive : require
#include "common/lanes.glsl"

// The atoms of one block, one after the other, for one vector of pixels: u_j = d_j + (b_j - A_j d)/A_jj. The sums A_j d were
// taken before the block began; what the block's earlier atoms changed since is added here. Pixels are independent.
layout(constant_id = 1) const int BLOCK = 12;
layout(constant_id = 2) const int PRODUCT_STRIDE = 8;  // floats from row to row of A
layout(constant_id = 3) const int STRIDE = 8;          // likewise of the others

layout(push_constant, scalar) uniform PushConstants {
  uint64_t products;    // of the block's first row and column
  uint64_t targets, sums, dictionary;  // of the block's first row
  TILE_FIELDS
} pc;

void main() {
  int tile = TILE_NUMBER;
  if (!LAVAPIPE && (tile >= pc.count || tile * SG + LANE >= STRIDE)) return;
  uint64_t offset = uint64_t(tile * SG * 4);
  float change[BLOCK], atom[BLOCK];
  [[unroll]] for (int j = 0; j < BLOCK; j++) {
    float sum = load_vector(pc.sums + offset + uint64_t(j * STRIDE * 4));
    [[unroll]] for (int i = 0; i < j; i++)
      sum = fma(load_scalar(pc.products + uint64_t((j * PRODUCT_STRIDE + i) * 4)), change[i], sum);
    float own = load_scalar(pc.products + uint64_t((j * PRODUCT_STRIDE + j) * 4));
    float target = load_vector(pc.targets + offset + uint64_t(j * STRIDE * 4));
    change[j] = mix(0.0, (target - sum) / max(own, 1e-9), own > 1e-9);
    atom[j] = load_vector(pc.dictionary + offset + uint64_t(j * STRIDE * 4)) + change[j];
  }
  STORES {
    [[unroll]] for (int j = 0; j < BLOCK; j += 2)
      store_two_vectors(pc.dictionary + offset + uint64_t(j * STRIDE * 4), STRIDE * 4, atom[j], atom[j + 1]);
  }
}
