#pragma once
#include <imgui.h>

#include <array>

namespace unveil {

// One colour per role in every view of the program.
enum class Role { data, model, prediction, error, selection };

// Quiet surroundings, bright data: everything a view may colour itself with. Dark and light have the same structure.
struct Theme {
  bool dark = true;
  // Surfaces, from the stage (where data lives) outwards.
  ImU32 stage, panel, raised, raised_hover, raised_active, hairline;
  ImU32 text, text_dim, text_faint;
  ImU32 accent, on_accent;  // what is active, and text on it
  ImU32 data, model, prediction, error, selection;
  ImU32 negative, neutral, positive;  // ends and middle of the diverging map
  std::array<ImU32, 10> classes;      // always together with a marker shape
};

Theme dark_theme();
Theme light_theme();

ImU32 role_colour(const Theme& theme, Role role);
ImU32 with_alpha(ImU32 colour, float alpha);  // alpha 0..1 multiplies the colour's own
ImU32 mix(ImU32 a, ImU32 b, float t);         // per channel, t clamped to 0..1

// Perceptually uniform map for magnitudes, t clamped to 0..1; NaN gives grey.
ImU32 viridis(double t);
// Blue-grey-orange for signed values, t clamped to -1..1; NaN gives the theme's faint text colour.
ImU32 diverging(const Theme& theme, double t);

// Sets ImGui's own style (popups, text fields, scroll bars) to the theme; scale in pixels per design unit.
void apply_style(const Theme& theme, float scale);

// Ten shapes, one per class, so that classes do not rest on colour alone. radius in pixels.
void draw_marker(ImDrawList* list, int shape, ImVec2 centre, float radius, ImU32 colour);

}  // namespace unveil
