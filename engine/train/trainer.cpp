#include "engine/train/trainer.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

#include "engine/error.h"

namespace unveil {
namespace {

using Clock = DeviceHost::Clock;

constexpr auto kPublishEvery = std::chrono::milliseconds(40);
constexpr auto kAutosaveEvery = std::chrono::seconds(60);
constexpr const char* kEndedBySession = "ended_by_session";  // of a checkpoint that was saved by itself
constexpr auto kNoLimit = std::numeric_limits<std::uint64_t>::max();
constexpr auto kSlowStepEvery = std::chrono::milliseconds(500);

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace

// Everything of a trainer that lives on the host's thread. Commands run here, in order, between segments.
struct Trainer::Loop : DeviceHost::Guest {
  TrainerOptions options;
  Trainer& trainer;
  DeviceHost& host;
  bool started = false, rested = false;
  std::unique_ptr<Run> run;
  // What was put aside, to be built again as it was.
  struct Aside {
    Run::Setup setup;
    RunState state;
  };
  std::optional<Aside> aside;
  Clock::time_point wanted = Clock::now();
  TrainerSnapshot state;
  std::vector<std::shared_ptr<TrainerJob>> jobs;
  bool single_step = false;
  Clock::time_point published{}, saved = Clock::now(), step_began = Clock::now(), next_step{};
  double step_seconds = 0;  // smoothed
  std::uint64_t saved_step = 0;

  Loop(TrainerOptions o, Trainer& t, DeviceHost& h) : options(std::move(o)), trainer(t), host(h) {}

  void publish(bool now = false) {
    if (!now && Clock::now() - published < kPublishEvery) return;
    published = Clock::now();
    if (run) {
      state.step = run->steps();
      state.epoch = run->epochs();
      state.seed = run->seed();
      state.knobs = run->knobs();
      state.data = run->shared_data();
      state.data_description = run->data_description();
      state.step_ms = step_seconds * 1000;
      state.images_per_second = step_seconds > 0 ? run->built().batch_size() / step_seconds : 0;
      state.gflop_per_second = step_seconds > 0 ? run->built().train_step().gflop() / step_seconds : 0;
      state.memory_bytes = host.device().allocated();
    }
    auto copy = std::make_shared<TrainerSnapshot>(state);
    if (run) copy->history = run->history();
    if (aside) copy->history = aside->state.history;
    {
      std::scoped_lock lock(trainer.mutex_);
      trainer.snapshot_ = std::move(copy);
    }
    if (options.wake) options.wake();
  }

  void notice(const std::string& text, bool error = true) {
    state.notices.push_back({text, error});
    publish(true);
  }

  void progress(const std::string& text, double share = -1) {
    state.progress = text;
    state.progress_share = share;
    publish(true);
  }

  void drop_jobs() {
    for (auto& job : jobs) job->cancelled();
    jobs.clear();
  }

  // Builds the model anew, restores it from a checkpoint where one is given, and only then lets go of the old one, so
  // that a failure loses nothing.
  void build(Run::Setup setup, const SafetensorsFile* checkpoint = nullptr, const std::filesystem::path& path = {}) {
    progress("building the model");
    auto fresh = std::make_unique<Run>(host.device(), std::move(setup));
    if (checkpoint) fresh->restore(*checkpoint, path);
    drop_jobs();
    run = std::move(fresh);
    state.opened = path;
    state.opened_step = run->steps();
    saved_step = run->steps();  // what is in a file already
    state.ready = true;
    ++state.build;
    step_seconds = 0;
    progress("");
  }

  // Without the data that a checkpoint was trained on its model draws, but nothing can be learned or built anew.
  void require_data() const {
    if (run && run->data().absent)
      throw Error(fmt::format("the data of this model were at {} (not there now); open them, or others, to train it",
                              run->data().spec));
  }

  const std::filesystem::path& autosave_path() const { return trainer.slot_.path(); }

  void autosave(bool now = false) {
    // A session's end is written into what was saved before, too.
    const bool marks = trainer.keep_ && std::filesystem::exists(autosave_path());
    if (autosave_path().empty() || !run || (run->steps() == saved_step && !marks)) return;
    if (!now && Clock::now() - saved < kAutosaveEvery) return;
    saved = Clock::now();
    std::filesystem::create_directories(options.autosave);
    auto file = run->checkpoint();
    if (trainer.keep_) file.metadata[kEndedBySession] = "true";
    write_safetensors(autosave_path(), file);
    saved_step = run->steps();
  }

  void open() {
    state.device = host.device().info().name;
    for (const auto& why : host.take_refused()) notice(why);
  }

  void start() {
    progress("opening the Vulkan device");
    open();
    const Model& model = find_model(options.model);
    if (!options.checkpoint.empty()) return open_checkpoint(options.checkpoint, options.data);
    if (trainer.slot_.left_by_dead()) {
      try {
        const bool asked = read_safetensors_header(autosave_path()).metadata.contains(kEndedBySession);
        open_checkpoint(autosave_path(), options.data);
        notice(fmt::format("the {} last time; its training was restored at step {}",
                           asked ? "session ended" : "program ended unexpectedly", run->steps()),
               false);
        return;
      } catch (const Error& error) {
        // Begin as if there were none; what is there may be of use to somebody yet.
        const std::string why = error.what();
        notice(fmt::format("{}; kept as {}", why, trainer.slot_.put_aside().string()));
      }
    }
    if (!options.shipped.empty() && options.data.empty() && !options.preset) return open_checkpoint(options.shipped);
    Run::Setup setup;
    setup.model = &model;
    setup.knobs = KnobValues(model.declaration().knobs);
    std::string spec = options.data;
    if (!model.declaration().presets.empty()) {
      const auto& preset =
          options.preset ? model.declaration().preset(*options.preset) : model.declaration().presets.front();
      setup.knobs.apply(preset);
      if (spec.empty()) spec = preset.data;
    }
    setup.seed = options.seed;
    setup.data = load(spec.empty() ? model.declaration().default_data : spec);
    build(std::move(setup));
  }

  std::shared_ptr<const Dataset> load(const std::string& spec) {
    return load(spec, find_model(options.model).declaration().data_options());
  }
  std::shared_ptr<const Dataset> load(const std::string& spec, const DatasetOptions& how) {
    if (run && run->data().spec == spec && run->data().suits(how.colour) && !run->data().absent)
      return run->shared_data();
    progress(fmt::format("reading {}", spec));
    return host.dataset(spec, how);
  }

  // On the data that it was trained on; or on others.
  void open_checkpoint(const std::filesystem::path& path, const std::string& other = {}) {
    const auto file = read_safetensors(path);
    const auto info = checkpoint_info(file, path);
    if (info.model != options.model)
      throw Error(fmt::format("{} holds a {} model; this exhibit opens {} checkpoints", path.string(), info.model,
                              options.model));
    const auto gone = other.empty() ? data_gone(info, path) : std::string();
    auto data = gone.empty() ? load(other.empty() ? info.data : other, data_options(info)) : stand_in(info);
    if (!data) throw Error(gone + "; put them back, or open them with --data");
    build(setup_from(info, std::move(data)), &file, path);
    if (!gone.empty()) notice(gone + ": the model draws; open them, or others like them, to train it", false);
  }

  Run::Setup setup_of_run() const {
    return {&run->model(), run->shared_data(), run->knobs(), run->seed(), run->built().normalisation()};
  }

  // What is not wanted now gives its memory to others; saved first, in case the program ends badly.
  bool put_aside() override {
    if (!run || aside || state.playing || !jobs.empty() || !run->between_steps()) return false;
    guarded([&] {
      autosave(true);
      aside = Aside{setup_of_run(), run->copy_state()};
      run.reset();
    });
    return aside.has_value();
  }
  void bring_back() {
    if (!aside) return;
    wanted = Clock::now();
    auto fresh = std::make_unique<Run>(host.device(), aside->setup);
    fresh->put_back(aside->state);
    run = std::move(fresh);
    aside.reset();
  }
  Clock::time_point used() const override { return wanted; }

  // The device is gone: on the new one what was saved last is restored.
  std::optional<Run::Setup> before_loss;
  void lost() override {
    drop_jobs();
    before_loss.reset();
    if (run) before_loss = setup_of_run();
    run.reset();
    if (aside) return;
    state.ready = false;
    state.playing = false;
    progress("restoring after the device was lost");
  }
  void found() override {
    if (!started || aside) return;
    // Lost once more on the way, it stays lost until somebody opens something.
    guarded_wholly([&] {
      open();
      if (!before_loss) return;
      build(std::move(*before_loss));
      if (!autosave_path().empty() && std::filesystem::exists(autosave_path()))
        run->restore(read_safetensors(autosave_path()), autosave_path());
      notice(fmt::format("the Vulkan device was lost; training was restored at step {}", run->steps()));
    });
  }

  void finish_steps(std::uint64_t count) {
    const double seconds = seconds_since(step_began) / static_cast<double>(count);
    step_began = Clock::now();
    step_seconds = step_seconds == 0 ? seconds : step_seconds + 0.1 * (seconds - step_seconds);
    run->record(run->metrics());
    if (single_step) {
      single_step = false;
      state.playing = false;
      publish(true);
    }
    // Slow motion paces whole steps; a speed below 1 leaves the device idle for its share of the time.
    next_step = Clock::now();
    if (state.slow)
      next_step += kSlowStepEvery;
    else if (state.speed < 1) {
      const double idle = seconds * (1 / std::max(state.speed, 0.01) - 1);
      next_step += std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(std::min(idle, 2.0)));
    }
    autosave();
  }

  // One slice of each job, then one segment of training. True while there is more to do at once.
  bool work() {
    if (!run) return false;
    for (std::size_t i = 0; i < jobs.size();) {
      const auto job = jobs[i];
      bool more = false;
      try {
        more = job->advance(*run);
      } catch (const DeviceLost&) {
        throw;
      } catch (const std::exception& error) {
        job->cancelled();
        notice(error.what());
      }
      if (more) {
        ++i;
      } else {
        jobs.erase(std::find(jobs.begin(), jobs.end(), job));
      }
    }
    const bool due = state.playing && (!run->between_steps() || Clock::now() >= next_step);
    if (due) {
      if (run->between_steps()) step_began = Clock::now();
      const bool paced = single_step || state.slow || state.speed < 1;
      if (const auto count = run->advance(paced ? 1 : kNoLimit)) finish_steps(count);
    }
    return due || !jobs.empty();
  }

  // Whatever fails becomes a notice; the trainer lives on, so that the window can offer another file or device.
  template <class Work>
  void guarded(Work work) {
    try {
      work();
    } catch (const DeviceLost&) {
      throw;
    } catch (const std::exception& error) {
      state.progress.clear();
      notice(error.what());
    }
  }

  // The same where a device that is lost is not made anew.
  template <class Work>
  void guarded_wholly(Work work) {
    try {
      guarded(work);
    } catch (const DeviceLost& lost_again) {
      run.reset();
      state.progress.clear();
      notice(lost_again.what());
    }
  }

  bool turn(Clock::time_point& until) override {
    if (!std::exchange(started, true)) guarded([&] { start(); });
    std::deque<std::function<void(Loop&)>> commands;
    {
      std::scoped_lock lock(trainer.mutex_);
      commands.swap(trainer.commands_);
    }
    const bool asked = !commands.empty();
    if (asked || state.playing) wanted = Clock::now();
    try {
      if (asked) guarded([&] { bring_back(); });
      while (!commands.empty()) {
        const auto command = std::move(commands.front());
        commands.pop_front();
        guarded([&] { command(*this); });
      }
    } catch (const DeviceLost&) {
      // Those that follow are for the device to come.
      std::scoped_lock lock(trainer.mutex_);
      trainer.commands_.insert(trainer.commands_.begin(), commands.begin(), commands.end());
      throw;
    }
    bool more = false;
    guarded([&] { more = work(); });
    // One that rests says so once.
    if (more || asked || !rested) publish(!more);
    rested = !more;
    if (state.playing && run)
      until = std::min(until, std::max(next_step, Clock::now() + std::chrono::milliseconds(1)));
    return more;
  }

  void leave() override {
    drop_jobs();
    if (trainer.keep_) guarded_wholly([&] { bring_back(), autosave(true); });
    run.reset();
    aside.reset();
    std::error_code ignored;
    if (!autosave_path().empty() && !trainer.keep_) std::filesystem::remove(autosave_path(), ignored);
  }
};

Trainer::Trainer(TrainerOptions options) {
  // Who asks for something of their own is not given what a crash left: it waits for a start that asks for nothing.
  if (!options.autosave.empty())
    slot_.claim_for(options.autosave, options.model,
                    options.checkpoint.empty() && options.data.empty() && !options.preset);
  host_ = options.host ? options.host : std::make_shared<DeviceHost>(options.device);
  snapshot_ = std::make_shared<const TrainerSnapshot>();
  loop_ = std::make_unique<Loop>(std::move(options), *this, *host_);
  host_->enter(*loop_);
}

Trainer::~Trainer() {
  host_->exit(*loop_);
}

std::shared_ptr<const TrainerSnapshot> Trainer::snapshot() const {
  std::scoped_lock lock(mutex_);
  return snapshot_;
}

void Trainer::send(std::function<void(Loop&)> command) {
  {
    std::scoped_lock lock(mutex_);
    commands_.push_back(std::move(command));
  }
  host_->wake();
}

void Trainer::play() {
  send([](Loop& loop) {
    loop.require_data();
    loop.state.playing = loop.run != nullptr;
    loop.single_step = false;
    loop.next_step = {};
    loop.publish(true);
  });
}
void Trainer::pause() {
  send([](Loop& loop) {
    loop.state.playing = false;
    loop.publish(true);
  });
}
void Trainer::step_once() {
  send([](Loop& loop) {
    loop.require_data();
    loop.state.playing = loop.run != nullptr;
    loop.single_step = true;
    loop.next_step = {};
  });
}
void Trainer::reset(std::optional<std::uint64_t> seed) {
  send([seed](Loop& loop) {
    if (!loop.run) return;
    loop.drop_jobs();
    loop.run->reset(seed.value_or(loop.run->seed()));
    loop.state.opened.clear();
    loop.saved_step = 0;
    ++loop.state.build;
    loop.publish(true);
  });
}
void Trainer::set_slow(bool slow) {
  send([slow](Loop& loop) {
    loop.state.slow = slow;
    loop.next_step = {};
    loop.publish(true);
  });
}
void Trainer::set_speed(double share) {
  send([share](Loop& loop) {
    loop.state.speed = std::clamp(share, 0.01, 1.0);
    loop.publish(true);
  });
}
void Trainer::set_knobs(std::map<std::string, double> values) {
  send([values = std::move(values)](Loop& loop) {
    if (!loop.run) return;
    KnobValues wanted = loop.run->knobs();
    bool rebuild = false;
    for (const auto& [name, value] : values) {
      const double before = wanted[name];
      wanted.set(name, value);
      for (const auto& knob : wanted.knobs())
        rebuild = rebuild || (knob.name == name && knob.rebuilds && value != before);
    }
    if (rebuild) {
      loop.require_data();
      loop.build({&loop.run->model(), loop.run->shared_data(), wanted, loop.run->seed()});
    } else {
      for (const auto& [name, value] : values) {
        const auto& knobs = wanted.knobs();
        const auto knob = std::ranges::find(knobs, name, &Knob::name);
        if (!knob->rebuilds) loop.run->set_knob(name, value);
      }
    }
    loop.publish(true);
  });
}
void Trainer::choose_preset(std::string name) {
  send([name = std::move(name)](Loop& loop) {
    if (!loop.run) return;
    loop.require_data();
    const auto& declaration = loop.run->model().declaration();
    KnobValues wanted(declaration.knobs);
    const auto& preset = declaration.preset(name);
    wanted.apply(preset);
    auto data = preset.data.empty() ? loop.run->shared_data() : loop.load(preset.data);
    loop.build({&loop.run->model(), std::move(data), wanted, loop.run->seed()});
    loop.publish(true);
  });
}
void Trainer::load_data(std::string spec) {
  send([spec = std::move(spec)](Loop& loop) {
    auto data = loop.load(spec);
    if (loop.run && loop.run->data().absent && same_outline(loop.run->data(), *data)) {
      // What was missing: the model stays.
      const auto file = loop.run->checkpoint();
      loop.build({&loop.run->model(), std::move(data), loop.run->knobs(), loop.run->seed(),
                  loop.run->built().normalisation()},
                 &file, loop.state.opened);
      return loop.publish(true);
    }
    const Model& model = find_model(loop.options.model);
    KnobValues knobs(model.declaration().knobs);
    if (loop.run)
      knobs = loop.run->knobs();
    else if (!model.declaration().presets.empty())
      knobs.apply(model.declaration().presets.front());
    loop.build({&model, std::move(data), knobs, loop.run ? loop.run->seed() : loop.options.seed});
    loop.publish(true);
  });
}
void Trainer::load_checkpoint(std::filesystem::path path) {
  send([path = std::move(path)](Loop& loop) {
    loop.open_checkpoint(path);
    // What was saved stands as it was saved until someone plays.
    loop.state.playing = false;
    loop.publish(true);
  });
}
void Trainer::save(std::filesystem::path path) {
  send([path = std::move(path)](Loop& loop) {
    if (!loop.run) return;
    // Between segments of a step gradients are half done, but parameters and moments are those of the last whole
    // step.
    write_safetensors(path, loop.run->checkpoint());
    loop.notice(fmt::format("saved {}", path.string()), false);
  });
}
void Trainer::autosave() {
  send([](Loop& loop) { loop.autosave(true); });
}
void Trainer::post(std::uint64_t build, std::function<void(Run&)> work) {
  send([build, work = std::move(work)](Loop& loop) {
    if (loop.run && loop.state.build == build) work(*loop.run);
  });
}
void Trainer::add(std::uint64_t build, std::shared_ptr<TrainerJob> job) {
  send([build, job = std::move(job)](Loop& loop) {
    if (loop.run && loop.state.build == build) {
      loop.jobs.push_back(job);
    } else {
      job->cancelled();
    }
  });
}

}  // namespace unveil
