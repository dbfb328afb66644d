#include "app/exhibit/run_exhibit.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <optional>
#include <sstream>
#include <utility>

#include "app/assets.h"
#include "app/widgets/controls.h"
#include "app/widgets/format.h"
#include "engine/data/format.h"
#include "engine/error.h"

namespace unveil {
namespace {

constexpr double kCalm = 0.06;  // seconds between two looks at a training run's numbers

// An asset's path, empty where it is missing: an installation may leave some out.
std::filesystem::path asset_or_nothing(const std::string& name) {
  if (name.empty()) return {};
  try {
    return asset_path(name);
  } catch (const Error&) {
    return {};
  }
}

std::string text_of(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

bool is_checkpoint(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  char head[9] = {};
  // Eight bytes of header length, then a JSON object; or a file that claims to be one, so that its reader complains.
  return (in.read(head, 9) && head[8] == '{' && head[7] == 0 && head[6] == 0) || path.ends_with(".safetensors");
}

bool is_file(const std::string& path) {
  std::error_code none;
  return std::filesystem::is_regular_file(path, none);
}

}  // namespace

bool HeldOutJob::advance(Run& run) {
  const int all = run.built().held_out_items();
  if (next_ == 0) step_ = static_cast<double>(run.steps());
  if (next_ < all) {
    next_ += run.built().held_out(next_, all, total_);
    if (next_ < all) return true;
  }
  mailbox_->put({all > 0 ? total_ / all : 0, all, step_});
  ended_ = true;
  wake_();
  return false;
}

// What a post on the trainer's thread tells of the model that is built there.
struct RunExhibit::BuiltFacts {
  std::mutex mutex;
  std::uint64_t build = 0;
  std::function<void(RunStage&)> tell;
};

RunExhibit::RunExhibit(const std::string& model, Facts facts, std::vector<std::unique_ptr<RunTab>> tabs,
                       std::string description)
    : run_(find_model(model)),
      declaration_(find_model(model).declaration()),
      description_(description.empty() ? declaration_.summary : std::move(description)),
      pretrained_(asset_or_nothing(pretrained_asset(model))),
      facts_of_(facts),
      lesson_(text_of(asset_or_nothing("lessons/" + model + ".md"))),
      tabs_(std::move(tabs)),
      facts_(std::make_shared<BuiltFacts>()),
      held_out_figures_(std::make_shared<Mailbox<HeldOutFigure>>()) {}

std::vector<std::string> RunExhibit::tabs() const {
  std::vector<std::string> names;
  for (const auto& tab : tabs_) names.push_back(tab->name());
  return names;
}

void RunExhibit::start(const ShellContext& context, const std::string& data, const std::string& load) {
  TrainerOptions options;
  options.host = context.host;
  options.model = declaration_.name;
  options.data = data;
  options.checkpoint = load;
  // Who asked for one model is not shown another in its place.
  fell_back_ = !load.empty();
  options.shipped = pretrained_;
  // Whatever comes pretrained shows something already; a model at its initial weights has to learn first.
  play_when_ready_ = load.empty() && (options.shipped.empty() || !data.empty());
  options.autosave = autosave_folder();
  options.wake = context.wake;
  trainer_ = std::make_unique<Trainer>(std::move(options));
  run_.attach(trainer_.get(), pretrained_);
  stage_ = make_stage(*trainer_);
}

// What a model that was just built looks like is known on the trainer's thread; the answer comes a moment later.
// Until then the stage tells of the model before, so that tabs never see one model's data in another's shape.
bool RunExhibit::take_build(const std::shared_ptr<const TrainerSnapshot>& newest, double now) {
  if (!newest->ready || newest->build == stage_->build) return false;
  if (asked_build_ != newest->build) {
    asked_build_ = newest->build;
    trainer_->post(newest->build, [facts = facts_, look = facts_of_, build = newest->build](Run& run) {
      auto tell = look(run);
      std::scoped_lock lock(facts->mutex);
      facts->build = build;
      facts->tell = std::move(tell);
    });
  }
  {
    std::scoped_lock lock(facts_->mutex);
    if (facts_->build != newest->build) return false;
    stage_->build = facts_->build;
    stage_->snapshot = newest;
    facts_->tell(*stage_);
  }
  held_out_job_.reset();
  held_out_ = {};
  held_out_due_ = now + declaration_.held_out.first;
  if (!declaration_.held_out.metric.empty()) run_.set_curve({.name = declaration_.held_out.metric});
  // Figures of before, where the checkpoint has them.
  if (const auto before = newest->history.find(declaration_.held_out.metric); before != newest->history.end()) {
    held_out_.steps = before->second.steps, held_out_.values = before->second.values;
    show_held_out("held-out");
  }
  rebuilt(now);
  for (auto& tab : tabs_) tab->rebuilt(*stage_);
  if (play_when_ready_) trainer_->play();
  play_when_ready_ = false;
  return true;
}

void RunExhibit::show_held_out(std::string label) {
  held_out_.name = declaration_.held_out.metric;
  held_out_.label = std::move(label);
  held_out_.unit = declaration_.held_out.unit;
  held_out_.role = Role::prediction;
  held_out_.smooth = false;
  held_out_.dots = true;
  run_.set_curve(held_out_);
}

// The held-out figure: soon after a model is there, and now and then while it learns.
void RunExhibit::take_held_out(ShellContext& context) {
  const double now = context.ui.now;
  const auto figure = held_out_figures_->take();
  if (held_out_job_ && held_out_job_->ended()) {
    if (figure && figure->items > 0) {
      if (!held_out_.steps.empty() && held_out_.steps.back() >= figure->step) held_out_ = {};
      held_out_.steps.push_back(figure->step);
      held_out_.values.push_back(figure->value);
      show_held_out(fmt::format("held-out (n = {})", figure->items));
      // A part of what is saved.
      trainer_->post(stage_->build, [name = declaration_.held_out.metric, figure = *figure](Run& run) {
        append(run.history()[name], figure.step, figure.value);
      });
    }
    held_out_job_.reset();
    held_out_due_ =
        now + std::max(declaration_.held_out.every, declaration_.held_out.share * (now - held_out_began_));
  }
  if (held_out_job_ || stage_->build == 0 || !visible_ || declaration_.held_out.metric.empty()) return;
  const bool stale = held_out_.steps.empty() || held_out_.steps.back() != static_cast<double>(stage_->snapshot->step);
  if (!stale) return;
  if (now < held_out_due_) return context.ui.look_again(held_out_due_);
  held_out_began_ = now;
  held_out_job_ = std::make_shared<HeldOutJob>(held_out_figures_, context.wake);
  trainer_->add(stage_->build, held_out_job_);
}

bool RunExhibit::update(ShellContext& context) {
  const double now = context.ui.now;
  bool changed = false;
  // Training publishes more often than numbers can be read; drawing less leaves the processor to it.
  const auto newest = trainer_->snapshot();
  const bool urgent = newest->playing != stage_->snapshot->playing || newest->build != stage_->snapshot->build ||
                      newest->notices.size() != stage_->snapshot->notices.size() || !newest->playing;
  if (urgent || now - looked_ > kCalm) {
    looked_ = now;
    if (newest->build == stage_->build) stage_->snapshot = newest;
    changed = run_.update(newest, context.notices);
  }
  // No new model comes of what failed: the one that is there does not begin to play by itself later.
  const auto errors = std::count_if(newest->notices.begin(), newest->notices.end(),
                                    [](const TrainerNotice& notice) { return notice.error; });
  if (errors > std::exchange(errors_, errors) && stage_->build != 0 && newest->build == stage_->build)
    play_when_ready_ = false;
  // What was to be opened could not be: the program begins from initial weights instead of standing empty.
  if (!newest->ready && !newest->notices.empty() && newest->progress.empty() && !fell_back_ &&
      !newest->device.empty()) {
    fell_back_ = true;
    trainer_->load_data(declaration_.default_data);
  }
  changed = take_build(newest, now) || changed;
  take_held_out(context);
  if (!visible_) return changed;
  if (stage_->build != 0) {
    changed = take_picture(context) || changed;
    changed = refresh(context) || changed;
    changed = front().update(context, *stage_) || changed;
  }
  auto& marks = context.ui.marks;
  marks.state("run.playing", newest->playing);
  marks.state("run.build", static_cast<double>(stage_->build));
  marks.state("held_out.count", static_cast<double>(held_out_.steps.size()));
  if (!held_out_.values.empty()) marks.state("held_out.value", held_out_.values.back());
  return changed;
}

void RunExhibit::keep() {
  if (trainer_) trainer_->keep();
}

void RunExhibit::set_visible(bool visible) {
  visible_ = visible;
  if (!trainer_) return;
  if (!visible) {
    front().hidden(*stage_);
    resume_ = trainer_->snapshot()->playing;
    trainer_->pause();
  } else if (resume_) {
    resume_ = false;
    trainer_->play();
  }
}

void RunExhibit::draw_stage(ShellContext& context, int tab) {
  if (tab != front_) {
    front().hidden(*stage_);
    front_ = tab;
    front().shown(context, *stage_);
    context.ui.animate(0.1);
  }
  if (stage_->build == 0) {
    const auto& s = run_.status();
    if (s.progress.empty() && (errors_ > 0 || !context.notices.empty()))
      empty_state(context.ui, "No model", "Open a data set or a checkpoint: Ctrl+O, or drop it here.");
    else
      empty_state(context.ui, "A moment", s.progress.empty() ? "preparing" : s.progress);
    return;
  }
  front().draw(context, *stage_);
}

void RunExhibit::draw_inspector(ShellContext& context, int) {
  if (!stage_ || stage_->build == 0) return;
  front().draw_inspector(context, *stage_);
  draw_switches(context);
}

double RunExhibit::knob(const std::string& name) const {
  for (const auto& knob : run_.knobs())
    if (knob.name == name) return knob.value;
  return 0;
}

void RunExhibit::rebuild_and_play(const std::map<std::string, double>& knobs) {
  run_.set_knobs(knobs);
  play_when_ready_ = true;
}

bool RunExhibit::accepts(const std::string& what) const {
  if (is_file(what) && is_checkpoint(what))
    // Its metadata alone, so that what is no checkpoint is refused before anything is sent.
    return checkpoint_info(read_safetensors_header(what), what).model == declaration_.name;
  if (is_file(what) && is_picture_file(what)) return stage_ != nullptr && visible_;
  const auto& kinds = declaration_.data_kinds;
  return kind_for(*resolve_data_spec(what, kinds).format, kinds).has_value();
}

std::string RunExhibit::told(const std::string& what) const {
  if (is_file(what) && is_checkpoint(what)) {
    const auto info = checkpoint_info(read_safetensors_header(what), what);
    return fmt::format("This is a checkpoint of {}, of step {}.", declaration_.title, format_count(info.step));
  }
  const auto& kinds = declaration_.data_kinds;
  const auto kind = kind_for(*resolve_data_spec(what, kinds).format, kinds);
  return kind == DataKind::sounds   ? "These are recordings."
         : kind == DataKind::scenes ? "These are photographs."
         : kind == DataKind::points ? "These are points of the plane."
                                    : "These are pictures.";
}

// A big photograph takes longer to decode than a frame may: on a thread of its own.
void RunExhibit::read_picture(const std::string& what) {
  if (stage_->build == 0) throw Error(what + ": a picture needs a model; it is still being built");
  if (picture_.valid()) throw Error(fmt::format("{}: {} is still being read", what, picture_name_));
  picture_name_ = what;
  picture_ = std::async(std::launch::async, load_picture, std::filesystem::path(what));
}

bool RunExhibit::take_picture(ShellContext& context) {
  if (!picture_.valid()) return false;
  if (picture_.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
    context.ui.look_again(context.ui.now + kCalm);
    return false;
  }
  try {
    show_picture(context, picture_.get());
  } catch (const std::exception& error) {
    context.notices.error(error.what());
  }
  return true;
}

void RunExhibit::show_picture(ShellContext& context, const Picture& picture) {
  if (front().open(context, *stage_, picture)) return;
  for (auto& tab : tabs_) {
    if (tab.get() == &front() || !tab->open(context, *stage_, picture)) continue;
    context.notices.info(fmt::format("The picture is in the tab {}.", tab->name()));
    return;
  }
  throw Error(fmt::format("{}: a single picture, which no tab of this exhibit takes; accepted are a checkpoint, {}",
                          picture_name_, accepted_specs(declaration_.data_kinds)));
}

void RunExhibit::open(ShellContext& context, const std::string& what) {
  // A trainer that has only begun may yet find a device; what is sent to it waits until then.
  const auto snapshot = trainer_->snapshot();
  if (snapshot->device.empty() && !snapshot->notices.empty())
    throw Error("nothing can be opened without a Vulkan device; see the first notice");
  if (is_file(what) && is_checkpoint(what)) {
    const auto info = checkpoint_info(read_safetensors_header(what), what);
    play_when_ready_ = false;
    trainer_->load_checkpoint(what);
    context.notices.info(fmt::format("opening {}: step {} on {}", std::filesystem::path(what).filename().string(),
                                     info.step, info.data));
    return;
  }
  if (is_file(what) && is_picture_file(what)) return read_picture(what);
  const auto spec = resolve_data_spec(what, declaration_.data_kinds);
  trainer_->load_data(spec.spec);
  if (!snapshot->playing && !play_when_ready_)
    context.notices.info("A new model is built for these data. Press Play or the space bar to train it.");
}

std::vector<OpenSuggestion> RunExhibit::suggestions() const {
  std::vector<OpenSuggestion> all;
  const auto& kinds = declaration_.data_kinds;
  for (const auto* format : registered_data_formats())
    if (format->built_in && kind_for(*format, kinds)) all.push_back({format->name, format->summary});
  if (!pretrained_.empty()) all.push_back({pretrained_.string(), "the pretrained model that the exhibit opens on"});
  std::error_code none;
  if (const auto path = trainer_ ? trainer_->autosave_path() : std::filesystem::path();
      std::filesystem::exists(path, none))
    all.push_back({path.string(), "the last training run, saved by itself"});
  return all;
}

bool switch_row(Ui& ui, const char* label, const char* id, bool& on) {
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float right = at.x + ImGui::GetContentRegionAvail().x;
  text(ui.fonts.body, ui.theme.text_dim, label);
  ImGui::SetCursorScreenPos({right - ui.px(36), at.y});
  return toggle(ui, id, on);
}

}  // namespace unveil
