#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "app/exhibit/class_name.h"
#include "app/exhibits/pixelcnn/scoring.h"
#include "app/exhibits/pixelcnn/tab.h"
#include "app/widgets/choice.h"
#include "app/widgets/controls.h"
#include "app/widgets/format.h"
#include "app/widgets/heat_map.h"
#include "app/widgets/image_grid.h"
#include "app/widgets/outdated.h"
#include "engine/data/npy.h"

namespace unveil {
namespace {

constexpr int kShown = 8;
constexpr double kShareOfTime = 0.05;  // of training, spent on keeping the picture up to date

class BitsTab : public PixelCnnTab {
 public:
  std::string name() const override { return "Bits"; }
  std::string hint() const override {
    return "How much each pixel of a real picture surprises the model: pick a picture, point at a pixel.";
  }
  void rebuilt(PixelCnnStage& stage) override;
  bool update(ShellContext& context, PixelCnnStage& stage) override;
  void draw(ShellContext& context, PixelCnnStage& stage) override;

 private:
  void begin(ShellContext& context, PixelCnnStage& stage);
  void choose();
  void draw_controls(Ui& ui, PixelCnnStage& stage, float width);
  void draw_strip(ShellContext& context, float factor);
  void draw_one(ShellContext& context, const PixelCnnStage& stage, ImVec2 size);
  std::span<const float> costs(int picture) const {
    return std::span(scored_.costs)
        .subspan(static_cast<std::size_t>(picture * height_ * width_), static_cast<std::size_t>(height_ * width_));
  }

  int height_ = 28, width_ = 28;
  int order_ = 0, class_ = -1, page_ = 0;
  bool asked_ = false;
  double finished_ = 0;
  std::shared_ptr<Mailbox<ScoredPictures>> mailbox_ = std::make_shared<Mailbox<ScoredPictures>>();
  std::shared_ptr<ScoringJob> job_;
  ScoredPictures scored_;
  std::vector<int> shown_;  // into scored_
  int selected_ = 0;        // of the shown ones
  double highest_ = 1;      // bits, the scale of all shown
  bool recolour_ = true, dark_ = true;
  ImageGrid pictures_, maps_, picture_;
  HeatMap map_;
};

void BitsTab::rebuilt(PixelCnnStage& stage) {
  if (job_) job_->stop();
  job_.reset();
  mailbox_ = std::make_shared<Mailbox<ScoredPictures>>();
  scored_ = {};
  shown_.clear();
  height_ = stage.height, width_ = stage.width;
  asked_ = false;
  if (stage.snapshot->data && class_ >= stage.snapshot->data->classes) class_ = -1;
}

void BitsTab::begin(ShellContext& context, PixelCnnStage& stage) {
  if (job_) job_->stop();
  mailbox_ = std::make_shared<Mailbox<ScoredPictures>>();
  job_ = std::make_shared<ScoringJob>(class_, stage.build, mailbox_, context.wake);
  stage.trainer.add(stage.build, job_);
  asked_ = true;
}

void BitsTab::choose() {
  const auto all = ordered(scored_, static_cast<Order>(order_));
  const int pages = std::max(1, (static_cast<int>(all.size()) + kShown - 1) / kShown);
  page_ = (page_ % pages + pages) % pages;
  const auto first = all.begin() + std::min<std::ptrdiff_t>(page_ * kShown, static_cast<std::ptrdiff_t>(all.size()));
  shown_.assign(first, first + std::min<std::ptrdiff_t>(kShown, all.end() - first));
  selected_ = std::clamp(selected_, 0, std::max(0, static_cast<int>(shown_.size()) - 1));
  highest_ = 1;
  for (const int i : shown_)
    for (const float v : costs(i)) highest_ = std::max(highest_, static_cast<double>(v));
  recolour_ = true;
}

bool BitsTab::update(ShellContext& context, PixelCnnStage& stage) {
  if (!stage.snapshot || !stage.snapshot->ready || stage.build == 0) return false;
  if (height_ != stage.height || width_ != stage.width) rebuilt(stage);
  bool changed = false;
  if (auto scored = mailbox_->take()) {
    // The first scores are shown as they come, later ones when they are complete.
    if (scored->done) finished_ = context.ui.now, job_.reset();
    if (scored->done || !scored_.done) {
      scored_ = std::move(*scored);
      choose();
      changed = true;
    }
  }
  const bool old = scored_.done && !job_ && scored_.step != stage.snapshot->step &&
                   context.ui.now - finished_ > scored_.seconds / kShareOfTime;
  if (!asked_ || old) begin(context, stage);
  return changed;
}

void BitsTab::draw_controls(Ui& ui, PixelCnnStage& stage, float width) {
  const ImVec2 at = ImGui::GetCursorScreenPos();
  static const std::vector<std::string> kOrders{"In order", "Most surprising", "Least surprising"};
  if (segmented(ui, "bits.order", kOrders, order_, true)) page_ = 0, choose();
  ImGui::SameLine(0, ui.px(10));
  if (button(ui, "bits.previous", std::nullopt, "‹", ButtonKind::quiet, true, true)) --page_, choose();
  ImGui::SameLine(0, ui.px(2));
  if (button(ui, "bits.next", std::nullopt, "›", ButtonKind::quiet, true, true)) ++page_, choose();
  const int classes = stage.snapshot->data ? stage.snapshot->data->classes : 0;
  if (classes < 2 || classes > 10) return;
  std::vector<std::string> names{"All"};
  for (int c = 0; c < classes; ++c) names.push_back(fit(ui.fonts.small, class_name(stage, c), ui.px(64)));
  float needed = 0;
  for (const auto& name : names) needed += measure(ui.fonts.small, name).x + ui.px(18);
  const float after = ImGui::GetItemRectMax().x + ui.px(10), room = at.x + width - after;
  const bool folded = room < needed + ui.px(12);
  ImGui::SetCursorScreenPos({folded ? after : at.x + width - needed, at.y});
  int chosen = class_ + 1;
  if (folded ? unfolding_list(ui, "bits.class", names, chosen, std::min(room, ui.px(120)))
             : segmented(ui, "bits.class", names, chosen, true)) {
    class_ = chosen - 1, page_ = 0;
    scored_.done = false, asked_ = false;
    ui.animate(0.1);
  }
}

void BitsTab::draw_strip(ShellContext& context, float factor) {
  Ui& ui = context.ui;
  const int count = static_cast<int>(shown_.size()), pixels = height_ * width_;
  if (recolour_ || dark_ != ui.theme.dark) {
    std::vector<std::uint8_t> grey;
    std::vector<ImU32> colours;
    for (const int i : shown_) {
      for (int k = 0; k < pixels; ++k)
        grey.push_back(scored_.bits[static_cast<std::size_t>(i * pixels + k)] ? 255 : 0);
      for (const float v : costs(i)) colours.push_back(viridis(v / highest_));
    }
    pictures_.set(count, height_, width_, 1, grey, ui.now);
    maps_.set_colours(count, height_, width_, std::move(colours), ui.now);
  }
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float gap = ui.px(6), w = factor * static_cast<float>(width_), h = factor * static_cast<float>(height_);
  const ImVec2 extent(kShown * w + (kShown - 1) * gap, h);
  ImageGridOptions options;
  options.columns = kShown, options.gap = 6, options.centre = false, options.selected = selected_;
  options.largest = static_cast<int>(std::ceil(factor / ui.scale));
  const auto above = pictures_.draw(ui, "bits.pictures", extent, options);
  ImGui::SetCursorScreenPos({at.x, at.y + h + gap});
  const auto below = maps_.draw(ui, "bits.maps", extent, options);
  ImDrawList* list = ImGui::GetWindowDrawList();
  for (int n = 0; n < count; ++n) {
    const std::string nats =
        format_value(scored_.nats[static_cast<std::size_t>(shown_[static_cast<std::size_t>(n)])]);
    const float x = at.x + static_cast<float>(n) * (w + gap) + (w - measure(ui.fonts.small, nats).x) * 0.5f;
    list->AddText(ui.fonts.small, ui.fonts.small->FontSize, {x, at.y + 2 * h + gap + ui.px(6)},
                  n == selected_ ? ui.theme.text : ui.theme.text_dim, nats.c_str());
  }
  context.exports.view({at.x, at.y}, {at.x + extent.x, at.y + 2 * h + gap}, "bits");
  for (const auto& result : {above, below}) {
    if (result.hovered >= 0 && result.hovered < count) selected_ = result.hovered;
    if (result.hovered < 0 || result.hovered >= count) continue;
    const int i = shown_[static_cast<std::size_t>(result.hovered)];
    const auto k = static_cast<std::size_t>(result.pixel_y * width_ + result.pixel_x);
    const float cost = costs(i)[k];
    const bool ink = scored_.bits[static_cast<std::size_t>(i * pixels) + k] != 0;
    tooltip(ui, fmt::format("row {}, column {}: {}\n{} bits, p = {}", result.pixel_y, result.pixel_x,
                            ink ? "ink" : "paper", format_value(cost), format_value(std::exp2(-cost))));
    ui.marks.state("bits.hovered", static_cast<double>(cost));
  }
  ImGui::SetCursorScreenPos({at.x, at.y + 2 * h + gap + ui.px(6) + ui.fonts.small->FontSize});
}

void BitsTab::draw_one(ShellContext& context, const PixelCnnStage& stage, ImVec2 size) {
  Ui& ui = context.ui;
  const int pixels = height_ * width_, i = shown_[static_cast<std::size_t>(selected_)];
  const auto n = static_cast<std::size_t>(i);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float factor = std::clamp(std::floor(std::min((size.x - ui.px(240)) / static_cast<float>(2 * width_),
                                                      size.y / static_cast<float>(height_))),
                                  0.0f, std::floor(12 * ui.scale));
  float x = at.x;
  if (factor >= 3) {
    const ImVec2 extent(factor * static_cast<float>(width_), factor * static_cast<float>(height_));
    std::vector<std::uint8_t> grey;
    for (int k = 0; k < pixels; ++k) grey.push_back(scored_.bits[static_cast<std::size_t>(i * pixels + k)] ? 255 : 0);
    picture_.set(1, height_, width_, 1, grey, ui.now);
    ImageGridOptions options;
    options.centre = false, options.largest = 12;
    picture_.draw(ui, "bits.picture", extent, options);
    x += extent.x + ui.px(12);
    ImGui::SetCursorScreenPos({x, at.y});
    map_.set(height_, width_, costs(i));
    HeatMapOptions heat;
    heat.low = 0, heat.high = highest_, heat.scale_bar = false;
    const auto result = map_.draw(ui, "bits.map", extent, heat);
    const std::vector<float> values(costs(i).begin(), costs(i).end());
    const int height = height_, width = width_;
    context.exports.view(result.min, result.max, fmt::format("bits-{}", scored_.indices[n]),
                         {{".npy", [values, height, width](const std::filesystem::path& path) {
                             write_npy(path, {height, width}, values);
                           }}});
    if (result.hovered) {
      const bool ink = scored_.bits[static_cast<std::size_t>(i * pixels + result.row * width_ + result.column)] != 0;
      tooltip(ui,
              fmt::format("row {}, column {}: {}\n{} bits, p = {}", result.row, result.column, ink ? "ink" : "paper",
                          format_value(result.value), format_value(std::exp2(-static_cast<double>(result.value)))));
      ui.marks.state("bits.hovered", static_cast<double>(result.value));
    }
    x += extent.x + ui.px(28);
  }
  const double nats = scored_.nats[n];
  double mean = 0;
  for (const int s : shown_) mean += scored_.nats[static_cast<std::size_t>(s)] / static_cast<double>(shown_.size());
  double pool = 0;
  for (const float v : scored_.nats) pool += v / static_cast<double>(scored_.count());
  const auto per_dim = [&](double v) { return v / (pixels * std::numbers::ln2); };
  ImGui::SetCursorScreenPos({x, at.y - ui.px(4)});
  ImGui::BeginGroup();
  const std::string what = scored_.labels[n] >= 0 ? fmt::format("held-out picture {}, {}", scored_.indices[n],
                                                                class_in_words(stage, scored_.labels[n]))
                                                  : fmt::format("held-out picture {}", scored_.indices[n]);
  const float left = at.x + size.x - x, column = std::min(ui.px(150), left * 0.5f);
  const auto then = static_cast<double>(scored_.step), now = static_cast<double>(stage.snapshot->step);
  text(ui.fonts.small, with_alpha(ui.theme.text_dim, outdated(then, now) ? kOutdatedAlpha : 1.0f),
       fit(ui.fonts.small, then == now ? what : what + ", " + at_step(then), left));
  ImGui::Dummy({1, ui.px(2)});
  labelled_number(ui, "this picture", format_value(nats, 4), "nats", column);
  ImGui::SameLine(0, 0);
  labelled_number(ui, "", format_value(per_dim(nats)), "bits/dim", column);
  if (size.y > ui.px(118)) {
    labelled_number(ui, "mean of the shown", format_value(mean, 4), "nats", column);
    ImGui::SameLine(0, 0);
    labelled_number(ui, "", format_value(per_dim(mean)), "bits/dim", column);
  }
  if (size.y > ui.px(196)) {
    labelled_number(ui, fmt::format("mean of {}", scored_.count()), format_value(pool, 4), "nats", column);
    ImGui::SameLine(0, 0);
    labelled_number(ui, "", format_value(per_dim(pool)), "bits/dim", column);
  }
  ImGui::EndGroup();
  if (size.y > ui.px(86)) {
    ImGui::SetCursorScreenPos({x, at.y + size.y - ui.px(26)});
    scale_bar(ui, ColourMap::viridis, 0, highest_, "bits", std::min(ui.px(220), left));
  }
  ui.marks.state("bits.total", nats);
  ui.marks.state("bits.mean", mean);
  ui.marks.state("bits.label", scored_.labels[n]);
}

void BitsTab::draw(ShellContext& context, PixelCnnStage& stage) {
  Ui& ui = context.ui;
  ui.marks.state("bits.done", scored_.done);
  ui.marks.state("bits.count", static_cast<int>(shown_.size()));
  if (scored_.done && scored_.count() == 0) {
    empty_state(ui, "No held-out pictures", class_ < 0 ? "The data have none set aside." : "None of this class.");
    if (class_ >= 0) draw_controls(ui, stage, ImGui::GetContentRegionAvail().x);
    return;
  }
  if (shown_.empty()) {
    empty_state(ui, "What surprises the model", "Held-out pictures and what each of their pixels costs, in bits.");
    return;
  }
  const ImVec2 room = ImGui::GetContentRegionAvail(), at = ImGui::GetCursorScreenPos();
  draw_controls(ui, stage, room.x);
  const float top = ui.px(40), caption = ui.px(24), gap = ui.px(6);
  const float factor = std::max(
      1.0f, std::floor(std::min((room.x - ui.px(6) - (kShown - 1) * gap) / static_cast<float>(kShown * width_),
                                (room.y - top - caption - gap - ui.px(90)) / static_cast<float>(2 * height_))));
  ImGui::SetCursorScreenPos({at.x + ui.px(3), at.y + top});  // room for the frame of the first
  draw_strip(context, factor);
  const float used = top + 2 * factor * static_cast<float>(height_) + gap + caption + ui.px(10);
  ImGui::SetCursorScreenPos({at.x, at.y + used});
  draw_one(context, stage, {room.x, room.y - used});
  recolour_ = false, dark_ = ui.theme.dark;
}

}  // namespace

std::unique_ptr<PixelCnnTab> make_bits_tab() {
  return std::make_unique<BitsTab>();
}

}  // namespace unveil
