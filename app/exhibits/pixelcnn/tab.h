#pragma once
#include <memory>

#include "app/exhibit/run_tab.h"
#include "engine/models/pixelcnn/network.h"

namespace unveil {

// What the tabs of the exhibit share.
struct PixelCnnStage : RunStage {
  using RunStage::RunStage;
  // Of the model built now.
  int height = 0, width = 0, classes = 0;
  pixelcnn::Architecture architecture;
};

using PixelCnnTab = TabOf<PixelCnnStage>;

std::unique_ptr<PixelCnnTab> make_fill_tab();
std::unique_ptr<PixelCnnTab> make_complete_tab();
std::unique_ptr<PixelCnnTab> make_receptive_field_tab();
std::unique_ptr<PixelCnnTab> make_bits_tab();

}  // namespace unveil
