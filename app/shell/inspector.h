#pragma once
#include "app/exhibit/knobs_panel.h"
#include "app/frame/context.h"
#include "app/shell/gallery.h"
#include "app/shell/layout.h"
#include "app/widgets/rich_text.h"

namespace unveil {

struct InspectorState {
  KnobsState knobs;
  // What is to be shown as soon as it is there: a knob, or the lesson.
  static constexpr const char* kLesson = "the lesson";
  std::string reveal, reveal_in;  // of this exhibit
  std::string lesson_source;      // what lesson was parsed from
  std::vector<RichBlock> lesson;
};

// Data, model, the exhibit's own part, knobs, explanation. Returns true when the open dialog is asked for.
bool draw_inspector(ShellContext& context, Gallery& gallery, const Rect& rect, InspectorState& state);

}  // namespace unveil
