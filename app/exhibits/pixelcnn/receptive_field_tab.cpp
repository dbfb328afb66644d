#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "app/exhibits/pixelcnn/field.h"
#include "app/exhibits/pixelcnn/tab.h"
#include "app/widgets/controls.h"
#include "app/widgets/format.h"
#include "app/widgets/heat_map.h"
#include "app/widgets/image_grid.h"

namespace unveil {
namespace {

constexpr double kDecades = 4;         // of the logarithmic scale
constexpr double kShareOfTime = 0.05;  // of training, spent on keeping the picture up to date

int count_of(const std::vector<Sight>& sight, Sight which) {
  return static_cast<int>(std::count(sight.begin(), sight.end(), which));
}

std::string pixels_text(int count) {
  return count == 1 ? "1 pixel" : format_count(static_cast<std::uint64_t>(count)) + " pixels";
}

class ReceptiveFieldTab : public PixelCnnTab {
 public:
  std::string name() const override { return "Receptive field"; }
  std::string hint() const override {
    return "What one prediction looks at, measured from gradients: look for the blind spot.";
  }
  void rebuilt(PixelCnnStage& stage) override;
  bool update(ShellContext& context, PixelCnnStage& stage) override;
  void draw(ShellContext& context, PixelCnnStage& stage) override;

 private:
  void begin(ShellContext& context, PixelCnnStage& stage);
  void reconsider(const PixelCnnStage& stage);
  void draw_board(ShellContext& context, const PixelCnnStage& stage, ImVec2 size);
  void draw_sights(Ui& ui, PixelCnnStage& stage, ImVec2 size);
  void draw_words(Ui& ui, PixelCnnStage& stage, float width);

  int row_ = 14, column_ = 12;
  bool logarithmic_ = true, recolour_ = true;
  std::vector<Sight> sight_, sights_[2];  // of this model; as plain masks and as gated stacks
  std::shared_ptr<Mailbox<FieldMeasurement>> mailbox_ = std::make_shared<Mailbox<FieldMeasurement>>();
  std::shared_ptr<FieldJob> job_;
  FieldMeasurement field_;
  bool moved_ = true;    // the pixel is another than the measured one
  double finished_ = 0;  // seconds, of the last measurement
  int outside_ = 0;      // pixels with a gradient that the reach does not hold
  HeatMap map_;
  ImageGrid grids_[2];
};

void ReceptiveFieldTab::rebuilt(PixelCnnStage& stage) {
  if (job_) job_->stop();
  job_.reset();
  mailbox_ = std::make_shared<Mailbox<FieldMeasurement>>();
  field_ = {};
  row_ = std::min(row_, stage.height - 1), column_ = std::min(column_, stage.width - 1);
  reconsider(stage);
  moved_ = true;
}

void ReceptiveFieldTab::reconsider(const PixelCnnStage& stage) {
  sight_ = sight_of(stage.architecture, stage.height, stage.width, row_, column_);
  for (const bool gated : {false, true}) {
    auto other = stage.architecture;
    other.gated = gated;
    sights_[gated] = sight_of(other, stage.height, stage.width, row_, column_);
  }
}

void ReceptiveFieldTab::begin(ShellContext& context, PixelCnnStage& stage) {
  if (job_) job_->stop();
  mailbox_ = std::make_shared<Mailbox<FieldMeasurement>>();
  job_ = std::make_shared<FieldJob>(row_, column_, mailbox_, context.wake);
  stage.trainer.add(stage.build, job_);
  moved_ = false;
}

bool ReceptiveFieldTab::update(ShellContext& context, PixelCnnStage& stage) {
  if (!stage.snapshot || !stage.snapshot->ready || stage.build == 0) return false;
  if (sight_.empty()) rebuilt(stage);
  bool changed = false;
  if (auto field = mailbox_->take()) {
    // A pixel's first measurement is shown as it grows, a later one when it is complete.
    const bool same = field->row == field_.row && field->column == field_.column && field_.done;
    if (field->done) finished_ = context.ui.now, job_.reset();
    if (!same || field->done) {
      field_ = std::move(*field);
      outside_ = 0;
      const auto reach =
          pixelcnn::analytic_reach(stage.architecture, stage.height, stage.width, field_.row, field_.column);
      for (std::size_t i = 0; i < reach.size(); ++i) outside_ += field_.mean[i] != 0 && !reach[i];
      recolour_ = changed = true;
    }
  }
  const double pause = field_.seconds / kShareOfTime;
  const bool old = field_.done && !job_ && field_.step != stage.snapshot->step && context.ui.now - finished_ > pause;
  if (moved_ || old) begin(context, stage);
  return changed;
}

void ReceptiveFieldTab::draw_board(ShellContext& context, const PixelCnnStage& stage, ImVec2 size) {
  Ui& ui = context.ui;
  if (field_.mean.empty()) {
    empty_state(ui, "Measuring", "The gradients of one prediction appear here.");
    return;
  }
  double most = 1e-12;
  for (const float v : field_.mean) most = std::max(most, static_cast<double>(v));
  HeatMapOptions options;
  options.scale_bar = false;
  options.missing = ui.theme.raised;
  // The widget's scale is linear: for the other one it is given decades. Exactly nothing is no value on either.
  options.high = logarithmic_ ? std::log10(most) : most;
  options.low = logarithmic_ ? options.high - kDecades : 0;
  if (recolour_) {
    std::vector<float> values(field_.mean);
    for (auto& v : values) {
      if (v == 0) v = std::numeric_limits<float>::quiet_NaN();
      if (logarithmic_) v = std::log10(v);
    }
    map_.set(stage.height, stage.width, values);
    recolour_ = false;
  }
  const auto result = map_.draw(ui, "field.board", size, options);
  context.exports.view(result.min, result.max, "receptive-field");
  ImDrawList* list = ImGui::GetWindowDrawList();
  const int height = stage.height, width = stage.width;
  const auto corner = [&](int row, int column) {
    return ImVec2(result.min.x + result.cell * static_cast<float>(column),
                  result.min.y + result.cell * static_cast<float>(row));
  };
  const auto sight = [&](int row, int column) {
    if (row < 0 || column < 0 || row >= height || column >= width) return Sight::after;
    return sight_[static_cast<std::size_t>(row * width + column)];
  };
  // The blind spot hatched, the reach outlined: lines between cells that differ.
  const float thick = std::max(1.0f, ui.px(2));
  for (int row = 0; row < height; ++row) {
    for (int column = 0; column < width; ++column) {
      const ImVec2 a = corner(row, column), b = corner(row + 1, column + 1);
      const Sight here = sight(row, column);
      if (here == Sight::blind) {
        list->AddRectFilled(a, b, with_alpha(ui.theme.error, 0.22f));
        list->AddLine({a.x, b.y}, {b.x, a.y}, with_alpha(ui.theme.error, 0.9f), std::max(1.0f, ui.px(1)));
      }
      const bool in = here == Sight::inside;
      const ImU32 line = ui.theme.text;
      if (in != (sight(row, column - 1) == Sight::inside)) list->AddLine(a, {a.x, b.y}, line, thick);
      if (in != (sight(row - 1, column) == Sight::inside)) list->AddLine(a, {b.x, a.y}, line, thick);
      if (in && column == width - 1) list->AddLine({b.x, a.y}, b, line, thick);
      if (in && row == height - 1) list->AddLine({a.x, b.y}, b, line, thick);
    }
  }
  const ImVec2 a = corner(row_, column_), b = corner(row_ + 1, column_ + 1);
  list->AddRect({a.x - thick, a.y - thick}, {b.x + thick, b.y + thick}, ui.theme.selection, 0, 0, ui.px(3));
  if (ImGui::IsItemActive() || result.clicked) {
    const ImVec2 mouse = ImGui::GetIO().MousePos;
    const int row = std::clamp(static_cast<int>((mouse.y - result.min.y) / result.cell), 0, height - 1);
    const int column = std::clamp(static_cast<int>((mouse.x - result.min.x) / result.cell), 0, width - 1);
    if (row != row_ || column != column_) {
      row_ = row, column_ = column;
      reconsider(stage);
      moved_ = true;
      ui.animate(0.1);
    }
  } else if (result.hovered) {
    const auto i = static_cast<std::size_t>(result.row * width + result.column);
    static constexpr const char* kWords[] = {"the pixel itself", "drawn later", "inside the reach",
                                             "deeper networks reach it", "blind spot: no depth reaches it"};
    tooltip(ui, fmt::format("row {}, column {}\nmean |∂logit/∂x| = {}\n{}", result.row, result.column,
                            format_value(field_.mean[i]), kWords[static_cast<std::size_t>(sight_[i])]));
  }
  ImGui::SetCursorScreenPos({result.min.x, result.max.y + ui.px(10)});
  const float bar = std::min(result.max.x - result.min.x, ui.px(260));
  const ImVec2 bar_at = ImGui::GetCursorScreenPos();
  scale_bar(ui, ColourMap::viridis, logarithmic_ ? std::pow(10, options.low) : 0, most, "", bar);
  ImGui::SetCursorScreenPos({bar_at.x + bar + ui.px(14), bar_at.y - ui.px(4)});
  const float left = result.max.x - ImGui::GetCursorScreenPos().x;
  if (left > ui.px(90)) text(ui.fonts.small, ui.theme.text_faint, "grey: exactly 0");
}

void ReceptiveFieldTab::draw_sights(Ui& ui, PixelCnnStage& stage, ImVec2 size) {
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float gap = ui.px(20), each = std::floor((size.x - gap) * 0.5f);
  float low = at.y;
  for (const bool gated : {false, true}) {
    const auto& sight = sights_[gated];
    const bool own = stage.architecture.gated == gated;
    const float x = at.x + (gated ? each + gap : 0);
    ImGui::SetCursorScreenPos({x, at.y});
    text(ui.fonts.bold, own ? ui.theme.text : ui.theme.text_dim, gated ? "Gated stacks" : "Plain masks");
    const float title = ImGui::GetItemRectSize().x;
    if (own && title + ui.px(12) + measure(ui.fonts.small, "this model").x < each + (gated ? 0 : gap)) {
      ImGui::SameLine(0, ui.px(8));
      ImGui::SetCursorPosY(ImGui::GetCursorPosY() + ui.px(3));
      text(ui.fonts.small, ui.theme.accent, "this model");
    }
    std::vector<ImU32> colours(sight.size());
    std::transform(sight.begin(), sight.end(), colours.begin(), [&](Sight s) {
      switch (s) {
        case Sight::itself: return ui.theme.selection;
        case Sight::inside: return ui.theme.model;
        case Sight::beyond: return mix(ui.theme.stage, ui.theme.model, 0.32f);
        case Sight::blind: return ui.theme.error;
        case Sight::after: break;
      }
      return ui.theme.raised;
    });
    grids_[gated].set_colours(1, stage.height, stage.width, std::move(colours), ui.now);
    ImGui::SetCursorScreenPos({x, at.y + ui.px(26)});
    ImageGridOptions options;
    options.centre = false;
    const auto result =
        grids_[gated].draw(ui, gated ? "field.gated" : "field.plain", {each, size.y - ui.px(26 + 24)}, options);
    ImGui::SetCursorScreenPos({x, result.max.y + ui.px(6)});
    const int blind = count_of(sight, Sight::blind);
    text(ui.fonts.body, blind > 0 ? ui.theme.error : ui.theme.text,
         blind > 0 ? pixels_text(blind) + " blind" : "no blind spot");
    low = std::max(low, result.max.y + ui.px(6) + ui.fonts.body->FontSize);
  }
  ImGui::SetCursorScreenPos({at.x, low + ui.px(12)});
}

void ReceptiveFieldTab::draw_words(Ui& ui, PixelCnnStage& stage, float width) {
  const int inside = count_of(sight_, Sight::inside), beyond = count_of(sight_, Sight::beyond),
            blind = count_of(sight_, Sight::blind), before = row_ * stage.width + column_;
  const float left = ImGui::GetCursorPosX();
  std::string words = fmt::format("Of the {} before row {}, column {}, its prediction can look at {}",
                                  pixels_text(before), row_, column_, inside);
  if (beyond > 0) words += fmt::format("; more layers would reach {} others", beyond);
  words += blind > 0 ? fmt::format(". {} no depth would reach: the blind spot.", blind) : ". None is blind.";
  if (stage.architecture.leaking_mask)
    words += " The leaking mask also shows it the very pixel it predicts: a cheat, not a prediction.";
  paragraph(ui, ui.theme.text_dim, words, width);
  ImGui::Dummy({1, ui.px(2)});
  ImGui::SetCursorPosX(left);
  const bool measured = field_.inputs > 0 && !moved_ && field_.row == row_ && field_.column == column_;
  if (!measured) {
    paragraph(ui, ui.theme.text_faint, "Measuring…", width);
  } else if (outside_ == 0) {
    paragraph(ui, ui.theme.model,
              fmt::format("✓ Over {} random inputs no gradient falls outside the reach.", field_.inputs), width);
  } else {
    paragraph(ui, ui.theme.error,
              fmt::format("{} outside the reach have a gradient: the network is not what its masks "
                          "say.",
                          pixels_text(outside_)),
              width);
  }
  ui.marks.state("field.done", measured && field_.done);
  ui.marks.state("field.inputs", field_.inputs);
  ui.marks.state("field.pixels_outside", outside_);
  ui.marks.state("field.row", row_);
  ui.marks.state("field.column", column_);
  ui.marks.state("field.inside", inside);
  ui.marks.state("field.beyond", beyond);
  ui.marks.state("field.blind", blind);
  ui.marks.state("field.gated", stage.architecture.gated);
}

void ReceptiveFieldTab::draw(ShellContext& context, PixelCnnStage& stage) {
  Ui& ui = context.ui;
  if (!stage.snapshot || !stage.snapshot->ready || sight_.empty()) {
    empty_state(ui, "What one prediction looks at", "It appears as soon as the model is built.");
    return;
  }
  const ImVec2 room = ImGui::GetContentRegionAvail(), at = ImGui::GetCursorScreenPos();
  const float gap = ui.px(room.x < ui.px(800) ? 24 : 40), head = ui.px(40), foot = ui.px(44);
  const float across =
      std::floor(std::min((room.x - gap) * 0.56f, room.y - head - foot) / static_cast<float>(stage.width));
  const float board = std::max(1.0f, across) * static_cast<float>(stage.width);

  text(ui.fonts.body, ui.theme.text, "mean |∂logit / ∂x|");
  ImGui::SameLine(0, ui.px(10));
  ImGui::SetCursorScreenPos({ImGui::GetCursorScreenPos().x, at.y + ui.px(3)});
  if (board > ui.px(380)) text(ui.fonts.small, ui.theme.text_faint, "click or drag to pick a pixel");
  static const std::vector<std::string> kScales{"Linear", "Log"};
  const float scales = measure(ui.fonts.small, "Linear").x + measure(ui.fonts.small, "Log").x + ui.px(36);
  ImGui::SetCursorScreenPos({at.x + board - scales, at.y - ui.px(4)});
  int scale = logarithmic_ ? 1 : 0;
  if (segmented(ui, "field.scale", kScales, scale, true)) logarithmic_ = scale == 1, recolour_ = true;
  ImGui::SetCursorScreenPos({at.x, at.y + ui.px(32)});
  draw_board(context, stage, {board, board});

  const float x = at.x + board + gap, width = room.x - board - gap;
  ImGui::SetCursorScreenPos({x, at.y});
  ImGui::BeginGroup();
  const float words = ui.px(width < ui.px(380) ? 170 : 150), action = ui.px(44);
  draw_sights(ui, stage, {width, std::max(ui.px(110), room.y - words - action)});
  draw_words(ui, stage, width);
  ImGui::EndGroup();
  ImGui::SetCursorScreenPos({x, at.y + room.y - ui.px(38)});
  if (button(ui, "field.rebuild", Icon::reset,
             stage.architecture.gated ? "Rebuild with plain masks" : "Rebuild with gated stacks"))
    stage.trainer.set_knobs({{"architecture", stage.architecture.gated ? 0.0 : 1.0}});
  tooltip(ui, "Builds the other architecture with the same knobs; its training begins at step 0");
}

}  // namespace

std::unique_ptr<PixelCnnTab> make_receptive_field_tab() {
  return std::make_unique<ReceptiveFieldTab>();
}

}  // namespace unveil
