#version 460
#extension GL_GOOGLE_include_directive : require
#include "common/lanes.glsl"
#include "common/team.glsl"

// The softmax family over the logical columns of each row, one team a row; numbering of engine/ops/softmax.cpp.
layout(constant_id = 0) const int ROW_VECTORS = 1;
layout(constant_id = 1) const int COLUMNS = 8;
layout(constant_id = 2) const int FUNCTION = 0;
layout(constant_id = 3) const int LABEL_STRIDE = 1;  // elements from label to label
layout(constant_id = 4) const int LAST_LABEL = 0;
layout(constant_id = 5) const int LOSS_STRIDE = 8;  // of one loss, and of its upstream, per row

const int SOFTMAX = 0, LOG_SOFTMAX = 1, CROSS_ENTROPY = 2, SOFTMAX_GRADIENT = 3, LOG_SOFTMAX_GRADIENT = 4, CROSS_ENTROPY_GRADIENT = 5, PICKED = 6;
const float LOWEST = -3.4028235e38;

// Rows too long to unroll are walked in a loop: slow loads, but a kernel that compiles in no time.
#define UNROLLED (LAVAPIPE && ROW_VECTORS <= 64)
const bool FROM_LOGITS = FUNCTION <= CROSS_ENTROPY || FUNCTION == CROSS_ENTROPY_GRADIENT || FUNCTION == PICKED;

layout(push_constant, scalar) uniform PushConstants {
  uint64_t x;         // logits; for SOFTMAX_GRADIENT and LOG_SOFTMAX_GRADIENT the result y
  uint64_t upstream;  // dy
  uint64_t labels;
  uint64_t result;
  uint64_t row_mask;
  TILE_FIELDS
} pc;

// Column v * VECTOR + lane of the row on lavapipe, v-th of the lane's columns elsewhere.
#define COLUMN(v) (UNROLLED ? (v) * VECTOR + LANE : (v) * SG + LANE)
#define STEPS (UNROLLED ? ROW_VECTORS : (ROW_VECTORS * VECTOR + SG - 1) / SG)

float load(uint64_t row, int v) {
  if (UNROLLED) return load_vector(row + uint64_t(v * VECTOR * 4));
  return load_scalar(row + uint64_t(min(COLUMN(v), COLUMNS - 1) * 4));
}

// Unrolled or not, as UNROLLED says: a constant, so one of the two loops disappears.
#define EACH_STEP(body) \
  if (UNROLLED) { \
    [[unroll]] for (int v = 0; v < ROW_VECTORS; v++) { bool own = COLUMN(v) < COLUMNS; body } \
  } else { \
    [[dont_unroll]] for (int v = 0; v < STEPS; v++) { bool own = COLUMN(v) < COLUMNS; body } \
  }

void main() {
  int row = TILE_NUMBER;
  if (!LAVAPIPE && row >= pc.count) return;
  uint64_t at = uint64_t(row) * uint64_t(ROW_VECTORS * VECTOR * 4);
  uint64_t source = pc.x + at, upstream = pc.upstream + at, target = pc.result + at;
  bool logical = load_scalar(pc.row_mask + uint64_t(row) * 4ul) > 0.0;
  int label = 0;
  if (FUNCTION == CROSS_ENTROPY || FUNCTION == CROSS_ENTROPY_GRADIENT || FUNCTION == PICKED)
    label = int(load_scalar_uint(pc.labels + uint64_t(min(row, LAST_LABEL) * LABEL_STRIDE) * 4ul));

  float highest = LOWEST, sum = 0.0, chosen = 0.0;
  if (FROM_LOGITS) {
    EACH_STEP(highest = max(highest, mix(LOWEST, load(source, v), own));)
    highest = team_max(highest);
    EACH_STEP(
        float value = load(source, v) - highest;
        // Of PICKED: how many share the highest score.
        sum += mix(0.0, FUNCTION == PICKED ? mix(0.0, 1.0, value == 0.0) : exp(value), own);
        if (FUNCTION == CROSS_ENTROPY || FUNCTION == PICKED) chosen += mix(0.0, value, own && COLUMN(v) == label);)
    sum = team_sum(sum);
  } else {
    EACH_STEP(
        float dy = load(upstream, v);
        sum += mix(0.0, FUNCTION == SOFTMAX_GRADIENT ? dy * load(source, v) : dy, own);)
    sum = team_sum(sum);
  }

  if (FUNCTION == CROSS_ENTROPY || FUNCTION == PICKED) {
    float own_score = team_sum(chosen);
    float loss = FUNCTION == PICKED ? mix(0.0, 1.0 / sum, own_score == 0.0) : log(sum) - own_score;
    loss = mix(0.0, loss, logical && LANE == 0);
    STORES {
      if (LAVAPIPE || LANE < VECTOR) store_vector(pc.result + uint64_t(row * LOSS_STRIDE) * 4ul, loss);
    }
    return;
  }
  float scale = 1.0 / sum, shift = log(sum), dy = 0.0;
  if (FUNCTION == CROSS_ENTROPY_GRADIENT) dy = load_scalar(pc.upstream + uint64_t(row * LOSS_STRIDE) * 4ul);
  float result[UNROLLED ? ROW_VECTORS : 1];
  EACH_STEP(
      float value = load(source, v);
      float r;
      if (FUNCTION == SOFTMAX) r = exp(value - highest) * scale;
      else if (FUNCTION == LOG_SOFTMAX) r = value - highest - shift;
      else if (FUNCTION == SOFTMAX_GRADIENT) r = value * (load(upstream, v) - sum);
      else if (FUNCTION == LOG_SOFTMAX_GRADIENT) r = load(upstream, v) - exp(value) * sum;
      else r = dy * (exp(value - highest) * scale - mix(0.0, 1.0, COLUMN(v) == label));
      r = mix(0.0, r, own && logical);
      if (UNROLLED) result[v] = r;
      else if (COLUMN(v) < ROW_VECTORS * VECTOR) Floats(target + uint64_t(COLUMN(v) * 4)).at[0] = r;)
  if (UNROLLED) {
    STORES {
      [[unroll]] for (int v = 0; v < ROW_VECTORS; v++) store_vector(target + uint64_t(v * VECTOR * 4), result[v]);
    }
  }
}
