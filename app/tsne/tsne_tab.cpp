#include "app/tsne/tsne_tab.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "app/widgets/controls.h"
#include "app/widgets/format.h"
#include "app/widgets/input_version.h"
#include "engine/data/classes.h"

namespace unveil {
namespace {

constexpr double kFollowEvery = 1.0;  // seconds between two encodings while the model learns, at least
constexpr double kFollowShare = 3;    // and so many times what one takes: training comes first
constexpr int kEnoughHeldOut = 500;   // points; below, the training part is shown unasked where it is larger
constexpr float kNear = 9;            // design units from the mouse to a dot

float marker_radius(int count) {
  return count > 6000 ? 2.3f : count > 1500 ? 3.0f : 3.6f;
}

}  // namespace

bool offers_tsne(const ModelDeclaration& model) {
  return !model.codes.empty() ||
         std::find(model.data_kinds.begin(), model.data_kinds.end(), DataKind::pictures) != model.data_kinds.end();
}

std::unique_ptr<RunTab> make_tsne_tab(const ModelDeclaration& model) {
  return std::make_unique<TsneTab>(model);
}

void write_points(const TsneMap& map, std::span<const int> which, const std::filesystem::path& path) {
  const auto& points = *map.points;
  CsvTable table{{"item", "x", "y"}, {}, {}};
  std::vector<int> all(map.layout.size());
  std::iota(all.begin(), all.end(), 0);
  const auto chosen = which.empty() ? std::span<const int>(all) : which;
  for (const int point : chosen) {
    const auto i = static_cast<std::size_t>(point);
    table.rows.push_back(
        {static_cast<double>(points.items.empty() ? point : points.items[i]), map.layout[i].x, map.layout[i].y});
  }
  for (const auto& kind : points.labels) {
    std::vector<int> values;
    for (const int point : chosen) values.push_back(kind.values[static_cast<std::size_t>(point)]);
    add_classes(table, kind.name, kind.classes, values);
  }
  write_csv(path, table);
}

TsneTab::TsneTab(const ModelDeclaration& model) : model_(model) {}

TsneTab::~TsneTab() {
  channel_->looked_at = false;
}

void TsneTab::send() {
  std::scoped_lock lock(channel_->mutex);
  channel_->request = want_;
  channel_->serial = ++serial_;
}

void TsneTab::forget_hand() {
  hovered_ = pinned_ = pointed_ = -1;
  audio_.stop();
  selected_.clear(), lasso_.clear();
  drawing_ = false;
}

void TsneTab::pin(const Dataset& data, int dot) {
  pinned_ = dot;
  audio_.stop();
  const auto& points = *map_->points;
  if (dot < 0 || data.kind != DataKind::sounds || points.items.empty()) return;
  const auto& all = points.split == 0 ? data.train_recordings : data.test_recordings;
  audio_.play(all[static_cast<std::size_t>(points.items[static_cast<std::size_t>(dot)])].samples, data.sample_rate);
}

void TsneTab::shown(ShellContext&, RunStage&) {
  channel_->looked_at = true;
}

void TsneTab::hidden(RunStage&) {
  channel_->looked_at = false;
  // What is complete is there on return, what is not would stand still.
  if (comparison_job_) stop_comparing();
  audio_.stop();
}

void TsneTab::rebuilt(RunStage& stage) {
  begin_ = true;
  stop_comparing();
  channel_->maps.take();  // of the model before
  // The codes of a run that was reset are made anew, like those of a new one.
  if (!want_.code.empty()) ++want_.refreshes;
  send();
  const auto* data = stage.snapshot->data.get();
  if (!data || data == data_) return;
  data_ = data;
  map_.reset(), comparison_.reset();
  board_.clear(), small_.clear();
  comparing_ = false;
  forget_hand();
  isolated_ = -1, label_kind_ = 0;
  sources_.clear(), source_names_.clear();
  for (const auto& code : model_.codes) {
    sources_.push_back(code.name);
    source_names_.push_back(words(code.name));
  }
  if (data->kind == DataKind::pictures) {
    sources_.push_back("");
    source_names_.push_back("pixels");
  }
  if (std::find(sources_.begin(), sources_.end(), want_.code) == sources_.end() || want_.code.empty())
    want_.code = sources_.empty() ? "" : sources_.front();
  want_.split = data->kind == DataKind::scenes || data->test_count() >= kEnoughHeldOut ||
                        data->test_count() >= data->train_count()
                    ? 1
                    : 0;
  if (want_.split == 1 && data->test_count() == 0) want_.split = 0;
  send();
}

void TsneTab::choose_source(const std::string& code) {
  if (code == want_.code) return;
  want_.code = code;
  stop_comparing();
  send();
}

// The codes shown are not those of the present weights.
bool TsneTab::stale(const RunStage& stage) const {
  const auto& s = *stage.snapshot;
  return !want_.code.empty() && (asked_step_ != s.step || asked_seed_ != s.seed);
}

void TsneTab::follow(ShellContext& context, RunStage& stage) {
  const double now = context.ui.now;
  const bool answered = map_ && map_->refreshes == want_.refreshes && map_->doing.empty();
  if (begin_) {
    asked_step_ = stage.snapshot->step, asked_seed_ = stage.snapshot->seed;
    asked_at_ = now;
  } else if (answered && stale(stage)) {
    const double due = asked_at_ + std::max(kFollowEvery, kFollowShare * map_->refresh_ms / 1000);
    if (stage.snapshot->playing && now < due) {
      context.ui.look_again(due);
    } else {
      asked_step_ = stage.snapshot->step, asked_seed_ = stage.snapshot->seed;
      asked_at_ = now;
      ++want_.refreshes;
      send();
    }
  }
  if (job_ && !job_->ended()) return;
  const bool unheard = channel_->handled != serial_, unfinished = map_ && !map_->resting;
  if (!begin_ && !unheard && !unfinished) return;
  begin_ = false;
  job_ = std::make_shared<TsneJob>(channel_, context.wake);
  stage.trainer.add(stage.build, job_);
}

void TsneTab::take_map(std::shared_ptr<const TsneMap> map) {
  const auto before = std::exchange(map_, std::move(map));
  const auto* points = map_->points.get();
  if (!points || map_->layout.empty()) return;
  const bool same =
      before && before->points && before->points->same_items(*points) && board_.count() == points->count;
  if (!same) forget_hand();
  board_.set(map_->layout, same);
  if (!same || before->points != map_->points) {
    label_kind_ = std::clamp(label_kind_, 0, std::max(0, static_cast<int>(points->labels.size()) - 1));
    brighten();
  }
}

const CodeLabels* TsneTab::labels() const {
  if (!map_ || !map_->points || map_->points->labels.empty()) return nullptr;
  return &map_->points->labels[static_cast<std::size_t>(label_kind_)];
}

int TsneTab::class_of(int point) const {
  return classes_[static_cast<std::size_t>(point)];
}

void TsneTab::brighten() {
  const auto count = static_cast<std::size_t>(map_->points->count);
  classes_.assign(count, -1);
  if (const auto* kind = labels())
    for (std::size_t i = 0; i < count; ++i) classes_[i] = kind->values[i];
  bright_.clear();
  if (isolated_ >= 0) {
    bright_.resize(count);
    for (std::size_t i = 0; i < count; ++i) bright_[i] = classes_[i] == isolated_;
  }
  if (!selected_.empty()) {
    std::vector<char> inside(count);
    for (const int i : selected_)
      inside[static_cast<std::size_t>(i)] = bright_.empty() || bright_[static_cast<std::size_t>(i)];
    bright_ = std::move(inside);
  }
}

void TsneTab::stop_comparing() {
  comparing_ = false;
  if (!comparison_job_) return;
  comparison_job_->stop();
  comparison_job_.reset();
  comparisons_ = std::make_shared<Mailbox<std::shared_ptr<const Comparison>>>();  // what it says last goes nowhere
}

void TsneTab::compare(ShellContext& context, RunStage& stage) {
  // What was compared stays until the dots are others, or their codes.
  const bool under_way = comparison_job_ && comparison_job_->points() == map_->points;
  const bool there = comparison_ && comparison_->points == map_->points &&
                     std::all_of(comparison_->maps.begin(), comparison_->maps.end(),
                                 [](const ComparedMap& map) { return map.done; });
  if (!under_way && !there) {
    stop_comparing();
    comparison_.reset(), small_.clear();
    comparison_job_ =
        std::make_shared<ComparisonJob>(map_->points, map_->options, map_->layout, comparisons_, context.wake);
    stage.trainer.add(stage.build, comparison_job_);
  }
  comparing_ = true;
}

bool TsneTab::update(ShellContext& context, RunStage& stage) {
  channel_->looked_at = true;
  bool changed = false;
  if (auto map = channel_->maps.take()) {
    take_map(std::move(*map));
    changed = true;
  }
  if (auto comparison = comparisons_->take()) {
    const bool first = !comparison_ || comparison_->points != (*comparison)->points;
    comparison_ = std::move(*comparison);
    if (first) small_.clear();
    small_.resize(comparison_->maps.size());
    for (std::size_t i = 0; i < small_.size(); ++i) small_[i].set(comparison_->maps[i].layout, true);
    changed = true;
  }
  if (comparison_job_ && comparison_job_->ended()) comparison_job_.reset();
  follow(context, stage);
  return changed;
}

void TsneTab::draw_tools(ShellContext& context, RunStage& stage, float width) {
  Ui& ui = context.ui;
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const bool moving = want_.playing && map_ && !map_->resting;
  if (button(ui, "tsne.play", moving ? Icon::pause : Icon::play, moving ? "Pause" : "Go on", ButtonKind::normal, true,
             true, ui.px(92))) {
    if (!moving && want_.playing) ++want_.more;
    want_.playing = !moving;
    send();
  }
  tooltip(ui, moving ? "Hold the map still; the model goes on training" : "500 iterations more");
  ImGui::SameLine(0, ui.px(6));
  if (button(ui, "tsne.restart", Icon::reset, "Restart", ButtonKind::normal, true, true)) {
    ++want_.restarts;
    want_.playing = true;
    comparing_ = false;
    send();
  }
  tooltip(ui, "From the principal components, with early exaggeration");
  ImGui::SameLine(0, ui.px(6));
  if (button(ui, "tsne.perturb", std::nullopt, "Perturb", ButtonKind::normal, true, true)) {
    ++want_.kicks;
    want_.playing = true;
    comparing_ = false;
    send();
  }
  tooltip(ui, "A kick to every dot: what forms again is structure, what does not was chance");
  ImGui::SameLine(0, ui.px(6));
  const bool can = map_ && map_->points && !map_->layout.empty();
  if (button(ui, "tsne.compare", std::nullopt, "Compare", comparing_ ? ButtonKind::on : ButtonKind::normal, can,
             true)) {
    if (comparing_) {
      stop_comparing();
    } else {
      compare(context, stage);
    }
  }
  tooltip(ui, "Other perplexities and other starts beside each other: how much of this picture is the method's?");
  if (sources_.size() > 1) {
    float needed = 0;
    for (const auto& name : source_names_) needed += measure(ui.fonts.small, name).x + ui.px(18);
    const float left = at.x + width - needed;
    int chosen = 0;
    for (int i = 0; i < static_cast<int>(sources_.size()); ++i)
      if (sources_[static_cast<std::size_t>(i)] == want_.code) chosen = i;
    ImGui::SameLine(0, ui.px(6));
    if (left > ImGui::GetCursorScreenPos().x) ImGui::SetCursorScreenPos({left, at.y + ui.px(1)});
    if (segmented(ui, "tsne.source", source_names_, chosen, true))
      choose_source(sources_[static_cast<std::size_t>(chosen)]);
  }
}

void TsneTab::hand(ShellContext& context, RunStage& stage, ImVec2 at, ImVec2 size) {
  Ui& ui = context.ui;
  ImGui::SetCursorScreenPos(at);
  ImGui::InvisibleButton("tsne.board", size, ImGuiButtonFlags_MouseButtonLeft | ImGuiButtonFlags_MouseButtonRight);
  ui.marks.item("tsne.board");
  const ImVec2 mouse = ImGui::GetIO().MousePos;
  const bool over = ImGui::IsItemHovered();
  board_.view().hand(ui, over);
  const bool active = ImGui::IsItemActive(), left = ImGui::IsMouseDown(ImGuiMouseButton_Left);
  if (ImGui::IsItemActivated() && left) lasso_.assign(1, mouse), drawing_ = false;
  if (active && left && !lasso_.empty()) {
    const float moved = std::hypot(mouse.x - lasso_.back().x, mouse.y - lasso_.back().y);
    if (moved > ui.px(drawing_ ? 3 : 6)) lasso_.push_back(mouse), drawing_ = true;
  }
  hovered_ = over && !drawing_ ? board_.nearest(mouse, ui.px(kNear), bright_) : pointed_;
  if (!active && !lasso_.empty()) {
    if (drawing_) {
      // Inside the lasso alone, whatever was chosen before.
      selected_.clear();
      brighten();
      selected_ = lasso_.size() > 2 ? board_.inside(lasso_, bright_) : std::vector<int>{};
      listing_ = true;
    } else if (hovered_ >= 0) {
      pin(*stage.snapshot->data, hovered_ == pinned_ ? -1 : hovered_);
    } else {
      pin(*stage.snapshot->data, -1);
      selected_.clear();
    }
    brighten();
    lasso_.clear();
    drawing_ = false;
    ui.animate(0.1);
  }
  if (over && key_pressed(Key::escape)) forget_hand(), brighten(), ui.animate(0.1);
}

// Lasso, neighbours and names over the dots.
void TsneTab::draw_over(ShellContext& context) {
  Ui& ui = context.ui;
  ImDrawList* list = ImGui::GetWindowDrawList();
  const auto& points = *map_->points;
  const auto ring = [&](int dot, float radius, ImU32 colour) {
    list->AddCircle(board_.place(dot), ui.px(radius) + 1, with_alpha(ui.theme.stage, 0.8f), 24, ui.px(3.5f));
    list->AddCircle(board_.place(dot), ui.px(radius), colour, 24, ui.px(2));
  };
  if (pinned_ >= 0) {
    const auto& near = points.neighbours;
    for (int k = 0; k < near.k; ++k) {
      const int other = near.index[static_cast<std::size_t>(pinned_ * near.k + k)];
      list->AddLine(board_.place(pinned_), board_.place(other), with_alpha(ui.theme.selection, 0.75f), ui.px(1.5f));
    }
    for (int k = 0; k < near.k; ++k)
      ring(near.index[static_cast<std::size_t>(pinned_ * near.k + k)], 5, ui.theme.text);
    ring(pinned_, 8, ui.theme.selection);
  }
  if (lasso_.size() > 1) {
    list->AddPolyline(lasso_.data(), static_cast<int>(lasso_.size()), ui.theme.selection, 0, ui.px(2));
    list->AddLine(lasso_.back(), lasso_.front(), with_alpha(ui.theme.selection, 0.45f), ui.px(1));
  }
  if (hovered_ >= 0) ring(hovered_, 8, ui.theme.text);
}

void TsneTab::draw_board(ShellContext& context, RunStage& stage, ImVec2 at, ImVec2 size) {
  Ui& ui = context.ui;
  ImDrawList* list = ImGui::GetWindowDrawList();
  board_.draw(ui, at, size, {classes_, bright_}, marker_radius(board_.count()));
  hand(context, stage, at, size);
  list->PushClipRect(at, {at.x + size.x, at.y + size.y}, true);
  draw_over(context);
  list->PopClipRect();
  list->AddRect(at, {at.x + size.x, at.y + size.y}, ui.theme.hairline);
  const auto& points = *map_->points;
  if (ui.marks.enabled && board_.count() > 0) {
    const ImVec2 dot = board_.place(0);
    ui.marks.rect("tsne.dot", {dot.x - 1, dot.y - 1}, {dot.x + 1, dot.y + 1});
  }
  context.exports.view(at, {at.x + size.x, at.y + size.y}, "tsne",
                       {{".csv", [map = map_](const std::filesystem::path& path) { write_points(*map, {}, path); }}});
  // In the corner: what the dots are.
  const auto corner = [&](const std::string& what, bool top, ImU32 ink) {
    ImFont* font = ui.fonts.small;
    const std::string line = fit(font, what, size.x - ui.px(32));
    const ImVec2 words = measure(font, line);
    const ImVec2 where(at.x + ui.px(14), top ? at.y + ui.px(11) : at.y + size.y - words.y - ui.px(11));
    list->AddRectFilled({where.x - ui.px(6), where.y - ui.px(3)},
                        {where.x + words.x + ui.px(6), where.y + words.y + ui.px(3)},
                        with_alpha(ui.theme.stage, 0.85f), ui.px(4));
    list->AddText(font, font->FontSize, where, ink, line.c_str());
  };
  if (!map_->problem.empty()) corner(map_->problem, true, ui.theme.error);
  const std::string source = points.code.empty() ? "pixels" : words(points.code);
  std::string line = fmt::format("{} {} points", format_count(static_cast<std::uint64_t>(points.count)),
                                 points.split == 0 ? "training" : "held-out");
  line += fmt::format(" · {}", source);
  if (!points.code.empty()) line += fmt::format(" at step {}", format_count(points.step));
  if (!map_->doing.empty()) line += fmt::format(" · {} {:.0f} %", map_->doing, 100 * map_->share);
  corner(line, false, ui.theme.text_dim);

  // What is pinned is shown in the column, and its neighbours should not be covered.
  if (hovered_ < 0 || hovered_ == pinned_) return;
  // The item beside its dot, on the side where there is room.
  const Dataset& data = *stage.snapshot->data;
  const float most = ui.px(data.kind == DataKind::sounds ? 132 : 92);
  const int which[] = {hovered_};
  const auto picture = thumbnails(ui, data, points, which, {most, ui.px(56)});
  const std::string names[] = {point_name(data, points, hovered_), point_labels(points, hovered_)};
  float wide = 0;
  for (const auto& name : names) wide = std::max(wide, measure(ui.fonts.small, name).x);
  float factor = 1;
  ImVec2 extent(0, 0);
  if (picture) {
    factor = std::max(1.0f, std::floor(most / static_cast<float>(std::max(picture->width, picture->height))));
    extent = {factor * static_cast<float>(picture->width), factor * static_cast<float>(picture->height)};
  }
  const float pad = ui.px(10), line_height = ui.fonts.small->FontSize + ui.px(3);
  const float rows = names[1].empty() ? 1.0f : 2.0f;
  const ImVec2 card(std::max(extent.x, wide) + 2 * pad,
                    extent.y + (picture ? ui.px(8) : 0) + rows * line_height + 2 * pad);
  const ImVec2 dot = board_.place(hovered_);
  const float away = ui.px(16);
  ImVec2 corner_at(dot.x + away, dot.y - card.y * 0.5f);
  if (corner_at.x + card.x > at.x + size.x - ui.px(4)) corner_at.x = dot.x - away - card.x;
  corner_at.x = std::max(corner_at.x, at.x + ui.px(4));
  corner_at.y =
      std::clamp(corner_at.y, at.y + ui.px(4), std::max(at.y + ui.px(4), at.y + size.y - card.y - ui.px(4)));
  corner_at = {std::round(corner_at.x), std::round(corner_at.y)};
  list->AddRectFilled(corner_at, {corner_at.x + card.x, corner_at.y + card.y}, ui.theme.raised, ui.px(6));
  list->AddRect(corner_at, {corner_at.x + card.x, corner_at.y + card.y}, class_colour(ui.theme, class_of(hovered_)),
                ui.px(6), 0, ui.px(1.5f));
  float y = corner_at.y + pad;
  if (picture) {
    bubble_.set_colours(1, picture->height, picture->width, picture->colours, ui.now);
    bubble_.draw_one({corner_at.x + pad, y}, 0, factor);
    y += extent.y + ui.px(8);
  }
  for (int i = 0; i < static_cast<int>(rows); ++i, y += line_height)
    list->AddText(ui.fonts.small, ui.fonts.small->FontSize, {corner_at.x + pad, y},
                  i == 0 ? ui.theme.text : ui.theme.text_dim, names[i].c_str());
}

void TsneTab::draw_comparison(ShellContext& context, ImVec2 at, ImVec2 size) {
  Ui& ui = context.ui;
  ImDrawList* list = ImGui::GetWindowDrawList();
  const int rows = comparison_ ? static_cast<int>(comparison_->maps.size()) / kComparedStarts : 0;
  if (rows == 0) {
    ImGui::SetCursorScreenPos(at);
    empty_state(ui, "A moment", "The same points with other perplexities, from other starts.");
    return;
  }
  ImFont* font = ui.fonts.small;
  const float line = font->FontSize + ui.px(2), gap = ui.px(10), head = line + ui.px(6), side = ui.px(34);
  const float wide = std::floor((size.x - side - gap * (kComparedStarts - 1)) / kComparedStarts);
  const float high = std::floor((size.y - head - (line + gap) * static_cast<float>(rows)) / static_cast<float>(rows));
  const bool same = comparison_->points->same_items(*map_->points);
  for (int start = 0; start < kComparedStarts; ++start) {
    const std::string name = start == 0 ? "from principal components" : fmt::format("random start {}", start);
    list->AddText(font, font->FontSize, {at.x + side + static_cast<float>(start) * (wide + gap), at.y},
                  ui.theme.text_dim, fit(font, name, wide).c_str());
  }
  for (int i = 0; i < static_cast<int>(comparison_->maps.size()); ++i) {
    const auto& map = comparison_->maps[static_cast<std::size_t>(i)];
    const int row = i / kComparedStarts, column = i % kComparedStarts;
    const ImVec2 corner(at.x + side + static_cast<float>(column) * (wide + gap),
                        at.y + head + static_cast<float>(row) * (high + line + gap));
    if (column == 0) {
      const std::string number = fmt::format("{:g}", map.perplexity);
      list->AddText(ui.fonts.bold, ui.fonts.bold->FontSize, {at.x, corner.y + ui.px(4)}, ui.theme.text,
                    number.c_str());
      if (row == 0) list->AddText(font, font->FontSize, {at.x, at.y}, ui.theme.text_dim, "perp.");
    }
    const std::string id = fmt::format("tsne.compare.{}", i);
    ImGui::SetCursorScreenPos(corner);
    const bool clicked = ImGui::InvisibleButton(id.c_str(), {wide, high});
    ui.marks.item(id);
    const bool over = ImGui::IsItemHovered();
    list->AddRectFilled(corner, {corner.x + wide, corner.y + high}, over ? ui.theme.raised : ui.theme.panel,
                        ui.px(4));
    auto& board = small_[static_cast<std::size_t>(i)];
    const bool fitting = classes_.size() == static_cast<std::size_t>(board.count());
    std::vector<int> none;
    if (!fitting) none.assign(static_cast<std::size_t>(board.count()), -1);
    board.draw(ui, corner, {wide, high}, {fitting ? classes_ : none, fitting ? bright_ : std::vector<char>{}},
               high > ui.px(150) ? 2.0f : 1.6f);
    std::string figures =
        map.done ? fmt::format("KL {:.2f} · neighbours kept {:.0f} %", map.kl, 100 * map.quality.knn_preservation)
        : map.layout.empty() ? "waiting"
                             : fmt::format("KL {:.2f} · iteration {}", map.kl, map.iteration);
    if (!map.layout.empty() && !std::isfinite(map.kl)) figures = "begins";
    list->AddText(font, font->FontSize, {corner.x, corner.y + high + ui.px(1)},
                  map.done ? ui.theme.text : ui.theme.text_faint, fit(font, figures, wide).c_str());
    if (clicked && same && !map.layout.empty()) {
      want_.options.perplexity = map.perplexity;
      want_.taken_layout = map.layout;
      ++want_.taken;
      want_.playing = true;
      comparing_ = false;
      send();
      ui.animate(0.3);
    }
  }
  context.exports.view(at, {at.x + size.x, at.y + size.y}, "tsne-comparison");
}

void TsneTab::publish(Ui& ui) const {
  auto& marks = ui.marks;
  if (!marks.enabled) return;
  const bool ready = map_ && map_->points && !map_->layout.empty();
  marks.state("tsne.ready", ready);
  marks.state("tsne.problem", map_ ? map_->problem : "");
  if (!ready) return;
  marks.state("tsne.count", map_->points->count);
  marks.state("tsne.source", map_->points->code.empty() ? "pixels" : map_->points->code);
  marks.state("tsne.step", static_cast<double>(map_->points->step));
  marks.state("tsne.split", map_->points->split == 0 ? "training" : "held-out");
  marks.state("tsne.iteration", map_->iteration);
  marks.state("tsne.perplexity", map_->options.perplexity);
  marks.state("tsne.kl", map_->kl.empty() ? std::nan("") : map_->kl.back());
  marks.state("tsne.resting", map_->resting);
  marks.state("tsne.refreshes", static_cast<double>(map_->refreshes));
  marks.state("tsne.refresh_ms", map_->refresh_ms);
  marks.state("tsne.measured", map_->quality_iteration);
  marks.state("tsne.measured_step", static_cast<double>(map_->quality_step));
  marks.state("tsne.trustworthiness", map_->quality.trustworthiness);
  marks.state("tsne.knn_preservation", map_->quality.knn_preservation);
  marks.state("tsne.hovered", hovered_);
  marks.state("tsne.pinned", pinned_);
  marks.state("tsne.pointed", pointed_);
  marks.state("tsne.selected", static_cast<double>(selected_.size()));
  marks.state("tsne.isolated", isolated_);
  marks.state("tsne.comparing", comparing_);
  double done = 0, begun = 0;
  if (comparison_)
    for (const auto& map : comparison_->maps) done += map.done, begun += !map.layout.empty();
  marks.state("tsne.compare_begun", begun);
  marks.state("tsne.compared", done);
}

void TsneTab::draw(ShellContext& context, RunStage& stage) {
  Ui& ui = context.ui;
  publish(ui);
  const ImVec2 at = ImGui::GetCursorScreenPos(), room = ImGui::GetContentRegionAvail();
  const float tools = ui.px(38), gap = ui.px(24);
  const float column = std::clamp(room.x * 0.32f, ui.px(220), ui.px(340));
  const ImVec2 size(std::floor(std::max(ui.px(200), room.x - column - gap)),
                    std::floor(std::max(ui.px(160), room.y - tools)));
  draw_tools(context, stage, size.x);
  // Where the tools are wider than the board, the column begins below them.
  const float lower = ImGui::GetItemRectMax().x > at.x + size.x + gap ? tools : 0;
  const ImVec2 board(at.x, at.y + tools);
  if (!map_ || !map_->points || map_->layout.empty() || !stage.snapshot->data) {
    ImGui::SetCursorScreenPos(board);
    std::string how = "Every dot will be an item, near those whose codes are like its own.";
    if (map_ && !map_->problem.empty())
      how = map_->problem;
    else if (map_ && !map_->doing.empty())
      how = fmt::format("{} {:.0f} %", map_->doing, 100 * map_->share);
    empty_state(ui, map_ && !map_->problem.empty() ? "No map" : "A map of codes", how);
    return;
  }
  if (comparing_)
    draw_comparison(context, board, size);
  else
    draw_board(context, stage, board, size);
  draw_column(context, stage, {at.x + size.x + gap, at.y + lower}, {room.x - size.x - gap, room.y - lower});
}

}  // namespace unveil
