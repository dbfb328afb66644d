#include "app/exhibit/trainer_run.h"

#include <algorithm>
#include <cstdlib>

#include "app/widgets/format.h"

namespace unveil {
namespace {

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

const char* items_of(DataKind kind) {
  return kind == DataKind::scenes ? "patches" : items_name(kind);
}

}  // namespace

TrainerRun::TrainerRun(const Model& model) : model_(model) {
  for (const auto& preset : model.declaration().presets)
    status_.presets.push_back({preset.name, preset.description, preset.values});
  status_.progress = "starting";
}

bool TrainerRun::update(std::shared_ptr<const TrainerSnapshot> snapshot, Notices& notices) {
  if (snapshot == snapshot_) return false;
  const TrainerSnapshot& s = *snapshot;
  // A trainer at rest publishes now and then without news; a window that is still should stay so.
  const auto before = snapshot_;
  const bool same = before && before->ready == s.ready && before->playing == s.playing && before->slow == s.slow &&
                    before->speed == s.speed && before->step == s.step && before->seed == s.seed &&
                    before->memory_bytes == s.memory_bytes && before->device == s.device &&
                    before->progress == s.progress && before->progress_share == s.progress_share &&
                    before->data == s.data && before->build == s.build &&
                    before->notices.size() == s.notices.size() && before->knobs == s.knobs;
  snapshot_ = std::move(snapshot);
  if (same) return false;

  status_.ready = s.ready;
  status_.playing = s.playing;
  status_.slow = s.slow;
  status_.speed = s.speed;
  status_.step = s.step;
  status_.epoch = s.epoch;
  status_.seed = s.seed;
  status_.step_ms = s.step_ms > 0 ? s.step_ms : kUnknown;
  status_.items_per_second = s.images_per_second > 0 ? s.images_per_second : kUnknown;
  status_.gflop_per_second = s.gflop_per_second > 0 ? s.gflop_per_second : kUnknown;
  status_.memory_bytes = s.memory_bytes;
  status_.device = s.device;
  status_.progress = s.progress;
  status_.progress_share = s.progress_share;
  if (s.data) status_.items = items_of(s.data->kind);
  if (s.data) status_.data = {s.data->spec, s.data->title, s.data_description};
  status_.build = s.build;
  status_.origin = s.opened.empty()                              ? ""
                   : s.opened == shipped_                        ? "pretrained"
                   : s.opened.parent_path() == autosave_folder() ? "restored"
                                                                 : s.opened.filename().string();
  status_.origin_step = s.opened_step;
  if (s.ready) take_knobs(s.knobs);
  take_history(s);
  for (; notices_seen_ < s.notices.size(); ++notices_seen_) {
    const auto& notice = s.notices[notices_seen_];
    notice.error ? notices.error(notice.text) : notices.info(notice.text);
  }
  return true;
}

void TrainerRun::take_knobs(const KnobValues& values) {
  knobs_.clear();
  for (const Knob& knob : values.knobs()) {
    KnobView view{knob};
    view.value = values[knob.name];
    knobs_.push_back(std::move(view));
  }
  status_.preset.clear();
  for (const auto& preset : model_.declaration().presets) {
    KnobValues wanted(model_.declaration().knobs);
    wanted.apply(preset);
    if (wanted == values) status_.preset = preset.name;
  }
}

void TrainerRun::take_history(const TrainerSnapshot& s) {
  curves_.clear();
  const auto& first = model_.declaration().step_metrics;
  const auto& counted = model_.declaration().counted_from_one;
  const auto add = [&](const std::string& name, const MetricSeries& series, bool loss) {
    if (series.steps.empty()) return;
    Curve curve;
    curve.name = name;
    // Parts of one quantity ("kl_per_dim.3") share a plot, counted from 1 as people do: some of them by themselves.
    const auto dot = name.rfind('.');
    const std::string metric = name.substr(0, dot);
    curve.unit = unit_of(metric);
    curve.label = loss ? "training" : curve.unit;
    const bool from_one = std::find(counted.begin(), counted.end(), metric) != counted.end();
    if (dot != std::string::npos)
      curve.label = std::to_string(std::atoi(name.c_str() + dot + 1) + (from_one ? 0 : 1));
    curve.role = loss ? Role::model : Role::data;
    curve.smooth = name != "learning_rate";
    curve.steps = series.steps;
    curve.values = series.values;
    curves_.push_back(std::move(curve));
  };
  if (const auto found = s.history.find(lead_); found != s.history.end()) add(lead_, found->second, true);
  for (const auto& name : first)
    if (const auto found = s.history.find(name); found != s.history.end()) add(name, found->second, true);
  for (Curve own : own_curves_) {
    own.unit = unit_of(own.unit);
    curves_.push_back(std::move(own));
  }
  for (const auto& [name, series] : s.history) {
    const bool own = std::ranges::find(own_curves_, name, &Curve::name) != own_curves_.end();
    if (!own && name != lead_ && std::find(first.begin(), first.end(), name) == first.end()) add(name, series, false);
  }
}

void TrainerRun::set_curve(Curve curve) {
  std::erase_if(own_curves_, [&](const Curve& old) { return old.name == curve.name; });
  if (!curve.steps.empty()) own_curves_.push_back(std::move(curve));
  if (snapshot_) take_history(*snapshot_);
}

std::string TrainerRun::unit_of(const std::string& metric) const {
  const auto found = called_.find(metric);
  return found == called_.end() ? words(metric) : found->second;
}

void TrainerRun::call(const std::string& metric, const std::string& unit) {
  called_[metric] = unit;
  if (snapshot_) take_history(*snapshot_);
}

void TrainerRun::lead(const std::string& metric) {
  lead_ = metric;
  if (snapshot_) take_history(*snapshot_);
}

void TrainerRun::play() {
  if (trainer_) trainer_->play();
}
void TrainerRun::pause() {
  if (trainer_) trainer_->pause();
}
void TrainerRun::step_once() {
  if (trainer_) trainer_->step_once();
}
void TrainerRun::reset(std::optional<std::uint64_t> seed) {
  if (trainer_) trainer_->reset(seed);
}
void TrainerRun::set_slow(bool on) {
  if (trainer_) trainer_->set_slow(on);
}
void TrainerRun::set_speed(double share) {
  if (trainer_) trainer_->set_speed(share);
}

void TrainerRun::set_knobs(const std::map<std::string, double>& values) {
  // Refused here, before anything is sent: the trainer's own refusal would come as a later notice.
  KnobValues wanted(model_.declaration().knobs);
  for (const auto& [name, value] : values) wanted.set(name, value);
  for (auto& knob : knobs_) {
    const auto found = values.find(knob.name);
    if (found != values.end() && !knob.rebuilds) knob.value = found->second;
  }
  if (trainer_) trainer_->set_knobs(values);
}

bool TrainerRun::away_from_trained_model() const {
  return has_trained_model() && status_.ready &&
         !(status_.origin == "pretrained" && status_.step == status_.origin_step);
}

void TrainerRun::back_to_trained_model() {
  if (!trainer_ || !away_from_trained_model()) return;
  trainer_->pause();
  trainer_->load_checkpoint(shipped_);
}

void TrainerRun::choose_preset(const std::string& name) {
  model_.declaration().preset(name);
  if (trainer_) trainer_->choose_preset(name);
}

void TrainerRun::save(const std::filesystem::path& path) {
  if (trainer_) trainer_->save(path);
}

std::filesystem::path autosave_folder() {
  if (const char* state = std::getenv("XDG_STATE_HOME"); state && *state)
    return std::filesystem::path(state) / "unveil";
  const char* home = std::getenv("HOME");
  return std::filesystem::path(home && *home ? home : ".") / ".local/state/unveil";
}

}  // namespace unveil
