#version 460
#extension GL_GOOGLE_include_directive : require
#include "common/lanes.glsl"
#include "common/elementwise.glsl"
#include "ops/unfold.glsl"

// The gradient of unfold.comp: every pixel gathers from the patches that hold it, in the order of the taps.
layout(push_constant, scalar) uniform PushConstants {
  uint64_t patches, picture;
  TILE_FIELDS
} pc;

OUTPUT_TILE(0)

void main() {
  ELEMENTWISE_TILE
  TAP_TABLE
  float result[VECTORS];
  EACH_VECTOR(v) {
    int element = tile_start + v * SG + LANE;
    int row = element / X_PITCH;
    int column = element - row * X_PITCH;
    int position = row - X_FIRST;
    int n = position / X_IMAGE_ROWS;
    int rest = position - n * X_IMAGE_ROWS;
    int y = rest / X_LINE_ROWS;
    int x = rest - y * X_LINE_ROWS;
    bool logical = position >= 0 && n < IMAGES && y < X_HEIGHT && x < X_WIDTH && column < CHANNELS;
    float sum = 0.0;
    [[unroll]] for (int t = 0; t < TAPS; t++) {
      int scaled_y = y - TAP_DY(TAP[t]);
      int scaled_x = x - TAP_DX(TAP[t]);
      int u_y = scaled_y / STRIDE;
      int u_x = scaled_x / STRIDE;
      bool inside = logical && scaled_y >= 0 && scaled_x >= 0 && u_y * STRIDE == scaled_y && u_x * STRIDE == scaled_x &&
                    u_y < U_HEIGHT && u_x < U_WIDTH;
      int from = (U_FIRST + n * U_IMAGE_ROWS + u_y * U_LINE_ROWS + u_x) * U_PITCH + t * CHANNELS + column;
      sum += mix(0.0, load_scalar(pc.patches + uint64_t(mix(0, from, inside) * 4)), inside);
    }
    result[v] = sum;
  }
  PIN_TILE(0, result)
  STORE_TILE(0, pc.picture, result)
}
