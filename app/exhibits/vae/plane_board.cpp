#include "app/exhibits/vae/plane_board.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "app/widgets/controls.h"

namespace unveil {
namespace {

constexpr int kShapes = 10;
constexpr float kMarkerRadius = 3.2f, kRim = 1.0f;  // design units
constexpr float kGlide = 0.16f;                     // seconds
constexpr double kTwoPi = 6.283185307179586;

// How far a point lies inside a marker of radius 1 (negative: outside), for the shapes of draw_marker.
float inside(int shape, float x, float y) {
  const auto polygon = [&](int corners, double turn, float radius) {
    float least = 1e9f;
    const double apothem = radius * std::cos(kTwoPi / 2 / corners);
    for (int i = 0; i < corners; ++i) {
      const double a = turn + kTwoPi * (i + 0.5) / corners;
      least = std::min(least, static_cast<float>(apothem - x * std::cos(a) - y * std::sin(a)));
    }
    return least;
  };
  const auto bars = [](float a, float b) {
    const auto bar = [](float along, float across) {
      return std::min(1.15f - std::abs(along), 0.34f - std::abs(across));
    };
    return std::max(bar(a, b), bar(b, a));
  };
  constexpr double kUp = -kTwoPi / 4;
  constexpr float kDiagonal = 0.70710678f;
  const float away = std::hypot(x, y);
  switch (shape) {
    case 0:
      return 1 - away;
    case 1:
      return 0.88f - std::max(std::abs(x), std::abs(y));
    case 2:
      return polygon(3, kUp, 1.35f);
    case 3:
      return polygon(4, kUp, 1.2f);
    case 4:
      return polygon(3, -kUp, 1.35f);
    case 5:
      return bars((x + y) * kDiagonal, (x - y) * kDiagonal);
    case 6:
      return bars(x, y);
    case 7:
      return std::max(polygon(3, kUp, 1.1f), polygon(3, -kUp, 1.1f));
    case 8:
      return polygon(5, kUp, 1.15f);
    default:
      return 0.3f - std::abs(away - 0.8f);
  }
}

}  // namespace

void PlaneBoard::set(std::shared_ptr<const Atlas> atlas) {
  const bool same = atlas_ && atlas && atlas_->build == atlas->build && u_.size() == atlas->u.size();
  atlas_ = std::move(atlas);
  if (!atlas_ || same) return;
  u_ = atlas_->u, v_ = atlas_->v;
  radius_ = atlas_->radius;
}

void PlaneBoard::glide(Ui& ui) {
  const float share = 1 - std::exp(-ui.dt / kGlide), radius = atlas_->radius;
  float farthest = std::abs(radius - radius_);
  if (farthest > 0.002f * radius)
    radius_ += (radius - radius_) * share;
  else
    radius_ = radius;
  for (std::size_t i = 0; i < u_.size(); ++i) {
    const float du = atlas_->u[i] - u_[i], dv = atlas_->v[i] - v_[i];
    farthest = std::max({farthest, std::abs(du), std::abs(dv)});
    u_[i] += du * share, v_[i] += dv * share;
  }
  if (farthest > 0.002f * radius) {
    ui.animate(0.05);
  } else {
    u_ = atlas_->u, v_ = atlas_->v;
  }
}

// One picture of each marker in each class's colour, with a rim that parts it from what lies behind. The last one is
// for pictures without a class.
void PlaneBoard::bake_markers(const Ui& ui) {
  if (markers_ && baked_scale_ == ui.scale && baked_dark_ == ui.theme.dark) return;
  baked_scale_ = ui.scale, baked_dark_ = ui.theme.dark;
  const float radius = kMarkerRadius * ui.scale, rim = kRim * ui.scale;
  marker_cell_ = 2 * static_cast<int>(std::ceil(1.4f * radius + rim)) + 1;
  const int width = marker_cell_ * (kShapes + 1);
  std::vector<ImU32> pixels(static_cast<std::size_t>(width * marker_cell_));
  const ImU32 rim_colour = with_alpha(ui.theme.stage, 0.85f);
  for (int k = 0; k <= kShapes; ++k)
    for (int y = 0; y < marker_cell_; ++y)
      for (int x = 0; x < marker_cell_; ++x) {
        const float half = 0.5f * static_cast<float>(marker_cell_ - 1);
        const float depth = radius * inside(k % kShapes, (static_cast<float>(x) - half) / radius,
                                            (static_cast<float>(y) - half) / radius);
        const float fill = std::clamp(depth + 0.5f, 0.0f, 1.0f), cover = std::clamp(depth + rim + 0.5f, 0.0f, 1.0f);
        const ImU32 colour = k < kShapes ? ui.theme.classes[static_cast<std::size_t>(k)] : ui.theme.data;
        pixels[static_cast<std::size_t>(y * width + k * marker_cell_ + x)] =
            with_alpha(mix(rim_colour, colour, fill), cover);
      }
  markers_.upload(width, marker_cell_, pixels);
}

// The grid enlarged to the square, smoothly, since no whole factor fits.
void PlaneBoard::bake_manifold(const Ui& ui, int side, float strength) {
  if (baked_ == atlas_.get() && manifold_.width() == side && manifold_dark_ == ui.theme.dark &&
      baked_strength_ == strength)
    return;
  baked_ = atlas_.get(), manifold_dark_ = ui.theme.dark, baked_strength_ = strength;
  const Atlas& a = *atlas_;
  const int cell = a.height * a.width, wide = Atlas::kGrid * a.width, high = Atlas::kGrid * a.height;
  ImU32 shades[256];
  const ImU32 ink = ui.theme.dark ? IM_COL32_WHITE : IM_COL32(16, 22, 30, 255);
  for (int i = 0; i < 256; ++i) shades[i] = mix(ui.theme.stage, ink, strength * static_cast<float>(i) / 255);
  const auto value = [&](int x, int y) {
    const int tile = (y / a.height) * Atlas::kGrid + x / a.width;
    return static_cast<float>(
        a.manifold[static_cast<std::size_t>(tile * cell + (y % a.height) * a.width + x % a.width)]);
  };
  std::vector<ImU32> pixels(static_cast<std::size_t>(side * side));
  for (int y = 0; y < side; ++y) {
    const float py =
        std::clamp((static_cast<float>(y) + 0.5f) * static_cast<float>(high) / static_cast<float>(side) - 0.5f, 0.0f,
                   static_cast<float>(high - 1));
    const int y0 = static_cast<int>(py), y1 = std::min(y0 + 1, high - 1);
    const float ty = py - static_cast<float>(y0);
    for (int x = 0; x < side; ++x) {
      const float px =
          std::clamp((static_cast<float>(x) + 0.5f) * static_cast<float>(wide) / static_cast<float>(side) - 0.5f,
                     0.0f, static_cast<float>(wide - 1));
      const int x0 = static_cast<int>(px), x1 = std::min(x0 + 1, wide - 1);
      const float tx = px - static_cast<float>(x0);
      const float top = value(x0, y0) * (1 - tx) + value(x1, y0) * tx;
      const float bottom = value(x0, y1) * (1 - tx) + value(x1, y1) * tx;
      pixels[static_cast<std::size_t>(y * side + x)] =
          shades[std::clamp(static_cast<int>(top * (1 - ty) + bottom * ty), 0, 255)];
    }
  }
  manifold_.upload(side, side, pixels);
}

ImVec2 PlaneBoard::to_screen(float u, float v) const {
  const float unit = side_ / (2 * std::max(radius_, 1e-3f));
  return {at_.x + side_ * 0.5f + u * unit, at_.y + side_ * 0.5f - v * unit};
}

ImVec2 PlaneBoard::from_screen(ImVec2 p) const {
  const float unit = side_ / (2 * std::max(radius_, 1e-3f));
  return {std::clamp((p.x - at_.x - side_ * 0.5f) / unit, -radius_, radius_),
          std::clamp((at_.y + side_ * 0.5f - p.y) / unit, -radius_, radius_)};
}

int PlaneBoard::nearest(ImVec2 point, float within) const {
  int best = -1;
  float closest = within;
  for (std::size_t i = 0; i < u_.size(); ++i) {
    const ImVec2 dot = to_screen(u_[i], v_[i]);
    const float away = std::hypot(dot.x - point.x, dot.y - point.y);
    if (away < closest) closest = away, best = static_cast<int>(i);
  }
  return best;
}

// Two thousand textured squares: one draw call, a few pixels each.
void PlaneBoard::draw_dots(const Ui&) const {
  ImDrawList* list = ImGui::GetWindowDrawList();
  const float half = std::floor(0.5f * static_cast<float>(marker_cell_)), cell = static_cast<float>(marker_cell_);
  list->PushTextureID(markers_.id());
  list->PrimReserve(6 * static_cast<int>(u_.size()), 4 * static_cast<int>(u_.size()));
  for (std::size_t i = 0; i < u_.size(); ++i) {
    const ImVec2 centre = to_screen(u_[i], v_[i]);
    const ImVec2 corner(std::round(centre.x) - half, std::round(centre.y) - half);
    const int label = atlas_->labels[i], shape = label < 0 ? kShapes : label % kShapes;
    const float left = static_cast<float>(shape) / (kShapes + 1),
                right = static_cast<float>(shape + 1) / (kShapes + 1);
    list->PrimRectUV(corner, {corner.x + cell, corner.y + cell}, {left, 0}, {right, 1}, IM_COL32_WHITE);
  }
  list->PopTextureID();
}

void PlaneBoard::draw_prior(const Ui& ui) const {
  ImDrawList* list = ImGui::GetWindowDrawList();
  const ImVec2 origin = to_screen(0, 0);
  const ImU32 line = with_alpha(ui.theme.text, ui.theme.dark ? 0.55f : 0.6f);
  list->AddLine({at_.x, origin.y}, {at_.x + side_, origin.y}, with_alpha(ui.theme.text, 0.1f));
  list->AddLine({origin.x, at_.y}, {origin.x, at_.y + side_}, with_alpha(ui.theme.text, 0.1f));
  ImFont* font = ui.fonts.small;
  for (int sigma = 1; sigma <= 3; ++sigma) {
    const float r = to_screen(static_cast<float>(sigma), 0).x - origin.x;
    if (r < ui.px(6)) continue;
    list->AddCircle(origin, r, line, 96, std::max(1.0f, ui.scale));
    const std::string name = fmt::format("{}σ", sigma);
    const ImVec2 words = measure(font, name), where(origin.x - words.x * 0.5f, origin.y - r - words.y * 0.5f);
    if (r < words.y * 1.5f || where.y < at_.y) continue;
    list->AddRectFilled({where.x - ui.px(4), where.y}, {where.x + words.x + ui.px(4), where.y + words.y},
                        with_alpha(ui.theme.stage, 0.8f), ui.px(4));
    list->AddText(font, font->FontSize, where, ui.theme.text, name.c_str());
  }
}

void PlaneBoard::draw_ellipse(Ui& ui, int picture, float thickness) const {
  const Atlas& a = *atlas_;
  if (picture < 0 || picture >= a.count) return;
  const auto i = static_cast<std::size_t>(picture), latent = static_cast<std::size_t>(a.latent);
  // Of a diagonal Gaussian, along the plane's axes; what they share is not shown.
  double across = 0, along = 0;
  for (std::size_t j = 0; j < latent; ++j) {
    const double variance = std::exp(std::min(a.log_variance[i * latent + j], 20.0f));
    along += a.basis.first[j] * a.basis.first[j] * variance;
    across += a.basis.second[j] * a.basis.second[j] * variance;
  }
  const int label = a.labels[i];
  const ImU32 colour = label < 0 ? ui.theme.data : ui.theme.classes[static_cast<std::size_t>(label % kShapes)];
  ImDrawList* list = ImGui::GetWindowDrawList();
  constexpr int kCorners = 40;
  for (int k = 0; k < kCorners; ++k) {
    const double angle = kTwoPi * k / kCorners;
    list->PathLineTo(to_screen(u_[i] + static_cast<float>(std::sqrt(along) * std::cos(angle)),
                               v_[i] + static_cast<float>(std::sqrt(across) * std::sin(angle))));
  }
  list->PathStroke(colour, ImDrawFlags_Closed, thickness);
}

void PlaneBoard::draw(Ui& ui, ImVec2 at, float side, const PlaneLayers& layers) {
  at_ = at, side_ = side;
  if (!atlas_) return;
  glide(ui);
  bake_markers(ui);
  ImDrawList* list = ImGui::GetWindowDrawList();
  list->PushClipRect(at, {at.x + side, at.y + side}, true);
  if (layers.manifold && !atlas_->manifold.empty()) {
    bake_manifold(ui, static_cast<int>(side), layers.dots ? 0.42f : 0.95f);
    const float r = atlas_->radius;
    list->AddImage(manifold_.id(), to_screen(-r, r), to_screen(r, -r));
  }
  if (layers.dots) draw_dots(ui);
  if (layers.prior) draw_prior(ui);
  if (layers.ellipses)
    for (int i = 0; i < std::min(kEllipses, atlas_->count); ++i) draw_ellipse(ui, i, std::max(1.0f, 1.5f * ui.scale));
  list->PopClipRect();
  list->AddRect(at, {at.x + side, at.y + side}, ui.theme.hairline);
}

}  // namespace unveil
