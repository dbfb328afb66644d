#version 460
#extension GL_GOOGLE_include_directive : require
#include "common/lanes.glsl"

// result[s][m][n] = sum over k of a[s][m][k] b[s][k][n], for TERMS of the k; a tile is TILE_ROWS rows and TILE_VECTORS vectors of
// columns of one s. Rows beyond the last are the last once more.
layout(constant_id = 1) const int ROWS = 1;       // m
layout(constant_id = 2) const int B_ROWS = 1;     // k, all of them
layout(constant_id = 3) const int TERMS = 1;      // k, in this dispatch
layout(constant_id = 4) const int A_PITCH = 8;
layout(constant_id = 5) const int PITCH = 8;      // of b and the result
layout(constant_id = 6) const int TILE_ROWS = 4;
layout(constant_id = 7) const int TILE_VECTORS = 2;
layout(constant_id = 8) const int ACROSS = 1;     // tiles side by side
layout(constant_id = 9) const int DOWN = 1;       // tiles one below the other, of one s
layout(constant_id = 10) const bool CONTINUE = false;  // the sum goes on from the result

layout(push_constant, scalar) uniform PushConstants {
  uint64_t a, b, result;  // a and b from this dispatch's first k on
  TILE_FIELDS
} pc;

void main() {
  int tile = TILE_NUMBER;
  if (!LAVAPIPE && tile >= pc.count) return;
  int s = tile / (ACROSS * DOWN);
  int rest = tile - s * ACROSS * DOWN;
  int down = rest / ACROSS;
  int column = (rest - down * ACROSS) * TILE_VECTORS * VECTOR;

  if (!LAVAPIPE) {
    for (int i = LANE; i < TILE_ROWS * TILE_VECTORS * VECTOR; i += SG) {
      int m = down * TILE_ROWS + i / (TILE_VECTORS * VECTOR);
      if (m >= ROWS) break;
      int n = column + i % (TILE_VECTORS * VECTOR);
      uint64_t place = pc.result + uint64_t((s * ROWS + m) * PITCH + n) * 4ul;
      float sum = CONTINUE ? load_scalar(place) : 0.0;
      for (int k = 0; k < TERMS; k++)
        sum = fma(load_scalar(pc.a + uint64_t((s * ROWS + m) * A_PITCH + k) * 4ul),
                  load_scalar(pc.b + uint64_t((s * B_ROWS + k) * PITCH + n) * 4ul), sum);
      Floats(place).at[0] = sum;
    }
    return;
  }

  uint64_t from[TILE_ROWS];
  int place[TILE_ROWS];
  [[unroll]] for (int i = 0; i < TILE_ROWS; i++) {
    int row = s * ROWS + min(down * TILE_ROWS + i, ROWS - 1);
    from[i] = pc.a + uint64_t(row * A_PITCH * 4);
    place[i] = (row * PITCH + column) * 4;
  }
  uint64_t b = pc.b + uint64_t((s * B_ROWS * PITCH + column) * 4);
  float sum[TILE_ROWS][TILE_VECTORS];
  [[unroll]] for (int i = 0; i < TILE_ROWS; i++)
    [[unroll]] for (int j = 0; j < TILE_VECTORS; j++)
      sum[i][j] = CONTINUE ? load_vector(pc.result + uint64_t(place[i]) + uint64_t(j * VECTOR * 4)) : 0.0;
  [[unroll]] for (int k = 0; k < TERMS; k++) {
    float right[TILE_VECTORS];
    [[unroll]] for (int j = 0; j < TILE_VECTORS; j++) right[j] = load_vector(b + uint64_t((k * PITCH + j * VECTOR) * 4));
    [[unroll]] for (int i = 0; i < TILE_ROWS; i++) {
      float left = load_scalar(from[i] + uint64_t(k * 4));
      [[unroll]] for (int j = 0; j < TILE_VECTORS; j++) sum[i][j] = fma(left, right[j], sum[i][j]);
    }
  }
  STORES {
    [[unroll]] for (int i = 0; i < TILE_ROWS; i++) {
      if (TILE_VECTORS == 2) store_two_vectors(pc.result + uint64_t(place[i]), VECTOR * 4, sum[i][0], sum[i][TILE_VECTORS - 1]);
      else store_vector(pc.result + uint64_t(place[i]), sum[i][0]);
    }
  }
}
