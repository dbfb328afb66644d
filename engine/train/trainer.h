#pragma once
#include <atomic>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "engine/train/autosave.h"
#include "engine/train/device_host.h"
#include "engine/train/run.h"

namespace unveil {

// Something to tell the user, in one line.
struct TrainerNotice {
  std::string text;
  bool error = true;
};

// What the window knows of the trainer: published whole, never changed afterwards.
struct TrainerSnapshot {
  bool ready = false;  // the model is built
  bool playing = false, slow = false;
  double speed = 1;
  std::uint64_t step = 0, seed = 0;
  double epoch = 0;
  // Of the last second of training; 0: not known. GFLOP are those of products and convolutions.
  double step_ms = 0, images_per_second = 0, gflop_per_second = 0;
  std::uint64_t memory_bytes = 0;
  std::string device;
  std::string progress;  // what is being done beside training; empty: nothing
  double progress_share = -1;
  std::shared_ptr<const Dataset> data;
  std::string data_description;  // and what of them the model cannot use
  KnobValues knobs;
  MetricHistory history;
  std::filesystem::path opened;        // the checkpoint that the model came from; empty: initial weights
  std::uint64_t opened_step = 0;       // its step
  std::uint64_t build = 0;             // counts models built: views drop what they hold of an older one
  std::vector<TrainerNotice> notices;  // since the trainer began
};

// Work that takes longer than a frame, done in slices between the segments of training: a fill, an evaluation.
class TrainerJob {
 public:
  virtual ~TrainerJob() = default;
  // About 10 ms of work; false when it is finished. Runs on the trainer's thread between two training steps'
  // segments; parameters do not change during a step until its last segment. Throwing ends the job with a notice.
  virtual bool advance(Run& run) = 0;
  // The model was rebuilt or reset, or is going away: whatever was recorded for it is void. The job is dropped.
  virtual void cancelled() {}
};

struct TrainerOptions {
  std::shared_ptr<DeviceHost> host;  // where it lives; none: on a thread and a device of its own, as `device` says
  DeviceOptions device;
  std::string model;
  std::string data;  // SPEC; empty: the model's default
  std::filesystem::path
      checkpoint;  // asked for; empty, also of data: what a crash left, else `shipped`, else initial weights
  std::filesystem::path shipped;  // a pretrained checkpoint to begin from where nothing else is asked for
  std::optional<std::string> preset;
  std::uint64_t seed = 0;
  std::filesystem::path autosave;  // folder for what a crash or a lost device restores from; empty: none
  std::function<void()> wake;      // called from the host's thread when a snapshot is there
};

// A model that is trained on the host's thread. The window sends commands and reads the newest snapshot; neither
// waits.
class Trainer {
 public:
  explicit Trainer(TrainerOptions options);
  // Finishes the segment under way and joins. What was saved by itself goes, unless keep() was called.
  ~Trainer();

  std::shared_ptr<const TrainerSnapshot> snapshot() const;

  void play();
  void pause();
  void step_once();
  void reset(std::optional<std::uint64_t> seed);
  void set_slow(bool slow);
  void set_speed(double share);  // of the device's time that training may take, 0 to 1
  void set_knobs(std::map<std::string, double> values);
  void choose_preset(std::string name);
  void load_data(std::string spec);
  void load_checkpoint(std::filesystem::path path);
  void save(std::filesystem::path path);
  void autosave();  // now; it happens by itself every minute of training
  // Nobody chose to end the program: what was trained is saved at the end, for the next start.
  void keep() { keep_ = true; }
  const std::filesystem::path& autosave_path() const { return slot_.path(); }  // empty: none

  // Runs `work` on the trainer's thread as soon as the segment under way ends. What was asked of one model is never
  // answered by another: dropped where the model is no longer that of `build` (TrainerSnapshot), or none is built.
  void post(std::uint64_t build, std::function<void(Run&)> work);
  // Likewise; a job that comes too late is cancelled.
  void add(std::uint64_t build, std::shared_ptr<TrainerJob> job);

 private:
  struct Loop;
  AutosaveSlot slot_;
  std::shared_ptr<DeviceHost> host_;
  void send(std::function<void(Loop&)> command);
  std::unique_ptr<Loop> loop_;
  mutable std::mutex mutex_;
  std::deque<std::function<void(Loop&)>> commands_;
  std::shared_ptr<const TrainerSnapshot> snapshot_;
  std::atomic<bool> keep_ = false;
};

}  // namespace unveil
