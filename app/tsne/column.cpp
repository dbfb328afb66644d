// What stands beside the map: figures, curve, legend, and what the hand has pinned or caught.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "app/tsne/tsne_tab.h"
#include "app/widgets/controls.h"
#include "app/widgets/format.h"
#include "app/widgets/outdated.h"
#include "app/widgets/plot.h"
#include "engine/error.h"

namespace unveil {
namespace {

void line(ImFont* font, ImVec2 at, ImU32 ink, const std::string& what, float width) {
  ImGui::GetWindowDrawList()->AddText(font, font->FontSize, at, ink, fit(font, what, width).c_str());
}

}  // namespace

float TsneTab::draw_numbers(ShellContext& context, ImVec2 at, float width) {
  Ui& ui = context.ui;
  const bool measured = map_->quality_iteration >= 0;
  const auto percent = [&](double x) { return measured ? fmt::format("{:.0f} %", 100 * x) : "…"; };
  const struct {
    const char *label, *meaning;
    std::string value;
  } all[] = {
      {"iteration", "Of gradient descent on the layout", format_count(static_cast<std::uint64_t>(map_->iteration))},
      {"KL", "Kullback–Leibler divergence of neighbourhoods in code space to those in the map, nats; less is better",
       map_->kl.empty() ? "…" : fmt::format("{:.2f}", map_->kl.back())},
      {"neighbours kept",
       "kNN preservation: the share of the 10 nearest in code space that are among the 10 nearest in the map",
       percent(map_->quality.knn_preservation)},
      {"trust",
       "Trustworthiness (Venna & Kaski 2001): 100 % when every neighbour in the map is one in code space, "
       "less by how far it is from being one",
       !measured                                ? "…"
       : map_->quality.trustworthiness > 0.9995 ? "100 %"
                                                : fmt::format("{:.1f} %", 100 * map_->quality.trustworthiness)}};
  // Measured now and then: of an earlier map they are paler, and a line says of which.
  const bool old =
      measured && (map_->quality_iteration < map_->iteration || map_->quality_step != map_->points->step);
  const bool faded =
      measured && (outdated(map_->quality_iteration, map_->iteration) ||
                   outdated(static_cast<double>(map_->quality_step), static_cast<double>(map_->points->step)));
  // In a narrow column two and two below each other.
  const bool narrow = width < ui.px(290);
  const float shares[] = {0.22f, 0.18f, 0.36f, 0.24f}, row = ui.px(16) + ui.fonts.large->FontSize + ui.px(6);
  ImDrawList* list = ImGui::GetWindowDrawList();
  float x = at.x, y = at.y;
  for (int i = 0; i < 4; ++i) {
    const float wide = narrow ? width * (i % 2 == 0 ? 0.55f : 0.45f) : shares[i] * width;
    if (narrow && i == 2) x = at.x, y += row;
    ImGui::SetCursorScreenPos({x, y});
    ImGui::InvisibleButton(fmt::format("tsne.number.{}", i).c_str(), {wide, ui.px(40)});
    tooltip(ui, all[i].meaning);
    line(ui.fonts.small, {x, y}, ui.theme.text_dim, all[i].label, wide - ui.px(4));
    list->AddText(ui.fonts.large, ui.fonts.large->FontSize, {x, y + ui.px(16)},
                  i >= 2 && faded ? with_alpha(ui.theme.text, kOutdatedAlpha) : ui.theme.text, all[i].value.c_str());
    x += wide;
  }
  const float below = y + ui.px(16) + ui.fonts.large->FontSize + ui.px(2);
  if (old) {
    std::string when = narrow ? "measured at iteration " : "these two measured at iteration ";
    when += format_count(static_cast<std::uint64_t>(map_->quality_iteration));
    if (!map_->points->code.empty()) when += fmt::format(", step {}", format_count(map_->quality_step));
    line(ui.fonts.small, {at.x, below}, ui.theme.text_faint, when, width);
  }
  ui.marks.rect("tsne.numbers", at, {at.x + width, below + ui.fonts.small->FontSize});
  return below + ui.fonts.small->FontSize + ui.px(8);
}

float TsneTab::draw_curve(ShellContext& context, ImVec2 at, float width, float height) {
  Ui& ui = context.ui;
  const PlotSeries series[] = {{"KL", map_->iterations, map_->kl, ui.theme.model, false}};
  ImGui::SetCursorScreenPos(at);
  PlotOptions options;
  options.x_label = "iteration";
  options.zero_based = true;
  const auto shown = plot(ui, "tsne.curve", {width, height}, series, options);
  context.exports.view(shown.min, shown.max, "tsne-kl");
  return at.y + height + ui.px(12);
}

float TsneTab::draw_legend(ShellContext& context, ImVec2 at, float width, float height) {
  Ui& ui = context.ui;
  const auto& kinds = map_->points->labels;
  ImDrawList* list = ImGui::GetWindowDrawList();
  ImFont* font = ui.fonts.small;
  float y = at.y;
  if (kinds.empty()) {
    line(font, {at.x, y}, ui.theme.text_faint, "These items have no labels.", width);
    return y + font->FontSize + ui.px(12);
  }
  if (kinds.size() > 1) {
    std::vector<std::string> names;
    for (const auto& kind : kinds) names.push_back(kind.name);
    line(font, {at.x, y + ui.px(6)}, ui.theme.text_dim, "colour by", ui.px(70));
    ImGui::SetCursorScreenPos({at.x + ui.px(70), y});
    if (segmented(ui, "tsne.colour", names, label_kind_, true)) {
      isolated_ = -1;
      brighten();
    }
    y += ui.px(34);
  }
  const auto& classes = labels()->classes;
  const int count = static_cast<int>(classes.size());
  float widest = 0;
  for (const auto& name : classes) widest = std::max(widest, measure(font, name).x);
  const float row = ui.px(24), least = widest + ui.px(34);
  int columns = std::clamp(static_cast<int>(width / least), 1, 5);
  columns = std::min(columns, count);
  const int rows = (count + columns - 1) / columns;
  const int room = std::max(2, static_cast<int>((height - (y - at.y)) / row));
  const bool scrolls = rows > room;
  // Half a row says that there is more below.
  const float view = row * (scrolls ? static_cast<float>(room) - 0.5f : static_cast<float>(rows));
  ImGui::SetCursorScreenPos({at.x - ui.px(3), y});
  ImGui::BeginChild("tsne.legend", {width + ui.px(3), view}, false, scrolls ? 0 : ImGuiWindowFlags_NoScrollbar);
  list = ImGui::GetWindowDrawList();
  const ImVec2 first = ImGui::GetCursorScreenPos();
  const float step = (width - (scrolls ? ui.px(14) : 0)) / static_cast<float>(columns);
  for (int c = 0; c < count; ++c) {
    const ImVec2 where(first.x + ui.px(3) + step * static_cast<float>(c % columns),
                       first.y + row * static_cast<float>(c / columns));
    const std::string id = fmt::format("tsne.legend.{}", c);
    ImGui::SetCursorScreenPos({where.x - ui.px(3), where.y});
    if (ImGui::InvisibleButton(id.c_str(), {step - ui.px(2), row})) {
      isolated_ = isolated_ == c ? -1 : c;
      selected_.clear();
      brighten();
      ui.animate(0.1);
    }
    ui.marks.item(id);
    const bool over = ImGui::IsItemHovered(), lit = isolated_ < 0 || isolated_ == c;
    if (over || isolated_ == c)
      list->AddRectFilled({where.x - ui.px(3), where.y}, {where.x + step - ui.px(5), where.y + row},
                          with_alpha(ui.theme.raised_hover, isolated_ == c ? 1.0f : 0.6f), ui.px(4));
    draw_marker(list, class_shape(c), {where.x + ui.px(8), where.y + row * 0.5f}, ui.px(5),
                with_alpha(class_colour(ui.theme, c), lit ? 1.0f : 0.35f));
    list->AddText(font, font->FontSize, {where.x + ui.px(20), where.y + std::round((row - font->FontSize) * 0.5f)},
                  lit ? ui.theme.text : ui.theme.text_faint,
                  fit(font, classes[static_cast<std::size_t>(c)], step - ui.px(26)).c_str());
  }
  ImGui::EndChild();
  y += view;
  return y + ui.px(12);
}

void TsneTab::draw_pinned(ShellContext& context, const Dataset& data, ImVec2 at, ImVec2 size) {
  Ui& ui = context.ui;
  ImFont* font = ui.fonts.small;
  const auto& points = *map_->points;
  const float text_line = font->FontSize + ui.px(4);
  float y = at.y;
  std::string name = point_name(data, points, pinned_);
  if (const auto said = point_labels(points, pinned_); !said.empty()) name += ": " + said;
  float words = size.x;
  if (!selected_.empty()) {
    words -= ui.px(64);
    ImGui::SetCursorScreenPos({at.x + words + ui.px(8), y - ui.px(4)});
    if (button(ui, "tsne.list", std::nullopt, "List", ButtonKind::normal, true, true, ui.px(56)))
      listing_ = true, ui.animate(0.1);
    tooltip(ui, fmt::format("Back to the {} in the lasso", format_count(selected_.size())));
  }
  line(font, {at.x, y}, ui.theme.selection, name, words);
  y += text_line;
  line(font, {at.x, y}, ui.theme.text_dim, "and its nearest in code space, with their distances", words);
  y += text_line + ui.px(4);

  // Itself first, then the neighbours.
  std::vector<int> which{pinned_};
  const auto& near = points.neighbours;
  for (int k = 0; k < near.k; ++k) which.push_back(near.index[static_cast<std::size_t>(pinned_ * near.k + k)]);
  const int columns = 4;
  const float gap = ui.px(8), cell = std::floor((size.x - gap * (columns - 1)) / columns);
  const auto pictures = thumbnails(ui, data, points, which, {cell, ui.px(36)});
  ImVec2 extent(cell, 0);
  float factor = 1;
  if (pictures) {
    factor = std::max(1.0f, std::floor(std::min(cell / static_cast<float>(pictures->width),
                                                ui.px(60) / static_cast<float>(pictures->height))));
    extent = {factor * static_cast<float>(pictures->width), factor * static_cast<float>(pictures->height)};
    strip_.set_colours(pictures->count, pictures->height, pictures->width, pictures->colours, ui.now);
  }
  const float row = extent.y + text_line + ui.px(6);
  const int rows = std::clamp(static_cast<int>((at.y + size.y - y) / row), 0,
                              (static_cast<int>(which.size()) + columns - 1) / columns);
  const auto shown = std::min(which.size(), static_cast<std::size_t>(rows * columns));
  ImDrawList* list = ImGui::GetWindowDrawList();
  for (std::size_t i = 0; i < shown; ++i) {
    const ImVec2 corner(at.x + static_cast<float>(i % columns) * (cell + gap),
                        y + static_cast<float>(i / columns) * row);
    const int dot = which[i];
    if (pictures) strip_.draw_one(corner, static_cast<int>(i), factor);
    if (pictures)
      list->AddRect({corner.x - 1, corner.y - 1}, {corner.x + extent.x + 1, corner.y + extent.y + 1},
                    i == 0 ? ui.theme.selection : class_colour(ui.theme, class_of(dot)), 0, 0, ui.px(1.5f));
    std::string under = "itself";
    if (i > 0)
      under = format_value(std::sqrt(near.squared_distance[static_cast<std::size_t>(pinned_ * near.k) + i - 1]), 2);
    // The frame's colour says the class where its name finds no room.
    if (const auto* kind = labels(); kind && i > 0) {
      const std::string named = under + " · " + kind->classes[static_cast<std::size_t>(class_of(dot))];
      if (measure(font, named).x <= cell) under = named;
    }
    line(font, {corner.x, corner.y + extent.y + ui.px(2)}, i == 0 ? ui.theme.selection : ui.theme.text_dim, under,
         cell + gap);
    const std::string id = fmt::format("tsne.near.{}", i);
    ImGui::SetCursorScreenPos(corner);
    if (ImGui::InvisibleButton(id.c_str(), {cell, std::max(extent.y, text_line)})) {
      pin(data, dot);
      ui.animate(0.1);
    }
    ui.marks.item(id);
    if (ImGui::IsItemHovered()) pointed_ = dot;
  }
}

void TsneTab::export_selection(ShellContext& context) const {
  try {
    const std::vector<std::string> extensions{".csv"};
    const auto stem = fresh_path(std::filesystem::current_path(), "tsne-selection", extensions);
    write_points(*map_, selected_, stem.string() + ".csv");
    context.notices.info(fmt::format("Exported {}.csv", stem.string()));
  } catch (const Error& error) {
    context.notices.error(error.what());
  }
}

// The classes of what is selected as shares of one bar, and the commonest in words.
float TsneTab::draw_mixture(ShellContext& context, ImVec2 at, float width) {
  Ui& ui = context.ui;
  ImFont* font = ui.fonts.small;
  ImDrawList* list = ImGui::GetWindowDrawList();
  const auto* kind = labels();
  if (!kind) return at.y;
  std::vector<std::pair<int, int>> counts;  // how many, of which class
  for (int c = 0; c < static_cast<int>(kind->classes.size()); ++c) counts.emplace_back(0, c);
  for (const int i : selected_) ++counts[static_cast<std::size_t>(class_of(i))].first;
  std::stable_sort(counts.begin(), counts.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  const float thick = ui.px(8);
  float x = at.x;
  for (const auto& [many, c] : counts) {
    const float wide = width * static_cast<float>(many) / static_cast<float>(selected_.size());
    list->AddRectFilled({x, at.y}, {x + wide, at.y + thick}, class_colour(ui.theme, c));
    x += wide;
  }
  x = at.x;
  const float y = at.y + thick + ui.px(6);
  for (const auto& [many, c] : counts) {
    const std::string words = fmt::format("{}  {}", kind->classes[static_cast<std::size_t>(c)],
                                          format_count(static_cast<std::uint64_t>(many)));
    const float wide = measure(font, words).x + ui.px(18);
    if (many == 0 || x + wide > at.x + width) break;
    draw_marker(list, class_shape(c), {x + ui.px(6), y + font->FontSize * 0.5f}, ui.px(5), class_colour(ui.theme, c));
    list->AddText(font, font->FontSize, {x + ui.px(18), y}, ui.theme.text_dim, words.c_str());
    x += wide + ui.px(14);
  }
  return y + font->FontSize + ui.px(8);
}

// A row for each: its picture, its name, its classes.
void TsneTab::draw_list(ShellContext& context, const Dataset& data, ImVec2 at, ImVec2 size) {
  Ui& ui = context.ui;
  ImFont* font = ui.fonts.small;
  const auto& points = *map_->points;
  const int one[] = {selected_.front()};
  const ImVec2 room(ui.px(60), ui.px(26));
  const auto sample = thumbnails(ui, data, points, one, room);
  ImVec2 extent(0, 0);
  float factor = 1;
  if (sample) {
    factor = std::max(1.0f, std::floor(ui.px(32) / static_cast<float>(std::max(sample->height, 1))));
    extent = {factor * static_cast<float>(sample->width), factor * static_cast<float>(sample->height)};
  }
  const float row = std::max(extent.y, font->FontSize) + ui.px(6), total = row * static_cast<float>(selected_.size());
  ImGui::SetCursorScreenPos(at);
  ImGui::BeginChild("tsne.selection", size, false, ImGuiWindowFlags_NoNav);
  ImDrawList* list = ImGui::GetWindowDrawList();
  const ImVec2 top = ImGui::GetCursorScreenPos();
  const float width = ImGui::GetContentRegionAvail().x - (total > size.y ? ui.px(6) : 0);
  const int count = static_cast<int>(selected_.size());
  const int first = std::clamp(static_cast<int>(ImGui::GetScrollY() / row), 0, count - 1),
            last = std::min(count, first + static_cast<int>(size.y / row) + 2);
  const auto seen = std::span<const int>(selected_).subspan(static_cast<std::size_t>(first),
                                                            static_cast<std::size_t>(last - first));
  if (const auto pictures = thumbnails(ui, data, points, seen, room))
    listed_.set_colours(pictures->count, pictures->height, pictures->width, pictures->colours, ui.now);
  for (int i = first; i < last; ++i) {
    const int dot = selected_[static_cast<std::size_t>(i)];
    const ImVec2 corner(top.x, top.y + row * static_cast<float>(i));
    const std::string id = fmt::format("tsne.row.{}", i);
    ImGui::SetCursorScreenPos(corner);
    if (ImGui::InvisibleButton(id.c_str(), {width, row})) pin(data, dot == pinned_ ? -1 : dot), ui.animate(0.1);
    ui.marks.item(id);
    const bool over = ImGui::IsItemHovered();
    if (over) pointed_ = dot;
    if (over || dot == pinned_)
      list->AddRectFilled(corner, {corner.x + width, corner.y + row},
                          dot == pinned_ ? mix(ui.theme.raised, ui.theme.accent, 0.22f) : ui.theme.raised, ui.px(4));
    if (sample) listed_.draw_one({corner.x + ui.px(4), corner.y + ui.px(3)}, i - first, factor);
    const float left = corner.x + (sample ? extent.x + ui.px(16) : ui.px(6)),
                y = corner.y + (row - font->FontSize) * 0.5f;
    float right = corner.x + width - ui.px(8);
    if (labels()) {
      draw_marker(list, class_shape(class_of(dot)), {right - ui.px(5), y + font->FontSize * 0.5f}, ui.px(5),
                  class_colour(ui.theme, class_of(dot)));
      right -= ui.px(18);
    }
    // Names of classes where the item's own leaves room for them.
    const std::string name = point_name(data, points, dot);
    const float own = measure(font, name).x;
    for (const auto& kind : points.labels) {
      const auto& of_class = kind.classes[kind.values[static_cast<std::size_t>(dot)]];
      const float wide = measure(font, of_class).x;
      if (right - wide - ui.px(8) < left + own) continue;
      right -= wide;
      list->AddText(font, font->FontSize, {right, y}, ui.theme.text_dim, of_class.c_str());
      right -= ui.px(10);
    }
    list->AddText(font, font->FontSize, {left, y}, ui.theme.text, fit(font, name, right - left).c_str());
  }
  ImGui::SetCursorScreenPos({top.x, top.y + total - 1});
  ImGui::Dummy({1, 1});
  ImGui::EndChild();
}

void TsneTab::draw_selection(ShellContext& context, const Dataset& data, ImVec2 at, ImVec2 size) {
  Ui& ui = context.ui;
  const float height = ui.px(34);
  float x = at.x + size.x - ui.px(70);
  ImGui::SetCursorScreenPos({x, at.y});
  if (button(ui, "tsne.export", Icon::save, "CSV", ButtonKind::normal, true, true, ui.px(70)))
    export_selection(context);
  tooltip(ui, "Writes the selection: items, places in the map, labels");
  if (pinned_ >= 0) {
    x -= ui.px(98);
    ImGui::SetCursorScreenPos({x, at.y});
    if (button(ui, "tsne.neighbours", std::nullopt, "Neighbours", ButtonKind::normal, true, true, ui.px(92)))
      listing_ = false, ui.animate(0.1);
    tooltip(ui, "The true neighbours of the pinned one");
  }
  line(ui.fonts.small, {at.x, at.y + ui.px(6)}, ui.theme.text,
       fmt::format("{} in the lasso", format_count(selected_.size())), x - at.x - ui.px(8));
  const float y = draw_mixture(context, {at.x, at.y + height}, size.x);
  const ImVec2 left(size.x, at.y + size.y - y);
  if (left.y < ui.px(40)) return;
  draw_list(context, data, {at.x, y}, left);
  context.exports.view(at, {at.x + size.x, at.y + size.y}, "tsne-selection",
                       {{".csv", [map = map_, which = selected_](const std::filesystem::path& path) {
                           write_points(*map, which, path);
                         }}});
}

void TsneTab::draw_column(ShellContext& context, RunStage& stage, ImVec2 at, ImVec2 size) {
  Ui& ui = context.ui;
  const Dataset& data = *stage.snapshot->data;
  const float bottom = at.y + size.y;
  float y = draw_numbers(context, at, size.x);
  const bool holds = pinned_ >= 0 || !selected_.empty(), lists = !selected_.empty() && (pinned_ < 0 || listing_);
  const float wanted = ui.px(lists ? 320 : 236);  // for what the hand holds
  const int pointed = std::exchange(pointed_, -1);
  const float curve = std::clamp(bottom - y - ui.px(150) - (holds ? wanted : ui.px(60)), ui.px(64), ui.px(180));
  if (bottom - y > ui.px(220)) y = draw_curve(context, {at.x, y}, size.x, curve);
  y = draw_legend(context, {at.x, y}, size.x, std::max(ui.px(50), bottom - y - (holds ? wanted : ui.px(60))));
  const ImVec2 left(size.x, bottom - y);
  if (left.y < ui.px(20)) return;
  if (lists) {
    draw_selection(context, data, {at.x, y}, left);
  } else if (pinned_ >= 0) {
    draw_pinned(context, data, {at.x, y}, left);
  } else {
    ImFont* font = ui.fonts.small;
    const char* hint =
        comparing_ ? "The same points and codes in every map. What differs between them is the method's doing, what "
                     "stays is the codes'. Click a map to take it to the stage."
                   : "Click a dot for its true neighbours, a class to see it alone. Draw around some dots to list "
                     "them. The wheel looks closer, a double click shows all.";
    ImGui::GetWindowDrawList()->AddText(font, font->FontSize, {at.x, y}, ui.theme.text_faint, hint, nullptr, size.x);
  }
  // Its dot is drawn with the next frame.
  if (pointed_ != pointed) ui.animate(0.1);
}

void TsneTab::draw_inspector(ShellContext& context, RunStage&) {
  Ui& ui = context.ui;
  if (!section(ui, "section.tsne", "t-SNE", true)) return;
  const TsneRequest before = want_;
  const bool known = map_ && map_->points;
  const int count = known ? map_->points->count : want_.count;
  const auto row = [&](const char* label, const char* id, std::span<const std::string> names, int& chosen) {
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const float right = at.x + ImGui::GetContentRegionAvail().x;
    float needed = 0;
    for (const auto& name : names) needed += measure(ui.fonts.small, name).x + ui.px(18);
    text(ui.fonts.body, ui.theme.text_dim, label);
    ImGui::SetCursorScreenPos({right - needed, at.y - ui.px(3)});
    return segmented(ui, id, names, chosen, true);
  };
  const bool items = data_ && data_->kind != DataKind::scenes;
  if (data_ && (!items || (data_->train_count() > 0 && data_->test_count() > 0))) {
    const std::string parts[] = {"training", "held-out"};
    row("of", "tsne.split", parts, want_.split);
  }
  const int counts[] = {1000, 3000, kTsneLargest};
  const std::string names[] = {"1,000", "3,000", "10,000"};
  int chosen = static_cast<int>(std::find(counts, counts + 3, want_.count) - counts);
  if (row("at most", "tsne.points", names, chosen)) want_.count = counts[chosen];
  if (known && map_->points->count < map_->points->available)
    paragraph(ui, ui.theme.text_faint,
              fmt::format("{} of {}, evenly taken.", format_count(static_cast<std::uint64_t>(count)),
                          format_count(static_cast<std::uint64_t>(map_->points->available))));
  ImGui::Dummy({1, ui.px(4)});

  auto& o = want_.options;
  const double automatic = count / 12.0;
  const auto knob = [&](const char* name, const char* meaning, double low, double high, double standard, bool log,
                        double value) {
    KnobView view;
    view.name = name, view.meaning = meaning;
    view.minimum = low, view.maximum = high, view.default_value = standard;
    view.scale = log ? Knob::Scale::log : Knob::Scale::linear;
    view.value = value;
    return knob_row(context, view, value, knobs_, std::abs(value - standard) > 1e-9, "tsne").value_or(value);
  };
  const TsneOptions standard;
  const double most = std::clamp(std::floor(0.99 * count / 3.0), 6.0, 300.0);
  // What few points hold down comes back with more.
  const double fitting = std::min(o.perplexity, most);
  const double perplexity = knob("perplexity", "How many neighbours every point attends to, in effect", 2, most,
                                 std::min(standard.perplexity, most), true, fitting);
  if (perplexity != fitting) o.perplexity = perplexity;
  o.early_exaggeration =
      knob("early_exaggeration", "Factor on the attraction in the first 250 iterations; Restart shows it", 1, 40,
           standard.early_exaggeration, false, o.early_exaggeration);
  o.exaggeration = knob("exaggeration", "Factor on the attraction afterwards: above 1, clusters are tighter", 1, 8,
                        standard.exaggeration, false, o.exaggeration);
  const double rate =
      knob("learning_rate", "Step of the descent; by itself a twelfth of the number of points (Belkina 2019)", 1,
           5000, automatic, true, o.learning_rate > 0 ? o.learning_rate : automatic);
  o.learning_rate = std::abs(rate - automatic) < 1e-9 ? 0 : rate;
  o.momentum = knob("momentum", "Share of the last step that goes into the next", 0, 0.95, standard.momentum, false,
                    o.momentum);
  const bool changed = !(o == before.options) || want_.split != before.split || want_.count != before.count;
  if (changed) send();
  paragraph(
      ui, ui.theme.text_dim,
      "Near dots have like codes. Distances between clusters, their sizes and the empty room mean little: Compare "
      "shows what stays with other perplexities and starts.");
}

}  // namespace unveil
