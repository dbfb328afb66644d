#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "app/exhibits/sparse/tab.h"
#include "app/exhibits/sparse/whole_picture.h"
#include "app/widgets/controls.h"
#include "app/widgets/format.h"
#include "engine/data/csv.h"

namespace unveil {
namespace {

constexpr double kRestart = 0.3;                // seconds between two jobs while λ is under the hand
constexpr double kFollow = 2, kCurveEvery = 6;  // seconds between two while the model learns, at least
constexpr double kShare = 4;                    // and so many times what one takes

// A whole picture from its code, at any λ.
class PictureTab : public SparseTab {
 public:
  std::string name() const override { return "Picture"; }
  std::string hint() const override {
    return "A whole picture in few numbers: drag the price λ and see what it buys and costs.";
  }
  void shown(ShellContext&, SparseStage& stage) override { stage.needs_looks = false; }
  void rebuilt(SparseStage& stage) override;
  bool update(ShellContext& context, SparseStage& stage) override;
  void draw(ShellContext& context, SparseStage& stage) override;
  bool open(ShellContext& context, SparseStage& stage, const Picture& picture) override;

 private:
  struct Area {
    ImVec2 at, size;
  };
  double lambda(const SparseStage& stage) const;
  void launch(ShellContext& context, SparseStage& stage);
  void take_frame();
  void draw_controls(Ui& ui, SparseStage& stage, Area area);
  void draw_pictures(ShellContext& context, Area area);
  void draw_price(ShellContext& context, SparseStage& stage, Area area);

  SceneChoice choice_;
  double lambda_ = 0;  // 0: the knob's
  bool as_pictures_ = false;
  std::shared_ptr<PictureJob> job_;
  std::shared_ptr<PictureMail> frames_ = std::make_shared<PictureMail>();
  std::shared_ptr<const PictureFrame> frame_;
  bool stale_ = true, holding_ = false;
  double launched_ = 0, took_ = 0;
  std::vector<float> shown_;  // of the reconstruction: the newest where there is one, else what was there before
  Photograph pictures_[3];
  bool recolour_ = true, dark_ = true;
  std::pair<std::shared_ptr<const ChosenScene>, bool> coloured_;  // what the first picture is of

  std::shared_ptr<PriceJob> price_job_;
  std::shared_ptr<PriceJob::Mail> prices_ = std::make_shared<PriceJob::Mail>();
  std::shared_ptr<const PriceCurve> curve_, before_;  // the newest, perhaps not whole yet; the whole one before it
  double price_due_ = 0, price_began_ = 0;
};

void PictureTab::rebuilt(SparseStage&) {
  if (job_) job_->stop();
  job_.reset(), price_job_.reset();
  frames_ = std::make_shared<PictureMail>();
  prices_ = std::make_shared<PriceJob::Mail>();
  frame_.reset(), curve_.reset(), before_.reset();
  shown_.clear();
  stale_ = true;
  price_due_ = 0;
}

double PictureTab::lambda(const SparseStage& stage) const {
  if (lambda_ > 0) return lambda_;
  return stage.sheet ? std::clamp(stage.sheet->inference.lambda, PriceCurve::kLowest, PriceCurve::kHighest) : 1;
}

void PictureTab::launch(ShellContext& context, SparseStage& stage) {
  if (job_) job_->stop();
  choice_.dropped = stage.dropped;
  as_pictures_ = stage.as_pictures;
  frames_ = std::make_shared<PictureMail>();
  job_ = std::make_shared<PictureJob>(choice_, lambda(stage), !stage.snapshot->playing, as_pictures_, frames_,
                                      context.wake);
  stage.trainer.add(stage.build, job_);
  launched_ = context.ui.now;
  stale_ = false;
}

void PictureTab::take_frame() {
  const auto& fresh = frame_->restored.empty() ? frame_->reconstruction : frame_->restored;
  if (as_pictures_ && frame_->restored.empty() && !shown_.empty() && shown_.size() == fresh.size()) return;
  if (shown_.size() != fresh.size()) shown_.assign(fresh.size(), as_pictures_ ? 0.5f : 0.0f);
  if (as_pictures_ && frame_->restored.empty()) return;
  for (std::size_t i = 0; i < fresh.size(); ++i)
    if (std::isfinite(fresh[i])) shown_[i] = fresh[i];
  recolour_ = true;
}

bool PictureTab::update(ShellContext& context, SparseStage& stage) {
  stage.needs_looks = false;
  const double now = context.ui.now;
  bool changed = false;
  if (auto frame = frames_->take()) {
    const bool other =
        !frame_ || frame_->scene->name != (*frame)->scene->name || frame_->scene->index != (*frame)->scene->index;
    frame_ = std::move(*frame);
    if (other) shown_.clear();
    if (frame_->scene->count > 0) choice_.index = frame_->scene->index;
    took_ = now - launched_;
    take_frame();
    changed = true;
  }
  if (auto curve = prices_->take(); curve && (*curve)->build == stage.build) {
    if (curve_ && curve_->l0.size() == PriceCurve::kPoints) before_ = curve_;
    curve_ = std::move(*curve);
    changed = true;
  }
  if (job_ && job_->ended()) job_.reset();
  if (price_job_ && price_job_->ended()) {
    price_job_.reset();
    price_due_ = now + std::max(kCurveEvery, kShare * (now - price_began_));
  }
  if (choice_.dropped != stage.dropped || as_pictures_ != stage.as_pictures) {
    if (as_pictures_ != stage.as_pictures) shown_.clear();
    stale_ = true;
  }
  if (!stage.sheet) return changed;
  const auto step = stage.snapshot->step;
  // Patches that overlap are for a model at rest.
  const bool coarse = frame_ && !stage.snapshot->playing && frame_->stride == stage.size && stage.size > 1;
  const bool old =
      frame_ && (frame_->step != step || coarse) && !job_ && now - launched_ > std::max(kFollow, kShare * took_);
  const bool calm = !holding_ || now - launched_ > kRestart;
  if ((stale_ && calm) || old) launch(context, stage);
  if (stale_) context.ui.look_again(launched_ + kRestart);
  if (!price_job_ && (!curve_ || curve_->step != step) && (now >= price_due_ || !stage.snapshot->playing)) {
    price_began_ = now;
    price_job_ = std::make_shared<PriceJob>(stage.build, prices_, context.wake);
    stage.trainer.add(stage.build, price_job_);
  }
  return changed;
}

void PictureTab::draw_controls(Ui& ui, SparseStage& stage, Area area) {
  static const std::vector<std::string> kSpaces{"Whitened", "As pictures"};
  const auto& scene = *frame_->scene;
  ImGui::SetCursorScreenPos(area.at);
  if (scene.count > 0) {
    if (button(ui, "picture.previous", std::nullopt, "‹", ButtonKind::normal, scene.count > 1, true))
      --choice_.index, stale_ = true;
    ImGui::SameLine(0, ui.px(4));
    if (button(ui, "picture.next", std::nullopt, "›", ButtonKind::normal, scene.count > 1, true))
      ++choice_.index, stale_ = true;
  } else if (button(ui, "picture.data", std::nullopt, "Back to the data", ButtonKind::normal, true, true)) {
    stage.dropped.reset();
    stale_ = true;
  }
  ImGui::SameLine(0, ui.px(12));
  const float words = ImGui::GetCursorScreenPos().x;
  const std::string caption =
      scene.count == 0
          ? "your picture"
          : fmt::format("{} scene {} of {}: {}, {}×{} pixels", scene.split == 1 ? "held-out" : "training",
                        scene.index + 1, scene.count, scene.name, scene.grey.width, scene.grey.height);
  ImGui::GetWindowDrawList()->AddText(ui.fonts.small, ui.fonts.small->FontSize, {words, area.at.y + ui.px(7)},
                                      ui.theme.text_dim, caption.c_str());
  if (stage.preparation.whitening == sparse::Whitening::none) return;
  float needed = 0;
  for (const auto& name : kSpaces) needed += measure(ui.fonts.small, name).x + ui.px(24);
  ImGui::SetCursorScreenPos({area.at.x + area.size.x - needed, area.at.y});
  int space = stage.as_pictures ? 1 : 0;
  if (segmented(ui, "picture.space", kSpaces, space, true)) stage.as_pictures = space == 1, ui.animate(0.3);
}

void PictureTab::draw_pictures(ShellContext& context, Area area) {
  Ui& ui = context.ui;
  const auto& scene = *frame_->scene;
  if (dark_ != ui.theme.dark) dark_ = ui.theme.dark, recolour_ = true;
  const auto coloured = std::pair(frame_->scene, as_pictures_);
  if (recolour_) {
    recolour_ = false;
    const auto& original = as_pictures_ ? scene.grey.grey : scene.prepared.values;
    std::vector<float> missing(original.size());
    for (std::size_t i = 0; i < missing.size(); ++i) missing[i] = original[i] - shown_[i];
    // A prepared scene has mean 0 and variance 1.
    const double low = as_pictures_ ? 0 : -3, high = as_pictures_ ? 1 : 3;
    if (coloured_ != coloured)
      pictures_[0].set(scene.grey.height, scene.grey.width, grey_colours(original, low, high));
    coloured_ = coloured;
    pictures_[1].set(scene.grey.height, scene.grey.width, grey_colours(shown_, low, high));
    pictures_[2].set(scene.grey.height, scene.grey.width, signed_colours(ui.theme, missing, (high - low) / 2));
  }
  const float gap = ui.px(20), wide = std::floor((area.size.x - 2 * gap) / 3), small = ui.fonts.small->FontSize;
  const std::string captions[] = {as_pictures_ ? "original" : "original, whitened",
                                  fmt::format("reconstruction: {:.1f} dB · {:.1f} active atoms a patch · step {}",
                                              frame_->snr_db, frame_->l0, format_count(frame_->step)),
                                  "what is missing"};
  const char* ids[] = {"picture.original", "picture.reconstruction", "picture.missing"};
  for (int i = 0; i < 3; ++i) {
    const float x = area.at.x + static_cast<float>(i) * (wide + gap);
    ImGui::GetWindowDrawList()->AddText(ui.fonts.small, small, {x, area.at.y},
                                        i == 1 ? ui.theme.text : ui.theme.text_faint,
                                        fit(ui.fonts.small, captions[i], wide).c_str());
    ImGui::SetCursorScreenPos({x, area.at.y + small + ui.px(6)});
    pictures_[i].draw(ui, ids[i], {wide, area.size.y - small - ui.px(6)});
    context.exports.view(pictures_[i].min(), pictures_[i].max(), ids[i] + 8);
  }
}

// λ as a slider, and over the same axis what it buys and what it costs.
void PictureTab::draw_price(ShellContext& context, SparseStage& stage, Area area) {
  Ui& ui = context.ui;
  const float small = ui.fonts.small->FontSize, margin = ui.px(92), radius = ui.px(7);
  ImDrawList* list = ImGui::GetWindowDrawList();
  const float left = area.at.x + margin, right = area.at.x + area.size.x - margin;
  const auto place = [&](double value) {
    return left + radius + static_cast<float>(PriceCurve::position(value)) * (right - left - 2 * radius);
  };
  const double now = lambda(stage);
  list->AddText(ui.fonts.body, ui.fonts.body->FontSize, {area.at.x, area.at.y + ui.px(2)}, ui.theme.text, "λ");
  const std::string value = format_value(now, 3);
  list->AddText(ui.fonts.body, ui.fonts.body->FontSize,
                {area.at.x + area.size.x - measure(ui.fonts.body, value).x, area.at.y + ui.px(2)}, ui.theme.text,
                value.c_str());
  ImGui::SetCursorScreenPos({left, area.at.y});
  float position = static_cast<float>(PriceCurve::position(now));
  const auto moved = slider(ui, "picture.lambda", position, right - left, ui.theme.accent);
  holding_ = ImGui::IsItemActive();
  const auto take = [&](double at) {
    lambda_ = PriceCurve::kLowest * std::pow(PriceCurve::kHighest / PriceCurve::kLowest, std::clamp(at, 0.0, 1.0));
    stale_ = true;
    ui.animate(0.1);
  };
  if (moved.changed) take(position);
  if (moved.released) stale_ = true;

  const ImVec2 top(left, area.at.y + ui.px(34)), bottom(right, area.at.y + area.size.y - small - ui.px(8));
  ImGui::SetCursorScreenPos(top);
  ImGui::InvisibleButton("picture.curve", {bottom.x - top.x, bottom.y - top.y});
  ui.marks.item("picture.curve");
  if (ImGui::IsItemActive()) {
    holding_ = true;
    take((ImGui::GetIO().MousePos.x - left - radius) / std::max(1.0f, right - left - 2 * radius));
  }
  for (const double tick : {0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0}) {
    const float x = std::round(place(tick)) + 0.5f;
    list->AddLine({x, top.y}, {x, bottom.y}, with_alpha(ui.theme.hairline, 0.7f));
    const std::string label = format_tick(tick, tick);
    list->AddText(ui.fonts.small, small, {x - measure(ui.fonts.small, label).x * 0.5f, bottom.y + ui.px(6)},
                  ui.theme.text_faint, label.c_str());
  }
  list->AddLine({top.x, bottom.y}, bottom, ui.theme.hairline);
  if (!curve_) return;
  double most[2] = {1, 1};
  for (const auto* curve : {curve_.get(), before_.get()}) {
    if (!curve) continue;
    for (const double v : curve->l0) most[0] = std::max(most[0], 1.08 * v);
    for (const double v : curve->snr_db) most[1] = std::max(most[1], 1.08 * v);
  }
  const ImU32 colours[] = {ui.theme.data, ui.theme.model};
  const char* names[] = {"active atoms", "dB"};
  for (int which = 0; which < 2; ++which) {
    const auto height = [&](double v) {
      return bottom.y - static_cast<float>(std::max(0.0, v) / most[which]) * (bottom.y - top.y);
    };
    for (const auto* curve : {before_.get(), curve_.get()}) {
      if (!curve) continue;
      const auto& values = which == 0 ? curve->l0 : curve->snr_db;
      std::vector<ImVec2> points;
      for (std::size_t i = 0; i < values.size(); ++i)
        points.push_back({place(PriceCurve::lambda(static_cast<int>(i))), height(values[i])});
      const bool old = curve != curve_.get();
      list->AddPolyline(points.data(), static_cast<int>(points.size()),
                        old ? with_alpha(colours[which], 0.3f) : colours[which], 0, 2 * ui.scale);
      if (!old)
        for (const auto& point : points) list->AddCircleFilled(point, ui.px(3), colours[which], 12);
    }
    // Ticks of each in its own colour, at its own side.
    for (const double tick : round_ticks(0, most[which], 4)) {
      const std::string label = format_tick(tick, most[which] / 4);
      const float y = height(tick) - small * 0.5f;
      const float x = which == 0 ? left - ui.px(8) - measure(ui.fonts.small, label).x : right + ui.px(8);
      if (y > top.y + small)
        list->AddText(ui.fonts.small, small, {x, y}, with_alpha(colours[which], 0.8f), label.c_str());
    }
    const float x = which == 0 ? area.at.x : area.at.x + area.size.x - measure(ui.fonts.small, names[which]).x;
    list->AddText(ui.fonts.small, small, {x, top.y - ui.px(4)}, colours[which], names[which]);
  }
  const float x = std::round(place(now)) + 0.5f;
  list->AddLine({x, top.y - ui.px(14)}, {x, bottom.y}, ui.theme.accent, std::max(1.0f, ui.scale));
  if (stage.sheet && lambda_ > 0) {
    const float own = std::round(place(stage.sheet->inference.lambda)) + 0.5f;
    for (float y = top.y; y < bottom.y; y += ui.px(8))
      list->AddLine({own, y}, {own, std::min(bottom.y, y + ui.px(4))}, with_alpha(ui.theme.text_faint, 0.8f));
    list->AddText(ui.fonts.small, small, {own + ui.px(6), bottom.y - small - ui.px(4)}, ui.theme.text_faint,
                  "λ of training");
  }
  context.exports.view(
      {area.at.x, top.y}, {area.at.x + area.size.x, area.at.y + area.size.y}, "lambda",
      {{".csv", [curve = curve_](const std::filesystem::path& path) {
          CsvTable table;
          table.columns = {"lambda", "l0", "snr_db"};
          for (std::size_t i = 0; i < curve->l0.size(); ++i)
            table.rows.push_back({PriceCurve::lambda(static_cast<int>(i)), curve->l0[i], curve->snr_db[i]});
          write_csv(path, table);
        }}});
}

void PictureTab::draw(ShellContext& context, SparseStage& stage) {
  Ui& ui = context.ui;
  ui.marks.state("picture.ready", frame_ && !stale_ && !job_);
  if (!frame_ || shown_.empty()) {
    empty_state(ui, "A whole picture from its code", "Patch by patch, at any price λ of a coefficient.");
    ui.animate(0.1);
    return;
  }
  const ImVec2 room = ImGui::GetContentRegionAvail(), at = ImGui::GetCursorScreenPos();
  const float gap = ui.px(20), caption = ui.fonts.small->FontSize + ui.px(6);
  draw_controls(ui, stage, {at, {room.x, ui.px(28)}});
  const auto& grey = frame_->scene->grey;
  // Pictures as large as three stand in a row, as long as the curve keeps its room.
  const float wide = std::floor((room.x - 2 * gap) / 3);
  const float high = std::min(wide * static_cast<float>(grey.height) / static_cast<float>(grey.width),
                              room.y - ui.px(38 + 170) - caption);
  draw_pictures(context, {{at.x, at.y + ui.px(40)}, {room.x, high + caption}});
  const float below = at.y + ui.px(40) + high + caption + ui.px(16);
  draw_price(context, stage, {{at.x, below}, {room.x, at.y + room.y - below}});
  if (job_) ui.look_again(ui.now + 0.1);
  ui.marks.state("picture.lambda", frame_->lambda);
  ui.marks.state("picture.snr_db", frame_->snr_db);
  ui.marks.state("picture.l0", frame_->l0);
  ui.marks.state("picture.stride", frame_->stride);
  ui.marks.state("picture.scene", frame_->scene->index);
  ui.marks.state("picture.dropped", frame_->scene->count == 0);
  ui.marks.state("picture.points", curve_ ? static_cast<double>(curve_->l0.size()) : 0.0);
}

bool PictureTab::open(ShellContext& context, SparseStage& stage, const Picture& picture) {
  take_dropped(stage, picture);
  context.ui.animate(0.2);
  return true;
}

}  // namespace

std::unique_ptr<SparseTab> make_picture_tab() {
  return std::make_unique<PictureTab>();
}

}  // namespace unveil
