#include <cmath>
#include <stdexcept>

#include "engine/tsne/tsne.h"

namespace unveil {
namespace {

struct Mean {
  double x = 0, y = 0;
  explicit Mean(std::span<const LayoutPoint> points) {
    for (const auto& p : points) {
      x += p.x / static_cast<double>(points.size());
      y += p.y / static_cast<double>(points.size());
    }
  }
};

}  // namespace

std::vector<LayoutPoint> procrustes(std::span<const LayoutPoint> reference, std::span<const LayoutPoint> moving) {
  if (reference.size() != moving.size()) throw std::logic_error("procrustes: layouts of different numbers of points");
  const Mean to(reference), from(moving);
  // Of moving^T reference: what a turn, and what a turn after a reflection of y, can gain. In two dimensions the
  // better of the two is the solution that the singular value decomposition gives.
  double xx = 0, xy = 0, yx = 0, yy = 0;
  for (std::size_t i = 0; i < moving.size(); ++i) {
    const double mx = moving[i].x - from.x, my = moving[i].y - from.y, rx = reference[i].x - to.x,
                 ry = reference[i].y - to.y;
    xx += mx * rx;
    xy += mx * ry;
    yx += my * rx;
    yy += my * ry;
  }
  const double turn_cos = xx + yy, turn_sin = xy - yx, mirror_cos = xx - yy, mirror_sin = xy + yx;
  const bool mirror = std::hypot(mirror_cos, mirror_sin) > std::hypot(turn_cos, turn_sin);
  const double angle = mirror ? std::atan2(mirror_sin, mirror_cos) : std::atan2(turn_sin, turn_cos);
  const double c = std::cos(angle), s = std::sin(angle);
  std::vector<LayoutPoint> result(moving.size());
  for (std::size_t i = 0; i < moving.size(); ++i) {
    const double x = moving[i].x - from.x, y = (mirror ? -1 : 1) * (moving[i].y - from.y);
    result[i] = {static_cast<float>(c * x - s * y + to.x), static_cast<float>(s * x + c * y + to.y)};
  }
  return result;
}

}  // namespace unveil
