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

layout(push_constant, scalar) uniform PushConstants {
  uint64_t matrix, result;
  TILE_FIELDS
} pc;

void main() {
  ELEMENTWISE_TILE
  float result[VECTORS];
  EACH_VECTOR(v) {
    int element = tile_start + v * SG + LANE;
    int row = element / RESULT_PITCH;
    int r = element - row * RESULT_PITCH;
    int m = row / COLUMNS;
    bool inside = row < MATRICES * COLUMNS && r < ROWS;
    int from = mix(0, (m * ROWS + r) * PITCH + row - m * COLUMNS, inside);
    result[v] = mix(0.0, load_scalar(pc.matrix + uint64_t(from * 4)), inside);
  }
  STORE_TILE(pc.result, result)
}
