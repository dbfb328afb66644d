#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "app/exhibit/asker.h"
#include "app/exhibits/cpc/look.h"
#include "app/exhibits/cpc/tab.h"
#include "app/widgets/controls.h"
#include "app/widgets/format.h"
#include "app/widgets/heat_map.h"
#include "app/widgets/outdated.h"
#include "app/widgets/plot.h"
#include "engine/data/csv.h"
#include "engine/data/npy.h"

namespace unveil {
namespace {

constexpr double kEvery = 0.4;  // seconds between two looks while the model learns, at least
constexpr double kShare = 12;   // and so many times what one takes: training comes first

using Look = std::shared_ptr<const InfoNceLook>;

// log N − L bounds the information only where negatives are independent draws.
bool is_bound(const CpcStage& stage) {
  const auto from = stage.architecture.negatives;
  return from != cpc::Negatives::same && from != cpc::Negatives::mixed;
}

Look answer_look(Run& run, const int&) {
  return look_at_infonce(run);
}

// The score matrices, what they are worth as a bound, and how both grow.
class InfoNceTab : public CpcTab {
 public:
  std::string name() const override { return "InfoNCE"; }
  std::string hint() const override {
    return "Who predicts whom: on a bright diagonal each guess finds its own future.";
  }
  void rebuilt(CpcStage& stage) override;
  bool update(ShellContext& context, CpcStage& stage) override;
  void draw(ShellContext& context, CpcStage& stage) override;

 private:
  enum class Term { none, ceiling, loss, bound };
  void draw_matrices(ShellContext& context, const CpcStage& stage, ImVec2 at, ImVec2 size);
  void draw_matrix_line(Ui& ui, const CpcStage& stage, const HeatMapResult& seen, ImVec2 at, float width);
  float draw_equation(Ui& ui, const CpcStage& stage, ImVec2 at, float width);
  float draw_horizons(ShellContext& context, const CpcStage& stage, ImVec2 at, float width, float row);
  void draw_curves(ShellContext& context, const CpcStage& stage, ImVec2 at, ImVec2 size);

  Look look_;
  Asker<int, Look> asker_{answer_look};
  double asked_ = -1;
  int horizon_ = 0;        // chosen, from 0
  Term lit_ = Term::none;  // the term of the equation under the mouse
  HeatMap large_;
  std::vector<HeatMap> small_;
  std::vector<float> accuracy_, bound_;  // as shown, [K]
};

void InfoNceTab::rebuilt(CpcStage& stage) {
  asker_.forget();
  look_.reset();
  asked_ = -1;
  const auto horizons = static_cast<std::size_t>(stage.architecture.horizons);
  horizon_ = std::min(horizon_, stage.architecture.horizons - 1);
  small_ = std::vector<HeatMap>(horizons);
  accuracy_.assign(horizons, 0), bound_.assign(horizons, 0);
}

bool InfoNceTab::update(ShellContext& context, CpcStage& stage) {
  bool changed = false;
  if (auto look = asker_.take()) {
    look_ = std::move(*look);
    for (std::size_t k = 0; k < small_.size(); ++k)
      small_[k].set(look_->matrices[k].rows, look_->matrices[k].columns, look_->matrices[k].probabilities);
    changed = true;
  }
  const bool old = !look_ || look_->step != stage.snapshot->step;
  const double wait = look_ ? std::max(kEvery, kShare * look_->seconds) : 0;
  if (old && !asker_.waiting() && (asked_ < 0 || !stage.snapshot->playing || context.ui.now - asked_ > wait)) {
    asker_.ask(stage, 0, context.wake);
    asked_ = context.ui.now;
  }
  return changed;
}

// What the matrix is of, or the cell under the mouse.
void InfoNceTab::draw_matrix_line(Ui& ui, const CpcStage& stage, const HeatMapResult& seen, ImVec2 at, float width) {
  const auto& m = look_->matrices[static_cast<std::size_t>(horizon_)];
  const bool same = stage.architecture.negatives == cpc::Negatives::same;
  std::string line = same ? "a row predicts, a column may follow: places of the same window"
                          : "a row predicts, a column may follow: windows of the batch";
  if (seen.hovered)
    line = fmt::format("{} {} gives {} {} a probability of {:.3f}{}", same ? "place" : "window", seen.row + 1,
                       same ? "place" : "window", seen.column + 1, seen.value,
                       seen.column == seen.row + m.diagonal ? ": its true code" : "");
  // In the middle below the matrix.
  const std::string fitting = fit(ui.fonts.small, line, width);
  ImGui::GetWindowDrawList()->AddText(ui.fonts.small, ui.fonts.small->FontSize,
                                      {at.x + (width - measure(ui.fonts.small, fitting).x) * 0.5f, at.y},
                                      ui.theme.text_dim, fitting.c_str());
}

void InfoNceTab::draw_matrices(ShellContext& context, const CpcStage& stage, ImVec2 at, ImVec2 size) {
  Ui& ui = context.ui;
  const auto& a = stage.architecture;
  ImDrawList* list = ImGui::GetWindowDrawList();
  const float small = ui.fonts.small->FontSize, gap = ui.px(8);
  // Every horizon, to choose from.
  const float thumb = std::floor(
      std::min((size.x - gap * static_cast<float>(a.horizons - 1)) / static_cast<float>(a.horizons), ui.px(66)));
  float lowest = at.y;
  for (int k = 0; k < a.horizons; ++k) {
    const ImVec2 corner(at.x + static_cast<float>(k) * (thumb + gap), at.y + small + ui.px(4));
    ImGui::SetCursorScreenPos(corner);
    const auto seen =
        small_[static_cast<std::size_t>(k)].draw(ui, fmt::format("infonce.horizon.{}", k + 1).c_str(), {thumb, thumb},
                                                 {.low = 0, .high = 1, .scale_bar = false});
    if (seen.clicked) horizon_ = k, ui.animate(0.1);
    tooltip(ui, fmt::format("The code {} ms ahead", 1000 * (k + 1) * a.hop() / a.sample_rate));
    const bool on = k == horizon_;
    const std::string label = fmt::format("k = {}", k + 1);
    list->AddText(ui.fonts.small, small, {corner.x + (thumb - measure(ui.fonts.small, label).x) * 0.5f, at.y},
                  on ? ui.theme.text : ui.theme.text_faint, label.c_str());
    if (on)
      list->AddRect({seen.min.x - ui.px(3), seen.min.y - ui.px(3)}, {seen.max.x + ui.px(3), seen.max.y + ui.px(3)},
                    ui.theme.accent, ui.px(2), 0, ui.px(2));
    lowest = std::max(lowest, seen.max.y);
  }
  const float top = lowest + ui.px(18);
  const auto& m = look_->matrices[static_cast<std::size_t>(horizon_)];
  large_.set(m.rows, m.columns, m.probabilities);
  ImGui::SetCursorScreenPos({at.x, top});
  const auto seen = large_.draw(ui, "infonce.matrix", {size.x, at.y + size.y - top - small - ui.px(10)},
                                {.low = 0, .high = 1, .unit = "probability"});
  if (lit_ == Term::loss)
    for (int r = 0; r < m.rows; ++r) {
      const ImVec2 cell(seen.min.x + seen.cell * static_cast<float>(r + m.diagonal),
                        seen.min.y + seen.cell * static_cast<float>(r));
      list->AddRect(cell, {cell.x + seen.cell, cell.y + seen.cell}, ui.theme.model, 0, 0,
                    std::max(1.0f, ui.px(1.5f)));
    }
  draw_matrix_line(ui, stage, seen, {at.x, std::min(at.y + size.y - small, seen.max.y + ui.px(48))}, size.x);
  context.exports.view(
      seen.min, seen.max, fmt::format("infonce-{}", horizon_ + 1),
      {{".npy", [look = look_, k = static_cast<std::size_t>(horizon_)](const std::filesystem::path& path) {
          const auto& matrix = look->matrices[k];
          write_npy(path, {matrix.rows, matrix.columns}, matrix.probabilities);
        }}});
}

// The bound with its present values; a term under the mouse lights up where it is seen.
float InfoNceTab::draw_equation(Ui& ui, const CpcStage& stage, ImVec2 at, float width) {
  ImDrawList* list = ImGui::GetWindowDrawList();
  struct Piece {
    Term term;
    const char* id;
    std::string symbol, value, meaning;
    ImU32 colour;
  };
  const bool bounds = is_bound(stage);
  const Piece pieces[] = {
      {Term::bound, "infonce.term.bound", bounds ? "I(c, z)" : "score", format_fixed(look_->bound(), 2),
       bounds ? "Nats that the context is known to tell about the codes to come: at least so many"
              : "Nats below guessing. No bound on I(c, z): places of the same recording are no independent draws",
       ui.theme.prediction},
      {Term::none, nullptr, bounds ? "≥" : "=", "=", "", ui.theme.text_dim},
      {Term::ceiling, "infonce.term.ceiling", "log N", format_fixed(std::log(look_->candidates), 2),
       fmt::format("N = {} candidates: no {} of this kind can exceed log N", look_->candidates,
                   bounds ? "bound" : "score"),
       ui.theme.text},
      {Term::none, nullptr, "−", "−", "", ui.theme.text_dim},
      {Term::loss, "infonce.term.loss", "L", format_fixed(look_->loss(), 2),
       "InfoNCE: minus the logarithm of the probability on the diagonal, mean over rows, places and horizons",
       ui.theme.model},
  };
  lit_ = Term::none;
  float x = at.x;
  const float size = ui.fonts.large->FontSize, small = ui.fonts.body->FontSize;
  for (const auto& piece : pieces) {
    const float wide =
        std::max(measure(ui.fonts.large, piece.symbol).x, measure(ui.fonts.body, piece.value).x) + ui.px(12);
    ImU32 colour = piece.colour;
    if (piece.id) {
      ImGui::SetCursorScreenPos({x, at.y});
      ImGui::InvisibleButton(piece.id, {wide, size + small + ui.px(4)});
      ui.marks.item(piece.id);
      if (ImGui::IsItemHovered()) {
        lit_ = piece.term;
        list->AddRectFilled({x, at.y - ui.px(2)}, {x + wide, at.y + size + small + ui.px(8)}, ui.theme.raised,
                            ui.px(6));
      }
      tooltip(ui, piece.meaning);
    }
    const auto middle = [&](ImFont* font, const std::string& what, float y, ImU32 ink) {
      list->AddText(font, font->FontSize, {x + (wide - measure(font, what).x) * 0.5f, y}, ink, what.c_str());
    };
    middle(ui.fonts.large, piece.symbol, at.y, colour);
    middle(ui.fonts.body, piece.value, at.y + size + ui.px(2), with_alpha(colour, 0.85f));
    x += wide;
  }
  const std::string unit = "nats, held out, " + at_step(static_cast<double>(look_->step));
  if (x + ui.px(8) + measure(ui.fonts.small, unit).x < at.x + width)
    list->AddText(ui.fonts.small, ui.fonts.small->FontSize, {x + ui.px(8), at.y + size + ui.px(4)},
                  ui.theme.text_faint, unit.c_str());
  return size + small + ui.px(8);
}

// Per horizon: how often the true code is picked, and the bound.
float InfoNceTab::draw_horizons(ShellContext& context, const CpcStage& stage, ImVec2 at, float width, float row) {
  Ui& ui = context.ui;
  const auto& a = stage.architecture;
  ImDrawList* list = ImGui::GetWindowDrawList();
  ImFont* font = ui.fonts.small;
  const float name = ui.px(26), number = ui.px(46), gap = ui.px(16);
  const float bar = std::floor((width - name - 2 * number - gap) * 0.5f);
  const float first = at.x + name, second = first + bar + number + gap;
  const double ceiling = std::log(look_->candidates), chance = 1.0 / look_->candidates;
  const auto write = [&](float x, float y, ImU32 colour, const std::string& what) {
    list->AddText(font, font->FontSize, {x, y}, colour, what.c_str());
  };
  write(at.x, at.y, ui.theme.text_faint, "k");
  write(first, at.y, ui.theme.text_dim,
        fit(font, fmt::format("true code picked; chance {:.1f} %", 100 * chance), bar + number));
  write(second, at.y, ui.theme.text_dim,
        fit(font, fmt::format("log N − L, of at most {:.2f} nats", ceiling), bar + number));
  const float top = at.y + font->FontSize + ui.px(8), thick = std::round(std::min(row * 0.3f, ui.px(7)));
  for (int k = 0; k < a.horizons; ++k) {
    const auto i = static_cast<std::size_t>(k);
    const float middle = std::round(top + row * (static_cast<float>(k) + 0.5f)),
                line = middle - font->FontSize * 0.5f;
    const double bound = ceiling - look_->infonce[i];
    ui.ease(accuracy_[i], look_->picked[i], 0.2f);
    ui.ease(bound_[i], static_cast<float>(std::max(0.0, bound) / ceiling), 0.2f);
    write(at.x, line, k == horizon_ ? ui.theme.text : ui.theme.text_dim, std::to_string(k + 1));
    const auto draw_bar = [&](float x, float share, ImU32 colour) {
      list->AddRectFilled({x, middle - thick}, {x + bar, middle + thick}, ui.theme.panel, ui.px(3));
      if (share * bar > 1)
        list->AddRectFilled({x, middle - thick}, {x + bar * std::min(1.0f, share), middle + thick}, colour, ui.px(3));
    };
    draw_bar(first, accuracy_[i], ui.theme.model);
    const float at_chance = std::round(first + bar * static_cast<float>(chance));
    list->AddRectFilled({at_chance, middle - thick - ui.px(2)}, {at_chance + ui.px(2), middle + thick + ui.px(2)},
                        ui.theme.text_dim);
    write(first + bar + ui.px(8), line, ui.theme.text_dim, fmt::format("{:.0f} %", 100 * look_->picked[i]));
    draw_bar(second, bound_[i],
             lit_ == Term::bound ? mix(ui.theme.prediction, ui.theme.text, 0.35f) : ui.theme.prediction);
    const float end = second + bar;
    const bool lit = lit_ == Term::ceiling;
    list->AddRectFilled({end - ui.px(lit ? 3 : 1), middle - thick - ui.px(2)}, {end, middle + thick + ui.px(2)},
                        lit ? ui.theme.text : ui.theme.text_dim);
    write(end + ui.px(8), line, ui.theme.text_dim, format_fixed(bound, 2));
  }
  const float height = top - at.y + row * static_cast<float>(a.horizons);
  context.exports.view(at, {at.x + width, at.y + height}, "horizons",
                       {{".csv", [look = look_](const std::filesystem::path& path) {
                           CsvTable table;
                           table.columns = {"horizon", "infonce", "mi_bound", "positive_accuracy"};
                           for (std::size_t k = 0; k < look->infonce.size(); ++k)
                             table.rows.push_back({static_cast<double>(k + 1), look->infonce[k],
                                                   std::log(look->candidates) - look->infonce[k], look->picked[k]});
                           write_csv(path, table);
                         }}});
  return height;
}

// The bound over the steps, under its ceiling.
void InfoNceTab::draw_curves(ShellContext& context, const CpcStage& stage, ImVec2 at, ImVec2 size) {
  Ui& ui = context.ui;
  const auto found = stage.snapshot->history.find("mi_bound");
  const bool any = found != stage.snapshot->history.end() && !found->second.steps.empty();
  ImGui::SetCursorScreenPos(at);
  const char* name = is_bound(stage) ? "the bound" : "the score";
  if (!any) {
    paragraph(ui, ui.theme.text_faint,
              fmt::format("{} over the steps appears here {}", name,
                          stage.snapshot->playing ? "with the first step" : "while it trains: press Play"),
              size.x);
    return;
  }
  text(ui.fonts.small, ui.theme.text_dim, fmt::format("{} over the steps, nats", name));
  const auto& training = found->second;
  const double ceiling = std::log(look_->candidates);
  const std::vector<double> ends{0, std::max(training.steps.back(), 1.0)}, top{ceiling, ceiling};
  std::vector<PlotSeries> series;
  series.push_back({.label = "training", .x = training.steps, .y = training.values, .colour = ui.theme.model});
  if (!stage.held_out_steps.empty())
    series.push_back(
        {.label = "held-out",
         .x = stage.held_out_steps,
         .y = stage.held_out_bound,
         .colour = lit_ == Term::bound ? mix(ui.theme.prediction, ui.theme.text, 0.35f) : ui.theme.prediction,
         .smooth = false,
         .dots = true});
  series.push_back({.label = "log N",
                    .x = ends,
                    .y = top,
                    .colour = lit_ == Term::ceiling ? ui.theme.text : ui.theme.text_dim,
                    .smooth = false});
  const float below = ui.fonts.small->FontSize + ui.px(8);
  ImGui::SetCursorScreenPos({at.x, at.y + below});
  const auto shown = plot(ui, "infonce.curves", {size.x, size.y - below}, series,
                          {.zero_based = true, .whole = true, .x_label = "step"});
  context.exports.view(shown.min, shown.max, "mi-bound");
}

void InfoNceTab::draw(ShellContext& context, CpcStage& stage) {
  Ui& ui = context.ui;
  ui.marks.state("infonce.ready", look_ != nullptr);
  if (!look_) {
    empty_state(ui, "The score matrix", "Which code follows which context, for a batch of held-out windows.");
    return;
  }
  const ImVec2 room = ImGui::GetContentRegionAvail(), at = ImGui::GetCursorScreenPos();
  const float gap = ui.px(36), left = std::floor((room.x - gap) * 0.48f), right = room.x - left - gap;
  const float x = at.x + left + gap;
  float y = at.y + draw_equation(ui, stage, {x - ui.px(6), at.y}, right) + ui.px(16);
  const float horizons = static_cast<float>(stage.architecture.horizons);
  const float row = std::clamp((at.y + room.y - y) * 0.5f / horizons, ui.px(15), ui.px(28));
  y += draw_horizons(context, stage, {x, y}, right, row) + ui.px(14);
  if (at.y + room.y - y > ui.px(72)) draw_curves(context, stage, {x, y}, {right, at.y + room.y - y});
  draw_matrices(context, stage, {at.x + ui.px(4), at.y}, {left - ui.px(4), room.y});

  ui.marks.state("infonce.step", static_cast<double>(look_->step));
  ui.marks.state("infonce.candidates", look_->candidates);
  ui.marks.state("infonce.horizon", horizon_ + 1);
  ui.marks.state("infonce.loss", look_->loss());
  ui.marks.state("infonce.bound", look_->bound());
  ui.marks.state("infonce.is_bound", is_bound(stage));
  ui.marks.state("infonce.accuracy", look_->accuracy());
  ui.marks.state("infonce.diagonal", look_->diagonal(1));
  ui.marks.state("infonce.elsewhere", look_->elsewhere(1));
}

}  // namespace

std::unique_ptr<CpcTab> make_infonce_tab() {
  return std::make_unique<InfoNceTab>();
}

}  // namespace unveil
