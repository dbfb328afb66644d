#include "app/shell/chapter_icons.h"

#include <algorithm>
#include <cmath>

namespace unveil {

void draw_chapter_icon(ImDrawList* list, Chapter chapter, ImVec2 c, float size, ImU32 colour) {
  const float h = size * 0.5f, line = std::max(1.4f, size * 0.075f);
  const auto p = [&](float x, float y) { return ImVec2(c.x + x * h, c.y + y * h); };
  const auto path = [&](std::initializer_list<ImVec2> points, bool closed = false) {
    for (const ImVec2 point : points) list->PathLineTo(p(point.x, point.y));
    list->PathStroke(colour, closed ? ImDrawFlags_Closed : 0, line);
  };
  const auto dot = [&](float x, float y, float r) { list->AddCircleFilled(p(x, y), r * h, colour, 16); };
  const auto ring = [&](float x, float y, float r) { list->AddCircle(p(x, y), r * h, colour, 24, line); };
  switch (chapter) {
    case Chapter::autoregressive:  // pixels, each after those before it
      for (int i = 0; i < 9; ++i) {
        const float x = -0.62f + 0.62f * static_cast<float>(i % 3), y = -0.62f + 0.62f * static_cast<float>(i / 3);
        if (i < 5)
          list->AddRectFilled(p(x - 0.24f, y - 0.24f), p(x + 0.24f, y + 0.24f), colour, h * 0.08f);
        else
          list->AddRect(p(x - 0.2f, y - 0.2f), p(x + 0.2f, y + 0.2f), colour, h * 0.08f, 0, line * 0.8f);
      }
      break;
    case Chapter::latent_variables:  // through a waist
      path({{-0.85f, -0.8f}, {-0.1f, -0.18f}, {-0.1f, 0.18f}, {-0.85f, 0.8f}}, true);
      path({{0.85f, -0.8f}, {0.1f, -0.18f}, {0.1f, 0.18f}, {0.85f, 0.8f}}, true);
      break;
    case Chapter::sparse_and_energy:  // few of many
      path({{-0.9f, 0.7f}, {0.9f, 0.7f}});
      for (int i = 0; i < 7; ++i) {
        const float x = -0.78f + 0.26f * static_cast<float>(i), tall = i == 1 ? 1.1f : i == 4 ? 1.45f : 0.12f;
        list->AddRectFilled(p(x - 0.08f, 0.7f - tall), p(x + 0.08f, 0.7f), colour);
      }
      break;
    case Chapter::adversarial_flows_diffusion:  // one against the other
      path({{-0.85f, -0.32f}, {0.7f, -0.32f}});
      path({{0.38f, -0.68f}, {0.78f, -0.32f}, {0.38f, 0.04f}});
      path({{0.85f, 0.42f}, {-0.7f, 0.42f}});
      path({{-0.38f, 0.06f}, {-0.78f, 0.42f}, {-0.38f, 0.78f}});
      break;
    case Chapter::self_supervised:  // what comes where nothing is shown?
      for (int i = 0; i <= 20; ++i) {
        const float x = -0.9f + 0.06f * static_cast<float>(i);
        list->PathLineTo(p(x, -0.55f * std::sin(5.2f * (x + 0.9f))));
      }
      list->PathStroke(colour, 0, line);
      dot(0.52f, 0.0f, 0.09f);
      dot(0.74f, 0.0f, 0.09f);
      dot(0.96f, 0.0f, 0.09f);
      break;
    case Chapter::sequences:  // each from the one before
      ring(-0.68f, 0, 0.22f);
      ring(0, 0, 0.22f);
      ring(0.68f, 0, 0.22f);
      path({{-0.46f, 0}, {-0.22f, 0}});
      path({{0.22f, 0}, {0.46f, 0}});
      break;
    case Chapter::video_and_agents:
      list->AddRect(p(-0.85f, -0.62f), p(0.85f, 0.62f), colour, h * 0.16f, 0, line);
      list->AddTriangleFilled(p(-0.2f, -0.32f), p(0.36f, 0), p(-0.2f, 0.32f), colour);
      break;
    case Chapter::uses:  // who stands highest
      path({{-0.85f, 0.7f},
            {-0.85f, 0.05f},
            {-0.28f, 0.05f},
            {-0.28f, -0.65f},
            {0.28f, -0.65f},
            {0.28f, 0.3f},
            {0.85f, 0.3f},
            {0.85f, 0.7f}},
           true);
      break;
  }
}

}  // namespace unveil
