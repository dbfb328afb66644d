#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "app/exhibit/asker.h"
#include "app/exhibits/cpc/filters.h"
#include "app/exhibits/cpc/tab.h"
#include "app/widgets/controls.h"
#include "app/widgets/format.h"
#include "app/widgets/plot.h"
#include "engine/data/npy.h"
#include "engine/models/cpc/model.h"

namespace unveil {
namespace {

constexpr double kEvery = 0.5;  // seconds between two looks while the model learns
constexpr const char* kFirstLayer = "encoder.0.weight";

struct Weights {
  std::uint64_t step = 0;
  int taps = 0, channels = 0;
  std::vector<float> values;  // [taps][channels]
};

Weights answer_weights(Run& run, const int&) {
  const auto& tensor = run.parameters().tensor(kFirstLayer, ParameterStore::value);
  return {run.steps(), static_cast<int>(tensor.shape[0]), static_cast<int>(tensor.shape[1]),
          read_tensor(run.device(), tensor)};
}

// The first layer's filters as small curves.
class FirstLayerTab : public CpcTab {
 public:
  std::string name() const override { return "First layer"; }
  std::string hint() const override {
    return "What the encoder listens to first: every curve is a filter that it learned.";
  }
  void rebuilt(CpcStage& stage) override;
  bool update(ShellContext& context, CpcStage& stage) override;
  void draw(ShellContext& context, CpcStage& stage) override;

 private:
  void sort();
  void draw_grid(Ui& ui, ImVec2 at, ImVec2 size);
  void draw_one(Ui& ui, ImVec2 at, ImVec2 size);
  void draw_curve(Ui& ui, std::span<const float> values, ImVec2 at, ImVec2 size, ImU32 colour, float thickness) const;

  Asker<int, Weights> asker_{answer_weights};
  Weights weights_;
  std::vector<FirstFilter> filters_;  // in the order shown
  float largest_ = 1;                 // magnitude of a tap: all curves share its scale
  int order_ = 0;                     // 0: by the frequency of its peak, 1: by size, 2: by channel
  int channel_ = -1;                  // chosen
  int sample_rate_ = 0;
  double asked_ = -1;
};

void FirstLayerTab::rebuilt(CpcStage& stage) {
  asker_.forget();
  weights_ = {};
  filters_.clear();
  channel_ = -1;
  asked_ = -1;
  sample_rate_ = stage.architecture.mel ? 0 : stage.architecture.sample_rate;
}

void FirstLayerTab::sort() {
  std::stable_sort(filters_.begin(), filters_.end(), [&](const FirstFilter& a, const FirstFilter& b) {
    return order_ == 0 ? a.peak < b.peak : order_ == 1 ? a.size > b.size : a.channel < b.channel;
  });
}

bool FirstLayerTab::update(ShellContext& context, CpcStage& stage) {
  bool changed = false;
  if (auto answer = asker_.take()) {
    weights_ = std::move(*answer);
    filters_ = first_filters(weights_.values, weights_.taps, weights_.channels, sample_rate_);
    largest_ = 1e-6f;
    for (const float w : weights_.values) largest_ = std::max(largest_, std::abs(w));
    sort();
    changed = true;
  }
  const bool old = filters_.empty() || weights_.step != stage.snapshot->step;
  if (old && !asker_.waiting() && (asked_ < 0 || context.ui.now - asked_ > kEvery)) {
    asker_.ask(stage, 0, context.wake);
    asked_ = context.ui.now;
  }
  return changed;
}

void FirstLayerTab::draw_curve(Ui& ui, std::span<const float> values, ImVec2 at, ImVec2 size, ImU32 colour,
                               float thickness) const {
  ImDrawList* list = ImGui::GetWindowDrawList();
  const float middle = at.y + size.y * 0.5f, half = size.y * 0.46f / largest_;
  list->AddLine({at.x, std::round(middle) + 0.5f}, {at.x + size.x, std::round(middle) + 0.5f}, ui.theme.hairline);
  std::vector<ImVec2> points;
  for (std::size_t i = 0; i < values.size(); ++i)
    points.push_back(
        {at.x + size.x * static_cast<float>(i) / static_cast<float>(std::max<std::size_t>(1, values.size() - 1)),
         middle - values[i] * half});
  list->AddPolyline(points.data(), static_cast<int>(points.size()), colour, 0, thickness);
}

void FirstLayerTab::draw_grid(Ui& ui, ImVec2 at, ImVec2 size) {
  const int count = static_cast<int>(filters_.size());
  const float gap = ui.px(8);
  int columns = 1;
  const auto rows_for = [&](int wide) { return (count + wide - 1) / wide; };
  while (columns < count &&
         (size.x / static_cast<float>(columns)) > 1.5f * (size.y / static_cast<float>(rows_for(columns))))
    ++columns;
  const ImVec2 step(std::floor(size.x / static_cast<float>(columns)),
                    std::floor(size.y / static_cast<float>(rows_for(columns))));
  const ImVec2 cell(step.x - gap, step.y - gap);
  ImGui::SetCursorScreenPos(at);
  ImGui::InvisibleButton("first_layer.grid", size);
  ui.marks.item("first_layer.grid");
  int over = -1;
  ImDrawList* list = ImGui::GetWindowDrawList();
  for (int i = 0; i < count; ++i) {
    const auto& filter = filters_[static_cast<std::size_t>(i)];
    const ImVec2 corner(at.x + step.x * static_cast<float>(i % columns),
                        at.y + step.y * static_cast<float>(i / columns));
    const ImVec2 end(corner.x + cell.x, corner.y + cell.y);
    if (ImGui::IsItemHovered() && ImGui::IsMouseHoveringRect(corner, end)) over = i;
    const bool on = filter.channel == channel_;
    list->AddRectFilled(corner, end, on ? mix(ui.theme.panel, ui.theme.accent, 0.2f) : ui.theme.panel, ui.px(4));
    const float inset = ui.px(4);
    draw_curve(ui, filter.taps, {corner.x + inset, corner.y + inset}, {cell.x - 2 * inset, cell.y - 2 * inset},
               on || over == i ? ui.theme.accent : ui.theme.model, std::max(1.0f, ui.px(1.5f)));
  }
  if (over >= 0) channel_ = filters_[static_cast<std::size_t>(over)].channel;
}

void FirstLayerTab::draw_one(Ui& ui, ImVec2 at, ImVec2 size) {
  const auto found =
      std::find_if(filters_.begin(), filters_.end(), [&](const auto& f) { return f.channel == channel_; });
  const FirstFilter& filter = found == filters_.end() ? filters_.front() : *found;
  const bool bands = sample_rate_ == 0;
  ImGui::SetCursorScreenPos(at);
  const float third = size.x / 3;
  labelled_number(ui, "channel", std::to_string(filter.channel + 1), "", third);
  ImGui::SameLine(0, 0);
  labelled_number(ui, "peak at",
                  bands ? fmt::format("{:.1f}", filter.peak + 1)
                        : format_count(static_cast<std::uint64_t>(std::lround(filter.peak))),
                  bands ? "band" : "Hz", third);
  ImGui::SameLine(0, 0);
  labelled_number(ui, "size", format_value(filter.size, 3), "", third);
  float y = at.y + ui.px(66);
  const float small = ui.fonts.small->FontSize,
              half = std::min(ui.px(190), (size.y - (y - at.y) - 3 * small - ui.px(60)) * 0.5f);
  ImGui::SetCursorScreenPos({at.x, y});
  text(ui.fonts.small, ui.theme.text_dim,
       bands ? fmt::format("weights of the {} mel bands, low to high", filter.taps.size())
             : fmt::format("taps: {} samples, {:.2f} ms", filter.taps.size(),
                           1000.0 * static_cast<double>(filter.taps.size()) / sample_rate_));
  y += small + ui.px(8);
  const float inset = ui.px(4), wide = size.x - 2 * inset;
  draw_curve(ui, filter.taps, {at.x + inset, y}, {wide, half}, ui.theme.accent, ui.px(2));
  for (std::size_t i = 0; i < filter.taps.size(); ++i)
    ImGui::GetWindowDrawList()->AddCircleFilled(
        {at.x + inset + wide * static_cast<float>(i) / static_cast<float>(filter.taps.size() - 1),
         y + half * 0.5f - filter.taps[i] * half * 0.46f / largest_},
        ui.px(3), ui.theme.accent, 12);
  y += half + ui.px(16);
  ImGui::SetCursorScreenPos({at.x, y});
  if (!bands) {
    text(ui.fonts.small, ui.theme.text_dim,
         fit(ui.fonts.small, "what it lets through: |H(f)| over frequency, Hz", size.x));
    std::vector<double> f, h;
    for (int i = 0; i < kResponse; ++i)
      f.push_back(static_cast<double>(i) * sample_rate_ / (2.0 * (kResponse - 1))),
          h.push_back(filter.response[static_cast<std::size_t>(i)]);
    ImGui::SetCursorScreenPos({at.x, y + small + ui.px(8)});
    const PlotSeries series[] = {{.label = "", .x = f, .y = h, .colour = ui.theme.accent, .smooth = false}};
    plot(ui, "first_layer.response", {size.x, half + ui.px(20)}, series,
         {.zero_based = true, .x_label = "Hz", .marker_x = filter.peak});
  }
}

void FirstLayerTab::draw(ShellContext& context, CpcStage&) {
  Ui& ui = context.ui;
  ui.marks.state("first_layer.ready", !filters_.empty());
  if (filters_.empty()) {
    empty_state(ui, "The first layer's filters", "What the encoder does to the signal first of all.");
    return;
  }
  const ImVec2 room = ImGui::GetContentRegionAvail(), at = ImGui::GetCursorScreenPos();
  const std::vector<std::string> orders{sample_rate_ > 0 ? "By frequency" : "By band", "By size", "By channel"};
  ImGui::SetCursorScreenPos(at);
  if (segmented(ui, "first_layer.order", orders, order_, true)) sort(), ui.animate(0.1);
  ImGui::GetWindowDrawList()->AddText(
      ui.fonts.small, ui.fonts.small->FontSize, {ImGui::GetItemRectMax().x + ui.px(14), at.y + ui.px(6)},
      ui.theme.text_dim,
      fit(ui.fonts.small,
          sample_rate_ > 0 ? "one curve a channel, all on one scale"
                           : "one curve a channel over the mel bands, all on one scale",
          at.x + room.x - ImGui::GetItemRectMax().x - ui.px(14))
          .c_str());
  const float top = ui.px(42), gap = ui.px(32), right = std::min(ui.px(300), std::floor(room.x * 0.34f));
  const ImVec2 corner(at.x, at.y + top), size(room.x - right - gap, room.y - top);
  if (channel_ < 0) channel_ = filters_.front().channel;
  draw_grid(ui, corner, size);
  context.exports.view(corner, {corner.x + size.x, corner.y + size.y}, "first-layer",
                       {{".npy", [w = weights_](const std::filesystem::path& path) {
                           write_npy(path, {w.taps, w.channels}, w.values);
                         }}});
  draw_one(ui, {at.x + room.x - right, at.y + top}, {right, room.y - top});
  ui.marks.state("first_layer.count", static_cast<double>(filters_.size()));
  ui.marks.state("first_layer.channel", channel_);
  ui.marks.state("first_layer.lowest", filters_.front().peak);
  ui.marks.state("first_layer.highest", filters_.back().peak);
}

}  // namespace

std::unique_ptr<CpcTab> make_first_layer_tab() {
  return std::make_unique<FirstLayerTab>();
}

}  // namespace unveil
