#pragma once
#include <imgui.h>

#include "engine/models/chapter.h"

namespace unveil {

// One sign per chapter, drawn as vectors, of one family. centre and size (the side of its square) in pixels.
void draw_chapter_icon(ImDrawList* list, Chapter chapter, ImVec2 centre, float size, ImU32 colour);

}  // namespace unveil
