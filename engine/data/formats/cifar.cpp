// CIFAR's binary version (Krizhevsky 2009, https://www.cs.toronto.edu/~kriz/cifar.html): records of a label
// (CIFAR-100: of a coarse and a fine one) and 32×32 pixels as three planes, red, green and blue.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>

#include "engine/data/format.h"
#include "engine/data/split.h"
#include "engine/error.h"

namespace unveil {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kSide = 32, kArea = kSide * kSide;
// As many as the 4 GiB of bytes that a batch is gathered from on the device hold.
constexpr std::uint64_t kMostRecords = 1'000'000;

struct Kind {
  const char* name;
  std::size_t label_bytes;  // the last is the label
  int classes;
  const char* names;  // of the file of the classes' names, one a line
  std::size_t record() const { return label_bytes + 3 * kArea; }
};
constexpr Kind kKinds[] = {{"CIFAR-10", 1, 10, "batches.meta.txt"}, {"CIFAR-100", 2, 100, "fine_label_names.txt"}};
constexpr const char* kAccepted =
    "data_batch_1.bin … data_batch_5.bin and test_batch.bin of CIFAR-10's binary version (or train.bin and test.bin "
    "of "
    "CIFAR-100's), or one such file";

std::string file_name(const fs::path& path) {
  return path.filename().string();
}

// The kind whose files are called so; null where none is.
const Kind* kind_by_name(const fs::path& path) {
  const std::string name = file_name(path);
  if (!name.ends_with(".bin")) return nullptr;
  if (name.starts_with("data_batch_") || name == "test_batch.bin") return &kKinds[0];
  return name == "train.bin" || name == "test.bin" ? &kKinds[1] : nullptr;
}

// Whether labels stand where the first records begin.
bool begins_as(const fs::path& path, const Kind& kind) {
  constexpr int kLooked = 32, kCoarse = 20;
  std::ifstream file(path, std::ios::binary);
  std::vector<char> record(kind.record());
  int looked = 0;
  for (; looked < kLooked && file.read(record.data(), static_cast<std::streamsize>(record.size())); ++looked)
    if (static_cast<std::uint8_t>(record[kind.label_bytes - 1]) >= kind.classes ||
        (kind.label_bytes > 1 && static_cast<std::uint8_t>(record[0]) >= kCoarse))
      return false;
  return looked > 0;
}

// What the content is: whole records with labels before them, or, by their name too, the beginning of such ones.
// There are no magic bytes.
const Kind* kind_of(const fs::path& path) {
  std::error_code error;
  if (path.extension() != ".bin" || !fs::is_regular_file(path, error)) return nullptr;
  const auto size = fs::file_size(path, error);
  for (const Kind& kind : kKinds)
    if (!error && size % kind.record() == 0 && begins_as(path, kind)) return &kind;
  const Kind* kind = kind_by_name(path);
  return kind && begins_as(path, *kind) ? kind : nullptr;
}

std::vector<fs::path> entries_of(const fs::path& folder) {
  std::vector<fs::path> entries;
  std::error_code error;
  fs::directory_iterator at(folder, fs::directory_options::skip_permission_denied, error), end;
  for (; !error && at != end; at.increment(error)) entries.push_back(at->path());
  std::sort(entries.begin(), entries.end());
  return entries;
}

// The batches of a folder, and what is plainly meant to be one: damaged, it is complained of rather than overlooked.
std::vector<fs::path> batches_in(const fs::path& folder) {
  auto files = entries_of(folder);
  std::erase_if(files, [](const fs::path& file) { return !kind_by_name(file) && !kind_of(file); });
  return files;
}

// The folder itself, or those in it that hold batches, as the archive unpacks.
std::vector<fs::path> places_in(const fs::path& folder) {
  if (!batches_in(folder).empty()) return {folder};
  auto places = entries_of(folder);
  std::error_code ignored;
  std::erase_if(places, [&](const fs::path& at) { return !fs::is_directory(at, ignored) || batches_in(at).empty(); });
  return places;
}

bool recognises(const fs::path& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) return kind_of(path) != nullptr;
  for (const fs::path& place : places_in(path))
    for (const fs::path& file : batches_in(place))
      if (kind_of(file)) return true;
  return false;
}

void read_batch(const fs::path& path, const Kind& kind, ImageSet& set) {
  std::error_code error;
  if (!fs::is_regular_file(path, error)) throw Error(fmt::format("{}: not a readable file", path.string()));
  const std::uint64_t size = fs::file_size(path, error), count = size / kind.record();
  std::ifstream file(path, std::ios::binary);
  if (error || !file) throw Error(fmt::format("{}: cannot be opened for reading", path.string()));
  if (count == 0 || size % kind.record() != 0)
    throw Error(
        fmt::format("{}: {} bytes, truncated or another file; {} has {} bytes a picture: {} and 32×32 pixels of red, "
                    "green and blue",
                    path.string(), size, kind.name, kind.record(), kind.label_bytes == 1 ? "a label" : "two labels"));
  if (static_cast<std::uint64_t>(set.count) + count > kMostRecords)
    throw Error(fmt::format("{}: {} records after {} others; at most {} pictures are accepted", path.string(), count,
                            set.count, kMostRecords));
  std::vector<char> record(kind.record());
  for (std::uint64_t i = 0; i < count; ++i) {
    if (!file.read(record.data(), static_cast<std::streamsize>(record.size())))
      throw Error(fmt::format("{}: cannot be read beyond {} of its {} records", path.string(), i, count));
    const int label = static_cast<std::uint8_t>(record[kind.label_bytes - 1]);
    if (label >= kind.classes)
      throw Error(fmt::format("{}: record {} has the label {}; those of {} are 0 to {}", path.string(), i + 1, label,
                              kind.name, kind.classes - 1));
    set.labels.push_back(static_cast<std::uint8_t>(label));
    const char* planes = record.data() + kind.label_bytes;
    for (std::size_t pixel = 0; pixel < kArea; ++pixel)
      for (std::size_t channel = 0; channel < 3; ++channel)
        set.pixels.push_back(static_cast<std::uint8_t>(planes[channel * kArea + pixel]));
    ++set.count;
  }
}

// Empty where the file is not there.
std::vector<std::string> read_names(const fs::path& path, const Kind& kind) {
  std::ifstream file(path);
  std::vector<std::string> names;
  for (std::string line; std::getline(file, line);) {
    if (line.ends_with('\r')) line.pop_back();
    if (!line.empty()) names.push_back(line);
  }
  std::error_code ignored;
  if (fs::exists(path, ignored) && names.size() != static_cast<std::size_t>(kind.classes))
    throw Error(fmt::format("{}: {} names, one a line; {} has {} classes", path.string(), names.size(), kind.name,
                            kind.classes));
  return names;
}

Dataset load(const fs::path& path, const DatasetOptions& options, DataKind) {
  std::error_code error;
  fs::path folder = path.parent_path();
  std::vector<fs::path> files = {path};
  if (fs::is_directory(path, error)) {
    const auto places = places_in(path);
    if (places.size() > 1)
      throw Error(fmt::format("{}: holds CIFAR batches in {} folders ({}, {} …); say which", path.string(),
                              places.size(), file_name(places[0]), file_name(places[1])));
    if (places.empty())
      throw Error(fmt::format("{}: no CIFAR batches there{}; accepted are {}", path.string(),
                              fs::exists(path / "data_batch_1", error) ? " but those of the Python version" : "",
                              kAccepted));
    files = batches_in(folder = places[0]);
  }
  const auto told = [](const fs::path& file) {
    const Kind* kind = kind_of(file);
    return kind ? kind : kind_by_name(file);
  };
  const Kind& kind = told(files[0]) ? *told(files[0]) : kKinds[0];
  Dataset dataset;
  std::array<int, 2> read{};  // files of either part
  for (const fs::path& file : files) {
    if (const Kind* other = told(file); other && other != &kind)
      throw Error(fmt::format("{}: a file of {}, {} is one of {}; one of both is accepted", file.string(),
                              other->name, file_name(files[0]), kind.name));
    const bool held_out = file_name(file).find("test") != std::string::npos;
    read_batch(file, kind, held_out ? dataset.test : dataset.train);
    ++read[held_out];
  }
  std::string origin = file_name(files[0]) + (files.size() > 1 ? " … " + file_name(files.back()) : "");
  for (ImageSet* set : {&dataset.train, &dataset.test}) set->height = set->width = kSide, set->channels = 3;
  if (read[0] == 0 || read[1] == 0) {
    const ImageSet all = std::move(read[0] ? dataset.train : dataset.test);
    std::vector<std::string> keys(static_cast<std::size_t>(all.count));
    for (std::size_t i = 0; i < keys.size(); ++i) keys[i] = std::to_string(i);
    split_by_hash(all, keys, options.seed, dataset.train, dataset.test);
    origin += ", a tenth held out";
  }
  dataset.classes = kind.classes;
  dataset.class_names = read_names(folder / kind.names, kind);
  dataset.title = kind.name;
  dataset.description =
      fmt::format("{} training and {} held-out images of {}×{} colour pixels, {} classes ({}: {}).",
                  dataset.train.count, dataset.test.count, kSide, kSide, kind.classes, kind.name, origin);
  return dataset;
}

}  // namespace

const DataFormat& cifar_data_format() {
  static const DataFormat format = {"cifar",
                                    "CIFAR-10's or CIFAR-100's binary version: its folder, or one .bin file of it",
                                    false, &recognises, &load};
  return format;
}

}  // namespace unveil
