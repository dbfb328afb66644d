// Sums and maxima over the lanes of a team, the same in every lane. Include after lanes.glsl. Every lane of the team must come
// here: a kernel may leave early by teams, not by lanes. Where a team is no subgroup it reduces through shared memory, and is
// alone in its workgroup (record_tiles), so that what holds for a team holds for the workgroup whose barriers it needs.
#extension GL_KHR_shader_subgroup_arithmetic : require

shared float team_values[SG * TEAMS];

#define TEAM_REDUCE(NAME, SUBGROUP, FIRST, ADD) \
  float NAME(float value) { \
    if (SUBGROUP_TEAMS) return SUBGROUP(value); \
    barrier(); /* the values before were read */ \
    team_values[gl_LocalInvocationIndex] = value; \
    barrier(); \
    int first = int(TEAM_ID) * SG; \
    float result = FIRST; \
    [[dont_unroll]] for (int lane = 0; lane < SG; lane++) result = ADD(result, team_values[first + lane]); \
    return result; \
  }
#define TEAM_PLUS(a, b) (a) + (b)
TEAM_REDUCE(team_sum, subgroupAdd, 0.0, TEAM_PLUS)
TEAM_REDUCE(team_max, subgroupMax, -3.4028235e38, max)
