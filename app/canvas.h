#pragma once
#include <array>
#include <filesystem>
#include <memory>
#include <string>

#include "engine/data/picture.h"

namespace unveil {

// A picture that plots are drawn on without a window: dark, antialiased. Coordinates are pixels, y down.
class Canvas {
 public:
  using Colour = std::array<int, 3>;
  static constexpr Colour kBackground{22, 25, 30}, kGrid{48, 53, 61}, kText{200, 205, 212};
  struct Clip {
    int left, top, right, bottom;  // all included
  };

  Canvas(int width, int height);
  ~Canvas();

  int width() const { return picture_.width; }
  int height() const { return picture_.height; }
  // Throws Error when the file cannot be written.
  void save(const std::filesystem::path& path) const { save_png(path, picture_); }

  void blend(int x, int y, const Colour& colour, double share);
  void line(double x0, double y0, double x1, double y1, double width, const Colour& colour, double strength,
            const Clip& clip);
  // One of the ten shapes of the window's scatter plots (draw_marker), by shape modulo ten.
  void marker(int shape, double x, double y, double radius, const Colour& colour, double strength);
  // align: 0 begins at x, 0.5 is centred on it, 1 ends there; y is the baseline. Returns the width; 0 and nothing
  // drawn where the system has no DejaVu Sans.
  double text(double x, double y, const std::string& utf8, double size, double align, const Colour& colour);

 private:
  struct Font;
  Picture picture_;
  std::unique_ptr<Font> font_;
};

}  // namespace unveil
