#version 460
#extension GL_GOOGLE_include_directive : require
#include "common/lanes.glsl"
#include "common/team.glsl"

// The two forces on every point (van der Maaten & Hinton 2008, eq. 5), q = 1 / (1 + |d|^2) before its normalisation:
// attraction sum_j p_ij q_ij d_ij over the edges, repulsion sum_j q_ij^2 d_ij over all points. A tile is VECTORS vectors of
// points, whose sums stay in registers. Pads lie so far out that their q is nothing.
layout(constant_id = 0) const int VECTORS = 8;  // 2, 4, 6 or 8
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

// One body for each vector, with variables of its own: an array that a loop changes would live in memory, lane by lane.
#define EACH(BODY) BODY(0) BODY(1) BODY(2) BODY(3) BODY(4) BODY(5) BODY(6) BODY(7)
#define LOAD(v) \
  vec2 point##v = vec2(0.0), repulsion##v = vec2(0.0); \
  float sum##v = 0.0; \
  if (v < VECTORS) point##v = load_pair(pc.points + uint64_t((first + v * SG) * 8));
// Two vectors at once: their reciprocals cost one division, 1 / a = b / (a b).
#define REPEL(v, w) \
  if (v < VECTORS) { \
    vec2 d##v = point##v - at, d##w = point##w - at; \
    float a = fma(d##v.x, d##v.x, fma(d##v.y, d##v.y, 1.0)), b = fma(d##w.x, d##w.x, fma(d##w.y, d##w.y, 1.0)); \
    float r = 1.0 / (a * b), q##v = r * b, q##w = r * a, square##v = q##v * q##v, square##w = q##w * q##w; \
    sum##v += q##v; \
    sum##w += q##w; \
    repulsion##v.x = fma(square##v, d##v.x, repulsion##v.x); \
    repulsion##v.y = fma(square##v, d##v.y, repulsion##v.y); \
    repulsion##w.x = fma(square##w, d##w.x, repulsion##w.x); \
    repulsion##w.y = fma(square##w, d##w.y, repulsion##w.y); \
  }
#define FINISH(v) if (v < VECTORS) finish(v, first + v * SG, point##v, repulsion##v, sum##v);

float q_sum = 0.0, divergence = 0.0;

// Attraction, and the stores of both.
void finish(int v, int place, vec2 point, vec2 repulsion, float sum) {
  // A point's own q, which is 1, does not count.
  q_sum += mix(0.0, sum - 1.0, place < pc.count);
  uvec2 group = unpackUint2x32(FloatPair(pc.groups + uint64_t((int(gl_WorkGroupID.x) * VECTORS + v) * 8)).bits);
  uint64_t edge = pc.edges + uint64_t(group.x + uint(LANE)) * 8ul;
  vec2 attraction = vec2(0.0);
  for (uint e = 0; e < group.y; e++) {
    uvec2 fields = unpackUint2x32(FloatPair(edge + uint64_t(e) * uint64_t(SG * 8)).bits);
    vec2 d = point - load_pair(pc.points + uint64_t(fields.x) * 8ul);
    float p = uintBitsToFloat(fields.y), near = fma(d.x, d.x, fma(d.y, d.y, 1.0));
    attraction += p / near * d;
    if (WITH_DIVERGENCE) divergence = fma(p, log(near), divergence);
  }
  uint64_t at = pc.forces + uint64_t(place * 8);
  store_pair(at, attraction);
  store_pair(at + uint64_t(pc.padded) * 8ul, repulsion);
}

void main() {
  int first = int(gl_WorkGroupID.x) * VECTORS * SG + LANE;
  EACH(LOAD)
  for (int other = 0; other < pc.count; other += SG) {
    vec2 row = load_pair(pc.points + uint64_t((other + LANE) * 8));
    [[unroll]] for (int l = 0; l < SG; l++) {
      vec2 at = LAVAPIPE ? vec2(subgroupShuffle(row.x, uint(l)), subgroupShuffle(row.y, uint(l)))
                         : load_pair(pc.points + uint64_t((other + l) * 8));
      REPEL(0, 1) REPEL(2, 3) REPEL(4, 5) REPEL(6, 7)
    }
  }
  EACH(FINISH)
  q_sum = team_sum(q_sum);
  divergence = team_sum(divergence);
  if (LANE == 0) store_pair(pc.sums + uint64_t(gl_WorkGroupID.x) * 8ul, vec2(q_sum, divergence));
}
