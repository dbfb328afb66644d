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
constexpr const char* kColourNames[] = {"   red ", ", green ", ", blue "};

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

// Of three weights from `source` on, each over ±scale.
ImU32 rgb_of(const WeightTensor& tensor, int source, double scale) {
  const auto level = [&](int channel) {
    const double value = tensor.values[static_cast<std::size_t>(source + channel * tensor.out)];
    return std::isfinite(value) ? static_cast<int>(std::lround(127.5 * std::clamp(1 + value / scale, 0.0, 2.0))) : 0;
  };
  return IM_COL32(level(0), level(1), level(2), 255);
}

}  // namespace

KernelBox kernel_box(std::span<const std::array<int, 2>> taps) {
  if (taps.size() < 2) return {};
  int top = 0, left = 0, bottom = 0, right = 0;
  for (const auto& [dy, dx] : taps) {
    top = std::min(top, dy), bottom = std::max(bottom, dy), left = std::min(left, dx), right = std::max(right, dx);
  }
  if ((bottom - top + 1) * (right - left + 1) != static_cast<int>(taps.size())) {
    bottom = std::max(-top, bottom), right = std::max(-left, right);
    top = -bottom, left = -right;
  }
  return {top, left, bottom - top + 1, right - left + 1};
}

KernelPicture picture_of(const Theme& theme, const WeightTensor& tensor, double scale, double aspect) {
  const int taps = std::max<int>(1, static_cast<int>(tensor.taps.size()));
  const auto expected =
      static_cast<std::size_t>(taps) * static_cast<std::size_t>(tensor.in) * static_cast<std::size_t>(tensor.out);
  if (tensor.values.size() != expected) {
    throw std::logic_error("weight tensor " + tensor.name + ": values must be [taps][in][out]");
  }
  KernelPicture p;
  const bool convolution = tensor.taps.size() > 1;
  const auto box = kernel_box(tensor.taps);
  p.kernel_height = box.height, p.kernel_width = box.width;
  const int inputs = tensor.colour ? 1 : tensor.in;
  const bool wraps = aspect > 0 && (inputs == 1 || tensor.out == 1);
  const int gap = convolution ? 1 : 0, cell_x = p.kernel_width + gap;
  // Rows of a convolution along time stand close: their kernels are lines.
  const int row_gap = p.kernel_height == 1 && !wraps ? 0 : gap, cell_y = p.kernel_height + row_gap;
  // Rows are what is computed, columns what it is computed from.
  p.columns = inputs, p.rows = tensor.out;
  if (wraps) {
    p.columns = best_columns(inputs * tensor.out, cell_x, cell_y, aspect);
    p.rows = (inputs * tensor.out + p.columns - 1) / p.columns;
  }
  p.width = p.columns * cell_x - gap, p.height = p.rows * cell_y - row_gap;
  p.pixels.assign(static_cast<std::size_t>(p.width) * static_cast<std::size_t>(p.height), 0);
  p.index.assign(p.pixels.size(), -1);
  for (int t = 0; t < taps; ++t) {
    const int oy = convolution ? tensor.taps[static_cast<std::size_t>(t)][0] - box.top : 0;
    const int ox = convolution ? tensor.taps[static_cast<std::size_t>(t)][1] - box.left : 0;
    for (int i = 0; i < inputs; ++i) {
      for (int o = 0; o < tensor.out; ++o) {
        const int source = (t * tensor.in + i) * tensor.out + o;
        const int number = o * inputs + i;  // the kernel's, in reading order
        const int row = number / p.columns, column = number % p.columns;
        const auto at = static_cast<std::size_t>((row * cell_y + oy) * p.width + column * cell_x + ox);
        p.pixels[at] = tensor.colour ? rgb_of(tensor, source, scale)
                                     : map_colour(theme, ColourMap::diverging,
                                                  tensor.values[static_cast<std::size_t>(source)], -scale, scale);
        p.index[at] = source;
      }
    }
  }
  return p;
}

namespace {

// Names beside the rows of a matrix whose outputs are of several kinds, and lines between them.
void draw_parts(const Ui& ui, const WeightTensor& tensor, ImVec2 min, ImVec2 max) {
  if (tensor.parts.empty() || tensor.in == 1 || tensor.out == 1) return;
  ImDrawList* list = ImGui::GetWindowDrawList();
  ImFont* font = ui.fonts.small;
  const float high = (max.y - min.y) / static_cast<float>(tensor.parts.size());
  for (std::size_t i = 0; i < tensor.parts.size(); ++i) {
    const float top = min.y + high * static_cast<float>(i);
    if (i > 0) list->AddLine({min.x, top}, {max.x, top}, ui.theme.text_dim, std::max(1.0f, ui.scale));
    list->AddText(font, font->FontSize, {max.x + ui.px(10), top + (high - font->FontSize) * 0.5f}, ui.theme.text_dim,
                  tensor.parts[i].c_str());
  }
}

}  // namespace

KernelViewResult KernelView::draw(Ui& ui, const char* id, const WeightTensor& tensor, ImVec2 size, double scale) {
  KernelViewResult result;
  if (scale <= 0) scale = std::max(1e-12, largest_magnitude(tensor.values));
  const float bar = ui.px(48);
  const double aspect = size.x / std::max(1.0f, size.y - bar);
  const bool same =
      name_ == tensor.name && dark_ == ui.theme.dark && scale_ == scale && aspect_ == aspect && texture_;
  if (!same) {
    picture_ = picture_of(ui.theme, tensor, scale, aspect);
    texture_.upload(picture_.width, picture_.height, picture_.pixels);
    name_ = tensor.name, scale_ = scale, aspect_ = aspect, dark_ = ui.theme.dark;
  }
  const float room =
      std::min(size.x / static_cast<float>(picture_.width), (size.y - bar) / static_cast<float>(picture_.height));
  // A picture larger than its room is shrunk by a whole factor too.
  const float cell =
      room >= 1 ? std::min(std::floor(room), ui.px(28)) : 1.0f / std::ceil(1.0f / std::max(0.01f, room));
  const ImVec2 at = ImGui::GetCursorScreenPos();
  // Kernels that are lines may be as high as there is room for.
  const bool lines = tensor.taps.size() > 1 && picture_.kernel_height == 1 && tensor.in > 1 && tensor.out > 1;
  const float stretch =
      lines ? std::clamp(std::floor((size.y - bar) / (cell * static_cast<float>(picture_.height))), 1.0f, 6.0f)
            : 1.0f;
  const float high = cell * stretch;
  const ImVec2 extent(cell * static_cast<float>(picture_.width), high * static_cast<float>(picture_.height));
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
  draw_parts(ui, tensor, result.min, result.max);
  if (ImGui::IsItemHovered()) {
    const ImVec2 mouse = ImGui::GetIO().MousePos;
    const int x = std::clamp(static_cast<int>((mouse.x - result.min.x) / cell), 0, picture_.width - 1);
    const int y = std::clamp(static_cast<int>((mouse.y - result.min.y) / high), 0, picture_.height - 1);
    result.index = picture_.index[static_cast<std::size_t>(y * picture_.width + x)];
    result.hovered = result.index >= 0;
    if (result.hovered) {
      const int o = result.index % tensor.out, i = result.index / tensor.out % tensor.in,
                t = result.index / (tensor.out * tensor.in);
      std::string where = fmt::format("out {}", tensor.first + o);
      if (const int parts = static_cast<int>(tensor.parts.size()); parts > 0) {
        const int size = tensor.out / parts;
        where = fmt::format("{} {}", tensor.parts[static_cast<std::size_t>(std::min(o / size, parts - 1))], o % size);
      }
      if (tensor.in > 1 && !tensor.colour) where += fmt::format(", in {}", i);
      if (tensor.taps.size() > 1) {
        const auto [dy, dx] = tensor.taps[static_cast<std::size_t>(t)];
        const bool line = picture_.kernel_height == 1;  // a convolution along time
        where += line ? fmt::format(", tap {:+d}", dx) : fmt::format(", tap ({:+d}, {:+d})", dy, dx);
      }
      for (int c = 0; c < (tensor.colour ? 3 : 1); ++c)
        where += (tensor.colour ? kColourNames[c] : "   ") +
                 format_value(tensor.values[static_cast<std::size_t>(result.index + c * tensor.out)],
                              tensor.colour ? 3 : 4);
      tooltip(ui, where);
    }
  }
  const float width = std::min(ui.px(260), size.x);
  ImGui::SetCursorScreenPos({at.x + std::floor((size.x - width) * 0.5f), result.max.y + ui.px(14)});
  scale_bar(ui, tensor.colour ? ColourMap::grey : ColourMap::diverging, -scale, scale, "", width);
  return result;
}

}  // namespace unveil
