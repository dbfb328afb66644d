// Flat walks over tensors of one geometry: a tile is VECTORS vectors of SG elements. Include after lanes.glsl.
layout(constant_id = 0) const int VECTORS = 1;  // 1 on GPUs
// Tiles TILE_STEP elements apart and TILE_WIDTH wide, for one pixel's channels of every picture; 0: tiles side by side.
layout(constant_id = 80) const int TILE_STEP = 0;
layout(constant_id = 81) const int TILE_WIDTH = 8;

// Declares `tile_start` (element number of the team's first element); leaves the kernel outside the tensor.
#define ELEMENTWISE_TILE \
  int tile_number = TILE_NUMBER; \
  int tiles_across = LAVAPIPE ? 1 : (TILE_WIDTH + SG - 1) / SG; \
  int tile_start = TILE_STEP == 0 ? tile_number * VECTORS * SG \
                                  : tile_number / tiles_across * TILE_STEP + tile_number % tiles_across * SG; \
  if (!LAVAPIPE && TILE_STEP == 0 && tile_start + LANE >= pc.count) return; \
  if (!LAVAPIPE && TILE_STEP != 0 && (tile_number / tiles_across >= pc.count || tile_number % tiles_across * SG + LANE >= TILE_WIDTH)) return;

#define AT(base, v) ((base) + uint64_t(tile_start) * 4ul + uint64_t((v) * SG * 4))
#define EACH_VECTOR(v) [[unroll]] for (int v = 0; v < VECTORS; v++)
// The n-th result. Before the first STORE_TILE of several results, PIN_TILE them all.
#define OUTPUT_TILE(n) OUTPUT(n, VECTORS * SG)
#define PIN_TILE(n, values) if (UNIFORM_STORES) EACH_VECTOR(v) { PIN(n, v, values[v]) }
// Stores the tile's vectors; lane by lane two at a time where there are two.
#define STORE_TILE(n, base, values) \
  if (UNIFORM_STORES) EACH_VECTOR(v) { PUT(n, v, (tile_start + v * SG) * 4, values[v]) } \
  else STORES { \
    if (VECTORS == 1) store_vector(AT(base, 0), values[0]); \
    else [[unroll]] for (int v = 0; v < VECTORS; v += 2) \
      store_two_vectors(AT(base, v), SG * 4, values[v], values[min(v + 1, VECTORS - 1)]); \
  }
