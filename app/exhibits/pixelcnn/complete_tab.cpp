#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "app/exhibit/class_name.h"
#include "app/exhibits/pixelcnn/completion.h"
#include "app/exhibits/pixelcnn/tab.h"
#include "app/widgets/controls.h"
#include "app/widgets/drawing_canvas.h"
#include "app/widgets/image_grid.h"
#include "app/widgets/texture.h"
#include "engine/error.h"
#include "engine/models/pixelcnn/model.h"

namespace unveil {
namespace {

enum Source { held_out, by_hand };
enum Keep { top_half, left_half, brushed, ink_only };
constexpr float kBrush = 2;         // radius in picture pixels
constexpr double kPatience = 0.25;  // seconds

struct HeldOut {
  int index = 0, count = 0, label = 0;
  std::vector<std::uint8_t> bits;  // [height·width]
  std::uint64_t build = 0;
};

// Given pixels carry the data's colour, so that paper that was given differs from paper that was drawn.
ImU32 pixel_colour(const Theme& theme, bool ink, bool given) {
  const ImU32 plain = ink ? IM_COL32_WHITE : IM_COL32_BLACK;
  return given ? mix(plain, theme.data, ink ? 0.45f : 0.28f) : plain;
}
ImU32 unknown_colour(const Theme& theme) {
  return theme.dark ? IM_COL32(62, 72, 86, 255) : IM_COL32(176, 186, 198, 255);
}

class CompleteTab : public PixelCnnTab {
 public:
  std::string name() const override { return "Complete"; }
  std::string hint() const override { return "Erase a part of a picture, or draw one, and see nine ways to go on."; }
  void rebuilt(PixelCnnStage& stage) override;
  bool update(ShellContext& context, PixelCnnStage& stage) override;
  void draw(ShellContext& context, PixelCnnStage& stage) override;
  void draw_inspector(ShellContext& context, PixelCnnStage& stage) override;
  bool open(ShellContext& context, PixelCnnStage& stage, const Picture& picture) override;

 private:
  std::vector<std::uint8_t> source_bits() const;
  std::vector<float> known() const;
  void ask_held_out(ShellContext& context, PixelCnnStage& stage, int index);
  void launch(ShellContext& context, PixelCnnStage& stage);
  void draw_source(Ui& ui, ShellContext& context, PixelCnnStage& stage, float width, float height);
  void draw_mask_board(Ui& ui, ImVec2 size);
  void draw_completions(Ui& ui, ShellContext& context, PixelCnnStage& stage, ImVec2 size);

  int height_ = 28, width_ = 28;
  int source_ = held_out, keep_ = top_half;
  HeldOut picture_;
  bool asked_ = false;  // for a held-out picture that did not come yet
  DrawingCanvas canvas_;
  std::vector<std::uint8_t> erased_;  // [height·width], by the brush
  std::uint64_t seed_ = 1;
  int as_class_ = -1;    // of class-conditional models; negative: the picture's own, or one of each
  bool stale_ = true;    // what is shown answers another question
  double launched_ = 0;  // seconds
  std::shared_ptr<CompletionJob> job_;
  std::shared_ptr<Mailbox<CompletionFrame>> frames_ = std::make_shared<Mailbox<CompletionFrame>>();
  std::shared_ptr<Mailbox<HeldOut>> pictures_ = std::make_shared<Mailbox<HeldOut>>();
  CompletionFrame frame_;
  std::vector<float> given_;  // of the frame
  ImageGrid grid_;
  bool grid_dark_ = true, recolour_ = true;
  Texture board_;
  ImVec2 last_brush_{-1, -1};
};

void CompleteTab::rebuilt(PixelCnnStage& stage) {
  if (stage.height != height_ || stage.width != width_ || erased_.empty()) {
    height_ = stage.height, width_ = stage.width;
    canvas_ = DrawingCanvas(width_, height_);
    erased_.assign(static_cast<std::size_t>(height_ * width_), 0);
  }
  if (job_) job_->stop();
  job_.reset();
  frames_ = std::make_shared<Mailbox<CompletionFrame>>();
  frame_ = {};
  picture_.bits.clear();
  asked_ = false;
  stale_ = true;
  as_class_ = -1;
}

std::vector<std::uint8_t> CompleteTab::source_bits() const {
  if (source_ == held_out) return picture_.bits;
  std::vector<std::uint8_t> bits(canvas_.pixels().size());
  std::transform(canvas_.pixels().begin(), canvas_.pixels().end(), bits.begin(),
                 [](std::uint8_t v) { return static_cast<std::uint8_t>(v >= 128); });
  return bits;
}

std::vector<float> CompleteTab::known() const {
  const auto bits = source_bits();
  std::vector<float> result(bits.size());
  for (int i = 0; i < static_cast<int>(bits.size()); ++i) {
    const auto at = static_cast<std::size_t>(i);
    bool keep = true;
    if (keep_ == top_half) keep = i / width_ < height_ / 2;
    if (keep_ == left_half) keep = i % width_ < width_ / 2;
    if (keep_ == ink_only) keep = bits[at] != 0;
    if (keep_ == brushed) keep = erased_[at] == 0;
    result[at] = keep ? static_cast<float>(bits[at]) : -1.0f;
  }
  return result;
}

void CompleteTab::ask_held_out(ShellContext& context, PixelCnnStage& stage, int index) {
  asked_ = true;
  stage.trainer.post(stage.build, [index, mailbox = pictures_, wake = context.wake, build = stage.build](Run& run) {
    auto& model = static_cast<pixelcnn::BuiltPixelCnn&>(run.built());
    const ImageSet& set = run.data().test;
    HeldOut found{0, set.count, 0, {}, build};
    if (set.count > 0) {
      const auto pixels = static_cast<std::ptrdiff_t>(model.height()) * model.width();
      found.index = ((index % set.count) + set.count) % set.count;
      const auto from = model.binarized(1).begin() + found.index * pixels;
      found.bits.assign(from, from + pixels);
      if (!set.labels.empty()) found.label = set.labels[static_cast<std::size_t>(found.index)];
    }
    mailbox->put(std::move(found));
    wake();
  });
}

void CompleteTab::launch(ShellContext& context, PixelCnnStage& stage) {
  if (job_) job_->stop();
  CompletionRequest request;
  request.known = known();
  request.seed = seed_;
  for (int n = 0; n < kCompletions && stage.architecture.classes > 0; ++n) {
    const int own = source_ == held_out ? picture_.label : n;
    request.labels.push_back(
        static_cast<std::uint32_t>((as_class_ < 0 ? own : as_class_) % stage.architecture.classes));
  }
  given_ = request.known;
  frame_ = {};
  frames_ = std::make_shared<Mailbox<CompletionFrame>>();
  job_ = std::make_shared<CompletionJob>(std::move(request), frames_, context.wake);
  launched_ = context.ui.now;
  stage.trainer.add(stage.build, job_);
  stale_ = false;
}

bool CompleteTab::update(ShellContext& context, PixelCnnStage& stage) {
  if (!stage.snapshot || !stage.snapshot->ready || stage.build == 0) return false;
  bool changed = false;
  if (erased_.empty()) rebuilt(stage);
  if (auto picture = pictures_->take(); picture && picture->build == stage.build) {
    picture_ = std::move(*picture);
    if (picture_.count == 0) source_ = by_hand;
    stale_ = changed = true;
  }
  if (!asked_) ask_held_out(context, stage, picture_.index);
  // Under a moving brush every stroke asks anew: a drawing under way gets a while to be seen.
  const bool patient = job_ && !frame_.done && context.ui.now - launched_ < kPatience;
  if (stale_ && !patient && !source_bits().empty()) launch(context, stage), changed = true;
  if (auto frame = frames_->take()) {
    frame_ = std::move(*frame);
    recolour_ = changed = true;
  }
  return changed;
}

void CompleteTab::draw_mask_board(Ui& ui, ImVec2 size) {
  const float bar = ui.px(40);
  const float cell = std::max(1.0f, std::floor(std::min((size.x - 2) / static_cast<float>(width_),
                                                        (size.y - bar - 2) / static_cast<float>(height_))));
  const ImVec2 extent(cell * static_cast<float>(width_), cell * static_cast<float>(height_));
  const ImVec2 corner = ImGui::GetCursorScreenPos(), at(corner.x + 1, corner.y + 1);
  ImGui::SetCursorScreenPos(at);
  ImGui::InvisibleButton("complete.board", extent,
                         ImGuiButtonFlags_MouseButtonLeft | ImGuiButtonFlags_MouseButtonRight);
  ui.marks.item("complete.board");
  const bool hovered = ImGui::IsItemHovered();
  const ImVec2 mouse = ImGui::GetIO().MousePos;
  if (ImGui::IsItemActive()) {
    // A first stroke on a half picture turns that half into the brush's own.
    if (keep_ != brushed) {
      const auto now = known();
      for (std::size_t i = 0; i < now.size(); ++i) erased_[i] = now[i] < 0;
      keep_ = brushed;
    }
    const ImVec2 here((mouse.x - at.x) / cell, (mouse.y - at.y) / cell);
    const ImVec2 from = last_brush_.x < -0.5f ? here : last_brush_;
    const std::uint8_t mark = ImGui::IsMouseDown(ImGuiMouseButton_Right) ? 0 : 1;
    const int steps = std::max(1, static_cast<int>(2 * std::hypot(here.x - from.x, here.y - from.y)));
    for (int s = 0; s <= steps; ++s) {
      const float t = static_cast<float>(s) / static_cast<float>(steps);
      const float x = from.x + (here.x - from.x) * t, y = from.y + (here.y - from.y) * t;
      for (int row = 0; row < height_; ++row)
        for (int column = 0; column < width_; ++column) {
          auto& pixel = erased_[static_cast<std::size_t>(row * width_ + column)];
          if (std::hypot(static_cast<float>(column) + 0.5f - x, static_cast<float>(row) + 0.5f - y) > kBrush)
            continue;
          stale_ = stale_ || pixel != mark;
          pixel = mark;
        }
    }
    last_brush_ = here;
    ui.animate(0.1);
  } else {
    last_brush_ = {-1, -1};
  }
  const auto shown = known();
  std::vector<ImU32> colours(shown.size());
  std::transform(shown.begin(), shown.end(), colours.begin(),
                 [&](float v) { return v < 0 ? unknown_colour(ui.theme) : pixel_colour(ui.theme, v > 0.5f, true); });
  if (!colours.empty()) board_.upload(width_, height_, colours);
  ImDrawList* list = ImGui::GetWindowDrawList();
  if (!colours.empty()) list->AddImage(board_.id(), at, {at.x + extent.x, at.y + extent.y});
  list->AddRect({at.x - 1, at.y - 1}, {at.x + extent.x + 1, at.y + extent.y + 1},
                hovered ? ui.theme.accent : ui.theme.raised_active);
  if (hovered) list->AddCircle(mouse, kBrush * cell, ui.theme.accent, 24, ui.px(1.5f));
  ImGui::SetCursorScreenPos({at.x, at.y + extent.y + ui.px(6)});
  const bool any = std::any_of(shown.begin(), shown.end(), [](float v) { return v < 0; });
  if (button(ui, "complete.restore", std::nullopt, "Restore all", ButtonKind::quiet, any, true)) {
    std::fill(erased_.begin(), erased_.end(), std::uint8_t{0});
    keep_ = brushed;
    stale_ = true;
  }
  ImGui::SameLine(0, ui.px(4));
  ImGui::SetCursorScreenPos({ImGui::GetCursorScreenPos().x, at.y + extent.y + ui.px(6 + 6)});
  text(ui.fonts.small, ui.theme.text_faint, "drag erases · right button restores");
}

void CompleteTab::draw_source(Ui& ui, ShellContext& context, PixelCnnStage& stage, float width, float height) {
  ImGui::BeginGroup();
  const ImVec2 at = ImGui::GetCursorScreenPos();
  static const std::vector<std::string> kSources{"Held-out", "Drawn"};
  const int before = source_;
  if (segmented(ui, "complete.source", kSources, source_)) {
    if (source_ == held_out && picture_.count == 0) {
      context.notices.info("The data have no held-out pictures: draw one, or drop one.");
      source_ = before;
    }
    if (source_ == held_out && keep_ == ink_only) keep_ = top_half;
    stale_ = true;
  }
  if (source_ == held_out && picture_.count > 0) {
    ImGui::SameLine(0, ui.px(12));
    if (button(ui, "complete.previous", std::nullopt, "‹", ButtonKind::quiet, true, false))
      ask_held_out(context, stage, picture_.index - 1);
    ImGui::SameLine(0, ui.px(2));
    if (button(ui, "complete.next", std::nullopt, "›", ButtonKind::quiet, true, false))
      ask_held_out(context, stage, picture_.index + 1);
    ImGui::SameLine(0, ui.px(4));
    ImGui::SetCursorScreenPos({ImGui::GetCursorScreenPos().x, at.y + ui.px(9)});
    text(ui.fonts.small, ui.theme.text_dim, fmt::format("{} of {}", picture_.index + 1, picture_.count));
  }
  // Board, tools and the choice below them stand close together, whichever of width and height limits the board.
  const float top = at.y + ui.px(44), tools = ui.px(40);
  const float cell =
      std::max(1.0f, std::floor(std::min((width - 2) / static_cast<float>(width_),
                                         (height - ui.px(44 + 44) - tools - 2) / static_cast<float>(height_))));
  const float board = cell * static_cast<float>(height_) + 2 + tools;
  ImGui::SetCursorScreenPos({at.x, top});
  if (source_ == by_hand && keep_ != brushed) {
    if (canvas_.draw(ui, "complete.canvas", {width, board})) stale_ = true;
    const ImVec2 a(at.x + 1, top + 1),
        b(a.x + cell * static_cast<float>(width_), a.y + cell * static_cast<float>(height_));
    const ImVec2 cut(keep_ == left_half ? a.x + cell * static_cast<float>(width_ / 2) : a.x,
                     keep_ == top_half ? a.y + cell * static_cast<float>(height_ / 2) : a.y);
    if (keep_ != ink_only)
      ImGui::GetWindowDrawList()->AddRectFilled(cut, b, with_alpha(unknown_colour(ui.theme), 0.82f));
  } else {
    draw_mask_board(ui, {width, board});
  }
  ImGui::SetCursorScreenPos({at.x, top + board + ui.px(14)});
  text(ui.fonts.small, ui.theme.text_dim, "Keep");
  ImGui::SameLine(0, ui.px(10));
  ImGui::SetCursorScreenPos({ImGui::GetCursorScreenPos().x, top + board + ui.px(8)});
  std::vector<std::string> keeps{"Top half", "Left half", "By brush"};
  if (source_ == by_hand) keeps.push_back("Ink only");
  if (segmented(ui, "complete.keep", keeps, keep_, true)) stale_ = true;
  ImGui::EndGroup();
}

void CompleteTab::draw_completions(Ui& ui, ShellContext& context, PixelCnnStage& stage, ImVec2 size) {
  ImGui::BeginGroup();
  const ImVec2 at = ImGui::GetCursorScreenPos();
  if (button(ui, "complete.again", Icon::reset, "Again", ButtonKind::primary)) ++seed_, stale_ = true;
  tooltip(ui, "Nine other ways: new random numbers");
  ImGui::SameLine(0, ui.px(14));
  ImGui::SetCursorScreenPos({ImGui::GetCursorScreenPos().x, at.y + ui.px(9)});
  const bool moved = frame_.last_step > frame_.first_step;
  std::string line = fmt::format("random numbers {} · weights of step {}", seed_, frame_.first_step);
  if (moved) line += fmt::format(" to {}", frame_.last_step);
  text(ui.fonts.small, ui.theme.text_dim, fit(ui.fonts.small, line, size.x - ui.px(130)));

  const int pixels = height_ * width_;
  const float top = at.y + ui.px(44), note = ui.px(56);
  if (static_cast<int>(given_.size()) == pixels) {
    if (recolour_ || grid_dark_ != ui.theme.dark) {
      std::vector<ImU32> colours(static_cast<std::size_t>(kCompletions * pixels));
      for (int i = 0; i < kCompletions * pixels; ++i) {
        const int k = i % pixels;
        const float given = given_[static_cast<std::size_t>(k)];
        const bool there = k < frame_.reached && !frame_.canvas.empty();
        colours[static_cast<std::size_t>(i)] =
            given >= 0 ? pixel_colour(ui.theme, given > 0.5f, true)
            : there    ? pixel_colour(ui.theme, frame_.canvas[static_cast<std::size_t>(i)] > 0.5f, false)
                       : unknown_colour(ui.theme);
      }
      grid_.set_colours(kCompletions, height_, width_, std::move(colours), ui.now);
      recolour_ = false, grid_dark_ = ui.theme.dark;
    }
    ImGui::SetCursorScreenPos({at.x, top});
    ImageGridOptions options;
    options.columns = 3, options.gap = 8, options.centre = false;
    const auto result = grid_.draw(ui, "complete.grid", {size.x, size.y - ui.px(44) - note}, options);
    context.exports.view(result.min, result.max, "completions");
    ImGui::SetCursorScreenPos({at.x, result.max.y + ui.px(10)});
    const int unforeseen = unforeseen_pixels(given_);
    const bool all = std::none_of(given_.begin(), given_.end(), [](float v) { return v < 0; });
    std::string words =
        "All known pixels come before the unknown ones in raster order: these are exact draws from "
        "p(unknown | known).";
    if (moved)
      words =
          "All known pixels come before the unknown ones in raster order: nothing unforeseen. Training went on "
          "meanwhile, so later pixels come from slightly newer weights.";
    if (all) words = "Nothing is erased: all nine are the picture itself.";
    if (unforeseen > 0)
      words = fmt::format(
          "Not exact: {} known pixels come after unknown ones in raster order. They are kept as the fill "
          "passes them, but what is drawn before could not foresee them.",
          unforeseen);
    ImGui::PushFont(ui.fonts.small);
    ImGui::PushStyleColor(ImGuiCol_Text, unforeseen > 0 ? ui.theme.prediction : ui.theme.text_dim);
    ImGui::PushTextWrapPos(ImGui::GetCursorPosX() + size.x);
    ImGui::TextUnformatted(words.c_str());
    ImGui::PopTextWrapPos();
    ImGui::PopStyleColor();
    ImGui::PopFont();
    ui.marks.state("complete.exact", unforeseen == 0 && !moved);
    ui.marks.state("complete.known",
                   static_cast<double>(std::count_if(given_.begin(), given_.end(), [](float v) { return v >= 0; })));
  }
  ImGui::EndGroup();
  static_cast<void>(stage);
}

void CompleteTab::draw(ShellContext& context, PixelCnnStage& stage) {
  Ui& ui = context.ui;
  if (!stage.snapshot || !stage.snapshot->ready || erased_.empty()) {
    empty_state(ui, "Nine completions of half a picture", "They appear as soon as the model is built.");
    return;
  }
  const ImVec2 room = ImGui::GetContentRegionAvail(), at = ImGui::GetCursorScreenPos();
  const float least = ui.px(300), gap = ui.px(room.x < ui.px(800) ? 24 : 40);
  const float source = std::max(least, std::min(std::floor(room.x * 0.42f), room.y - ui.px(124)));
  const bool was = stale_;
  const std::uint64_t seed = seed_;
  draw_source(ui, context, stage, source, room.y);
  ImGui::SetCursorScreenPos({at.x + source + gap, at.y});
  draw_completions(ui, context, stage, {room.x - source - gap, room.y});
  if (stale_ && !was) recolour_ = true;
  if (stale_ || seed != seed_) ui.animate(0.1);
  ui.marks.state("complete.done", frame_.done && !stale_);
  ui.marks.state("complete.seed", static_cast<double>(seed_));
  ui.marks.state("complete.picture", picture_.index);
  ui.marks.state("complete.source", source_ == held_out ? "held-out" : "drawn");
  double ink = 0;
  for (const float v : frame_.canvas) ink += v;
  ui.marks.state("complete.ink", ink);
}

void CompleteTab::draw_inspector(ShellContext& context, PixelCnnStage& stage) {
  Ui& ui = context.ui;
  if (stage.architecture.classes == 0) return;
  if (!section(ui, "section.complete", "Drawn as class")) return;
  std::vector<std::string> names{source_ == held_out ? "own" : "each"};
  for (int c = 0; c < stage.architecture.classes; ++c) names.push_back(class_name(stage, c));
  int chosen = as_class_ + 1;
  float needed = 0;
  for (const auto& name : names) needed += measure(ui.fonts.small, name).x + ui.px(18);
  bool changed = false;
  if (needed <= ImGui::GetContentRegionAvail().x) {
    changed = segmented(ui, "complete.class", names, chosen, true);
  } else {
    ImGui::SetNextItemWidth(ImGui::GetContentRegionAvail().x);
    if (ImGui::BeginCombo("##class", names[static_cast<std::size_t>(chosen)].c_str())) {
      for (int i = 0; i < static_cast<int>(names.size()); ++i)
        if (ImGui::Selectable(names[static_cast<std::size_t>(i)].c_str(), i == chosen)) chosen = i, changed = true;
      ImGui::EndCombo();
    }
    ui.marks.item("complete.class");
  }
  if (changed) as_class_ = chosen - 1, stale_ = true;
}

bool CompleteTab::open(ShellContext& context, PixelCnnStage& stage, const Picture& picture) {
  if (height_ != width_)
    throw Error(fmt::format("a picture can be completed by models of square pictures; this one draws {}×{}", width_,
                            height_));
  auto grey = fit_grey(picture, width_);
  // White paper with dark ink is turned over: these pictures are light on dark.
  double mean = 0;
  for (const auto v : grey) mean += v / (255.0 * static_cast<double>(grey.size()));
  if (mean > 0.5)
    for (auto& v : grey) v = static_cast<std::uint8_t>(255 - v);
  canvas_.set(grey);
  source_ = by_hand;
  stale_ = true;
  context.ui.animate(0.2);
  static_cast<void>(stage);
  return true;
}

}  // namespace

std::unique_ptr<PixelCnnTab> make_complete_tab() {
  return std::make_unique<CompleteTab>();
}

}  // namespace unveil
