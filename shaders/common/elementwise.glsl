// Flat walks over tensors of one geometry: a tile is VECTORS vectors of SG elements. Include after lanes.glsl.
layout(constant_id = 0) const int VECTORS = 1;  // 1 on GPUs

// Declares `tile_start` (element number of the team's first element); leaves the kernel outside the tensor.
#define ELEMENTWISE_TILE \
  int tile_start = TILE_NUMBER * VECTORS * SG; \
  if (!LAVAPIPE && tile_start + LANE >= pc.count) return;

#define AT(base, v) ((base) + uint64_t(tile_start) * 4ul + uint64_t((v) * SG * 4))
#define EACH_VECTOR(v) [[unroll]] for (int v = 0; v < VECTORS; v++)
// Stores the tile's vectors, two at a time where there are two.
#define STORE_TILE(base, values) \
  STORES { \
    if (VECTORS == 1) store_vector(AT(base, 0), values[0]); \
    else [[unroll]] for (int v = 0; v < VECTORS; v += 2) \
      store_two_vectors(AT(base, v), SG * 4, values[v], values[min(v + 1, VECTORS - 1)]); \
  }
