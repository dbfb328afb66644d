#include "app/exhibits/exhibit.h"

#include <fmt/format.h>

#include <fstream>
#include <mutex>
#include <optional>
#include <sstream>

#include "app/assets.h"
#include "app/exhibits/pixelcnn/held_out.h"
#include "app/exhibits/pixelcnn/tab.h"
#include "app/exhibits/trainer_run.h"
#include "app/widgets/controls.h"
#include "engine/data/format.h"
#include "engine/error.h"
#include "engine/models/pixelcnn/model.h"

namespace unveil {
namespace {

constexpr const char* kPretrained = "pretrained/pixelcnn-digits.safetensors";
constexpr double kFirstHeldOut = 2;   // seconds after a model was built
constexpr double kHeldOutEvery = 4;   // seconds between evaluations while training, at least,
constexpr double kHeldOutShare = 10;  // and so many times what one takes
constexpr double kCalm = 0.06;        // seconds between two looks at a training run's numbers

// What a post on the trainer's thread tells of the model that is built there.
struct BuiltFacts {
  std::mutex mutex;
  std::uint64_t build = 0;
  int height = 0, width = 0;
  pixelcnn::Architecture architecture;
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
    std::ifstream in(asset_path("lessons/pixelcnn.md"));
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

class PixelCnnExhibit : public Exhibit {
 public:
  PixelCnnExhibit() : run_(find_model("pixelcnn")), lesson_(lesson()) {
    for (const auto make :
         {make_fill_tab, make_complete_tab, make_receptive_field_tab, make_bits_tab, make_filters_tab})
      tabs_.push_back(make());
  }

  std::string title() const override { return "PixelCNN"; }
  std::string description() const override { return "draws pictures pixel by pixel, each from the ones before it"; }
  std::string icon() const override { return "▦"; }
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
  PixelCnnTab& front() { return *tabs_[static_cast<std::size_t>(front_)]; }
  void take_build(double now);
  void take_held_out(double now);
  void require_device() const;

  TrainerRun run_;
  std::string lesson_;
  std::unique_ptr<Trainer> trainer_;
  std::optional<PixelCnnStage> stage_;
  std::shared_ptr<BuiltFacts> facts_ = std::make_shared<BuiltFacts>();
  std::uint64_t asked_build_ = 0;
  std::vector<std::unique_ptr<PixelCnnTab>> tabs_;
  int front_ = 0;
  bool play_when_ready_ = false, resume_ = false, fell_back_ = false;
  double looked_ = -1;

  std::shared_ptr<pixelcnn::HeldOutJob> held_out_job_;
  Curve held_out_;
  double held_out_due_ = 0, held_out_began_ = 0;
};

void PixelCnnExhibit::start(const ShellContext& context, const std::string& data, const std::string& load) {
  TrainerOptions options;
  options.model = "pixelcnn";
  options.data = data;
  options.checkpoint = load;
  options.shipped = pretrained_path();
  // Whatever comes pretrained is drawing already; a model at its initial weights has to learn first.
  play_when_ready_ = load.empty() && (options.shipped.empty() || !data.empty());
  options.autosave = autosave_folder();
  options.wake = context.wake;
  trainer_ = std::make_unique<Trainer>(std::move(options));
  run_.attach(trainer_.get());
  stage_.emplace(PixelCnnStage{*trainer_, trainer_->snapshot()});
  stage_->height = stage_->width = 0;
}

// The sizes of a model that was just built are known on the trainer's thread; the answer comes a moment later.
void PixelCnnExhibit::take_build(double now) {
  const auto& snapshot = *stage_->snapshot;
  if (!snapshot.ready) return;
  if (asked_build_ != snapshot.build) {
    asked_build_ = snapshot.build;
    trainer_->post([facts = facts_, build = snapshot.build](Run& run) {
      const auto& built = static_cast<pixelcnn::BuiltPixelCnn&>(run.built());
      std::scoped_lock lock(facts->mutex);
      facts->build = build;
      facts->height = built.height();
      facts->width = built.width();
      facts->architecture = built.architecture();
    });
  }
  {
    std::scoped_lock lock(facts_->mutex);
    if (facts_->build != snapshot.build || stage_->build == snapshot.build) return;
    stage_->build = facts_->build;
    stage_->height = facts_->height;
    stage_->width = facts_->width;
    stage_->architecture = facts_->architecture;
    stage_->classes = facts_->architecture.classes;
  }
  for (auto& tab : tabs_) tab->rebuilt(*stage_);
  held_out_job_.reset();
  held_out_ = {};
  // The first one waits a moment: the pictures come first.
  held_out_due_ = now + kFirstHeldOut;
  run_.set_curve({.name = "held_out_nats_per_image"});
  if (play_when_ready_) trainer_->play();
  play_when_ready_ = false;
}

// The held-out figure: soon after a model is there, and now and then while it learns.
void PixelCnnExhibit::take_held_out(double now) {
  const auto& snapshot = *stage_->snapshot;
  if (held_out_job_ && held_out_job_->ended()) {
    const auto result = held_out_job_->result();
    held_out_job_.reset();
    held_out_due_ = now + std::max(kHeldOutEvery, kHeldOutShare * (now - held_out_began_));
    if (result.pictures > 0) {
      if (!held_out_.steps.empty() && held_out_.steps.back() >= result.step) held_out_ = {};
      held_out_.name = "held_out_nats_per_image";
      held_out_.label = fmt::format("held-out (n = {})", result.pictures);
      held_out_.unit = "nats per image";
      held_out_.role = Role::prediction;
      held_out_.smooth = false;
      held_out_.steps.push_back(result.step);
      held_out_.values.push_back(result.nats);
      run_.set_curve(held_out_);
    }
  }
  if (held_out_job_ || stage_->build == 0 || stage_->build != snapshot.build) return;
  const bool stale = held_out_.steps.empty() || held_out_.steps.back() != static_cast<double>(snapshot.step);
  if (!stale || now < held_out_due_) return;
  held_out_began_ = now;
  held_out_job_ = std::make_shared<pixelcnn::HeldOutJob>();
  trainer_->add(held_out_job_);
}

bool PixelCnnExhibit::update(ShellContext& context) {
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
    trainer_->load_data(find_model("pixelcnn").declaration().default_data);
  }
  const auto build = stage_->build;
  take_build(now);
  changed = changed || build != stage_->build;
  take_held_out(now);
  if (stage_->build != 0) changed = front().update(context, *stage_) || changed;
  auto& marks = context.ui.marks;
  marks.state("run.playing", newest->playing);
  marks.state("run.build", static_cast<double>(stage_->build));
  marks.state("held_out.count", static_cast<double>(held_out_.steps.size()));
  if (!held_out_.values.empty()) marks.state("held_out.nats", held_out_.values.back());
  return changed;
}

void PixelCnnExhibit::set_visible(bool visible) {
  if (!trainer_) return;
  if (!visible) {
    resume_ = trainer_->snapshot()->playing;
    trainer_->pause();
  } else if (resume_) {
    resume_ = false;
    trainer_->play();
  }
}

void PixelCnnExhibit::draw_stage(ShellContext& context, int tab) {
  if (tab != front_) {
    front_ = tab;
    front().shown(*stage_);
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

void PixelCnnExhibit::draw_inspector(ShellContext& context, int) {
  if (!stage_ || stage_->build == 0) return;
  Ui& ui = context.ui;
  front().draw_inspector(context, *stage_);
  if (!section(ui, "section.broken", "Broken on purpose", stage_->architecture.leaking_mask)) return;
  bool leaking = stage_->architecture.leaking_mask;
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float right = at.x + ImGui::GetContentRegionAvail().x;
  text(ui.fonts.body, ui.theme.text_dim, "leaking mask");
  ImGui::SetCursorScreenPos({right - ui.px(36), at.y});
  if (toggle(ui, "broken.leaking_mask", leaking)) {
    run_.set_knobs({{"leaking_mask", leaking ? 1.0 : 0.0}});
    play_when_ready_ = true;
  }
  paragraph(ui, ui.theme.text_dim,
            leaking
                ? "The first layer now sees the very pixel it is to predict. While training, the answer is in the "
                  "question: the loss runs towards 0 nats, better than any honest model. While drawing, that pixel "
                  "is not there yet: it reads as black, the network copies it, and the pictures are nonsense."
                : "Lets the first layer see the pixel it predicts. The loss will look wonderful, the pictures will "
                  "not. Builds the model anew and trains it.");
}

void PixelCnnExhibit::require_device() const {
  // A trainer that has only begun may yet find one; what is sent to it waits until then.
  const auto snapshot = trainer_->snapshot();
  if (snapshot->device.empty() && !snapshot->notices.empty())
    throw Error("nothing can be opened without a Vulkan device; see the first notice");
}

bool PixelCnnExhibit::open(ShellContext& context, const std::string& what) {
  std::error_code none;
  const bool file = std::filesystem::is_regular_file(what, none);
  if (file && is_checkpoint(what)) {
    // Read here for its metadata alone, so that what is no checkpoint is refused before anything is sent.
    const auto info = checkpoint_info(read_safetensors(what), what);
    if (info.model != "pixelcnn") return false;
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

std::vector<OpenSuggestion> PixelCnnExhibit::suggestions() const {
  std::vector<OpenSuggestion> all;
  for (const auto* format : registered_data_formats())
    if (format->built_in) all.push_back({format->name, format->summary});
  if (const auto path = pretrained_path(); !path.empty())
    all.push_back({path.string(), "the pretrained model that the program opens on"});
  std::error_code none;
  if (const auto path = autosave_folder() / "pixelcnn.safetensors"; std::filesystem::exists(path, none))
    all.push_back({path.string(), "the last training run, saved by itself"});
  return all;
}

}  // namespace

std::unique_ptr<Exhibit> make_pixelcnn_exhibit() {
  return std::make_unique<PixelCnnExhibit>();
}

}  // namespace unveil
