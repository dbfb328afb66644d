#pragma once
#include <memory>
#include <vector>

#include "app/exhibits/vae/atlas.h"
#include "app/widgets/markers.h"
#include "app/widgets/texture.h"
#include "app/widgets/ui.h"
#include "app/widgets/view.h"

namespace unveil {

struct PlaneLayers {
  bool manifold = true, dots = true, prior = true, ellipses = false;
};

// An atlas on the screen: decoded pictures behind the plane, codes as dots by class (colour and shape), rings of the
// prior, ellipses of some posteriors. Dots glide to where a newer atlas has them.
class PlaneBoard {
 public:
  static constexpr int kEllipses = 60;

  void set(std::shared_ptr<const Atlas> atlas);
  const std::shared_ptr<const Atlas>& atlas() const { return atlas_; }
  void draw(Ui& ui, ImVec2 at, float side, const PlaneLayers& layers);
  // One posterior more: the one under the hand.
  void draw_ellipse(Ui& ui, int picture, float thickness) const;

  View& view() { return view_; }
  // Of the last draw().
  ImVec2 to_screen(float u, float v) const { return view_.to_screen({u, v}); }
  ImVec2 from_screen(ImVec2 point) const;  // x: u, y: v; inside the square
  // The picture whose dot is nearest to the point, within so many pixels; -1: none.
  int nearest(ImVec2 point, float within) const;

 private:
  void glide(Ui& ui);
  void bake_manifold(const Ui& ui, int side, float strength);
  void draw_dots();
  void draw_prior(const Ui& ui) const;

  std::shared_ptr<const Atlas> atlas_;
  std::vector<float> u_, v_;  // as shown
  float radius_ = 0;          // as shown
  View view_;
  ImVec2 at_{};
  float side_ = 1;
  Markers markers_;
  std::vector<ImVec2> dots_;
  Texture manifold_;
  // What the manifold was made of.
  float baked_strength_ = 0;
  bool manifold_dark_ = true;
  const Atlas* baked_ = nullptr;
};

}  // namespace unveil
