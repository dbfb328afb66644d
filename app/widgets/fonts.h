#pragma once
#include <imgui.h>

namespace unveil {

// A sans-serif at 16 px base, one smaller and two larger sizes; digits of equal width. Every font but the largest,
// which is for numbers, has every sign that lessons, labels and messages use (tests/app/texts.cpp).
struct Fonts {
  ImFont* small = nullptr;    // 13
  ImFont* body = nullptr;     // 16
  ImFont* bold = nullptr;     // 16, headings
  ImFont* large = nullptr;    // 21
  ImFont* display = nullptr;  // 30, numbers to be read from the back of a room
};

// Clears ImGui's atlas and fills it anew; scale in pixels per design unit. The texture is the caller's to upload.
// Throws Error when DejaVu Sans is not installed.
Fonts load_fonts(float scale);

}  // namespace unveil
