#include "engine/train/threaded_run.h"

#include <fmt/format.h>
#include <unistd.h>

#include <ctime>
#include <fstream>
#include <utility>

#include "engine/error.h"
#include "engine/gpu/lavapipe.h"

namespace unveil {
namespace {

constexpr double kQuiet = 0.25;  // processors that others keep busy during a trial
constexpr auto kAgain = std::chrono::seconds(30);
constexpr int kTrials = 4;

std::string processor_name() {
  std::ifstream in("/proc/cpuinfo");
  for (std::string line; std::getline(in, line);)
    if (const auto value = line.find(": "); line.starts_with("model name") && value != line.npos)
      return line.substr(value + 2);
  return "processors";
}

std::string items_size(const Dataset& data) {
  switch (data.kind) {
    case DataKind::pictures:
      return fmt::format("{} x {} x {}, {} classes", data.train.height, data.train.width, data.train.channels,
                         data.classes);
    case DataKind::sounds: return fmt::format("{} Hz", data.sample_rate);
    case DataKind::points: return fmt::format("{} dimensions", data.train_points.dimensions);
    case DataKind::scenes: break;
  }
  return "any size";
}

// Whether the number of threads is ours to choose.
bool is_open(const DeviceInfo& info) {
  return info.lavapipe && !lavapipe_threads_given() && processors() > 1;
}

std::optional<int> remembered_threads(const std::filesystem::path& known, const std::string& question) {
  const auto threads = finding(known, question);
  if (threads && (*threads == 0 || *threads == processors())) return static_cast<int>(*threads);
  return {};
}

// Seconds for which processors of this machine have worked, for this program or others; 0 where the system does not
// say.
double machine_seconds() {
  std::ifstream in("/proc/stat");
  std::string cpu;
  double user = 0, nice = 0, system = 0, idle = 0, waiting = 0, interrupts = 0, soft = 0, stolen = 0;
  in >> cpu >> user >> nice >> system >> idle >> waiting >> interrupts >> soft >> stolen;
  return (user + nice + system + interrupts + soft + stolen) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

double seconds_of_others() {
  return machine_seconds() - static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

}  // namespace

std::string threads_question(const Run::Setup& setup, const DeviceInfo& device) {
  std::string knobs;
  for (const auto& knob : setup.knobs.knobs())
    if (knob.rebuilds) knobs += fmt::format(" {}={}", knob.name, setup.knobs.text(knob.name));
  return fmt::format("threads: {}{}, {} of {}; {} x {}; {}, {} lanes; kernels {:016x}",
                     setup.model->declaration().name, knobs, items_name(setup.data->kind), items_size(*setup.data),
                     processors(), processor_name(), device.driver, device.lanes, kernels_hash());
}

OpenedDevice open_for(const DeviceOptions& options, const Run::Setup& setup, const std::filesystem::path& known) {
  set_lavapipe_lanes(setup.model->wide_vectors(setup.knobs) ? 16 : 8);
  auto opened = open_device(options);
  const auto& info = opened.device->info();
  if (!is_open(info)) return opened;
  const auto threads = remembered_threads(known, threads_question(setup, info));
  if (!threads || *threads == lavapipe_threads()) return opened;
  set_lavapipe_threads(*threads);
  opened.device.reset();
  opened.device = std::make_unique<Device>(options);
  return opened;
}

ThreadedRun::ThreadedRun(DeviceOptions options, Run::Setup setup, std::filesystem::path known)
    : options_(std::move(options)), known_(std::move(known)) {
  auto& first = places_[0];
  auto opened = open_for(options_, setup, known_);
  first.device = std::move(opened.device);
  refused_ = std::move(opened.refused);
  const auto& info = first.device->info();
  first.threads = lavapipe_threads();
  if (is_open(info)) {
    question_ = threads_question(setup, info);
    if (remembered_threads(known_, question_)) {
      remembered_ = fmt::format("lavapipe works with {} threads, as was quickest here before", first.threads);
    } else {
      places_[1].threads = first.threads == 0 ? processors() : 0;
      trial_.emplace(first.threads == 0 ? 0 : 1);
    }
  }
  first.run = std::make_unique<Run>(*first.device, std::move(setup));
  if (first.device->allocated() > info.memory / 4) trial_.reset();  // twice would be too much
}

ThreadedRun::~ThreadedRun() = default;

std::optional<int> ThreadedRun::threads() const {
  if (!places_[at_].device->info().lavapipe) return {};
  return places_[at_].threads;
}

void ThreadedRun::move_to(int place) {
  auto& from = *places_[at_].run;
  auto& to = places_[place];
  if (!to.run) {
    set_lavapipe_threads(to.threads);
    to.device = std::make_unique<Device>(options_);
    to.run = std::make_unique<Run>(*to.device, Run::Setup{.model = &from.model(),
                                                          .data = from.shared_data(),
                                                          .knobs = from.knobs(),
                                                          .seed = from.seed(),
                                                          .normalisation = from.built().normalisation()});
  }
  to.run->restore(from.checkpoint(), "training");
  to.run->history() = from.history();
  at_ = place;
}

std::string ThreadedRun::after_step(double seconds, double left) {
  using Clock = std::chrono::steady_clock;
  if (!trial_ && again_ && Clock::now() >= *again_) {
    // It begins with where the run is.
    if (at_ == 1) std::swap(places_[0], places_[1]), at_ = 0;
    trial_.emplace(places_[0].threads == 0 ? 0 : 1);
    again_.reset();
  }
  if (!trial_) return {};
  if (trial_->turns() == 0) others_at_ = seconds_of_others(), began_ = Clock::now();
  trial_->step(seconds, left);
  if (trial_->next() != at_) {
    try {
      move_to(trial_->next());
    } catch (const Error&) {
      // Too little memory for the model twice, say: it goes on where it is.
      places_[1 - at_].close();
      trial_.reset();
      return {};
    }
  }
  if (!trial_->over()) return {};
  places_[1 - at_].close();
  const auto trial = *std::exchange(trial_, std::nullopt);
  if (!trial.decided()) return {};
  // What is quickest beside others' work need not be so without it.
  const double others =
      (seconds_of_others() - others_at_) / std::chrono::duration<double>(Clock::now() - began_).count();
  const bool quiet = others < kQuiet;
  if (quiet) keep_finding(known_, question_, places_[at_].threads);
  if (!quiet && ++trials_ < kTrials) again_ = Clock::now() + kAgain;
  return fmt::format("lavapipe goes on with {} threads: {:.1f} ms a step, {:.1f} ms with {}{}", places_[at_].threads,
                     1000 * trial.step_seconds(at_), 1000 * trial.step_seconds(1 - at_), places_[1 - at_].threads,
                     quiet ? "" : " (not remembered: the machine is busy with other work)");
}

}  // namespace unveil
