#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "app/widgets/texture.h"
#include "app/widgets/ui.h"

namespace unveil {

// A small picture drawn by hand, grey or in colour: left button draws, right button (or the eraser) takes away.
class DrawingCanvas {
 public:
  explicit DrawingCanvas(int width = 28, int height = 28, int channels = 1);  // 1 or 3

  const std::vector<std::uint8_t>& pixels() const { return pixels_; }  // [height, width, channels], 0 is paper
  int width() const { return width_; }
  int height() const { return height_; }
  bool empty() const;
  void clear();
  void set(const std::vector<std::uint8_t>& pixels);
  // A round soft stroke between two points in picture coordinates; erases when `inking` is false.
  void stroke(float x0, float y0, float x1, float y1, bool inking);

  // The picture and under it pen, eraser and Clear, and the pen's colours. size: the room in pixels. Returns true
  // when the picture changed.
  bool draw(Ui& ui, const char* id, ImVec2 size);
  float tools_height(const Ui& ui) const { return ui.px(channels_ == 3 ? 66 : 40); }  // of the room

  float radius = 1.25f;  // of the pen, picture pixels
  bool erasing = false;
  std::array<std::uint8_t, 3> ink{255, 255, 255};  // of a picture in colour

 private:
  void draw_inks(Ui& ui, const std::string& id, ImVec2 at);

  int width_, height_, channels_;
  std::vector<std::uint8_t> pixels_;
  bool dirty_ = true;
  bool drawing_ = false;
  float last_x_ = 0, last_y_ = 0;
  Texture texture_;
};

}  // namespace unveil
