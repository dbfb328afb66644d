#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "app/exhibit/asker.h"
#include "app/exhibit/class_name.h"
#include "app/exhibits/vae/plane_board.h"
#include "app/exhibits/vae/tab.h"
#include "app/widgets/controls.h"
#include "app/widgets/format.h"
#include "engine/data/csv.h"
#include "engine/models/vae/model.h"

namespace unveil {
namespace {

constexpr double kWander = 20;    // seconds that an untouched point moves by itself; then the window rests
constexpr double kFollow = 0.12;  // seconds between two decodings of a point that rests while the model learns
constexpr std::size_t kLatencies = 200;

struct PointQuestion {
  std::vector<float> z;
  float u = 0, v = 0;
  double asked = 0;  // seconds of the window's clock
};
struct PointAnswer {
  PointQuestion question;
  std::vector<float> picture;
  std::uint64_t step = 0;
};

struct DotAnswer {
  int index = -1;
  std::vector<float> picture, reconstruction;
  std::uint64_t step = 0;
};

vae::BuiltVae& model_of(Run& run) {
  return static_cast<vae::BuiltVae&>(run.built());
}

PointAnswer answer_point(Run& run, const PointQuestion& question) {
  return {question, model_of(run).decode(question.z), run.steps()};
}

DotAnswer answer_dot(Run& run, const int& index) {
  auto& model = model_of(run);
  DotAnswer answer{index, model.pictures(1, index, 1), {}, run.steps()};
  answer.reconstruction = model.decode(model.codes(answer.picture).mean);
  return answer;
}

// In a corner of a board, legible over whatever lies there.
void draw_name(Ui& ui, ImVec2 board, float side, bool top, const std::string& whole) {
  ImFont* font = ui.fonts.small;
  const std::string name = fit(font, whole, side - ui.px(28));
  const ImVec2 words = measure(font, name);
  const ImVec2 at(board.x + ui.px(14), top ? board.y + ui.px(12) : board.y + side - words.y - ui.px(12));
  ImDrawList* list = ImGui::GetWindowDrawList();
  list->AddRectFilled({at.x - ui.px(8), at.y - ui.px(5)}, {at.x + words.x + ui.px(8), at.y + words.y + ui.px(5)},
                      with_alpha(ui.theme.raised, 0.92f), ui.px(5));
  list->AddText(font, font->FontSize, at, ui.theme.text, name.c_str());
}

// The point under the hand.
void draw_point(const Ui& ui, ImVec2 point) {
  ImDrawList* list = ImGui::GetWindowDrawList();
  list->AddCircleFilled(point, ui.px(8), with_alpha(ui.theme.stage, 0.7f), 32);
  list->AddCircle(point, ui.px(8), ui.theme.selection, 32, ui.px(2.5f));
  list->AddCircleFilled(point, ui.px(2.5f), ui.theme.selection, 12);
}

// What the point decodes to, beside it on the board, on the side where there is room.
void draw_bubble(Ui& ui, ImageGrid& grid, const char* id, std::span<const float> picture, const Atlas& atlas,
                 ImVec2 point, ImVec2 board, float side) {
  const float size = ui.px(3) * static_cast<float>(std::max(atlas.width, atlas.height)), away = ui.px(18);
  const ImVec2 corner(point.x + away + size > board.x + side ? point.x - away - size : point.x + away,
                      std::clamp(point.y - size * 0.5f, board.y + ui.px(4), board.y + side - size - ui.px(4)));
  ImGui::SetCursorScreenPos(corner);
  const float used = show_picture(ui, grid, id, picture, atlas.height, atlas.width, size);
  ImGui::GetWindowDrawList()->AddRect({corner.x - 1, corner.y - 1}, {corner.x + used + 1, corner.y + used + 1},
                                      ui.theme.selection, 0, 0, ui.px(1.5f));
}

// The latent plane: a point under the hand and what it decodes to, before the manifold and the codes of real
// pictures.
class PlaneTab : public VaeTab {
 public:
  std::string name() const override { return "Plane"; }
  std::string hint() const override {
    return "Every point of the plane is a picture: drag the ring. Dots are codes of held-out pictures.";
  }
  void rebuilt(VaeStage& stage) override;
  bool update(ShellContext& context, VaeStage& stage) override;
  void draw(ShellContext& context, VaeStage& stage) override;

 private:
  void ask(ShellContext& context, VaeStage& stage);
  void draw_board(ShellContext& context, VaeStage& stage, ImVec2 at, float side);
  void draw_kept(ShellContext& context, ImVec2 at, float tools, float side);
  void draw_column(ShellContext& context, VaeStage& stage, ImVec2 at, ImVec2 size);
  void draw_legend(Ui& ui, VaeStage& stage, ImVec2 at, float width);
  void draw_layers(Ui& ui, ImVec2 at);

  PlaneBoard board_, kept_;
  bool kept_variational_ = true, variational_ = true, has_kept_ = false;
  PlaneLayers layers_;
  float u_ = 0.9f, v_ = 0.6f;
  bool touched_ = false;
  bool looking_ = false;  // the button that is down changed the view
  double wander_from_ = -1;
  Asker<PointQuestion, PointAnswer> point_{answer_point};
  PointAnswer decoded_;
  std::vector<double> latencies_;  // seconds from asking to the picture's being there, the newest of them
  Asker<int, DotAnswer> dot_{answer_dot};
  DotAnswer seen_;
  int hovered_ = -1;
  ImageGrid large_, bubble_, kept_bubble_, picture_, reconstruction_;
};

void PlaneTab::rebuilt(VaeStage& stage) {
  // Twins are compared: the plane of the one stays while the other learns.
  if (board_.atlas() && stage.architecture.variational != variational_ &&
      board_.atlas()->latent == stage.architecture.latent) {
    kept_.set(board_.atlas());
    kept_variational_ = variational_;
    has_kept_ = true;
  } else if (board_.atlas() && board_.atlas()->latent != stage.architecture.latent) {
    has_kept_ = false;
  }
  variational_ = stage.architecture.variational;
  board_.set(nullptr);
  point_.forget(), dot_.forget();
  decoded_ = {}, seen_ = {};
  hovered_ = -1;
}

void PlaneTab::ask(ShellContext& context, VaeStage& stage) {
  if (!stage.atlas) return;
  point_.ask(stage, {stage.atlas->basis.point(u_, v_), u_, v_, context.ui.now}, context.wake);
}

bool PlaneTab::update(ShellContext& context, VaeStage& stage) {
  const double now = context.ui.now;
  bool changed = false;
  if (stage.atlas && board_.atlas() != stage.atlas) {
    board_.set(stage.atlas);
    ask(context, stage);
    if (hovered_ >= 0) dot_.ask(stage, hovered_, context.wake);
    changed = true;
  }
  if (auto answer = point_.take()) {
    decoded_ = std::move(*answer);
    latencies_.push_back(now - decoded_.question.asked);
    if (latencies_.size() > kLatencies) latencies_.erase(latencies_.begin());
    changed = true;
  }
  if (auto answer = dot_.take()) {
    seen_ = std::move(*answer);
    changed = true;
  }
  // The picture learns along with the model, also while the hand rests.
  const bool stale = stage.atlas && decoded_.step != stage.snapshot->step;
  if (stale && !point_.waiting() && now - decoded_.question.asked > kFollow) ask(context, stage);
  return changed;
}

void PlaneTab::draw_board(ShellContext& context, VaeStage& stage, ImVec2 at, float side) {
  Ui& ui = context.ui;
  const Atlas& atlas = *board_.atlas();
  board_.draw(ui, at, side, layers_);
  context.exports.view(at, {at.x + side, at.y + side}, "latent-plane",
                       {{".csv", [atlas = board_.atlas()](const std::filesystem::path& path) {
                           CsvTable table;
                           table.columns = {"u", "v", "label"};
                           for (std::size_t i = 0; i < atlas->u.size(); ++i)
                             table.rows.push_back({atlas->u[i], atlas->v[i], static_cast<double>(atlas->labels[i])});
                           write_csv(path, table);
                         }}});
  ImGui::SetCursorScreenPos(at);
  ImGui::InvisibleButton("plane.board", {side, side});
  ui.marks.item("plane.board");
  const bool dragged = ImGui::IsItemActive(), hovered = ImGui::IsItemHovered();
  // The click that brings back the whole does not move the ring.
  if (board_.view().hand(ui, hovered) && ImGui::IsMouseDown(ImGuiMouseButton_Left)) looking_ = true;
  looking_ &= dragged;
  const ImVec2 mouse = ImGui::GetIO().MousePos;
  const float before_u = u_, before_v = v_;
  if (dragged && !looking_) {
    const ImVec2 point = board_.from_screen(mouse);
    u_ = point.x, v_ = point.y;
    touched_ = true;
  } else if (!touched_ && !stage.snapshot->playing) {
    if (wander_from_ < 0) wander_from_ = ui.now;
    const double t = ui.now - wander_from_;
    if (t < kWander) {
      u_ = static_cast<float>(1.7 * std::sin(0.55 * t + 0.5)), v_ = static_cast<float>(1.5 * std::sin(0.8 * t + 0.4));
      ui.animate(0.1);
    }
  }
  if (u_ != before_u || v_ != before_v) ask(context, stage);
  const int over = hovered && !dragged && layers_.dots ? board_.nearest(mouse, ui.px(9)) : -1;
  if (over >= 0 && over != hovered_) dot_.ask(stage, over, context.wake);
  if (over >= 0 || dragged) hovered_ = over;

  ImDrawList* list = ImGui::GetWindowDrawList();
  list->PushClipRect(at, {at.x + side, at.y + side}, true);
  if (hovered_ >= 0 && hovered_ < atlas.count && layers_.dots) {
    if (!layers_.ellipses && stage.architecture.variational) board_.draw_ellipse(ui, hovered_, ui.px(2));
    const ImVec2 dot =
        board_.to_screen(atlas.u[static_cast<std::size_t>(hovered_)], atlas.v[static_cast<std::size_t>(hovered_)]);
    list->AddCircle(dot, ui.px(8), ui.theme.text, 24, ui.px(1.5f));
  }
  const ImVec2 point = board_.to_screen(u_, v_);
  draw_point(ui, point);
  list->PopClipRect();
  const bool seen = point.x >= at.x && point.x <= at.x + side && point.y >= at.y && point.y <= at.y + side;
  if (seen && !decoded_.picture.empty() && (dragged || !touched_ || has_kept_))
    draw_bubble(ui, bubble_, "plane.bubble", decoded_.picture, atlas, point, at, side);
}

void PlaneTab::draw_legend(Ui& ui, VaeStage& stage, ImVec2 at, float width) {
  const int classes = stage.snapshot->data ? std::min(10, stage.snapshot->data->classes) : 0;
  ImDrawList* list = ImGui::GetWindowDrawList();
  ImFont* font = ui.fonts.small;
  const float step = width / 5;
  for (int c = 0; c < classes; ++c) {
    const ImVec2 where(at.x + step * static_cast<float>(c % 5), at.y + ui.px(22) * static_cast<float>(c / 5));
    draw_marker(list, c, {where.x + ui.px(6), where.y + font->FontSize * 0.5f}, ui.px(5),
                ui.theme.classes[static_cast<std::size_t>(c)]);
    list->AddText(font, font->FontSize, {where.x + ui.px(18), where.y}, ui.theme.text_dim,
                  fit(font, class_name(stage, c), step - ui.px(22)).c_str());
  }
}

void PlaneTab::draw_layers(Ui& ui, ImVec2 at) {
  struct Layer {
    const char *id, *label, *what;
    bool& on;
  };
  const Layer all[] = {
      {"plane.manifold", "Manifold", "What the decoder draws everywhere in the plane", layers_.manifold},
      {"plane.dots", "Codes", "Where the encoder puts held-out pictures: the mean of q(z | x)", layers_.dots},
      {"plane.prior", "Prior", "One, two and three standard deviations of the prior", layers_.prior},
      {"plane.ellipses", "Posteriors", "Some pictures' whole q(z | x), one standard deviation", layers_.ellipses}};
  ImGui::SetCursorScreenPos(at);
  for (const auto& layer : all) {
    if (button(ui, layer.id, std::nullopt, layer.label, layer.on ? ButtonKind::on : ButtonKind::normal, true, true))
      layer.on = !layer.on;
    tooltip(ui, layer.what);
    ImGui::SameLine(0, ui.px(6));
  }
  ImGui::NewLine();
}

void PlaneTab::draw_column(ShellContext& context, VaeStage& stage, ImVec2 at, ImVec2 size) {
  Ui& ui = context.ui;
  const Atlas& atlas = *board_.atlas();
  ImDrawList* list = ImGui::GetWindowDrawList();
  const auto line = [&](ImFont* font, ImVec2 where, ImU32 colour, const std::string& what) {
    const std::string shown = fit(font, what, size.x);
    list->AddText(font, font->FontSize, where, colour, shown.c_str());
  };
  const float small = ui.fonts.small->FontSize;
  float y = at.y;
  line(ui.fonts.small, {at.x, y}, ui.theme.text_dim, "decoded from the point");
  y += small + ui.px(6);
  // What stands below: coordinates, a pair of pictures of 4/9 this size with its captions, the legend.
  const float below = ui.fonts.body->FontSize + small * 2 + ui.px(24 + 6 + 4 + 16 + 48);
  ImGui::SetCursorScreenPos({at.x, y});
  const float wanted = std::min(size.x, std::max(ui.px(84), (size.y - (y - at.y) - below) * 9 / 13));
  const float used = show_picture(ui, large_, "plane.decoded", decoded_.picture, atlas.height, atlas.width, wanted);
  context.exports.view({at.x, y}, {at.x + used, y + used}, "decoded");
  y += used + ui.px(6);
  const auto number = [](float x) { return format_fixed(x, 2); };
  line(ui.fonts.body, {at.x, y}, ui.theme.text,
       fmt::format("{} = ({}, {})", atlas.latent <= 2 ? "z" : "(u, v)", number(u_), number(v_)));
  y += ui.fonts.body->FontSize + ui.px(18);

  const bool any = seen_.index >= 0 && seen_.index < atlas.count;
  line(ui.fonts.small, {at.x, y}, ui.theme.text_dim,
       !any ? "point at a dot: a held-out picture"
       : atlas.labels[static_cast<std::size_t>(seen_.index)] < 0
           ? fmt::format("held-out picture {}", seen_.index)
           : fmt::format("held-out picture {}, {}", seen_.index,
                         class_in_words(stage, atlas.labels[static_cast<std::size_t>(seen_.index)])));
  y += small + ui.px(6);
  const float pixels = static_cast<float>(std::max(atlas.width, atlas.height));
  const float half = std::max(1.0f, std::floor((used - ui.px(8)) * 0.5f / pixels)) * pixels;
  const float second = at.x + std::max(half + ui.px(8), used - half);
  ImGui::SetCursorScreenPos({at.x, y});
  const float pair = show_picture(ui, picture_, "plane.picture", seen_.picture, atlas.height, atlas.width, half);
  ImGui::SetCursorScreenPos({second, y});
  show_picture(ui, reconstruction_, "plane.reconstruction", seen_.reconstruction, atlas.height, atlas.width, half);
  y += pair + ui.px(4);
  line(ui.fonts.small, {at.x, y}, ui.theme.text_faint, "picture");
  line(ui.fonts.small, {second, y}, ui.theme.text_faint, "reconstruction");
  y += small + ui.px(16);
  draw_legend(ui, stage, {at.x, y}, size.x);
}

// The other twin's plane, as it was when this one was built, and the same point in it.
void PlaneTab::draw_kept(ShellContext& context, ImVec2 at, float tools, float side) {
  Ui& ui = context.ui;
  const std::string name = fmt::format("{}, step {}", kept_variational_ ? "The VAE" : "The autoencoder",
                                       format_count(kept_.atlas()->step));
  const ImVec2 board(at.x, at.y + tools);
  const Atlas& atlas = *kept_.atlas();
  kept_.view() = board_.view();  // both planes, the same part
  kept_.draw(ui, board, side, layers_);
  context.exports.view(board, {board.x + side, board.y + side}, "twin-plane");
  draw_name(ui, board, side, true, name);
  // The same point of its plane. It can be decoded no more, but the grid behind the plane was, while it lived.
  const bool inside = std::max(std::abs(u_), std::abs(v_)) < atlas.radius;
  const auto tile = inside ? atlas.nearest_decoded(u_, v_) : std::vector<float>{};
  if (inside) {
    const ImVec2 point = kept_.to_screen(u_, v_);
    draw_point(ui, point);
    draw_bubble(ui, kept_bubble_, "plane.kept_bubble", tile, atlas, point, board, side);
  }
  draw_name(ui, board, side, false,
            inside ? fmt::format("the nearest of {0} × {0} decoded points", Atlas::kGrid)
                   : "the point lies outside this plane's square");
  double ink = 0;
  for (const float value : tile) ink += value;
  ui.marks.state("plane.kept_ink", ink);
  ImGui::SetCursorScreenPos({at.x + side - ui.px(28), at.y});
  if (icon_button(ui, "plane.dismiss", Icon::close, "This one alone", false, 28)) has_kept_ = false, ui.animate(0.1);
}

void PlaneTab::draw(ShellContext& context, VaeStage& stage) {
  Ui& ui = context.ui;
  ui.marks.state("plane.ready", board_.atlas() != nullptr && !decoded_.picture.empty());
  if (!board_.atlas()) {
    empty_state(ui, "A latent plane", "Held-out pictures as dots, and what the decoder draws between them.");
    return;
  }
  if (board_.atlas()->count == 0 && !layers_.manifold) layers_.manifold = true;
  const ImVec2 room = ImGui::GetContentRegionAvail(), at = ImGui::GetCursorScreenPos();
  const float tools = ui.px(38), boards = has_kept_ ? 2.0f : 1.0f, gap = ui.px(has_kept_ ? 20 : 28);
  const float widest = ui.px(252), least = std::min(widest, std::max(ui.px(176), room.x * 0.2f));
  const float side = std::floor(std::max(ui.px(160), std::min(room.y - tools, (room.x - least) / boards - gap)));
  const float column = std::min(widest, room.x - boards * (side + gap));
  // Boards and column stand in the middle together.
  float left = at.x + std::floor(std::max(0.0f, (room.x - boards * (side + gap) - column) * 0.5f));
  draw_layers(ui, {left, at.y});
  draw_board(context, stage, {left, at.y + tools}, side);
  if (has_kept_) {
    const std::string name =
        fmt::format("{}, step {}", variational_ ? "The VAE" : "The autoencoder", format_count(stage.snapshot->step));
    draw_name(ui, {left, at.y + tools}, side, true, name);
  }
  left += side + gap;
  if (has_kept_) {
    draw_kept(context, {left, at.y}, tools, side);
    left += side + gap;
  }
  draw_column(context, stage, {left, at.y}, {column, room.y});

  ui.marks.state("plane.u", static_cast<double>(u_));
  ui.marks.state("plane.v", static_cast<double>(v_));
  const bool there = decoded_.question.u == u_ && decoded_.question.v == v_ && !decoded_.picture.empty();
  ui.marks.state("plane.followed", there);
  double ink = 0;
  for (const float value : decoded_.picture) ink += value;
  ui.marks.state("plane.ink", ink);
  ui.marks.state("plane.step", static_cast<double>(decoded_.step));
  ui.marks.state("plane.hovered", seen_.index);
  ui.marks.state("plane.touched", touched_);
  ui.marks.state("plane.kept", has_kept_);
  if (!latencies_.empty()) {
    auto sorted = latencies_;
    std::sort(sorted.begin(), sorted.end());
    ui.marks.state("plane.latency_p95_ms",
                   1000 * sorted[static_cast<std::size_t>(0.95 * static_cast<double>(sorted.size() - 1))]);
  }
}

}  // namespace

std::unique_ptr<VaeTab> make_plane_tab() {
  return std::make_unique<PlaneTab>();
}

}  // namespace unveil
