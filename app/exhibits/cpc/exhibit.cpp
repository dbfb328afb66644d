#include "app/exhibit/exhibit.h"

#include <cmath>

#include "app/exhibit/run_exhibit.h"
#include "app/exhibits/cpc/look.h"
#include "app/exhibits/cpc/tab.h"
#include "app/tsne/tab.h"
#include "app/weights/tab.h"
#include "app/widgets/controls.h"
#include "engine/models/cpc/model.h"

namespace unveil {
namespace {

std::vector<std::unique_ptr<RunTab>> make_tabs() {
  std::vector<std::unique_ptr<RunTab>> tabs;
  for (const auto make : {make_recording_tab, make_infonce_tab, make_probe_tab, make_first_layer_tab})
    tabs.push_back(make());
  // The gates of the GRU stand side by side (engine/ops/gru.h).
  tabs.push_back(make_weights_tab([](const std::string& path) {
    return path.starts_with("gru.") ? std::vector<std::string>{"reset", "update", "candidate"}
                                    : std::vector<std::string>{};
  }));
  tabs.push_back(make_tsne_tab(find_model("cpc").declaration()));
  return tabs;
}

std::function<void(RunStage&)> facts(Run& run) {
  const auto& built = static_cast<cpc::BuiltCpc&>(run.built());
  return [architecture = built.architecture(), windows = built.batch_size(),
          candidates = built.candidates()](RunStage& stage) {
    auto& own = static_cast<CpcStage&>(stage);
    own.architecture = architecture;
    own.windows = windows;
    own.candidates = candidates;
  };
}

class CpcExhibit : public RunExhibit {
 public:
  CpcExhibit() : RunExhibit("cpc", &facts, make_tabs(), "learns codes for speech by predicting its own future") {}

 protected:
  std::unique_ptr<RunStage> make_stage(Trainer& trainer) override { return std::make_unique<CpcStage>(trainer); }
  void rebuilt(double now) override;
  bool refresh(ShellContext& context) override;
  void draw_switches(ShellContext& context) override;

 private:
  CpcStage& cpc_stage() { return static_cast<CpcStage&>(*stage()); }
  cpc::Negatives before_ = cpc::Negatives::other;  // breaking it on purpose
};

void CpcExhibit::rebuilt(double) {
  cpc_stage().held_out_steps.clear(), cpc_stage().held_out_bound.clear();
  run_.set_curve({.name = "held_out_mi_bound"});
  // What is minimised is the curve that one sees.
  run_.lead(cpc_stage().architecture.negatives == cpc::Negatives::none ? "squared_error" : "");
}

// The held-out bound follows from the held-out loss.
bool CpcExhibit::refresh(ShellContext& context) {
  auto& own = cpc_stage();
  context.ui.marks.state("cpc.negatives", static_cast<int>(own.architecture.negatives));
  context.ui.marks.state("cpc.candidates", own.candidates);
  const Curve* held_out = nullptr;
  for (const auto& curve : run_.curves())
    if (curve.name == "held_out_infonce") held_out = &curve;
  if (!held_out || held_out->steps == own.held_out_steps) return false;
  Curve bound = *held_out;
  bound.name = "held_out_mi_bound", bound.unit = "mi_bound";
  for (auto& value : bound.values) value = std::log(own.candidates) - value;
  own.held_out_steps = bound.steps, own.held_out_bound = bound.values;
  run_.set_curve(std::move(bound));
  return true;
}

void CpcExhibit::draw_switches(ShellContext& context) {
  Ui& ui = context.ui;
  if (!section(ui, "section.broken", "Broken on purpose", true)) return;
  const auto now = cpc_stage().architecture.negatives;
  const auto flip = [&](bool on, cpc::Negatives to) {
    if (on && now != cpc::Negatives::same && now != cpc::Negatives::none) before_ = now;
    rebuild_and_play({{"negatives", static_cast<double>(on ? to : before_)}});
  };
  bool same = now == cpc::Negatives::same, collapsed = now == cpc::Negatives::none;
  if (switch_row(ui, "same-recording negatives", "broken.same", same)) flip(same, cpc::Negatives::same);
  paragraph(
      ui, ui.theme.text_dim,
      same
          ? "Every candidate now comes from the window itself, so its speaker, who is the same everywhere in it, "
            "helps "
            "nothing: what the code keeps is what changes from place to place. Look whether the probe for the "
            "speaker "
            "falls behind, and at the matrix: its neighbours glow beside the diagonal, because places close by sound "
            "alike."
          : "Tells the next code apart from other places of its own recording alone. Builds the model anew.");
  ImGui::Dummy({1, ui.px(4)});
  if (switch_row(ui, "collapsed encoder", "broken.collapse", collapsed)) flip(collapsed, cpc::Negatives::none);
  paragraph(
      ui, ui.theme.text_dim,
      collapsed
          ? "No negatives: the next code is predicted by least squares, and a code that never changes is predicted "
            "perfectly. Its squared error, the curve below, falls towards 0, and so does all it knows: every "
            "candidate scores alike, the "
            "matrix becomes one even dark colour at 1/N, the bound stays at 0 nats, and the probe reads less than "
            "from the untrained "
            "network."
          : "Takes the negatives away: only the prediction's squared error is left to minimise. Builds the model "
            "anew.");
}

}  // namespace

std::unique_ptr<Exhibit> make_cpc_exhibit() {
  return std::make_unique<CpcExhibit>();
}

}  // namespace unveil
