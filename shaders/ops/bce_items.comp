#version 460
#extension GL_GOOGLE_include_directive : require
#include "common/lanes.glsl"
#include "common/column.glsl"
#include "common/bce.glsl"

// Binary cross-entropy summed along chains of LINKS groups of VECTOR elements of one item, lane by lane: tile = item * chains +
// chain. A group is VECTOR rows of a tensor of ONE_COLUMN, else a vector.
layout(constant_id = 1) const int LINKS = 32;
layout(constant_id = 2) const bool ONE_COLUMN = false;

layout(push_constant, scalar) uniform PushConstants {
  uint64_t logits, targets;  // of the first item
  uint64_t mask;             // of the first item: 1 per logical element (per row with ONE_COLUMN), else 0
  uint64_t partial;          // [items, chains, VECTOR]
  int chains, groups;        // of one item
  int item_elements;         // from item to item
  int item_rows;
  TILE_FIELDS
} pc;

void main() {
  int tile = TILE_NUMBER;
  if (!LAVAPIPE && tile >= pc.count) return;
  int item = tile / pc.chains;
  int first = (tile - item * pc.chains) * LINKS;
  float sum = 0.0;
  if (LAVAPIPE) {
    [[unroll]] for (int link = 0; link < LINKS; link++) {
      int group = min(first + link, pc.groups - 1);
      if (ONE_COLUMN) {
        int row = group * VECTOR;
        uint64_t at = uint64_t(item * pc.item_elements + row * VECTOR) * 4ul;
        float value = cross_entropy(load_column(pc.logits + at), load_column(pc.targets + at));
        bool own = load_vector(pc.mask + uint64_t(item * pc.item_rows + row) * 4ul) > 0.0 &&
            row + LANE < pc.item_rows && first + link < pc.groups;
        sum += mix(0.0, value, own);
      } else {
        uint64_t at = uint64_t(item * pc.item_elements + group * VECTOR) * 4ul;
        float value = cross_entropy(load_vector(pc.logits + at), load_vector(pc.targets + at));
        sum += mix(0.0, value, load_vector(pc.mask + at) > 0.0 && first + link < pc.groups);
      }
    }
  } else if (LANE < VECTOR) {
    for (int group = first; group < min(first + LINKS, pc.groups); group++) {
      int element = ONE_COLUMN ? (group * VECTOR + LANE) * VECTOR : group * VECTOR + LANE;
      if (element >= pc.item_elements) break;
      uint64_t at = uint64_t(item * pc.item_elements + element) * 4ul;
      float logical = load_scalar(ONE_COLUMN ? pc.mask + uint64_t(item * pc.item_rows + element / VECTOR) * 4ul : pc.mask + at);
      if (logical > 0.0) sum += cross_entropy(load_scalar(pc.logits + at), load_scalar(pc.targets + at));
    }
  }
  STORES {
    if (LAVAPIPE || LANE < VECTOR) store_vector(pc.partial + uint64_t(tile) * uint64_t(VECTOR * 4), sum);
  }
}
