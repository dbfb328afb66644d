#version 460
#extension GL_GOOGLE_include_directive : require
#include "common/lanes.glsl"
#include "common/team.glsl"

// One step of every point along its forces with momentum and gains (Jacobs 1988), a lane a point.
const float GAIN_MORE = 0.2, GAIN_LESS = 0.8, GAIN_LEAST = 0.01;

layout(push_constant, scalar) uniform PushConstants {
  uint64_t points;      // [padded] of (x, y)
  uint64_t velocities;  // [padded] of (x, y)
  uint64_t gains;       // [padded] of (x, y)
  uint64_t forces;      // [2][padded] of (x, y): attraction, repulsion
  uint64_t sums;        // [tiles] of (sum of q, .)
  uint64_t parameters;  // exaggeration, momentum, learning rate
  int tiles;
  int count;   // points
  int padded;
  int unused;
} pc;

vec2 load_pair(uint64_t address) { return uintBitsToFloat(unpackUint2x32(FloatPair(address).bits)); }
void store_pair(uint64_t address, vec2 value) { FloatPair(address).bits = packUint2x32(floatBitsToUint(value)); }

void main() {
  float exaggeration = load_scalar(pc.parameters), momentum = load_scalar(pc.parameters + 4ul), rate = load_scalar(pc.parameters + 8ul);
  float q_sum = 0.0;
  for (int tile = 0; tile < pc.tiles; tile += SG) {
    int own = tile + LANE;
    q_sum += mix(0.0, Floats(pc.sums + uint64_t(min(own, pc.tiles - 1) * 8)).at[0], own < pc.tiles);
  }
  q_sum = team_sum(q_sum);

  int point = (int(gl_WorkGroupID.x) * TEAMS + int(TEAM_ID)) * SG + LANE;
  uint64_t at = uint64_t(point * 8);
  vec2 attraction = load_pair(pc.forces + at), repulsion = load_pair(pc.forces + at + uint64_t(pc.padded) * 8ul);
  vec2 velocity = load_pair(pc.velocities + at), gain = load_pair(pc.gains + at), position = load_pair(pc.points + at);
  vec2 gradient = exaggeration * attraction - repulsion / q_sum;
  bvec2 downhill = bvec2(gradient.x * velocity.x < 0.0, gradient.y * velocity.y < 0.0);
  gain = max(mix(gain * GAIN_LESS, gain + GAIN_MORE, downhill), GAIN_LEAST);
  velocity = momentum * velocity - rate * gain * gradient;
  if (point < pc.count) {
    store_pair(pc.points + at, position + velocity);
    store_pair(pc.velocities + at, velocity);
    store_pair(pc.gains + at, gain);
  }
}
