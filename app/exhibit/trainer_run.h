#pragma once
#include <map>
#include <memory>
#include <string>

#include "app/exhibit/run_view.h"
#include "app/frame/notices.h"
#include "engine/train/trainer.h"

namespace unveil {

// A trainer as the shell sees it: its snapshots turned into status, curves and knobs, the shell's commands sent on.
// The first of the model's step metrics is the training curve; an exhibit may set curves of its own beside it.
class TrainerRun : public RunView {
 public:
  // The model's declaration says what there is before anything is built.
  explicit TrainerRun(const Model& model);
  // Commands go nowhere before this. shipped: the pretrained checkpoint, told from others in status().origin.
  void attach(Trainer* trainer, std::filesystem::path shipped) { trainer_ = trainer, shipped_ = std::move(shipped); }

  // Takes the newest snapshot; true when something that is shown changed. New notices of the trainer are passed on.
  bool update(std::shared_ptr<const TrainerSnapshot> snapshot, Notices& notices);
  // A curve beside the training metrics, replaced whole by name; its unit is the name of the metric whose plot it
  // shares.
  void set_curve(Curve curve);
  // What a metric's plot is called, where its name in words does not say what it is.
  void call(const std::string& metric, const std::string& unit);
  // The metric whose curve comes first, labelled as the training curve; empty: the first of the declared ones.
  void lead(const std::string& metric);

  const RunStatus& status() const override { return status_; }
  const std::vector<Curve>& curves() const override { return curves_; }
  const std::vector<KnobView>& knobs() const override { return knobs_; }

  void play() override;
  void pause() override;
  void step_once() override;
  bool has_trained_model() const override { return !shipped_.empty(); }
  bool away_from_trained_model() const override;
  void back_to_trained_model() override;
  void reset(std::optional<std::uint64_t> seed) override;
  void set_slow(bool on) override;
  void set_speed(double share) override;
  void set_knobs(const std::map<std::string, double>& values) override;
  void choose_preset(const std::string& name) override;
  void save(const std::filesystem::path& path) override;

 private:
  void take_knobs(const KnobValues& values);
  void take_history(const TrainerSnapshot& snapshot);
  std::string unit_of(const std::string& metric) const;

  const Model& model_;
  Trainer* trainer_ = nullptr;
  std::filesystem::path shipped_;
  std::shared_ptr<const TrainerSnapshot> snapshot_;
  std::size_t notices_seen_ = 0;
  RunStatus status_;
  std::vector<Curve> curves_, own_curves_;
  std::map<std::string, std::string> called_;  // metrics
  std::string lead_;
  std::vector<KnobView> knobs_;
};

// Where a model's run is saved by itself: $XDG_STATE_HOME/unveil, else ~/.local/state/unveil.
std::filesystem::path autosave_folder();

}  // namespace unveil
