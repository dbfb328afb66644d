#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "app/commands/shared/exhibits.h"
#include "app/curves.h"
#include "app/interruption.h"
#include "app/progress_bar.h"
#include "engine/data/atomic_file.h"
#include "engine/data/csv.h"
#include "engine/error.h"
#include "engine/train/threaded_run.h"

namespace unveil {
namespace {

using Clock = std::chrono::steady_clock;

struct TrainOptions {
  std::string exhibit, data, preset, resume, weights_from, save, log, curves;
  std::uint64_t steps = 0, log_every = 10;
  double seconds = 0, gflop = 0;
  std::vector<std::string> set;
  bool for_shipping = false;
  bool has_steps = false, has_seconds = false, has_gflop = false;
  std::string command_line;  // without what holds for one machine only; kept in the checkpoint
};

std::pair<std::string, std::string> key_value(const std::string& text) {
  const auto equals = text.find('=');
  if (equals == std::string::npos || equals == 0)
    throw UsageError(fmt::format("--set '{}' is not of the form KEY=VALUE", text));
  return {text.substr(0, equals), text.substr(equals + 1)};
}

// An hour of training must not end in a typing error: the folder is tried before it begins.
void require_writable(const std::string& path) {
  if (!path.empty()) AtomicFile probe(path);
}

void require_log(const std::string& path) {
  std::error_code ignored;
  const auto status = std::filesystem::status(path, ignored);
  const bool there = std::filesystem::exists(status);
  if (path.empty() || (there && !std::filesystem::is_regular_file(status))) return;
  if (!std::ofstream(path, std::ios::app))  // what is there stays as it is
    throw Error(fmt::format("--log {}: cannot be opened for writing: {}", path, std::strerror(errno)));
  if (!there) std::filesystem::remove(path, ignored);
}

Run::Setup first_setup(const CommandContext& context, const TrainOptions& options) {
  const auto& model = find_model(options.exhibit);
  const auto& declaration = model.declaration();
  Run::Setup setup{.model = &model, .knobs = KnobValues(declaration.knobs), .seed = context.seed.value_or(0)};
  std::string meant_for;
  if (!options.preset.empty() || !declaration.presets.empty()) {
    const auto& preset = options.preset.empty() ? declaration.presets.front() : declaration.preset(options.preset);
    setup.knobs.apply(preset);
    meant_for = preset.data;
  }
  for (const auto& text : options.set) {
    const auto [key, value] = key_value(text);
    setup.knobs.set_text(key, value);
  }
  auto data = declaration.data_options();
  data.seed = setup.seed;
  const auto& spec = !options.data.empty() ? options.data : meant_for.empty() ? declaration.default_data : meant_for;
  setup.data = std::make_shared<Dataset>(load_dataset(spec, data));
  return setup;
}

Run::Setup resumed_setup(const CommandContext& context, const TrainOptions& options, const SafetensorsFile& file) {
  const auto info = checkpoint_info(file, options.resume);
  if (info.model != find_model(options.exhibit).declaration().name)
    throw Error(fmt::format("'{}' is a checkpoint of {}, not of {}", options.resume, info.model, options.exhibit));
  if (context.seed && *context.seed != info.seed)
    throw UsageError(
        fmt::format("--seed {} does not go with --resume: the checkpoint's seed is {}", *context.seed, info.seed));
  return setup_from(info, data_of_checkpoint(info, options.resume, options.data));
}

void resume(Run& run, const TrainOptions& options, const SafetensorsFile& file) {
  run.restore(file, options.resume);
  for (const auto& text : options.set) {
    const auto [key, value] = key_value(text);
    auto wanted = run.knobs();
    wanted.set_text(key, value);
    for (const auto& knob : wanted.knobs())
      if (knob.name == key && knob.rebuilds && wanted[key] != run.knobs()[key])
        throw UsageError(
            fmt::format("--set {} does not go with --resume: {} is a part of the model's structure, and the "
                        "checkpoint has {}",
                        text, key, run.knobs().text(key)));
    if (wanted[key] != run.knobs()[key]) run.set_knob(key, wanted[key]);
  }
}

// What was seen of a run, row by row: in the CSV log, and kept for the curve, which begins where the run's history
// does.
class Record {
 public:
  Record(const Run& run, const std::string& path, bool append, bool saved)
      : names_(run.model().declaration().step_metrics), saved_(saved) {
    std::vector<std::string> columns{"step", "seconds", "images"};
    columns.insert(columns.end(), names_.begin(), names_.end());
    columns.push_back("step_ms");
    if (!path.empty()) log_.emplace(path, columns, append);
    loss_.name = names_.front();
    if (const auto before = run.history().find(loss_.name); before != run.history().end())
      for (std::size_t i = 0; i < before->second.steps.size(); ++i)
        loss_.points.push_back({before->second.steps[i], before->second.values[i]});
  }

  void add(double step, double seconds, double images, double step_ms, const Metrics& metrics) {
    std::vector<double> row{step, seconds, images};
    for (std::size_t i = 0; i < names_.size(); ++i) {
      const auto found = metrics.find(names_[i]);
      row.push_back(found == metrics.end() ? std::nan("") : found->second);
    }
    loss_.points.push_back({step, row[3]});
    row.push_back(step_ms);
    try {
      if (log_) log_->row(row);
    } catch (const Error& error) {
      // Training that is saved goes on without it.
      if (!saved_) throw;
      failure_ = error.what();
      log_.reset();
    }
  }
  // What became of the log; empty: nothing bad.
  const std::string& failure() const { return failure_; }
  // The loss: the first of the metrics.
  const MetricCurve& loss() const { return loss_; }

 private:
  std::vector<std::string> names_;
  bool saved_;
  std::string failure_;
  MetricCurve loss_;
  std::optional<CsvLog> log_;
};

// A run in pieces keeps the history of a run in one: the end of a piece is a point of it only while it is the end.
void forget_end(Run& run, std::uint64_t step, std::uint64_t log_every) {
  if (step <= 1 || step % log_every == 0) return;
  for (const auto& [name, value] : run.metrics())
    if (auto& series = run.history()[name]; !series.steps.empty() && series.steps.back() == static_cast<double>(step))
      series.steps.pop_back(), series.values.pop_back();
}

struct Outcome {
  double seconds = 0;
  std::uint64_t steps = 0;
  Metrics metrics;
};

Outcome train(ThreadedRun& training, const TrainOptions& options, Record& record) {
  const auto first = training.run().steps();
  const auto batch_size = training.run().built().batch_size();
  const auto& loss_name = training.run().model().declaration().step_metrics.front();
  ProgressBar bar("training", options.has_steps ? static_cast<double>(options.steps) : options.seconds);
  Outcome outcome;
  auto begin = Clock::now();
  double seen_at = 0;
  std::uint64_t seen_steps = 0;
  const auto elapsed = [&] { return std::chrono::duration<double>(Clock::now() - begin).count(); };
  const auto done = [&] {
    if (Interruption::asked()) return true;
    return options.has_steps ? outcome.steps >= options.steps : elapsed() >= options.seconds;
  };
  double step_seconds = 0;
  // Until the next step that is told of several may go into one submission.
  const auto until_row = [&] {
    const auto now = first + outcome.steps;
    std::uint64_t most = outcome.steps == 0 || training.trying() ? 1 : options.log_every - now % options.log_every;
    if (options.has_steps) most = std::min(most, options.steps - outcome.steps);
    return most;
  };
  while (!done()) {
    if (outcome.steps > 0) {
      // Building the model once more is no more a part of training than building it at first.
      const auto from = Clock::now();
      const auto left = options.has_steps ? static_cast<double>(options.steps - outcome.steps) * step_seconds
                                          : options.seconds - outcome.seconds;
      if (const auto news = training.after_step(step_seconds, left); !news.empty()) bar.tell(news);
      begin += Clock::now() - from;
    }
    auto& run = training.run();
    const auto step_began = elapsed();
    std::uint64_t finished = 0;
    while (finished == 0) finished = run.advance(until_row());
    outcome.steps += finished;
    outcome.seconds = elapsed();
    step_seconds = (outcome.seconds - step_began) / static_cast<double>(finished);
    const bool last = done();
    // Rows stand at the same steps, in however many pieces a run is made.
    const bool due = (first + outcome.steps) % options.log_every == 0 || first + outcome.steps == 1;
    if (!due && outcome.steps != 1 && !last) continue;
    outcome.metrics = run.metrics();
    const auto loss = outcome.metrics.at(loss_name);
    if (!std::isfinite(loss))
      throw Error(
          fmt::format("training failed: {} is {} after step {}; nothing was saved (a smaller learning_rate helps)",
                      loss_name, loss, first + outcome.steps));
    const auto step_ms = 1000 * (outcome.seconds - seen_at) / static_cast<double>(outcome.steps - seen_steps);
    seen_at = outcome.seconds, seen_steps = outcome.steps;
    const auto step = static_cast<double>(first + outcome.steps);
    if (outcome.steps == 1) forget_end(run, first, options.log_every);
    if (due || last) run.record(outcome.metrics);
    record.add(step, outcome.seconds, step * batch_size, step_ms, outcome.metrics);
    bar.update(options.has_steps ? static_cast<double>(outcome.steps) : outcome.seconds,
               fmt::format("step {}  {} {:.4g}  {:.1f} ms", first + outcome.steps, loss_name, loss, step_ms));
  }
  if (outcome.steps > 0) {
    outcome.metrics["step_ms"] = 1000 * outcome.seconds / static_cast<double>(outcome.steps);
    const double gflop = training.run().built().train_step().gflop();
    outcome.metrics["gflop_per_step"] = gflop;
    outcome.metrics["gflop_per_second"] = gflop * static_cast<double>(outcome.steps) / outcome.seconds;
    outcome.metrics["images_per_second"] = static_cast<double>(outcome.steps) * batch_size / outcome.seconds;
  }
  return outcome;
}

// Where the place that was asked for fails after all (a disk that filled up meanwhile), the model goes elsewhere.
void save(const std::filesystem::path& path, const SafetensorsFile& file) {
  try {
    write_safetensors(path, file);
  } catch (const Error& error) {
    std::filesystem::path other;
    try {
      other = std::filesystem::temp_directory_path() / fmt::format("unveil-{}", path.filename().string());
      write_safetensors(other, file);
    } catch (const std::exception&) {
      throw error;
    }
    throw Error(fmt::format("{}; the model was saved as '{}' instead", error.what(), other.string()));
  }
}

void print_result(const CommandContext& context, const TrainOptions& options, ThreadedRun& training,
                  const Outcome& outcome) {
  auto& run = training.run();
  if (context.json) {
    auto result = run_result(context, "train", run);
    result["split"] = "train";
    result["images"] = run.data().train_count();
    result["seconds"] = outcome.seconds;
    result["steps_done"] = outcome.steps;
    result["interrupted"] = Interruption::asked();
    result["threads"] = nullptr;
    if (const auto threads = training.threads()) result["threads"] = *threads;
    result["metrics"] = outcome.metrics;
    return print_json(result);
  }
  // What the data are, and what could not be used of them.
  print_text(fmt::format("{}\n{} steps in {:.1f} s; {} in all{}\n{}", printable(run.data_description()),
                         outcome.steps, outcome.seconds, run.steps(), Interruption::asked() ? " (interrupted)" : "",
                         metrics_text(outcome.metrics)));
  if (!options.save.empty()) print_text(fmt::format("saved to {}\n", printable(options.save)));
}

// Says what was not taken: a checkpoint of another structure is not used by half without a word.
void take_weights(ThreadedRun& training, const TrainOptions& options) {
  auto& run = training.run();
  const auto others = run.take_weights(read_safetensors(options.weights_from), options.weights_from);
  const auto all = run.parameters().paths().size();
  std::string line = fmt::format("{} of {} tensors begin as in {}", all - others.size(), all, options.weights_from);
  if (!others.empty()) line += fmt::format("; others as ever: {}", fmt::join(others, ", "));
  std::fprintf(stderr, "%s\n", printable(line).c_str());
}

// A budget in operations is one in steps: the same learning on every machine.
void count_steps(TrainOptions& options, Run& run) {
  if (!options.has_gflop) return;
  const double step = run.built().train_step().gflop();
  options.steps = static_cast<std::uint64_t>(std::ceil(options.gflop / step));
  options.has_steps = true;
}

void train_command(const CommandContext& context, TrainOptions options) {
  if (options.has_steps + options.has_seconds + options.has_gflop != 1)
    throw UsageError("train needs one of --steps N, --gflop G and --seconds S");
  if (!options.resume.empty() && !options.weights_from.empty())
    throw UsageError("--weights-from does not go with --resume: a checkpoint that goes on has all its weights");
  if (!options.resume.empty() && !options.preset.empty())
    throw UsageError("--preset does not go with --resume: a checkpoint has its own knobs");
  for (const auto* path : {&options.save, &options.curves}) require_writable(*path);
  require_log(options.log);
  std::optional<SafetensorsFile> file;
  if (!options.resume.empty()) file = read_safetensors(options.resume);
  ThreadedRun training({.selector = context.device},
                       file ? resumed_setup(context, options, *file) : first_setup(context, options));
  count_steps(options, training.run());
  for (const auto& why : training.refused()) std::fprintf(stderr, "unveil: %s\n", printable(why).c_str());
  if (file) resume(training.run(), options, *file);
  if (!options.weights_from.empty()) take_weights(training, options);
  file.reset();
  if (const auto& info = training.run().device().info(); info.lavapipe && info.lanes == 16)
    std::fprintf(stderr, "lavapipe works on vectors of 16 lanes\n");
  if (!training.remembered().empty()) std::fprintf(stderr, "%s\n", training.remembered().c_str());
  Record record(training.run(), options.log, !options.resume.empty(), !options.save.empty());
  const Interruption interruption;
  const auto outcome = train(training, options, record);
  auto& run = training.run();
  // The model first: whatever comes after may fail.
  if (!options.save.empty()) save(options.save, run.checkpoint(options.command_line, options.for_shipping));
  std::string failures = record.failure();
  const auto attempt = [&](bool matters, const auto& work) {
    try {
      work();
    } catch (const Error& error) {
      if (matters) failures += (failures.empty() ? "" : "; ") + std::string(error.what());
    }
  };
  attempt(true, [&] {
    if (!options.curves.empty())
      save_curves(options.curves, fmt::format("{} on {}", run.model().declaration().title, run.data().title), "step",
                  {record.loss()});
  });
  // Nobody is left to read what a terminal that hung up would have shown.
  attempt(!Interruption::asked(), [&] { print_result(context, options, training, outcome); });
  if (!failures.empty())
    throw Error(failures + (options.save.empty() ? "" : "; the model is saved: " + options.save));
  if (Interruption::asked()) throw EndedBySignal(Interruption::signal());
}

std::string knobs_help(const CLI::App& command) {
  std::string text;
  for (const auto* model : models_to_help(command)) {
    const auto& declaration = model->declaration();
    text += fmt::format("\n{}: {}\n", declaration.name, declaration.summary);
    for (const auto& preset : declaration.presets)
      text += fmt::format("  --preset {:<22} {}\n", preset.name, preset.description);
    for (const auto& knob : declaration.knobs)
      text += fmt::format("  --set {:<25} {}; {}\n",
                          fmt::format("{}={}", knob.name, KnobValues(declaration.knobs).text(knob.name)),
                          knob.meaning, accepted(knob));
  }
  return text;
}

}  // namespace

void add_train_command(CLI::App& app, CommandContext& context) {
  auto options = std::make_shared<TrainOptions>();
  auto* command = app.add_subcommand("train", "train a model");
  command->footer([command] { return knobs_help(*command); });
  command->add_option("EXHIBIT", options->exhibit, "one of " + exhibit_names())->required();
  command->add_option("--data", options->data, "a data SPEC (see unveil data)")->type_name("SPEC");
  auto* steps = command->add_option("--steps", options->steps, "steps to train; added to those of --resume");
  steps->type_name("N")->check(CLI::Range(std::uint64_t{0}, std::uint64_t{1'000'000'000}));
  auto* seconds = command->add_option("--seconds", options->seconds, "stop after so many seconds of training");
  seconds->type_name("S")->check(CLI::Range(0.0, 1e7))->excludes(steps);
  auto* gflop = command->add_option("--gflop", options->gflop,
                                    "stop when products and convolutions have taken so many 10^9 operations");
  gflop->type_name("G")->check(CLI::Range(0.0, 1e12))->excludes(steps)->excludes(seconds);
  command->add_option("--set", options->set, "a knob's value")->type_name("KEY=VALUE")->allow_extra_args(false);
  command->add_option("--preset", options->preset, "a named set of knobs")->type_name("P");
  command->add_option("--resume", options->resume, "go on from a checkpoint")->type_name("FILE");
  command
      ->add_option("--weights-from", options->weights_from, "begin with the weights of a checkpoint, where they fit")
      ->type_name("FILE");
  command->add_option("--save", options->save, "where the checkpoint goes (safetensors)")->type_name("FILE");
  command->add_flag("--for-shipping", options->for_shipping, "leave the optimiser's state out of --save");
  command->add_option("--log", options->log, "metrics as CSV; --resume goes on in it")->type_name("FILE.csv");
  command->add_option("--log-every", options->log_every, "steps between two rows [10]")
      ->type_name("N")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1'000'000}));
  command->add_option("--curves", options->curves, "the loss curve as a picture")->type_name("FILE.png");
  command->callback([&context, options, steps, seconds, gflop] {
    options->has_steps = steps->count() > 0;
    options->has_seconds = seconds->count() > 0;
    options->has_gflop = gflop->count() > 0;
    options->command_line = "unveil train " + options->exhibit;
    const auto add = [&](const char* name, const std::string& value) {
      if (!value.empty()) options->command_line += fmt::format(" {} {}", name, value);
    };
    add("--resume", options->resume);
    add("--weights-from", options->weights_from);
    add("--preset", options->preset);
    add("--data", options->data);
    for (const auto& value : options->set) add("--set", value);
    if (options->has_steps) add("--steps", std::to_string(options->steps));
    if (options->has_gflop) add("--gflop", fmt::format("{}", options->gflop));
    if (options->has_seconds) add("--seconds", fmt::format("{}", options->seconds));
    if (context.seed) add("--seed", std::to_string(*context.seed));
    context.work = [&context, options] { train_command(context, *options); };
  });
}

}  // namespace unveil
