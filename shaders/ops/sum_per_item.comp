#version 460
#extension GL_GOOGLE_include_directive : require
#include "common/lanes.glsl"

// Adds up to LINKS rows of one item, a vector of columns a team: tile = (item * chains + chain) * ROW_VECTORS + vector.
layout(constant_id = 1) const int LINKS = 1;
layout(constant_id = 2) const int ROW_VECTORS = 1;

layout(push_constant, scalar) uniform PushConstants {
  uint64_t source;  // the first row of the first item
  uint64_t result;  // [items, chains, ROW_VECTORS * VECTOR]
  int item_rows, rows;  // of the source: from item to item; of an item
  int chains, unused;
  TILE_FIELDS
} pc;

void main() {
  int tile = TILE_NUMBER;
  if (!LAVAPIPE && tile >= pc.count) return;
  int chain = tile / ROW_VECTORS;
  int vector = tile - chain * ROW_VECTORS;
  int item = chain / pc.chains;
  int first = (chain - item * pc.chains) * LINKS;
  uint64_t start = pc.source + uint64_t((item * pc.item_rows * ROW_VECTORS + vector) * (VECTOR * 4));
  float sum = 0.0;
  if (LAVAPIPE) {
    [[unroll]] for (int link = 0; link < LINKS; link++) {
      int row = min(first + link, pc.rows - 1);
      sum += mix(0.0, load_vector(start + uint64_t(row * ROW_VECTORS * (VECTOR * 4))), first + link < pc.rows);
    }
  } else if (LANE < VECTOR) {
    for (int row = first; row < min(first + LINKS, pc.rows); row++)
      sum += load_scalar(start + uint64_t(row * ROW_VECTORS * (VECTOR * 4) + LANE * 4));
  }
  STORES {
    if (LAVAPIPE || LANE < VECTOR) store_vector(pc.result + uint64_t(tile) * uint64_t(VECTOR * 4), sum);
  }
}
