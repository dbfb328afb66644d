#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "app/audio/player.h"
#include "app/exhibit/asker.h"
#include "app/exhibits/cpc/sound_view.h"
#include "app/exhibits/cpc/tab.h"
#include "app/widgets/choice.h"
#include "app/widgets/controls.h"
#include "app/widgets/format.h"
#include "app/widgets/heat_map.h"
#include "engine/data/csv.h"
#include "engine/error.h"
#include "engine/models/cpc/corpus.h"
#include "engine/models/cpc/model.h"

namespace unveil {
namespace {

constexpr double kFollow = 0.7;  // seconds between two looks while the model learns
constexpr int kMostLanes = 6;    // of the encoder's windows, which overlap

// A recording's codes by the newest weights, and codes of other recordings to tell them apart from.
struct RecordingAnswer {
  int index = -1;
  std::uint64_t step = 0;
  cpc::Encoded code;
  std::shared_ptr<const cpc::Predictors> predictors;
  int pool_windows = 0, pool_frames = 0;
  std::vector<float> pool;  // z of held-out windows, [pool_windows][pool_frames][C]
};

// Samples of a recording that are encoded as one piece, and shown.
std::span<const float> shown_samples(const cpc::Architecture& a, const Recording& recording) {
  const std::size_t most = static_cast<std::size_t>((cpc::Encoder::kLongest - 1) * a.hop() + a.receptive_field());
  return std::span(recording.samples).first(std::min(recording.samples.size(), most));
}

// Windows of other recordings than the shown one; empty where there are none.
struct PoolWindows {
  int index = -1;
  std::vector<float> samples;

  void gather(const cpc::BuiltCpc& model, int shown) {
    if (shown == index) return;
    index = shown;
    const Dataset& data = model.data();
    std::vector<Recording> others = shown_recordings(data);
    others.erase(others.begin() + shown);
    if (others.empty() && !data.test_recordings.empty()) others = data.train_recordings;
    samples.clear();
    try {
      if (!others.empty()) samples = cpc::some_windows(data, others, model.architecture(), model.batch_size());
    } catch (const Error&) {
      // All others are silent.
    }
  }
};

RecordingAnswer answer_recording(Run& run, const int& index) {
  auto& model = static_cast<cpc::BuiltCpc&>(run.built());
  const auto& a = model.architecture();
  const auto& recordings = shown_recordings(model.data());
  RecordingAnswer answer{.index = index, .step = run.steps()};
  answer.code = model.encoder().run(shown_samples(a, recordings[static_cast<std::size_t>(index)]));
  answer.predictors = std::make_shared<cpc::Predictors>(model.store(), a);
  auto& windows = run.attached<PoolWindows>("other recordings", [] { return std::make_unique<PoolWindows>(); });
  windows.gather(model, index);
  std::vector<std::span<const float>> parts;
  for (std::size_t from = 0; from < windows.samples.size(); from += static_cast<std::size_t>(a.samples))
    parts.push_back(std::span(windows.samples).subspan(from, static_cast<std::size_t>(a.samples)));
  answer.pool_windows = static_cast<int>(parts.size()), answer.pool_frames = a.frames();
  if (parts.empty()) return answer;
  for (const auto& part : model.encoder().run(parts))
    answer.pool.insert(answer.pool.end(), part.z.begin(), part.z.end());
  return answer;
}

// A recording with its past, its predictions and what they are worth, at a moment chosen by hand.
class RecordingTab : public CpcTab {
 public:
  std::string name() const override { return "Recording"; }
  std::string hint() const override {
    return "From what was heard it guesses the codes that come next: drag the cursor, and listen.";
  }
  void hidden(CpcStage&) override { player_.stop(); }
  void rebuilt(CpcStage& stage) override;
  bool update(ShellContext& context, CpcStage& stage) override;
  void draw(ShellContext& context, CpcStage& stage) override;

 private:
  const Recording& recording() const { return shown_recordings(*data_)[static_cast<std::size_t>(index_)]; }
  bool follows_filter(int index) const;
  void choose(ShellContext& context, CpcStage& stage, int index);
  void move(ShellContext& context, CpcStage& stage, int direction);
  void judge(const CpcStage& stage);

  void draw_tools(ShellContext& context, CpcStage& stage, ImVec2 at, float width);
  void draw_title(Ui& ui, const CpcStage& stage, ImVec2 at, float width);
  void draw_sound(ShellContext& context, CpcStage& stage, ImVec2 at, ImVec2 size);
  void draw_windows(Ui& ui, const CpcStage& stage, const TimeAxis& axis, float top, float bottom);
  void draw_predicted(Ui& ui, const CpcStage& stage, const TimeAxis& axis, float top, float bottom);
  void draw_strip(Ui& ui, const CpcStage& stage, const TimeAxis& axis, float top, float row);
  void draw_table(ShellContext& context, const CpcStage& stage, ImVec2 at, ImVec2 size);

  std::shared_ptr<const Dataset> data_;
  std::vector<int> filter_;  // a class per label kind, -1: any
  int index_ = 0, t_ = -1;   // t_: of the context c_t; -1: to be chosen
  int against_ = 0;          // 0: other recordings, 1: this one's other places
  SoundView sound_;
  Asker<int, RecordingAnswer> asker_{answer_recording};
  RecordingAnswer answer_;
  double asked_ = -1;

  // Of the present cursor.
  bool judged_ = false;
  std::vector<std::vector<float>> scores_;  // [K], the true code's first; empty beyond the recording's end
  std::vector<Standing> standings_;         // [K]
  std::vector<float> strip_;                // [K][T], probability of each place of this recording
  Texture strip_texture_;
  bool strip_dirty_ = true;
  AudioPlayer player_;
};

void RecordingTab::rebuilt(CpcStage& stage) {
  asker_.forget();
  answer_ = {};
  judged_ = false;
  asked_ = -1;
  against_ = stage.architecture.negatives == cpc::Negatives::same ? 1 : 0;
  const auto& data = stage.snapshot->data;
  if (data != data_) {
    data_ = data;
    filter_.assign(data_->label_kinds.size(), -1);
    index_ = 0;
    player_.stop();
  }
  t_ = -1;
  const auto& recordings = shown_recordings(*data_);
  if (!recordings.empty())
    sound_.set(shown_samples(stage.architecture, recording()), stage.architecture.mel_options());
}

bool RecordingTab::follows_filter(int index) const {
  const auto& labels = shown_recordings(*data_)[static_cast<std::size_t>(index)].labels;
  for (std::size_t k = 0; k < filter_.size(); ++k)
    if (filter_[k] >= 0 && labels[k] != filter_[k]) return false;
  return true;
}

void RecordingTab::choose(ShellContext& context, CpcStage& stage, int index) {
  index_ = index;
  sound_.set(shown_samples(stage.architecture, recording()), stage.architecture.mel_options());
  player_.stop();
  t_ = -1;
  judged_ = false;
  asker_.ask(stage, index_, context.wake);
  asked_ = context.ui.now;
  context.ui.animate(0.1);
}

void RecordingTab::move(ShellContext& context, CpcStage& stage, int direction) {
  const int count = static_cast<int>(shown_recordings(*data_).size());
  for (int away = 1; away <= count; ++away) {
    const int index = ((index_ + direction * away) % count + count) % count;
    if (follows_filter(index)) return choose(context, stage, index);
  }
}

bool RecordingTab::update(ShellContext& context, CpcStage& stage) {
  if (!data_ || shown_recordings(*data_).empty()) return false;
  bool changed = false;
  if (auto answer = asker_.take(); answer && answer->index == index_) {
    answer_ = std::move(*answer);
    judged_ = false;
    changed = true;
  }
  const bool old = answer_.index != index_ || answer_.step != stage.snapshot->step;
  if (old && !asker_.waiting() && (asked_ < 0 || context.ui.now - asked_ > kFollow)) {
    asker_.ask(stage, index_, context.wake);
    asked_ = context.ui.now;
  }
  if (player_.state().playing) changed = true;
  return changed;
}

// What the predictions from c_t are worth: softmax over the true code and those it is to be told apart from.
void RecordingTab::judge(const CpcStage& stage) {
  const int frames = answer_.code.frames, horizons = stage.architecture.horizons;
  const auto channels = static_cast<std::size_t>(stage.architecture.channels);
  const auto width = static_cast<std::size_t>(stage.architecture.context);
  if (t_ < 0) t_ = frames / 2;
  t_ = std::clamp(t_, 0, std::max(0, frames - 2));
  const auto context = std::span(answer_.code.c).subspan(static_cast<std::size_t>(t_) * width, width);
  scores_.assign(static_cast<std::size_t>(horizons), {});
  standings_.assign(static_cast<std::size_t>(horizons), {});
  const auto here = answer_.predictors->scores(context, answer_.code.z);
  strip_.assign(here.size(), 0);
  const auto n = static_cast<std::size_t>(frames);
  for (std::size_t k = 0; k < static_cast<std::size_t>(horizons); ++k) {
    const auto row = std::span(here).subspan(k * n, n);
    const float most = *std::max_element(row.begin(), row.end());
    double sum = 0;
    for (const float s : row) sum += std::exp(static_cast<double>(s - most));
    for (std::size_t j = 0; j < n; ++j)
      strip_[k * n + j] = static_cast<float>(std::exp(static_cast<double>(row[j] - most)) / sum);
    const std::size_t place = static_cast<std::size_t>(t_) + k + 1;
    if (place >= n) continue;
    auto& scores = scores_[k];
    scores.push_back(row[place]);
    if (against_ == 1) {
      for (std::size_t j = 0; j < n; ++j)
        if (j != place) scores.push_back(row[j]);
    } else {
      const std::size_t other = std::min(place, static_cast<std::size_t>(answer_.pool_frames - 1));
      std::vector<float> candidates;
      for (int w = 0; w < answer_.pool_windows; ++w) {
        const auto at = (static_cast<std::size_t>(w * answer_.pool_frames) + other) * channels;
        candidates.insert(candidates.end(), answer_.pool.begin() + static_cast<std::ptrdiff_t>(at),
                          answer_.pool.begin() + static_cast<std::ptrdiff_t>(at + channels));
      }
      const auto all = answer_.predictors->scores(context, candidates);
      const auto pool = static_cast<std::ptrdiff_t>(answer_.pool_windows),
                 from = static_cast<std::ptrdiff_t>(k) * pool;
      scores.insert(scores.end(), all.begin() + from, all.begin() + from + pool);
    }
    standings_[k] = standing(scores);
  }
  judged_ = strip_dirty_ = true;
}

void RecordingTab::draw_tools(ShellContext& context, CpcStage& stage, ImVec2 at, float width) {
  Ui& ui = context.ui;
  ImGui::SetCursorScreenPos(at);
  const auto sound = player_.state();
  const bool mute = !sound.trouble.empty();
  if (button(ui, "recording.play", sound.playing ? Icon::pause : Icon::play,
             mute            ? "No sound here"
             : sound.playing ? "Stop"
                             : "Listen",
             ButtonKind::normal, true, true, ui.px(mute ? 0 : 84)))
    sound.playing ? player_.stop() : player_.play(recording().samples, data_->sample_rate);
  tooltip(ui, mute ? "The recording cannot be played: " + sound.trouble : "Plays the recording");
  ImGui::SameLine(0, ui.px(6));
  const bool narrow = width < ui.px(760);
  if (button(ui, "recording.previous", std::nullopt, narrow ? "‹" : "Previous", ButtonKind::normal, true, true))
    move(context, stage, -1);
  ImGui::SameLine(0, ui.px(6));
  if (button(ui, "recording.next", std::nullopt, narrow ? "›" : "Next", ButtonKind::normal, true, true))
    move(context, stage, 1);
  for (std::size_t k = 0; k < data_->label_kinds.size() && k < 2; ++k) {
    const auto& kind = data_->label_kinds[k];
    ImGui::SameLine(0, ui.px(k == 0 ? 14 : 6));
    ImGui::PushFont(ui.fonts.small);
    ImGui::PushStyleVar(ImGuiStyleVar_FramePadding,
                        {ui.px(8), std::round((ui.px(28) - ui.fonts.small->FontSize) * 0.5f)});
    ImGui::SetNextItemWidth(ui.px(128));
    const std::string chosen =
        filter_[k] < 0 ? "any " + kind.name : kind.classes[static_cast<std::size_t>(filter_[k])];
    const std::string id = "recording." + kind.name;
    const int before = filter_[k];
    const bool open = ImGui::BeginCombo(("##" + id).c_str(), chosen.c_str());
    if (!open) ui.marks.item(id);
    if (open) {
      for (int c = -1; c < static_cast<int>(kind.classes.size()); ++c) {
        const std::string label = c < 0 ? "any " + kind.name : kind.classes[static_cast<std::size_t>(c)];
        if (ImGui::Selectable(label.c_str(), c == filter_[k])) filter_[k] = c;
        ui.marks.item(fmt::format("{}.{}", id, c));
      }
      ImGui::EndCombo();
    }
    ImGui::PopStyleVar();
    ImGui::PopFont();
    if (filter_[k] != before && !follows_filter(index_)) {
      move(context, stage, 1);
      // No recording has both: the other label gives way.
      if (!follows_filter(index_)) {
        for (std::size_t j = 0; j < filter_.size(); ++j)
          if (j != k) filter_[j] = -1;
        move(context, stage, 1);
      }
    }
  }
  static const std::vector<std::string> kAgainst{"Other recordings", "This recording"};
  float wide = ui.px(36);
  for (const auto& label : kAgainst) wide += measure(ui.fonts.small, label).x;
  const std::string words = "told apart from";
  const float text_wide = measure(ui.fonts.small, words).x + ui.px(8);
  const float left = at.x + width - wide, after = ImGui::GetItemRectMax().x + ui.px(12);
  if (left - text_wide > after)
    ImGui::GetWindowDrawList()->AddText(ui.fonts.small, ui.fonts.small->FontSize, {left - text_wide, at.y + ui.px(7)},
                                        ui.theme.text_dim, words.c_str());
  ImGui::SetCursorScreenPos({std::max(left, after), at.y + ui.px(1)});
  if (left < after) {
    if (unfolding_list(ui, "recording.against", kAgainst, against_, at.x + width - after))
      judged_ = false, ui.animate(0.1);
    tooltip(ui, words);
  } else if (segmented(ui, "recording.against", kAgainst, against_, true))
    judged_ = false, ui.animate(0.1);
}

void RecordingTab::draw_title(Ui& ui, const CpcStage& stage, ImVec2 at, float width) {
  const Recording& shown = recording();
  ImDrawList* list = ImGui::GetWindowDrawList();
  const float size = ui.fonts.body->FontSize;
  float x = at.x;
  const auto write = [&](ImFont* font, ImU32 colour, const std::string& what) {
    const std::string fitting = fit(font, what, at.x + width - x);
    list->AddText(font, font->FontSize, {x, at.y + (size - font->FontSize) * 0.5f}, colour, fitting.c_str());
    x += measure(font, fitting).x;
  };
  write(ui.fonts.body, ui.theme.text, elide_middle(shown.name, 40));
  x += ui.px(16);
  for (std::size_t k = 0; k < data_->label_kinds.size(); ++k) {
    const auto& kind = data_->label_kinds[k];
    const int c = shown.labels[k];
    write(ui.fonts.small, ui.theme.text_faint, kind.name + "  ");
    draw_marker(list, c, {x + ui.px(6), at.y + size * 0.5f}, ui.px(5),
                ui.theme.classes[static_cast<std::size_t>(c) % 10]);
    x += ui.px(16);
    write(ui.fonts.small, ui.theme.text_dim, kind.classes[static_cast<std::size_t>(c)]);
    x += ui.px(16);
  }
  const auto part = shown_samples(stage.architecture, shown);
  const double all = static_cast<double>(shown.samples.size()) / data_->sample_rate;
  const double seen = static_cast<double>(part.size()) / data_->sample_rate;
  write(ui.fonts.small, ui.theme.text_faint,
        part.size() < shown.samples.size() ? fmt::format("the first {:.1f} of {:.1f} s", seen, all)
                                           : fmt::format("{:.2f} s", all));
  x += ui.px(16);
  if (data_->test_recordings.empty())
    write(ui.fonts.small, ui.theme.error, "from the training part: none is held out");
}

// What each code sees of the signal: its window, in lanes because windows overlap.
void RecordingTab::draw_windows(Ui& ui, const CpcStage& stage, const TimeAxis& axis, float top, float bottom) {
  const auto& a = stage.architecture;
  const int lanes = std::clamp((a.receptive_field() + a.hop() - 1) / a.hop(), 1, kMostLanes);
  const float row = (bottom - top) / static_cast<float>(lanes),
              hop = axis.width * static_cast<float>(a.hop() / axis.samples);
  const float thick = std::max(1.0f, std::floor(row * 0.6f)), inset = std::min(1.0f, hop * 0.1f);
  ImDrawList* list = ImGui::GetWindowDrawList();
  const int every = std::max(1, static_cast<int>(std::ceil(2 / std::max(0.01f, hop))));
  for (int j = 0; j < answer_.code.frames; j += every) {
    const float left = axis.x(j * a.hop()), right = axis.x(j * a.hop() + a.receptive_field());
    const float y = top + row * static_cast<float>(j / every % lanes);
    const bool own = j == t_, next = j > t_ && j <= t_ + a.horizons;
    const ImU32 colour = own    ? ui.theme.selection
                         : next ? ui.theme.prediction
                                : with_alpha(ui.theme.model, j < t_ ? 0.75f : 0.25f);
    list->AddRectFilled({left + inset, y}, {std::min(right, axis.left + axis.width) - inset, y + thick}, colour,
                        thick * 0.4f);
  }
}

// The newest samples of the predicted codes: the brighter, the surer the prediction.
void RecordingTab::draw_predicted(Ui& ui, const CpcStage& stage, const TimeAxis& axis, float top, float bottom) {
  const auto& a = stage.architecture;
  ImDrawList* list = ImGui::GetWindowDrawList();
  for (int k = 1; k <= a.horizons; ++k) {
    if (t_ + k >= answer_.code.frames) break;
    const double end = (t_ + k) * a.hop() + a.receptive_field();
    const float left = std::round(axis.x(end - a.hop())), right = std::round(axis.x(end));
    const auto p = static_cast<float>(standings_[static_cast<std::size_t>(k - 1)].probability);
    list->AddRectFilled({left, top}, {std::max(right - 1, left + 1), bottom},
                        with_alpha(ui.theme.prediction, 0.12f + 0.5f * p));
  }
}

void RecordingTab::draw_strip(Ui& ui, const CpcStage& stage, const TimeAxis& axis, float top, float row) {
  const auto& a = stage.architecture;
  const int frames = answer_.code.frames, horizons = a.horizons;
  if (strip_dirty_) {
    std::vector<ImU32> pixels(strip_.size());
    std::transform(strip_.begin(), strip_.end(), pixels.begin(), [](float p) { return viridis(std::sqrt(p)); });
    strip_texture_.upload(frames, horizons, pixels);
    strip_dirty_ = false;
  }
  ImDrawList* list = ImGui::GetWindowDrawList();
  const double first = a.receptive_field() - a.hop();
  const float bottom = top + row * static_cast<float>(horizons);
  list->AddImage(strip_texture_.id(), {axis.x(first), top},
                 {axis.x(first + static_cast<double>(frames) * a.hop()), bottom});
  for (int k = 1; k <= horizons; ++k) {
    const float y = top + row * static_cast<float>(k - 1);
    const std::string label = std::to_string(k);
    if (row >= ui.fonts.small->FontSize - 3)
      list->AddText(
          ui.fonts.small, ui.fonts.small->FontSize,
          {axis.left - ui.px(10) - measure(ui.fonts.small, label).x, y + (row - ui.fonts.small->FontSize) * 0.5f},
          ui.theme.text_faint, label.c_str());
    if (t_ + k >= frames) continue;
    const double end = (t_ + k) * a.hop() + a.receptive_field();
    list->AddRect({axis.x(end - a.hop()), y}, {std::max(axis.x(end), axis.x(end - a.hop()) + 3), y + row},
                  ui.theme.prediction, 0, 0, std::max(1.0f, ui.px(1.5f)));
  }
}

void RecordingTab::draw_sound(ShellContext& context, CpcStage& stage, ImVec2 at, ImVec2 size) {
  Ui& ui = context.ui;
  const auto& a = stage.architecture;
  const auto samples = shown_samples(a, recording());
  const double needed = (answer_.code.frames - 1) * a.hop() + a.receptive_field();
  const float gutter = ui.px(76), gap = ui.px(6);
  const TimeAxis axis{at.x + gutter, size.x - gutter, std::max({1.0, static_cast<double>(samples.size()), needed}),
                      data_->sample_rate};
  ImDrawList* list = ImGui::GetWindowDrawList();
  const float lanes = ui.px(22), times = ui.px(22),
              row = std::clamp(std::floor(size.y * 0.045f), ui.px(7), ui.px(16));
  const float strip = row * static_cast<float>(a.horizons);
  const float rest = size.y - lanes - times - strip - 3 * gap;
  const float wave = std::floor(rest * 0.55f), mel = rest - wave;
  const auto label = [&](float top, float bottom, const char* first, const char* second) {
    ImFont* font = ui.fonts.small;
    const float lines = second ? 2 : 1, y = (top + bottom - lines * font->FontSize) * 0.5f;
    list->AddText(font, font->FontSize, {at.x, y}, ui.theme.text_dim, first);
    if (second) list->AddText(font, font->FontSize, {at.x, y + font->FontSize}, ui.theme.text_faint, second);
  };
  float y = at.y;
  const bool judged = judged_ && answer_.code.frames > 1;
  const double past = judged ? t_ * a.hop() + a.receptive_field() : 0;
  label(y, y + wave, "waveform", nullptr);
  sound_.draw_waveform(ui, axis, y, y + wave, judged ? past : 1e18);
  if (judged) draw_predicted(ui, stage, axis, y, y + wave);
  y += wave + gap;
  label(y, y + lanes, "z sees", nullptr);
  if (judged) draw_windows(ui, stage, axis, y, y + lanes);
  y += lanes + gap;
  const float mel_top = y;
  label(y, y + mel, "log-mel", nullptr);
  sound_.draw_mel(ui, axis, y, y + mel);
  y += mel + gap;
  label(y, y + strip, "W c", "fits where");
  if (judged) draw_strip(ui, stage, axis, y, row);
  const float strip_top = y;
  y += strip;
  draw_time_axis(ui, axis, y);

  ImGui::SetCursorScreenPos({axis.left, at.y});
  ImGui::InvisibleButton("recording.sound", {axis.width, y - at.y});
  ui.marks.item("recording.sound");
  if (ImGui::IsItemActive() && answer_.code.frames > 1) {
    const double sample = axis.sample(ImGui::GetIO().MousePos.x);
    const int moved = std::clamp(static_cast<int>(std::lround((sample - a.receptive_field()) / a.hop())), 0,
                                 answer_.code.frames - 2);
    if (moved != t_) t_ = moved, judged_ = false, ui.animate(0.05);
  }
  if (judged) {
    const float x = std::round(axis.x(past));
    list->AddRectFilled({axis.left, at.y}, {x, mel_top - gap * 0.5f}, with_alpha(ui.theme.selection, 0.07f));
    list->AddRectFilled({x, mel_top}, {axis.left + axis.width, mel_top + mel}, with_alpha(ui.theme.stage, 0.45f));
    draw_predicted(ui, stage, axis, mel_top, mel_top + ui.px(5));
    list->AddRectFilled({x - ui.px(1), at.y}, {x + ui.px(1), strip_top + strip}, ui.theme.selection);
    list->AddCircleFilled({x, at.y}, ui.px(5), ui.theme.selection, 20);
    const std::string past_words = fmt::format("c{} has heard this", t_);
    const ImVec2 words = measure(ui.fonts.small, past_words);
    if (words.x + ui.px(12) < x - axis.left) {
      list->AddRectFilled({axis.left, at.y}, {axis.left + words.x + ui.px(12), at.y + words.y + ui.px(4)},
                          with_alpha(ui.theme.stage, 0.75f), ui.px(3));
      list->AddText(ui.fonts.small, ui.fonts.small->FontSize, {axis.left + ui.px(6), at.y + ui.px(2)},
                    ui.theme.selection, past_words.c_str());
    }
  }
  if (const auto sound = player_.state(); sound.playing) {
    const float x = axis.x(std::min(axis.samples, sound.seconds * data_->sample_rate));
    list->AddLine({x, at.y}, {x, mel_top + mel}, ui.theme.text, ui.px(1.5f));
    ui.animate(0.25);
  }
  context.exports.view(at, {at.x + size.x, at.y + size.y}, "recording");
}

// Per horizon: where the true code stands among the candidates.
void RecordingTab::draw_table(ShellContext& context, const CpcStage& stage, ImVec2 at, ImVec2 size) {
  Ui& ui = context.ui;
  const auto& a = stage.architecture;
  ImDrawList* list = ImGui::GetWindowDrawList();
  ImFont* font = ui.fonts.small;
  const float name = ui.px(76), numbers = ui.px(150), gap = ui.px(20);
  const float left = at.x + name, right = at.x + size.x - numbers - gap;
  const auto write = [&](float x, float y, ImU32 colour, const std::string& what) {
    list->AddText(font, font->FontSize, {x, y}, colour, what.c_str());
  };
  const auto write_right = [&](float x, float y, ImU32 colour, const std::string& what) {
    write(x - measure(font, what).x, y, colour, what);
  };
  double spread = 1;
  for (const auto& scores : scores_)
    if (!scores.empty()) {
      const auto [low, high] = std::minmax_element(scores.begin(), scores.end());
      spread = std::max(spread, static_cast<double>(*high - *low));
    }
  spread = std::min(spread * 1.03, 24.0);
  const auto number = static_cast<std::size_t>(
      std::count_if(scores_.begin(), scores_.end(), [](const auto& s) { return !s.empty(); }));
  const std::size_t of = number > 0 ? scores_.front().size() : 0;
  write(at.x, at.y, ui.theme.text_faint, "ahead");
  list->AddText(font, font->FontSize, {left, at.y}, ui.theme.text_faint,
                fit(font,
                    fmt::format("score, from {:.0f} nats below the best to the best: the true code among {} of {}",
                                spread, of > 0 ? of - 1 : 0, against_ == 1 ? "this recording" : "other recordings"),
                    right - left)
                    .c_str());
  const float probability = at.x + size.x - ui.px(78);
  write_right(probability, at.y, ui.theme.text_faint, "probability");
  write_right(at.x + size.x, at.y, ui.theme.text_faint, "rank");
  const float top = at.y + font->FontSize + ui.px(6);
  const float row = std::min(ui.px(26), (size.y - (top - at.y)) / static_cast<float>(a.horizons));
  for (int k = 1; k <= a.horizons; ++k) {
    const auto& scores = scores_[static_cast<std::size_t>(k - 1)];
    const float y = top + row * static_cast<float>(k - 1), middle = y + row * 0.5f,
                line = middle - font->FontSize * 0.5f;
    write(at.x, line, ui.theme.text_dim, fmt::format("{}", k));
    write(at.x + ui.px(16), line, ui.theme.text_faint, fmt::format("{} ms", 1000 * k * a.hop() / a.sample_rate));
    list->AddLine({left, std::round(middle) + 0.5f}, {right, std::round(middle) + 0.5f}, ui.theme.hairline);
    if (scores.empty()) {
      write(left, line, ui.theme.text_faint, "beyond the end");
      continue;
    }
    const float most = *std::max_element(scores.begin(), scores.end());
    const auto place = [&](float score) {
      const double share = 1 - std::min(1.0, static_cast<double>(most - score) / spread);
      return left + ui.px(4) + (right - left - ui.px(8)) * static_cast<float>(share);
    };
    for (std::size_t i = 1; i < scores.size(); ++i)
      list->AddRectFilled({place(scores[i]) - 1, middle - row * 0.22f}, {place(scores[i]) + 1, middle + row * 0.22f},
                          with_alpha(ui.theme.text_dim, 0.45f));
    list->AddCircleFilled({place(scores[0]), middle}, std::min(ui.px(6), row * 0.4f), ui.theme.prediction, 20);
    const auto& s = standings_[static_cast<std::size_t>(k - 1)];
    write_right(probability, line, s.rank == 1 ? ui.theme.text : ui.theme.text_dim,
                fmt::format("{:.0f} %", 100 * s.probability));
    write_right(at.x + size.x, line, s.rank == 1 ? ui.theme.text : ui.theme.text_dim,
                fmt::format("{} of {}", s.rank, scores.size()));
  }
  context.exports.view(
      at, {at.x + size.x, at.y + size.y}, "standings",
      {{".csv", [standings = standings_, scores = scores_](const std::filesystem::path& path) {
          CsvTable table;
          table.columns = {"horizon", "probability", "rank", "candidates"};
          for (std::size_t k = 0; k < standings.size(); ++k)
            if (!scores[k].empty())
              table.rows.push_back({static_cast<double>(k + 1), standings[k].probability,
                                    static_cast<double>(standings[k].rank), static_cast<double>(scores[k].size())});
          write_csv(path, table);
        }}});
}

void RecordingTab::draw(ShellContext& context, CpcStage& stage) {
  Ui& ui = context.ui;
  if (!data_ || shown_recordings(*data_).empty()) {
    empty_state(ui, "No recordings", "Open a folder of recordings: Ctrl+O, or drop it here.");
    return;
  }
  if (!judged_ && answer_.index == index_ && answer_.code.frames > 0) judge(stage);
  const bool judged = judged_ && answer_.index == index_;
  const ImVec2 room = ImGui::GetContentRegionAvail(), at = ImGui::GetCursorScreenPos();
  draw_tools(context, stage, at, room.x);
  float y = at.y + ui.px(40);
  draw_title(ui, stage, {at.x, y}, room.x);
  y += ui.fonts.body->FontSize + ui.px(14);
  const float horizons = static_cast<float>(stage.architecture.horizons);
  const float left = at.y + room.y - y;
  const float table = std::min(left * 0.4f, ui.fonts.small->FontSize + ui.px(6) + horizons * ui.px(24));
  const float gap = ui.px(18);
  draw_sound(context, stage, {at.x, y}, {room.x, left - table - gap});
  if (judged) draw_table(context, stage, {at.x, at.y + room.y - table}, {room.x, table});

  auto& marks = ui.marks;
  marks.state("recording.ready", judged);
  marks.state("recording.index", index_);
  marks.state("recording.name", recording().name);
  marks.state("recording.frames", answer_.code.frames);
  marks.state("recording.t", t_);
  marks.state("recording.step", static_cast<double>(answer_.step));
  const auto sound = player_.state();
  marks.state("recording.audio", !sound.trouble.empty() ? "none" : sound.playing ? "playing" : "silent");
  if (judged && !standings_.empty() && !scores_[0].empty()) {
    marks.state("recording.probability", standings_[0].probability);
    marks.state("recording.rank", standings_[0].rank);
    marks.state("recording.candidates", static_cast<double>(scores_[0].size()));
  }
}

}  // namespace

std::unique_ptr<CpcTab> make_recording_tab() {
  return std::make_unique<RecordingTab>();
}

}  // namespace unveil
