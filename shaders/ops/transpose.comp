#version 460
#extension GL_GOOGLE_include_directive : require
#include "common/lanes.glsl"
#include "common/elementwise.glsl"

// result[m][c][r] = matrix[m][r][c] for each of MATRICES matrices.
layout(constant_id = 1) const int MATRICES = 1;
layout(constant_id = 2) const int ROWS = 1;     // of a matrix
layout(constant_id = 3) const int COLUMNS = 1;
layout(constant_id = 4) const int PITCH = 8;         // elements from row to row
layout(constant_id = 5) const int RESULT_PITCH = 8;
layout(constant_id = 6) const int RESULT_ROWS = 1;  // all of them, pads included

layout(push_constant, scalar) uniform PushConstants {
  uint64_t matrix, result;
  TILE_FIELDS
} pc;

// Lane l receives matrix[m][first + l][column]. On lavapipe a vector of the result lies within one of its rows, so that all
// but the lane is uniform: plain loads instead of turns of the driver's loop over lanes.
float load_down(int m, int column, int first) {
  const int LAST_ROW = ROWS - 1;
  if (LAVAPIPE) {
    float values[SG];
    [[unroll]] for (int l = 0; l < SG; l++)
      values[l] = load_scalar(pc.matrix + uint64_t(((m * ROWS + min(first + l, LAST_ROW)) * PITCH + column) * 4));
    float result = values[0];
    [[unroll]] for (int l = 1; l < SG; l++) result = mix(result, values[l], gl_SubgroupInvocationID == uint(l));
    return result;
  }
  return load_scalar(pc.matrix + uint64_t(((m * ROWS + min(first + LANE, LAST_ROW)) * PITCH + column) * 4));
}

OUTPUT_TILE(0)

// The matrix's element that belongs into row `row` and column r of the result; 0 in its pads.
float turned(int row, int r) {
  int held = min(row, MATRICES * COLUMNS - 1);
  int m = held / COLUMNS;
  bool inside = row < MATRICES * COLUMNS && r + (LAVAPIPE ? LANE : 0) < ROWS;
  return mix(0.0, load_down(m, held - m * COLUMNS, LAVAPIPE ? r : r - LANE), inside);
}

void main() {
  float result[VECTORS];
  if (LAVAPIPE) {
    // A tile is VECTORS rows of the result, one vector of each: what it reads lies in SG lines of the cache.
    const int ACROSS = RESULT_PITCH / SG;
    int tile = TILE_NUMBER;
    int first = tile / ACROSS * VECTORS;
    int r = (tile - tile / ACROSS * ACROSS) * SG;
    EACH_VECTOR(v) result[v] = turned(min(first + v, RESULT_ROWS - 1), r);
    PIN_TILE(0, result)
    if (UNIFORM_STORES) EACH_VECTOR(v) { PUT(0, v, (min(first + v, RESULT_ROWS - 1) * RESULT_PITCH + r) * 4, result[v]) }
    else STORES {
      EACH_VECTOR(v) store_vector(pc.result + uint64_t((min(first + v, RESULT_ROWS - 1) * RESULT_PITCH + r) * 4), result[v]);
    }
    return;
  }
  ELEMENTWISE_TILE
  EACH_VECTOR(v) {
    int element = tile_start + v * SG + LANE;
    int row = element / RESULT_PITCH;
    result[v] = turned(row, element - row * RESULT_PITCH);
  }
  STORE_TILE(0, pc.result, result)
}
