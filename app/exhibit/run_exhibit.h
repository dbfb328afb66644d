#pragma once
#include <atomic>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "app/exhibit/exhibit.h"
#include "app/exhibit/mailbox.h"
#include "app/exhibit/run_tab.h"
#include "app/exhibit/trainer_run.h"

namespace unveil {

// A held-out figure, as an evaluation in slices leaves it.
struct HeldOutFigure {
  double value = 0;  // mean over the items
  int items = 0;     // 0: the data have none held out
  double step = 0;   // of training, when the evaluation began
};

// Evaluates a few held-out items a slice between the segments of training (BuiltModel::held_out).
class HeldOutJob : public TrainerJob {
 public:
  HeldOutJob(std::shared_ptr<Mailbox<HeldOutFigure>> mailbox, std::function<void()> wake)
      : mailbox_(std::move(mailbox)), wake_(std::move(wake)) {}
  bool advance(Run& run) final;
  void cancelled() final { ended_ = true; }
  bool ended() const { return ended_; }

 private:
  int next_ = 0;
  double total_ = 0, step_ = 0;
  std::shared_ptr<Mailbox<HeldOutFigure>> mailbox_;
  std::function<void()> wake_;
  std::atomic<bool> ended_ = false;
};

// An exhibit around one model that is trained: what all of those do alike. It opens on the pretrained model, else on
// the model's default data; takes checkpoints of its model and data that its model can learn from; keeps a held-out
// curve beside the training curve; and hands its tabs a stage that tells of the model built now.
class RunExhibit : public Exhibit {
 public:
  std::string title() const override { return declaration_.title; }
  std::string description() const override { return description_; }
  Chapter chapter() const override { return declaration_.chapter; }
  std::string reference() const override { return declaration_.reference; }
  bool pretrained() const override { return !pretrained_.empty(); }
  std::vector<Knob> declared_knobs() const override { return declaration_.knobs; }
  std::vector<std::string> tabs() const override;
  std::string hint(int tab) const override { return tabs_[static_cast<std::size_t>(tab)]->hint(); }
  std::string explanation() const override { return lesson_; }
  std::vector<OpenSuggestion> suggestions() const override;
  RunView& run() override { return run_; }

  void start(const ShellContext& context, const std::string& data, const std::string& load) override;
  bool update(ShellContext& context) override;
  void keep() override;
  void set_visible(bool visible) override;
  void draw_stage(ShellContext& context, int tab) override;
  void draw_inspector(ShellContext& context, int tab) override;
  bool accepts(const std::string& path_or_spec) const override;
  std::string told(const std::string& path_or_spec) const override;
  void open(ShellContext& context, const std::string& path_or_spec) override;

 protected:
  // Run on the trainer's thread after a model was built; what it returns is applied to the stage on the window's.
  using Facts = std::function<void(RunStage&)> (*)(Run& run);

  // lessons/<model>.md explains it, and it opens on pretrained/<model>-*.safetensors where there is one. description:
  // what the window says of it in a line; empty: the model's summary.
  RunExhibit(const std::string& model, Facts facts, std::vector<std::unique_ptr<RunTab>> tabs,
             std::string description = {});

  virtual std::unique_ptr<RunStage> make_stage(Trainer& trainer) = 0;
  // A new model is there and the stage tells of it; the tabs hear of it next.
  virtual void rebuilt(double) {}
  // On every update while a model is there and the exhibit is in front; true when what is drawn changed.
  virtual bool refresh(ShellContext&) { return false; }
  // Switches below the knobs.
  virtual void draw_switches(ShellContext&) {}

  RunStage* stage() { return stage_.get(); }
  double knob(const std::string& name) const;
  bool visible() const { return visible_; }
  // Sets knobs that rebuild, and plays as soon as the new model is there.
  void rebuild_and_play(const std::map<std::string, double>& knobs);

  TrainerRun run_;

 private:
  RunTab& front() { return *tabs_[static_cast<std::size_t>(front_)]; }
  bool take_build(const std::shared_ptr<const TrainerSnapshot>& newest, double now);
  void take_held_out(ShellContext& context);
  void show_held_out(std::string label);
  void read_picture(const std::string& path);
  bool take_picture(ShellContext& context);
  void show_picture(ShellContext& context, const Picture& picture);

  struct BuiltFacts;
  const ModelDeclaration& declaration_;
  std::string description_;
  std::filesystem::path pretrained_;  // empty: none
  Facts facts_of_;
  std::string lesson_;
  std::unique_ptr<Trainer> trainer_;
  std::unique_ptr<RunStage> stage_;
  std::vector<std::unique_ptr<RunTab>> tabs_;
  std::shared_ptr<BuiltFacts> facts_;
  std::uint64_t asked_build_ = 0;
  int front_ = 0;
  bool visible_ = true, play_when_ready_ = false, resume_ = false, fell_back_ = false;
  std::ptrdiff_t errors_ = 0;  // notices of the trainer so far
  double looked_ = -1;

  std::shared_ptr<HeldOutJob> held_out_job_;
  std::shared_ptr<Mailbox<HeldOutFigure>> held_out_figures_;
  Curve held_out_;
  double held_out_due_ = 0, held_out_began_ = 0;

  std::future<Picture> picture_;  // being read
  std::string picture_name_;
};

// A row of the inspector: a label on the left, a switch on the right. True when it was flipped.
bool switch_row(Ui& ui, const char* label, const char* id, bool& on);

}  // namespace unveil
