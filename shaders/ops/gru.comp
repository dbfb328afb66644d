#version 460
#extension GL_GOOGLE_include_directive : require
#include "common/lanes.glsl"

// One step in time of a gated recurrent unit (engine/ops/gru.h). A tile is TILE_ROWS items and a vector of units; items beyond
// the last are the last once more.
layout(constant_id = 1) const int UNITS = 8;
layout(constant_id = 2) const int TIMES = 1;
layout(constant_id = 3) const int ITEMS = 1;
layout(constant_id = 4) const bool FIRST = false;  // the state before is zero
layout(constant_id = 8) const int STATE_PITCH = 8;   // floats from row to row of [., H], [., 3H] and [., 4H]
layout(constant_id = 9) const int WIDE_PITCH = 24;
layout(constant_id = 10) const int GATES_PITCH = 32;

const int TILE_ROWS = 4;

layout(push_constant, scalar) uniform PushConstants {
  uint64_t x, weights, bias;  // [N, T, 3H], [H, 3H], [3H]
  uint64_t states, gates;     // [N, T, H], [N, T, 4H]
  int step, unused;
  TILE_FIELDS
} pc;

float logistic(float x) { return 1.0 / (1.0 + exp(-x)); }
float hyperbolic_tangent(float x) { return 1.0 - 2.0 / (1.0 + exp(2.0 * x)); }

void one_element(int row, int j) {
  float product[3];
  for (int g = 0; g < 3; g++) {
    product[g] = load_scalar(pc.bias + uint64_t(g * UNITS + j) * 4ul);
    for (int k = 0; k < UNITS && !FIRST; k++)
      product[g] = fma(load_scalar(pc.states + uint64_t((row - 1) * STATE_PITCH + k) * 4ul),
                       load_scalar(pc.weights + uint64_t(k * WIDE_PITCH + g * UNITS + j) * 4ul), product[g]);
  }
  uint64_t x = pc.x + uint64_t(row * WIDE_PITCH + j) * 4ul, gates = pc.gates + uint64_t(row * GATES_PITCH + j) * 4ul;
  float r = logistic(load_scalar(x) + product[0]);
  float u = logistic(load_scalar(x + uint64_t(UNITS * 4)) + product[1]);
  float n = hyperbolic_tangent(load_scalar(x + uint64_t(UNITS * 8)) + r * product[2]);
  float before = 0.0;
  if (!FIRST) before = load_scalar(pc.states + uint64_t((row - 1) * STATE_PITCH + j) * 4ul);
  Floats(pc.states + uint64_t(row * STATE_PITCH + j) * 4ul).at[0] = n + u * (before - n);
  Floats(gates).at[0] = r;
  Floats(gates + uint64_t(UNITS * 4)).at[0] = u;
  Floats(gates + uint64_t(UNITS * 8)).at[0] = n;
  Floats(gates + uint64_t(UNITS * 12)).at[0] = product[2];
}

void main() {
  int tile = TILE_NUMBER;
  if (!LAVAPIPE && tile >= pc.count) return;
  const int ACROSS = (UNITS + VECTOR - 1) / VECTOR;
  int down = tile / ACROSS;
  int j = (tile - down * ACROSS) * VECTOR;

  // Vectors of r, u and n must not overlap where they are stored.
  if (!LAVAPIPE || UNITS % VECTOR != 0) {
    for (int i = LANE; i < TILE_ROWS * VECTOR; i += SG)
      if (down * TILE_ROWS + i / VECTOR < ITEMS && j + i % VECTOR < UNITS)
        one_element((down * TILE_ROWS + i / VECTOR) * TIMES + pc.step, j + i % VECTOR);
    return;
  }

  int row[TILE_ROWS];
  float sum[TILE_ROWS][3];
  [[unroll]] for (int i = 0; i < TILE_ROWS; i++) {
    row[i] = min(down * TILE_ROWS + i, ITEMS - 1) * TIMES + pc.step;
    [[unroll]] for (int g = 0; g < 3; g++) sum[i][g] = load_vector(pc.bias + uint64_t((g * UNITS + j) * 4));
  }
  float before[TILE_ROWS];
  [[unroll]] for (int i = 0; i < TILE_ROWS; i++) before[i] = 0.0;
  if (!FIRST) {
    uint64_t from[TILE_ROWS];
    [[unroll]] for (int i = 0; i < TILE_ROWS; i++) {
      from[i] = pc.states + uint64_t((row[i] - 1) * STATE_PITCH * 4);
      before[i] = load_vector(from[i] + uint64_t(j * 4));
    }
    uint64_t weights = pc.weights + uint64_t(j * 4);
    [[unroll]] for (int k = 0; k < UNITS; k++) {
      float weight[3];
      [[unroll]] for (int g = 0; g < 3; g++) weight[g] = load_vector(weights + uint64_t((k * WIDE_PITCH + g * UNITS) * 4));
      [[unroll]] for (int i = 0; i < TILE_ROWS; i++) {
        float state = load_scalar(from[i] + uint64_t(k * 4));
        [[unroll]] for (int g = 0; g < 3; g++) sum[i][g] = fma(state, weight[g], sum[i][g]);
      }
    }
  }
  float r[TILE_ROWS], u[TILE_ROWS], n[TILE_ROWS];
  [[unroll]] for (int i = 0; i < TILE_ROWS; i++) {
    uint64_t x = pc.x + uint64_t((row[i] * WIDE_PITCH + j) * 4);
    r[i] = logistic(load_vector(x) + sum[i][0]);
    u[i] = logistic(load_vector(x + uint64_t(UNITS * 4)) + sum[i][1]);
    n[i] = hyperbolic_tangent(load_vector(x + uint64_t(UNITS * 8)) + r[i] * sum[i][2]);
    before[i] = n[i] + u[i] * (before[i] - n[i]);
  }
  STORES {
    [[unroll]] for (int i = 0; i < TILE_ROWS; i++) {
      uint64_t gates = pc.gates + uint64_t((row[i] * GATES_PITCH + j) * 4);
      store_vector(pc.states + uint64_t((row[i] * STATE_PITCH + j) * 4), before[i]);
      store_two_vectors(gates, UNITS * 4, r[i], u[i]);
      store_two_vectors(gates + uint64_t(UNITS * 8), UNITS * 4, n[i], sum[i][2]);
    }
  }
}
