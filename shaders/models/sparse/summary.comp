#version 460
#extension GL_GOOGLE_include_directive : require
#include "common/lanes.glsl"
#include "common/team.glsl"

// A step's figures (engine/models/sparse/update.h); one team.
layout(constant_id = 1) const int ATOMS = 1;
layout(constant_id = 2) const int STRIDE = 8;

layout(buffer_reference, scalar, buffer_reference_align = 8) buffer Addresses {
  uint64_t sums, states, squares, squared_error, lambda, objective, snr_db, l0, atoms_used, step_counter;
};

layout(push_constant, scalar) uniform PushConstants {
  uint64_t addresses;
  float count_of_patches, dead_share;
  TILE_FIELDS
} pc;

#define FLOAT(base, index) Floats((base) + uint64_t(index) * 4ul).at[0]

void main() {
  if (TILE_NUMBER > 0) return;
  Addresses at = Addresses(pc.addresses);
  float l0 = 0.0, l1 = 0.0, used = 0.0;
  for (int k = LANE; k < ATOMS; k += SG) {
    l0 += FLOAT(at.sums, k);
    l1 += FLOAT(at.sums, STRIDE + k);
    used += FLOAT(at.states, k) >= pc.dead_share ? 1.0 : 0.0;
  }
  l0 = team_sum(l0);
  l1 = team_sum(l1);
  used = team_sum(used);
  if (LANE > 0) return;
  float squared_error = FLOAT(at.squared_error, 0);
  FLOAT(at.objective, 0) = 0.5 * squared_error / pc.count_of_patches + FLOAT(at.lambda, 0) * l1;
  FLOAT(at.snr_db, 0) = log2(max(FLOAT(at.squares, 0), 1e-30) / max(squared_error, 1e-30)) * 3.0102999566;  // 10 log10
  FLOAT(at.l0, 0) = l0;
  FLOAT(at.atoms_used, 0) = used / float(ATOMS);
  Uints(at.step_counter).at[0] += 1u;
}
