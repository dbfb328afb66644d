#version 460
#extension GL_GOOGLE_include_directive : require
#include "common/lanes.glsl"
#include "common/team.glsl"

// One atom a team: its statistics, and its replacement where it is dead (engine/models/sparse/update.h). Teams that zero
// the same element of A write the same zero.
layout(constant_id = 1) const int ATOMS = 1;
layout(constant_id = 2) const int STRIDE = 8;          // of dictionary, patches and targets
layout(constant_id = 3) const int PRODUCT_STRIDE = 8;  // of A, the sums and the states

layout(buffer_reference, scalar, buffer_reference_align = 8) buffer Addresses {
  uint64_t before, sums, patches, step_counter, replace, dictionary, states, products, targets;
};

layout(push_constant, scalar) uniform PushConstants {
  uint64_t addresses;
  float usage_window, dead_share, grace_steps;
  int patch_count;
  TILE_FIELDS
} pc;

#define FLOAT(base, index) Floats((base) + uint64_t(index) * 4ul).at[0]

void main() {
  int atom = TILE_NUMBER;
  if (atom >= pc.count) return;
  Addresses at = Addresses(pc.addresses);
  uint64_t states = at.states, sums = at.sums, dictionary = at.dictionary;
  // Read before the team meets, for its first lane writes them afterwards.
  float age = FLOAT(states, 2 * PRODUCT_STRIDE + atom) + 1.0;
  float usage = FLOAT(states, atom), energy = FLOAT(states, PRODUCT_STRIDE + atom);
  float change = 0.0;
  for (int p = LANE; p < STRIDE; p += SG) {
    float difference = FLOAT(dictionary, atom * STRIDE + p) - FLOAT(at.before, atom * STRIDE + p);
    change += difference * difference;
  }
  change = sqrt(team_sum(change));
  float weight = 1.0 / min(age, pc.usage_window);
  usage += weight * (FLOAT(sums, atom) - usage);
  energy += weight * (FLOAT(sums, 2 * PRODUCT_STRIDE + atom) - energy);

  // As many atoms as there are patches take turns: those of one turn have patches of their own.
  uint batch = uint(pc.patch_count), now = Uints(at.step_counter).at[0], turns = (uint(ATOMS) + batch - 1u) / batch;
  bool turn = uint(atom) / batch == now % turns;
  if (FLOAT(at.replace, 0) != 0.0 && turn && age > pc.grace_steps && usage < pc.dead_share) {
    uint row = (7919u * uint(atom) + 104729u * now) % batch;
    float squares = 0.0;
    for (int p = LANE; p < STRIDE; p += SG) {
      float value = FLOAT(at.patches, int(row) * STRIDE + p);
      squares += value * value;
    }
    squares = team_sum(squares);
    if (squares > 1e-8) {
      float scale = 1.0 / sqrt(squares);
      for (int p = LANE; p < STRIDE; p += SG) {
        FLOAT(dictionary, atom * STRIDE + p) = scale * FLOAT(at.patches, int(row) * STRIDE + p);
        FLOAT(at.targets, atom * STRIDE + p) = 0.0;
      }
      for (int i = LANE; i < ATOMS; i += SG) {
        FLOAT(at.products, i * PRODUCT_STRIDE + atom) = 0.0;
        FLOAT(at.products, atom * PRODUCT_STRIDE + i) = 0.0;
      }
      usage = 0.0;
      energy = 0.0;
      age = 0.0;
    }
  }
  if (LANE == 0) {
    FLOAT(states, atom) = usage;
    FLOAT(states, PRODUCT_STRIDE + atom) = energy;
    FLOAT(states, 2 * PRODUCT_STRIDE + atom) = age;
    FLOAT(states, 3 * PRODUCT_STRIDE + atom) = change;
  }
}
