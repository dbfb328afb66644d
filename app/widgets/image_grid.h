#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "app/widgets/texture.h"
#include "app/widgets/ui.h"

namespace unveil {

// Small pictures side by side, each enlarged by the same whole factor without smoothing.
struct GridShape {
  int columns = 1, rows = 1;
  int factor = 1;  // screen pixels per picture pixel
};
// The shape that enlarges `count` pictures of width × height pixels most inside an area in pixels with `gap` between
// them; among equals the squarest. columns > 0 fixes the columns. The factor is at least 1 even if that does not fit.
GridShape best_grid(int count, int width, int height, ImVec2 area, float gap, int columns = 0);

struct ImageGridOptions {
  int columns = 0;       // 0: what fits best
  float gap = 6;         // design units
  int largest = 16;      // greatest enlargement, in design pixels per picture pixel
  bool fade_in = false;  // a picture that changed fades in (for new samples, not for pixels appearing one by one)
  bool centre = true;
  int selected = -1;                   // framed in the selection colour
  std::span<const ImU32> frames = {};  // optional colour of each picture's frame, 0: none
};

struct ImageGridResult {
  int hovered = -1;  // picture under the mouse, -1: none
  int pixel_x = 0, pixel_y = 0;
  int clicked = -1, right_clicked = -1;
  GridShape shape;
  ImVec2 min{}, max{};           // what the pictures cover
  float cell_x = 0, cell_y = 0;  // from one picture to the next, pixels

  ImVec2 corner(int image) const {
    return {min.x + cell_x * static_cast<float>(image % shape.columns),
            min.y + cell_y * static_cast<float>(image / shape.columns)};
  }
};

class ImageGrid {
 public:
  // pixels: [count, height, width, channels], 8 bit, channels 1 or 3. Uploads only what differs from before.
  void set(int count, int height, int width, int channels, std::span<const std::uint8_t> pixels, double now = 0);
  // colours: [count, height, width], ready-made (a heat map over a picture, say).
  void set_colours(int count, int height, int width, std::vector<ImU32> colours, double now = 0);

  // size in pixels. Marks: the grid under its id, the first pictures as "<id>.<index>".
  ImageGridResult draw(Ui& ui, const char* id, ImVec2 size, const ImageGridOptions& options = {});

  // One of the pictures alone, its corner at a pixel.
  void draw_one(ImVec2 corner, int image, float factor) const;

  int count() const { return count_; }
  int width() const { return width_; }
  int height() const { return height_; }

 private:
  int count_ = 0, height_ = 0, width_ = 0;
  int atlas_columns_ = 1;
  std::vector<ImU32> colours_;   // [count, height, width], as shown
  std::vector<double> changed_;  // when each picture last changed
  Texture atlas_;
};

}  // namespace unveil
