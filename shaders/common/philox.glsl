// Philox4x32-10 of Salmon et al. 2011, as in engine/data/philox.h.
uvec4 philox(uvec4 counter, uvec2 key) {
  [[unroll]] for (int i = 0; i < 10; i++) {
    uint high0, low0, high1, low1;
    umulExtended(0xD2511F53u, counter.x, high0, low0);
    umulExtended(0xCD9E8D57u, counter.z, high1, low1);
    counter = uvec4(high1 ^ counter.y ^ key.x, low1, high0 ^ counter.w ^ key.y, low0);
    key += uvec2(0x9E3779B9u, 0xBB67AE85u);
  }
  return counter;
}

// The four words of the block that logical element `element` of a random tensor belongs to; its own is word element % 4.
uvec4 element_block(int element, uint64_t seed, uint64_t step, uint stream) {
  uvec2 key = uvec2(load_scalar_uint(seed), load_scalar_uint(seed + 4ul));
  return philox(uvec4(uint(element) >> 2, load_scalar_uint(step), stream, 0u), key);
}

uint own_word(uvec4 block, int element) {
  uint lower = mix(block.x, block.y, (element & 1) != 0), upper = mix(block.z, block.w, (element & 1) != 0);
  return mix(lower, upper, (element & 2) != 0);
}
