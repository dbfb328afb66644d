#version 460
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_buffer_reference : require
#extension GL_EXT_shader_explicit_arithmetic_types_int64 : require
#extension GL_EXT_scalar_block_layout : require
#extension GL_EXT_control_flow_attributes : require
#include "ops/conv2d_weights.glsl"

// The same sums as conv2d_weights.comp for GPUs. One workgroup computes BLOCK weight rows x BLOCK output
// channels of one slab, over all of the slab's rows.
// Grid: x = channel blocks, y = blocks of weight rows, z = slabs.

layout(local_size_x = 256) in;
layout(buffer_reference, scalar, buffer_reference_align = 4) buffer Floats { float at[]; };
const int BLOCK = 64;
const int DEPTH = 16;              // positions per step
const int SIDE = 4;                // results per thread and direction
const int THREADS = BLOCK / SIDE;  // per direction
shared float input_block[DEPTH][BLOCK];
shared float gradient_block[DEPTH][BLOCK];

void main() {
  TAP_TABLE
  int slab = int(gl_WorkGroupID.z);
  int weight_rows = TAPS * CHANNELS;
  Floats source = Floats(pc.input_address + uint64_t(slab * pc.slab_rows * INPUT_PITCH) * 4ul);
  Floats gradient = Floats(pc.gradient + uint64_t(slab * pc.slab_rows * GRADIENT_PITCH) * 4ul);
  Floats target = Floats(pc.slabs + uint64_t(slab * pc.slab_bytes));
  int first_weight_row = int(gl_WorkGroupID.y) * BLOCK;
  int first_column = int(gl_WorkGroupID.x) * BLOCK;
  int thread = int(gl_LocalInvocationIndex);
  int own_row = thread / THREADS;
  int own_column = thread % THREADS;
  bool add = ADD_TO_SLAB;
  int rows = min(pc.slab_rows, pc.count - slab * pc.slab_rows);  // the last slab may be shorter

  float sum[SIDE][SIDE];
  for (int i = 0; i < SIDE; i++)
    for (int j = 0; j < SIDE; j++) {
      int m = first_weight_row + own_row + i * THREADS;
      int column = first_column + own_column + j * THREADS;
      bool inside = add && m < weight_rows && column < GRADIENT_PITCH;
      sum[i][j] = inside ? target.at[m * GRADIENT_PITCH + column] : 0.0;
    }

  for (int first_row = 0; first_row < rows; first_row += DEPTH) {
    for (int e = thread; e < BLOCK * DEPTH; e += 256) {
      int row = first_row + e / BLOCK;
      int m = first_weight_row + e % BLOCK;
      int column = first_column + e % BLOCK;
      bool inside = row < rows;
      float value = 0.0;
      if (inside && m < weight_rows)
        value = source.at[row * INPUT_PITCH + TAP[m / CHANNELS] * INPUT_PITCH + m % CHANNELS];
      input_block[e / BLOCK][e % BLOCK] = INPUT_RELU ? max(value, 0.0) : value;
      gradient_block[e / BLOCK][e % BLOCK] =
        inside && column < GRADIENT_PITCH ? gradient.at[row * GRADIENT_PITCH + column] : 0.0;
    }
    barrier();
    [[dont_unroll]] for (int k = 0; k < DEPTH; k++) {
      float g[SIDE];
      for (int j = 0; j < SIDE; j++) g[j] = gradient_block[k][own_column + j * THREADS];
      for (int i = 0; i < SIDE; i++) {
        float value = input_block[k][own_row + i * THREADS];
        for (int j = 0; j < SIDE; j++) sum[i][j] = fma(value, g[j], sum[i][j]);
      }
    }
    barrier();
  }

  for (int i = 0; i < SIDE; i++)
    for (int j = 0; j < SIDE; j++) {
      int m = first_weight_row + own_row + i * THREADS;
      int column = first_column + own_column + j * THREADS;
      if (m < weight_rows && column < GRADIENT_PITCH) target.at[m * GRADIENT_PITCH + column] = sum[i][j];
    }
}
