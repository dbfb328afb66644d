#pragma once
#include "app/shell/layout.h"
#include "app/widgets/ui.h"

namespace unveil {

// One part of the window: an ImGui window without any decoration. background 0 leaves what was cleared.
void begin_panel(const char* id, const Rect& rect, ImU32 background, ImVec2 padding, bool scrolls = false);
void end_panel();

// The edge between stage and inspector, dragged: returns the inspector's new width in pixels, 0 while nothing is
// dragged, -1 for a double click (as at first). Drawn before the panels, as the separators are.
float drag_inspector_edge(Ui& ui, const WindowLayout& layout);

// The hairlines between the parts; drawn before them.
void draw_separators(const Ui& ui, const WindowLayout& layout);

// A floating window in the middle third of the stage, over a dimmed rest (open dialog, list of keys). Returns false
// when a click beside it or Escape asks it to close; end_overlay() is called in either case.
bool begin_overlay(Ui& ui, const char* id, float width, float top);
void end_overlay();

}  // namespace unveil
