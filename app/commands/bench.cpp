#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>

#include "app/commands/shared/exhibits.h"
#include "engine/bench/hot_kernels.h"
#include "engine/error.h"
#include "engine/gpu/lavapipe.h"

namespace unveil {
namespace {

struct TrainingBench {
  std::string preset;    // empty: the model's first
  bool profile = false;  // print each operation's time
};

std::string preset_of(const Model& model, const std::string& asked) {
  const auto& presets = model.declaration().presets;
  return !asked.empty() || presets.empty() ? asked : presets.front().name;
}

KnobValues knobs_of(const Model& model, const std::string& preset) {
  KnobValues knobs(model.declaration().knobs);
  if (const auto name = preset_of(model, preset); !name.empty()) knobs.apply(model.declaration().preset(name));
  return knobs;
}

// Training steps of a model on its default data.
BenchReport bench_training(Device& device, const Model& model, const TrainingBench& options) {
  constexpr int kWarmUp = 3, kRepeats = 15, kPictures = 2000;
  const auto& declaration = model.declaration();
  const auto preset = preset_of(model, options.preset);
  Run::Setup setup{.model = &model, .knobs = knobs_of(model, options.preset)};
  auto data = declaration.data_options();
  if (declaration.data_kinds.front() == DataKind::pictures) data.train_count = kPictures, data.test_count = 10;
  setup.data = std::make_shared<Dataset>(load_dataset(declaration.default_data, data));
  Run run(device, std::move(setup));
  for (int i = 0; i < kWarmUp; ++i) run.step();
  std::vector<double> times;
  for (int i = 0; i < kRepeats; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    run.step();
    times.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count());
  }
  std::sort(times.begin(), times.end());
  const double median = times[times.size() / 2];
  const auto name = fmt::format("{} training step, preset {}, batch {}", declaration.name,
                                preset.empty() ? "none" : preset, run.built().batch_size());
  if (options.profile) {
    double total = 0;
    const auto nodes = run.built().train_step().profile(kRepeats);
    for (const auto& node : nodes) total += node.ms;
    for (const auto& node : nodes)
      std::fprintf(stderr, "%8.3f ms %5.1f %%  %-18s %s\n", node.ms, 100 * node.ms / total, node.operation.c_str(),
                   node.result.c_str());
    std::fprintf(stderr, "%8.3f ms in all, each operation submitted alone\n", total);
  }
  BenchReport report{{{name, 1000 * run.built().batch_size() / median, "images/s", median, times.front(), kRepeats}},
                     {}};
  // The whole state out of the device and back: what going back in training costs.
  std::vector<double> out, back;
  auto state = run.copy_state();
  for (int i = 0; i < kRepeats; ++i) {
    const auto start = std::chrono::steady_clock::now();
    run.copy_state(state);
    const auto copied = std::chrono::steady_clock::now();
    run.put_back(state);
    const auto done = std::chrono::steady_clock::now();
    out.push_back(std::chrono::duration<double, std::milli>(copied - start).count());
    back.push_back(std::chrono::duration<double, std::milli>(done - copied).count());
  }
  const auto state_mib = static_cast<double>(state.bytes()) / (1 << 20);
  for (auto* times : {&out, &back}) {
    std::ranges::sort(*times);
    const double middle = (*times)[times->size() / 2];
    report.results.push_back({fmt::format("{} state {}", declaration.name, times == &out ? "copied" : "put back"),
                              state_mib / middle * 1000, "MiB/s", middle, times->front(), kRepeats});
  }
  for (auto& result : run.built().bench(kRepeats / 2)) report.results.push_back(std::move(result));
  return report;
}

struct Benchmark {
  std::string name, meaning;
  std::function<bool()> wide_vectors;  // as Model has it
  std::function<BenchReport(Device&)> run;
};

std::vector<Benchmark> benchmarks(const TrainingBench& training) {
  std::vector<Benchmark> all{
      {"gemm", "matrix product, 512 x 512", [] { return true; }, [](Device& device) { return bench_gemm(device); }},
      {"conv", "3 x 3 convolution, forward and both backwards", [] { return true; },
       [](Device& device) { return bench_conv(device); }}};
  for (const auto* model : registered_models())
    all.push_back({model->declaration().name, "training steps of " + model->declaration().title,
                   [model, training] { return model->wide_vectors(knobs_of(*model, training.preset)); },
                   [model, training](Device& device) { return bench_training(device, *model, training); }});
  return all;
}

std::vector<Benchmark> chosen(const std::vector<std::string>& names, const TrainingBench& training) {
  auto all = benchmarks(training);
  if (names.empty()) return all;
  std::vector<Benchmark> some;
  for (const auto& name : names) {
    const auto found = std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.name == name; });
    if (found == all.end()) {
      std::string known;
      for (const auto& one : all) known += (known.empty() ? "" : ", ") + one.name;
      throw UsageError(fmt::format("there is no benchmark '{}'; the benchmarks are {}", name, known));
    }
    some.push_back(*found);
  }
  return some;
}

void bench(const CommandContext& context, const std::vector<std::string>& names, const TrainingBench& training) {
  const auto list = chosen(names, training);
  // One width for the whole program: 16 lanes where all that is measured is quicker with them.
  set_lavapipe_lanes(std::all_of(list.begin(), list.end(), [](const auto& one) { return one.wide_vectors(); }) ? 16
                                                                                                               : 8);
  const auto opened = open_device(context);
  auto& device = *opened;
  auto rows = nlohmann::ordered_json::array();
  if (!context.json)
    print_text(fmt::format("{}\n{:<60} {:>10} {:<14} {:>10} {:>10} {:>7}\n", device.info().name, "name", "value",
                           "unit", "median ms", "min ms", "repeats"));
  for (const auto& one : list) {
    const auto report = one.run(device);
    for (const auto& note : report.notes) std::fprintf(stderr, "%s: %s\n", one.name.c_str(), printable(note).c_str());
    for (const auto& r : report.results) {
      if (context.json)
        rows.push_back({{"name", r.name},
                        {"value", r.value},
                        {"unit", r.unit},
                        {"median", r.median},
                        {"min", r.min},
                        {"repeats", r.repeats}});
      else
        print_text(fmt::format("{:<60} {:>10.4g} {:<14} {:>10.4g} {:>10.4g} {:>7}\n", r.name, r.value, r.unit,
                               r.median, r.min, r.repeats));
    }
  }
  if (context.json) print_json(rows);
}

}  // namespace

void add_bench_command(CLI::App& app, CommandContext& context) {
  auto names = std::make_shared<std::vector<std::string>>();
  auto* command = app.add_subcommand("bench", "benchmarks of the engine, as a table or JSON");
  std::string known;
  for (const auto& one : benchmarks({})) known += fmt::format("\n  {:<12} {}", one.name, one.meaning);
  command->footer("Benchmarks:" + known);
  command->add_option("NAME", *names, "which [all]");
  auto training = std::make_shared<TrainingBench>();
  command->add_option("--preset", training->preset, "of the exhibit whose training steps are timed");
  command->add_flag("--profile", training->profile, "each operation's share of a training step, on standard error");
  command->callback([=, &context] { context.work = [=, &context] { bench(context, *names, *training); }; });
}

}  // namespace unveil
