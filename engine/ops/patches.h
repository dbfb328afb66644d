#pragma once
#include "engine/graph/graph.h"

namespace unveil {

// How a drawn patch is finished.
struct PatchOptions {
  int size = 12;               // pixels a side
  bool remove_mean = true;     // of each patch
  bool unit_variance = false;  // divided by sqrt(variance + kPatchVarianceFloor)
};
constexpr float kPatchVarianceFloor = 0.01f;

// Columns of the table that says where scenes lie, one row per scene; a last row holds the number of all places.
enum ScenePlace { scene_first_place, scene_offset, scene_width, scene_columns = 4 };

// Square patches at random places of scenes, all places equally likely, one row each: [count, size·size].
// scenes: f32 [n], scenes one after the other, rows of pixels; table: u32 [scenes + 1, scene_columns] as above (a
// scene has (height - size + 1)·(width - size + 1) places, numbered along its rows). Patch i is at place word·places
// / 2^32, word i mod 4 of Philox4x32-10 with key `seed` (u32 [2]) and counter (i div 4, step, 0, 0). No gradient.
// Throws std::logic_error for tensors that do not fit.
Tensor draw_patches(Graph& graph, Tensor scenes, Tensor table, Tensor seed, Tensor step, std::int64_t count,
                    const PatchOptions& options);

}  // namespace unveil
