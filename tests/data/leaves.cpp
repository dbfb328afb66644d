#include <algorithm>
#include <cmath>
#include <fstream>

#include "engine/data/dataset.h"
#include "engine/data/dead_leaves.h"
#include "engine/data/picture.h"
#include "engine/data/spectrum.h"
#include "tests/catch.h"
#include "tests/data/files.h"

namespace unveil {
namespace {

const DatasetOptions kScenes{.kinds = {DataKind::scenes, DataKind::pictures}};

struct Moments {
  double mean = 0, variance = 0, kurtosis = 0;
};
Moments moments(const std::vector<float>& values) {
  Moments m;
  for (const float v : values) m.mean += v / static_cast<double>(values.size());
  double fourth = 0;
  for (const float v : values) {
    const double d = v - m.mean;
    m.variance += d * d / static_cast<double>(values.size());
    fourth += d * d * d * d / static_cast<double>(values.size());
  }
  m.kurtosis = fourth / (m.variance * m.variance);
  return m;
}

// Mean power of a ring of frequencies, cycles per pixel.
double power(const Scene& scene, double low, double high) {
  const auto spectrum = image_spectrum(scene.grey, scene.height, scene.width);
  double sum = 0;
  int count = 0;
  for (int y = 0; y < scene.height; ++y)
    for (int x = 0; x < scene.width; ++x)
      if (const double f = spectrum_frequency(y, x, scene.height, scene.width); f >= low && f < high) {
        sum += std::norm(spectrum[static_cast<std::size_t>(y * scene.width + x)]);
        ++count;
      }
  return sum / count;
}

// Of neighbouring pixels' differences: edges make it large.
double edge_kurtosis(const Scene& scene) {
  std::vector<float> differences;
  for (int y = 0; y < scene.height; ++y)
    for (int x = 1; x < scene.width; ++x) {
      const auto at = static_cast<std::size_t>(y * scene.width + x);
      differences.push_back(scene.grey[at] - scene.grey[at - 1]);
    }
  return moments(differences).kurtosis;
}

void save_grey(const std::filesystem::path& path, int width, int height, std::uint8_t (*value)(int, int)) {
  Picture picture{width, height, 1, {}};
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) picture.pixels.push_back(value(x, y));
  save_png(path, picture);
}

}  // namespace

TEST_CASE("dead leaves are the same for a seed, and have edges and a spectrum that falls like that of photographs",
          "[data]") {
  const Dataset data = load_dataset("leaves", {.seed = 3, .train_count = 1, .test_count = 1});
  CHECK(data.kind == DataKind::scenes);
  REQUIRE(data.train_scenes.size() == 1);
  const Scene& scene = data.train_scenes[0];
  CHECK(scene.height == 512);
  CHECK(scene.grey == dead_leaves(3, 0, 0).grey);
  CHECK(scene.grey != data.test_scenes[0].grey);
  CHECK(scene.grey != dead_leaves(4, 0, 0).grey);
  const auto m = moments(scene.grey);
  CHECK(m.mean == Approx(0.5).margin(0.2));
  CHECK(*std::min_element(scene.grey.begin(), scene.grey.end()) >= 0);
  CHECK(*std::max_element(scene.grey.begin(), scene.grey.end()) <= 1);
  CHECK(edge_kurtosis(scene) > 8);
  // Power falls about as the square of the frequency: four octaves, a factor of about 2^8.
  const double fall = std::log2(power(scene, 0.015, 0.02) / power(scene, 0.24, 0.32)) / 4;
  CHECK(fall > 1.5);
  CHECK(fall < 3);
}

TEST_CASE("the control of dead leaves has their spectrum and no edges", "[data]") {
  const Scene leaves = dead_leaves(3, 0, 0), noise = spectrum_noise(3, 0, 0);
  const double scale = moments(leaves.grey).variance / moments(noise.grey).variance;
  for (const double f : {0.02, 0.08, 0.3})
    CHECK(scale * power(noise, f, 1.3 * f) == Approx(power(leaves, f, 1.3 * f)).epsilon(0.15));
  CHECK(edge_kurtosis(noise) == Approx(3).margin(0.3));
  CHECK(moments(noise.grey).kurtosis == Approx(3).margin(0.8));
  CHECK(load_dataset("noise", {.seed = 3, .train_count = 1, .test_count = 1}).train_scenes[0].grey == noise.grey);
}

TEST_CASE("a spectrum gives its image back, whatever the sizes", "[data]") {
  for (const auto& [height, width] : {std::pair{12, 20}, {7, 13}, {1, 9}}) {
    std::vector<float> image;
    for (int i = 0; i < height * width; ++i) image.push_back(std::sin(0.37f * static_cast<float>(i * i % 91)));
    const auto spectrum = image_spectrum(image, height, width);
    float sum = 0;
    for (const float v : image) sum += v;
    CHECK(spectrum[0].real() == Approx(sum).margin(1e-4));
    const auto again = image_from_spectrum(spectrum, height, width);
    for (std::size_t i = 0; i < image.size(); ++i) CHECK(again[i] == Approx(image[i]).margin(1e-5));
  }
}

TEST_CASE("a folder of pictures gives whole grey scenes; what cannot be used is counted and named", "[data]") {
  TestFolder folder;
  Picture red{40, 30, 3, {}};
  for (int i = 0; i < 40 * 30; ++i) red.pixels.insert(red.pixels.end(), {static_cast<std::uint8_t>(i % 256), 0, 0});
  save_png(folder / "a.png", red);
  save_grey(folder / "b.png", 25, 50, [](int x, int y) { return static_cast<std::uint8_t>(x + 3 * y); });
  save_grey(folder / "flat.png", 30, 30, [](int, int) { return std::uint8_t{90}; });
  write_text(folder / "notes.txt", "nothing to see");
  const Dataset data = load_dataset("images:" + folder.path.string(), kScenes);
  CHECK(data.kind == DataKind::scenes);
  CHECK(data.train_count() + data.test_count() == 2);
  CHECK_THAT(data.description,
             Contains("1 unusable picture (flat.png: the picture is flat") && Contains("1 file that is no picture"));
  for (const auto* scenes : {&data.train_scenes, &data.test_scenes})
    for (const auto& scene : *scenes) {
      CHECK(static_cast<int>(scene.grey.size()) == scene.height * scene.width);
      if (scene.name == "a.png") CHECK(scene.grey[7] == Approx(.299 * 7 / 255).margin(1e-6));
    }
  // The same folder serves models that want pictures of one size.
  CHECK(load_dataset("images:" + folder.path.string()).kind == DataKind::pictures);
}

TEST_CASE("a folder of flat pictures alone is refused by name", "[data]") {
  TestFolder folder;
  save_grey(folder / "flat.png", 30, 30, [](int, int) { return std::uint8_t{90}; });
  const auto message = error_of([&] { load_dataset("images:" + folder.path.string(), kScenes); });
  CHECK_THAT(message, Contains("flat.png") && Contains("flat: one grey level"));
}

TEST_CASE("large pictures become scenes of at most 1024 pixels a side", "[data]") {
  TestFolder folder;
  save_grey(folder / "wide.png", 2100, 60, [](int x, int) { return static_cast<std::uint8_t>(x % 251); });
  const Dataset data = load_dataset("images:" + folder.path.string(), kScenes);
  REQUIRE(data.train_scenes.size() == 1);
  CHECK(data.train_scenes[0].width == 700);
  CHECK(data.train_scenes[0].height == 20);
}

}  // namespace unveil
