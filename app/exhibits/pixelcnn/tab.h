#pragma once
#include <cstdint>
#include <memory>
#include <string>

#include "app/shell/context.h"
#include "engine/data/picture.h"
#include "engine/models/pixelcnn/network.h"
#include "engine/train/trainer.h"

namespace unveil {

// What the tabs of one exhibit share. Lives as long as the exhibit.
struct PixelCnnStage {
  Trainer& trainer;
  std::shared_ptr<const TrainerSnapshot> snapshot;  // the newest; replaced by the exhibit's update()
  // Of the model built now, from a post on the trainer's thread; 0 before.
  int height = 28, width = 28, classes = 0;
  pixelcnn::Architecture architecture;
  std::uint64_t build = 0;  // of these
};

// One tab of the exhibit. Everything runs on the window's thread; what the trainer's thread finishes is taken over
// in update().
class PixelCnnTab {
 public:
  virtual ~PixelCnnTab() = default;
  virtual std::string name() const = 0;    // "Fill"
  virtual void shown(PixelCnnStage&) {}    // came to the front
  virtual void rebuilt(PixelCnnStage&) {}  // a new model: drop what was computed by the old one
  // Takes finished results; true when the view changed.
  virtual bool update(ShellContext&, PixelCnnStage&) { return false; }
  virtual void draw(ShellContext&, PixelCnnStage&) = 0;
  virtual void draw_inspector(ShellContext&, PixelCnnStage&) {}
  // A dropped picture; false when this tab takes none.
  virtual bool open(ShellContext&, PixelCnnStage&, const Picture&) { return false; }
};

std::unique_ptr<PixelCnnTab> make_fill_tab();
std::unique_ptr<PixelCnnTab> make_complete_tab();
std::unique_ptr<PixelCnnTab> make_receptive_field_tab();
std::unique_ptr<PixelCnnTab> make_bits_tab();
std::unique_ptr<PixelCnnTab> make_filters_tab();

}  // namespace unveil
