#include "engine/data/dataset.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/data/format.h"
#include "engine/data/philox.h"
#include "engine/data/picture.h"
#include "engine/data/points.h"
#include "engine/data/walk.h"
#include "engine/data/what_is.h"
#include "engine/error.h"

namespace unveil {
namespace {

const DataFormat* find_format(const std::string& name) {
  for (const DataFormat* format : registered_data_formats())
    if (format->name == name) return format;
  return nullptr;
}

// What lies there instead of data, for people.
std::string what_lies_there(const std::filesystem::path& path) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(path, ignored)) {
    const auto what = what_is(path);
    const bool one_of_many = what.kind == FileKind::picture || what.kind == FileKind::sound;
    return what.text + (one_of_many ? ", one alone; the folder it lies in may be a data set" : "");
  }
  const auto found = files_below(path);
  if (found.files.empty()) return "an empty folder" + found.passed_over_text();
  const auto& first = found.files.front();
  return fmt::format("a folder of {} file{} of other kinds ({} is {}){}", found.files.size(),
                     found.files.size() == 1 ? "" : "s", first.lexically_relative(path).generic_string(),
                     what_is(first).text, found.passed_over_text());
}

const DataFormat& recognise(const std::filesystem::path& path, const std::vector<DataKind>& wanted) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) require_data_folder(path);
  std::vector<const DataFormat*> found;
  for (const DataFormat* format : registered_data_formats())
    if (format->recognises && format->recognises(path)) found.push_back(format);
  // A picture of the cover among recordings is none to whoever asks for recordings.
  if (found.size() > 1 &&
      std::ranges::count_if(found, [&](auto* format) { return kind_for(*format, wanted).has_value(); }) == 1)
    std::erase_if(found, [&](auto* format) { return !kind_for(*format, wanted); });
  if (found.size() > 1)
    throw Error(fmt::format("{}: holds both {} and {} data; say which: {}:PATH or {}:PATH", path.string(),
                            found[0]->name, found[1]->name, found[0]->name, found[1]->name));
  if (found.empty() && is_points_file(path)) {
    if (std::ranges::find(wanted, DataKind::points) != wanted.end()) return *find_format("points");
    throw Error(fmt::format(
        "{}: points of numbers ({}), which this model does not learn from; `unveil embed --codes {}` lays them out",
        path.string(), read_points(path).told, path.string()));
  }
  if (found.empty())
    throw Error(fmt::format("{} is {}; accepted are {}", path.string(), what_lies_there(path), accepted_specs({})));
  return *found.front();
}

// For a model that takes no colour.
void turn_grey(Dataset& dataset) {
  for (ImageSet* set : {&dataset.train, &dataset.test}) {
    set->pixels = grey_bytes({set->width, set->count * set->height, 3, std::move(set->pixels)});
    set->channels = 1;
  }
  dataset.turned_grey = true;
  dataset.description += " Turned grey (Rec. 601) for a model that takes no colour.";
}

}  // namespace

const char* data_kind_name(DataKind kind) {
  switch (kind) {
    case DataKind::pictures: return "pictures of one size";
    case DataKind::scenes: return "scenes to cut patches from";
    case DataKind::sounds: return "recordings";
    case DataKind::points: return "points of the plane";
  }
  return "";
}

const char* items_name(DataKind kind) {
  switch (kind) {
    case DataKind::pictures: return "images";
    case DataKind::scenes: return "scenes";
    case DataKind::sounds: return "recordings";
    case DataKind::points: return "points";
  }
  return "";
}

bool is_flat(const Scene& scene) {
  constexpr double kLeastDeviation = 0.001;
  double mean = 0, squares = 0;
  const auto count = static_cast<double>(scene.grey.size());
  for (const float v : scene.grey) mean += v / count;
  for (const float v : scene.grey) squares += (v - mean) * (v - mean) / count;
  return squares < kLeastDeviation * kLeastDeviation;
}

int Dataset::train_count() const {
  return train.count + train_points.count + static_cast<int>(train_scenes.size() + train_recordings.size());
}

int Dataset::test_count() const {
  return test.count + test_points.count + static_cast<int>(test_scenes.size() + test_recordings.size());
}

std::string Dataset::class_name(int index) const {
  const auto i = static_cast<std::size_t>(index);
  return i < class_names.size() ? class_names[i] : std::to_string(index);
}

std::optional<DataKind> kind_for(const DataFormat& format, const std::vector<DataKind>& wanted) {
  if (wanted.empty()) return format.kinds.front();
  for (const DataKind kind : wanted)
    if (std::find(format.kinds.begin(), format.kinds.end(), kind) != format.kinds.end()) return kind;
  return std::nullopt;
}

std::string accepted_specs(const std::vector<DataKind>& wanted) {
  std::string list;
  for (const DataFormat* format : registered_data_formats()) {
    if (!kind_for(*format, wanted)) continue;
    if (!list.empty()) list += ", ";
    list += format->built_in ? format->name + format->arguments : format->name + ":PATH";
  }
  return list + " or the path of such data";
}

ResolvedSpec resolve_data_spec(const std::string& spec, const std::vector<DataKind>& wanted) {
  std::error_code ignored;
  if (const DataFormat* format = find_format(spec); format && format->built_in) return {format, {}, spec};
  const auto colon = spec.find(':');
  const DataFormat* named = colon == std::string::npos ? nullptr : find_format(spec.substr(0, colon));
  const std::filesystem::path path = named ? spec.substr(colon + 1) : spec;
  if (named && !named->arguments.empty()) {
    if (colon + 1 == spec.size())
      throw Error(fmt::format("data \"{}\": nothing follows the colon; accepted is {}{}", spec, named->name,
                              named->arguments));
    return {named, spec.substr(colon + 1), spec};
  }
  if (named && named->built_in)
    throw Error(fmt::format("data \"{}\": {} is a built-in set and takes no path", spec, named->name));
  if (path.empty())
    throw Error(fmt::format("data \"{}\": a path is missing; accepted are {}", spec, accepted_specs({})));
  if (!std::filesystem::exists(path, ignored)) {
    if (named) throw Error(fmt::format("{}: no such file or folder", path.string()));
    throw Error(fmt::format("data \"{}\": neither a built-in set nor an existing path; accepted are {}", spec,
                            accepted_specs({})));
  }
  const DataFormat& format = named ? *named : recognise(path, wanted);
  return {&format, path, format.name + ":" + path.string()};
}

Dataset load_dataset(const std::string& spec, const DatasetOptions& options) {
  if (options.train_count < 0 || options.test_count < 0 || options.image_size < 1 || options.image_size > 1024)
    throw Error(fmt::format("data \"{}\": counts must be 0 or more and the image size 1 to 1024; found {}, {} and {}",
                            spec, options.train_count, options.test_count, options.image_size));
  const ResolvedSpec resolved = resolve_data_spec(spec, options.kinds);
  const auto kind = kind_for(*resolved.format, options.kinds);
  if (!kind)
    throw Error(fmt::format("data \"{}\" holds {}; {} are needed here: {}", spec,
                            data_kind_name(resolved.format->kinds.front()), data_kind_name(options.kinds.front()),
                            accepted_specs(options.kinds)));
  Dataset dataset = resolved.format->load(resolved.path, options, *kind);
  dataset.spec = resolved.spec;
  dataset.kind = *kind;
  if (!options.colour && dataset.train.channels == 3) turn_grey(dataset);
  return dataset;
}

std::vector<std::uint8_t> binarize_fixed(const ImageSet& set, int split) {
  const std::size_t size = static_cast<std::size_t>(set.height) * set.width * set.channels;
  std::vector<std::uint8_t> bits(size * set.count);
  for (int image = 0; image < set.count; ++image) {
    const std::uint8_t* values = &set.pixels[image * size];
    std::uint8_t* out = &bits[image * size];
    for (std::size_t pixel = 0; pixel < size; pixel += 4) {
      const auto words = philox4x32({static_cast<std::uint32_t>(image), static_cast<std::uint32_t>(pixel / 4), 0, 0},
                                    {0, static_cast<std::uint32_t>(split)});
      for (std::size_t i = 0; i < 4 && pixel + i < size; ++i)
        out[pixel + i] =
            static_cast<float>(words[i] >> 8) * 0x1p-24f < static_cast<float>(values[pixel + i]) / 255.0f;
    }
  }
  return bits;
}

}  // namespace unveil
