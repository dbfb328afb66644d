#version 460
#extension GL_GOOGLE_include_directive : require
#include "common/lanes.glsl"
#include "common/elementwise.glsl"

// result = a OP b, where b may be repeated: numbering of engine/ops/binary.cpp.
layout(constant_id = 1) const int OPERATION = 0;
layout(constant_id = 2) const int REPEAT = 0;
layout(constant_id = 3) const bool SWAPPED = false;  // b OP a
layout(constant_id = 4) const bool MASKED = false;   // 0 OP b may not be 0: pads are kept zero by the mask
layout(constant_id = 5) const int STRIDE = 8;        // elements from row to row of a and the result
layout(constant_id = 6) const int COLUMN_STRIDE = 8; // elements from row to row of a repeated column

const int ADD = 0, SUBTRACT = 1, MULTIPLY = 2, DIVIDE = 3, MAXIMUM = 4, MINIMUM = 5, GREATER = 6, GREATER_EQUAL = 7;
const int SAME = 0, VALUE = 1, ROW = 2, COLUMN = 3;

layout(push_constant, scalar) uniform PushConstants {
  uint64_t a, b, result, mask;
  TILE_FIELDS
} pc;

float operate(float a, float b) {
  if (OPERATION == ADD) return a + b;
  if (OPERATION == SUBTRACT) return a - b;
  if (OPERATION == MULTIPLY) return a * b;
  if (OPERATION == DIVIDE) return a / b;
  if (OPERATION == MAXIMUM) return max(a, b);
  if (OPERATION == MINIMUM) return min(a, b);
  if (OPERATION == GREATER) return mix(0.0, 1.0, a > b);
  return mix(0.0, 1.0, a >= b);
}

float load_b(int start, int v) {
  if (REPEAT == SAME) return load_vector(pc.b + uint64_t(start) * 4ul + uint64_t(v * SG * 4));
  if (REPEAT == VALUE) return load_scalar(pc.b);
  if (LAVAPIPE) {  // a vector lies within one row
    int vector = start / SG + v;
    int row = vector / (STRIDE / SG);
    if (REPEAT == COLUMN) return load_scalar(pc.b + uint64_t(row) * uint64_t(COLUMN_STRIDE * 4));
    return load_vector(pc.b + uint64_t((vector - row * (STRIDE / SG)) * SG * 4));
  }
  int element = start + v * SG + LANE;
  int row = element / STRIDE;
  if (REPEAT == COLUMN) return load_scalar(pc.b + uint64_t(row) * uint64_t(COLUMN_STRIDE * 4));
  return load_scalar(pc.b + uint64_t((element - row * STRIDE) * 4));
}

OUTPUT_TILE(0)

void main() {
  ELEMENTWISE_TILE
  float result[VECTORS];
  EACH_VECTOR(v) {
    float a = load_vector(AT(pc.a, v)), b = load_b(tile_start, v);
    result[v] = SWAPPED ? operate(b, a) : operate(a, b);
    if (MASKED) result[v] = mix(0.0, result[v], load_vector(AT(pc.mask, v)) > 0.0);
  }
  PIN_TILE(0, result)
  STORE_TILE(0, pc.result, result)
}
