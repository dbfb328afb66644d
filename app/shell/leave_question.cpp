#include "app/shell/leave_question.h"

#include <fmt/format.h>

#include <filesystem>

#include "app/shell/panel.h"
#include "app/widgets/controls.h"
#include "app/widgets/format.h"
#include "app/widgets/input_version.h"

namespace unveil {
namespace {

// What is lost there, unless it can be had back from what the program ships with.
std::string consequence(const Gallery::Room& there) {
  if (!there.started) return {};
  const RunStatus& s = there.exhibit->run().status();
  if (!s.ready || s.step == 0 || (s.origin == "pretrained" && s.step == s.origin_step)) return {};
  return fmt::format(" It replaces the model there, which has trained to step {}.", format_count(s.step));
}

}  // namespace

void draw_leave_question(ShellContext& context, Gallery& gallery) {
  Ui& ui = context.ui;
  const auto& leaving = gallery.leaving();
  ui.marks.state("leave.shown", leaving.has_value());
  if (!leaving) return;
  const auto& there = gallery.rooms()[static_cast<std::size_t>(leaving->room)];
  const std::string here = gallery.exhibit()->title(), other = there.exhibit->title();
  const bool playing = gallery.run() && gallery.run()->status().playing;
  const std::string question =
      fmt::format("{} Open {} in {}?", leaving->told, leaving->told.starts_with("These") ? "them" : "it", other);
  const std::string words = fmt::format(
      "{} takes none of that kind. {} {}; {} opens paused, and trains when you press Play.{}", here, here,
      playing ? "keeps its model, and its training is paused" : "stays as it is", other, consequence(there));
  bool stay = !begin_overlay(ui, "leave", ui.px(560), ui.px(150)), go = key_pressed(Key::enter);
  paragraph(ui, ui.theme.text, question);
  text(ui.fonts.small, ui.theme.text_faint,
       fit(ui.fonts.small, elide_middle(leaving->what, 72), ImGui::GetContentRegionAvail().x));
  ImGui::Dummy({1, ui.px(4)});
  paragraph(ui, ui.theme.text_dim, words);
  ImGui::Dummy({1, ui.px(8)});
  go |= button(ui, "leave.open", std::nullopt, "Open in " + other, ButtonKind::primary);
  ImGui::SameLine(0, ui.px(8));
  stay |= button(ui, "leave.stay", std::nullopt, "Stay with " + here, ButtonKind::normal);
  end_overlay();
  ui.marks.state("leave.question", question);
  ui.marks.state("leave.words", words);
  if (!go && !stay) return;
  gallery.answer(go && !stay, context);
  ui.animate(0.2);
}

}  // namespace unveil
