#include "app/widgets/image_grid.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

namespace unveil {

GridShape best_grid(int count, int width, int height, ImVec2 area, float gap, int columns) {
  GridShape best;
  if (count < 1) return best;
  int best_factor = 0, best_skew = 0;
  const int first = columns > 0 ? columns : 1, last = columns > 0 ? columns : count;
  for (int c = first; c <= last; ++c) {
    const int r = (count + c - 1) / c;
    const float fx = (area.x - gap * static_cast<float>(c - 1)) / static_cast<float>(c * width);
    const float fy = (area.y - gap * static_cast<float>(r - 1)) / static_cast<float>(r * height);
    const int factor = std::max(0, static_cast<int>(std::floor(std::min(fx, fy))));
    const int skew = std::abs(c * width - r * height) + (c * r - count) * (width + height);
    if (best_factor > factor || (best_factor == factor && best.columns > 0 && best_skew <= skew && c != first))
      continue;
    best = {c, r, std::max(1, factor)}, best_factor = factor, best_skew = skew;
  }
  return best;
}

void ImageGrid::set(int count, int height, int width, int channels, std::span<const std::uint8_t> pixels,
                    double now) {
  const std::size_t area = static_cast<std::size_t>(count) * static_cast<std::size_t>(height * width);
  if ((channels != 1 && channels != 3) || pixels.size() != area * static_cast<std::size_t>(channels)) {
    throw std::logic_error("image grid: pixels must be [count, height, width, 1 or 3]");
  }
  std::vector<ImU32> colours(area);
  for (std::size_t i = 0; i < area; ++i) {
    if (channels == 1) {
      const int v = pixels[i];
      colours[i] = IM_COL32(v, v, v, 255);
    } else {
      colours[i] = IM_COL32(pixels[3 * i], pixels[3 * i + 1], pixels[3 * i + 2], 255);
    }
  }
  set_colours(count, height, width, std::move(colours), now);
}

void ImageGrid::set_colours(int count, int height, int width, std::vector<ImU32> colours, double now) {
  const std::size_t area = static_cast<std::size_t>(height) * static_cast<std::size_t>(width);
  if (colours.size() != area * static_cast<std::size_t>(count)) {
    throw std::logic_error("image grid: colours must be [count, height, width]");
  }
  const bool reshaped = count != count_ || height != height_ || width != width_;
  if (reshaped) {
    count_ = count, height_ = height, width_ = width;
    atlas_columns_ = std::max(1, static_cast<int>(std::ceil(std::sqrt(static_cast<double>(count)))));
    changed_.assign(static_cast<std::size_t>(count), now);
  }
  if (count == 0) return;
  bool any = reshaped;
  for (std::size_t i = 0; !reshaped && i < static_cast<std::size_t>(count); ++i) {
    if (std::equal(colours.begin() + static_cast<long>(i * area), colours.begin() + static_cast<long>((i + 1) * area),
                   colours_.begin() + static_cast<long>(i * area))) {
      continue;
    }
    changed_[i] = now;
    any = true;
  }
  colours_ = std::move(colours);
  if (!any) return;
  // One upload of the whole atlas: for small pictures cheaper than one call each.
  const int rows = (count + atlas_columns_ - 1) / atlas_columns_, stride = atlas_columns_ * width;
  std::vector<ImU32> atlas(static_cast<std::size_t>(stride) * static_cast<std::size_t>(rows * height), 0);
  for (int i = 0; i < count; ++i) {
    const int x = i % atlas_columns_ * width, y = i / atlas_columns_ * height;
    for (int row = 0; row < height; ++row) {
      const auto from = colours_.begin() + static_cast<long>(static_cast<std::size_t>(i) * area) + row * width;
      std::copy(from, from + width, atlas.begin() + static_cast<long>(y + row) * stride + x);
    }
  }
  atlas_.upload(stride, rows * height, atlas);
}

ImageGridResult ImageGrid::draw(Ui& ui, const char* id, ImVec2 size, const ImageGridOptions& options) {
  ImageGridResult result;
  const ImVec2 at = ImGui::GetCursorScreenPos();
  ImGui::InvisibleButton(id, {std::max(1.0f, size.x), std::max(1.0f, size.y)},
                         ImGuiButtonFlags_MouseButtonLeft | ImGuiButtonFlags_MouseButtonRight);
  if (count_ == 0 || !atlas_) return result;
  const float gap = ui.px(options.gap);
  result.shape = best_grid(count_, width_, height_, size, gap, options.columns);
  const int largest = std::max(1, static_cast<int>(static_cast<float>(options.largest) * ui.scale));
  result.shape.factor = std::min(result.shape.factor, largest);
  const float w = static_cast<float>(width_ * result.shape.factor),
              h = static_cast<float>(height_ * result.shape.factor);
  result.cell_x = w + gap, result.cell_y = h + gap;
  const ImVec2 extent(result.cell_x * static_cast<float>(result.shape.columns) - gap,
                      result.cell_y * static_cast<float>(result.shape.rows) - gap);
  result.min = at;
  if (options.centre) {
    result.min = {at.x + std::floor(std::max(0.0f, (size.x - extent.x) * 0.5f)),
                  at.y + std::floor(std::max(0.0f, (size.y - extent.y) * 0.5f))};
  }
  result.max = {result.min.x + extent.x, result.min.y + extent.y};
  ui.marks.rect(id, result.min, result.max);

  ImDrawList* list = ImGui::GetWindowDrawList();
  const ImTextureID texture = atlas_.id();
  const float u = 1.0f / static_cast<float>(atlas_.width()), v = 1.0f / static_cast<float>(atlas_.height());
  for (int i = 0; i < count_; ++i) {
    const ImVec2 a = result.corner(i), b(a.x + w, a.y + h);
    const auto tx = static_cast<float>(i % atlas_columns_ * width_),
               ty = static_cast<float>(i / atlas_columns_ * height_);
    float alpha = 1;
    if (options.fade_in) {
      const double age = ui.now - changed_[static_cast<std::size_t>(i)];
      alpha = static_cast<float>(std::clamp(0.15 + age / 0.35, 0.0, 1.0));
      if (alpha < 1) ui.animate(0.05);
    }
    list->AddImage(texture, a, b, {tx * u, ty * v},
                   {(tx + static_cast<float>(width_)) * u, (ty + static_cast<float>(height_)) * v},
                   with_alpha(IM_COL32_WHITE, alpha));
    ImU32 frame =
        static_cast<std::size_t>(i) < options.frames.size() ? options.frames[static_cast<std::size_t>(i)] : 0;
    if (i == options.selected) frame = ui.theme.selection;
    if (frame) list->AddRect({a.x - 2, a.y - 2}, {b.x + 2, b.y + 2}, frame, 0, 0, std::max(2.0f, ui.px(2)));
    if (ui.marks.enabled && i < 16) ui.marks.rect(std::string(id) + "." + std::to_string(i), a, b);
  }
  if (!ImGui::IsItemHovered() && !ImGui::IsItemActive()) return result;
  const ImVec2 mouse = ImGui::GetIO().MousePos;
  const int column = static_cast<int>(std::floor((mouse.x - result.min.x) / result.cell_x));
  const int row = static_cast<int>(std::floor((mouse.y - result.min.y) / result.cell_y));
  const int index = row * result.shape.columns + column;
  if (column < 0 || row < 0 || column >= result.shape.columns || index >= count_) return result;
  const ImVec2 a = result.corner(index);
  if (mouse.x >= a.x + w || mouse.y >= a.y + h) return result;
  result.hovered = index;
  result.pixel_x =
      std::clamp(static_cast<int>((mouse.x - a.x) / static_cast<float>(result.shape.factor)), 0, width_ - 1);
  result.pixel_y =
      std::clamp(static_cast<int>((mouse.y - a.y) / static_cast<float>(result.shape.factor)), 0, height_ - 1);
  if (ImGui::IsItemClicked(ImGuiMouseButton_Left)) result.clicked = index;
  if (ImGui::IsItemClicked(ImGuiMouseButton_Right)) result.right_clicked = index;
  return result;
}

void ImageGrid::draw_one(ImVec2 corner, int image, float factor) const {
  if (image >= count_ || !atlas_) return;
  const float u = 1.0f / static_cast<float>(atlas_.width()), v = 1.0f / static_cast<float>(atlas_.height());
  const auto x = static_cast<float>(image % atlas_columns_ * width_),
             y = static_cast<float>(image / atlas_columns_ * height_);
  const auto w = static_cast<float>(width_), h = static_cast<float>(height_);
  ImGui::GetWindowDrawList()->AddImage(atlas_.id(), corner, {corner.x + factor * w, corner.y + factor * h},
                                       {x * u, y * v}, {(x + w) * u, (y + h) * v});
}

}  // namespace unveil
