#include "app/exhibit/exhibit.h"

#include "app/exhibit/run_exhibit.h"
#include "app/exhibits/pixelcnn/tab.h"
#include "app/tsne/tab.h"
#include "app/weights/tab.h"
#include "app/widgets/controls.h"
#include "engine/models/pixelcnn/model.h"

namespace unveil {
namespace {

std::vector<std::unique_ptr<RunTab>> make_tabs() {
  std::vector<std::unique_ptr<RunTab>> tabs;
  for (const auto make : {make_fill_tab, make_complete_tab, make_receptive_field_tab, make_bits_tab})
    tabs.push_back(make());
  tabs.push_back(make_weights_tab());
  tabs.push_back(make_tsne_tab(find_model("pixelcnn").declaration()));
  return tabs;
}

std::function<void(RunStage&)> facts(Run& run) {
  const auto& built = static_cast<pixelcnn::BuiltPixelCnn&>(run.built());
  return [height = built.height(), width = built.width(), architecture = built.architecture()](RunStage& stage) {
    auto& own = static_cast<PixelCnnStage&>(stage);
    own.height = height;
    own.width = width;
    own.architecture = architecture;
    own.classes = architecture.classes;
  };
}

class PixelCnnExhibit : public RunExhibit {
 public:
  PixelCnnExhibit() : RunExhibit("pixelcnn", &facts, make_tabs()) {}

 protected:
  std::unique_ptr<RunStage> make_stage(Trainer& trainer) override { return std::make_unique<PixelCnnStage>(trainer); }
  void draw_switches(ShellContext& context) override;
};

void PixelCnnExhibit::draw_switches(ShellContext& context) {
  Ui& ui = context.ui;
  bool leaking = static_cast<PixelCnnStage&>(*stage()).architecture.leaking_mask;
  if (!section(ui, "section.broken", "Broken on purpose", leaking)) return;
  if (switch_row(ui, "leaking mask", "broken.leaking_mask", leaking))
    rebuild_and_play({{"leaking_mask", leaking ? 1.0 : 0.0}});
  paragraph(
      ui, ui.theme.text_dim,
      leaking
          ? "The first layer now sees the very pixel it is to predict. While training, the answer is in the "
            "question: the loss runs towards 0 nats, better than any honest model. While drawing, that pixel "
            "is not there yet: it reads as paper, once the network has learned to copy it every picture stays blank."
          : "Lets the first layer see the pixel it predicts. The loss will look wonderful, the pictures will "
            "not. Builds the model anew and trains it.");
}

}  // namespace

std::unique_ptr<Exhibit> make_pixelcnn_exhibit() {
  return std::make_unique<PixelCnnExhibit>();
}

}  // namespace unveil
