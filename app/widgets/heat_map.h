#pragma once
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "app/widgets/texture.h"
#include "app/widgets/ui.h"

namespace unveil {

enum class ColourMap { viridis, diverging, grey };

// value in data units; low..high is the shown range (diverging: ±max of both).
ImU32 map_colour(const Theme& theme, ColourMap map, double value, double low, double high);

struct HeatMapOptions {
  ColourMap map = ColourMap::viridis;
  double low = std::numeric_limits<double>::quiet_NaN();  // NaN: the data's own
  double high = std::numeric_limits<double>::quiet_NaN();
  bool scale_bar = true;
  std::string unit;
  int largest = 24;   // design pixels per cell
  ImU32 missing = 0;  // colour of what is NaN; 0: the map's own
};

struct HeatMapResult {
  bool hovered = false, clicked = false;
  int row = 0, column = 0;
  float value = 0;
  ImVec2 min{}, max{};  // of the cells
  float cell = 1;       // pixels per cell
};

// A matrix as colours, enlarged by a whole factor, with a bar that names the scale.
class HeatMap {
 public:
  void set(int rows, int columns, std::span<const float> values);  // values: [rows, columns]
  HeatMapResult draw(Ui& ui, const char* id, ImVec2 size, const HeatMapOptions& options = {});
  int rows() const { return rows_; }
  int columns() const { return columns_; }

 private:
  int rows_ = 0, columns_ = 0;
  std::vector<float> values_;
  // What the texture was made of; it is made anew when one of these changes.
  bool dirty_ = true, dark_ = true;
  ColourMap map_ = ColourMap::viridis;
  double low_ = 0, high_ = 1;
  ImU32 missing_ = 0;
  Texture texture_;
};

// The bar alone, for views that share a scale: width × height in pixels.
void scale_bar(Ui& ui, ColourMap map, double low, double high, const std::string& unit, float width);

}  // namespace unveil
