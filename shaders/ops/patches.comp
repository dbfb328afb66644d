#version 460
#extension GL_GOOGLE_include_directive : require
#include "common/lanes.glsl"
#include "common/team.glsl"
#include "common/philox.glsl"

// One patch a team: finds its place (engine/ops/patches.h), then cuts it out. Loads differ from lane to lane, so plain loops
// serve; the work is small beside what is done with a patch.
layout(constant_id = 1) const int SIZE = 12;
layout(constant_id = 2) const bool REMOVE_MEAN = true;
layout(constant_id = 3) const bool UNIT_VARIANCE = false;
layout(constant_id = 4) const int STRIDE = 144;  // floats from patch to patch of the result

layout(push_constant, scalar) uniform PushConstants {
  uint64_t scenes, table, seed, step_counter, result;
  int rows, scene_count;
  TILE_FIELDS
} pc;

const int PIXELS = SIZE * SIZE;
const int TABLE_STRIDE = VECTOR;  // a row of four columns, padded
const float VARIANCE_FLOOR = 0.01;  // kPatchVarianceFloor

uint entry(int row, int column) { return Uints(pc.table + uint64_t((row * TABLE_STRIDE + column) * 4)).at[0]; }
float pixel(uint corner, uint width, int p) {
  uint at = corner + uint(p / SIZE) * width + uint(p % SIZE);
  return Floats(pc.scenes + uint64_t(at) * 4ul).at[0];
}

void main() {
  int patch_number = TILE_NUMBER;
  if (patch_number >= pc.count) return;
  uint word = own_word(element_block(patch_number, pc.seed, pc.step_counter, 0u), patch_number);
  uint place, unused;
  umulExtended(word, entry(pc.scene_count, 0), place, unused);
  int low = 0, high = pc.scene_count;  // the last scene that does not begin after the place
  while (high - low > 1) {
    int middle = (low + high) / 2;
    if (entry(middle, 0) > place) high = middle; else low = middle;
  }
  uint width = entry(low, 2), within = place - entry(low, 0), across = width - uint(SIZE) + 1u;
  uint corner = entry(low, 1) + within / across * width + within % across;

  const int PARTS = (STRIDE + SG - 1) / SG;
  float values[PARTS];
  float sum = 0.0;
  for (int part = 0; part < PARTS; part++) {
    int p = part * SG + LANE;
    values[part] = p < PIXELS ? pixel(corner, width, p) : 0.0;
    sum += values[part];
  }
  float mean = REMOVE_MEAN ? team_sum(sum) / float(PIXELS) : 0.0;
  float scale = 1.0;
  if (UNIT_VARIANCE) {
    float squares = 0.0;
    for (int part = 0; part < PARTS; part++) {
      float value = part * SG + LANE < PIXELS ? values[part] - mean : 0.0;
      squares += value * value;
    }
    scale = inversesqrt(team_sum(squares) / float(PIXELS) + VARIANCE_FLOOR);
  }
  bool inside = patch_number < pc.rows;  // rows below the last patch are pads
  for (int part = 0; part < PARTS; part++) {
    int p = part * SG + LANE;
    float value = inside && p < PIXELS ? (values[part] - mean) * scale : 0.0;
    if (p < STRIDE) Floats(pc.result + uint64_t(patch_number * STRIDE + p) * 4ul).at[0] = value;
  }
}
