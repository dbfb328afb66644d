#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "engine/data/dataset.h"
#include "engine/gpu/device.h"
#include "engine/models/model.h"
#include "engine/train/checkpoint.h"
#include "engine/train/history.h"
#include "engine/train/safetensors.h"

namespace unveil {

// All of a run that training and the hand change, as it was at one step.
struct RunState {
  std::uint64_t step = 0, seed = 0;
  KnobValues knobs;
  ParameterStore::Arenas arenas;
  MetricHistory history;
  std::size_t bytes() const;  // of memory, about
};

// A model being trained: everything that a step needs and changes. Used by the one thread that owns the device.
class Run {
 public:
  struct Setup {
    const Model* model = nullptr;
    std::shared_ptr<const Dataset> data;
    KnobValues knobs;
    std::uint64_t seed = 0;
    Normalisation normalisation = {};  // of the checkpoint that goes on; empty: found in the data
  };
  // Builds the model and sets it to its initial weights. Throws Error.
  Run(Device& device, Setup setup);
  ~Run();

  // One whole training step.
  void step();
  // The next segment of a step; or, where a step is short, as many of the next `most` steps as take a few
  // milliseconds, in one submission. How many steps it finished.
  std::uint64_t advance(std::uint64_t most = 1);
  bool between_steps() const { return segment_ == 0; }

  std::uint64_t steps() const;
  double epochs() const;
  std::uint64_t seed() const { return setup_.seed; }
  // The metrics of the last step.
  Metrics metrics() const;

  // What was measured along the way: training metrics as record() was told them, held-out figures beside them. It is
  // a part of checkpoints and begins anew with reset().
  MetricHistory& history() { return history_; }
  const MetricHistory& history() const { return history_; }
  void record(const Metrics& metrics);  // at the present step

  // To the initial weights of the seed; step 0.
  void reset(std::uint64_t seed);
  // A live knob. Throws UsageError; std::logic_error for one that rebuilds.
  void set_knob(const std::string& name, double value);
  const KnobValues& knobs() const { return setup_.knobs; }

  // All that a later process needs to go on with the same bits: values, moments, average, step, seed, knobs, data
  // SPEC, and the history. parameters_only leaves out the optimiser (for shipping).
  SafetensorsFile checkpoint(const std::string& command = {}, bool parameters_only = false) const;
  // Checks everything before anything changes: tensors, shapes, finite values. `path` names the file in errors.
  void restore(const SafetensorsFile& file, const std::filesystem::path& path);

  // The parameters that have the same path and shape in another checkpoint, of whatever model, begin with its values;
  // the others, optimiser, step and history stay as they are. Returns the paths that were not taken. Throws Error
  // where there is none to take, or one holds what is no finite number; nothing has changed then.
  std::vector<std::string> take_weights(const SafetensorsFile& file, const std::filesystem::path& path);

  // The whole state, and back to it: a few copies, and training goes on with the same bits. Between two steps; throws
  // std::logic_error within one, and for the state of a run that was built otherwise.
  RunState copy_state() const;
  void copy_state(RunState& into) const;  // into the memory of an older one
  void put_back(const RunState& state);

  const Model& model() const { return *setup_.model; }
  const Dataset& data() const { return *setup_.data; }
  std::shared_ptr<const Dataset> shared_data() const { return setup_.data; }
  // What the data are, and what of them the model cannot use.
  std::string data_description() const;
  BuiltModel& built() { return *built_; }
  ParameterStore& parameters() { return store_; }
  Device& device() { return device_; }

  // What a view keeps on the device for this model (a sampler, a scorer): made at the first call for `key`, and
  // destroyed with the run, on the thread that owns the device. reset() keeps it: the parameters stay where they are.
  template <class T, class Make>
  T& attached(const std::string& key, Make make) {
    auto& kept = attached_[key];
    if (!kept) kept = std::shared_ptr<T>(make());
    return *static_cast<T*>(kept.get());
  }

 private:
  void write_states();
  Device& device_;
  Setup setup_;
  DeviceData device_data_;
  ParameterStore store_;
  std::unique_ptr<BuiltModel> built_;
  std::size_t segment_ = 0;
  double step_ms_ = 0;  // of the last steps in one piece; 0: none yet
  MetricHistory history_;
  std::map<std::string, std::shared_ptr<void>> attached_;  // last: it goes before what it refers to
};

// A setup from a checkpoint's metadata: its model, knobs, seed and data SPEC (or another data set, when given).
Run::Setup setup_from(const CheckpointInfo& info, std::shared_ptr<const Dataset> data);

}  // namespace unveil
