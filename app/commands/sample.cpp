#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>

#include "app/commands/shared/exhibits.h"
#include "app/progress_bar.h"
#include "engine/data/atomic_file.h"
#include "engine/data/picture.h"
#include "engine/error.h"
#include "engine/models/grid.h"

namespace unveil {
namespace {

struct SampleOptions {
  std::string exhibit, load, data, out;
  int count = 0, scale = 0;  // 0: not given
};

bool ends_with(std::string text, const std::string& suffix) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text.ends_with(suffix);
}

void sample(const CommandContext& context, const SampleOptions& options, const DeclaredOptions& declared) {
  const bool animated = ends_with(options.out, ".gif");
  if (!animated && !ends_with(options.out, ".png"))
    throw UsageError(fmt::format("--out '{}' ends in neither .png (a grid) nor .gif (an animation)", options.out));
  const auto values = declared.values(find_model(options.exhibit));
  { AtomicFile probe(options.out); }  // a folder that cannot be written is said before the work
  auto loaded = load_model(context, options.exhibit, options.load, options.data);
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
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  if (animated) {
    if (samples.frames.empty())
      throw Error(fmt::format("{} has no animation of this; --out takes a .png", options.exhibit));
    save_gif(options.out, samples.frames, samples.frame_ms);
  } else {
    const int scale = options.scale ? options.scale : samples.scale ? samples.scale : 4;
    save_png(options.out, grid(samples.pictures, samples.columns, scale));
  }
  if (context.json) {
    auto result = run_result(context, "sample", run);
    result["sample_seed"] = context.seed.value_or(0);
    result["images"] = samples.pictures.size();
    result["seconds"] = seconds;
    result["out"] = options.out;
    if (!samples.metrics.empty()) result["metrics"] = samples.metrics;
    return print_json(result);
  }
  const auto count = samples.pictures.size();
  print_text(fmt::format("{} picture{} in {:.2f} s: {}\n{}", count, count == 1 ? "" : "s", seconds, printable(options.out),
                         metrics_text(samples.metrics)));
}

}  // namespace

void add_sample_command(CLI::App& app, CommandContext& context) {
  auto options = std::make_shared<SampleOptions>();
  auto* command = app.add_subcommand("sample", "pictures made by a trained model");
  command->add_option("EXHIBIT", options->exhibit, "one of " + exhibit_names())->required();
  command->add_option("--load", options->load, "the checkpoint")->type_name("FILE")->required();
  command->add_option("--data", options->data, "a data SPEC [the checkpoint's]")->type_name("SPEC");
  command->add_option("--count", options->count, "how many [64; every atom of a dictionary]")->type_name("N")->check(CLI::Range(1, 4096));
  command->add_option("--scale", options->scale, "screen pixels per pixel of a grid [4; 1 of photographs]")
      ->type_name("N")
      ->check(CLI::Range(1, 32));
  command->add_option("--out", options->out, "a grid (.png) or an animation (.gif)")->type_name("FILE")->required();
  auto declared = std::make_shared<DeclaredOptions>(*command, &ModelDeclaration::sample_options);
  command->callback([&context, options, declared] {
    context.work = [&context, options, declared] { sample(context, *options, *declared); };
  });
}

}  // namespace unveil
