#include "app/shell/card_pictures.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "app/assets.h"
#include "engine/error.h"

namespace unveil {
namespace {

constexpr int kKeptWidth = 720;  // pixels: more than a card has on most screens

// Area average of the part [x0, x1) × [y0, y1), in source pixels, as RGB of the given size.
std::vector<std::uint8_t> resampled(const Picture& from, double x0, double y0, double x1, double y1, int width,
                                    int height) {
  std::vector<std::uint8_t> out(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3);
  const auto at = [&](int x, int y, int c) {
    const int colour = from.channels < 3 ? 0 : c;
    return from
        .pixels[(static_cast<std::size_t>(y) * static_cast<std::size_t>(from.width) + static_cast<std::size_t>(x)) *
                    static_cast<std::size_t>(from.channels) +
                static_cast<std::size_t>(colour)];
  };
  const double step_x = (x1 - x0) / width, step_y = (y1 - y0) / height;
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      const double left = x0 + x * step_x, top = y0 + y * step_y;
      const int first_x = static_cast<int>(left), first_y = static_cast<int>(top);
      const int last_x = std::min(from.width - 1, static_cast<int>(std::ceil(left + step_x)) - 1);
      const int last_y = std::min(from.height - 1, static_cast<int>(std::ceil(top + step_y)) - 1);
      double sum[3] = {}, weights = 0;
      for (int v = first_y; v <= last_y; ++v)
        for (int u = first_x; u <= last_x; ++u) {
          const double w = std::max(0.0, std::min(u + 1.0, left + step_x) - std::max<double>(u, left)) *
                           std::max(0.0, std::min(v + 1.0, top + step_y) - std::max<double>(v, top));
          weights += w;
          for (int c = 0; c < 3; ++c) sum[c] += w * at(u, v, c);
        }
      for (int c = 0; c < 3; ++c)
        out[(static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x)) * 3 +
            static_cast<std::size_t>(c)] = static_cast<std::uint8_t>(std::lround(sum[c] / std::max(weights, 1e-9)));
    }
  return out;
}

}  // namespace

void CardPictures::take(const std::string& exhibit, const Picture& view) {
  if (view.width < 64 || view.height < 64) return;
  const int width = std::min(kKeptWidth, view.width),
            height =
                std::max(1, static_cast<int>(std::lround(static_cast<double>(view.height) * width / view.width)));
  Card& card = cards_[exhibit];
  card.source = {width, height, 3, resampled(view, 0, 0, view.width, view.height, width, height)};
  card.looked = card.stale = true;
  if (folder_.empty()) return;
  try {
    std::error_code ignored;
    std::filesystem::create_directories(folder_, ignored);
    save_png(folder_ / (exhibit + ".png"), card.source);
  } catch (const Error&) {  // it is only not remembered
  }
}

const Texture* CardPictures::texture(const std::string& exhibit, int width, int height) {
  Card& card = cards_[exhibit];
  if (!card.looked) {
    card.looked = true;
    for (const bool shipped : {false, true}) {
      if (!card.source.pixels.empty() || (!shipped && folder_.empty())) continue;
      try {
        card.source = load_picture(shipped ? asset_path("cards/" + exhibit + ".png") : folder_ / (exhibit + ".png"));
      } catch (const Error&) {  // one that was never left, or a file that was damaged
      }
    }
  }
  const Picture& from = card.source;
  if (from.pixels.empty() || width < 1 || height < 1) return nullptr;
  if (card.stale || card.texture.width() != width || card.texture.height() != height) {
    // As much of its middle as has the card's shape.
    const double shape = static_cast<double>(width) / height;
    const double across = std::min<double>(from.width, from.height * shape), down = across / shape;
    const double x = (from.width - across) / 2, y = (from.height - down) / 2;
    const auto rgb = resampled(from, x, y, x + across, y + down, width, height);
    std::vector<ImU32> pixels(static_cast<std::size_t>(width) * static_cast<std::size_t>(height));
    for (std::size_t i = 0; i < pixels.size(); ++i)
      pixels[i] = IM_COL32(rgb[3 * i], rgb[3 * i + 1], rgb[3 * i + 2], 255);
    card.texture.upload(width, height, pixels);
    card.stale = false;
  }
  return &card.texture;
}

}  // namespace unveil
