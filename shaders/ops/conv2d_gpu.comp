#version 460
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_buffer_reference : require
#extension GL_EXT_shader_explicit_arithmetic_types_int64 : require
#extension GL_EXT_scalar_block_layout : require
#extension GL_EXT_control_flow_attributes : require
#include "ops/conv2d.glsl"

// The same sum as conv2d.comp for GPUs. One workgroup computes BLOCK rows x BLOCK output channels; blocks of
// both operands, DEPTH terms deep, pass through shared memory; every thread keeps 4 x 4 results.
// Grid: x = channel blocks, y = row blocks.

layout(local_size_x = 256) in;
layout(buffer_reference, scalar, buffer_reference_align = 4) buffer Floats { float at[]; };
const int BLOCK = 64;
const int DEPTH = 16;
const int SIDE = 4;                // results per thread and direction
const int THREADS = BLOCK / SIDE;  // per direction
shared float input_block[DEPTH][BLOCK + 1];  // one more: neighbouring threads write to different banks
shared float weight_block[DEPTH][BLOCK];

void main() {
  TAP_TABLE
  Floats source = Floats(pc.input_address);
  Floats weights = Floats(pc.weights);
  Floats target = Floats(pc.output_address);
  Floats start = Floats(EXTRA == EXTRA_GATE_ADD ? pc.output_address : pc.start);
  int rows = LAUNCH_ROWS;
  int first_row = int(gl_WorkGroupID.y) * BLOCK;
  int first_column = int(gl_WorkGroupID.x) * BLOCK;
  int thread = int(gl_LocalInvocationIndex);
  int own_row = thread / THREADS;
  int own_column = thread % THREADS;
  int input_row = pc.input_row_bytes / 4;
  int output_row = pc.output_row_bytes / 4;
  int start_row = output_row * START_IS_TENSOR;
  int terms = TAPS * CHANNELS;

  float sum[SIDE][SIDE];
  for (int i = 0; i < SIDE; i++)
    for (int j = 0; j < SIDE; j++) {
      int row = first_row + own_row + i * THREADS;
      int column = first_column + own_column + j * THREADS;
      bool inside = HAS_START && row < rows && column < WEIGHT_PITCH;
      sum[i][j] = inside ? start.at[row * start_row + column] : 0.0;
    }

  for (int first_term = 0; first_term < terms; first_term += DEPTH) {
    for (int e = thread; e < BLOCK * DEPTH; e += 256) {
      int row = first_row + e / DEPTH;
      int term = first_term + e % DEPTH;
      float value = 0.0;
      if (row < rows && term < terms)
        value = source.at[row * input_row + TAP[term / CHANNELS] * INPUT_PITCH + term % CHANNELS];
      input_block[e % DEPTH][e / DEPTH] = INPUT_RELU ? max(value, 0.0) : value;

      int weight_term = first_term + e / BLOCK;
      int column = first_column + e % BLOCK;
      int weight_row = weight_term / CHANNELS * WEIGHT_TAP_ROWS + weight_term % CHANNELS;
      bool inside = weight_term < terms && column < WEIGHT_PITCH;
      weight_block[e / BLOCK][e % BLOCK] = inside ? weights.at[weight_row * WEIGHT_PITCH + column] : 0.0;
    }
    barrier();
    [[dont_unroll]] for (int k = 0; k < DEPTH; k++) {
      float weight[SIDE];
      for (int j = 0; j < SIDE; j++) weight[j] = weight_block[k][own_column + j * THREADS];
      for (int i = 0; i < SIDE; i++) {
        float value = input_block[k][own_row + i * THREADS];
        for (int j = 0; j < SIDE; j++) sum[i][j] = fma(value, weight[j], sum[i][j]);
      }
    }
    barrier();
  }

  for (int i = 0; i < SIDE; i++)
    for (int j = 0; j < SIDE; j++) {
      int row = first_row + own_row + i * THREADS;
      int column = first_column + own_column + j * THREADS;
      if (row >= rows || column >= WEIGHT_PITCH) continue;
      float value = sum[i][j];
      if (EXTRA == EXTRA_BIAS) value += Floats(pc.extra).at[column];
      value = max(value, pc.lowest);
      if (ACTIVATION == ACTIVATION_SIGMOID) value = column < COLUMNS ? 1.0 / (1.0 + exp(-value)) : 0.0;
      if (ACTIVATION == ACTIVATION_TANH) value = 1.0 - 2.0 / (1.0 + exp(2.0 * value));
      if (EXTRA >= EXTRA_GATE) value = Floats(pc.extra).at[row * output_row + column] > 0.0 ? value : 0.0;
      if (EXTRA == EXTRA_GATE_ADD) value += Floats(pc.start).at[row * output_row + column];
      // A selection, not a product: what stands in a masked row may be NaN.
      bool keep = IS_MASKED == 0 || Floats(pc.mask).at[row] > 0.0;
      target.at[row * output_row + column] = keep ? value : 0.0;
    }
}
