#version 460
#extension GL_GOOGLE_include_directive : require
#extension GL_KHR_shader_subgroup_arithmetic : require
#include "common/lanes.glsl"

// The two forces on every point (van der Maaten & Hinton 2008, eq. 5), q = 1 / (1 + |d|^2) before its normalisation:
// attraction sum_j p_ij q_ij d_ij over the edges, repulsion sum_j q_ij^2 d_ij over all points. A tile is VECTORS vectors of
// points, whose sums stay in registers. Pads lie so far out that their q is nothing.
layout(constant_id = 0) const int VECTORS = 8;
layout(constant_id = 1) const bool WITH_DIVERGENCE = false;

layout(push_constant, scalar) uniform PushConstants {
  uint64_t points;  // [padded] of (x, y)
  uint64_t groups;  // of SG points each: (first edge, edges of the longest row)
  uint64_t edges;   // by group [edges][SG] of (other point, p); shorter rows end with p = 0
  uint64_t forces;  // [2][padded] of (x, y): attraction, repulsion
  uint64_t sums;    // [tiles] of (sum of q over all pairs, sum of p log(1 + |d|^2))
  int count;        // points
  int padded;
} pc;

vec2 load_pair(uint64_t address) { return uintBitsToFloat(unpackUint2x32(FloatPair(address).bits)); }
void store_pair(uint64_t address, vec2 value) { FloatPair(address).bits = packUint2x32(floatBitsToUint(value)); }

void main() {
  int first = int(gl_WorkGroupID.x) * VECTORS * SG + LANE;
  vec2 point[VECTORS], repulsion[VECTORS];
  float sum[VECTORS];
  [[unroll]] for (int v = 0; v < VECTORS; v++) {
    point[v] = load_pair(pc.points + uint64_t((first + v * SG) * 8));
    repulsion[v] = vec2(0.0);
    sum[v] = 0.0;
  }
  for (int other = 0; other < pc.count; other += SG) {
    vec2 row = load_pair(pc.points + uint64_t((other + LANE) * 8));
    [[unroll]] for (int l = 0; l < SG; l++) {
      vec2 at = LAVAPIPE ? vec2(subgroupShuffle(row.x, uint(l)), subgroupShuffle(row.y, uint(l)))
                         : load_pair(pc.points + uint64_t((other + l) * 8));
      [[unroll]] for (int v = 0; v < VECTORS; v++) {
        vec2 d = point[v] - at;
        float q = 1.0 / fma(d.x, d.x, fma(d.y, d.y, 1.0));
        sum[v] += q;
        float square = q * q;
        repulsion[v] = vec2(fma(square, d.x, repulsion[v].x), fma(square, d.y, repulsion[v].y));
      }
    }
  }
  float q_sum = 0.0, divergence = 0.0;
  [[unroll]] for (int v = 0; v < VECTORS; v++) {
    // A point's own q, which is 1, does not count.
    q_sum += mix(0.0, sum[v] - 1.0, first + v * SG < pc.count);
    uvec2 group = unpackUint2x32(FloatPair(pc.groups + uint64_t((int(gl_WorkGroupID.x) * VECTORS + v) * 8)).bits);
    uint64_t edge = pc.edges + uint64_t(group.x + uint(LANE)) * 8ul;
    vec2 attraction = vec2(0.0);
    for (uint e = 0; e < group.y; e++) {
      uvec2 fields = unpackUint2x32(FloatPair(edge + uint64_t(e) * uint64_t(SG * 8)).bits);
      vec2 d = point[v] - load_pair(pc.points + uint64_t(fields.x) * 8ul);
      float p = uintBitsToFloat(fields.y), near = fma(d.x, d.x, fma(d.y, d.y, 1.0));
      attraction += p / near * d;
      if (WITH_DIVERGENCE) divergence = fma(p, log(near), divergence);
    }
    uint64_t at = pc.forces + uint64_t((first + v * SG) * 8);
    store_pair(at, attraction);
    store_pair(at + uint64_t(pc.padded) * 8ul, repulsion[v]);
  }
  q_sum = subgroupAdd(q_sum);
  divergence = subgroupAdd(divergence);
  if (LANE == 0) store_pair(pc.sums + uint64_t(gl_WorkGroupID.x) * 8ul, vec2(q_sum, divergence));
}
