#version 460
#extension GL_GOOGLE_include_directive : require
#include "common/lanes.glsl"
#include "common/elementwise.glsl"
#include "ops/unfold.glsl"

// Patches: u[n, y, x, t * CHANNELS + c] = picture[n, y * STRIDE + dy(t), x * STRIDE + dx(t), c], zero outside the picture.
layout(constant_id = 17) const bool PIXEL = false;  // only the patch at (pc.y, pc.x) of every picture: one row each

layout(push_constant, scalar) uniform PushConstants {
  uint64_t picture, patches;
  int patch_row_bytes;  // from row to row of what is written
  int y, x, unused;
  TILE_FIELDS
} pc;

void main() {
  ELEMENTWISE_TILE
  TAP_TABLE
  float result[VECTORS];
  int target[VECTORS];
  EACH_VECTOR(v) {
    int element = tile_start + v * SG + LANE;
    int row = element / U_PITCH;
    int column = element - row * U_PITCH;
    int t = column / CHANNELS;
    int tap = TAP[0];
    [[unroll]] for (int k = 1; k < TAPS; k++) tap = mix(tap, TAP[k], t == k);

    int position = row - U_FIRST;
    int n = PIXEL ? row : position / U_IMAGE_ROWS;
    int rest = position - n * U_IMAGE_ROWS;
    int y = PIXEL ? pc.y : rest / U_LINE_ROWS;
    int x = PIXEL ? pc.x : rest - y * U_LINE_ROWS;
    bool logical = (PIXEL || (position >= 0 && y < U_HEIGHT && x < U_WIDTH)) && n < IMAGES && column < TAPS * CHANNELS;
    int from_y = y * STRIDE + TAP_DY(tap);
    int from_x = x * STRIDE + TAP_DX(tap);
    bool inside = logical && from_y >= 0 && from_y < X_HEIGHT && from_x >= 0 && from_x < X_WIDTH;
    int from = (X_FIRST + n * X_IMAGE_ROWS + from_y * X_LINE_ROWS + from_x) * X_PITCH + column - t * CHANNELS;
    result[v] = mix(0.0, load_scalar(pc.picture + uint64_t(mix(0, from, inside) * 4)), inside);

    // The same for a whole vector on lavapipe, which lies within one row.
    int first = LAVAPIPE ? tile_start + v * SG : element - LANE;
    int target_row = first / U_PITCH;
    target[v] = LAVAPIPE ? target_row * pc.patch_row_bytes + (first - target_row * U_PITCH) * 4
                         : row * pc.patch_row_bytes + (column - LANE) * 4;
  }
  STORES {
    if (VECTORS == 1) store_vector(pc.patches + uint64_t(target[0]), result[0]);
    else [[unroll]] for (int v = 0; v < VECTORS; v += 2) {
      int next = min(v + 1, VECTORS - 1);
      store_two_vectors(pc.patches + uint64_t(target[v]), target[next] - target[v], result[v], result[next]);
    }
  }
}
