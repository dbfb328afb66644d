#pragma once
#include <cstdint>
#include <memory>
#include <span>

#include "app/exhibit/run_tab.h"
#include "app/exhibits/vae/atlas.h"
#include "app/widgets/image_grid.h"
#include "engine/models/vae/network.h"

namespace unveil {

// What the tabs of the exhibit share.
struct VaeStage : RunStage {
  using RunStage::RunStage;
  vae::Architecture architecture;      // of the model built now
  std::shared_ptr<const Atlas> atlas;  // the newest of this build; null before the first
};

using VaeTab = TabOf<VaeStage>;

std::unique_ptr<VaeTab> make_plane_tab();
std::unique_ptr<VaeTab> make_path_tab();
std::unique_ptr<VaeTab> make_latents_tab();

// Pixel values in [0, 1] as bytes.
std::vector<std::uint8_t> grey_of(std::span<const float> values);

// Draws one picture (height × width, in [0, 1]) enlarged by a whole factor into a square of `side` pixels at the
// cursor; an empty one leaves a faint frame. Returns the side that was used.
float show_picture(Ui& ui, ImageGrid& grid, const char* id, std::span<const float> values, int height, int width,
                   float side);

}  // namespace unveil
