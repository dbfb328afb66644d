#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "app/exhibit/asker.h"
#include "app/exhibit/class_name.h"
#include "app/exhibits/vae/tab.h"
#include "app/widgets/controls.h"
#include "app/widgets/drawing_canvas.h"
#include "app/widgets/format.h"
#include "engine/error.h"
#include "engine/models/vae/model.h"

namespace unveil {
namespace {

constexpr int kFrames = 32;  // decoded along the path, both ends included
constexpr double kFrameSeconds = 0.07;
constexpr double kEndSeconds = 0.7;
constexpr double kFollow = 0.25;  // seconds between two decodings while the model learns
constexpr double kUnasked = 24;   // seconds that the animation plays untouched; then the window rests
constexpr int kExportScale = 6;

enum Source { held_out, by_hand };

// One end: a held-out picture by number, or a drawn one.
struct End {
  int index = 0;
  std::vector<std::uint8_t> drawn;  // [H·W]; empty: the held-out picture
};
struct PathQuestion {
  End a, b;
  bool spherical = false;
};
struct PathAnswer {
  std::vector<float> ends, reconstructions;  // [2][H·W]
  std::vector<float> codes;                  // [2][Z]
  std::vector<float> frames;                 // [kFrames][H·W]
  int indices[2] = {0, 0}, labels[2] = {-1, -1}, held_out = 0;
  bool spherical = false;
  int height = 0, width = 0;
  std::uint64_t step = 0;
};

PathAnswer answer_path(Run& run, const PathQuestion& question) {
  auto& model = static_cast<vae::BuiltVae&>(run.built());
  const auto& a = model.architecture();
  const ImageSet& set = run.data().test;
  PathAnswer answer;
  answer.held_out = set.count, answer.spherical = question.spherical;
  answer.height = a.height, answer.width = a.width, answer.step = run.steps();
  int n = 0;
  for (const End* end : {&question.a, &question.b}) {
    std::vector<float> picture;
    if (!end->drawn.empty()) {
      for (const auto v : end->drawn)
        picture.push_back(a.gaussian ? static_cast<float>(v) / 255.0f : v >= 128 ? 1.0f : 0.0f);
    } else if (set.count > 0) {
      const int index = ((end->index % set.count) + set.count) % set.count;
      picture = model.pictures(1, index, 1);
      answer.indices[n] = index;
      if (!set.labels.empty()) answer.labels[n] = set.labels[static_cast<std::size_t>(index)];
    }
    picture.resize(static_cast<std::size_t>(a.pixels()));
    answer.ends.insert(answer.ends.end(), picture.begin(), picture.end());
    ++n;
  }
  answer.codes = model.codes(answer.ends).mean;
  const auto latent = static_cast<std::size_t>(a.latent);
  const std::span all(answer.codes);
  std::vector<float> points;
  for (int i = 0; i < kFrames; ++i) {
    const auto point = vae::interpolate(all.first(latent), all.subspan(latent), static_cast<float>(i) / (kFrames - 1),
                                        question.spherical);
    points.insert(points.end(), point.begin(), point.end());
  }
  answer.frames = model.decode(points);
  const auto pixels = static_cast<std::ptrdiff_t>(a.pixels());
  answer.reconstructions.assign(answer.frames.begin(), answer.frames.begin() + pixels);
  answer.reconstructions.insert(answer.reconstructions.end(), answer.frames.end() - pixels, answer.frames.end());
  return answer;
}

Picture enlarged(std::span<const float> values, int height, int width) {
  Picture picture{width * kExportScale, height * kExportScale, 1, {}};
  const auto grey = grey_of(values);
  for (int y = 0; y < picture.height; ++y)
    for (int x = 0; x < picture.width; ++x)
      picture.pixels.push_back(grey[static_cast<std::size_t>(y / kExportScale * width + x / kExportScale)]);
  return picture;
}

// Two pictures, what the model makes of them, and the way from one code to the other.
class PathTab : public VaeTab {
 public:
  std::string name() const override { return "Path"; }
  std::string hint() const override {
    return "From one picture to another through the codes: choose the ends, or draw one, and play.";
  }
  void shown(ShellContext& context, VaeStage&) override { played_from_ = context.ui.now; }
  void rebuilt(VaeStage& stage) override;
  bool update(ShellContext& context, VaeStage& stage) override;
  void draw(ShellContext& context, VaeStage& stage) override;
  bool open(ShellContext& context, VaeStage& stage, const Picture& picture) override;

 private:
  void ask(ShellContext& context, VaeStage& stage);
  std::span<const float> picture(const std::vector<float>& all, int n) const {
    const auto pixels = static_cast<std::size_t>(answer_.height * answer_.width);
    return std::span(all).subspan(static_cast<std::size_t>(n) * pixels, pixels);
  }
  void draw_end(ShellContext& context, VaeStage& stage, int end, ImVec2 at, float width, float picture);
  void draw_way(ShellContext& context, ImVec2 at, float width, float height);
  void draw_strip(ShellContext& context, ImVec2 at, float width, int count, float factor);
  void play(Ui& ui);

  int height_ = 0, width_ = 0;
  int source_[2] = {held_out, held_out}, index_[2] = {0, 3};
  DrawingCanvas canvas_[2];
  int arc_ = 0;
  Asker<PathQuestion, PathAnswer> asker_{answer_path};
  PathAnswer answer_;
  bool stale_ = true;
  double asked_ = 0;
  bool playing_ = true;
  double played_from_ = -1, frame_due_ = 0;
  int frame_ = 0, direction_ = 1;
  ImageGrid ends_[2], reconstructions_[2], way_, strip_;
};

void PathTab::rebuilt(VaeStage& stage) {
  const auto& a = stage.architecture;
  if (a.height != height_ || a.width != width_) {
    height_ = a.height, width_ = a.width;
    for (auto& canvas : canvas_) canvas = DrawingCanvas(width_, height_);
  }
  asker_.forget();
  answer_ = {};
  stale_ = true;
}

void PathTab::ask(ShellContext& context, VaeStage& stage) {
  PathQuestion question;
  question.spherical = arc_ == 1;
  for (int n = 0; n < 2; ++n) {
    End& end = n == 0 ? question.a : question.b;
    end.index = index_[n];
    if (source_[n] == by_hand) end.drawn = canvas_[n].pixels();
  }
  asker_.ask(stage, std::move(question), context.wake);
  stale_ = false;
  asked_ = context.ui.now;
}

bool PathTab::update(ShellContext& context, VaeStage& stage) {
  bool changed = false;
  if (auto answer = asker_.take()) {
    answer_ = std::move(*answer);
    if (answer_.held_out == 0) source_[0] = source_[1] = by_hand;
    for (int n = 0; n < 2; ++n)
      if (source_[n] == held_out && !stale_ && !asker_.waiting()) index_[n] = answer_.indices[n];
    changed = true;
  }
  const bool old = answer_.step != stage.snapshot->step && context.ui.now - asked_ > kFollow;
  if (stale_ || (old && !asker_.waiting())) ask(context, stage);
  return changed;
}

// One frame on when it is time, back and forth, waiting at both ends.
void PathTab::play(Ui& ui) {
  if (played_from_ < 0) played_from_ = ui.now;
  if (!playing_ || ui.now - played_from_ > kUnasked) return;
  if (ui.now >= frame_due_) {
    frame_ += direction_;
    if (frame_ <= 0 || frame_ >= kFrames - 1) direction_ = frame_ <= 0 ? 1 : -1;
    frame_ = std::clamp(frame_, 0, kFrames - 1);
    frame_due_ = ui.now + (frame_ == 0 || frame_ == kFrames - 1 ? kEndSeconds : kFrameSeconds);
  }
  ui.animate(std::min(0.1, std::max(0.02, frame_due_ - ui.now)));
}

void PathTab::draw_end(ShellContext& context, VaeStage& stage, int end, ImVec2 at, float width, float side) {
  Ui& ui = context.ui;
  const std::string id = end == 0 ? "path.a" : "path.b";
  static const std::vector<std::string> kSources{"Held-out", "Drawn"};
  ImGui::SetCursorScreenPos(at);
  const int before = source_[end];
  if (segmented(ui, (id + ".source").c_str(), kSources, source_[end], true)) {
    if (source_[end] == held_out && answer_.held_out == 0) {
      context.notices.info("The data have no held-out pictures: draw one, or drop one.");
      source_[end] = before;
    }
    stale_ = true;
  }
  if (source_[end] == held_out) {
    ImGui::SameLine(0, ui.px(8));
    if (button(ui, (id + ".previous").c_str(), std::nullopt, "‹", ButtonKind::quiet, true, true))
      --index_[end], stale_ = true;
    ImGui::SameLine(0, 0);
    if (button(ui, (id + ".next").c_str(), std::nullopt, "›", ButtonKind::quiet, true, true))
      ++index_[end], stale_ = true;
  }
  const float top = at.y + ui.px(36), tools = ui.px(40);
  ImGui::SetCursorScreenPos({at.x, top});
  if (source_[end] == by_hand) {
    if (canvas_[end].draw(ui, (id + ".canvas").c_str(), {side + 2, side + 2 + tools})) stale_ = true;
  } else {
    show_picture(ui, ends_[end], (id + ".picture").c_str(), picture(answer_.ends, end), answer_.height, answer_.width,
                 side);
    const int label = answer_.labels[end];
    ImGui::SetCursorScreenPos({at.x, top + side + ui.px(8)});
    text(ui.fonts.small, ui.theme.text_dim,
         label < 0 ? fmt::format("held-out picture {}", answer_.indices[end])
                   : fmt::format("held-out picture {}, {}", answer_.indices[end], class_in_words(stage, label)));
  }
  const float lower = top + side + tools + ui.px(8);
  ImGui::SetCursorScreenPos({at.x, lower});
  show_picture(ui, reconstructions_[end], (id + ".reconstruction").c_str(), picture(answer_.reconstructions, end),
               answer_.height, answer_.width, side);
  ImGui::SetCursorScreenPos({at.x, lower + side + ui.px(4)});
  text(ui.fonts.small, ui.theme.text_faint, "its reconstruction");
  static_cast<void>(stage), static_cast<void>(width);
}

void PathTab::draw_way(ShellContext& context, ImVec2 at, float width, float height) {
  Ui& ui = context.ui;
  static const std::vector<std::string> kWays{"Straight", "Spherical"};
  ImGui::SetCursorScreenPos(at);
  if (segmented(ui, "path.way", kWays, arc_, true)) stale_ = true;
  tooltip(ui, "Spherical: along an arc about the origin, at the distance where the prior has its mass");
  const float tools = ui.px(36 + 40);
  const float pixels = static_cast<float>(std::max(answer_.width, answer_.height));
  const float side = std::max(1.0f, std::floor(std::min(width, height - tools - ui.px(24)) / pixels)) * pixels;
  ImGui::SetCursorScreenPos({at.x, at.y + ui.px(36)});
  show_picture(ui, way_, "path.picture", picture(answer_.frames, frame_), answer_.height, answer_.width, side);
  const ImVec2 min(at.x, at.y + ui.px(36)), max(at.x + side, at.y + ui.px(36) + side);
  context.exports.view(
      min, max, "path",
      {{".gif", [answer = answer_](const std::filesystem::path& path) {
          const auto size = static_cast<std::size_t>(answer.height * answer.width);
          std::vector<Picture> frames;
          for (int i = 0; i < 2 * kFrames - 2; ++i) {
            const int frame = i < kFrames ? i : 2 * kFrames - 2 - i;
            frames.push_back(enlarged(std::span(answer.frames).subspan(static_cast<std::size_t>(frame) * size, size),
                                      answer.height, answer.width));
          }
          std::vector<int> delays(frames.size(), static_cast<int>(1000 * kFrameSeconds));
          delays[0] = delays[kFrames - 1] = static_cast<int>(1000 * kEndSeconds);
          save_gif(path, frames, delays);
        }}});
  ImGui::SetCursorScreenPos({at.x, max.y + ui.px(10)});
  if (icon_button(ui, "path.play", playing_ ? Icon::pause : Icon::play, playing_ ? "Stop here" : "Play", false, 28)) {
    playing_ = !playing_;
    played_from_ = ui.now;
  }
  ImGui::SameLine(0, ui.px(10));
  ImGui::SetCursorScreenPos({ImGui::GetCursorScreenPos().x, max.y + ui.px(12)});
  if (scrubber(ui, "path.scrubber", frame_, kFrames, kFrames - 1, std::max(ui.px(60), side - ui.px(38))).changed)
    playing_ = false;
  ImGui::SetCursorScreenPos({at.x, max.y + ui.px(46)});
  const std::string words = "Ctrl+E over the picture: GIF";
  text(ui.fonts.small, ui.theme.text_faint, fit(ui.fonts.small, words, width));
}

void PathTab::draw_strip(ShellContext& context, ImVec2 at, float width, int count, float factor) {
  Ui& ui = context.ui;
  std::vector<std::uint8_t> grey;
  int selected = 0;
  for (int i = 0; i < count; ++i) {
    const int frame = static_cast<int>(std::lround(static_cast<double>(i) * (kFrames - 1) / (count - 1)));
    if (frame <= frame_) selected = i;
    const auto part = grey_of(picture(answer_.frames, frame));
    grey.insert(grey.end(), part.begin(), part.end());
  }
  strip_.set(count, answer_.height, answer_.width, 1, grey, ui.now);
  ImGui::SetCursorScreenPos({at.x + ui.px(3), at.y});
  ImageGridOptions options;
  options.columns = count, options.gap = 4, options.centre = false, options.selected = selected;
  options.largest = static_cast<int>(std::ceil(factor / ui.scale));
  const auto result = strip_.draw(ui, "path.strip", {width, factor * static_cast<float>(answer_.height)}, options);
  context.exports.view(result.min, result.max, "path-strip");
  if (result.hovered >= 0 && ImGui::IsMouseDown(ImGuiMouseButton_Left)) {
    frame_ = static_cast<int>(std::lround(static_cast<double>(result.hovered) * (kFrames - 1) / (count - 1)));
    playing_ = false;
  }
}

void PathTab::draw(ShellContext& context, VaeStage& stage) {
  Ui& ui = context.ui;
  ui.marks.state("path.ready", !answer_.frames.empty() && !stale_ && !asker_.waiting());
  if (answer_.frames.empty()) {
    empty_state(ui, "A path between two pictures", "Any two pictures, and what lies between their codes.");
    return;
  }
  play(ui);
  const ImVec2 room = ImGui::GetContentRegionAvail(), at = ImGui::GetCursorScreenPos();
  const float pixels = static_cast<float>(std::max(height_, width_));
  // The strip: as many pictures as stand in a row twice enlarged.
  const float gap = ui.px(4), inner = room.x - ui.px(8);
  float factor = 2 * std::max(1.0f, std::floor(ui.scale));
  int count = static_cast<int>((inner + gap) / (factor * pixels + gap));
  if (count < 7) count = 7, factor = std::max(1.0f, std::floor((inner - 6 * gap) / (7 * pixels)));
  if (count > 16) count = 16, factor = std::max(1.0f, std::floor((inner - 15 * gap) / (16 * pixels)));
  const float strip = factor * pixels, upper = room.y - strip - ui.px(20);
  const float between = ui.px(32), column = (room.x - 2 * between) / 3.4f;
  const float fits = (upper - ui.px(36 + 40 + 8 + 4) - ui.fonts.small->FontSize) * 0.5f;
  const float side = std::max(1.0f, std::floor(std::min(column, fits) / pixels)) * pixels;
  const float end_width = std::max(side, ui.px(196)), middle = room.x - 2 * (end_width + between);
  draw_end(context, stage, 0, at, end_width, side);
  const float wanted = std::max(1.0f, std::floor(std::min(middle, upper - ui.px(100)) / pixels)) * pixels;
  draw_way(context, {at.x + end_width + between + std::floor((middle - wanted) * 0.5f), at.y}, wanted, upper);
  draw_end(context, stage, 1, {at.x + room.x - end_width, at.y}, end_width, side);
  draw_strip(context, {at.x, at.y + room.y - strip - ui.px(6)}, inner, count, factor);
  if (stale_) ui.animate(0.1);
  ui.marks.state("path.frame", frame_);
  ui.marks.state("path.playing", playing_);
  ui.marks.state("path.a", answer_.indices[0]);
  ui.marks.state("path.b", answer_.indices[1]);
  ui.marks.state("path.spherical", answer_.spherical);
  double ink = 0;
  for (const float v : picture(answer_.ends, 0)) ink += v;
  ui.marks.state("path.a.ink", ink);
}

bool PathTab::open(ShellContext& context, VaeStage&, const Picture& picture) {
  if (height_ != width_)
    throw Error(fmt::format("a picture from a file is fitted to a square; this model's are {}×{}", width_, height_));
  auto grey = fit_grey(picture, width_);
  // White paper with dark ink is turned over: these pictures are light on dark.
  double mean = 0;
  for (const auto v : grey) mean += v / (255.0 * static_cast<double>(grey.size()));
  if (mean > 0.5)
    for (auto& v : grey) v = static_cast<std::uint8_t>(255 - v);
  // The end that is not taken by an earlier one.
  const int end = source_[0] == by_hand && source_[1] == held_out ? 1 : 0;
  canvas_[end].set(grey);
  source_[end] = by_hand;
  stale_ = true;
  context.ui.animate(0.2);
  return true;
}

}  // namespace

std::unique_ptr<VaeTab> make_path_tab() {
  return std::make_unique<PathTab>();
}

}  // namespace unveil
