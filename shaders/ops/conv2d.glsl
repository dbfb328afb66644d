// What conv2d.comp and conv2d_gpu.comp share: engine/ops/conv2d.cpp fills both alike.
#include "ops/conv2d_taps.glsl"

layout(constant_id = 6) const int WEIGHT_PITCH = 32;     // floats from one weight row to the next
layout(constant_id = 7) const int WEIGHT_TAP_ROWS = 32;  // weight rows of a tap
layout(constant_id = 8) const int CHANNELS = 32;         // input channels summed in this dispatch
layout(constant_id = 9) const int INPUT_PITCH = 32;      // floats from one row to the next (for the taps)
layout(constant_id = 10) const int TAPS = 3;             // taps summed in this dispatch
layout(constant_id = 11) const bool INPUT_RELU = false;
layout(constant_id = 12) const int EXTRA = 0;            // what pc.extra is, see EXTRA_*
layout(constant_id = 13) const int ACTIVATION = 0;       // see ACTIVATION_*; relu is pc.lowest = 0
layout(constant_id = 14) const int COLUMNS = 32;         // logical output channels from this dispatch's first on

const int EXTRA_BIAS = 1;      // vector [co], added (beside a residual in `start`)
const int EXTRA_GATE = 2;      // tensor like the output: the result is kept where it is positive
const int EXTRA_GATE_ADD = 3;  // likewise, and `start` is added afterwards
const int ACTIVATION_SIGMOID = 2;
const int ACTIVATION_TANH = 3;

layout(push_constant, scalar) uniform PushConstants {
  uint64_t input_address;  // of row 0
  uint64_t weights;        // [taps][WEIGHT_TAP_ROWS][WEIGHT_PITCH]
  uint64_t output_address; // of row 0
  uint64_t start;          // what the sum starts from: bias [co], or a tensor like the output
  uint64_t mask;           // one float a row: rows whose mask is 0 become zero
  uint64_t extra;
  int input_row_bytes;     // from row to row
  int output_row_bytes;    // likewise, of output, start and extra
  int launch;              // see below
  float lowest;            // 0 for relu, -infinity otherwise
  int digit[16];           // digit[i] = i: makes a workgroup's number uniform for lavapipe
} pc;

// pc.launch. Rows beyond the last are computed as copies of the last one, in the last tile, or not stored.
#define LAUNCH_ROWS (pc.launch & 0xfffff)
#define LAUNCH_X (((pc.launch >> 20) & 15) + 1)      // row groups along x
#define LAUNCH_Y (((pc.launch >> 24) & 15) + 1)      // row groups along y
#define START_IS_TENSOR ((pc.launch >> 28) & 1)
#define HAS_START (((pc.launch >> 29) & 1) != 0)     // with EXTRA_GATE_ADD: the sum continues from the output
#define IS_MASKED ((pc.launch >> 30) & 1)
