#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>

#include "app/commands/shared/exhibits.h"
#include "app/progress_bar.h"
#include "engine/data/atomic_file.h"
#include "engine/data/npy.h"
#include "engine/data/picture.h"
#include "engine/data/text.h"
#include "engine/error.h"
#include "engine/models/grid.h"

namespace unveil {
namespace {

struct SampleOptions {
  std::string exhibit, load, data, out;
  int count = 0, scale = 0;  // 0: not given
};

bool ends_with(const std::string& text, std::string_view suffix) {
  return ascii_lower(text).ends_with(suffix);
}

// Pictures as uint8 [N, H, W] (colour: [N, H, W, C]), points as float32 [N, 2], and the classes beside them.
void save_arrays(const std::filesystem::path& path, const SampleResult& samples) {
  if (!samples.points.empty())
    return write_npy(path, {static_cast<std::int64_t>(samples.points.size() / 2), 2}, samples.points);
  if (samples.pictures.empty())
    throw Error(fmt::format("{}: there are no pictures to write", printable(path.string())));
  const auto& first = samples.pictures.front();
  std::vector<std::int64_t> shape{static_cast<std::int64_t>(samples.pictures.size()), first.height, first.width};
  if (first.channels > 1) shape.push_back(first.channels);
  std::vector<std::uint8_t> values;
  for (const auto& picture : samples.pictures) {
    if (picture.height != first.height || picture.width != first.width || picture.channels != first.channels)
      throw Error(fmt::format("{}: an array takes pictures of one size; found {}×{} and {}×{}; --out takes a .png",
                              printable(path.string()), first.width, first.height, picture.width, picture.height));
    values.insert(values.end(), picture.pixels.begin(), picture.pixels.end());
  }
  write_npy(path, shape, values);
  if (samples.classes.empty()) return;
  const std::vector<std::int32_t> classes(samples.classes.begin(), samples.classes.end());
  write_npy(labels_beside(path), {shape.front()}, classes);
}

void sample(const CommandContext& context, const SampleOptions& options, const DeclaredOptions& declared) {
  const bool animated = ends_with(options.out, ".gif");
  const bool arrays = ends_with(options.out, ".npy");
  if (!animated && !arrays && !ends_with(options.out, ".png"))
    throw UsageError(
        fmt::format("--out '{}' ends in none of .png (a grid), .gif (an animation) and .npy (numbers)", options.out));
  const auto& model = find_model(options.exhibit);
  const auto values = declared.values(model);
  { AtomicFile probe(options.out); }  // a folder that cannot be written is said before the work
  auto loaded = load_model(context, options.exhibit, options.load, options.data, model.sample_needs_data(values));
  auto& run = *loaded.run;
  const auto begin = std::chrono::steady_clock::now();
  SampleResult samples;
  {
    ProgressBar bar("sampling", 1);
    const int count = options.count ? options.count : run.model().declaration().sample_count;
    samples = run.built().sample(count, context.seed.value_or(0), values, animated, [&](double share) {
      bar.update(share);
      return true;
    });
  }
  const bool points = !samples.points.empty();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  if (animated) {
    if (samples.frames.empty())
      throw Error(fmt::format("{} has no animation of this; --out takes a .png", options.exhibit));
    save_gif(options.out, samples.frames, samples.frame_ms);
  } else if (arrays) {
    save_arrays(options.out, samples);
  } else {
    const int scale = options.scale ? options.scale : samples.scale ? samples.scale : 4;
    save_png(options.out, grid(samples.pictures, samples.columns, scale));
  }
  if (context.json) {
    auto result = run_result(context, "sample", run);
    result["sample_seed"] = context.seed.value_or(0);
    result[points ? "points" : "images"] = points ? samples.points.size() / 2 : samples.pictures.size();
    result["seconds"] = seconds;
    result["out"] = options.out;
    if (!samples.metrics.empty()) result["metrics"] = samples.metrics;
    return print_json(result);
  }
  const auto count = points ? samples.points.size() / 2 : samples.pictures.size();
  print_text(fmt::format("{} {}{} in {:.2f} s: {}\n{}", count, points ? "point" : "picture", count == 1 ? "" : "s",
                         seconds, printable(options.out), metrics_text(samples.metrics)));
}

}  // namespace

void add_sample_command(CLI::App& app, CommandContext& context) {
  auto options = std::make_shared<SampleOptions>();
  auto* command = app.add_subcommand("sample", "pictures or points made by a trained model");
  command->add_option("EXHIBIT", options->exhibit, "one of " + exhibit_names())->required();
  command->add_option("--load", options->load, "the checkpoint")->type_name("FILE")->required();
  command->add_option("--data", options->data, "a data SPEC [the checkpoint's]")->type_name("SPEC");
  command->add_option("--count", options->count, "how many [64; every atom of a dictionary]")
      ->type_name("N")
      ->check(CLI::Range(1, 4096));
  command->add_option("--scale", options->scale, "screen pixels per pixel of a grid [4; 1 of photographs]")
      ->type_name("N")
      ->check(CLI::Range(1, 32));
  command
      ->add_option("--out", options->out,
                   "a grid (.png), an animation (.gif), or numbers (.npy): bytes [N, H, W], in colour [N, H, W, 3],\n"
                   "their classes as NAME.labels.npy; points as [N, 2]")
      ->type_name("FILE")
      ->required();
  auto declared = std::make_shared<DeclaredOptions>(*command, &ModelDeclaration::sample_options);
  command->callback([&context, options, declared] {
    context.work = [&context, options, declared] { sample(context, *options, *declared); };
  });
}

}  // namespace unveil
