#version 460
#extension GL_GOOGLE_include_directive : require
#include "common/lanes.glsl"
#include "common/team.glsl"

// Adds LINKS vectors, pc.input_step bytes apart: one team a chain, pc.chains chains of every segment in this
// dispatch. ACROSS: the lanes are parts of one sum, which goes to lane 0; the others become zero pads.
layout(constant_id = 0) const int LINKS = 1;
layout(constant_id = 1) const bool ACROSS = false;
layout(constant_id = 2) const bool SQUARES = false;  // adds squares

layout(push_constant, scalar) uniform PushConstants {
  uint64_t input_tensor, output_tensor;
  int input_segment, input_step;      // bytes from segment to segment, from link to link
  int output_segment, output_chain;   // bytes from segment to segment, from chain to chain
  int chains, unused;
  int first_chain, links;             // links of a whole chain: the last may be shorter
  TILE_FIELDS
} pc;

void main() {
  int tile = TILE_NUMBER;
  if (!LAVAPIPE && tile >= pc.count) return;
  int segment = tile / pc.chains;
  int chain = pc.first_chain + tile - segment * pc.chains;
  // Chains before this one were whole ones.
  uint64_t start = pc.input_tensor + uint64_t(segment) * uint64_t(pc.input_segment) + uint64_t(chain * pc.links) * uint64_t(pc.input_step);
  float sum = 0.0;
  if (LAVAPIPE) {
    [[unroll]] for (int link = 0; link < LINKS; link++) {
      float value = load_vector(start + uint64_t(link) * uint64_t(pc.input_step));
      sum += SQUARES ? value * value : value;
    }
  } else if (LANE < VECTOR) {
    for (int link = 0; link < LINKS; link++) {
      float value = Floats(start + uint64_t(link) * uint64_t(pc.input_step) + uint64_t(LANE * 4)).at[0];
      sum += SQUARES ? value * value : value;
    }
  }
  if (ACROSS) sum = mix(0.0, team_sum(sum), LANE == 0);
  uint64_t target = pc.output_tensor + uint64_t(segment) * uint64_t(pc.output_segment) + uint64_t(chain) * uint64_t(pc.output_chain);
  STORES {
    if (LAVAPIPE || LANE < VECTOR) store_vector(target, sum);
  }
}
