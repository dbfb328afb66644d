#include "app/widgets/kernel_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "app/widgets/controls.h"
#include "app/widgets/format.h"
#include "app/widgets/heat_map.h"

namespace unveil {
namespace {

constexpr int kMostGrounds = 2048;

}  // namespace

double largest_magnitude(std::span<const float> values) {
  double most = 0;
  for (float v : values) {
    if (std::isfinite(v)) most = std::max(most, std::abs(static_cast<double>(v)));
  }
  return most;
}

namespace {

// How many of `count` kernels of w × h stand side by side so that they are enlarged most in a room of this shape.
int best_columns(int count, int w, int h, double aspect) {
  int best = 1;
  double most = 0;
  for (int columns = 1; columns <= count; ++columns) {
    const int rows = (count + columns - 1) / columns;
    const double factor = std::min(aspect / (columns * w), 1.0 / (rows * h));
    if (factor > most * 1.0001) best = columns, most = factor;
  }
  return best;
}

}  // namespace

KernelPicture picture_of(const Theme& theme, const WeightTensor& tensor, double scale, double aspect) {
  const int taps = std::max<int>(1, static_cast<int>(tensor.taps.size()));
  const auto expected =
      static_cast<std::size_t>(taps) * static_cast<std::size_t>(tensor.in) * static_cast<std::size_t>(tensor.out);
  if (tensor.values.size() != expected) {
    throw std::logic_error("weight tensor " + tensor.name + ": values must be [taps][in][out]");
  }
  KernelPicture p;
  const bool convolution = tensor.taps.size() > 1;
  int top = 0, left = 0;
  if (convolution) {
    int bottom = 0, right = 0;
    for (const auto& [dy, dx] : tensor.taps) {
      top = std::min(top, dy), bottom = std::max(bottom, dy), left = std::min(left, dx), right = std::max(right, dx);
    }
    // Masked kernels keep their centre: the missing half is shown as missing. Whole ones are their own box.
    if ((bottom - top + 1) * (right - left + 1) != taps) {
      bottom = std::max(-top, bottom), right = std::max(-left, right);
      top = -bottom, left = -right;
    }
    p.kernel_height = bottom - top + 1, p.kernel_width = right - left + 1;
  }
  const int gap = convolution ? 1 : 0, cell_x = p.kernel_width + gap, cell_y = p.kernel_height + gap;
  // Rows are what is computed, columns what it is computed from.
  p.columns = tensor.in, p.rows = tensor.out;
  const bool wraps = aspect > 0 && (tensor.in == 1 || tensor.out == 1);
  if (wraps) {
    p.columns = best_columns(tensor.in * tensor.out, cell_x, cell_y, aspect);
    p.rows = (tensor.in * tensor.out + p.columns - 1) / p.columns;
  }
  p.width = p.columns * cell_x - gap, p.height = p.rows * cell_y - gap;
  p.pixels.assign(static_cast<std::size_t>(p.width) * static_cast<std::size_t>(p.height), 0);
  p.index.assign(p.pixels.size(), -1);
  for (int t = 0; t < taps; ++t) {
    const int oy = convolution ? tensor.taps[static_cast<std::size_t>(t)][0] - top : 0;
    const int ox = convolution ? tensor.taps[static_cast<std::size_t>(t)][1] - left : 0;
    for (int i = 0; i < tensor.in; ++i) {
      for (int o = 0; o < tensor.out; ++o) {
        const int source = (t * tensor.in + i) * tensor.out + o;
        const int number = o * tensor.in + i;  // the kernel's, in reading order
        const int row = number / p.columns, column = number % p.columns;
        const auto at = static_cast<std::size_t>((row * cell_y + oy) * p.width + column * cell_x + ox);
        p.pixels[at] =
            map_colour(theme, ColourMap::diverging, tensor.values[static_cast<std::size_t>(source)], -scale, scale);
        p.index[at] = source;
      }
    }
  }
  return p;
}

KernelViewResult KernelView::draw(Ui& ui, const char* id, const WeightTensor& tensor, ImVec2 size, double scale) {
  KernelViewResult result;
  if (scale <= 0) scale = std::max(1e-12, largest_magnitude(tensor.values));
  const float bar = ui.px(48);
  const double aspect = size.x / std::max(1.0f, size.y - bar);
  const bool same = name_ == tensor.name && dark_ == ui.theme.dark && scale_ == scale && aspect_ == aspect &&
                    texture_ &&
                    std::equal(values_.begin(), values_.end(), tensor.values.begin(), tensor.values.end());
  if (!same) {
    picture_ = picture_of(ui.theme, tensor, scale, aspect);
    texture_.upload(picture_.width, picture_.height, picture_.pixels);
    values_.assign(tensor.values.begin(), tensor.values.end());
    name_ = tensor.name, scale_ = scale, aspect_ = aspect, dark_ = ui.theme.dark;
  }
  const float room =
      std::min(size.x / static_cast<float>(picture_.width), (size.y - bar) / static_cast<float>(picture_.height));
  // A picture larger than its room is shrunk by a whole factor too.
  const float cell =
      room >= 1 ? std::min(std::floor(room), ui.px(28)) : 1.0f / std::ceil(1.0f / std::max(0.01f, room));
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const ImVec2 extent(cell * static_cast<float>(picture_.width), cell * static_cast<float>(picture_.height));
  result.min = {at.x + std::floor(std::max(0.0f, (size.x - extent.x) * 0.5f)), at.y};
  result.max = {result.min.x + extent.x, result.min.y + extent.y};
  ImGui::SetCursorScreenPos(result.min);
  ImGui::InvisibleButton(id, {std::max(1.0f, extent.x), std::max(1.0f, extent.y)});
  ui.marks.item(id);
  ImDrawList* list = ImGui::GetWindowDrawList();
  // Behind kernels with absent taps a ground, so that these are seen to be absent and not nought.
  const bool masked = picture_.kernel_width * picture_.kernel_height > static_cast<int>(tensor.taps.size());
  if (tensor.taps.size() > 1 && masked && cell >= 2) {
    const float dx = cell * static_cast<float>(picture_.kernel_width + 1),
                dy = cell * static_cast<float>(picture_.kernel_height + 1);
    for (int k = 0; k < std::min(kMostGrounds, tensor.in * tensor.out); ++k) {
      const ImVec2 a(result.min.x + dx * static_cast<float>(k % picture_.columns),
                     result.min.y + dy * static_cast<float>(k / picture_.columns));
      list->AddRect({a.x - 1, a.y - 1}, {a.x + dx - cell + 1, a.y + dy - cell + 1}, ui.theme.raised_active);
    }
  }
  list->AddImage(texture_.id(), result.min, result.max);
  if (ImGui::IsItemHovered()) {
    const ImVec2 mouse = ImGui::GetIO().MousePos;
    const int x = std::clamp(static_cast<int>((mouse.x - result.min.x) / cell), 0, picture_.width - 1);
    const int y = std::clamp(static_cast<int>((mouse.y - result.min.y) / cell), 0, picture_.height - 1);
    result.index = picture_.index[static_cast<std::size_t>(y * picture_.width + x)];
    result.hovered = result.index >= 0;
    if (result.hovered) {
      const int o = result.index % tensor.out, i = result.index / tensor.out % tensor.in,
                t = result.index / (tensor.out * tensor.in);
      std::string where = fmt::format("out {}, in {}", o, i);
      if (tensor.taps.size() > 1) {
        const auto [dy, dx] = tensor.taps[static_cast<std::size_t>(t)];
        where += fmt::format(", tap ({:+d}, {:+d})", dy, dx);
      }
      tooltip(ui, where + "   " + format_value(values_[static_cast<std::size_t>(result.index)], 4));
    }
  }
  const float width = std::min(ui.px(260), size.x);
  ImGui::SetCursorScreenPos({at.x + std::floor((size.x - width) * 0.5f), result.max.y + ui.px(14)});
  scale_bar(ui, ColourMap::diverging, -scale, scale, "", width);
  return result;
}

}  // namespace unveil
