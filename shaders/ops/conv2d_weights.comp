#version 460
#extension GL_GOOGLE_include_directive : require
#include "common/lanes.glsl"
#include "ops/conv2d_weights.glsl"

// Weight gradient of a matrix product or stride-1 convolution, for lavapipe.
//
//   slab[s][t * CHANNELS + ci][co] (+)= sum over r in this slab's rows of input[r + TAP[t]][ci] * gradient[r][co]
//
// Halo rows of the gradient are zero, so the input's edges need no test. One team computes TILE_ROWS weight
// rows x TILE_VECTORS * SG output channels over REDUCED_ROWS positions, unrolled completely. Later positions of a
// slab are further dispatches that add to it; conv2d_weights_sum.comp adds the slabs up in a fixed order.
layout(constant_id = 2) const int TILE_ROWS = 4;
layout(constant_id = 3) const int TILE_VECTORS = 2;
layout(constant_id = 4) const int COLUMN_TILES = 2;  // output channels / (TILE_VECTORS * SG)
layout(constant_id = 5) const int REDUCED_ROWS = 64;

// Byte offset of weight row m = t * CHANNELS + ci in the input. A chain of selections, since an indexed
// constant array would not be uniform for the driver.
int input_offset(int m) {
  TAP_TABLE
  int t = m / CHANNELS;
  int positions = TAP[0];
  [[unroll]] for (int k = 1; k < TAPS; k++) positions = mix(positions, TAP[k], t == k);
  return (positions * INPUT_PITCH + m - t * CHANNELS) * 4;
}

OUTPUT(0, TILE_ROWS * TILE_VECTORS * SG)

void main() {
  const int VECTOR_BYTES = SG * 4;
  const int WEIGHT_ROWS = TAPS * CHANNELS;
  const bool TILE_WITHIN_TAP = CHANNELS % TILE_ROWS == 0;

  int group = pc.digit[gl_WorkGroupID.x] + (pc.launch & 255) * pc.digit[gl_WorkGroupID.y];
  int tile = pc.first + group * TEAMS + pc.digit[gl_SubgroupID];
  int slab = pc.digit[gl_WorkGroupID.z] + SLABS_ALONG_Y * 16 * pc.digit[gl_WorkGroupID.y];
  int computed = min(tile, pc.count - 1);  // those beyond the last compute something and do not store it
  int first_weight_row = computed / COLUMN_TILES * TILE_ROWS;
  int column_bytes = computed % COLUMN_TILES * TILE_VECTORS * VECTOR_BYTES;

  // Offsets are computed in 32 bits and widened once: 64-bit multiplications would cost the driver its proof.
  uint64_t input_slab = pc.input_address + uint64_t(slab * pc.slab_rows * (INPUT_PITCH * 4));
  uint64_t gradient_tile = pc.gradient + uint64_t(slab * pc.slab_rows * (GRADIENT_PITCH * 4) + column_bytes);
  uint64_t slab_tile = pc.slabs + uint64_t(slab * pc.slab_bytes + column_bytes);

  uint64_t input_tile[TILE_ROWS];
  int slab_offset[TILE_ROWS];
  [[unroll]] for (int i = 0; i < TILE_ROWS; i++) {
    if (TILE_WITHIN_TAP && i > 0) input_tile[i] = input_tile[0] + uint64_t(i * 4);
    else input_tile[i] = input_slab + uint64_t(input_offset(min(first_weight_row + i, WEIGHT_ROWS - 1)));
    slab_offset[i] = min(first_weight_row + i, WEIGHT_ROWS - 1) * (GRADIENT_PITCH * 4);
  }

  float sum[TILE_ROWS][TILE_VECTORS];
  [[unroll]] for (int i = 0; i < TILE_ROWS; i++)
    [[unroll]] for (int j = 0; j < TILE_VECTORS; j++)
      sum[i][j] = mix(0.0, load_vector(slab_tile + uint64_t(slab_offset[i]) + uint64_t(j * VECTOR_BYTES)), ADD_TO_SLAB);

  [[unroll]] for (int r = 0; r < REDUCED_ROWS; r++) {
    float gradient[TILE_VECTORS];
    [[unroll]] for (int j = 0; j < TILE_VECTORS; j++)
      gradient[j] = load_vector(gradient_tile + uint64_t(r * GRADIENT_PITCH * 4 + j * VECTOR_BYTES));
    [[unroll]] for (int i = 0; i < TILE_ROWS; i++) {
      float value = load_scalar(input_tile[i] + uint64_t(r * INPUT_PITCH * 4));
      if (INPUT_RELU) value = max(value, 0.0);
      [[unroll]] for (int j = 0; j < TILE_VECTORS; j++) sum[i][j] = fma(value, gradient[j], sum[i][j]);
    }
  }

  if (UNIFORM_STORES) {
    int start = slab * pc.slab_bytes + column_bytes + mix(0, GONE, tile >= pc.count);
    [[unroll]] for (int i = 0; i < TILE_ROWS; i++)
      [[unroll]] for (int j = 0; j < TILE_VECTORS; j++) { PIN(0, i * TILE_VECTORS + j, sum[i][j]) }
    [[unroll]] for (int i = 0; i < TILE_ROWS; i++)
      [[unroll]] for (int j = 0; j < TILE_VECTORS; j++) {
        PUT(0, i * TILE_VECTORS + j, start + slab_offset[i] + j * VECTOR_BYTES, sum[i][j])
      }
    return;
  }
  // A loop that runs at most once, which LLVM cannot know: otherwise it moves arithmetic between the stores and spills.
  const int VECTORS = TILE_ROWS * TILE_VECTORS;
  [[dont_unroll]] for (int once = 0; once < clamp(pc.count - tile, 0, 1); once++) {
    [[unroll]] for (int v = 0; v < VECTORS; v += 2) {
      int i = v / TILE_VECTORS;
      int j = v % TILE_VECTORS;
      uint64_t address = slab_tile + uint64_t(slab_offset[i] + j * VECTOR_BYTES);
      if (v + 1 == VECTORS) {
        store_vector(address, sum[i][j]);
      } else {
        int next_i = (v + 1) / TILE_VECTORS;
        int next_j = (v + 1) % TILE_VECTORS;
        int distance = slab_offset[next_i] - slab_offset[i] + (next_j - j) * VECTOR_BYTES;
        store_two_vectors(address, distance, sum[i][j], sum[next_i][next_j]);
      }
    }
  }
}
