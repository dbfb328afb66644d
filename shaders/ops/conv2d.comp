#version 460
#extension GL_GOOGLE_include_directive : require
#include "common/lanes.glsl"
#include "ops/conv2d.glsl"

// Matrix product, stride-1 convolution and its backward-data pass, for lavapipe.
//
//   output[r][co] = finish( start[r or 0][co] + sum over taps t, channels ci of
//                           input[r + TAP[t]][ci] * weights[t * WEIGHT_TAP_ROWS + ci][co] )
//
// r numbers the rows of all pictures in one flat sequence, zero halo included; a matrix product is the case of one tap with
// offset 0. One team computes TILE_ROWS rows x TILE_VECTORS * SG output channels and keeps them in registers; taps and
// channels are unrolled completely. Longer sums are several dispatches whose `start` is the output itself.
layout(constant_id = 2) const int TILE_ROWS = 4;
layout(constant_id = 3) const int TILE_VECTORS = 2;   // in vectors of SG output channels
layout(constant_id = 4) const int COLUMN_TILES = 2;   // side by side in one workgroup; divides TEAMS
layout(constant_id = 5) const int COLUMN_GROUPS = 1;  // workgroups side by side, at most 16

OUTPUT(0, TILE_ROWS * TILE_VECTORS * SG)

void main() {
  TAP_TABLE
  const int VECTOR_BYTES = SG * 4;
  const int ROW_TILES = TEAMS / COLUMN_TILES;

  int x = pc.digit[gl_WorkGroupID.x];
  int team = pc.digit[gl_SubgroupID];
  int row_group = x / COLUMN_GROUPS + LAUNCH_X * (pc.digit[gl_WorkGroupID.y] + LAUNCH_Y * pc.digit[gl_WorkGroupID.z]);
  int column_group = x % COLUMN_GROUPS;
  int first_row = (row_group * ROW_TILES + team / COLUMN_TILES) * TILE_ROWS;
  int column_bytes = (column_group * COLUMN_TILES + team % COLUMN_TILES) * TILE_VECTORS * VECTOR_BYTES;

  // Offsets are computed in 32 bits and widened once: 64-bit multiplications would cost the driver its proof.
  int start_row_bytes = pc.output_row_bytes * START_IS_TENSOR;
  uint64_t sum_start = EXTRA == EXTRA_GATE_ADD ? pc.output_address : pc.start;  // a constant condition
  uint64_t input_row[TILE_ROWS];
  int output_offset[TILE_ROWS];
  int start_offset[TILE_ROWS];
  int mask_offset[TILE_ROWS];
  [[unroll]] for (int i = 0; i < TILE_ROWS; i++) {
    int row = min(first_row + i, LAUNCH_ROWS - 1);
    input_row[i] = pc.input_address + uint64_t(row * pc.input_row_bytes);
    output_offset[i] = row * pc.output_row_bytes + column_bytes;
    start_offset[i] = row * start_row_bytes + column_bytes;
    mask_offset[i] = row * 4 * IS_MASKED;
  }
  uint64_t weight_tile = pc.weights + uint64_t(column_bytes);

  float sum[TILE_ROWS][TILE_VECTORS];
  [[unroll]] for (int i = 0; i < TILE_ROWS; i++)
    [[unroll]] for (int j = 0; j < TILE_VECTORS; j++)
      sum[i][j] = mix(0.0, load_vector(sum_start + uint64_t(start_offset[i]) + uint64_t(j * VECTOR_BYTES)), HAS_START);

  [[unroll]] for (int t = 0; t < TAPS; t++) {
    [[unroll]] for (int c = 0; c < CHANNELS; c++) {
      float weight[TILE_VECTORS];
      [[unroll]] for (int j = 0; j < TILE_VECTORS; j++)
        weight[j] = load_vector(weight_tile + uint64_t((t * WEIGHT_TAP_ROWS + c) * WEIGHT_PITCH * 4 + j * VECTOR_BYTES));
      [[unroll]] for (int i = 0; i < TILE_ROWS; i++) {
        float value = load_scalar(input_row[i] + uint64_t((TAP[t] * INPUT_PITCH + c) * 4));
        if (INPUT_RELU) value = max(value, 0.0);
        [[unroll]] for (int j = 0; j < TILE_VECTORS; j++) sum[i][j] = fma(value, weight[j], sum[i][j]);
      }
    }
  }

  [[unroll]] for (int i = 0; i < TILE_ROWS; i++) {
    bool keep = load_scalar(pc.mask + uint64_t(mask_offset[i])) > 0.0 || IS_MASKED == 0;
    [[unroll]] for (int j = 0; j < TILE_VECTORS; j++) {
      float value = sum[i][j];
      if (EXTRA == EXTRA_BIAS) value += load_vector(pc.extra + uint64_t(column_bytes) + uint64_t(j * VECTOR_BYTES));
      value = max(value, pc.lowest);
      if (ACTIVATION == ACTIVATION_SIGMOID) {
        int column = column_bytes / 4 + j * SG + LANE;
        value = mix(0.0, 1.0 / (1.0 + exp(-value)), column < COLUMNS);
      }
      if (ACTIVATION == ACTIVATION_TANH) value = 1.0 - 2.0 / (1.0 + exp(2.0 * value));
      if (EXTRA >= EXTRA_GATE) {
        float gate = load_vector(pc.extra + uint64_t(output_offset[i]) + uint64_t(j * VECTOR_BYTES));
        value = mix(0.0, value, gate > 0.0);
      }
      if (EXTRA == EXTRA_GATE_ADD) value += load_vector(pc.start + uint64_t(output_offset[i]) + uint64_t(j * VECTOR_BYTES));
      // A selection, not a product: what stands in a masked row may be NaN.
      sum[i][j] = mix(0.0, value, keep);
    }
  }

  if (UNIFORM_STORES) {
    // A tile beyond the last row may go on from what its copy has stored already: it is not to be stored again.
    int gone = mix(0, GONE, first_row >= LAUNCH_ROWS);
    [[unroll]] for (int i = 0; i < TILE_ROWS; i++)
      [[unroll]] for (int j = 0; j < TILE_VECTORS; j++) { PIN(0, i * TILE_VECTORS + j, sum[i][j]) }
    [[unroll]] for (int i = 0; i < TILE_ROWS; i++)
      [[unroll]] for (int j = 0; j < TILE_VECTORS; j++) {
        PUT(0, i * TILE_VECTORS + j, output_offset[i] + j * VECTOR_BYTES + gone, sum[i][j])
      }
    return;
  }
  // A loop that runs at most once, which LLVM cannot know: otherwise it moves arithmetic between the stores and spills.
  const int VECTORS = TILE_ROWS * TILE_VECTORS;
  [[dont_unroll]] for (int once = 0; once < clamp(LAUNCH_ROWS - first_row, 0, 1); once++) {
    [[unroll]] for (int v = 0; v < VECTORS; v += 2) {
      int i = v / TILE_VECTORS;
      int j = v % TILE_VECTORS;
      uint64_t address = pc.output_address + uint64_t(output_offset[i] + j * VECTOR_BYTES);
      if (v + 1 == VECTORS) {
        store_vector(address, sum[i][j]);
      } else {
        int next_i = (v + 1) / TILE_VECTORS;
        int next_j = (v + 1) % TILE_VECTORS;
        int distance = output_offset[next_i] - output_offset[i] + (next_j - j) * VECTOR_BYTES;
        store_two_vectors(address, distance, sum[i][j], sum[next_i][next_j]);
      }
    }
  }
}
