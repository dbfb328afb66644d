#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "app/exhibits/vae/atlas.h"
#include "app/shell/context.h"
#include "app/widgets/image_grid.h"
#include "engine/data/picture.h"
#include "engine/models/vae/network.h"
#include "engine/train/trainer.h"

namespace unveil {

// What the tabs of one exhibit share. Lives as long as the exhibit.
struct VaeStage {
  Trainer& trainer;
  std::shared_ptr<const TrainerSnapshot> snapshot;  // the newest; replaced by the exhibit's update()
  vae::Architecture architecture;                   // of the model built now, from the trainer's thread
  std::uint64_t build = 0;                          // of it; 0 before
  std::shared_ptr<const Atlas> atlas;               // the newest of this build; null before the first
};

// One tab of the exhibit. Everything runs on the window's thread.
class VaeTab {
 public:
  virtual ~VaeTab() = default;
  virtual std::string name() const = 0;
  virtual void shown(ShellContext&, VaeStage&) {}  // came to the front
  virtual void rebuilt(VaeStage&) {}               // a new model: drop what was computed by the old one
  // Takes finished results; true when the view changed. Called for the tab in front.
  virtual bool update(ShellContext&, VaeStage&) { return false; }
  virtual void draw(ShellContext&, VaeStage&) = 0;
  // A dropped picture; false when this tab takes none.
  virtual bool open(ShellContext&, VaeStage&, const Picture&) { return false; }
};

std::unique_ptr<VaeTab> make_plane_tab();
std::unique_ptr<VaeTab> make_path_tab();
std::unique_ptr<VaeTab> make_latents_tab();

// Pixel values in [0, 1] as bytes.
std::vector<std::uint8_t> grey_of(std::span<const float> values);

// Draws one picture (height × width, in [0, 1]) enlarged by a whole factor into a square of `side` pixels at the
// cursor; an empty one leaves a faint frame. Returns the side that was used.
float show_picture(Ui& ui, ImageGrid& grid, const char* id, std::span<const float> values, int height, int width,
                   float side);

// Points of the latent space, [n][Z], decoded: [n][H·W]. On the trainer's thread.
std::vector<float> decode_points(Run& run, std::span<const float> z);

}  // namespace unveil
