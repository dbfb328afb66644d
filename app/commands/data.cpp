#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "app/commands/command.h"
#include "engine/data/dataset.h"
#include "engine/data/format.h"
#include "engine/data/npy.h"
#include "engine/data/points.h"
#include "engine/error.h"

namespace unveil {
namespace {

void list_formats(const CommandContext& context) {
  const auto formats = registered_data_formats();
  if (context.json) {
    auto result = command_result(context, "data");
    result["formats"] = nlohmann::ordered_json::array();
    for (const auto* format : formats)
      result["formats"].push_back(
          {{"name", format->name},
           {"spec", format->built_in ? format->name + format->arguments : format->name + ":PATH"},
           {"built_in", format->built_in},
           {"summary", format->summary}});
    return print_json(result);
  }
  std::size_t width = 0;
  for (const auto* format : formats)
    width = std::max(width, format->name.size() + std::max<std::size_t>(5, format->arguments.size()));
  const auto table = [&](bool built_in) {
    std::string text;
    for (const auto* format : formats)
      if (format->built_in == built_in)
        text += fmt::format("  {:<{}}  {}\n", format->name + (built_in ? format->arguments : ":PATH"), width,
                            format->summary);
    return text;
  };
  print_text("built-in data sets\n" + table(true) +
             "\nfiles and folders (a path alone is recognised by its content)\n" + table(false));
}

std::vector<int> label_counts(const ImageSet& set, int classes) {
  std::vector<int> counts(static_cast<std::size_t>(set.labels.empty() ? 0 : classes));
  for (const auto label : set.labels)
    if (label < counts.size()) ++counts[label];
  return counts;
}

double mean_value(const ImageSet& set) {
  double sum = 0;
  for (const auto value : set.pixels) sum += value;
  return set.pixels.empty() ? 0 : sum / 255 / static_cast<double>(set.pixels.size());
}

// One split of a data set as JSON and as lines of text, by kind.
struct Split {
  const char* name;
  int count;
  nlohmann::ordered_json json;
  std::string text;
};

Split describe(const char* name, const ImageSet& set, const Dataset& dataset) {
  const auto counts = label_counts(set, dataset.classes);
  Split split{name, set.count};
  split.json = {{"images", set.count},      {"height", set.height},    {"width", set.width},
                {"channels", set.channels}, {"mean", mean_value(set)}, {"labels", counts}};
  split.text = fmt::format("{} images, {} x {}, {} channel{}, mean value {:.3f}\n", set.count, set.width, set.height,
                           set.channels, set.channels == 1 ? "" : "s", mean_value(set));
  if (counts.empty()) return split;
  std::vector<std::string> each;
  for (std::size_t c = 0; c < counts.size(); ++c)
    each.push_back(dataset.class_names.empty()
                       ? std::to_string(counts[c])
                       : fmt::format("{} {}", dataset.class_name(static_cast<int>(c)), counts[c]));
  split.text += fmt::format("         per class: {}\n",
                            printable(fmt::format("{}", fmt::join(each, dataset.class_names.empty() ? " " : ", "))));
  return split;
}

Split describe(const char* name, const std::vector<Scene>& scenes) {
  double megapixels = 0;
  for (const auto& scene : scenes) megapixels += 1e-6 * scene.height * scene.width;
  Split split{name, static_cast<int>(scenes.size())};
  split.json = {{"scenes", split.count}, {"megapixels", megapixels}};
  split.text = fmt::format("{} scenes, {:.2f} megapixels\n", split.count, megapixels);
  return split;
}

Split describe(const char* name, const PointCloud& points) {
  Split split{name, points.count};
  split.json = {{"points", points.count}, {"dimensions", points.dimensions}};
  split.text = fmt::format("{} points of {} coordinates\n", points.count, points.dimensions);
  return split;
}

Split describe(const char* name, const std::vector<Recording>& recordings, const Dataset& dataset) {
  double samples = 0;
  for (const auto& recording : recordings) samples += static_cast<double>(recording.samples.size());
  Split split{name, static_cast<int>(recordings.size())};
  const double seconds = dataset.sample_rate > 0 ? samples / dataset.sample_rate : 0;
  split.json = {{"recordings", split.count}, {"seconds", seconds}};
  split.text = fmt::format("{} recordings, {:.1f} s at {} Hz\n", split.count, seconds, dataset.sample_rate);
  return split;
}

// Points of a file: how many, what its columns are, how many of each class.
void describe_points(const CommandContext& context, const std::string& path) {
  const auto points = read_points(path);
  auto labels = nlohmann::ordered_json::object();
  std::string text = fmt::format("{}\n{}\n", printable(path), printable(points.told));
  for (const auto& kind : points.labels) {
    std::vector<int> counts(kind.classes.size());
    for (const int value : kind.values) ++counts[static_cast<std::size_t>(value)];
    std::string listed;
    for (std::size_t c = 0; c < counts.size(); ++c) {
      labels[kind.name][kind.classes[c]] = counts[c];
      listed += fmt::format("{}{} {}", c ? ", " : "", kind.classes[c], counts[c]);
    }
    text += fmt::format("  {}: {}\n", printable(kind.name), printable(listed));
  }
  if (!context.json) return print_text(text + "lay them out: unveil embed --codes FILE --out layout.png\n");
  auto result = command_result(context, "data");
  result["data"] = path;
  result["description"] = points.told;
  result["points"] = points.count;
  result["dimensions"] = points.dimensions;
  result["coordinates"] = points.columns;
  result["labels"] = labels;
  result["left_out"] = points.left_out;
  print_json(result);
}

struct DataOptions {
  std::string spec, out, split = "train";
};

// The points of a split as float32 [N, dimensions], or its pictures as uint8 [N, H, W] (colour: [N, H, W, C]), their
// labels beside them.
void save_arrays(const DataOptions& options, const Dataset& dataset) {
  const auto& set = options.split == "test" ? dataset.test : dataset.train;
  const auto& points = options.split == "test" ? dataset.test_points : dataset.train_points;
  if (points.count > 0) return write_npy(options.out, {points.count, points.dimensions}, points.values);
  if (dataset.kind != DataKind::pictures)
    throw Error(fmt::format("--out writes pictures of one size, or points; {} has {}", printable(dataset.spec),
                            items_name(dataset.kind)));
  if (set.count == 0)
    throw Error(fmt::format("{} has no pictures in its {} part", printable(dataset.spec), options.split));
  std::vector<std::int64_t> shape{set.count, set.height, set.width};
  if (set.channels > 1) shape.push_back(set.channels);
  write_npy(options.out, shape, set.pixels);
  if (!set.labels.empty())
    write_npy(labels_beside(options.out), {set.count},
              std::vector<std::int32_t>(set.labels.begin(), set.labels.end()));
}

void describe(const CommandContext& context, const DataOptions& what) {
  if (is_points_file(what.spec)) {
    if (!what.out.empty())
      throw Error(fmt::format("--out writes pictures of one size; {} holds points", printable(what.spec)));
    return describe_points(context, what.spec);
  }
  DatasetOptions options;
  options.seed = context.seed.value_or(0);
  const auto dataset = load_dataset(what.spec, options);
  if (!what.out.empty()) save_arrays(what, dataset);
  const auto split = [&](const char* name, const ImageSet& set, const auto& scenes, const auto& recordings,
                         const PointCloud& points) {
    switch (dataset.kind) {
      case DataKind::scenes: return describe(name, scenes);
      case DataKind::sounds: return describe(name, recordings, dataset);
      case DataKind::points: return describe(name, points);
      default: return describe(name, set, dataset);
    }
  };
  const Split splits[] = {
      split("train", dataset.train, dataset.train_scenes, dataset.train_recordings, dataset.train_points),
      split("test", dataset.test, dataset.test_scenes, dataset.test_recordings, dataset.test_points)};
  if (context.json) {
    auto result = command_result(context, "data");
    result["seed"] = options.seed;
    result["data"] = dataset.spec;
    result[items_name(dataset.kind)] = splits[0].count + splits[1].count;
    result["title"] = dataset.title;
    result["description"] = dataset.description;
    if (dataset.kind == DataKind::pictures) result["classes"] = dataset.classes;
    if (!dataset.class_names.empty()) result["class_names"] = dataset.class_names;
    for (const auto& kind : dataset.label_kinds) result["label_kinds"][kind.name] = kind.classes;
    for (const auto& part : splits) result[part.name] = part.json;
    return print_json(result);
  }
  auto text = fmt::format("{}  ({})\n{}\n", printable(dataset.title), printable(dataset.spec),
                          printable(dataset.description));
  for (const auto& part : splits) text += fmt::format("  {:<6} {}", part.name, part.text);
  for (const auto& kind : dataset.label_kinds)
    text += fmt::format("  {} labels: {}\n", kind.name, printable(fmt::format("{}", fmt::join(kind.classes, ", "))));
  print_text(text);
}

}  // namespace

void add_data_command(CLI::App& app, CommandContext& context) {
  auto options = std::make_shared<DataOptions>();
  auto* command = app.add_subcommand("data", "built-in data sets and accepted formats; data SPEC describes one");
  auto* spec = command->add_option("SPEC", options->spec,
                                   "a built-in set, format:path, or a path; also a table or array of points");
  auto* out = command
                  ->add_option("--out", options->out,
                               "its pictures as numbers: bytes [N, H, W] (.npy), labels as NAME.labels.npy")
                  ->type_name("FILE")
                  ->needs(spec)
                  ->check([](const std::string& name) {
                    return name.ends_with(".npy") ? "" : fmt::format("'{}' does not end in .npy", name);
                  });
  command->add_option("--split", options->split, "the part that --out writes [train]")
      ->needs(out)
      ->check(CLI::IsMember({"train", "test"}));
  command->callback([&context, options, spec] {
    const bool given = spec->count() > 0;
    context.work = [&context, options, given] { given ? describe(context, *options) : list_formats(context); };
  });
}

}  // namespace unveil
