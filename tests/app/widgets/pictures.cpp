#include <algorithm>

#include "app/widgets/drawing_canvas.h"
#include "app/widgets/heat_map.h"
#include "app/widgets/image_grid.h"
#include "app/widgets/kernel_view.h"
#include "tests/catch.h"

using namespace unveil;

TEST_CASE("a grid enlarges its pictures by the largest whole factor that fits", "[widgets]") {
  const auto grid = best_grid(64, 28, 28, {500, 500}, 6);
  CHECK(grid.columns == 8);
  CHECK(grid.rows == 8);
  CHECK(grid.factor == 2);
  for (int count : {1, 2, 7, 64, 200}) {
    for (float width : {300.0f, 941.0f, 1800.0f}) {
      const ImVec2 area(width, 520);
      const auto best = best_grid(count, 28, 28, area, 6);
      REQUIRE(best.columns * best.rows >= count);
      if (best.factor > 1) {
        CHECK(static_cast<float>(best.columns * 28 * best.factor) + 6.0f * static_cast<float>(best.columns - 1) <=
              area.x);
        CHECK(static_cast<float>(best.rows * 28 * best.factor) + 6.0f * static_cast<float>(best.rows - 1) <= area.y);
      }
      for (int columns = 1; columns <= count; ++columns) {
        CHECK(best_grid(count, 28, 28, area, 6, columns).factor <= best.factor);
      }
    }
  }
  CHECK(best_grid(9, 28, 28, {10, 10}, 6).factor == 1);
}

TEST_CASE("what the pen draws the eraser takes away", "[widgets]") {
  DrawingCanvas canvas;
  CHECK(canvas.empty());
  canvas.stroke(5, 5, 20, 18, true);
  CHECK_FALSE(canvas.empty());
  CHECK(canvas.pixels()[12 * 28 + 12] > 128);
  CHECK(canvas.pixels()[25 * 28 + 3] == 0);
  const float pen = canvas.radius;
  canvas.radius = pen + 1.5f;
  canvas.stroke(5, 5, 20, 18, false);
  CHECK(canvas.empty());
  canvas.stroke(-40, -40, -30, -30, true);  // beside the paper
  CHECK(canvas.empty());
}

TEST_CASE("a picture in colour is drawn on with the ink that was chosen", "[widgets]") {
  DrawingCanvas canvas(8, 8, 3);
  canvas.ink = {200, 100, 0};
  canvas.stroke(4, 4, 4, 4, true);
  const auto at = [&](int x, int y) { return canvas.pixels().begin() + (y * 8 + x) * 3; };
  CHECK(std::vector<std::uint8_t>(at(4, 4), at(5, 4)) == std::vector<std::uint8_t>{200, 100, 0});
  CHECK(std::vector<std::uint8_t>(at(0, 0), at(1, 0)) == std::vector<std::uint8_t>{0, 0, 0});
  canvas.radius += 1.5f;
  canvas.stroke(4, 4, 4, 4, false);
  CHECK(canvas.empty());
  CHECK_THROWS_AS(canvas.set(std::vector<std::uint8_t>(64)), std::logic_error);
}

TEST_CASE("weights of red, green and blue are one kernel in colour, grey where they are nought", "[widgets]") {
  // [2 taps][red, green, blue][2 out]
  const std::vector<float> values{1, 0, -1, 0, 0, 0, 2, 0, 0, 0, -2, 0};
  const WeightTensor tensor{
      .name = "w", .taps = {{0, 0}, {0, 1}}, .in = 3, .out = 2, .values = values, .colour = true};
  const auto picture = picture_of(dark_theme(), tensor, 2);
  CHECK(picture.width == 2);
  CHECK(picture.height == 2);
  CHECK(picture.pixels[0] == IM_COL32(191, 64, 128, 255));
  CHECK(picture.pixels[1] == IM_COL32(255, 128, 0, 255));
  CHECK(picture.index[1] == 6);
  CHECK(picture.pixels[2] == IM_COL32(128, 128, 128, 255));
}

TEST_CASE("a masked kernel shows the taps it lacks as missing", "[widgets]") {
  const Theme theme = dark_theme();
  std::vector<float> values(2 * 3 * 4);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i) - 11.5f;
  const WeightTensor tensor{"w", {{-1, 0}, {0, -1}}, 3, 4, values};
  const auto picture = picture_of(theme, tensor, largest_magnitude(values));
  CHECK(picture.kernel_width == 3);
  CHECK(picture.kernel_height == 3);
  CHECK(picture.width == 3 * 4 - 1);
  CHECK(picture.height == 4 * 4 - 1);
  const auto shown = std::count_if(picture.index.begin(), picture.index.end(), [](int i) { return i >= 0; });
  CHECK(shown == static_cast<long>(values.size()));
  // Kernel of output 2 from input 1: tap (-1, 0) is above its centre.
  const auto at = static_cast<std::size_t>((2 * 4 + 0) * picture.width + 1 * 4 + 1);
  CHECK(picture.index[at] == (0 * 3 + 1) * 4 + 2);
  const auto centre = static_cast<std::size_t>((2 * 4 + 1) * picture.width + 1 * 4 + 1);
  CHECK(picture.index[centre] == -1);
  CHECK(picture.pixels[centre] == 0);
  CHECK_THROWS_AS(picture_of(theme, WeightTensor{"w", {{0, 0}}, 5, 5, values}, 1), std::logic_error);
}

TEST_CASE("signed values of equal size differ in hue alone from the neutral middle", "[widgets]") {
  for (const Theme& theme : {dark_theme(), light_theme()}) {
    CHECK(diverging(theme, 0) == theme.neutral);
    CHECK(diverging(theme, 1) == theme.positive);
    CHECK(diverging(theme, -1) == theme.negative);
    CHECK(map_colour(theme, ColourMap::diverging, -3, -1, 3) == theme.negative);
  }
  CHECK(viridis(-1) == viridis(0));
  CHECK(viridis(2) == viridis(1));
  // The map's lightness rises all the way: that is what makes it readable in grey.
  auto luminance = [](ImU32 c) {
    const ImVec4 v = ImGui::ColorConvertU32ToFloat4(c);
    return 0.2126f * v.x + 0.7152f * v.y + 0.0722f * v.z;
  };
  for (int i = 1; i <= 50; ++i) CHECK(luminance(viridis(i / 50.0)) > luminance(viridis((i - 1) / 50.0)));
}
