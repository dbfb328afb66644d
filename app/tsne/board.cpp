#include "app/tsne/board.h"

#include <algorithm>
#include <cmath>

namespace unveil {
namespace {

constexpr float kGlide = 0.13f, kBreathe = 0.3f;  // seconds
constexpr double kInView = 0.995;                 // share of the dots that is surely in view
constexpr double kMost = 0.9;
constexpr float kFarOut = 2.2f;  // times as far as most are
constexpr float kMargin = 1.1f;
constexpr float kFaint = 0.13f;

// Half of what is to be in view: nearly all dots, unless a few are so far out that the others would shrink to a spot.
float reach_of(std::vector<float>& away) {
  const auto quantile = [&](double share) {
    const auto edge = away.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(away.size() - 1));
    std::nth_element(away.begin(), edge, away.end());
    return *edge;
  };
  return std::max(0.02f, kMargin * std::min(quantile(kInView), kFarOut * quantile(kMost)));
}

}  // namespace

bool inside_polygon(std::span<const ImVec2> polygon, ImVec2 p) {
  bool in = false;
  for (std::size_t a = 0, b = polygon.size() - 1; a < polygon.size(); b = a++) {
    const ImVec2 from = polygon[a], to = polygon[b];
    if ((from.y > p.y) != (to.y > p.y) && p.x < (to.x - from.x) * (p.y - from.y) / (to.y - from.y) + from.x) in = !in;
  }
  return in;
}

void TsneBoard::clear() {
  goal_.clear(), shown_.clear(), places_.clear();
}

void TsneBoard::set(std::span<const LayoutPoint> layout, bool same_items) {
  if (layout.empty()) return clear();
  double x = 0, y = 0, squares = 0;
  const auto n = static_cast<double>(layout.size());
  for (const auto& p : layout) x += p.x / n, y += p.y / n;
  for (const auto& p : layout) squares += ((p.x - x) * (p.x - x) + (p.y - y) * (p.y - y)) / n;
  const double scale = squares > 0 && std::isfinite(squares) ? 1 / std::sqrt(squares) : 0;
  const bool glides = same_items && shown_.size() == layout.size();
  goal_.resize(layout.size());
  std::vector<float> across(layout.size()), along(layout.size());
  for (std::size_t i = 0; i < layout.size(); ++i) {
    goal_[i] = {static_cast<float>(scale * (layout[i].x - x)), static_cast<float>(scale * (layout[i].y - y))};
    across[i] = std::abs(goal_[i].x), along[i] = std::abs(goal_[i].y);
  }
  reach_goal_ = {reach_of(across), reach_of(along)};
  if (glides) return;
  shown_ = goal_;
  reach_ = reach_goal_;
  places_.clear();
  view_.whole();
}

void TsneBoard::glide(Ui& ui) {
  const float share = 1 - std::exp(-ui.dt / kGlide), slow = 1 - std::exp(-ui.dt / kBreathe);
  float farthest = std::max(std::abs(reach_goal_.x - reach_.x), std::abs(reach_goal_.y - reach_.y));
  reach_.x += (reach_goal_.x - reach_.x) * slow, reach_.y += (reach_goal_.y - reach_.y) * slow;
  for (std::size_t i = 0; i < shown_.size(); ++i) {
    const float dx = goal_[i].x - shown_[i].x, dy = goal_[i].y - shown_[i].y;
    farthest = std::max({farthest, std::abs(dx), std::abs(dy)});
    shown_[i].x += dx * share, shown_[i].y += dy * share;
  }
  if (farthest > 0.002f)
    ui.animate(0.05);
  else
    shown_ = goal_, reach_ = reach_goal_;
}

void TsneBoard::draw(Ui& ui, ImVec2 at, ImVec2 size, const TsneLook& look, float radius) {
  if (goal_.empty()) return;
  glide(ui);
  markers_.bake(ui, radius);
  view_.frame(at, size, {reach_.x, reach_.y}, false);
  places_.resize(shown_.size());
  for (std::size_t i = 0; i < shown_.size(); ++i) places_[i] = view_.to_screen({shown_[i].x, shown_[i].y});
  ImDrawList* list = ImGui::GetWindowDrawList();
  list->PushClipRect(at, {at.x + size.x, at.y + size.y}, true);
  if (look.bright.empty()) {
    markers_.draw(list, places_, look.classes);
  } else {
    faint_.resize(look.bright.size());
    for (std::size_t i = 0; i < faint_.size(); ++i) faint_[i] = !look.bright[i];
    markers_.draw(list, places_, look.classes, kFaint, faint_);
    markers_.draw(list, places_, look.classes, 1, look.bright);
  }
  list->PopClipRect();
}

int TsneBoard::nearest(ImVec2 pixel, float within, std::span<const char> bright) const {
  int best = -1;
  float closest = within;
  for (std::size_t i = 0; i < places_.size(); ++i) {
    if (!bright.empty() && !bright[i]) continue;
    const float away = std::hypot(places_[i].x - pixel.x, places_[i].y - pixel.y);
    if (away < closest) closest = away, best = static_cast<int>(i);
  }
  return best;
}

std::vector<int> TsneBoard::inside(std::span<const ImVec2> polygon, std::span<const char> bright) const {
  std::vector<int> found;
  for (std::size_t i = 0; i < places_.size(); ++i) {
    if (!bright.empty() && !bright[i]) continue;
    if (inside_polygon(polygon, places_[i])) found.push_back(static_cast<int>(i));
  }
  return found;
}

}  // namespace unveil
