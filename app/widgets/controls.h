#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "app/widgets/icons.h"
#include "app/widgets/ui.h"

namespace unveil {

// Every control takes an ImGui id, which is also its name for the script driver ("transport.play").

// Draws text as an item; returns its size.
ImVec2 text(ImFont* font, ImU32 colour, std::string_view what);
// Wraps at the given width in pixels (0: what is left of the line).
void paragraph(const Ui& ui, ImU32 colour, std::string_view what, float width = 0);
ImVec2 measure(ImFont* font, std::string_view what);
// Ends what does not fit into `width` pixels with an ellipsis.
std::string fit(ImFont* font, const std::string& what, float width);
// A dim label with the number under it, tabular; width in pixels, so that what changes does not push its neighbours.
void labelled_number(const Ui& ui, std::string_view label, std::string_view value, std::string_view unit,
                     float width);

enum class ButtonKind { normal, primary, quiet, on };
// A button 36 design units high (small: 28); the icon and the label may each be absent.
bool button(Ui& ui, const char* id, std::optional<Icon> icon, std::string_view label,
            ButtonKind kind = ButtonKind::normal, bool enabled = true, bool small = false, float least_width = 0);
// A square button with an icon alone and a tooltip.
bool icon_button(Ui& ui, const char* id, Icon icon, const char* tooltip, bool on = false, float size = 32);

// A thin track with a round handle, position 0..1; width in pixels. Returns true while the hand moves it.
struct SliderResult {
  bool changed = false;
  bool released = false;  // the hand let go after a change
};
SliderResult slider(Ui& ui, const char* id, float& position, float width, ImU32 colour);
// A strip to go back and forth over `count` positions (a fill, a tape); `reached` is how far there is something.
SliderResult scrubber(Ui& ui, const char* id, int& position, int count, int reached, float width);

bool toggle(Ui& ui, const char* id, bool& value);

// One of few: a row of segments. Marks are "<id>.<index>". Returns true when the choice changed.
bool segmented(Ui& ui, const char* id, std::span<const std::string> labels, int& chosen, bool small = false);
// Tabs with an underline. Marks are "<id>.<label in lower case, spaces as _>".
bool tabs(Ui& ui, const char* id, std::span<const std::string> labels, int& chosen);

// A heading that folds what follows; returns whether it is open. Its state is kept by ImGui under the id.
bool section(Ui& ui, const char* id, std::string_view title, bool open_at_first = true);
void unfold_section(const char* id);  // before it is drawn

// A one-line text shown beside the mouse when the last item is hovered.
void tooltip(const Ui& ui, std::string_view what);

// What an empty view shows: what will appear here and how to start it; centred in the rest of the window.
void empty_state(const Ui& ui, std::string_view title, std::string_view how);

}  // namespace unveil
