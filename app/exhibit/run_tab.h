#pragma once
#include <cstdint>
#include <memory>
#include <string>

#include "app/frame/context.h"
#include "engine/data/picture.h"
#include "engine/train/trainer.h"

namespace unveil {

// What the tabs of one exhibit share; an exhibit's own stage derives from it. Lives as long as the exhibit.
struct RunStage {
  explicit RunStage(Trainer& the_trainer) : trainer(the_trainer), snapshot(the_trainer.snapshot()) {}
  virtual ~RunStage() = default;

  Trainer& trainer;
  std::shared_ptr<const TrainerSnapshot> snapshot;  // the newest of `build`; replaced by the exhibit's update()
  std::uint64_t build = 0;                          // of the model that the stage tells of; 0 before the first
};

// One tab of an exhibit. Everything runs on the window's thread; what the trainer's thread finishes is taken over in
// update().
class RunTab {
 public:
  virtual ~RunTab() = default;
  virtual std::string name() const = 0;            // "Fill"
  virtual std::string hint() const { return {}; }  // what is seen and what to try, in a sentence
  virtual void shown(ShellContext&, RunStage&) {}  // came to the front
  virtual void hidden(RunStage&) {}                // another tab or another exhibit came to the front
  virtual void rebuilt(RunStage&) {}               // a new model: drop what was computed by the old one
  // Takes finished results; true when the view changed. Called for the tab in front.
  virtual bool update(ShellContext&, RunStage&) { return false; }
  virtual void draw(ShellContext&, RunStage&) = 0;
  virtual void draw_inspector(ShellContext&, RunStage&) {}
  // A dropped picture; false when this tab takes none.
  virtual bool open(ShellContext&, RunStage&, const Picture&) { return false; }
};

// A tab of one exhibit, which sees that exhibit's own stage.
template <class Stage>
class TabOf : public RunTab {
 public:
  virtual void shown(ShellContext&, Stage&) {}
  virtual void hidden(Stage&) {}
  virtual void rebuilt(Stage&) {}
  virtual bool update(ShellContext&, Stage&) { return false; }
  virtual void draw(ShellContext&, Stage&) = 0;
  virtual void draw_inspector(ShellContext&, Stage&) {}
  virtual bool open(ShellContext&, Stage&, const Picture&) { return false; }

 private:
  static Stage& own(RunStage& stage) { return static_cast<Stage&>(stage); }
  void shown(ShellContext& context, RunStage& stage) final { shown(context, own(stage)); }
  void hidden(RunStage& stage) final { hidden(own(stage)); }
  void rebuilt(RunStage& stage) final { rebuilt(own(stage)); }
  bool update(ShellContext& context, RunStage& stage) final { return update(context, own(stage)); }
  void draw(ShellContext& context, RunStage& stage) final { draw(context, own(stage)); }
  void draw_inspector(ShellContext& context, RunStage& stage) final { draw_inspector(context, own(stage)); }
  bool open(ShellContext& context, RunStage& stage, const Picture& picture) final {
    return open(context, own(stage), picture);
  }
};

}  // namespace unveil
