// Tensors of one column (stride VECTOR) on lavapipe: VECTOR rows go through the arithmetic as one vector, lane l being row l,
// where row by row all lanes but one would compute pads. Include after lanes.glsl.

layout(buffer_reference, scalar, buffer_reference_align = 4) buffer ColumnFloats { float at[256]; };

// Lane l receives column 0 of the l-th row after `address`, which is the same in every lane.
float load_column(uint64_t address) {
  ColumnFloats source = ColumnFloats(address);
  float values[SG];
  [[unroll]] for (int l = 0; l < SG; l++) values[l] = source.at[SG * l];
  float result = values[0];
  [[unroll]] for (int l = 1; l < SG; l++) result = mix(result, values[l], gl_SubgroupInvocationID == uint(l));
  return result;
}

// Stores the rows, pads included. A store costs the same for 32 and 64 bits per lane, so two rows go at once.
void store_column(uint64_t address, float value) {
  uint lane = gl_SubgroupInvocationID;
  [[unroll]] for (int pair = 0; pair < SG / 2; pair++) {
    float lower = subgroupShuffle(value, uint(2 * pair)), upper = subgroupShuffle(value, uint(2 * pair + 1));
    float own = mix(mix(0.0, upper, lane == uint(SG / 2)), lower, lane == 0u);
    FloatPair(address + uint64_t(pair * SG * 8) + uint64_t(lane * 8u)).bits = packUint2x32(uvec2(floatBitsToUint(own), 0u));
  }
}
