#include "app/exhibits/default_exhibit.h"
#include "app/plane/tab.h"
#include "app/widgets/controls.h"

namespace unveil {
namespace {

std::vector<std::unique_ptr<RunTab>> make_tabs() {
  std::vector<std::unique_ptr<RunTab>> tabs;
  tabs.push_back(
      make_points_tab({.field = "the judge's verdict D(x)",
                       .low = "made",
                       .high = "real",
                       .uphill = true,
                       .story = "The judge colours the plane; the forger moves its points uphill, along the "
                                "arrows, and the judge thinks again. When neither wins, the colour fades."}));
  return tabs;
}

class GanExhibit : public DefaultExhibit {
 public:
  GanExhibit() : DefaultExhibit("gan", make_tabs()) {}

 protected:
  void draw_switches(ShellContext& context) override {
    Ui& ui = context.ui;
    if (!section(ui, "section.broken", "Broken on purpose", true)) return;
    const bool hurried = knob("learning_rate") > 5 * knob("discriminator_rate");
    bool collapse = hurried;
    if (switch_row(ui, "a forger in a hurry", "broken.collapse", collapse)) {
      run_.set_knobs({{"learning_rate", collapse ? 8e-3 : 1e-3}, {"discriminator_rate", collapse ? 5e-5 : 1e-3}});
      run_.reset(std::nullopt);
      run_.play();
    }
    paragraph(ui, ui.theme.text_dim,
              hurried
                  ? "The forger learns a hundred and sixty times as fast as the judge: all its points crowd into one "
                    "place, and move on together whenever the judge notices."
                  : "Begins anew with a quick forger and a slow judge. Guess first: where will the points go?");
  }
};

}  // namespace

std::unique_ptr<Exhibit> make_gan_exhibit() {
  return std::make_unique<GanExhibit>();
}

}  // namespace unveil
