#include "app/exhibits/exhibit.h"

#include <fmt/format.h>

#include <fstream>
#include <mutex>
#include <optional>
#include <sstream>

#include "app/assets.h"
#include "app/exhibits/trainer_run.h"
#include "app/exhibits/vae/tab.h"
#include "app/widgets/controls.h"
#include "engine/data/format.h"
#include "engine/error.h"
#include "engine/models/vae/model.h"

namespace unveil {
namespace {

constexpr const char* kPretrained = "pretrained/vae-digits.safetensors";
constexpr double kFirstHeldOut = 3;   // seconds after a model was built
constexpr double kHeldOutEvery = 15;  // seconds between evaluations while training
constexpr double kCalm = 0.06;        // seconds between two looks at a training run's numbers
constexpr double kAtlasEvery = 0.8;   // seconds between two atlases, at least
constexpr double kAtlasShare = 8;     // and so many times what one takes: training comes first
constexpr double kCollapsingBeta = 60;

// What a post on the trainer's thread tells of the model that is built there.
struct BuiltFacts {
  std::mutex mutex;
  std::uint64_t build = 0;
  vae::Architecture architecture;
};

std::filesystem::path pretrained_path() {
  try {
    return asset_path(kPretrained);
  } catch (const Error&) {
    return {};
  }
}

std::string lesson() {
  try {
    std::ifstream in(asset_path("lessons/vae.md"));
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
  } catch (const Error&) {
    return {};
  }
}

bool is_checkpoint(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  char head[9] = {};
  // Eight bytes of header length, then a JSON object; or a file that claims to be one, so that its reader complains.
  return (in.read(head, 9) && head[8] == '{' && head[7] == 0 && head[6] == 0) || path.ends_with(".safetensors");
}

class VaeExhibit : public Exhibit {
 public:
  VaeExhibit() : run_(find_model("vae")), lesson_(lesson()) {
    for (const auto make : {make_plane_tab, make_path_tab, make_latents_tab}) tabs_.push_back(make());
  }

  std::string title() const override { return "VAE"; }
  std::string description() const override { return "learns a small code for pictures, and a plane to wander in"; }
  std::string icon() const override { return "◎"; }
  std::vector<std::string> tabs() const override {
    std::vector<std::string> names;
    for (const auto& tab : tabs_) names.push_back(tab->name());
    return names;
  }
  std::string explanation() const override { return lesson_; }
  std::vector<OpenSuggestion> suggestions() const override;
  RunView& run() override { return run_; }

  void start(const ShellContext& context, const std::string& data, const std::string& load) override;
  bool update(ShellContext& context) override;
  void set_visible(bool visible) override;
  void draw_stage(ShellContext& context, int tab) override;
  void draw_inspector(ShellContext& context, int tab) override;
  bool open(ShellContext& context, const std::string& path_or_spec) override;

 private:
  VaeTab& front() { return *tabs_[static_cast<std::size_t>(front_)]; }
  void take_build(double now);
  bool take_atlas(ShellContext& context);
  void take_held_out(ShellContext& context);
  void require_device() const;
  double knob(const std::string& name) const;

  TrainerRun run_;
  std::string lesson_;
  std::unique_ptr<Trainer> trainer_;
  std::optional<VaeStage> stage_;
  std::shared_ptr<BuiltFacts> facts_ = std::make_shared<BuiltFacts>();
  std::uint64_t asked_build_ = 0;
  std::vector<std::unique_ptr<VaeTab>> tabs_;
  int front_ = 0;
  bool visible_ = true, play_when_ready_ = false, resume_ = false, fell_back_ = false;
  double looked_ = -1, beta_before_ = 1;

  std::shared_ptr<AtlasJob> atlas_job_;
  std::shared_ptr<Mailbox<std::shared_ptr<const Atlas>>> atlases_ =
      std::make_shared<Mailbox<std::shared_ptr<const Atlas>>>();
  double atlas_due_ = 0;
  std::shared_ptr<HeldOutElbo> held_out_job_;
  std::shared_ptr<Mailbox<HeldOutElbo::Result>> held_out_results_ = std::make_shared<Mailbox<HeldOutElbo::Result>>();
  Curve held_out_;
  double held_out_due_ = 0;
};

void VaeExhibit::start(const ShellContext& context, const std::string& data, const std::string& load) {
  TrainerOptions options;
  options.model = "vae";
  options.data = data;
  options.checkpoint = load;
  options.shipped = pretrained_path();
  // Whatever comes pretrained has a plane to wander in; a model at its initial weights has to learn first.
  play_when_ready_ = load.empty() && (options.shipped.empty() || !data.empty());
  options.autosave = autosave_folder();
  options.wake = context.wake;
  trainer_ = std::make_unique<Trainer>(std::move(options));
  run_.attach(trainer_.get());
  stage_.emplace(VaeStage{*trainer_, trainer_->snapshot(), {}, 0, nullptr});
}

// What a model that was just built looks like is known on the trainer's thread; the answer comes a moment later.
void VaeExhibit::take_build(double now) {
  const auto& snapshot = *stage_->snapshot;
  if (!snapshot.ready) return;
  if (asked_build_ != snapshot.build) {
    asked_build_ = snapshot.build;
    trainer_->post([facts = facts_, build = snapshot.build](Run& run) {
      const auto& built = static_cast<vae::BuiltVae&>(run.built());
      std::scoped_lock lock(facts->mutex);
      facts->build = build;
      facts->architecture = built.architecture();
    });
  }
  {
    std::scoped_lock lock(facts_->mutex);
    if (facts_->build != snapshot.build || stage_->build == snapshot.build) return;
    stage_->build = facts_->build;
    stage_->architecture = facts_->architecture;
  }
  stage_->atlas.reset();
  atlas_job_.reset(), held_out_job_.reset();
  atlas_due_ = now;
  held_out_ = {};
  held_out_due_ = now + kFirstHeldOut;
  run_.set_curve({.name = "held_out_neg_elbo"});
  for (auto& tab : tabs_) tab->rebuilt(*stage_);
  if (play_when_ready_) trainer_->play();
  play_when_ready_ = false;
}

// The plane as the newest weights see it: again and again while they change, and once when they rest.
bool VaeExhibit::take_atlas(ShellContext& context) {
  const double now = context.ui.now;
  bool changed = false;
  if (auto atlas = atlases_->take(); atlas && (*atlas)->build == stage_->build) {
    stage_->atlas = std::move(*atlas);
    atlas_due_ = now + std::max(kAtlasEvery, kAtlasShare * stage_->atlas->seconds);
    changed = true;
  }
  if (atlas_job_ && atlas_job_->ended()) atlas_job_.reset();
  if (stage_->build == 0 || stage_->build != stage_->snapshot->build || atlas_job_ || !visible_) return changed;
  const bool stale = !stage_->atlas || stage_->atlas->step != stage_->snapshot->step;
  if (!stale) return changed;
  // At rest nothing competes with it.
  if (stage_->snapshot->playing && now < atlas_due_) {
    context.ui.look_again(atlas_due_);
    return changed;
  }
  atlas_job_ = std::make_shared<AtlasJob>(stage_->atlas ? stage_->atlas->basis : PlaneBasis{}, stage_->build,
                                          atlases_, context.wake);
  trainer_->add(atlas_job_);
  return changed;
}

// The held-out figure: soon after a model is there, and now and then while it learns.
void VaeExhibit::take_held_out(ShellContext& context) {
  const auto& snapshot = *stage_->snapshot;
  if (const auto result = held_out_results_->take(); result && held_out_job_ && result->pictures > 0) {
    if (!held_out_.steps.empty() && held_out_.steps.back() >= result->step) held_out_ = {};
    held_out_.name = "held_out_neg_elbo";
    held_out_.label = fmt::format("held-out (n = {})", result->pictures);
    held_out_.unit = "neg elbo";
    held_out_.role = Role::prediction;
    held_out_.smooth = false;
    held_out_.steps.push_back(result->step);
    held_out_.values.push_back(result->neg_elbo);
    run_.set_curve(held_out_);
  }
  if (held_out_job_ && held_out_job_->ended()) held_out_job_.reset();
  const double now = context.ui.now;
  if (held_out_job_ || stage_->build == 0 || stage_->build != snapshot.build || !visible_) return;
  const bool stale = held_out_.steps.empty() || held_out_.steps.back() != static_cast<double>(snapshot.step);
  if (!stale) return;
  if (now < held_out_due_) return context.ui.look_again(held_out_due_);
  held_out_due_ = now + kHeldOutEvery;
  held_out_job_ = std::make_shared<HeldOutElbo>(held_out_results_, context.wake);
  trainer_->add(held_out_job_);
}

bool VaeExhibit::update(ShellContext& context) {
  const double now = context.ui.now;
  bool changed = false;
  // Training publishes more often than numbers can be read; drawing less leaves the processor to it.
  const auto newest = trainer_->snapshot();
  const bool urgent = newest->playing != stage_->snapshot->playing || newest->build != stage_->snapshot->build ||
                      newest->notices.size() != stage_->snapshot->notices.size() || !newest->playing;
  if (urgent || now - looked_ > kCalm) {
    looked_ = now;
    stage_->snapshot = newest;
    changed = run_.update(newest, context.notices);
  }
  // What was to be opened could not be: the program begins from initial weights instead of standing empty.
  if (!newest->ready && !newest->notices.empty() && newest->progress.empty() && !fell_back_ &&
      !newest->device.empty()) {
    fell_back_ = play_when_ready_ = true;
    trainer_->load_data(find_model("vae").declaration().default_data);
  }
  const auto build = stage_->build;
  take_build(now);
  changed = changed || build != stage_->build;
  changed = take_atlas(context) || changed;
  take_held_out(context);
  if (stage_->build != 0 && visible_) changed = front().update(context, *stage_) || changed;
  if (!visible_) return changed;
  auto& marks = context.ui.marks;
  marks.state("run.playing", newest->playing);
  marks.state("run.build", static_cast<double>(stage_->build));
  marks.state("vae.latent", stage_->architecture.latent);
  marks.state("vae.variational", stage_->architecture.variational);
  marks.state("held_out.count", static_cast<double>(held_out_.steps.size()));
  if (!held_out_.values.empty()) marks.state("held_out.nats", held_out_.values.back());
  if (const auto* atlas = stage_->atlas.get()) {
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

void VaeExhibit::set_visible(bool visible) {
  visible_ = visible;
  if (!trainer_) return;
  if (!visible) {
    resume_ = trainer_->snapshot()->playing;
    trainer_->pause();
  } else if (resume_) {
    resume_ = false;
    trainer_->play();
  }
}

void VaeExhibit::draw_stage(ShellContext& context, int tab) {
  if (tab != front_) {
    front_ = tab;
    front().shown(context, *stage_);
    context.ui.animate(0.1);
  }
  if (stage_->build == 0) {
    const auto& s = run_.status();
    if (s.progress.empty() && !context.notices.empty())
      empty_state(context.ui, "No model", "Open a data set or a checkpoint: Ctrl+O, or drop it here.");
    else
      empty_state(context.ui, "A moment", s.progress.empty() ? "preparing" : s.progress);
    return;
  }
  front().draw(context, *stage_);
}

double VaeExhibit::knob(const std::string& name) const {
  for (const auto& knob : run_.knobs())
    if (knob.name == name) return knob.value;
  return 0;
}

void VaeExhibit::draw_inspector(ShellContext& context, int) {
  if (!stage_ || stage_->build == 0) return;
  Ui& ui = context.ui;
  const bool twin = !stage_->architecture.variational;
  const auto row = [&](const char* label, const char* id, bool& on) {
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const float right = at.x + ImGui::GetContentRegionAvail().x;
    text(ui.fonts.body, ui.theme.text_dim, label);
    ImGui::SetCursorScreenPos({right - ui.px(36), at.y});
    return toggle(ui, id, on);
  };
  if (section(ui, "section.twin", "Autoencoder twin", true)) {
    bool on = twin;
    if (row("no noise, no KL", "twin.autoencoder", on)) {
      run_.set_knobs({{"autoencoder", on ? 1.0 : 0.0}});
      play_when_ready_ = true;
    }
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
  if (row("posterior collapse", "broken.collapse", collapse)) {
    if (collapse) beta_before_ = beta;
    // A learning rate at the end of its schedule would neither collapse nor recover.
    run_.set_knobs({{"beta", collapse ? kCollapsingBeta : beta_before_}, {"schedule_length", 0}});
    run_.play();
  }
  paragraph(ui, ui.theme.text_dim,
            beta >= kCollapsingBeta
                ? "Information now costs more than it earns. The encoder says the same for every picture: all dots "
                  "fall onto the origin, every KL bar sinks to 0, and the decoder draws one average. Switch it off "
                  "and watch whether the codes wake up again."
                : "Sets β to 60 while training goes on: the KL then weighs more than any picture.");
}

void VaeExhibit::require_device() const {
  // A trainer that has only begun may yet find one; what is sent to it waits until then.
  const auto snapshot = trainer_->snapshot();
  if (snapshot->device.empty() && !snapshot->notices.empty())
    throw Error("nothing can be opened without a Vulkan device; see the first notice");
}

bool VaeExhibit::open(ShellContext& context, const std::string& what) {
  std::error_code none;
  const bool file = std::filesystem::is_regular_file(what, none);
  if (file && is_checkpoint(what)) {
    // Read here for its metadata alone, so that what is no checkpoint is refused before anything is sent.
    const auto info = checkpoint_info(read_safetensors(what), what);
    if (info.model != "vae") return false;
    require_device();
    trainer_->load_checkpoint(what);
    context.notices.info(fmt::format("opening {}: step {} on {}", std::filesystem::path(what).filename().string(),
                                     info.step, info.data));
    return true;
  }
  if (file && is_picture_file(what)) {
    require_device();
    if (stage_->build == 0) throw Error(what + ": a picture needs a model; it is still being built");
    const Picture picture = load_picture(what);
    if (front().open(context, *stage_, picture)) return true;
    for (auto& tab : tabs_) {
      if (tab.get() == &front() || !tab->open(context, *stage_, picture)) continue;
      context.notices.info(fmt::format("The picture is in the tab {}.", tab->name()));
      return true;
    }
    throw Error(what + ": a single picture; a folder of pictures, an IDX folder or a checkpoint is accepted here");
  }
  const auto spec = resolve_data_spec(what);
  require_device();
  play_when_ready_ = true;
  trainer_->load_data(spec.spec);
  return true;
}

std::vector<OpenSuggestion> VaeExhibit::suggestions() const {
  std::vector<OpenSuggestion> all;
  for (const auto* format : registered_data_formats())
    if (format->built_in) all.push_back({format->name, format->summary});
  if (const auto path = pretrained_path(); !path.empty())
    all.push_back({path.string(), "the pretrained model that the exhibit opens on"});
  std::error_code none;
  if (const auto path = autosave_folder() / "vae.safetensors"; std::filesystem::exists(path, none))
    all.push_back({path.string(), "the last training run, saved by itself"});
  return all;
}

}  // namespace

std::unique_ptr<Exhibit> make_vae_exhibit() {
  return std::make_unique<VaeExhibit>();
}

}  // namespace unveil
