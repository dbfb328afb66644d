#include "engine/data/philox.h"

#include "engine/data/dataset.h"
#include "tests/catch.h"

namespace unveil {

TEST_CASE("Philox4x32-10 gives the published known answers", "[data]") {
  using Words = std::array<std::uint32_t, 4>;
  constexpr std::uint32_t kOnes = 0xffffffffu;
  CHECK(philox4x32({0, 0, 0, 0}, {0, 0}) == Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  CHECK(philox4x32({kOnes, kOnes, kOnes, kOnes}, {kOnes, kOnes}) ==
        Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
        Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("a Philox stream is uniform, and its normals have mean 0 and variance 1", "[data]") {
  PhiloxStream random(7, 1, 2, 3);
  constexpr int kDraws = 40000;
  double sum = 0, normals = 0, squares = 0;
  for (int i = 0; i < kDraws; ++i) {
    const float u = random.uniform();
    REQUIRE(u >= 0);
    REQUIRE(u < 1);
    sum += u;
  }
  for (int i = 0; i < kDraws; ++i) {
    const double n = random.normal();
    normals += n, squares += n * n;
  }
  // Five standard errors.
  CHECK(sum / kDraws == Approx(0.5).margin(5 * 0.2887 / 200));
  CHECK(normals / kDraws == Approx(0).margin(5.0 / 200));
  CHECK(squares / kDraws == Approx(1).margin(5 * 1.4142 / 200));
}

TEST_CASE("the fixed binarization compares the words of the known answer with the pixels", "[data]") {
  // Words of counter 0, key 0 as fractions: 0.39905, 0.88052, 0.73571, 0.60548; in 255ths 101.76, 224.53, 187.61,
  // 154.40.
  ImageSet set = {1, 1, 4, 1};
  set.pixels = {101, 224, 187, 154};
  CHECK(binarize_fixed(set, 0) == std::vector<std::uint8_t>{0, 0, 0, 0});
  set.pixels = {102, 225, 188, 155};
  CHECK(binarize_fixed(set, 0) == std::vector<std::uint8_t>{1, 1, 1, 1});
}

TEST_CASE("the fixed binarization keeps black and white, has the pixels' mean, and differs by image and split",
          "[data]") {
  ImageSet set = {40, 7, 9, 1};  // 63 pixels: the last block of four is cut
  set.pixels.assign(40 * 63, 100);
  const auto train = binarize_fixed(set, 0), test = binarize_fixed(set, 1);
  REQUIRE(train.size() == set.pixels.size());
  double ones = 0;
  for (const auto bit : train) ones += bit;
  CHECK(ones / train.size() == Approx(100.0 / 255).margin(5 * 0.4883 / 50.2));
  CHECK(train != test);
  CHECK(std::vector(train.begin(), train.begin() + 63) != std::vector(train.begin() + 63, train.begin() + 126));
  set.pixels.assign(40 * 63, 0);
  CHECK(binarize_fixed(set, 0) == std::vector<std::uint8_t>(40 * 63, 0));
  set.pixels.assign(40 * 63, 255);
  CHECK(binarize_fixed(set, 0) == std::vector<std::uint8_t>(40 * 63, 1));
  // An image's bits do not depend on how many others there are.
  ImageSet one = {1, 7, 9, 1, std::vector<std::uint8_t>(63, 100), {}};
  CHECK(binarize_fixed(one, 0) == std::vector(train.begin(), train.begin() + 63));
}

}  // namespace unveil
