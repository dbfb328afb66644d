// A folder of pictures; its subfolders, where all pictures lie in them, are the classes.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "engine/data/format.h"
#include "engine/data/picture.h"
#include "engine/data/split.h"
#include "engine/error.h"

namespace unveil {
namespace {

namespace fs = std::filesystem;

// Calls visit(path) for the regular files below a folder, until it returns false; what cannot be entered is passed
// over.
template <typename Visit>
void walk(const fs::path& folder, Visit visit) {
  std::error_code error;
  fs::recursive_directory_iterator at(folder, fs::directory_options::skip_permission_denied, error), end;
  for (; !error && at != end; at.increment(error)) {
    std::error_code ignored;
    if (at->is_regular_file(ignored) && !visit(at->path())) return;
  }
}

bool recognises(const fs::path& path) {
  std::error_code error;
  bool found = false;
  if (fs::is_directory(path, error))
    walk(path, [&](const fs::path& file) { return !(found = is_picture_file(file)); });
  return found;
}

Dataset load(const fs::path& path, const DatasetOptions& options, DataKind) {
  std::error_code error;
  if (!fs::is_directory(path, error))
    throw Error(fmt::format("{}: not a folder; images:DIR takes a folder of pictures", path.string()));
  std::vector<fs::path> files;
  walk(path, [&](const fs::path& file) { return files.push_back(file), true; });
  std::sort(files.begin(), files.end());

  ImageSet all = {0, options.image_size, options.image_size, 1};
  std::vector<std::string> keys;
  std::vector<std::string> folders;  // of each picture; "." for those at the top
  int skipped = 0;
  std::string first_skipped, first_reason;
  for (const fs::path& file : files) {
    try {
      const std::vector<std::uint8_t> grey = fit_grey(load_picture(file), options.image_size);
      const fs::path relative = file.lexically_relative(path);
      all.pixels.insert(all.pixels.end(), grey.begin(), grey.end());
      keys.push_back(relative.generic_string());
      folders.push_back(relative.has_parent_path() ? relative.begin()->string() : ".");
      ++all.count;
    } catch (const Error& problem) {
      if (skipped++ == 0) first_skipped = file.filename().string(), first_reason = problem.what();
    }
  }
  if (all.count == 0)
    throw Error(
        files.empty()
            ? fmt::format("{}: the folder holds no files; pictures (PNG, JPEG, BMP, GIF, PGM, PPM) are expected",
                          path.string())
            : fmt::format("{}: none of {} files is a readable picture; the first: {}", path.string(), files.size(),
                          first_reason));

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
  dataset.title = fmt::format("Pictures of {}", fs::absolute(path).lexically_normal().filename().string());
  if (dataset.title.ends_with(' '))
    dataset.title = "Pictures of " + fs::absolute(path).lexically_normal().parent_path().filename().string();
  dataset.description =
      fmt::format("{} training and {} held-out pictures, fitted to {}×{} grey pixels, {}{}.", dataset.train.count,
                  dataset.test.count, options.image_size, options.image_size, labels,
                  skipped ? fmt::format("; {} unreadable {} skipped, the first {}", skipped,
                                        skipped == 1 ? "file" : "files", first_skipped)
                          : "");
  return dataset;
}

}  // namespace

const DataFormat& images_data_format() {
  static const DataFormat format = {"images",
                                    "a folder of pictures (PNG, JPEG, BMP, GIF, PGM, PPM); subfolders are classes",
                                    false, &recognises, &load};
  return format;
}

}  // namespace unveil
