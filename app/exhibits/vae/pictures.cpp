#include <algorithm>
#include <cmath>

#include "app/exhibits/vae/tab.h"
#include "engine/models/vae/model.h"

namespace unveil {

std::vector<std::uint8_t> grey_of(std::span<const float> values) {
  std::vector<std::uint8_t> grey;
  grey.reserve(values.size());
  for (const float v : values)
    grey.push_back(static_cast<std::uint8_t>(std::lround(255 * std::clamp(v, 0.0f, 1.0f))));
  return grey;
}

float show_picture(Ui& ui, ImageGrid& grid, const char* id, std::span<const float> values, int height, int width,
                   float side) {
  const float pixels = static_cast<float>(std::max(height, width)), used = std::max(1.0f, std::floor(side / pixels));
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const ImVec2 extent(used * static_cast<float>(width), used * static_cast<float>(height));
  if (values.size() == static_cast<std::size_t>(height * width)) {
    grid.set(1, height, width, 1, grey_of(values), ui.now);
    ImageGridOptions options;
    options.centre = false, options.gap = 0;
    options.largest = static_cast<int>(std::ceil(used / ui.scale));
    grid.draw(ui, id, extent, options);
  } else {
    ImGui::GetWindowDrawList()->AddRectFilled(at, {at.x + extent.x, at.y + extent.y}, ui.theme.panel, ui.px(4));
    ImGui::Dummy(extent);
  }
  return used * pixels;
}

std::vector<float> decode_points(Run& run, std::span<const float> z) {
  constexpr int kAtOnce = 64;
  auto& model = static_cast<vae::BuiltVae&>(run.built());
  const auto& architecture = model.architecture();
  const auto latent = static_cast<std::size_t>(architecture.latent);
  std::vector<float> decoded;
  // A point under the hand has a program of its own, so that it costs one row and not sixty-four.
  if (z.size() == latent)
    return run
        .attached<vae::Decoder>("point decoder",
                                [&] { return std::make_unique<vae::Decoder>(model.store(), architecture, 1); })
        .run(z);
  auto& decoder = run.attached<vae::Decoder>(
      "atlas decoder", [&] { return std::make_unique<vae::Decoder>(model.store(), architecture, kAtOnce); });
  for (std::size_t first = 0; first < z.size(); first += kAtOnce * latent) {
    const auto part = decoder.run(z.subspan(first, std::min(z.size() - first, kAtOnce * latent)));
    decoded.insert(decoded.end(), part.begin(), part.end());
  }
  return decoded;
}

}  // namespace unveil
