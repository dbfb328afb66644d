#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "app/exhibit/asker.h"
#include "app/exhibits/sparse/coding.h"
#include "app/exhibits/sparse/tab.h"
#include "app/widgets/controls.h"
#include "app/widgets/format.h"
#include "app/widgets/plot.h"
#include "engine/data/csv.h"

namespace unveil {
namespace {

enum Speed { explain, watch, instant };
constexpr double kSeconds[] = {0.25, 0.05, 0};  // an iteration
constexpr double kFollow = 1;                   // seconds between two codings while the model learns
enum Term { no_term, error_term, price_term };

// A patch of a photograph, and how its code is found.
class CodeTab : public SparseTab {
 public:
  std::string name() const override { return "Code"; }
  std::string hint() const override {
    return "One patch is put together of few atoms, step by step: click the picture, then a bar.";
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
  const sparse::Trace& trace() const { return coding_->traces[solver_]; }
  const sparse::TraceStep& step() const { return trace().steps[static_cast<std::size_t>(iteration_)]; }
  int last() const { return static_cast<int>(trace().steps.size()) - 1; }
  void ask(ShellContext& context, SparseStage& stage);
  void restart(const Ui& ui);
  void play(Ui& ui);
  void draw_photograph(ShellContext& context, SparseStage& stage, Area area);
  void draw_patches(ShellContext& context, const SparseStage& stage, Area area);
  void draw_player(Ui& ui, Area area);
  void draw_equation(Ui& ui, Area area);
  void draw_bars(ShellContext& context, const SparseStage& stage, Area area);
  void take_clicks(Ui& ui, int bar, float value);
  void draw_curve(ShellContext& context, Area area);
  void draw_strip(ShellContext& context, SparseStage& stage, Area area);

  Asker<CodingQuestion, std::shared_ptr<const Coding>> asker_{code_patch};
  CodingQuestion question_;
  std::shared_ptr<const Coding> coding_;  // null before the first
  bool stale_ = true, from_the_start_ = true;
  double asked_ = 0;

  int solver_ = 0, speed_ = watch;
  int iteration_ = 0;
  bool thresholded_ = true;  // false: the present iteration's gradient step alone is shown
  bool playing_ = true;
  double due_ = 0;
  std::vector<float> bars_;  // heights as shown, [K]
  float reach_ = 1;          // of the chart, as shown
  int hovered_ = -1;
  Term lit_ = no_term;
  Assembly assembly_;
  std::vector<float> assembled_;  // the code it was made of

  Photograph photograph_;
  ImageGrid patch_, reconstruction_, residual_, atom_, strip_[3];
};

void CodeTab::rebuilt(SparseStage&) {
  asker_.forget();
  coding_.reset();
  question_.held.clear();
  question_.y = question_.x = -1;
  stale_ = from_the_start_ = true;
  bars_.clear(), assembled_.clear();
}

void CodeTab::ask(ShellContext& context, SparseStage& stage) {
  question_.scene.dropped = stage.dropped;
  asker_.ask(stage, question_, context.wake);
  stale_ = false;
  asked_ = context.ui.now;
}

void CodeTab::restart(const Ui& ui) {
  iteration_ = speed_ == instant ? last() : 0;
  thresholded_ = true;
  playing_ = speed_ != instant;
  due_ = ui.now + kSeconds[speed_];
  if (iteration_ == 0) std::fill(bars_.begin(), bars_.end(), 0.0f);
}

bool CodeTab::update(ShellContext& context, SparseStage& stage) {
  stage.needs_looks = false;
  bool changed = false;
  if (auto answer = asker_.take()) {
    const bool at_end = !coding_ || iteration_ == last();
    coding_ = std::move(*answer);
    question_.y = coding_->y, question_.x = coding_->x;
    if (coding_->scene->count > 0) question_.scene.index = coding_->scene->index;
    bars_.resize(static_cast<std::size_t>(coding_->dictionary.atoms));
    assembled_.clear();
    const auto& grey = coding_->scene->grey;
    photograph_.set(grey.height, grey.width, grey_colours(grey.grey, 0, 1));
    if (from_the_start_)
      restart(context.ui);
    else if (at_end)
      iteration_ = last();
    from_the_start_ = false;
    changed = true;
    context.ui.animate(0.3);
  }
  if (question_.scene.dropped != stage.dropped) {
    question_.y = question_.x = -1, question_.held.clear();
    stale_ = from_the_start_ = true;
  }
  // What is being looked at step by step stays; what has come to its end follows the training.
  const bool rests = coding_ && iteration_ == last() && !from_the_start_;
  const bool old = rests && coding_->step != stage.snapshot->step && context.ui.now - asked_ > kFollow;
  if (stale_ || (old && !asker_.waiting())) ask(context, stage);
  return changed;
}

// One phase on when it is time.
void CodeTab::play(Ui& ui) {
  if (!playing_) return;
  if (iteration_ >= last() && thresholded_) {
    playing_ = false;
    return;
  }
  while (ui.now >= due_ && playing_) {
    if (speed_ == instant) {
      iteration_ = last(), thresholded_ = true, playing_ = false;
    } else if (speed_ == explain) {
      // Half of an iteration's time shows the gradient step, half what the threshold leaves of it.
      if (thresholded_) ++iteration_;
      thresholded_ = !thresholded_;
      due_ += kSeconds[explain] / 2;
    } else {
      ++iteration_;
      due_ += kSeconds[watch];
    }
    if (iteration_ >= last() && thresholded_) playing_ = false;
    iteration_ = std::min(iteration_, last());
  }
  ui.animate(0.05);
}

void CodeTab::draw_photograph(ShellContext& context, SparseStage& stage, Area area) {
  Ui& ui = context.ui;
  const auto& scene = *coding_->scene;
  ImGui::SetCursorScreenPos(area.at);
  bool other = false;
  if (scene.count > 0) {
    if (button(ui, "code.previous", std::nullopt, "‹", ButtonKind::normal, scene.count > 1, true))
      --question_.scene.index, other = true;
    ImGui::SameLine(0, ui.px(4));
    if (button(ui, "code.next", std::nullopt, "›", ButtonKind::normal, scene.count > 1, true))
      ++question_.scene.index, other = true;
    ImGui::SameLine(0, ui.px(10));
  } else if (button(ui, "code.data", std::nullopt, "Back to the data", ButtonKind::normal, true, true)) {
    stage.dropped.reset();
    other = true;
  } else {
    ImGui::SameLine(0, ui.px(10));
  }
  if (other) {
    question_.y = question_.x = -1, question_.held.clear();
    stale_ = from_the_start_ = true;
  }
  const ImVec2 words = ImGui::GetCursorScreenPos();
  const std::string caption = scene.count == 0
                                  ? "your picture"
                                  : fmt::format("{} {} of {}: {}", scene.split == 1 ? "held-out" : "training",
                                                scene.index + 1, scene.count, scene.name);
  ImGui::GetWindowDrawList()->AddText(ui.fonts.small, ui.fonts.small->FontSize, {words.x, area.at.y + ui.px(7)},
                                      ui.theme.text_dim,
                                      fit(ui.fonts.small, caption, area.at.x + area.size.x - words.x).c_str());
  const float top = ui.px(38);
  ImGui::SetCursorScreenPos({area.at.x, area.at.y + top});
  photograph_.draw(ui, "code.photo", {area.size.x, area.size.y - top});
  context.exports.view(photograph_.min(), photograph_.max(), "photograph");
  const float scale = photograph_.scale(), side = static_cast<float>(stage.size);
  ImDrawList* list = ImGui::GetWindowDrawList();
  const auto frame = [&](float x, float y, ImU32 colour) {
    const ImVec2 a(photograph_.min().x + x * scale, photograph_.min().y + y * scale);
    list->AddRect({a.x - 2, a.y - 2}, {a.x + side * scale + 2, a.y + side * scale + 2}, colour, 0, 0,
                  std::max(2.0f, ui.px(2)));
  };
  frame(static_cast<float>(coding_->x), static_cast<float>(coding_->y), ui.theme.selection);
  if (!ImGui::IsItemHovered() && !ImGui::IsItemActive()) return;
  const ImVec2 mouse = ImGui::GetIO().MousePos;
  const int x = std::clamp(static_cast<int>((mouse.x - photograph_.min().x) / scale - side / 2), 0,
                           scene.grey.width - stage.size);
  const int y = std::clamp(static_cast<int>((mouse.y - photograph_.min().y) / scale - side / 2), 0,
                           scene.grey.height - stage.size);
  frame(static_cast<float>(x), static_cast<float>(y), with_alpha(ui.theme.selection, 0.5f));
  if (!ImGui::IsItemClicked()) return;
  question_.x = x, question_.y = y;
  question_.held.clear();
  stale_ = from_the_start_ = true;
}

// The patch as the model sees it, the reconstruction and what is left, in one scale.
void CodeTab::draw_patches(ShellContext& context, const SparseStage& stage, Area area) {
  Ui& ui = context.ui;
  const double scale = largest_of(coding_->patch);
  const auto& whole = assembly_.partial.back();
  std::vector<float> residual = coding_->patch;
  for (std::size_t p = 0; p < residual.size(); ++p) residual[p] -= whole[p];
  const float gap = ui.px(10), small = ui.fonts.small->FontSize;
  const float side = std::min((area.size.x - 2 * gap) / 3, area.size.y - small - ui.px(6));
  const std::span<const float> values[] = {coding_->patch, whole, residual};
  const char* names[] = {"x, the patch", "aφ", "x − aφ"};
  const char* ids[] = {"code.patch", "code.reconstruction", "code.residual"};
  ImageGrid* grids[] = {&patch_, &reconstruction_, &residual_};
  float x = area.at.x;
  ImDrawList* list = ImGui::GetWindowDrawList();
  for (int i = 0; i < 3; ++i) {
    list->AddText(ui.fonts.small, small, {x, area.at.y}, ui.theme.text_faint,
                  i == 0 && measure(ui.fonts.small, names[i]).x > side ? "x" : names[i]);
    ImGui::SetCursorScreenPos({x, area.at.y + small + ui.px(6)});
    const auto result =
        show_colours(ui, *grids[i], ids[i], signed_colours(ui.theme, values[i], scale), stage.size, stage.size, side);
    if (i == 2 && lit_ == error_term)
      list->AddRect({result.min.x - 3, result.min.y - 3}, {result.max.x + 3, result.max.y + 3}, ui.theme.error, 0, 0,
                    std::max(2.0f, ui.px(2)));
    context.exports.view(result.min, result.max, ids[i] + 5);
    x = result.max.x + gap;
  }
}

void CodeTab::draw_player(Ui& ui, Area area) {
  static const std::vector<std::string> kSolvers{"FISTA", "ISTA"}, kSpeeds{"Explain", "Watch", "Instant"};
  ImGui::SetCursorScreenPos(area.at);
  if (segmented(ui, "code.solver", kSolvers, solver_, true)) restart(ui);
  ImGui::SameLine(0, ui.px(12));
  if (segmented(ui, "code.speed", kSpeeds, speed_, true)) {
    if (speed_ == instant || iteration_ >= last()) restart(ui);
    due_ = ui.now + kSeconds[speed_];
    if (speed_ != explain) thresholded_ = true;
  }
  ImGui::SameLine(0, ui.px(12));
  const bool ended = iteration_ >= last();
  if (icon_button(ui, "code.play",
                  playing_ ? Icon::pause
                  : ended  ? Icon::reset
                           : Icon::play,
                  playing_ ? "Stop here"
                  : ended  ? "Again from a = 0"
                           : "Play",
                  false, 28)) {
    if (ended && !playing_) {
      if (speed_ == instant) speed_ = watch;
      restart(ui);
    } else {
      playing_ = !playing_;
      due_ = ui.now;
    }
  }
  ImGui::SameLine(0, ui.px(10));
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float room = area.at.x + area.size.x - at.x;
  const bool tight = room < ui.px(86 + 60);
  const float words = ui.px(tight ? 36 : 86);
  ImGui::SetCursorScreenPos({at.x, area.at.y + ui.px(2)});
  if (scrubber(ui, "code.scrubber", iteration_, last() + 1, last(), std::max(ui.px(tight ? 40 : 60), room - words))
          .changed)
    playing_ = false, thresholded_ = true;
  const std::string label = (tight ? "" : "iteration ") + std::to_string(iteration_);
  ImGui::GetWindowDrawList()->AddText(ui.fonts.small, ui.fonts.small->FontSize,
                                      {area.at.x + area.size.x - words + ui.px(10), area.at.y + ui.px(7)},
                                      ui.theme.text_dim, label.c_str());
}

// The objective with its terms' present values; the term under the mouse lights up what it comes from.
void CodeTab::draw_equation(Ui& ui, Area area) {
  const auto& code = step().after;
  double l1 = 0;
  for (const float a : code) l1 += std::abs(static_cast<double>(a));
  const double price = coding_->inference.lambda * l1, error = step().objective - price;
  float x = area.at.x;
  ImDrawList* list = ImGui::GetWindowDrawList();
  lit_ = no_term;
  const auto put = [&](const std::string& what, ImU32 colour, Term term, const char* id, float least) {
    const ImVec2 extent = measure(ui.fonts.body, what);
    const float width = std::max(extent.x, least);
    if (term != no_term) {
      ImGui::SetCursorScreenPos({x - ui.px(3), area.at.y - ui.px(2)});
      ImGui::InvisibleButton(id, {width + ui.px(6), extent.y + ui.px(4)});
      ui.marks.item(id);
      if (ImGui::IsItemHovered()) {
        lit_ = term;
        list->AddRectFilled(ImGui::GetItemRectMin(), ImGui::GetItemRectMax(), ui.theme.raised, ui.px(4));
      }
    }
    list->AddText(ui.fonts.body, ui.fonts.body->FontSize, {x, area.at.y}, colour, what.c_str());
    x += width;
  };
  const float number = measure(ui.fonts.body, "0000.0").x;
  put("½‖x − aφ‖² ", ui.theme.error, error_term, "code.error", 0);
  put(fmt::format("{:.2f}", error), ui.theme.text, no_term, "", number);
  put(" + ", ui.theme.text_dim, no_term, "", 0);
  put("λ‖a‖₁ ", ui.theme.model, price_term, "code.price", 0);
  put(fmt::format("{:.2f}", price), ui.theme.text, no_term, "", number);
  put(fmt::format(" = {:.2f}", step().objective), ui.theme.text, no_term, "", number + ui.px(24));
  std::string more = fmt::format("{} active · {:.1f} dB", step().active, assembly_.snr_db);
  if (!coding_->held.empty())
    more = fmt::format("held: optimum {:.2f} → {:.2f}", coding_->free_optimum, coding_->optimum);
  const float place = std::max(x, area.at.x + area.size.x - measure(ui.fonts.small, more).x);
  list->AddText(ui.fonts.small, ui.fonts.small->FontSize, {place, area.at.y + ui.px(2)},
                coding_->held.empty() ? ui.theme.text_dim : ui.theme.selection,
                fit(ui.fonts.small, more, area.at.x + area.size.x - place).c_str());
}

void CodeTab::take_clicks(Ui& ui, int bar, float value) {
  const bool left = ImGui::IsItemClicked(ImGuiMouseButton_Left), right = ImGui::IsItemClicked(ImGuiMouseButton_Right);
  if (!left && !right) return;
  auto& held = question_.held;
  if (held.count(bar) > 0)
    held.erase(bar);
  else
    held[bar] = left ? 0 : value;
  // What it breaks is seen at once.
  stale_ = true;
  iteration_ = last(), thresholded_ = true, playing_ = false;
  ui.animate(0.5);
}

void CodeTab::draw_bars(ShellContext& context, const SparseStage& stage, Area area) {
  Ui& ui = context.ui;
  const auto& now = step();
  const float threshold = static_cast<float>(trace().threshold), small = ui.fonts.small->FontSize;
  const std::size_t count = now.after.size();
  float most = 3 * threshold;
  for (const auto* shown : {&trace().steps.back().after, &now.before})
    for (const float a : *shown) most = std::max(most, std::abs(a));
  ui.ease(reach_, 1.1f * most, 0.2f);
  const Area chart{{area.at.x + ui.px(44), area.at.y}, {area.size.x - ui.px(44), area.size.y - small - ui.px(6)}};
  const float middle = chart.at.y + chart.size.y / 2, unit = chart.size.y / 2 / reach_;
  const float right = chart.at.x + chart.size.x, pitch = chart.size.x / static_cast<float>(count);
  ImDrawList* list = ImGui::GetWindowDrawList();
  ImGui::SetCursorScreenPos(chart.at);
  ImGui::InvisibleButton("code.bars", chart.size,
                         ImGuiButtonFlags_MouseButtonLeft | ImGuiButtonFlags_MouseButtonRight);
  ui.marks.item("code.bars");
  const ImVec2 mouse = ImGui::GetIO().MousePos;
  hovered_ = ImGui::IsItemHovered()
                 ? std::clamp(static_cast<int>((mouse.x - chart.at.x) / pitch), 0, static_cast<int>(count) - 1)
                 : -1;
  // Between two active atoms the nearer one within a few pixels is meant.
  for (int off = 1; hovered_ >= 0 && now.after[static_cast<std::size_t>(hovered_)] == 0 &&
                    static_cast<float>(off) * pitch < ui.px(5);
       ++off)
    for (const int k : {hovered_ - off, hovered_ + off})
      if (k >= 0 && k < static_cast<int>(count) && now.after[static_cast<std::size_t>(k)] != 0) {
        hovered_ = k;
        break;
      }
  if (hovered_ >= 0) take_clicks(ui, hovered_, (middle - mouse.y) / unit);

  const float band = std::max(1.0f, threshold * unit);
  list->AddRectFilled({chart.at.x, middle - band}, {right, middle + band}, with_alpha(ui.theme.prediction, 0.16f));
  list->AddLine({chart.at.x, middle}, {right, middle}, ui.theme.hairline);
  const std::string name = "±λ/L";
  list->AddText(ui.fonts.small, small, {area.at.x, middle - small * 0.5f}, ui.theme.prediction, name.c_str());
  const auto tick = round_ticks(0, reach_, 2);
  if (!tick.empty() && tick.back() > 0)
    for (const double sign : {1.0, -1.0}) {
      const float y = middle - static_cast<float>(sign * tick.back()) * unit;
      list->AddLine({chart.at.x, y}, {right, y}, with_alpha(ui.theme.hairline, 0.9f));
      list->AddText(ui.fonts.small, small, {area.at.x, y - small * 0.5f}, ui.theme.text_faint,
                    format_tick(sign * tick.back(), tick.back()).c_str());
    }
  const float wide = std::clamp(std::floor(pitch * 0.7f), 1.0f, ui.px(8));
  for (std::size_t k = 0; k < count; ++k) {
    const float x = std::floor(chart.at.x + (static_cast<float>(k) + 0.5f) * pitch - wide * 0.5f);
    const auto held = coding_->held.find(static_cast<int>(k));
    // The gradient step as a thin stem, what the threshold left of it as a bar.
    const float before = middle - now.before[k] * unit;
    const bool survives = std::abs(now.before[k]) > threshold;
    if (iteration_ > 0 && held == coding_->held.end()) {
      const float thin = thresholded_ ? 1.0f : wide;
      const ImU32 colour = with_alpha(survives ? ui.theme.data : ui.theme.text_faint, thresholded_ ? 0.55f : 1.0f);
      list->AddRectFilled({x + (wide - thin) * 0.5f, std::min(before, middle)},
                          {x + (wide + thin) * 0.5f, std::max(before, middle)}, colour);
    }
    ui.ease(bars_[k], thresholded_ ? now.after[k] : 0, speed_ == explain ? 0.04f : 0.02f);
    if (std::abs(bars_[k]) * unit > 0.5f) {
      const float y = middle - bars_[k] * unit;
      ImU32 colour = held != coding_->held.end() ? ui.theme.selection : ui.theme.model;
      if (lit_ == error_term) colour = with_alpha(colour, 0.4f);
      list->AddRectFilled({x, std::min(y, middle)}, {x + wide, std::max(y, middle)}, colour);
    }
    if (held != coding_->held.end() && held->second == 0) {
      const float r = ui.px(4), cx = x + wide * 0.5f;
      list->AddLine({cx - r, middle - r}, {cx + r, middle + r}, ui.theme.selection, 2 * ui.scale);
      list->AddLine({cx - r, middle + r}, {cx + r, middle - r}, ui.theme.selection, 2 * ui.scale);
    }
  }
  if (lit_ == price_term)
    list->AddRect({chart.at.x - 2, chart.at.y - 2}, {right + 2, chart.at.y + chart.size.y + 2}, ui.theme.model, 0, 0,
                  std::max(2.0f, ui.px(2)));
  // The words under the chart: numbers of the atom under the mouse, or of the iteration.
  std::string words = fmt::format(
      "{} coefficients · threshold λ/L = {:.3f} · click one: off · right-click: held there", count, threshold);
  if (speed_ == explain && iteration_ > 0 && iteration_ < last())
    words = thresholded_ ? fmt::format(
                               "iteration {}: what is within ±{:.3f} is 0, the rest comes {:.3f} closer: {} "
                               "active, objective {:.3f}",
                               iteration_, threshold, threshold, now.active, now.objective)
                         : fmt::format("iteration {}: a step of 1/L down the gradient of ½‖x − aφ‖²", iteration_);
  if (hovered_ >= 0) {
    const auto k = static_cast<std::size_t>(hovered_);
    words = fmt::format("atom {}: {:+.3f} after the gradient step, {:+.3f} after the threshold", hovered_,
                        now.before[k], now.after[k]);
    const auto atom = coding_->dictionary.atom(hovered_);
    const float x = chart.at.x + (static_cast<float>(hovered_) + 0.5f) * pitch;
    list->AddLine({x, chart.at.y}, {x, chart.at.y + chart.size.y}, with_alpha(ui.theme.text, 0.25f));
    const float side =
        std::max(1.0f, std::floor(ui.px(60) / static_cast<float>(stage.size))) * static_cast<float>(stage.size);
    const float px = x + ui.px(12) + side > right ? x - ui.px(12) - side : x + ui.px(12);
    ImGui::SetCursorScreenPos({px, chart.at.y + ui.px(2)});
    show_colours(ui, atom_, "code.atom", signed_colours(ui.theme, atom, largest_of(atom)), stage.size, stage.size,
                 side);
  }
  list->AddText(ui.fonts.small, small, {chart.at.x, area.at.y + area.size.y - small}, ui.theme.text_dim,
                fit(ui.fonts.small, words, chart.size.x).c_str());
  if (ui.marks.enabled)
    for (std::size_t i = 0; i < std::min<std::size_t>(3, assembly_.order.size()); ++i) {
      const float x = chart.at.x + static_cast<float>(assembly_.order[i]) * pitch;
      ui.marks.rect(fmt::format("code.bar.{}", i), {x, chart.at.y}, {x + pitch, chart.at.y + chart.size.y});
    }
  context.exports.view(
      area.at, {area.at.x + area.size.x, area.at.y + area.size.y}, "code",
      {{".csv", [coding = coding_, solver = solver_, t = iteration_](const std::filesystem::path& path) {
          CsvTable table;
          table.columns = {"atom", "before", "after"};
          const auto& at = coding->traces[solver].steps[static_cast<std::size_t>(t)];
          for (std::size_t k = 0; k < at.after.size(); ++k)
            table.rows.push_back({static_cast<double>(k), at.before[k], at.after[k]});
          write_csv(path, table);
        }}});
}

void CodeTab::draw_curve(ShellContext& context, Area area) {
  Ui& ui = context.ui;
  const auto shown = static_cast<std::size_t>(iteration_) + 1;
  const double floor = 1e-5 * std::max(1e-9, coding_->optimum);
  std::vector<double> iterations, above[2];
  for (std::size_t t = 0; t < shown; ++t) {
    iterations.push_back(static_cast<double>(t));
    for (int s = 0; s < 2; ++s) {
      const double excess = coding_->traces[s].steps[t].objective - coding_->optimum;
      above[s].push_back(excess > floor ? excess : std::nan(""));
    }
  }
  ImDrawList* list = ImGui::GetWindowDrawList();
  const float small = ui.fonts.small->FontSize;
  list->AddText(ui.fonts.small, small, area.at, ui.theme.text_faint, "objective above the optimum");
  ImGui::SetCursorScreenPos({area.at.x, area.at.y + small + ui.px(4)});
  const PlotSeries series[] = {{"FISTA", iterations, above[0], ui.theme.model, false},
                               {"ISTA", iterations, above[1], ui.theme.data, false}};
  PlotOptions options;
  options.log_y = true, options.x_label = "iteration";
  const auto result = plot(ui, "code.curve", {area.size.x, area.size.y - small - ui.px(4)}, series, options);
  if (result.clicked)
    iteration_ = std::clamp(static_cast<int>(std::lround(result.x)), 0, last()), playing_ = false,
    thresholded_ = true;
  context.exports.view(result.min, result.max, "objective",
                       {{".csv", [coding = coding_](const std::filesystem::path& path) {
                           CsvTable table;
                           table.columns = {"iteration", "fista", "ista"};
                           for (std::size_t t = 0; t < coding->traces[0].steps.size(); ++t)
                             table.rows.push_back({static_cast<double>(t), coding->traces[0].steps[t].objective,
                                                   coding->traces[1].steps[t].objective});
                           write_csv(path, table);
                         }}});
}

// Atom by atom: each with its coefficient, what the first of them give together, and what is left then.
void CodeTab::draw_strip(ShellContext& context, SparseStage& stage, Area area) {
  Ui& ui = context.ui;
  const float small = ui.fonts.small->FontSize, words = ui.px(84), gap = ui.px(8);
  const float cell = (area.size.y - small - ui.px(6) - 2 * gap) / 3;
  const int fits = std::max(2, static_cast<int>((area.size.x - words + gap) / (cell + gap)));
  const int active = static_cast<int>(assembly_.order.size());
  // The last column is the whole code, even where the columns do not suffice.
  std::vector<int> columns;
  for (int n = 1; n <= std::min(active, fits); ++n) columns.push_back(n);
  if (active > fits) columns.back() = active;
  ImDrawList* list = ImGui::GetWindowDrawList();
  const char* names[] = {"the next atom", "sum so far", "still missing"};
  for (int row = 0; row < 3; ++row) {
    const float y = area.at.y + small + ui.px(6) + static_cast<float>(row) * (cell + gap);
    list->AddText(ui.fonts.small, small, {area.at.x, y + (cell - small) * 0.5f}, ui.theme.text_faint, names[row]);
  }
  if (columns.empty()) {
    list->AddText(
        ui.fonts.small, small, {area.at.x + words, area.at.y + small + ui.px(6) + (cell - small) * 0.5f},
        ui.theme.text_dim,
        iteration_ == 0 ? "nothing yet: every search begins at a = 0" : "no atom is worth its price λ here");
    return;
  }
  const double scale = largest_of(coding_->patch);
  const auto& code = assembled_;
  std::vector<ImU32> colours[3];
  const auto append = [&](int row, std::span<const float> values) {
    const auto part = signed_colours(ui.theme, values, scale);
    colours[row].insert(colours[row].end(), part.begin(), part.end());
  };
  // Coefficients above as many columns as have room for one: the first, the last, and those between that reach.
  const float label_room = measure(ui.fonts.small, "+0.00 ").x;
  const auto every = static_cast<std::size_t>(std::max(1.0f, std::ceil(label_room / (cell + gap))));
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const int n = columns[i], k = assembly_.order[static_cast<std::size_t>(n - 1)];
    const float a = code[static_cast<std::size_t>(k)];
    std::vector<float> atom, missing = coding_->patch;
    const auto& sum = assembly_.partial[static_cast<std::size_t>(n)];
    for (std::size_t p = 0; p < sum.size(); ++p) {
      atom.push_back(a * coding_->dictionary.atom(k)[p]);
      missing[p] -= sum[p];
    }
    append(0, atom), append(1, sum), append(2, missing);
    const bool jump = i + 1 == columns.size() && active > fits;
    const std::string label = jump ? fmt::format("all {}", active) : fmt::format("{:+.2f}", a);
    const float x = area.at.x + words + static_cast<float>(i) * (cell + gap);
    const bool last = i + 1 == columns.size(), clear = columns.size() - 1 - i >= every;
    if (!last && (i % every != 0 || !clear)) continue;
    list->AddText(ui.fonts.small, small, {x + (cell - measure(ui.fonts.small, label).x) * 0.5f, area.at.y},
                  k == hovered_ ? ui.theme.text : ui.theme.text_dim, label.c_str());
  }
  const char* ids[] = {"code.strip", "code.sums", "code.missing"};
  ImVec2 most = area.at;
  for (int row = 0; row < 3; ++row) {
    const int count = static_cast<int>(columns.size());
    strip_[row].set_colours(count, stage.size, stage.size, std::move(colours[row]), ui.now);
    ImGui::SetCursorScreenPos(
        {area.at.x + words, area.at.y + small + ui.px(6) + static_cast<float>(row) * (cell + gap)});
    ImageGridOptions options;
    options.columns = count, options.gap = 8, options.centre = false;
    options.largest = static_cast<int>(std::ceil(cell / static_cast<float>(stage.size) / ui.scale));
    const auto result = strip_[row].draw(ui, ids[row], {area.size.x - words, cell}, options);
    most = result.max;
    if (result.hovered >= 0) {
      const int n = columns[static_cast<std::size_t>(result.hovered)];
      const int k = assembly_.order[static_cast<std::size_t>(n - 1)];
      tooltip(ui, fmt::format("atom {}, number {} by contribution; click: its passport in Atoms", k, n));
      if (result.clicked >= 0) stage.atom = k;
    }
  }
  context.exports.view(area.at, most, "assembly");
}

void CodeTab::draw(ShellContext& context, SparseStage& stage) {
  Ui& ui = context.ui;
  ui.marks.state("code.ready", coding_ && !stale_ && !asker_.waiting());
  if (!coding_) {
    empty_state(ui, "How a patch gets its code",
                "A patch of a photograph, and the search for the atoms that make it.");
    if (stale_) ui.animate(0.1);
    return;
  }
  play(ui);
  if (assembled_ != step().after) assembled_ = step().after, assembly_ = assemble(*coding_, assembled_);
  const ImVec2 room = ImGui::GetContentRegionAvail(), at = ImGui::GetCursorScreenPos();
  // The strip's pictures are enlarged by a whole factor, which decides its height.
  const float gap = ui.px(28), words = ui.fonts.small->FontSize + ui.px(6), pixels = static_cast<float>(stage.size);
  const float cell = std::max(1.0f, std::floor((room.y * 0.32f - words - ui.px(16)) / 3 / pixels)) * pixels;
  const float strip = words + 3 * cell + ui.px(16);
  const float upper = room.y - strip - ui.px(16);
  const float left = std::floor(std::min(room.x * 0.3f, upper - ui.px(130))),
              patches = std::floor(left / 3 + ui.px(14));
  draw_photograph(context, stage, {at, {left, upper - patches - ui.px(12)}});
  draw_patches(context, stage, {{at.x, photograph_.max().y + ui.px(18)}, {left, patches}});
  const float x = at.x + left + gap, wide = room.x - left - gap;
  draw_player(ui, {{x, at.y}, {wide, ui.px(28)}});
  draw_equation(ui, {{x, at.y + ui.px(42)}, {wide, ui.px(24)}});
  const float below = upper - ui.px(74), curve = std::floor(below * 0.36f);
  draw_bars(context, stage, {{x, at.y + ui.px(74)}, {wide, below - curve - ui.px(12)}});
  draw_curve(context, {{x, at.y + upper - curve}, {wide, curve}});
  draw_strip(context, stage, {{at.x, at.y + room.y - strip}, {room.x, strip}});
  if (stale_) ui.animate(0.1);
  ui.marks.state("code.iteration", iteration_);
  ui.marks.state("code.playing", playing_);
  ui.marks.state("code.active", step().active);
  ui.marks.state("code.objective", step().objective);
  ui.marks.state("code.optimum", coding_->optimum);
  ui.marks.state("code.free_optimum", coding_->free_optimum);
  ui.marks.state("code.held", static_cast<double>(coding_->held.size()));
  ui.marks.state("code.scene", coding_->scene->index);
  ui.marks.state("code.dropped", coding_->scene->count == 0);
  ui.marks.state("code.x", coding_->x);
  ui.marks.state("code.y", coding_->y);
  ui.marks.state("code.lit", static_cast<int>(lit_));
}

bool CodeTab::open(ShellContext& context, SparseStage& stage, const Picture& picture) {
  take_dropped(stage, picture);
  context.ui.animate(0.2);
  return true;
}

}  // namespace

std::unique_ptr<SparseTab> make_code_tab() {
  return std::make_unique<CodeTab>();
}

}  // namespace unveil
