#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "app/exhibits/sparse/tab.h"
#include "engine/error.h"

namespace unveil {

void UsageHistory::add(double step, const std::vector<float>& values) {
  if (!usage.empty() && usage.front().size() != values.size()) steps.clear(), usage.clear();
  while (!steps.empty() && steps.back() >= step) steps.pop_back(), usage.pop_back();
  steps.push_back(step);
  usage.push_back(values);
  if (steps.size() <= kMost) return;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < steps.size(); i += 2, ++kept) {
    steps[kept] = steps[i];
    if (kept != i) usage[kept] = std::move(usage[i]);
  }
  steps.resize(kept), usage.resize(kept);
}

double largest_of(std::span<const float> values) {
  double largest = 0;
  for (const float v : values) largest = std::max(largest, std::abs(static_cast<double>(v)));
  return largest;
}

std::vector<ImU32> signed_colours(const Theme& theme, std::span<const float> values, double scale) {
  std::vector<ImU32> colours;
  colours.reserve(values.size());
  const double factor = scale > 0 ? 1 / scale : 0;
  for (const float v : values) colours.push_back(diverging(theme, v * factor));
  return colours;
}

std::vector<ImU32> grey_colours(std::span<const float> values, double low, double high) {
  std::vector<ImU32> colours;
  colours.reserve(values.size());
  for (const float v : values) {
    const int grey = static_cast<int>(std::lround(255 * std::clamp((v - low) / (high - low), 0.0, 1.0)));
    colours.push_back(IM_COL32(grey, grey, grey, 255));
  }
  return colours;
}

ImageGridResult show_colours(Ui& ui, ImageGrid& grid, const char* id, std::vector<ImU32> colours, int height,
                             int width, float side) {
  const float used = std::max(1.0f, std::floor(side / static_cast<float>(std::max(height, width))));
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const ImVec2 extent(used * static_cast<float>(width), used * static_cast<float>(height));
  if (colours.size() == static_cast<std::size_t>(height * width)) {
    grid.set_colours(1, height, width, std::move(colours), ui.now);
    ImageGridOptions options;
    options.centre = false, options.gap = 0;
    options.largest = static_cast<int>(std::ceil(used / ui.scale));
    return grid.draw(ui, id, extent, options);
  }
  ImageGridResult nothing;
  nothing.min = at, nothing.max = {at.x + extent.x, at.y + extent.y};
  nothing.shape.factor = static_cast<int>(used);
  ImGui::GetWindowDrawList()->AddRectFilled(at, nothing.max, ui.theme.panel, ui.px(4));
  ImGui::Dummy(extent);
  return nothing;
}

void Photograph::set(int height, int width, std::vector<ImU32> colours) {
  if (height == height_ && width == width_ && colours == colours_) return;
  height_ = height, width_ = width;
  colours_ = std::move(colours);
  dirty_ = true;
}

void Photograph::draw(Ui& ui, const char* id, ImVec2 area) {
  min_ = max_ = ImGui::GetCursorScreenPos();
  if (empty()) return;
  const float fits = std::min(area.x / static_cast<float>(width_), area.y / static_cast<float>(height_));
  // Enlarged by whole factors only; reduced by whatever it takes.
  const float factor = fits >= 1 ? std::floor(fits) : fits;
  max_ = {min_.x + std::max(1.0f, std::floor(static_cast<float>(width_) * factor)),
          min_.y + std::max(1.0f, std::floor(static_cast<float>(height_) * factor))};
  const int wide = fits >= 1 ? width_ : static_cast<int>(max_.x - min_.x),
            high = fits >= 1 ? height_ : static_cast<int>(max_.y - min_.y);
  if (dirty_ || wide != shown_width_ || high != shown_height_) {
    shown_width_ = wide, shown_height_ = high, dirty_ = false;
    if (fits >= 1) {
      texture_.upload(wide, high, colours_);
    } else {
      std::vector<ImU32> small(static_cast<std::size_t>(wide) * static_cast<std::size_t>(high));
      for (int y = 0; y < high; ++y)
        for (int x = 0; x < wide; ++x) {
          const int y0 = y * height_ / high, y1 = std::max(y0 + 1, (y + 1) * height_ / high);
          const int x0 = x * width_ / wide, x1 = std::max(x0 + 1, (x + 1) * width_ / wide);
          int sum[3] = {0, 0, 0};
          for (int v = y0; v < y1; ++v)
            for (int u = x0; u < x1; ++u) {
              const ImU32 c = colours_[static_cast<std::size_t>(v) * static_cast<std::size_t>(width_) +
                                       static_cast<std::size_t>(u)];
              sum[0] += static_cast<int>(c >> IM_COL32_R_SHIFT & 255);
              sum[1] += static_cast<int>(c >> IM_COL32_G_SHIFT & 255);
              sum[2] += static_cast<int>(c >> IM_COL32_B_SHIFT & 255);
            }
          const int n = (y1 - y0) * (x1 - x0);
          small[static_cast<std::size_t>(y) * static_cast<std::size_t>(wide) + static_cast<std::size_t>(x)] =
              IM_COL32(sum[0] / n, sum[1] / n, sum[2] / n, 255);
        }
      texture_.upload(wide, high, small);
    }
  }
  ImGui::InvisibleButton(id, {max_.x - min_.x, max_.y - min_.y});
  ui.marks.item(id);
  ImGui::GetWindowDrawList()->AddImage(texture_.id(), min_, max_);
}

void draw_gabor(const Ui& ui, ImDrawList* list, const sparse::Gabor& gabor, ImVec2 corner, float factor) {
  const auto place = [&](double across, double along) {
    const double c = std::cos(gabor.orientation), s = std::sin(gabor.orientation);
    const double x = gabor.centre_x + across * c - along * s, y = gabor.centre_y + across * s + along * c;
    return ImVec2(corner.x + static_cast<float>(x + 0.5) * factor, corner.y + static_cast<float>(y + 0.5) * factor);
  };
  constexpr int kPoints = 64;
  ImVec2 points[kPoints];
  for (int i = 0; i < kPoints; ++i) {
    const double angle = 2 * M_PI * i / kPoints;
    points[i] = place(gabor.width * std::cos(angle), gabor.length * std::sin(angle));
  }
  const float thick = std::max(1.5f, 2 * ui.scale);
  // A dark rim keeps the line visible on both ends of the colours.
  const ImU32 rim = with_alpha(ui.theme.stage, 0.7f);
  const ImVec2 a = place(0, -1.4 * gabor.length), b = place(0, 1.4 * gabor.length);
  list->AddPolyline(points, kPoints, rim, ImDrawFlags_Closed, thick + 2);
  list->AddLine(a, b, rim, thick + 2);
  list->AddPolyline(points, kPoints, ui.theme.selection, ImDrawFlags_Closed, thick);
  list->AddLine(a, b, ui.theme.selection, thick);
}

ChosenScene choose_scene(sparse::BuiltSparse& model, const SceneChoice& choice) {
  ChosenScene chosen;
  if (choice.dropped && std::min(choice.dropped->height, choice.dropped->width) >= model.size()) {
    chosen.grey = *choice.dropped;
    chosen.name = choice.dropped->name;
    chosen.prepared = sparse::prepare_scene(chosen.grey, model.preparation());
    return chosen;
  }
  chosen.split = model.source(1).count() > 0 ? 1 : 0;
  const auto& source = model.source(chosen.split);
  chosen.count = source.count();
  chosen.index = ((choice.index % chosen.count) + chosen.count) % chosen.count;
  chosen.grey = source.original(chosen.index);
  chosen.name = chosen.grey.name;
  chosen.prepared = source.scene(chosen.index);
  return chosen;
}

namespace {

Scene reduced(Scene scene) {
  const int factor = (std::max(scene.height, scene.width) + kLargestDropped - 1) / kLargestDropped;
  if (factor <= 1) return scene;
  Scene small{scene.name, scene.height / factor, scene.width / factor, {}};
  for (int y = 0; y < small.height; ++y)
    for (int x = 0; x < small.width; ++x) {
      double sum = 0;
      for (int v = 0; v < factor; ++v)
        for (int u = 0; u < factor; ++u)
          sum += scene.grey[static_cast<std::size_t>(y * factor + v) * static_cast<std::size_t>(scene.width) +
                            static_cast<std::size_t>(x * factor + u)];
      small.grey.push_back(static_cast<float>(sum / (factor * factor)));
    }
  return small;
}

}  // namespace

void take_dropped(SparseStage& stage, const Picture& picture) {
  Scene scene = reduced(sparse::BuiltSparse::scene_of(picture, "the dropped picture"));
  if (std::min(scene.height, scene.width) < stage.size)
    throw Error(fmt::format("the dropped picture is {}×{} pixels; a patch of this model has {}×{}", scene.width,
                            scene.height, stage.size, stage.size));
  if (is_flat(scene)) throw Error("the dropped picture is flat: it has nothing to code");
  stage.dropped = std::make_shared<const Scene>(std::move(scene));
}

}  // namespace unveil
