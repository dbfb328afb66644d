#version 460
#extension GL_GOOGLE_include_directive : require
#include "common/lanes.glsl"
#include "common/elementwise.glsl"
#include "common/column.glsl"
#include "common/bce.glsl"

// Binary cross-entropy of every element, or with GRADIENT its derivative times upstream.
layout(constant_id = 1) const bool GRADIENT = false;
layout(constant_id = 2) const bool ONE_COLUMN = false;
layout(constant_id = 3) const bool PER_ITEM = false;  // upstream is one value per item, a vector apart
layout(constant_id = 4) const int STRIDE = 8;
layout(constant_id = 5) const int ITEM_ROWS = 1;
layout(constant_id = 6) const int FIRST_ROW = 0;
layout(constant_id = 7) const int LAST_ITEM = 0;

layout(push_constant, scalar) uniform PushConstants {
  uint64_t logits, targets, upstream, result;
  uint64_t mask;  // 1 per logical element (per logical row with ONE_COLUMN), else 0
  TILE_FIELDS
} pc;

float term(float logit, float target) { return GRADIENT ? cross_entropy_slope(logit, target) : cross_entropy(logit, target); }
uint64_t item_of_row(int row) { return pc.upstream + uint64_t(clamp((row - FIRST_ROW) / ITEM_ROWS, 0, LAST_ITEM) * (VECTOR * 4)); }

OUTPUT_TILE(0)

void main() {
  ELEMENTWISE_TILE
  if (LAVAPIPE && ONE_COLUMN && VECTORS == VECTOR) {
    float value = term(load_column(AT(pc.logits, 0)), load_column(AT(pc.targets, 0)));
    int row = tile_start / VECTOR;
    // Per lane, so not the uniform load of the branch below: a tile may lie across two items.
    if (GRADIENT) value *= PER_ITEM ? load_scalar(item_of_row(row + LANE)) : load_column(AT(pc.upstream, 0));
    value = mix(0.0, value, load_vector(pc.mask + uint64_t(row) * 4ul) > 0.0);
    STORES store_column(AT(pc.result, 0), value);
    return;
  }
  float result[VECTORS];
  EACH_VECTOR(v) {
    float value = term(load_vector(AT(pc.logits, v)), load_vector(AT(pc.targets, v)));
    int element = tile_start + v * SG + (LAVAPIPE ? 0 : LANE);
    if (GRADIENT) value *= PER_ITEM ? load_scalar(item_of_row(element / STRIDE)) : load_vector(AT(pc.upstream, v));
    float logical = ONE_COLUMN
        ? mix(0.0, load_scalar(pc.mask + uint64_t(element / VECTOR) * 4ul), (LAVAPIPE ? LANE : element % VECTOR) == 0)
        : load_vector(AT(pc.mask, v));
    result[v] = mix(0.0, value, logical > 0.0);
  }
  PIN_TILE(0, result)
  STORE_TILE(0, pc.result, result)
}
