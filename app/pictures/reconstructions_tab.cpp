#include "app/pictures/reconstructions_tab.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <future>
#include <numeric>
#include <optional>

#include "app/exhibit/again.h"
#include "app/exhibit/asker.h"
#include "app/widgets/controls.h"
#include "app/widgets/drawing_canvas.h"
#include "app/widgets/format.h"
#include "app/widgets/image_grid.h"
#include "engine/error.h"

namespace unveil {
namespace {

constexpr int kColumns = 5, kBlocks = 2;  // of pictures above what the model makes of them
constexpr double kEvery = 0.15;           // seconds between two looks while it learns

std::vector<float> numbers(std::span<const std::uint8_t> bytes) {
  std::vector<float> values(bytes.size());
  std::ranges::transform(bytes, values.begin(), [](std::uint8_t v) { return static_cast<float>(v) / 255.0f; });
  return values;
}

std::vector<std::uint8_t> bytes(std::span<const float> values) {
  std::vector<std::uint8_t> result(values.size());
  std::ranges::transform(values, result.begin(), [](float v) {
    return static_cast<std::uint8_t>(std::lround(255 * std::clamp(v, 0.0f, 1.0f)));
  });
  return result;
}

struct Answer {
  std::vector<float> given, back;
  std::uint64_t step = 0;
};

class ReconstructionsTab : public RunTab {
 public:
  explicit ReconstructionsTab(const Model& model) : model_(model) {}
  std::string name() const override { return "Reconstructions"; }
  std::string hint() const override {
    return "Above what goes in, below what comes out: draw a picture, then the same in a corner.";
  }
  void rebuilt(RunStage& stage) override;
  bool update(ShellContext& context, RunStage& stage) override;
  void draw(ShellContext& context, RunStage& stage) override;
  bool open(ShellContext& context, RunStage& stage, const Picture& picture) override;

 private:
  std::vector<float> question(const ImageSet& set) const;
  void draw_pairs(Ui& ui, ImVec2 at, ImVec2 size);
  void draw_hand(ShellContext& context, ImVec2 at, ImVec2 size);
  void draw_figures(Ui& ui, ImVec2 at, float width);
  float error(std::size_t picture) const;

  const Model& model_;
  std::size_t values() const { return static_cast<std::size_t>(height_ * width_ * channels_); }  // of a picture

  int first_ = 0, count_ = 0, height_ = 0, width_ = 0, channels_ = 0;
  bool moved_ = true;  // what is shown answers another question
  DrawingCanvas canvas_;
  Asker<std::vector<float>, Answer> asker_{[](Run& run, const std::vector<float>& given) {
    return Answer{given, run.built().reconstruct(given), run.steps()};
  }};
  Again again_{kEvery};
  Answer shown_;
  ImageGrid pairs_, hand_;
  std::future<std::optional<ModelControl>> control_;
  std::optional<ModelControl> compared_;
};

const ImageSet& held_out_or_training(const Dataset& data) {
  return data.test.count > 0 ? data.test : data.train;
}

void ReconstructionsTab::rebuilt(RunStage& stage) {
  const auto& data = stage.snapshot->data;
  const auto& set = held_out_or_training(*data);
  if (set.height != height_ || set.width != width_ || set.channels != channels_) {
    height_ = set.height, width_ = set.width, channels_ = set.channels;
    canvas_ = DrawingCanvas(width_, height_, channels_);
    // Something to begin with: the first picture, to be changed by hand.
    if (set.count > 0) canvas_.set({set.pixels.begin(), set.pixels.begin() + static_cast<std::ptrdiff_t>(values())});
  }
  count_ = set.count;
  first_ = std::min(first_, std::max(0, count_ - 1));
  asker_.forget();
  shown_ = {};
  moved_ = true;
  compared_.reset();
  // Some seconds of arithmetic: beside the window.
  control_ = std::async(std::launch::async, [&model = model_, data, knobs = stage.snapshot->knobs] {
    return model.control(*data, knobs);
  });
}

// The pictures shown and the drawn one behind them.
std::vector<float> ReconstructionsTab::question(const ImageSet& set) const {
  const auto size = static_cast<std::ptrdiff_t>(values());
  const int shown = std::min(kColumns * kBlocks, set.count - first_);
  std::vector<float> asked =
      numbers({set.pixels.begin() + first_ * size, set.pixels.begin() + (first_ + shown) * size});
  const auto drawn = numbers(canvas_.pixels());
  asked.insert(asked.end(), drawn.begin(), drawn.end());
  return asked;
}

bool ReconstructionsTab::update(ShellContext& context, RunStage& stage) {
  bool changed = false;
  if (auto answer = asker_.take()) {
    shown_ = std::move(*answer);
    changed = true;
    const std::size_t size = values(), pairs = shown_.given.size() / size - 1;
    std::vector<std::uint8_t> cells;
    for (std::size_t block = 0; block < pairs; block += kColumns) {
      const std::size_t here = std::min<std::size_t>(kColumns, pairs - block);
      for (const auto* pictures : {&shown_.given, &shown_.back}) {
        const auto row = bytes(std::span(*pictures).subspan(block * size, here * size));
        cells.insert(cells.end(), row.begin(), row.end());
        cells.resize(cells.size() + (kColumns - here) * size);
      }
    }
    pairs_.set(static_cast<int>(cells.size() / size), height_, width_, channels_, cells, context.ui.now);
    hand_.set(1, height_, width_, channels_, bytes(std::span(shown_.back).subspan(pairs * size)), context.ui.now);
  }
  if (control_.valid() && control_.wait_for(std::chrono::seconds(0)) == std::future_status::ready) {
    compared_ = control_.get();
    changed = true;
  } else if (control_.valid()) {
    context.ui.look_again(context.ui.now + kEvery);
  }
  // The hand is answered at once, learning now and then.
  const bool stale = shown_.step != stage.snapshot->step || shown_.given.empty();
  if (moved_ || again_.due(context.ui, stale, asker_.waiting())) {
    asker_.ask(stage, question(held_out_or_training(*stage.snapshot->data)), context.wake);
    moved_ = false;
  }
  auto& marks = context.ui.marks;
  marks.state("reconstructions.ready", !shown_.given.empty());
  marks.state("reconstructions.step", static_cast<double>(shown_.step));
  if (compared_) marks.state("reconstructions.control", compared_->value);
  return changed;
}

bool ReconstructionsTab::open(ShellContext&, RunStage&, const Picture& picture) {
  if (width_ != height_)
    throw Error(fmt::format("a picture from a file is fitted to a square; this model's are {}×{}", width_, height_));
  if (channels_ == 3) {
    canvas_.set(fit_colour(picture, width_));
    return moved_ = true;
  }
  auto grey = fit_grey(picture, width_);
  // White paper with dark ink is turned over: these pictures are light on dark.
  const auto sum = std::accumulate(grey.begin(), grey.end(), std::uint64_t{0});
  if (sum > 127 * grey.size())
    for (auto& value : grey) value = static_cast<std::uint8_t>(255 - value);
  canvas_.set(grey);
  return moved_ = true;
}

float ReconstructionsTab::error(std::size_t picture) const {
  float sum = 0;
  for (std::size_t i = picture * values(); i < (picture + 1) * values(); ++i)
    sum += (shown_.given[i] - shown_.back[i]) * (shown_.given[i] - shown_.back[i]);
  return sum;
}

void ReconstructionsTab::draw_pairs(Ui& ui, ImVec2 at, ImVec2 size) {
  ImGui::SetCursorScreenPos(at);
  if (button(ui, "reconstructions.previous", std::nullopt, "‹", ButtonKind::quiet, first_ > 0))
    first_ = std::max(0, first_ - kColumns * kBlocks), moved_ = true;
  ImGui::SameLine(0, ui.px(2));
  if (button(ui, "reconstructions.next", std::nullopt, "›", ButtonKind::quiet, first_ + kColumns * kBlocks < count_))
    first_ += kColumns * kBlocks, moved_ = true;
  ImGui::SameLine(0, ui.px(8));
  const ImVec2 words = ImGui::GetCursorScreenPos();
  ImGui::SetCursorScreenPos({words.x, at.y + ui.px(9)});
  text(ui.fonts.small, ui.theme.text_dim,
       fmt::format("pictures {} to {} of {}, held out from training", first_ + 1,
                   std::min(count_, first_ + kColumns * kBlocks), format_count(static_cast<std::uint64_t>(count_))));
  ImGui::SetCursorScreenPos({at.x, at.y + ui.px(44)});
  const auto grid = pairs_.draw(ui, "reconstructions.pairs", {size.x, size.y - ui.px(44)},
                                {.columns = kColumns, .gap = 4, .centre = false});
  // A picture and what became of it stand together.
  ImDrawList* list = ImGui::GetWindowDrawList();
  for (int row = 2; row < grid.shape.rows; row += 2) {
    const float y = grid.min.y + grid.cell_y * static_cast<float>(row) - ui.px(2);
    list->AddLine({grid.min.x, y}, {grid.max.x, y}, ui.theme.accent, std::max(1.0f, ui.px(1)));
  }
  if (grid.hovered < 0) return;
  const int row = grid.hovered / kColumns, column = grid.hovered % kColumns;
  const auto picture = static_cast<std::size_t>(row / 2 * kColumns + column);
  if ((picture + 1) * values() < shown_.given.size())
    tooltip(ui, fmt::format("squared error {}", format_value(error(picture))));
}

void ReconstructionsTab::draw_hand(ShellContext& context, ImVec2 at, ImVec2 size) {
  Ui& ui = context.ui;
  ImGui::SetCursorScreenPos(at);
  text(ui.fonts.small, ui.theme.text_dim, "drawn by you");
  const float gap = ui.px(16), tools = canvas_.tools_height(ui), top = at.y + ui.px(22);
  const float side = std::min((size.x - gap) / 2, size.y - tools - ui.px(22 + 24));
  const float cell = std::max(1.0f, std::floor((side - 2) / static_cast<float>(std::max(width_, height_))));
  const ImVec2 board(cell * static_cast<float>(width_) + 2, cell * static_cast<float>(height_) + 2);
  ImGui::SetCursorScreenPos({at.x, top});
  if (canvas_.draw(ui, "reconstructions.canvas", {board.x, board.y + tools})) moved_ = true;
  if (shown_.back.empty()) return;
  const ImVec2 corner(at.x + board.x + gap, top + 1);
  ImGui::SetCursorScreenPos({corner.x, at.y});
  text(ui.fonts.small, ui.theme.text_dim, "given back");
  hand_.draw_one(corner, 0, cell);
  ImGui::GetWindowDrawList()->AddRect({corner.x - 1, corner.y - 1}, {corner.x + board.x - 1, corner.y + board.y - 1},
                                      ui.theme.hairline);
  const float off = error(shown_.given.size() / values() - 1);
  ImGui::SetCursorScreenPos({corner.x, top + board.y + ui.px(10)});
  text(ui.fonts.small, ui.theme.text_dim, fmt::format("squared error {}", format_value(off)));
  ui.marks.state("reconstructions.drawn_error", static_cast<double>(off));
}

void ReconstructionsTab::draw_figures(Ui& ui, ImVec2 at, float width) {
  double sum = 0;
  const std::size_t pairs = shown_.given.size() / values() - 1;
  for (std::size_t i = 0; i < pairs; ++i) sum += error(i);
  ImGui::SetCursorScreenPos(at);
  ImGui::BeginGroup();
  paragraph(ui, ui.theme.text,
            fmt::format("Squared error of these {}: {}", pairs, format_value(sum / static_cast<double>(pairs))),
            width);
  if (compared_)
    paragraph(ui, ui.theme.text_dim,
              fmt::format("{}: {} on the held-out pictures.", compared_->label, format_value(compared_->value)),
              width);
  ImGui::Dummy({0, ui.px(6)});
  paragraph(ui, ui.theme.text_dim, model_.declaration().reconstructs, width);
  ImGui::EndGroup();
}

void ReconstructionsTab::draw(ShellContext& context, RunStage&) {
  Ui& ui = context.ui;
  if (shown_.given.empty())
    return empty_state(ui, "Reconstructions", "Held-out pictures, and what the model makes of them.");
  const ImVec2 at = ImGui::GetCursorScreenPos(), room = ImGui::GetContentRegionAvail();
  const float column = std::clamp(room.x * 0.37f, ui.px(250), ui.px(460)), gap = ui.px(28);
  draw_pairs(ui, at, {room.x - column - gap, room.y});
  context.exports.view({at.x, at.y + ui.px(44)}, {at.x + room.x - column - gap, at.y + room.y}, "reconstructions");
  const ImVec2 right(at.x + room.x - column, at.y);
  const float board = std::min(column / 2, room.y * 0.6f) + ui.px(110);
  draw_hand(context, right, {column, board});
  draw_figures(ui, {right.x, right.y + board}, column);
}

}  // namespace

std::unique_ptr<RunTab> make_reconstructions_tab(const Model& model) {
  return std::make_unique<ReconstructionsTab>(model);
}

}  // namespace unveil
