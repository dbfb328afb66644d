#include "app/exhibits/vae/plane_board.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "app/widgets/controls.h"

namespace unveil {
namespace {

constexpr float kMarkerRadius = 3.2f;  // design units
constexpr float kGlide = 0.16f;        // seconds
constexpr double kTwoPi = 6.283185307179586;

// Where each of `count` pixels lies among `from` samples: between `at` and the one after it, `share` of 256 along.
struct Between {
  int at = 0, next = 0, share = 0;
};
std::vector<Between> spread_over(int from, int count) {
  std::vector<Between> all(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    const float place =
        std::clamp((static_cast<float>(i) + 0.5f) * static_cast<float>(from) / static_cast<float>(count) - 0.5f, 0.0f,
                   static_cast<float>(from - 1));
    auto& between = all[static_cast<std::size_t>(i)];
    between.at = static_cast<int>(place), between.next = std::min(between.at + 1, from - 1);
    between.share = static_cast<int>(std::lround(256 * (place - static_cast<float>(between.at))));
  }
  return all;
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

// The grid enlarged to the square, smoothly, since no whole factor fits: row by row, first across, then along.
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
  const auto across = spread_over(wide, side), along = spread_over(high, side);
  const auto n = static_cast<std::size_t>(side);
  std::vector<std::uint8_t> row(static_cast<std::size_t>(wide));
  // A row of the grid enlarged across, in 256ths; the two that lie around the present pixel row.
  std::vector<int> rows[2] = {std::vector<int>(n), std::vector<int>(n)};
  int held[2] = {-1, -1};
  const auto enlarge = [&](int y, int into) {
    if (held[into] == y) return;
    held[into] = y;
    const auto* line =
        &a.manifold[static_cast<std::size_t>(y / a.height * Atlas::kGrid * cell + y % a.height * a.width)];
    for (int tile = 0; tile < Atlas::kGrid; ++tile)
      std::copy_n(line + tile * cell, a.width, row.begin() + tile * a.width);
    for (std::size_t x = 0; x < n; ++x) {
      const auto& between = across[x];
      rows[into][x] = row[static_cast<std::size_t>(between.at)] * (256 - between.share) +
                      row[static_cast<std::size_t>(between.next)] * between.share;
    }
  };
  std::vector<ImU32> pixels(n * n);
  for (std::size_t y = 0; y < n; ++y) {
    const auto& between = along[y];
    enlarge(between.at, between.at % 2), enlarge(between.next, between.next % 2);
    const auto &top = rows[between.at % 2], &bottom = rows[between.next % 2];
    for (std::size_t x = 0; x < n; ++x)
      pixels[y * n + x] = shades[(top[x] * (256 - between.share) + bottom[x] * between.share) >> 16];
  }
  manifold_.upload(side, side, pixels);
}

ImVec2 PlaneBoard::from_screen(ImVec2 p) const {
  const glm::vec2 point = view_.from_screen(p);
  return {std::clamp(point.x, -radius_, radius_), std::clamp(point.y, -radius_, radius_)};
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

void PlaneBoard::draw_dots() {
  dots_.resize(u_.size());
  for (std::size_t i = 0; i < u_.size(); ++i) dots_[i] = to_screen(u_[i], v_[i]);
  markers_.draw(ImGui::GetWindowDrawList(), dots_, atlas_->labels);
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
  const ImU32 colour = class_colour(ui.theme, a.labels[i]);
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
  view_.frame(at, {side, side}, {radius_, radius_}, true);
  markers_.bake(ui, kMarkerRadius);
  ImDrawList* list = ImGui::GetWindowDrawList();
  list->PushClipRect(at, {at.x + side, at.y + side}, true);
  if (layers.manifold && !atlas_->manifold.empty()) {
    bake_manifold(ui, static_cast<int>(side), layers.dots ? 0.42f : 0.95f);
    const float r = atlas_->radius;
    list->AddImage(manifold_.id(), to_screen(-r, r), to_screen(r, -r));
  }
  if (layers.dots) draw_dots();
  if (layers.prior) draw_prior(ui);
  if (layers.ellipses)
    for (int i = 0; i < std::min(kEllipses, atlas_->count); ++i) draw_ellipse(ui, i, std::max(1.0f, 1.5f * ui.scale));
  list->PopClipRect();
  list->AddRect(at, {at.x + side, at.y + side}, ui.theme.hairline);
}

}  // namespace unveil
