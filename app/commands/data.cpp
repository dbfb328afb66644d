#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "app/commands/command.h"
#include "engine/data/dataset.h"
#include "engine/data/format.h"

namespace unveil {
namespace {

void list_formats(const CommandContext& context) {
  const auto formats = registered_data_formats();
  if (context.json) {
    auto result = command_result(context, "data");
    result["formats"] = nlohmann::ordered_json::array();
    for (const auto* format : formats)
      result["formats"].push_back({{"name", format->name},
                                   {"spec", format->built_in ? format->name : format->name + ":PATH"},
                                   {"built_in", format->built_in},
                                   {"summary", format->summary}});
    return print_json(result);
  }
  std::size_t width = 0;
  for (const auto* format : formats) width = std::max(width, format->name.size() + 5);
  const auto table = [&](bool built_in) {
    std::string text;
    for (const auto* format : formats)
      if (format->built_in == built_in)
        text +=
            fmt::format("  {:<{}}  {}\n", built_in ? format->name : format->name + ":PATH", width, format->summary);
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

void describe(const CommandContext& context, const std::string& spec) {
  DatasetOptions options;
  options.seed = context.seed.value_or(0);
  const auto dataset = load_dataset(spec, options);
  const std::pair<const char*, const ImageSet*> splits[] = {{"train", &dataset.train}, {"test", &dataset.test}};
  if (context.json) {
    auto result = command_result(context, "data");
    result["seed"] = options.seed;
    result["data"] = dataset.spec;
    result["images"] = dataset.train.count + dataset.test.count;
    result["title"] = dataset.title;
    result["description"] = dataset.description;
    result["classes"] = dataset.classes;
    for (const auto& [name, set] : splits)
      result[name] = {{"images", set->count},     {"height", set->height},
                      {"width", set->width},      {"channels", set->channels},
                      {"mean", mean_value(*set)}, {"labels", label_counts(*set, dataset.classes)}};
    return print_json(result);
  }
  auto text = fmt::format("{}  ({})\n{}\n", printable(dataset.title), printable(dataset.spec),
                          printable(dataset.description));
  for (const auto& [name, set] : splits) {
    text += fmt::format("  {:<6} {} images, {} x {}, {} channel{}, mean value {:.3f}\n", name, set->count, set->width,
                        set->height, set->channels, set->channels == 1 ? "" : "s", mean_value(*set));
    const auto counts = label_counts(*set, dataset.classes);
    if (!counts.empty()) text += fmt::format("         per class: {}\n", fmt::join(counts, " "));
  }
  print_text(text);
}

}  // namespace

void add_data_command(CLI::App& app, CommandContext& context) {
  auto spec = std::make_shared<std::string>();
  auto* command = app.add_subcommand("data", "built-in data sets and accepted formats; data SPEC describes one");
  auto* option = command->add_option("SPEC", *spec, "a built-in set, format:path, or a path");
  command->callback([&context, spec, option] {
    const bool given = option->count() > 0;
    context.work = [&context, spec, given] { given ? describe(context, *spec) : list_formats(context); };
  });
}

}  // namespace unveil
