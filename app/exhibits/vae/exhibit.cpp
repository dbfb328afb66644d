#include "app/exhibit/exhibit.h"

#include "app/exhibit/run_exhibit.h"
#include "app/exhibits/vae/tab.h"
#include "app/tsne/tab.h"
#include "app/weights/tab.h"
#include "app/widgets/controls.h"
#include "engine/models/vae/model.h"

namespace unveil {
namespace {

constexpr double kAtlasEvery = 0.8;  // seconds between two atlases, at least
constexpr double kAtlasShare = 8;    // and so many times what one takes: training comes first
constexpr double kCollapsingBeta = 60;

std::vector<std::unique_ptr<RunTab>> make_tabs() {
  std::vector<std::unique_ptr<RunTab>> tabs;
  for (const auto make : {make_plane_tab, make_path_tab, make_latents_tab}) tabs.push_back(make());
  tabs.push_back(make_weights_tab());
  tabs.push_back(make_tsne_tab(find_model("vae").declaration()));
  return tabs;
}

std::function<void(RunStage&)> facts(Run& run) {
  return [architecture = static_cast<vae::BuiltVae&>(run.built()).architecture()](RunStage& stage) {
    static_cast<VaeStage&>(stage).architecture = architecture;
  };
}

class VaeExhibit : public RunExhibit {
 public:
  VaeExhibit()
      : RunExhibit("vae", &facts, make_tabs(), "learns a small code for pictures, and a plane to wander in") {}

 protected:
  std::unique_ptr<RunStage> make_stage(Trainer& trainer) override { return std::make_unique<VaeStage>(trainer); }
  void rebuilt(double now) override;
  bool refresh(ShellContext& context) override;
  void draw_switches(ShellContext& context) override;

 private:
  VaeStage& plane() { return static_cast<VaeStage&>(*stage()); }
  bool take_atlas(ShellContext& context);

  double beta_before_ = 1, schedule_before_ = 0;
  std::shared_ptr<AtlasJob> atlas_job_;
  std::shared_ptr<Mailbox<std::shared_ptr<const Atlas>>> atlases_ =
      std::make_shared<Mailbox<std::shared_ptr<const Atlas>>>();
  double atlas_due_ = 0;
};

void VaeExhibit::rebuilt(double now) {
  run_.call("neg_elbo", plane().architecture.variational ? "−ELBO, nats" : "reconstruction, nats");
  plane().atlas.reset();
  atlas_job_.reset();
  atlas_due_ = now;
}

// The plane as the newest weights see it: again and again while they change, and once when they rest.
bool VaeExhibit::take_atlas(ShellContext& context) {
  const double now = context.ui.now;
  bool changed = false;
  if (auto atlas = atlases_->take(); atlas && (*atlas)->build == plane().build) {
    plane().atlas = std::move(*atlas);
    atlas_due_ = now + std::max(kAtlasEvery, kAtlasShare * plane().atlas->seconds);
    changed = true;
  }
  if (atlas_job_ && atlas_job_->ended()) atlas_job_.reset();
  if (atlas_job_ || !visible()) return changed;
  const bool stale = !plane().atlas || plane().atlas->step != plane().snapshot->step;
  if (!stale) return changed;
  // At rest nothing competes with it.
  if (plane().snapshot->playing && now < atlas_due_) {
    context.ui.look_again(atlas_due_);
    return changed;
  }
  atlas_job_ = std::make_shared<AtlasJob>(plane().atlas ? plane().atlas->basis : PlaneBasis{}, plane().build,
                                          atlases_, context.wake);
  plane().trainer.add(plane().build, atlas_job_);
  return changed;
}

bool VaeExhibit::refresh(ShellContext& context) {
  const bool changed = take_atlas(context);
  auto& marks = context.ui.marks;
  marks.state("vae.latent", plane().architecture.latent);
  marks.state("vae.variational", plane().architecture.variational);
  if (const auto* atlas = plane().atlas.get()) {
    double kl = 0;
    for (const double nats : atlas->kl) kl += nats;
    marks.state("atlas.step", static_cast<double>(atlas->step));
    marks.state("atlas.build", static_cast<double>(atlas->build));
    marks.state("atlas.count", atlas->count);
    marks.state("atlas.kl", kl);
    marks.state("atlas.active", atlas->active);
  }
  return changed;
}

void VaeExhibit::draw_switches(ShellContext& context) {
  Ui& ui = context.ui;
  const bool twin = !plane().architecture.variational;
  if (section(ui, "section.twin", "Autoencoder twin", true)) {
    bool on = twin;
    if (switch_row(ui, "no noise, no KL", "twin.autoencoder", on))
      rebuild_and_play({{"autoencoder", on ? 1.0 : 0.0}});
    paragraph(ui, ui.theme.text_dim,
              twin
                  ? "The same network from the same initial weights, as a plain autoencoder. Nothing holds its codes "
                    "near the origin or close together: look for the holes between them."
                  : "Builds the same network from the same initial weights as a plain autoencoder, trains it and "
                    "keeps this plane beside it.");
  }
  if (twin || !section(ui, "section.broken", "Broken on purpose", true)) return;
  const double beta = knob("beta");
  bool collapse = beta >= kCollapsingBeta;
  if (switch_row(ui, "posterior collapse", "broken.collapse", collapse)) {
    if (collapse) beta_before_ = beta, schedule_before_ = knob("schedule_length");
    // A learning rate at the end of its schedule would neither collapse nor recover.
    const bool over = static_cast<double>(plane().snapshot->step) >= schedule_before_;
    run_.set_knobs({{"beta", collapse ? kCollapsingBeta : beta_before_},
                    {"schedule_length", collapse || over ? 0 : schedule_before_}});
    run_.play();
  }
  paragraph(ui, ui.theme.text_dim,
            beta >= kCollapsingBeta
                ? "Information now costs more than it earns. The encoder says the same for every picture: all dots "
                  "fall onto the origin, every KL bar sinks to 0, and the decoder draws one average. Switch it off "
                  "and watch whether the codes wake up again."
                : "Sets β to 60 while training goes on: the KL then weighs more than any picture.");
}

}  // namespace

std::unique_ptr<Exhibit> make_vae_exhibit() {
  return std::make_unique<VaeExhibit>();
}

}  // namespace unveil
