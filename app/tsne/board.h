#pragma once
#include <memory>
#include <span>
#include <vector>

#include "app/widgets/markers.h"
#include "app/widgets/ui.h"
#include "app/widgets/view.h"
#include "engine/tsne/tsne.h"

namespace unveil {

// How dots stand out from the others.
struct TsneLook {
  std::span<const int> classes;  // of each dot; negative: none
  std::span<const char> bright;  // dots that stand out; empty: all do
};

// Even-odd: whether a ray from the point crosses the closed polygon an odd number of times.
bool inside_polygon(std::span<const ImVec2> polygon, ImVec2 point);

// A layout on the screen. What is shown is centred and of unit spread, so that a layout that grows a thousandfold
// stays in view; dots glide from where they were to where a newer layout has them.
class TsneBoard {
 public:
  // same_items: the dots are those of the layout before, and glide.
  void set(std::span<const LayoutPoint> layout, bool same_items);
  void clear();
  int count() const { return static_cast<int>(goal_.size()); }

  // radius of a marker in design units.
  void draw(Ui& ui, ImVec2 at, ImVec2 size, const TsneLook& look, float radius);

  View& view() { return view_; }

  // Of the last draw().
  ImVec2 place(int dot) const { return places_[static_cast<std::size_t>(dot)]; }
  // The dot nearest to a pixel among the bright ones, within so many pixels; -1: none.
  int nearest(ImVec2 pixel, float within, std::span<const char> bright) const;
  // Bright dots inside a polygon of pixels.
  std::vector<int> inside(std::span<const ImVec2> polygon, std::span<const char> bright) const;

 private:
  void glide(Ui& ui);

  std::vector<LayoutPoint> goal_, shown_;       // of unit spread
  LayoutPoint reach_goal_{1, 1}, reach_{1, 1};  // half of what is in view, across and along
  View view_;
  std::vector<ImVec2> places_;
  std::vector<char> faint_;
  Markers markers_;
};

}  // namespace unveil
