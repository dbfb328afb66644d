#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>

#include "app/commands/shared/exhibits.h"
#include "app/progress_bar.h"
#include "engine/error.h"

namespace unveil {
namespace {

struct EvaluateOptions {
  std::string exhibit, load, data, split = "test";
  int limit = 0;
};

void evaluate(const CommandContext& context, const EvaluateOptions& options, const DeclaredOptions& declared) {
  const auto values = declared.values(find_model(options.exhibit));
  auto loaded = load_model(context, options.exhibit, options.load, options.data);
  auto& run = *loaded.run;
  const int split = options.split == "test";
  const int available = split ? run.data().test_count() : run.data().train_count();
  if (available == 0)
    throw Error(fmt::format("data '{}' have no {} {}", run.data().spec, options.split, items_name(run.data().kind)));
  const auto begin = std::chrono::steady_clock::now();
  Metrics metrics;
  {
    ProgressBar bar("evaluating", 1);
    metrics = run.built().evaluate(split, options.limit, values, [&](double share) {
      bar.update(share);
      return true;
    });
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  const auto counted = counted_as(run, split);
  // A model that counts them says how many it took.
  const auto took = metrics.find(counted);
  const int images = took != metrics.end() ? static_cast<int>(took->second)
                     : options.limit > 0   ? std::min(options.limit, available)
                                           : available;
  if (context.json) {
    auto result = run_result(context, "evaluate", run);
    result["split"] = options.split;
    result["images"] = images;
    result["seconds"] = seconds;
    result["metrics"] = metrics;
    return print_json(result);
  }
  print_text(fmt::format("{}{} {} {} of {}, after {} steps, in {:.1f} s\n{}", data_text(run, options.data), images,
                         options.split, counted, printable(run.data().spec), run.steps(), seconds,
                         metrics_text(metrics)));
}

}  // namespace

void add_evaluate_command(CLI::App& app, CommandContext& context) {
  auto options = std::make_shared<EvaluateOptions>();
  auto* command = app.add_subcommand("evaluate", "metrics of a trained model on held-out data");
  command->add_option("EXHIBIT", options->exhibit, "one of " + exhibit_names())->required();
  command->add_option("--load", options->load, "the checkpoint")->type_name("FILE")->required();
  command->add_option("--data", options->data, "a data SPEC [the checkpoint's]")->type_name("SPEC");
  command->add_option("--split", options->split, "train or test [test]")->check(CLI::IsMember({"train", "test"}));
  command->add_option("--limit", options->limit, "at most so many images, recordings or patches [all; 2,000 patches]")
      ->type_name("N")
      ->check(CLI::Range(1, 1'000'000'000));
  auto declared = std::make_shared<DeclaredOptions>(*command, &ModelDeclaration::evaluate_options);
  command->callback([&context, options, declared] {
    context.work = [&context, options, declared] { evaluate(context, *options, *declared); };
  });
}

}  // namespace unveil
