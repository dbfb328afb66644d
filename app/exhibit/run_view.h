#pragma once
#include <cstdint>
#include <filesystem>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "app/widgets/theme.h"
#include "engine/models/knobs.h"

namespace unveil {

// A metric over the steps of a run. Curves of one unit share a plot in the timeline; the first unit is shown at
// first.
struct Curve {
  std::string name;   // as in JSON and CSV: "nats_per_image"
  std::string label;  // at the line's end: "training", "held-out"
  std::string unit;   // what the plot is of, in words: "nats per image"
  Role role = Role::model;
  bool smooth = true;
  bool dots = false;                  // measured now and then: a dot each, joined where they lie close
  std::vector<double> steps, values;  // of one length, steps rising
};

// A hyperparameter as the inspector shows it: its declaration and its present value.
struct KnobView : Knob {
  double value = 0;
};

struct DataView {
  std::string spec, title, description;
};

struct PresetView {
  std::string name, description;
  std::map<std::string, double> values = {};  // knobs that differ from their default
};

// The newest of what transport, timeline, inspector and status bar show. Numbers not known yet stay NaN or zero.
struct RunStatus {
  bool ready = false;  // false while the model is being built; `progress` says what is being done
  bool playing = false;
  bool slow = false;  // slow motion
  double speed = 1;   // 0..1, 1 is as fast as the device goes
  std::uint64_t step = 0;
  double epoch = 0;
  std::uint64_t seed = 0;
  double step_ms = std::numeric_limits<double>::quiet_NaN();
  double items_per_second = std::numeric_limits<double>::quiet_NaN();
  double gflop_per_second = std::numeric_limits<double>::quiet_NaN();  // of products and convolutions
  std::string items = "images";  // what they are: "images", "recordings", "patches"
  std::uint64_t memory_bytes = 0;
  std::string device;          // "llvmpipe (LLVM 15)"
  std::string progress;        // "compiling kernels", empty: nothing under way
  double progress_share = -1;  // 0..1, negative: unknown
  DataView data;
  std::vector<PresetView> presets;
  std::string preset;       // empty: knobs differ from every preset
  std::uint64_t build = 0;  // counts the models built: what was meant for an older one is void
  std::string
      origin;  // what the model came from: "pretrained", "restored", a checkpoint's name; empty: initial weights
  std::uint64_t origin_step = 0;
};

// What the shell needs of a run: the newest state, and the commands of the transport. Everything returns at once;
// the trainer answers with a later status. References stay valid until the exhibit's next update().
class RunView {
 public:
  virtual ~RunView() = default;
  virtual const RunStatus& status() const = 0;
  virtual const std::vector<Curve>& curves() const = 0;
  virtual const std::vector<KnobView>& knobs() const = 0;

  virtual void play() = 0;
  virtual void pause() = 0;
  virtual void step_once() = 0;  // one training step, then pause
  // The model that the exhibit opened on has learned already, and this is another, or has gone on from it.
  virtual bool has_trained_model() const { return false; }
  virtual bool away_from_trained_model() const { return false; }
  virtual void back_to_trained_model() {}  // paused
  virtual void reset(
      std::optional<std::uint64_t> seed) = 0;  // to the same initial weights; or to those of another seed
  virtual void set_slow(bool on) = 0;
  virtual void set_speed(double share) = 0;  // 0..1
  // Live knobs take effect at the next step; one rebuilding knob among them builds the model anew. Throws UsageError.
  virtual void set_knobs(const std::map<std::string, double>& values) = 0;
  virtual void choose_preset(const std::string& name) = 0;
  // Writes a checkpoint (Ctrl+S) in the background; the exhibit reports the end as a notice.
  virtual void save(const std::filesystem::path& path) = 0;
};

}  // namespace unveil
