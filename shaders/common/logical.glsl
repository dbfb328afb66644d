// From a place in a tensor's geometry (engine/graph/layout.h) to its logical element. Constants: engine/ops/logical.h.
layout(constant_id = 70) const int STRIDE = 8;
layout(constant_id = 71) const int COLUMNS = 8;
layout(constant_id = 72) const int LOGICAL_ROWS = 1;
layout(constant_id = 73) const int FIRST_ROW = 0;
layout(constant_id = 74) const int IMAGE_ROWS = 0;  // 0: no picture
layout(constant_id = 75) const int LINE_ROWS = 1;
layout(constant_id = 76) const int HEIGHT = 1;
layout(constant_id = 77) const int WIDTH = 1;

// The number of the logical element at (row, column); -1 in halo, guards and padding.
int logical_element(int row, int column) {
  bool inside = column < COLUMNS;
  int logical_row = row;
  if (IMAGE_ROWS > 0) {
    int from_first = max(row - FIRST_ROW, 0);
    int picture = from_first / IMAGE_ROWS;
    int in_picture = from_first - picture * IMAGE_ROWS;
    int y = in_picture / LINE_ROWS;
    int x = in_picture - y * LINE_ROWS;
    inside = inside && row >= FIRST_ROW && y < HEIGHT && x < WIDTH;
    logical_row = (picture * HEIGHT + y) * WIDTH + x;
  }
  inside = inside && logical_row < LOGICAL_ROWS;
  return mix(-1, logical_row * COLUMNS + column, inside);
}

// Kernels that make a value from its logical element alone: VALUE(element) is evaluated for every element and stored, zero
// in pads. Tensors of one column go VECTOR rows at a time on lavapipe (column.glsl).
#define FOR_LOGICAL_ELEMENTS(VALUE, result) \
  ELEMENTWISE_TILE \
  if (LAVAPIPE && COLUMNS == 1 && VECTORS == VECTOR) { \
    int element = logical_element(tile_start / VECTOR + LANE, 0); \
    float value = mix(0.0, VALUE(max(element, 0)), element >= 0); \
    STORES store_column(AT(result, 0), value); \
    return; \
  } \
  float values[VECTORS]; \
  EACH_VECTOR(v) { \
    int place = tile_start + v * SG + (LAVAPIPE ? 0 : LANE); \
    int row = place / STRIDE; \
    int element = logical_element(row, place - row * STRIDE + (LAVAPIPE ? LANE : 0)); \
    values[v] = mix(0.0, VALUE(max(element, 0)), element >= 0); \
  } \
  STORES EACH_VECTOR(v) store_vector(AT(result, v), values[v]);
