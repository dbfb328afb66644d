#include "app/plane/tab.h"

#include <fmt/format.h>

#include <algorithm>
#include <cfloat>
#include <cmath>
#include <optional>

#include "app/exhibit/again.h"
#include "app/exhibit/asker.h"
#include "app/plane/shot.h"
#include "app/widgets/controls.h"
#include "app/widgets/format.h"
#include "app/widgets/texture.h"
#include "app/widgets/view.h"
#include "engine/data/csv.h"

namespace unveil {
namespace {

constexpr double kEvery = 0.08;   // seconds between two looks while it learns
constexpr int kBaked = 5;         // pixels of the texture per point of the field, a side
constexpr int kData = 1500;       // dots of the data shown
constexpr int kArrows = 70;       // made points that get an arrow
constexpr float kMargin = 1.25f;  // of the square shown around the data
constexpr double kWander = 20;    // seconds that an untouched point moves by itself; then the window rests

struct Layers {
  bool field = true, data = true, made = true, sheet = true, arrows = true;
};

class PlaneTab : public RunTab {
 public:
  explicit PlaneTab(PlaneWords words) : words_(std::move(words)) {}
  std::string name() const override { return "Plane"; }
  std::string hint() const override {
    return "The data's points, the model's, and what it makes of the plane: drag the point of the noise.";
  }
  void rebuilt(RunStage& stage) override;
  bool update(ShellContext& context, RunStage& stage) override;
  void draw(ShellContext& context, RunStage& stage) override;

 private:
  ImVec2 place(float x, float y) const { return view_.to_screen({x, y}); }
  void draw_board(ShellContext& context, ImVec2 at, float side);
  void draw_field(Ui& ui);
  void draw_sheet(Ui& ui) const;
  void draw_arrows(Ui& ui) const;
  void draw_layers(Ui& ui, ImVec2 at);
  void draw_column(ShellContext& context, RunStage& stage, ImVec2 at, ImVec2 size);
  float draw_noise(ShellContext& context, RunStage& stage, ImVec2 at, float side);

  PlaneWords words_;
  Layers layers_;
  std::vector<float> data_;  // [kData][2], of the held-out part
  ModesHit data_hit_;        // of those
  bool modes_ = false;       // else fields
  PlaneQuestion question_;
  bool moved_ = true, wandered_ = false, touched_ = false;
  double wander_from_ = -1;
  Asker<PlaneQuestion, PlaneShot> asker_{plane_shot};
  Again again_{kEvery};
  std::optional<PlaneShot> shot_;
  Texture field_;
  bool baked_ = false, baked_dark_ = true;
  View view_;
};

void PlaneTab::rebuilt(RunStage& stage) {
  const auto& data = *stage.snapshot->data;
  const auto& points = data.test_points.count > 0 ? data.test_points : data.train_points;
  const int shown = std::min(kData, points.count);
  data_.assign(points.values.begin(), points.values.begin() + 2 * shown);
  float farthest = 0.1f;
  for (const float coordinate : data_) farthest = std::max(farthest, std::abs(coordinate));
  question_.radius = kMargin * farthest;
  modes_ = !data.truth.modes.empty();
  data_hit_ = modes_hit(data_, data.truth);
  asker_.forget();
  shot_.reset();
  moved_ = true;
}

bool PlaneTab::update(ShellContext& context, RunStage& stage) {
  Ui& ui = context.ui;
  bool changed = false;
  if (auto shot = asker_.take()) {
    shot_ = std::move(*shot);
    baked_ = false;
    changed = true;
  }
  // The hand is answered at once, learning now and then.
  const bool stale = !shot_ || shot_->step != stage.snapshot->step || wandered_;
  if (moved_ || again_.due(ui, stale, asker_.waiting())) {
    asker_.ask(stage, question_, context.wake);
    moved_ = wandered_ = false;
  }
  auto& marks = ui.marks;
  marks.state("plane.ready", shot_.has_value());
  marks.state("plane.followed", shot_.has_value() && shot_->noise == question_.noise && touched_);
  if (shot_) {
    marks.state("plane.step", static_cast<double>(shot_->step));
    marks.state("plane.modes", shot_->hit.hit);
    marks.state("plane.share", shot_->hit.share);
    marks.state("plane.ask_ms", 1000 * shot_->seconds);
    marks.state("plane.hand_x", static_cast<double>(shot_->hand[0]));
    marks.state("plane.hand_y", static_cast<double>(shot_->hand[1]));
  }
  return changed;
}

// Smooth between the points of the field.
void PlaneTab::draw_field(Ui& ui) {
  constexpr int n = PlaneShot::kField * kBaked;
  if (!baked_ || baked_dark_ != ui.theme.dark) {
    baked_ = true, baked_dark_ = ui.theme.dark;
    std::vector<ImU32> colours(n * n);
    const float cell = 2 * shot_->radius / n;
    const double middle = (words_.field_low + words_.field_high) / 2, half = words_.field_high - middle;
    for (int row = 0; row < n; ++row)
      for (int column = 0; column < n; ++column) {
        const float x = -shot_->radius + cell * (static_cast<float>(column) + 0.5f);
        const float y = shot_->radius - cell * (static_cast<float>(row) + 0.5f);
        colours[static_cast<std::size_t>(row * n + column)] =
            mix(ui.theme.stage, diverging(ui.theme, (field_at(*shot_, x, y) - middle) / half), 0.55f);
      }
    field_.upload(n, n, colours);
  }
  const float r = shot_->radius;
  ImGui::GetWindowDrawList()->AddImage(field_.id(), place(-r, r), place(r, -r));
}

void PlaneTab::draw_sheet(Ui& ui) const {
  constexpr int n = PlaneShot::kSheet;
  if (shot_->sheet.empty()) return;
  const auto at = [&](int row, int column) {
    const auto i = static_cast<std::size_t>(2 * (row * n + column));
    return place(shot_->sheet[i], shot_->sheet[i + 1]);
  };
  const ImU32 line = with_alpha(ui.theme.model, 0.45f);
  ImDrawList* list = ImGui::GetWindowDrawList();
  for (int a = 0; a < n; a += 2)
    for (const bool across : {true, false}) {
      for (int b = 0; b < n; ++b) list->PathLineTo(across ? at(a, b) : at(b, a));
      list->PathStroke(line, 0, std::max(1.0f, ui.scale));
    }
}

void PlaneTab::draw_arrows(Ui& ui) const {
  ImDrawList* list = ImGui::GetWindowDrawList();
  const float longest = ui.px(34), head = ui.px(4);
  float steepest = 1e-6f;
  std::vector<std::array<float, 2>> slopes;
  for (int i = 0; i < kArrows; ++i) {
    const auto k = static_cast<std::size_t>(2 * i);
    slopes.push_back(field_slope(*shot_, shot_->made[k], shot_->made[k + 1]));
    steepest = std::max(steepest, std::hypot(slopes.back()[0], slopes.back()[1]));
  }
  for (int i = 0; i < kArrows; ++i) {
    const auto k = static_cast<std::size_t>(2 * i);
    const ImVec2 from = place(shot_->made[k], shot_->made[k + 1]);
    const ImVec2 way(slopes[static_cast<std::size_t>(i)][0] / steepest * longest,
                     -slopes[static_cast<std::size_t>(i)][1] / steepest * longest);
    const float length = std::hypot(way.x, way.y);
    if (length < ui.px(3)) continue;
    const ImVec2 to(from.x + way.x, from.y + way.y), along(way.x / length * head, way.y / length * head);
    list->AddLine(from, to, ui.theme.text, std::max(1.0f, 1.2f * ui.scale));
    list->AddTriangleFilled({to.x + along.x, to.y + along.y}, {to.x - along.y, to.y + along.x},
                            {to.x + along.y, to.y - along.x}, ui.theme.text);
  }
}

void PlaneTab::draw_board(ShellContext& context, ImVec2 at, float side) {
  Ui& ui = context.ui;
  view_.frame(at, {side, side}, {shot_->radius, shot_->radius}, true);
  ImDrawList* list = ImGui::GetWindowDrawList();
  list->PushClipRect(at, {at.x + side, at.y + side}, true);
  if (layers_.field) draw_field(ui);
  if (layers_.sheet) draw_sheet(ui);
  const float dot = std::max(1.5f, 1.75f * ui.scale);
  const auto dots = [&](const std::vector<float>& points, ImU32 colour) {
    for (std::size_t i = 0; i + 1 < points.size(); i += 2) {
      const ImVec2 p = place(points[i], points[i + 1]);
      list->AddRectFilled({p.x - dot, p.y - dot}, {p.x + dot, p.y + dot}, colour);
    }
  };
  if (layers_.data) dots(data_, with_alpha(ui.theme.data, 0.75f));
  if (layers_.made) dots(shot_->made, with_alpha(ui.theme.model, 0.85f));
  if (layers_.arrows && words_.uphill && layers_.made) draw_arrows(ui);
  if (!shot_->sheet.empty()) {
    const ImVec2 hand = place(shot_->hand[0], shot_->hand[1]);
    list->AddCircleFilled(hand, ui.px(8), with_alpha(ui.theme.stage, 0.7f), 32);
    list->AddCircle(hand, ui.px(8), ui.theme.selection, 32, ui.px(2.5f));
  }
  list->PopClipRect();
  list->AddRect(at, {at.x + side, at.y + side}, ui.theme.hairline);
  ImGui::SetCursorScreenPos(at);
  ImGui::InvisibleButton("plane.board", {side, side});
  ui.marks.item("plane.board");
  view_.hand(ui, ImGui::IsItemHovered());
  ui.marks.state("plane.zoomed", view_.zoomed());
  if (ImGui::IsItemHovered()) {
    const glm::vec2 p = view_.from_screen(ImGui::GetIO().MousePos);
    tooltip(ui, fmt::format("({}, {}): {} {}", format_fixed(p.x, 2), format_fixed(p.y, 2), words_.field,
                            format_value(field_at(*shot_, p.x, p.y))));
  }
  context.exports.view(at, {at.x + side, at.y + side}, "plane",
                       {{".csv", [made = shot_->made](const std::filesystem::path& path) {
                           CsvTable table{{"x", "y"}, {}, {}};
                           for (std::size_t i = 0; i + 1 < made.size(); i += 2)
                             table.rows.push_back({made[i], made[i + 1]});
                           write_csv(path, table);
                         }}});
}

// The plane of the noise, and a point of it under the hand. Returns the height used.
float PlaneTab::draw_noise(ShellContext& context, RunStage& stage, ImVec2 at, float side) {
  Ui& ui = context.ui;
  ImDrawList* list = ImGui::GetWindowDrawList();
  ImGui::SetCursorScreenPos(at);
  text(ui.fonts.small, ui.theme.text_dim, "the noise: drag the point");
  const ImVec2 corner(at.x, at.y + ui.px(22));
  const auto to_screen = [&](float x, float y) {
    return ImVec2(corner.x + side * (0.5f + x / (2 * PlaneShot::kReach)),
                  corner.y + side * (0.5f - y / (2 * PlaneShot::kReach)));
  };
  for (int i = 0; i < PlaneShot::kSheet; i += 2) {
    const float t = PlaneShot::kReach * (2 * static_cast<float>(i) / (PlaneShot::kSheet - 1) - 1);
    const ImU32 line = with_alpha(ui.theme.model, 0.3f);
    list->AddLine(to_screen(t, -PlaneShot::kReach), to_screen(t, PlaneShot::kReach), line);
    list->AddLine(to_screen(-PlaneShot::kReach, t), to_screen(PlaneShot::kReach, t), line);
  }
  for (const float sigma : {1.0f, 2.0f})
    list->AddCircle(to_screen(0, 0), side * sigma / (2 * PlaneShot::kReach), with_alpha(ui.theme.text, 0.35f), 64);
  ImGui::SetCursorScreenPos(corner);
  ImGui::InvisibleButton("plane.noise", {side, side});
  ui.marks.item("plane.noise");
  const auto before = question_.noise;
  if (ImGui::IsItemActive()) {
    const ImVec2 mouse = ImGui::GetIO().MousePos;
    const float reach = PlaneShot::kReach, unit = 2 * reach / side;
    question_.noise = {std::clamp((mouse.x - corner.x) * unit - reach, -reach, reach),
                       std::clamp(reach - (mouse.y - corner.y) * unit, -reach, reach)};
    touched_ = true;
  } else if (!touched_) {
    if (wander_from_ < 0) wander_from_ = ui.now;
    if (const double t = ui.now - wander_from_; t < kWander || stage.snapshot->playing) {
      question_.noise = {static_cast<float>(1.1 * std::sin(0.5 * t + 0.5)),
                         static_cast<float>(1.1 * std::cos(0.7 * t))};
      ui.animate(0.1);
    }
  }
  // A hand is answered at once; what moves by itself may wait.
  if (question_.noise != before) (ImGui::IsItemActive() ? moved_ : wandered_) = true;
  const ImVec2 hand = to_screen(question_.noise[0], question_.noise[1]);
  list->AddCircleFilled(hand, ui.px(3), ui.theme.selection, 16);
  list->AddCircle(hand, ui.px(8), ui.theme.selection, 32, ui.px(2.5f));
  list->AddRect(corner, {corner.x + side, corner.y + side}, ui.theme.hairline);
  return side + ui.px(22);
}

void PlaneTab::draw_column(ShellContext& context, RunStage& stage, ImVec2 at, ImVec2 size) {
  Ui& ui = context.ui;
  float y = at.y;
  const auto key = [&](ImU32 colour, const std::string& what) {
    ImGui::GetWindowDrawList()->AddCircleFilled({at.x + ui.px(5), y + ui.fonts.body->FontSize * 0.5f}, ui.px(4),
                                                colour);
    ImGui::SetCursorScreenPos({at.x + ui.px(18), y});
    text(ui.fonts.body, ui.theme.text, fit(ui.fonts.body, what, size.x - ui.px(18)));
    y += ui.fonts.body->FontSize + ui.px(8);
  };
  key(ui.theme.data, "data, held out");
  key(ui.theme.model, "made by the model");
  ImGui::SetCursorScreenPos({at.x, y + ui.px(4)});
  text(ui.fonts.small, ui.theme.text_dim, fit(ui.fonts.small, words_.field, size.x));
  y += ui.px(24);
  const float bar = std::min(size.x, ui.px(220));
  ImDrawList* list = ImGui::GetWindowDrawList();
  constexpr int kSteps = 40;
  for (int i = 0; i < kSteps; ++i) {
    const float t = static_cast<float>(i) / kSteps;
    list->AddRectFilled({at.x + bar * t, y}, {at.x + bar * (t + 1.0f / kSteps) + 1, y + ui.px(10)},
                        mix(ui.theme.stage, diverging(ui.theme, 2 * (t + 0.5f / kSteps) - 1), 0.55f));
  }
  y += ui.px(14);
  const auto ends = {std::pair{at.x, words_.low},
                     std::pair{at.x + bar - measure(ui.fonts.small, words_.high).x, words_.high}};
  for (const auto& [x, word] : ends) {
    ImGui::SetCursorScreenPos({x, y});
    text(ui.fonts.small, ui.theme.text_faint, word);
  }
  y += ui.px(32);
  if (data_hit_.of > 0) {
    ImGui::SetCursorScreenPos({at.x, y});
    ImGui::BeginGroup();
    labelled_number(ui, modes_ ? "modes hit" : "fields hit", fmt::format("{}", shot_->hit.hit),
                    fmt::format("of {}", data_hit_.of), ui.px(84));
    ImGui::EndGroup();
    ImGui::SetCursorScreenPos({at.x + ui.px(90), y});
    ImGui::BeginGroup();
    labelled_number(ui, modes_ ? "within 3σ of one" : "on the fields",
                    fmt::format("{:.1f} %", 100 * shot_->hit.share),
                    fmt::format("data: {:.1f} %", 100 * data_hit_.share), size.x - ui.px(90));
    ImGui::EndGroup();
    y += ui.px(62);
  }
  if (!shot_->sheet.empty())
    y += draw_noise(context, stage, {at.x, y}, std::min({size.x, ui.px(220), at.y + size.y - y - ui.px(110)})) +
         ui.px(14);
  // Whole or not at all; the lesson says it too.
  const auto* font = ui.fonts.body;
  const float height = font->CalcTextSizeA(font->FontSize, FLT_MAX, size.x, words_.story.c_str()).y;
  if (y + height > at.y + size.y) return;
  ImGui::SetCursorScreenPos({at.x, y});
  paragraph(ui, ui.theme.text_dim, words_.story, size.x);
}

void PlaneTab::draw_layers(Ui& ui, ImVec2 at) {
  struct Layer {
    const char *id, *label;
    std::string what;
    bool* on;
  };
  std::vector<Layer> all{
      {"plane.field", "Field", words_.field + ", everywhere in the plane", &layers_.field},
      {"plane.data", "Data", "Held-out points of the data", &layers_.data},
      {"plane.made", "Made", "Points that the model makes of the same noise again and again", &layers_.made}};
  if (!shot_->sheet.empty())
    all.push_back({"plane.sheet", "Sheet", "The plane of the noise, as the model bends it", &layers_.sheet});
  if (words_.uphill)
    all.push_back(
        {"plane.arrows", "Arrows", "Where the field rises from a made point: the way it is to go", &layers_.arrows});
  ImGui::SetCursorScreenPos(at);
  for (const auto& layer : all) {
    if (button(ui, layer.id, std::nullopt, layer.label, *layer.on ? ButtonKind::on : ButtonKind::normal, true, true))
      *layer.on = !*layer.on;
    tooltip(ui, layer.what);
    ImGui::SameLine(0, ui.px(6));
  }
  ImGui::NewLine();
}

void PlaneTab::draw(ShellContext& context, RunStage& stage) {
  Ui& ui = context.ui;
  if (!shot_) return empty_state(ui, "The plane", "The data as dots, and the points that the model makes.");
  const ImVec2 at = ImGui::GetCursorScreenPos(), room = ImGui::GetContentRegionAvail();
  const float tools = ui.px(38), gap = ui.px(28), least = ui.px(230);
  draw_layers(ui, at);
  const float side = std::floor(std::min(room.y - tools, room.x - gap - least));
  draw_board(context, {at.x, at.y + tools}, side);
  draw_column(context, stage, {at.x + side + gap, at.y + tools},
              {std::min(room.x - side - gap, ui.px(360)), room.y - tools});
}

}  // namespace

std::unique_ptr<RunTab> make_points_tab(PlaneWords words) {
  return std::make_unique<PlaneTab>(std::move(words));
}

}  // namespace unveil
