#pragma once
#include <array>
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

// A whole picture of any size, that patches are drawn from.
struct Scene {
  std::string name;
  int height = 0, width = 0;
  std::vector<float> grey;  // [height, width], 0..1, Rec. 601 weights
};
// One grey level throughout, nearly: a standard deviation below 0.001, a quarter of a step of 8 bits.
bool is_flat(const Scene& scene);

// What recordings may be told apart by: "speaker" and its names.
struct LabelKind {
  std::string name;
  std::vector<std::string> classes;  // at most 256
};

struct Recording {
  std::string name;
  std::vector<float> samples;        // mono, -1..1, at Dataset::sample_rate
  std::vector<std::uint8_t> labels;  // one per Dataset::label_kinds
};

// Points of a space of few dimensions.
struct PointCloud {
  int count = 0, dimensions = 0;
  std::vector<float> values;  // [count, dimensions]
};

// What is known of a generated set of points, for figures that no other set has.
struct PointTruth {
  std::vector<std::array<float, 2>> modes;   // an equal mixture of round Gaussians; empty: it is none
  float sigma = 0;                           // of each
  std::vector<std::array<float, 4>> fields;  // or equal squares: left, bottom, right, top
  double entropy = 0;                        // of the density, nats: what no model's loss goes below; 0: not known
};

// What a data set is made of.
enum class DataKind { pictures, scenes, sounds, points };
const char* data_kind_name(DataKind kind);  // "pictures of one size"
const char* items_name(DataKind kind);      // "images", "scenes", "recordings", "points": what is counted

// A data set of one kind, split for training and for held-out evaluation; members of other kinds are empty.
struct Dataset {
  std::string spec;         // what the user asked for, normalised: "digits", "idx:DIR", "images:DIR"
  std::string title;        // "MNIST (IDX)", for people
  std::string description;  // one sentence: sizes, origin, what was skipped
  DataKind kind = DataKind::pictures;
  bool absent = false;  // one made-up item stands for data that are not at hand; sizes and names are theirs

  ImageSet train, test;
  bool turned_grey = false;  // the pictures were in colour, and who asked takes none
  // Whether loading it with this DatasetOptions::colour gives the same.
  bool suits(bool colour) const { return colour ? !turned_grey : train.channels == 1; }
  int classes = 0;  // of pictures; 0: no labels
  // [classes] What each is called: its folder, its word in a table. Empty where the data have nothing but numbers.
  std::vector<std::string> class_names;
  std::string class_name(int index) const;  // its name, else its number

  std::vector<Scene> train_scenes, test_scenes;

  PointCloud train_points, test_points;
  PointTruth truth;

  int sample_rate = 0;  // Hz
  std::vector<LabelKind> label_kinds;
  std::vector<Recording> train_recordings, test_recordings;

  int train_count() const;  // of whatever it is made of
  int test_count() const;
};

struct DatasetOptions {
  std::uint64_t seed = 0;  // of generated sets and of the split of unsplit ones
  int train_count = 0;     // generated sets: how many; 0 is the set's own default
  int test_count = 0;
  int image_size = 28;  // folders of pictures are fitted to this many pixels a side
  // What the asker can use, what it likes best first; empty: anything.
  std::vector<DataKind> kinds;
  bool colour = true;  // pictures in colour stay so; false: they are given grey
};

// spec: a built-in name, "format:path", or a path whose content tells the format. It is loaded as the first of
// options.kinds that the format can be, else as what the format is by itself. Pictures have 3 channels where any of
// them is in colour and options.colour holds, else 1.
// Throws Error whose message names the file, what was found and what is accepted.
Dataset load_dataset(const std::string& spec, const DatasetOptions& options = {});

// The fixed binarization that evaluation figures are quoted on: Philox4x32-10, key (seed 0, split: train 0, test 1),
// counter (image, pixel div 4, 0, 0), word pixel mod 4; 1 where (word >> 8)·2^-24 < value/255.
// Returns one byte of 0 or 1 per pixel, in the order of set.pixels.
std::vector<std::uint8_t> binarize_fixed(const ImageSet& set, int split);

}  // namespace unveil
