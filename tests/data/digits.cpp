#include <algorithm>
#include <array>
#include <limits>

#include "engine/data/dataset.h"
#include "engine/data/format.h"
#include "engine/data/glyphs.h"
#include "tests/catch.h"
#include "tests/data/files.h"

namespace unveil {

TEST_CASE("built-in digits are the same for a seed, whatever their number", "[data]") {
  const Dataset few = load_dataset("digits", {.seed = 3, .train_count = 50, .test_count = 20});
  const Dataset more = load_dataset("digits", {.seed = 3, .train_count = 120, .test_count = 30});
  CHECK(few.spec == "digits");
  CHECK(few.classes == 10);
  REQUIRE(few.train.pixels.size() == 50 * 784);
  REQUIRE(few.test.count == 20);
  CHECK(std::equal(few.train.pixels.begin(), few.train.pixels.end(), more.train.pixels.begin()));
  CHECK(std::equal(few.test.pixels.begin(), few.test.pixels.end(), more.test.pixels.begin()));
  CHECK(std::equal(few.train.labels.begin(), few.train.labels.end(), more.train.labels.begin()));
  // Another seed and the other split are other digits.
  CHECK(load_dataset("digits", {.seed = 4, .train_count = 50, .test_count = 20}).train.pixels != few.train.pixels);
  CHECK_FALSE(std::equal(few.test.pixels.begin(), few.test.pixels.end(), few.train.pixels.begin()));
}

TEST_CASE("built-in digits are balanced, and fitted and centred as those of MNIST", "[data]") {
  const Dataset data = load_dataset("digits", {.train_count = 400, .test_count = 10});
  std::array<int, 10> counts = {};
  for (const auto label : data.train.labels) ++counts.at(label);
  for (const int count : counts) CHECK(count == 40);
  for (int i = 0; i < data.train.count; ++i) {
    const std::uint8_t* pixels = &data.train.pixels[i * 784];
    double mass = 0, x = 0, y = 0;
    int left = 28, right = -1, top = 28, bottom = -1;
    for (int row = 0; row < 28; ++row)
      for (int column = 0; column < 28; ++column) {
        const int value = pixels[row * 28 + column];
        mass += value, x += value * (column + .5), y += value * (row + .5);
        if (value < 64) continue;
        left = std::min(left, column), right = std::max(right, column);
        top = std::min(top, row), bottom = std::max(bottom, row);
      }
    CAPTURE(i);
    REQUIRE(mass > 0);
    CHECK(x / mass == Approx(14).margin(0.75));
    CHECK(y / mass == Approx(14).margin(0.75));
    const int longer = std::max(right - left, bottom - top) + 1;
    CHECK(longer >= 18);
    CHECK(longer <= 22);
  }
}

TEST_CASE("every digit is written in at least four ways, and every stroke has two points", "[data]") {
  for (int digit = 0; digit < 10; ++digit) {
    CHECK(glyphs_of_digit(digit).size() >= 4);
    for (const Glyph& glyph : glyphs_of_digit(digit)) {
      CHECK(glyph.weight > 0);
      for (const GlyphStroke& stroke : glyph.strokes) CHECK(stroke.size() >= 2);
    }
  }
}

TEST_CASE("a nearest neighbour among 5,000 built-in digits reads MNIST", "[data]") {
  const auto folder = shared_data("mnist");
  if (folder.empty()) {
    WARN("skipped: ../shared/data/mnist is not there");
    return;
  }
  constexpr int kRead = 2000;
  const Dataset known = load_dataset("digits", {.train_count = 5000, .test_count = 1});
  const ImageSet asked = load_dataset("idx:" + folder.string()).test;
  REQUIRE(asked.count == 10000);
  int right = 0;
  for (int i = 0; i < kRead; ++i) {
    const std::uint8_t* image = &asked.pixels[i * 784];
    int best = std::numeric_limits<int>::max(), answer = -1;
    for (int k = 0; k < known.train.count; ++k) {
      const std::uint8_t* candidate = &known.train.pixels[k * 784];
      int distance = 0;
      for (int p = 0; p < 784; ++p) {
        const int difference = int{image[p]} - int{candidate[p]};
        distance += difference * difference;
      }
      if (distance < best) best = distance, answer = known.train.labels[k];
    }
    right += answer == asked.labels[i];
  }
  WARN("a nearest neighbour among 5,000 built-in digits reads " << 100.0 * right / kRead << " % of " << kRead
                                                                << " MNIST test digits");
  CHECK(right >= kRead * 3 / 4);
}

}  // namespace unveil
