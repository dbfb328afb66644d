#pragma once
#include "app/exhibit/knobs_panel.h"
#include "app/frame/context.h"
#include "app/shell/gallery.h"
#include "app/shell/layout.h"
#include "app/widgets/rich_text.h"

namespace unveil {

struct InspectorState {
  KnobsState knobs;
  std::string lesson_source;  // what lesson was parsed from
  std::vector<RichBlock> lesson;
};

// Data, model, the exhibit's own part, knobs, explanation. Returns true when the open dialog is asked for.
bool draw_inspector(ShellContext& context, Gallery& gallery, const Rect& rect, InspectorState& state);

}  // namespace unveil
