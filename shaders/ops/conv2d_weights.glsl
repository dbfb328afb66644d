// What conv2d_weights.comp and conv2d_weights_gpu.comp share: engine/ops/conv2d_weights.cpp fills both alike.
#include "ops/conv2d_taps.glsl"

layout(constant_id = 6) const int GRADIENT_PITCH = 32;  // floats from one row to the next; also of the slab's rows
layout(constant_id = 7) const int CHANNELS = 32;        // input channels
layout(constant_id = 8) const int INPUT_PITCH = 32;     // floats from one row to the next
layout(constant_id = 9) const int TAPS = 9;
layout(constant_id = 10) const bool INPUT_RELU = false;

layout(push_constant, scalar) uniform PushConstants {
  uint64_t input_address;  // of the first row of slab 0 in this dispatch
  uint64_t gradient;       // likewise
  uint64_t slabs;          // [slab][TAPS * CHANNELS][GRADIENT_PITCH]
  int slab_rows;           // rows from the first of one slab to the first of the next
  int slab_bytes;
  int launch;              // bits 0-7: workgroups along x; bit 8: add to the slab, else overwrite it
  int first;               // lavapipe: the first tile of this dispatch
  int count;               // lavapipe: tiles in all; GPUs: rows in all
  int unused;
  int digit[16];           // digit[i] = i: makes a workgroup's number uniform for lavapipe
} pc;

#define SLABS_ALONG_Y ((pc.launch >> 9) & 1)
#define ADD_TO_SLAB (((pc.launch >> 8) & 1) != 0)
