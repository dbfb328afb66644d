#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "app/exhibit/class_name.h"
#include "app/exhibits/pixelcnn/drawing_desk.h"
#include "app/exhibits/pixelcnn/fill_player.h"
#include "app/exhibits/pixelcnn/pixel_card.h"
#include "app/exhibits/pixelcnn/tab.h"
#include "app/widgets/choice.h"
#include "app/widgets/controls.h"
#include "app/widgets/format.h"
#include "app/widgets/image_grid.h"

namespace unveil {
namespace {

using pixelcnn::Drawing;

constexpr double kHold = 1.8;        // seconds that a finished picture stays before the next one begins
constexpr int kUntouchedFills = 12;  // pictures in a row that are filled unasked; then the window comes to rest
constexpr int kMostBits = 4;         // upper end of the bits' colours

enum Layer { picture_layer, probability_layer, bits_layer, difference_layer };

// A picture being filled, the numbers behind each pixel, and its siblings.
class FillTab : public PixelCnnTab {
 public:
  std::string name() const override { return "Fill"; }
  std::string hint() const override {
    return "Each pixel is drawn from a probability: point at one to see it, click it to turn it over.";
  }
  void rebuilt(PixelCnnStage& stage) override;
  bool update(ShellContext& context, PixelCnnStage& stage) override;
  void draw(ShellContext& context, PixelCnnStage& stage) override;
  void draw_inspector(ShellContext& context, PixelCnnStage& stage) override;

 private:
  void draw_large(ShellContext& context, PixelCnnStage& stage, ImVec2 size);
  void draw_controls(ShellContext& context, PixelCnnStage& stage, float width);
  void draw_grid(ShellContext& context, PixelCnnStage& stage, ImVec2 size);
  ImU32 colour(const Theme& theme, const Drawing& drawing, int picture, int pixel, int layer) const;
  void next_picture(PixelCnnStage& stage);
  void touched() { untouched_ = kUntouchedFills; }

  DrawingDesk desk_;
  FillPlayer player_;
  ImageGrid large_, grid_;
  int layer_ = picture_layer, hovered_ = -1;
  int untouched_ = 0;  // fills since the hand did something
  std::uint64_t seen_ = 0;
  float log_temperature_ = 0.5f;
};

void FillTab::rebuilt(PixelCnnStage& stage) {
  desk_.rebuild(stage);
  layer_ = picture_layer;
  untouched_ = 0;
  seen_ = 0;
}

bool FillTab::update(ShellContext& context, PixelCnnStage& stage) {
  Ui& ui = context.ui;
  // Seen whole, the picture learns along with the model; under the hand it stays what it is.
  desk_.follow = player_.speed == FillPlayer::instant && player_.playing && hovered_ < 0;
  bool changed = desk_.update(stage, ui.now);
  const auto watched = desk_.watched();
  if (!watched) return changed;
  if (watched->id != seen_) {
    const bool followed = desk_.follow && !desk_.forked() && seen_ != 0;
    seen_ = watched->id;
    if (followed) player_.place(watched->pixels());
    if (!followed) player_.place(std::max(0, watched->fork_pixel));
    player_.playing = true;
  }
  changed =
      player_.update(ui, watched->width, watched->reached,
                     std::span(watched->probabilities)
                         .subspan(watched->at(desk_.picture(), 0), static_cast<std::size_t>(watched->pixels()))) ||
      changed;
  if (desk_.busy()) ui.look_again(ui.now + 0.05);
  // One picture after the other, until the hand takes part or nobody seems to look.
  if (player_.done(watched->pixels()) && player_.playing && !desk_.forked() && untouched_ < kUntouchedFills &&
      player_.speed != FillPlayer::instant) {
    const double due = player_.finished_at() + kHold;
    if (ui.now >= due)
      next_picture(stage), changed = true;
    else
      ui.look_again(due);
  }
  auto& marks = ui.marks;
  marks.state("fill.pixel", player_.shown());
  marks.state("fill.done", player_.done(watched->pixels()));
  marks.state("fill.playing", player_.playing && !player_.done(watched->pixels()));
  marks.state("fill.picture", desk_.picture());
  marks.state("fill.forked", desk_.forked());
  marks.state("fill.reached", watched->reached);
  marks.state("samples.count",
              desk_.samples() && desk_.samples()->reached == desk_.samples()->pixels() ? desk_.samples()->count : 0);
  marks.state("samples.step", desk_.samples() ? static_cast<double>(desk_.samples()->step) : -1.0);
  return changed;
}

void FillTab::next_picture(PixelCnnStage& stage) {
  if (!stage.snapshot->playing) ++untouched_;
  if (desk_.samples()) {
    desk_.watch(desk_.samples(), (desk_.picture() + 1) % desk_.samples()->count);
    seen_ = desk_.samples()->id;
  }
  player_.start_over();
}

ImU32 FillTab::colour(const Theme& theme, const Drawing& d, int picture, int pixel, int layer) const {
  switch (layer) {
    case probability_layer: return mix(ink_colour(false), ink_colour(true), d.probabilities[d.at(picture, pixel)]);
    case bits_layer: return viridis(d.bits(picture, pixel) / kMostBits);
    case difference_layer: {
      const bool before = d.ink(0, pixel), after = d.ink(picture, pixel);
      if (before != after) return after ? theme.positive : theme.negative;
      return mix(ink_colour(after), theme.stage, 0.45f);
    }
    default: return ink_colour(d.ink(picture, pixel));
  }
}

void FillTab::draw_large(ShellContext& context, PixelCnnStage& stage, ImVec2 size) {
  Ui& ui = context.ui;
  const auto watched = desk_.watched();  // a click below may change what is watched
  const auto& d = *watched;
  const int picture = desk_.picture(), pixels = d.pixels(), shown = std::min(player_.shown(), d.reached);
  const int layer = layer_ == difference_layer && !desk_.forked() ? picture_layer : layer_;
  // What is not drawn yet is neither ink nor paper.
  const ImU32 undrawn = mix(ui.theme.raised, ui.theme.accent, ui.theme.dark ? 0.10f : 0.14f);
  std::vector<ImU32> colours(static_cast<std::size_t>(pixels), undrawn);
  for (int k = 0; k < shown; ++k) colours[static_cast<std::size_t>(k)] = colour(ui.theme, d, picture, k, layer);
  large_.set_colours(1, d.height, d.width, std::move(colours), ui.now);
  ImageGridOptions options;
  options.largest = 40;
  options.centre = false;
  options.fade_in = desk_.follow && stage.snapshot->playing;
  const auto view = large_.draw(ui, "fill.picture", size, options);
  context.exports.view(view.min, view.max, "fill");

  ImDrawList* list = ImGui::GetWindowDrawList();
  const auto f = static_cast<float>(view.shape.factor);
  const auto frame = [&](int pixel, ImU32 ink, float outset, float thickness) {
    const ImVec2 a(view.min.x + f * static_cast<float>(pixel % d.width) - outset,
                   view.min.y + f * static_cast<float>(pixel / d.width) - outset);
    list->AddRect(a, {a.x + f + 2 * outset, a.y + f + 2 * outset}, ink, 0, 0, thickness);
  };
  for (int k = 0; k < shown; ++k)
    if (d.given[d.at(picture, k)] >= 0) frame(k, ui.theme.selection, 0, std::max(2.0f, ui.px(2)));
  if (shown < pixels) frame(shown, ui.theme.prediction, ui.px(1), std::max(2.0f, ui.px(2)));
  hovered_ = view.hovered == 0 ? view.pixel_y * d.width + view.pixel_x : -1;
  if (hovered_ >= 0 && hovered_ < shown) frame(hovered_, ui.theme.accent, ui.px(1), std::max(2.0f, ui.px(2)));
  ui.marks.state("fill.hovered", hovered_);
  if (view.clicked == 0 && hovered_ >= 0 && hovered_ < shown) {
    touched();
    desk_.force(stage, hovered_);
  }
}

void FillTab::draw_controls(ShellContext& context, PixelCnnStage& stage, float width) {
  Ui& ui = context.ui;
  const auto watched = desk_.watched();  // a click below may change what is watched
  const auto& d = *watched;
  const int pixels = d.pixels();
  const bool done = player_.done(pixels), running = player_.playing && !done;
  if (icon_button(ui, "fill.play",
                  done      ? Icon::reset
                  : running ? Icon::pause
                            : Icon::play,
                  done      ? "Fill this picture again"
                  : running ? "Hold the fill"
                            : "Go on filling",
                  false, 28)) {
    untouched_ = 0;
    if (done)
      player_.start_over();
    else
      player_.playing = !player_.playing;
  }
  ImGui::SameLine(0, ui.px(8));
  int position = player_.shown();
  const ImVec2 at = ImGui::GetCursorScreenPos();
  ImGui::SetCursorScreenPos({at.x, at.y + ui.px(2)});
  if (scrubber(ui, "fill.scrub", position, pixels + 1, d.reached, width - ui.px(36)).changed) {
    touched();
    player_.playing = false;
    player_.place(position);
  }
  tooltip(ui, "Back and forth over the fill");
  ImGui::SetCursorScreenPos({at.x - ui.px(36), at.y + ui.px(36)});
  static const std::string kSpeeds[] = {"Explain", "Watch", "Instant"};
  int speed = player_.speed;
  if (segmented(ui, "fill.speed", kSpeeds, speed, true)) {
    player_.speed = speed;
    untouched_ = 0;
    if (done && speed != FillPlayer::instant) player_.start_over();
    player_.playing = true;
  }
  ImGui::SameLine(0, ui.px(12));
  if (button(ui, "fill.reroll", std::nullopt, "New random numbers", ButtonKind::normal, true, true)) {
    untouched_ = 0;
    ++desk_.seed;
    desk_.redraw(stage);
  }
  tooltip(ui, "Draws 64 new pictures from the next seed");
}

void FillTab::draw_grid(ShellContext& context, PixelCnnStage& stage, ImVec2 size) {
  Ui& ui = context.ui;
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const bool fork = desk_.forked();
  const auto shown = fork ? desk_.watched() : desk_.samples();  // "Back" changes what is watched
  if (!shown) return;
  const Drawing& d = *shown;
  ImDrawList* list = ImGui::GetWindowDrawList();
  const auto line = [&](ImVec2 where, ImFont* font, ImU32 ink, const std::string& what) {
    list->AddText(font, font->FontSize, where, ink, what.c_str());
    return measure(font, what).x;
  };
  float x = at.x;
  if (fork) {
    x += line({x, at.y}, ui.fonts.bold, ui.theme.text,
              fmt::format("Row {}, column {} turned over", d.fork_pixel / d.width + 1, d.fork_pixel % d.width + 1));
    const float right = at.x + size.x, wide = measure(ui.fonts.small, "Back").x + ui.px(20);
    ImGui::SetCursorScreenPos({right - wide, at.y - ui.px(5)});
    if (button(ui, "fill.back", std::nullopt, "Back", ButtonKind::normal, true, true)) {
      desk_.step_back();
      seen_ = desk_.watched()->id;
      player_.place(std::min(player_.shown(), desk_.watched()->reached));
      ui.animate(0.1);
    }
    tooltip(ui, "To the picture before");
  } else {
    x += line({x, at.y}, ui.fonts.bold, ui.theme.text, "Samples") + ui.px(10);
    line({x, at.y + ui.px(3)}, ui.fonts.small, ui.theme.text_faint,
         fit(ui.fonts.small, fmt::format("seed {} · step {} · click one to watch it", d.seed, format_count(d.step)),
             at.x + size.x - x));
  }
  if (!desk_.watched()) return;
  const float head = ui.px(30), foot = fork ? ui.px(24) : 0;
  const ImVec2 area(size.x, size.y - head - foot);
  // As many as can be shown twice enlarged; of a fork fewer and larger ones, when a dozen have room.
  const float gap = ui.px(6);
  int columns = 1, rows = 1;
  for (const float enlarged : {4.0f, 3.0f, 2.0f}) {
    const float factor = std::max(1.0f, std::floor(enlarged * ui.scale));
    columns = std::max(1, static_cast<int>((area.x + gap) / (static_cast<float>(d.width) * factor + gap)));
    rows = std::max(1, static_cast<int>((area.y + gap) / (static_cast<float>(d.height) * factor + gap)));
    if (columns * rows >= (fork ? 12 : d.count)) break;
  }
  const int count = std::min(d.count, columns * rows);
  // Beside training the grid shows whole pictures; otherwise all are filled together with the large one.
  const bool together = fork || (!stage.snapshot->playing && desk_.watched()->id == d.id);
  const int until = std::min(d.reached, together ? player_.shown() : d.pixels());
  const ImU32 undrawn = mix(ui.theme.raised, ui.theme.accent, 0.06f);
  std::vector<ImU32> colours(static_cast<std::size_t>(count * d.pixels()), undrawn);
  for (int i = 0; i < count; ++i) {
    const int drawn = fork && i == 0 ? d.pixels() : until;
    for (int k = 0; k < drawn; ++k) colours[d.at(i, k)] = ink_colour(d.ink(i, k));
  }
  grid_.set_colours(count, d.height, d.width, std::move(colours), ui.now);
  std::vector<ImU32> frames(static_cast<std::size_t>(count), 0);
  if (fork) frames[0] = ui.theme.data;
  if (fork && count > 1) frames[1] = ui.theme.prediction;
  ImageGridOptions options;
  options.fade_in = !together && d.reached == d.pixels();
  options.columns = columns;
  options.centre = false;
  options.frames = frames;
  const bool selectable = desk_.watched()->id == d.id;
  options.selected = selectable && !(fork && desk_.picture() < 2) ? desk_.picture() : -1;
  if (options.selected >= count) options.selected = -1;
  ImGui::SetCursorScreenPos({at.x, at.y + head});
  const auto view = grid_.draw(ui, "fill.grid", area, options);
  context.exports.view(view.min, view.max, fork ? "fork" : "samples");
  if (fork) {
    float lx = at.x;
    const float y = view.max.y + ui.px(8);
    const auto label = [&](const char* what, ImU32 ink) {
      list->AddRectFilled({lx, y + ui.px(3)}, {lx + ui.px(10), y + ui.px(13)}, ink, ui.px(2));
      lx += ui.px(16);
      lx += line({lx, y}, ui.fonts.small, ui.theme.text_dim, what) + ui.px(16);
    };
    label("before", ui.theme.data);
    label("same random numbers", ui.theme.prediction);
    label("other random numbers", ui.theme.text_faint);
  }
  if (view.clicked < 0) return;
  touched();
  desk_.watch(shown, view.clicked);
  seen_ = desk_.watched()->id;
  if (!fork) player_.start_over();
  ui.animate(0.1);
}

void FillTab::draw(ShellContext& context, PixelCnnStage& stage) {
  Ui& ui = context.ui;
  const auto watched = desk_.watched();  // controls below may change what is watched
  if (!watched) {
    empty_state(ui, "The first pictures are being drawn", "They appear here pixel by pixel, in a moment.");
    return;
  }
  const ImVec2 at = ImGui::GetCursorScreenPos(), room = ImGui::GetContentRegionAvail();
  const float gap = ui.px(32), head = ui.px(34), controls = ui.px(76);
  const float side = std::min(room.y - head - controls, room.x * 0.5f);
  const float f = std::max(1.0f, std::floor(side / static_cast<float>(std::max(watched->width, watched->height))));
  const float width = f * static_cast<float>(watched->width), height = f * static_cast<float>(watched->height);
  const float left = std::max(width, ui.px(300));

  static const std::string kLayers[] = {"Picture", "Probability", "Bits", "Difference"};
  const std::size_t layers = desk_.forked() ? 4 : 3;
  int layer = std::min(layer_, static_cast<int>(layers) - 1);
  if (segmented(ui, "fill.layer", std::span(kLayers, layers), layer, true)) layer_ = layer;
  ImGui::SetCursorScreenPos({at.x, at.y + head});
  draw_large(context, stage, {width, height});
  ImGui::SetCursorScreenPos({at.x, at.y + head + height + ui.px(8)});
  draw_controls(context, stage, left);

  const float x = at.x + left + gap, rest = at.x + room.x - x;
  if (rest < ui.px(160)) return;
  const int drawn = std::min(player_.shown(), watched->reached);
  PixelCard card{.drawing = watched.get(), .picture = desk_.picture(), .pixel = drawn - 1, .drawn = drawn};
  if (hovered_ >= 0) card.pixel = hovered_, card.hovered = true;
  const float card_height = ui.px(118);
  ImGui::SetCursorScreenPos({x, at.y});
  draw_pixel_card(ui, card, {rest, card_height});
  const ImVec2 hint(x, at.y + card_height + ui.px(4));
  ImGui::GetWindowDrawList()->AddText(
      ui.fonts.small, ui.fonts.small->FontSize, hint, ui.theme.text_faint,
      fit(ui.fonts.small, "Point at a pixel to see how it was drawn; click it to turn it over.", rest).c_str());
  ImGui::SetCursorScreenPos({x, at.y + card_height + ui.px(40)});
  draw_grid(context, stage, {rest, room.y - card_height - ui.px(40)});
}

void FillTab::draw_inspector(ShellContext& context, PixelCnnStage& stage) {
  Ui& ui = context.ui;
  if (!section(ui, "section.drawing", "Drawing")) return;
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float width = ImGui::GetContentRegionAvail().x;
  const std::string value = fmt::format("{:.2f}", desk_.temperature);
  text(ui.fonts.body, ui.theme.text_dim, "temperature");
  tooltip(ui, "Divides the logits: below 1 safer, above 1 wilder");
  ImGui::GetWindowDrawList()->AddText(ui.fonts.body, ui.fonts.body->FontSize,
                                      {at.x + width - measure(ui.fonts.body, value).x, at.y}, ui.theme.text,
                                      value.c_str());
  ImGui::SetCursorScreenPos({at.x, at.y + ui.px(18)});
  // From a quarter to four, one in the middle.
  const auto moved = slider(ui, "drawing.temperature", log_temperature_, width, ui.theme.accent);
  if (moved.changed) {
    if (std::abs(log_temperature_ - 0.5f) < 0.02f) log_temperature_ = 0.5f;
    desk_.temperature = std::round(std::pow(4.0f, 2 * log_temperature_ - 1) * 100) / 100;
    untouched_ = 0;
    desk_.redraw(stage);
  }
  ui.marks.state("drawing.temperature", static_cast<double>(desk_.temperature));
  ImGui::SetCursorScreenPos({at.x, at.y + ui.px(48)});
  if (stage.classes > 0) {
    text(ui.fonts.body, ui.theme.text_dim, "class");
    std::vector<std::string> names{"all"};
    for (int i = 0; i < std::min(10, stage.classes); ++i) names.push_back(class_name(stage, i));
    int chosen = desk_.label + 1;
    if (choice(ui, "drawing.class", names, chosen, true)) {
      desk_.label = chosen - 1;
      untouched_ = 0;
      desk_.redraw(stage);
    }
    ImGui::Dummy({1, ui.px(6)});
  }
  const ImVec2 row = ImGui::GetCursorScreenPos();
  text(ui.fonts.body, ui.theme.text_dim, "draw anew while training");
  ImGui::SetCursorScreenPos({row.x + width - ui.px(36), row.y});
  toggle(ui, "drawing.live", desk_.live);
  ImGui::Dummy({1, ui.px(2)});
}

}  // namespace

std::unique_ptr<PixelCnnTab> make_fill_tab() {
  return std::make_unique<FillTab>();
}

}  // namespace unveil
