#include "app/widgets/icons.h"

#include <cmath>

namespace unveil {
namespace {

constexpr float kPi = 3.14159265f;

void arrow_head(ImDrawList* list, ImVec2 tip, float angle, float size, ImU32 colour) {
  auto at = [&](float a, float r) { return ImVec2(tip.x + r * std::cos(a), tip.y + r * std::sin(a)); };
  list->AddTriangleFilled(at(angle, size * 0.55f), at(angle + 2.2f, size), at(angle - 2.2f, size), colour);
}

}  // namespace

void draw_icon(ImDrawList* list, Icon icon, ImVec2 c, float size, ImU32 colour) {
  const float h = size * 0.5f, line = std::max(1.3f, size * 0.11f);
  auto p = [&](float x, float y) { return ImVec2(c.x + x * h, c.y + y * h); };
  switch (icon) {
    case Icon::play: list->AddTriangleFilled(p(-0.6f, -0.85f), p(0.9f, 0), p(-0.6f, 0.85f), colour); break;
    case Icon::pause:
      list->AddRectFilled(p(-0.7f, -0.8f), p(-0.2f, 0.8f), colour, h * 0.1f);
      list->AddRectFilled(p(0.2f, -0.8f), p(0.7f, 0.8f), colour, h * 0.1f);
      break;
    case Icon::step:
      list->AddTriangleFilled(p(-0.8f, -0.75f), p(0.35f, 0), p(-0.8f, 0.75f), colour);
      list->AddRectFilled(p(0.5f, -0.75f), p(0.8f, 0.75f), colour);
      break;
    case Icon::reset:
      list->PathArcTo(c, h * 0.75f, -0.25f * kPi, 1.35f * kPi, 24);
      list->PathStroke(colour, 0, line);
      arrow_head(list, p(0.58f, -0.52f), -0.68f * kPi, h * 0.5f, colour);
      break;
    case Icon::slow:  // a dot with few ghosts behind it: one step at a time
      list->AddCircleFilled(p(0.6f, 0), h * 0.36f, colour, 16);
      list->AddCircleFilled(p(-0.15f, 0), h * 0.22f, colour, 12);
      list->AddCircleFilled(p(-0.72f, 0), h * 0.13f, colour, 8);
      break;
    case Icon::close:
      list->AddLine(p(-0.55f, -0.55f), p(0.55f, 0.55f), colour, line);
      list->AddLine(p(-0.55f, 0.55f), p(0.55f, -0.55f), colour, line);
      break;
    case Icon::chevron_right:
      list->PathLineTo(p(-0.25f, -0.55f));
      list->PathLineTo(p(0.3f, 0));
      list->PathLineTo(p(-0.25f, 0.55f));
      list->PathStroke(colour, 0, line);
      break;
    case Icon::chevron_down:
      list->PathLineTo(p(-0.55f, -0.25f));
      list->PathLineTo(p(0, 0.3f));
      list->PathLineTo(p(0.55f, -0.25f));
      list->PathStroke(colour, 0, line);
      break;
    case Icon::check:
      list->PathLineTo(p(-0.65f, 0));
      list->PathLineTo(p(-0.2f, 0.5f));
      list->PathLineTo(p(0.7f, -0.55f));
      list->PathStroke(colour, 0, line);
      break;
    case Icon::folder:
      list->PathLineTo(p(-0.85f, 0.65f));
      list->PathLineTo(p(-0.85f, -0.65f));
      list->PathLineTo(p(-0.3f, -0.65f));
      list->PathLineTo(p(-0.05f, -0.38f));
      list->PathLineTo(p(0.85f, -0.38f));
      list->PathLineTo(p(0.85f, 0.65f));
      list->PathStroke(colour, ImDrawFlags_Closed, line);
      break;
    case Icon::half_moon:
      list->AddCircle(c, h * 0.75f, colour, 24, line);
      list->PathArcTo(c, h * 0.75f, -0.5f * kPi, 0.5f * kPi, 16);
      list->PathFillConvex(colour);
      break;
    case Icon::question:
      list->PathArcTo(p(0, -0.32f), h * 0.42f, -1.0f * kPi, 0.25f * kPi, 16);
      list->PathLineTo(p(0, 0.3f));
      list->PathStroke(colour, 0, line);
      list->AddCircleFilled(p(0, 0.7f), line * 0.75f, colour, 8);
      break;
    case Icon::pen:
      list->AddLine(p(-0.5f, 0.5f), p(0.6f, -0.6f), colour, line * 1.6f);
      list->AddTriangleFilled(p(-0.8f, 0.8f), p(-0.6f, 0.3f), p(-0.3f, 0.6f), colour);
      break;
    case Icon::eraser:
      list->PathLineTo(p(-0.8f, 0.3f));
      list->PathLineTo(p(0.1f, -0.6f));
      list->PathLineTo(p(0.75f, 0));
      list->PathLineTo(p(0.05f, 0.7f));
      list->PathLineTo(p(-0.4f, 0.7f));
      list->PathStroke(colour, ImDrawFlags_Closed, line);
      break;
    case Icon::trained:  // it has learned: a ring with a check
      list->AddCircle(c, h * 0.88f, colour, 24, line);
      list->PathLineTo(p(-0.42f, 0));
      list->PathLineTo(p(-0.12f, 0.32f));
      list->PathLineTo(p(0.45f, -0.35f));
      list->PathStroke(colour, 0, line);
      break;
    case Icon::save:
      list->AddLine(p(0, -0.8f), p(0, 0.25f), colour, line);
      arrow_head(list, p(0, 0.2f), 0.5f * kPi, h * 0.45f, colour);
      list->AddLine(p(-0.75f, 0.75f), p(0.75f, 0.75f), colour, line);
      break;
  }
}

}  // namespace unveil
