// A folder of pictures; its subfolders are the classes, and train and test the parts.
#include <fmt/format.h>

#include <algorithm>

#include "engine/data/class_folders.h"
#include "engine/data/format.h"
#include "engine/data/picture.h"
#include "engine/data/split.h"
#include "engine/data/walk.h"
#include "engine/error.h"

namespace unveil {
namespace {

namespace fs = std::filesystem;

bool recognises(const fs::path& path) {
  std::error_code error;
  return fs::is_directory(path, error) && any_file_below(path, &is_picture_file);
}

std::string counted(std::size_t count, const char* one, const char* many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

// A folder's files, and what of them is not used, to be said in one line.
struct Folder {
  FolderFiles walked;
  std::vector<fs::path> others, unusable;  // no pictures; pictures that cannot be used
  std::string reason;                      // why the first of either cannot be
  std::vector<std::string> said;

  explicit Folder(const fs::path& path) : walked(files_below(path)) {}
  const std::vector<fs::path>& files() const { return walked.files; }

  void pass_over(const fs::path& file, const Error& problem) {
    if (reason.empty()) reason = problem.what();
    (is_picture_file(file) ? unusable : others).push_back(file);
    if (unusable.size() == 1 && unusable.front() == file) first_unusable_ = problem.what();
  }

  // "; passed over: 2 hidden or system files, 1 unusable picture (broken.png: the PNG is truncated …)"; or nothing.
  std::string text() const {
    auto all = said;
    if (!unusable.empty()) {
      const std::string path = unusable.front().string();
      const std::string why =
          first_unusable_.starts_with(path) ? first_unusable_.substr(path.size()) : first_unusable_;
      all.push_back(fmt::format("{} ({}{}{})", counted(unusable.size(), "unusable picture", "unusable pictures"),
                                unusable.size() == 1 ? "" : "the first, ", unusable.front().filename().string(),
                                why));
    }
    if (!others.empty())
      all.push_back(fmt::format("{} ({}{})",
                                counted(others.size(), "file that is no picture", "files that are no pictures"),
                                others.front().filename().string(), others.size() == 1 ? "" : " …"));
    std::string text = walked.passed_over_text();
    for (const std::string& one : all) text += (text.empty() ? "; passed over: " : ", ") + one;
    return text;
  }

 private:
  std::string first_unusable_;
};

std::string title_of(const fs::path& path) {
  const fs::path whole = fs::absolute(path).lexically_normal();
  return "Pictures of " + (whole.filename().empty() ? whole.parent_path() : whole).filename().string();
}

// Whole pictures, grey; large ones are reduced by a whole factor.
constexpr int kLongestSide = 1024;

Scene load_scene(const fs::path& file, const std::string& name) {
  const Picture picture = load_picture(file);
  const std::vector<float> grey = to_grey(picture);
  const int factor = (std::max(picture.width, picture.height) + kLongestSide - 1) / kLongestSide;
  Scene scene{name, picture.height / factor, picture.width / factor, {}};
  if (scene.height < 1 || scene.width < 1)
    throw Error(
        fmt::format("{}: {}×{} pixels are too narrow for a scene", file.string(), picture.width, picture.height));
  for (int y = 0; y < scene.height; ++y)
    for (int x = 0; x < scene.width; ++x) {
      float sum = 0;
      for (int i = 0; i < factor * factor; ++i)
        sum += grey[static_cast<std::size_t>(y * factor + i / factor) * static_cast<std::size_t>(picture.width) +
                    static_cast<std::size_t>(x * factor + i % factor)];
      scene.grey.push_back(sum / static_cast<float>(factor * factor));
    }
  if (is_flat(scene)) throw Error(fmt::format("{}: the picture is flat: one grey level throughout", file.string()));
  return scene;
}

Dataset load_scenes(const fs::path& path, Folder& folder, const DatasetOptions& options) {
  std::vector<Scene> scenes;
  std::vector<std::string> names;
  for (const fs::path& file : folder.files()) {
    try {
      const std::string name = file.lexically_relative(path).generic_string();
      scenes.push_back(load_scene(file, name));
      names.push_back(name);
    } catch (const Error& problem) {
      folder.pass_over(file, problem);
    }
  }
  if (scenes.empty())
    throw Error(fmt::format("{}: none of {} can be used as a scene; the first: {}", path.string(),
                            counted(folder.files().size(), "file", "files"), folder.reason));
  // Folders "train" and "test" are a split; others mean nothing to scenes.
  const auto sorted = class_folders(names, "scene", "scenes");
  auto held_out = held_out_by_hash(names, options.seed);
  if (sorted.split)
    for (std::size_t i = 0; i < names.size(); ++i) held_out[i] = sorted.parts[i] == ClassFolders::held_out;
  Dataset dataset;
  for (std::size_t i = 0; i < scenes.size(); ++i)
    (held_out[i] ? dataset.test_scenes : dataset.train_scenes).push_back(std::move(scenes[i]));
  dataset.title = title_of(path);
  dataset.description =
      fmt::format("{} training and {} held-out scenes, grey, at most {} pixels a side{}.",
                  dataset.train_scenes.size(), dataset.test_scenes.size(), kLongestSide, folder.text());
  return dataset;
}

// Bytes of a picture.
std::size_t item_size(const ImageSet& set) {
  return static_cast<std::size_t>(set.height) * static_cast<std::size_t>(set.width * set.channels);
}

// Whether each picture is of one grey or colour throughout.
bool all_flat(const ImageSet& set) {
  const auto channels = static_cast<std::size_t>(set.channels);
  for (std::size_t i = 0; i < set.pixels.size(); i += item_size(set))
    for (std::size_t c = 0; c < channels; ++c) {
      std::uint8_t least = 255, most = 0;
      for (std::size_t k = i + c; k < i + item_size(set); k += channels)
        least = std::min(least, set.pixels[k]), most = std::max(most, set.pixels[k]);
      if (most - least > 1) return false;
    }
  return true;
}

// Grey pictures that one in colour has joined.
void make_rgb(ImageSet& set) {
  std::vector<std::uint8_t> pixels;
  pixels.reserve(3 * set.pixels.size());
  for (const std::uint8_t v : set.pixels) pixels.insert(pixels.end(), 3, v);
  set.pixels = std::move(pixels);
  set.channels = 3;
}

// Whether these grey pictures are drawings on white: nine in ten pictures have an edge of which three quarters are
// nearly white.
bool dark_on_light(const ImageSet& set) {
  constexpr std::uint8_t kNearlyWhite = 200;
  int light = 0;
  for (int i = 0; i < set.count; ++i) {
    const std::uint8_t* pixels = &set.pixels[static_cast<std::size_t>(i) * item_size(set)];
    int edge = 0, white = 0;
    for (int y = 0; y < set.height; ++y)
      for (int x = 0; x < set.width; x += y == 0 || y == set.height - 1 ? 1 : std::max(1, set.width - 1))
        ++edge, white += pixels[y * set.width + x] >= kNearlyWhite;
    light += 4 * white >= 3 * edge;
  }
  return 10 * light >= 9 * set.count;
}

// Those that are not left out.
void keep_used(const ClassFolders& sorted, ImageSet& all, std::vector<std::string>& keys) {
  const std::size_t size = item_size(all);
  std::size_t kept = 0;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (sorted.parts[i] == ClassFolders::left_out) continue;
    if (kept < i) {
      std::copy_n(&all.pixels[i * size], size, &all.pixels[kept * size]);
      keys[kept] = std::move(keys[i]);
    }
    ++kept;
    if (!sorted.labels.empty()) all.labels.push_back(static_cast<std::uint8_t>(sorted.labels[i]));
  }
  all.pixels.resize(kept * size), keys.resize(kept), all.count = static_cast<int>(kept);
}

std::string classes_text(const std::vector<std::string>& names) {
  const std::size_t shown = std::min<std::size_t>(names.size(), 3);
  return fmt::format("{} ({}{})", counted(names.size(), "class", "classes"),
                     fmt::join(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(shown), ", "),
                     names.size() > shown ? " …" : "");
}

Dataset load(const fs::path& path, const DatasetOptions& options, DataKind kind) {
  std::error_code error;
  if (!fs::is_directory(path, error))
    throw Error(fmt::format("{}: not a folder; images:DIR takes a folder of pictures", path.string()));
  Folder folder(path);
  if (folder.files().empty())
    throw Error(fmt::format("{}: the folder holds no files; pictures ({}) are expected{}", path.string(),
                            kPictureFormats, folder.text()));
  if (kind == DataKind::scenes) return load_scenes(path, folder, options);

  ImageSet all = {0, options.image_size, options.image_size, 1};
  std::vector<std::string> keys;
  bool transparent = false, colour = false;
  for (const fs::path& file : folder.files()) {
    try {
      const Picture picture = load_picture(file);
      colour = colour || !is_grey(picture);
      if (options.colour && colour && all.channels == 1) make_rgb(all);
      const auto fitted = (all.channels == 3 ? fit_colour : fit_grey)(picture, options.image_size);
      all.pixels.insert(all.pixels.end(), fitted.begin(), fitted.end());
      keys.push_back(file.lexically_relative(path).generic_string());
      transparent |= picture.channels % 2 == 0;
      ++all.count;
    } catch (const Error& problem) {
      folder.pass_over(file, problem);
    }
  }
  if (all.count == 0)
    throw Error(fmt::format("{}: none of {} is a readable picture; the first: {}", path.string(),
                            counted(folder.files().size(), "file", "files"), folder.reason));

  auto sorted = class_folders(keys, "picture", "pictures");
  folder.said = sorted.passed_over;
  keep_used(sorted, all, keys);
  std::erase(sorted.parts, ClassFolders::left_out);
  std::string note;
  if (all_flat(all)) {
    note = transparent ? "; every picture is flat: what it shows lies in its transparency alone, white on white"
           : all.channels == 3 ? "; every picture is flat: one colour throughout"
                               : "; every picture is flat: one grey level throughout";
  } else if (all.channels == 1 && dark_on_light(all)) {
    for (auto& pixel : all.pixels) pixel = static_cast<std::uint8_t>(255 - pixel);
    note = "; dark on white, so turned over: what was drawn dark is light here";
  }
  Dataset dataset;
  dataset.turned_grey = colour && !options.colour;
  dataset.classes = static_cast<int>(sorted.classes.size());
  dataset.class_names = sorted.classes;
  auto held_out = held_out_by_hash(keys, options.seed);
  if (sorted.split)
    for (std::size_t i = 0; i < keys.size(); ++i) held_out[i] = sorted.parts[i] == ClassFolders::held_out;
  split_as(all, held_out, dataset.train, dataset.test);
  dataset.title = title_of(path);
  const std::string labels = dataset.classes > 0       ? classes_text(sorted.classes)
                             : sorted.why_none.empty() ? "no labels"
                                                       : fmt::format("no labels ({})", sorted.why_none);
  dataset.description =
      fmt::format("{} training and {} held-out pictures{}, fitted to {}×{} {} pixels, {}{}{}.", dataset.train.count,
                  dataset.test.count, sorted.split ? " by their folders" : "", options.image_size, options.image_size,
                  all.channels == 3 ? "colour" : "grey", labels, note, folder.text());
  return dataset;
}

}  // namespace

const DataFormat& images_data_format() {
  static const DataFormat format = {
      .name = "images",
      .summary = fmt::format("a folder of pictures ({}); subfolders are classes, or train and test", kPictureFormats),
      .recognises = &recognises,
      .load = &load,
      .kinds = {DataKind::pictures, DataKind::scenes}};
  return format;
}

}  // namespace unveil
