#version 460
#extension GL_GOOGLE_include_directive : require
#include "common/lanes.glsl"

// One step back in time of a gated recurrent unit (engine/ops/gru.cpp): from what reached the step after, what reaches this one.
// A tile is TILE_ROWS items and VECTORS vectors of units; items beyond the last are the last once more.
layout(constant_id = 1) const int UNITS = 8;
layout(constant_id = 2) const int TIMES = 1;
layout(constant_id = 3) const int ITEMS = 1;
layout(constant_id = 4) const int VECTORS = 1;
layout(constant_id = 5) const bool LAST = false;   // no step comes after
layout(constant_id = 6) const bool FIRST = false;  // the state before is zero
layout(constant_id = 7) const int UPSTREAM_PITCH = 8;
layout(constant_id = 8) const int STATE_PITCH = 8;   // floats from row to row of [., H], [., 3H] and [., 4H]
layout(constant_id = 9) const int WIDE_PITCH = 24;
layout(constant_id = 10) const int GATES_PITCH = 32;

const int TILE_ROWS = 4;

layout(push_constant, scalar) uniform PushConstants {
  uint64_t upstream;  // [N, T, H]
  uint64_t weights;   // transposed, [3H, H]
  uint64_t states, gates;  // [N, T, H], [N, T, 4H]: r, u, n, the product that r scales
  uint64_t carried, dx;    // [N, T, 4H]: what reaches the three products, and the state; [N, T, 3H]
  int step, last;
  TILE_FIELDS
} pc;

struct Reached { float dr, du, dn, product; };
Reached reached(float dh, float before, float r, float u, float n, float product) {
  float dn = dh * (1.0 - u) * (1.0 - n * n);
  return Reached(dn * product * r * (1.0 - r), dh * (before - n) * u * (1.0 - u), dn, dn * r);
}

void one_element(int row, int j) {
  float dh = load_scalar(pc.upstream + uint64_t(row * UPSTREAM_PITCH + j) * 4ul);
  if (!LAST) {
    uint64_t after = pc.carried + uint64_t((row + 1) * GATES_PITCH) * 4ul;
    dh += load_scalar(after + uint64_t(3 * UNITS + j) * 4ul) * load_scalar(pc.gates + uint64_t((row + 1) * GATES_PITCH + UNITS + j) * 4ul);
    for (int k = 0; k < 3 * UNITS; k++)
      dh = fma(load_scalar(after + uint64_t(k) * 4ul), load_scalar(pc.weights + uint64_t(k * STATE_PITCH + j) * 4ul), dh);
  }
  uint64_t gates = pc.gates + uint64_t(row * GATES_PITCH + j) * 4ul;
  float before = 0.0;
  if (!FIRST) before = load_scalar(pc.states + uint64_t((row - 1) * STATE_PITCH + j) * 4ul);
  Reached d = reached(dh, before, load_scalar(gates), load_scalar(gates + uint64_t(UNITS * 4)),
                      load_scalar(gates + uint64_t(UNITS * 8)), load_scalar(gates + uint64_t(UNITS * 12)));
  uint64_t dx = pc.dx + uint64_t(row * WIDE_PITCH + j) * 4ul, carried = pc.carried + uint64_t(row * GATES_PITCH + j) * 4ul;
  Floats(dx).at[0] = d.dr;
  Floats(dx + uint64_t(UNITS * 4)).at[0] = d.du;
  Floats(dx + uint64_t(UNITS * 8)).at[0] = d.dn;
  Floats(carried).at[0] = d.dr;
  Floats(carried + uint64_t(UNITS * 4)).at[0] = d.du;
  Floats(carried + uint64_t(UNITS * 8)).at[0] = d.product;
  Floats(carried + uint64_t(UNITS * 12)).at[0] = dh;
}

void main() {
  int tile = TILE_NUMBER;
  if (!LAVAPIPE && tile >= pc.count) return;
  const int ACROSS = (UNITS + VECTORS * VECTOR - 1) / (VECTORS * VECTOR);
  int down = tile / ACROSS;
  int j = (tile - down * ACROSS) * VECTORS * VECTOR;

  // Vectors of the parts of dx must not overlap where they are stored.
  if (!LAVAPIPE || UNITS % VECTOR != 0) {
    for (int i = LANE; i < TILE_ROWS * VECTORS * VECTOR; i += SG) {
      int item = down * TILE_ROWS + i / (VECTORS * VECTOR);
      int unit = j + i % (VECTORS * VECTOR);
      if (item < ITEMS && unit < UNITS) one_element(item * TIMES + pc.step, unit);
    }
    return;
  }

  int row[TILE_ROWS];
  float dh[TILE_ROWS][VECTORS];
  [[unroll]] for (int i = 0; i < TILE_ROWS; i++) {
    row[i] = min(down * TILE_ROWS + i, ITEMS - 1) * TIMES + pc.step;
    [[unroll]] for (int v = 0; v < VECTORS; v++)
      dh[i][v] = load_vector(pc.upstream + uint64_t((row[i] * UPSTREAM_PITCH + j) * 4) + uint64_t(v * VECTOR * 4));
  }
  if (!LAST) {
    uint64_t after[TILE_ROWS];
    [[unroll]] for (int i = 0; i < TILE_ROWS; i++) {
      after[i] = pc.carried + uint64_t((row[i] + 1) * GATES_PITCH * 4);
      uint64_t u = pc.gates + uint64_t(((row[i] + 1) * GATES_PITCH + UNITS + j) * 4);
      [[unroll]] for (int v = 0; v < VECTORS; v++)
        dh[i][v] = fma(load_vector(after[i] + uint64_t((3 * UNITS + j) * 4) + uint64_t(v * VECTOR * 4)), load_vector(u + uint64_t(v * VECTOR * 4)), dh[i][v]);
    }
    uint64_t weights = pc.weights + uint64_t(j * 4);
    [[unroll]] for (int k = 0; k < 3 * UNITS; k++) {
      float weight[VECTORS];
      [[unroll]] for (int v = 0; v < VECTORS; v++) weight[v] = load_vector(weights + uint64_t((k * STATE_PITCH + v * VECTOR) * 4));
      [[unroll]] for (int i = 0; i < TILE_ROWS; i++) {
        float from = load_scalar(after[i] + uint64_t(k * 4));
        [[unroll]] for (int v = 0; v < VECTORS; v++) dh[i][v] = fma(from, weight[v], dh[i][v]);
      }
    }
  }
  Reached d[TILE_ROWS][VECTORS];
  [[unroll]] for (int i = 0; i < TILE_ROWS; i++) {
    uint64_t gates = pc.gates + uint64_t((row[i] * GATES_PITCH + j) * 4);
    [[unroll]] for (int v = 0; v < VECTORS; v++) {
      float before = 0.0;
      if (!FIRST) before = load_vector(pc.states + uint64_t(((row[i] - 1) * STATE_PITCH + j) * 4) + uint64_t(v * VECTOR * 4));
      uint64_t own = gates + uint64_t(v * VECTOR * 4);
      d[i][v] = reached(dh[i][v], before, load_vector(own), load_vector(own + uint64_t(UNITS * 4)),
                        load_vector(own + uint64_t(UNITS * 8)), load_vector(own + uint64_t(UNITS * 12)));
    }
  }
  STORES {
    [[unroll]] for (int i = 0; i < TILE_ROWS; i++)
      [[unroll]] for (int v = 0; v < VECTORS; v++) {
        uint64_t dx = pc.dx + uint64_t((row[i] * WIDE_PITCH + j) * 4) + uint64_t(v * VECTOR * 4);
        uint64_t carried = pc.carried + uint64_t((row[i] * GATES_PITCH + j) * 4) + uint64_t(v * VECTOR * 4);
        store_two_vectors(dx, UNITS * 4, d[i][v].dr, d[i][v].du);
        store_vector(dx + uint64_t(UNITS * 8), d[i][v].dn);
        store_two_vectors(carried, UNITS * 4, d[i][v].dr, d[i][v].du);
        store_two_vectors(carried + uint64_t(UNITS * 8), UNITS * 4, d[i][v].product, dh[i][v]);
      }
  }
}
