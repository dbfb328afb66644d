#pragma once
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "engine/gpu/device.h"
#include "engine/gpu/findings.h"
#include "engine/train/open_device.h"
#include "engine/train/run.h"
#include "engine/train/thread_trial.h"

namespace unveil {

// What lavapipe's best number of threads depends on, in one line: the model's size, the processors, driver and
// kernels.
std::string threads_question(const Run::Setup& setup, const DeviceInfo& device);

// Opens the device for work on this model without a window. On lavapipe with the lanes that suit the model, and as
// many threads as `known` remembers to be quickest, where it does and the user has not set LP_NUM_THREADS.
OpenedDevice open_for(const DeviceOptions& options, const Run::Setup& setup,
                      const std::filesystem::path& known = findings_file("threads"));

// A run to be trained without a window, on a device of its own. On lavapipe, where neither the user nor `known` says
// how many threads are quickest, its first steps find it out: they are made in turns with none and with a pool. They
// are steps like all others, with the same bits; only the model is built twice. Where other work disturbed the trial,
// it is made again some time later, a few times.
class ThreadedRun {
 public:
  ThreadedRun(DeviceOptions options, Run::Setup setup, std::filesystem::path known = findings_file("threads"));
  ~ThreadedRun();

  Run& run() { return *places_[at_].run; }
  std::optional<int> threads() const;  // of lavapipe

  // Devices that came first and compute wrong.
  const std::vector<std::string>& refused() const { return refused_; }
  bool trying() const { return trial_.has_value(); }  // it is to be told of each step alone

  // To be told of each step of run() and how many seconds are left, about; then run() may be another, in the same
  // state. What there is to tell of it in a line; empty: nothing.
  std::string after_step(double seconds, double left);
  // What is known from earlier runs, likewise.
  const std::string& remembered() const { return remembered_; }

 private:
  struct Place {
    std::unique_ptr<Device> device;
    std::unique_ptr<Run> run;
    int threads = 0;
    void close() { run.reset(), device.reset(); }
  };
  void move_to(int place);

  DeviceOptions options_;
  std::filesystem::path known_;
  std::string question_, remembered_;
  std::vector<std::string> refused_;
  Place places_[2];
  int at_ = 0;
  std::optional<ThreadTrial> trial_;
  std::optional<std::chrono::steady_clock::time_point> again_;  // when the next trial is due
  int trials_ = 0;
  // When it began, and what others had worked until then.
  std::chrono::steady_clock::time_point began_;
  double others_at_ = 0;
};

}  // namespace unveil
