#include <fmt/format.h>

#include "engine/data/format.h"
#include "engine/data/handwriting.h"

namespace unveil {
namespace {

ImageSet write_digits(std::uint64_t seed, std::uint32_t split, int count) {
  constexpr std::size_t kPixels = kDigitSize * kDigitSize;
  ImageSet set = {count, kDigitSize, kDigitSize, 1};
  set.pixels.resize(kPixels * count);
  set.labels.resize(count);
  for (int i = 0; i < count; ++i) {
    set.labels[i] = static_cast<std::uint8_t>(digit_class(seed, i, split));
    draw_digit(seed, i, split, &set.pixels[kPixels * i]);
  }
  return set;
}

Dataset load(const std::filesystem::path&, const DatasetOptions& options, DataKind) {
  constexpr int kTrain = 10000, kTest = 2000;
  Dataset dataset;
  dataset.title = "Handwritten digits (generated)";
  dataset.classes = 10;
  dataset.train = write_digits(options.seed, 0, options.train_count ? options.train_count : kTrain);
  dataset.test = write_digits(options.seed, 1, options.test_count ? options.test_count : kTest);
  dataset.description = fmt::format(
      "{} training and {} held-out digits of 28×28 grey pixels in 10 classes, written by the program (seed {}).",
      dataset.train.count, dataset.test.count, options.seed);
  return dataset;
}

}  // namespace

const DataFormat& digits_data_format() {
  static const DataFormat format = {
      "digits", "handwritten digits generated in code: 28×28 grey, 10 classes, any number", true, nullptr, &load};
  return format;
}

}  // namespace unveil
