// One source for lavapipe and GPUs: how a team of lanes finds its work, loads and stores. Include after #version 460.
//
// On lavapipe a team is one subgroup, which is one vector register, and the driver emits plain loads only where it can
// prove that the address is the same in every lane. In Mesa 22.3 that proof covers constants, push constants and arithmetic
// on them, outside loops and branches; load_vector, load_scalar and digit[] exist to stay inside it. On a GPU the branches
// on LAVAPIPE fold away and ordinary coalesced accesses remain.
#extension GL_EXT_buffer_reference : require
#extension GL_EXT_buffer_reference_uvec2 : require
#extension GL_EXT_shader_explicit_arithmetic_types_int64 : require
#extension GL_EXT_scalar_block_layout : require
#extension GL_EXT_control_flow_attributes : require
#extension GL_KHR_shader_subgroup_basic : require
#extension GL_KHR_shader_subgroup_shuffle : require
#extension GL_KHR_shader_subgroup_ballot : require

layout(constant_id = 90) const bool LAVAPIPE = false;
layout(constant_id = 91) const int SG = 32;  // lanes of a team: the subgroup size on lavapipe
layout(constant_id = 95) const int VECTOR = 8;  // floats of a vector, of which tensors' rows are whole ones; SG on lavapipe
layout(constant_id = 94) const bool SUBGROUP_TEAMS = false;  // a team is a subgroup: on lavapipe, and where a device lets us ask
layout(constant_id = 96) const bool UNIFORM_STORES = false;  // results go through OUTPUT (below)
layout(constant_id = 97) const bool BROADCAST = false;       // how this driver hands one lane's value to all at no cost
layout(constant_id = 92) const int TEAMS = 8;  // teams of a workgroup
layout(local_size_x_id = 93) in;               // SG * TEAMS

layout(buffer_reference, scalar, buffer_reference_align = 4) buffer Floats { float at[16]; };
layout(buffer_reference, scalar, buffer_reference_align = 4) buffer Uints { uint at[16]; };
layout(buffer_reference, scalar, buffer_reference_align = 8) buffer FloatPair { uint64_t bits; };

#define LANE (SUBGROUP_TEAMS ? int(gl_SubgroupInvocationID) : int(gl_LocalInvocationIndex % uint(SG)))
#define TEAM_ID (SUBGROUP_TEAMS ? gl_SubgroupID : gl_LocalInvocationIndex / uint(SG))

// Ends every push-constant block that is launched in tiles (engine/ops/tiles.h).
//   first: number of the first tile of this dispatch; count: tiles (elements where a tile is one element per lane) in all;
//   digit[i] = i: reading a workgroup number through it makes the number uniform for lavapipe.
#define TILE_FIELDS int first; int count; int digit[16];
#define DIGIT(x) (LAVAPIPE ? pc.digit[x] : int(x))
// The number of this team's tile. Workgroups are numbered in base 16 on lavapipe; along x alone on a GPU.
#define TILE_NUMBER (pc.first + (LAVAPIPE \
    ? (DIGIT(gl_WorkGroupID.x) + 16 * DIGIT(gl_WorkGroupID.y) + 256 * DIGIT(gl_WorkGroupID.z)) \
    : int(gl_WorkGroupID.x)) * TEAMS + DIGIT(TEAM_ID))

// The same address in every lane: one broadcast load.
float load_scalar(uint64_t address) { return Floats(address).at[0]; }
uint load_scalar_uint(uint64_t address) { return Uints(address).at[0]; }

// Lane l receives the l-th element after `address`, which is the same in every lane. On lavapipe scalar loads and a
// selection by constant lane numbers, which LLVM folds into one vector load.
float load_vector(uint64_t address) {
  if (LAVAPIPE) {
    Floats source = Floats(address);
    float values[SG];
    [[unroll]] for (int l = 0; l < SG; l++) values[l] = source.at[l];
    float result = values[0];
    [[unroll]] for (int l = 1; l < SG; l++) result = mix(result, values[l], gl_SubgroupInvocationID == uint(l));
    return result;
  }
  return Floats(address + uint64_t(LANE) * 4ul).at[0];
}
// The same for bit patterns that no floating-point instruction may touch.
uint load_vector_uint(uint64_t address) {
  if (LAVAPIPE) {
    Uints source = Uints(address);
    uint values[SG];
    [[unroll]] for (int l = 0; l < SG; l++) values[l] = source.at[l];
    uint result = values[0];
    [[unroll]] for (int l = 1; l < SG; l++) result = mix(result, values[l], gl_SubgroupInvocationID == uint(l));
    return result;
  }
  return Uints(address + uint64_t(LANE) * 4ul).at[0];
}

void store_vector(uint64_t address, float value) { Floats(address + uint64_t(LANE * 4)).at[0] = value; }
void store_vector_uint(uint64_t address, uint value) { Uints(address + uint64_t(LANE * 4)).at[0] = value; }

// Two vectors at once: `lower` at `address`, `upper` `distance` bytes further on. On lavapipe a store is one scalar
// instruction sequence per lane whatever its width, so each lane stores 64 bits: the lower half of the lanes the one vector,
// the upper half the other. Shuffles by constant lane numbers become register permutes. Never select between 64-bit addresses
// with ?: (a branch: a fifth of the speed, ten times the compile time); mix() a 32-bit offset and widen it once.
void store_two_vectors(uint64_t address, int distance, float lower, float upper) {
  if (LAVAPIPE) {
    int lane = int(gl_SubgroupInvocationID);
    bool in_upper = lane >= SG / 2;
    int even = (2 * lane) & (SG - 1);
    float x = mix(subgroupShuffle(lower, uint(even)), subgroupShuffle(upper, uint(even)), in_upper);
    float y = mix(subgroupShuffle(lower, uint(even + 1)), subgroupShuffle(upper, uint(even + 1)), in_upper);
    FloatPair(address + uint64_t(even * 4 + mix(0, distance, in_upper))).bits = packUint2x32(floatBitsToUint(vec2(x, y)));
  } else {
    store_vector(address, lower);
    store_vector(address + uint64_t(distance), upper);
  }
}

// One lane's value, the lane being a constant.
float lane_of(float value, uint lane) { return BROADCAST ? subgroupBroadcast(value, lane) : subgroupShuffle(value, lane); }

// Uniform stores. Lavapipe stores a vector lane by lane out of a copy on the stack, but what is the same in every lane, at an
// address that is, as one plain store, if it goes into a buffer that is bound (and not through an address) and stands outside
// loops and branches. So a kernel with UNIFORM_STORES binds its results: OUTPUT(n, FLOATS) is the n-th, from the address that
// the host names, and shared memory for FLOATS floats of one team; PIN a tile's vectors, all of them, before the first is PUT
// at an offset in bytes. Pinned values stay above the stores, between whose bounds tests LLVM would move the arithmetic.
// (Teams of a workgroup pin at the same place: formally a race, but here one runs after the other.) An offset of GONE is
// out of bounds: nothing is stored.
#define OUTPUT(n, FLOATS) \
  layout(set = 0, binding = n, scalar) buffer Output##n { uint64_t pairs[]; } output##n; \
  shared float pinned##n[FLOATS];
const int GONE = 0x70000000;
#define PIN(n, v, value) \
  if (SG == 8) { [[unroll]] for (int l = 0; l < SG; l++) pinned##n[(v) * SG + l] = lane_of(value, uint(l)); } \
  else pinned##n[v] = lane_of(value, 0u);
#define PUT(n, v, offset, value) \
  [[unroll]] for (int l = 0; l < SG / 2; l++) \
    output##n.pairs[(offset) / 8 + l] = packUint2x32(floatBitsToUint( \
        SG == 8 ? vec2(pinned##n[(v) * SG + 2 * l], pinned##n[(v) * SG + 2 * l + 1]) \
                : vec2(lane_of(value, uint(2 * l)), lane_of(value, uint(2 * l + 1)))));

// Wrap a kernel's stores in this loop, which runs once without LLVM knowing: otherwise it moves arithmetic between the
// stores and spills registers.
#define STORES [[dont_unroll]] for (int once = 0; once < pc.digit[1]; once++)
