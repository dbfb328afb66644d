// A folder of pictures; its subfolders, where all pictures lie in them, are the classes.
#include <fmt/format.h>

#include <algorithm>
#include <set>

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

// What could not be used of a folder, to be said in one line.
struct Skipped {
  int count = 0;
  std::string first, reason;
  void add(const fs::path& file, const std::string& why) {
    if (count++ == 0) first = file.filename().string(), reason = why;
  }
  std::string text() const {
    return count ? fmt::format("; {} unusable {} skipped, the first: {}", count, count == 1 ? "file" : "files", reason)
                 : "";
  }
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
    throw Error(fmt::format("{}: {}×{} pixels are too narrow for a scene", file.string(), picture.width, picture.height));
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

Dataset load_scenes(const fs::path& path, const std::vector<fs::path>& files, const DatasetOptions& options) {
  std::vector<Scene> scenes;
  std::vector<std::string> names;
  Skipped skipped;
  for (const fs::path& file : files) {
    try {
      const std::string name = file.lexically_relative(path).generic_string();
      scenes.push_back(load_scene(file, name));
      names.push_back(name);
    } catch (const Error& problem) {
      skipped.add(file, problem.what());
    }
  }
  if (scenes.empty())
    throw Error(fmt::format("{}: none of {} {} can be used as a scene; the first: {}", path.string(), files.size(),
                            files.size() == 1 ? "file" : "files", skipped.reason));
  Dataset dataset;
  const auto held_out = held_out_by_hash(names, options.seed);
  for (std::size_t i = 0; i < scenes.size(); ++i)
    (held_out[i] ? dataset.test_scenes : dataset.train_scenes).push_back(std::move(scenes[i]));
  dataset.title = title_of(path);
  dataset.description = fmt::format("{} training and {} held-out scenes, grey, at most {} pixels a side{}.",
                                    dataset.train_scenes.size(), dataset.test_scenes.size(), kLongestSide, skipped.text());
  return dataset;
}

Dataset load(const fs::path& path, const DatasetOptions& options, DataKind kind) {
  std::error_code error;
  if (!fs::is_directory(path, error))
    throw Error(fmt::format("{}: not a folder; images:DIR takes a folder of pictures", path.string()));
  const auto found = files_below(path);
  const auto& files = found.files;
  if (files.empty())
    throw Error(fmt::format("{}: the folder holds no files; pictures (PNG, JPEG, BMP, GIF, PGM, PPM) are expected",
                            path.string()));
  if (kind == DataKind::scenes) {
    Dataset scenes = load_scenes(path, files, options);
    scenes.description.insert(scenes.description.size() - 1, found.passed_over_text());
    return scenes;
  }

  ImageSet all = {0, options.image_size, options.image_size, 1};
  std::vector<std::string> keys;
  std::vector<std::string> folders;  // of each picture; "." for those at the top
  Skipped skipped;
  for (const fs::path& file : files) {
    try {
      const std::vector<std::uint8_t> grey = fit_grey(load_picture(file), options.image_size);
      const fs::path relative = file.lexically_relative(path);
      all.pixels.insert(all.pixels.end(), grey.begin(), grey.end());
      keys.push_back(relative.generic_string());
      folders.push_back(relative.has_parent_path() ? relative.begin()->string() : ".");
      ++all.count;
    } catch (const Error& problem) {
      skipped.add(file, problem.what());
    }
  }
  if (all.count == 0)
    throw Error(fmt::format("{}: none of {} files is a readable picture; the first: {}", path.string(), files.size(),
                            skipped.reason));

  const std::set<std::string> classes(folders.begin(), folders.end());
  std::string labels = "no labels";
  Dataset dataset;
  if (!classes.contains(".") && classes.size() > 256) {
    labels = fmt::format("no labels ({} subfolders; up to 256 are taken as classes)", classes.size());
  } else if (!classes.contains(".")) {
    dataset.classes = static_cast<int>(classes.size());
    for (const std::string& folder : folders)
      all.labels.push_back(static_cast<std::uint8_t>(std::distance(classes.begin(), classes.find(folder))));
    labels = fmt::format(
        "{} classes ({}{})", classes.size(),
        fmt::join(classes.begin(), std::next(classes.begin(), std::min<std::size_t>(3, classes.size())), ", "),
        classes.size() > 3 ? " …" : "");
  }
  split_by_hash(all, keys, options.seed, dataset.train, dataset.test);
  dataset.title = title_of(path);
  dataset.description =
      fmt::format("{} training and {} held-out pictures, fitted to {}×{} grey pixels, {}{}{}.", dataset.train.count,
                  dataset.test.count, options.image_size, options.image_size, labels,
                  skipped.count ? fmt::format("; {} unreadable {} skipped, the first {}", skipped.count,
                                              skipped.count == 1 ? "file" : "files", skipped.first)
                                : "",
                  found.passed_over_text());
  return dataset;
}

}  // namespace

const DataFormat& images_data_format() {
  static const DataFormat format = {
      .name = "images",
      .summary = "a folder of pictures (PNG, JPEG, BMP, GIF, PGM, PPM); subfolders are classes",
      .recognises = &recognises,
      .load = &load,
      .kinds = {DataKind::pictures, DataKind::scenes}};
  return format;
}

}  // namespace unveil
