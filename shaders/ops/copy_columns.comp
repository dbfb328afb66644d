#version 460
#extension GL_GOOGLE_include_directive : require
#include "common/lanes.glsl"
#include "common/elementwise.glsl"

// result[r][c] = source[r][c + SHIFT] where the source has such a column, else zero (with KEEP: what it was), for the columns
// FIRST_COLUMN .. FIRST_COLUMN + VECTOR * ROW_VECTORS of each row. Bits are carried through as they are.
layout(constant_id = 1) const int ROW_VECTORS = 1;
layout(constant_id = 2) const int FIRST_COLUMN = 0;
layout(constant_id = 3) const int SHIFT = 0;
layout(constant_id = 4) const int STRIDE = 8;
layout(constant_id = 5) const int COLUMNS = 8;
layout(constant_id = 6) const int SOURCE_STRIDE = 8;
layout(constant_id = 7) const int SOURCE_COLUMNS = 8;
layout(constant_id = 8) const bool KEEP = false;

layout(push_constant, scalar) uniform PushConstants {
  uint64_t source, result;
  TILE_FIELDS
} pc;

const bool WITHIN = FIRST_COLUMN + SHIFT >= 0 && FIRST_COLUMN + SHIFT + ROW_VECTORS * VECTOR <= SOURCE_STRIDE;
const bool WHOLE_ROWS = ROW_VECTORS * VECTOR == STRIDE;

// A vector from `column` on, which may begin or end outside the row: those are masked by the caller.
uint load_within(uint64_t row, int column) {
  if (WITHIN) return load_vector_uint(row + uint64_t(column * 4));
  if (SHIFT % VECTOR == 0) return load_vector_uint(row + uint64_t(clamp(column, 0, SOURCE_STRIDE - VECTOR) * 4));
  uint values[SG];
  [[unroll]] for (int l = 0; l < SG; l++) values[l] = load_scalar_uint(row + uint64_t(clamp(column + l, 0, SOURCE_STRIDE - 1) * 4));
  uint result = values[0];
  [[unroll]] for (int l = 1; l < SG; l++) result = mix(result, values[l], gl_SubgroupInvocationID == uint(l));
  return result;
}

void main() {
  ELEMENTWISE_TILE
  uint result[VECTORS];
  if (LAVAPIPE) {
    EACH_VECTOR(v) {
      int vector = tile_start / VECTOR + v;
      int row = vector / ROW_VECTORS;
      int column = FIRST_COLUMN + (vector - row * ROW_VECTORS) * VECTOR;
      uint value = load_within(pc.source + uint64_t(row * SOURCE_STRIDE) * 4ul, column + SHIFT);
      int from = column + SHIFT + LANE;
      bool own = from >= 0 && from < SOURCE_COLUMNS && column + LANE < COLUMNS;
      uint other = KEEP ? load_vector_uint(pc.result + uint64_t(row * STRIDE) * 4ul + uint64_t(column * 4)) : 0u;
      result[v] = mix(other, value, own);
    }
    STORES EACH_VECTOR(v) {
      if (WHOLE_ROWS) {
        store_vector_uint(AT(pc.result, v), result[v]);
        continue;
      }
      int vector = tile_start / VECTOR + v;
      int row = vector / ROW_VECTORS;
      int column = FIRST_COLUMN + (vector - row * ROW_VECTORS) * VECTOR;
      store_vector_uint(pc.result + uint64_t(row * STRIDE) * 4ul + uint64_t(column * 4), result[v]);
    }
  } else {
    int element = tile_start + LANE;
    int row = element / (ROW_VECTORS * VECTOR);
    int column = FIRST_COLUMN + element - row * (ROW_VECTORS * VECTOR);
    int from = column + SHIFT;
    bool own = from >= 0 && from < SOURCE_COLUMNS && column < COLUMNS;
    uint64_t target = pc.result + uint64_t(row * STRIDE + column) * 4ul;
    if (own || !KEEP)
      Uints(target).at[0] = own ? load_scalar_uint(pc.source + uint64_t(row * SOURCE_STRIDE + from) * 4ul) : 0u;
  }
}
