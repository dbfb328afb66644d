#include "app/shell/layout.h"

#include <algorithm>
#include <cmath>

namespace unveil {

float largest_scale(ImVec2 size) {
  const float most = std::min(size.x / kSmallestWidth, size.y / kSmallestHeight);
  return std::max(0.5f, std::floor(most * 20 + 1e-3f) / 20);
}

WindowLayout compute_layout(ImVec2 size, float scale, const LayoutOptions& options) {
  auto px = [&](float design) { return std::round(design * scale); };
  const float width = size.x / scale, height = size.y / scale;
  // The stage comes first: in small windows the panels around it give way.
  const float rail = options.presentation ? 0 : px(width < 1200 ? 80 : 96);
  const float wanted = options.inspector > 0
                           ? std::clamp(options.inspector, kLeastInspector, std::min(kMostInspector, width * 0.45f))
                           : std::clamp(width * 0.235f, 264.0f, 360.0f);
  const float inspector = options.presentation || options.home ? 0 : px(wanted);
  const float timeline = options.home ? 0 : options.folded ? px(32) : px(std::clamp(height * 0.165f, 92.0f, 184.0f));
  const float top = px(height < 640 ? 52 : 60), bottom = px(height < 640 ? 24 : 28);
  WindowLayout l;
  l.transport = {{0, 0}, {size.x, top}};
  l.status = {{0, size.y - bottom}, {size.x, size.y}};
  l.timeline = {{0, size.y - bottom - timeline}, {size.x, size.y - bottom}};
  const float low = l.timeline.min.y;
  l.rail = {{0, top}, {rail, low}};
  l.inspector = {{size.x - inspector, top}, {size.x, low}};
  l.stage = {{rail, top}, {size.x - inspector, low}};
  return l;
}

}  // namespace unveil
