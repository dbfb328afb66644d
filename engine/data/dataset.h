#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace unveil {

// Pictures of one size, 8 bit, NHWC; labels are empty when the data have none.
struct ImageSet {
  int count = 0;
  int height = 0, width = 0, channels = 1;
  std::vector<std::uint8_t> pixels;  // [count, height, width, channels]
  std::vector<std::uint8_t> labels;  // [count], below Dataset::classes
};

// A data set split for training and for held-out evaluation. Kinds other than pictures join as further members.
struct Dataset {
  std::string spec;         // what the user asked for, normalised: "digits", "idx:DIR", "images:DIR"
  std::string title;        // "MNIST (IDX)", for people
  std::string description;  // one sentence: sizes, origin, what was skipped
  int classes = 0;          // 0: no labels
  ImageSet train, test;
};

struct DatasetOptions {
  std::uint64_t seed = 0;  // of generated sets and of the split of unsplit ones
  int train_count = 0;     // generated sets: how many; 0 is the set's own default
  int test_count = 0;
  int image_size = 28;  // folders of pictures are fitted to this many pixels a side
};

// spec: a built-in name, "format:path", or a path whose content tells the format.
// Throws Error whose message names the file, what was found and what is accepted.
Dataset load_dataset(const std::string& spec, const DatasetOptions& options = {});

// The fixed binarization that evaluation figures are quoted on: Philox4x32-10, key (seed 0, split: train 0, test 1),
// counter (image, pixel div 4, 0, 0), word pixel mod 4; 1 where (word >> 8)·2^-24 < value/255.
// Returns one byte of 0 or 1 per pixel, in the order of set.pixels.
std::vector<std::uint8_t> binarize_fixed(const ImageSet& set, int split);

}  // namespace unveil
