#pragma once
#include <cstdint>
#include <vector>

#include "app/widgets/texture.h"
#include "app/widgets/ui.h"

namespace unveil {

// A small grey picture drawn by hand: left button draws, right button (or the eraser) takes away.
class DrawingCanvas {
 public:
  explicit DrawingCanvas(int width = 28, int height = 28);

  const std::vector<std::uint8_t>& pixels() const { return pixels_; }  // [height, width], 0 is paper, 255 ink
  int width() const { return width_; }
  int height() const { return height_; }
  bool empty() const;
  void clear();
  void set(const std::vector<std::uint8_t>& pixels);
  // A round soft stroke between two points in picture coordinates; erases when `ink` is false.
  void stroke(float x0, float y0, float x1, float y1, bool ink);

  // The picture and under it pen, eraser and Clear. size: the room in pixels. Returns true when the picture changed.
  bool draw(Ui& ui, const char* id, ImVec2 size);

  float radius = 1.25f;  // of the pen, picture pixels
  bool erasing = false;

 private:
  int width_, height_;
  std::vector<std::uint8_t> pixels_;
  bool dirty_ = true;
  bool drawing_ = false;
  float last_x_ = 0, last_y_ = 0;
  Texture texture_;
};

}  // namespace unveil
