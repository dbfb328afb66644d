// Tensors of one column (stride 8) on lavapipe: eight rows go through the arithmetic as one vector, lane l being row l, where
// row by row seven lanes of eight would compute pads. Include after lanes.glsl.

layout(buffer_reference, scalar, buffer_reference_align = 4) buffer ColumnFloats { float at[64]; };

// Lane l receives column 0 of the l-th row after `address`, which is the same in every lane.
float load_column(uint64_t address) {
  ColumnFloats source = ColumnFloats(address);
  float values[8];
  [[unroll]] for (int l = 0; l < 8; l++) values[l] = source.at[8 * l];
  float result = values[0];
  [[unroll]] for (int l = 1; l < 8; l++) result = mix(result, values[l], gl_SubgroupInvocationID == uint(l));
  return result;
}

// Stores eight rows, pads included. A store costs the same for 32 and 64 bits per lane, so two rows go at once.
void store_column(uint64_t address, float value) {
  uint lane = gl_SubgroupInvocationID;
  [[unroll]] for (int pair = 0; pair < 4; pair++) {
    float lower = subgroupShuffle(value, uint(2 * pair)), upper = subgroupShuffle(value, uint(2 * pair + 1));
    float own = mix(mix(0.0, upper, lane == 4u), lower, lane == 0u);
    FloatPair(address + uint64_t(pair * 64) + uint64_t(lane * 8u)).bits = packUint2x32(uvec2(floatBitsToUint(own), 0u));
  }
}
