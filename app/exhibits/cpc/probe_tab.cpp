#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <thread>

#include "app/exhibits/cpc/probing.h"
#include "app/exhibits/cpc/tab.h"
#include "app/widgets/controls.h"
#include "app/widgets/format.h"
#include "app/widgets/plot.h"
#include "engine/data/csv.h"

namespace unveil {
namespace {

constexpr double kEvery = 15;  // seconds between two probes of a model that learns, at least
constexpr double kShare = 6;   // and so many times what one takes

// Fits probes on a thread of its own: neither the window nor training waits for it.
class ProbeFitter {
 public:
  ~ProbeFitter() {
    if (thread_.joinable()) thread_.join();
  }
  bool busy() const { return busy_; }
  void fit(ProbeMaterial material, ProbeResult known, std::function<void()> wake) {
    if (thread_.joinable()) thread_.join();
    busy_ = true;
    thread_ = std::thread([this, material = std::move(material), known = std::move(known), wake = std::move(wake)] {
      results_.put(fit_probes(material, known));
      busy_ = false;
      wake();
    });
  }
  std::optional<ProbeResult> take() { return results_.take(); }

 private:
  std::thread thread_;
  std::atomic<bool> busy_ = false;
  Mailbox<ProbeResult> results_;
};

bool nothing_to_probe(const Dataset& data) {
  return data.label_kinds.empty() || data.train_recordings.empty() || data.test_recordings.empty();
}

// What can be read from the codes by a linear probe, beside what needs no learning at all.
class ProbeTab : public CpcTab {
 public:
  std::string name() const override { return "Probe"; }
  std::string hint() const override {
    return "What can be read off the codes by a linear classifier, beside chance and plain statistics.";
  }
  void rebuilt(CpcStage& stage) override;
  bool update(ShellContext& context, CpcStage& stage) override;
  void draw(ShellContext& context, CpcStage& stage) override;

 private:
  float draw_group(Ui& ui, std::size_t kind, ImVec2 at, float width, float row);
  void draw_history(ShellContext& context, ImVec2 at, ImVec2 size);
  void draw_state(ShellContext& context, CpcStage& stage, ImVec2 at, float width);

  std::shared_ptr<ProbeJob> job_;
  std::shared_ptr<Mailbox<ProbeMaterial>> materials_ = std::make_shared<Mailbox<ProbeMaterial>>();
  std::shared_ptr<const ProbeFeatures> untrained_;
  ProbeResult result_;  // of this build; no reports before the first
  std::vector<double> steps_;
  std::vector<std::vector<double>> accuracies_;  // [label kinds][steps]
  std::vector<float> bars_;                      // as shown, [label kinds][4]
  double due_ = 0;
  int percent_ = 0;      // of the job, as drawn
  bool wanted_ = false;  // asked for by hand
  ProbeFitter fitter_;
};

void ProbeTab::rebuilt(CpcStage&) {
  materials_ = std::make_shared<Mailbox<ProbeMaterial>>();
  job_.reset();
  untrained_.reset();
  result_ = {};
  steps_.clear(), accuracies_.clear(), bars_.clear();
  due_ = 0;
}

bool ProbeTab::update(ShellContext& context, CpcStage& stage) {
  const auto& data = *stage.snapshot->data;
  if (nothing_to_probe(data)) return false;
  const double now = context.ui.now;
  bool changed = false;
  if (auto result = fitter_.take(); result && result->build == stage.build) {
    result_ = std::move(*result);
    if (!steps_.empty() && steps_.back() >= static_cast<double>(result_.step)) {
      // Back to an earlier step: what came after it is no longer so.
      while (!steps_.empty() && steps_.back() >= static_cast<double>(result_.step)) {
        steps_.pop_back();
        for (auto& row : accuracies_) row.pop_back();
      }
    }
    if (result_.problem.empty()) {
      steps_.push_back(static_cast<double>(result_.step));
      accuracies_.resize(result_.reports.size());
      for (std::size_t k = 0; k < result_.reports.size(); ++k)
        accuracies_[k].push_back(100 * result_.reports[k].contexts);
      bars_.resize(4 * result_.reports.size());
    }
    due_ = now + std::max(kEvery, kShare * result_.seconds);
    changed = true;
  }
  if (auto material = materials_->take(); material && material->build == stage.build) {
    untrained_ = material->untrained;
    fitter_.fit(std::move(*material), result_, context.wake);
    changed = true;
  }
  if (job_ && job_->ended()) job_.reset(), changed = true;
  if (job_) {
    // Its progress is drawn.
    const int percent = static_cast<int>(100 * job_->share());
    changed = changed || percent != percent_;
    percent_ = percent;
    return changed;
  }
  if (fitter_.busy()) return changed;
  const bool none = result_.reports.empty() && result_.problem.empty();
  const bool stale = none || result_.step != stage.snapshot->step;
  if (!stale) wanted_ = false;
  if (!stale || (stage.snapshot->playing && !wanted_ && now < due_)) {
    if (stale) context.ui.look_again(due_);
    return changed;
  }
  wanted_ = false;
  job_ = std::make_shared<ProbeJob>(stage.build, untrained_, materials_, context.wake);
  stage.trainer.add(stage.build, job_);
  return true;
}

// One label: four bars over chance, and what they say in words. Returns the height.
float ProbeTab::draw_group(Ui& ui, std::size_t kind, ImVec2 at, float width, float row) {
  const auto& r = result_.reports[kind];
  ImDrawList* list = ImGui::GetWindowDrawList();
  const auto write = [&](ImFont* font, float x, float y, ImU32 colour, const std::string& what) {
    list->AddText(font, font->FontSize, {x, y}, colour, what.c_str());
  };
  write(ui.fonts.large, at.x, at.y, ui.theme.text, r.label);
  const float after = at.x + measure(ui.fonts.large, r.label).x + ui.px(12);
  write(ui.fonts.small, after, at.y + ui.fonts.large->Ascent - ui.fonts.small->Ascent, ui.theme.text_faint,
        fmt::format("{} classes · fitted on {} recordings, scored on {} others", r.classes,
                    format_count(static_cast<std::uint64_t>(r.train_recordings)),
                    format_count(static_cast<std::uint64_t>(r.test_recordings))));
  if (const std::string why = too_few(r); !why.empty()) {
    const float below = ui.fonts.large->FontSize + ui.px(8);
    ImGui::SetCursorScreenPos({at.x, at.y + below});
    paragraph(ui, ui.theme.text_dim, why, width);
    return below + ImGui::GetItemRectSize().y;
  }
  struct Bar {
    const char* name;
    double value;
    ImU32 colour;
  };
  const Bar all[] = {{"CPC, this encoder", r.contexts, ui.theme.model},
                     {"the same, untrained", r.untrained, ui.theme.text_dim},
                     {"log-mel statistics", r.log_mel, ui.theme.data},
                     {"raw statistics", r.summary, ui.theme.text_faint}};
  const float name = ui.px(150), number = ui.px(64), bar = width - name - number;
  const float top = at.y + ui.fonts.large->FontSize + ui.px(8), thick = std::round(std::min(row * 0.32f, ui.px(9)));
  for (std::size_t i = 0; i < 4; ++i) {
    float& shown = bars_[4 * kind + i];
    ui.ease(shown, static_cast<float>(all[i].value), 0.25f);
    const float middle = std::round(top + row * (static_cast<float>(i) + 0.5f)), x = at.x + name;
    write(ui.fonts.small, at.x, middle - ui.fonts.small->FontSize * 0.5f, i == 0 ? ui.theme.text : ui.theme.text_dim,
          all[i].name);
    list->AddRectFilled({x, middle - thick}, {x + bar, middle + thick}, ui.theme.panel, ui.px(3));
    if (shown * bar > 1)
      list->AddRectFilled({x, middle - thick}, {x + bar * shown, middle + thick}, all[i].colour, ui.px(3));
    write(ui.fonts.body, x + bar + ui.px(10), middle - ui.fonts.body->FontSize * 0.5f,
          i == 0 ? ui.theme.text : ui.theme.text_dim, fmt::format("{:.1f} %", 100 * all[i].value));
  }
  const float bottom = top + 4 * row, chance = std::round(at.x + name + bar * static_cast<float>(r.chance));
  list->AddRectFilled({chance, top}, {chance + std::max(1.0f, ui.px(1)), bottom + ui.px(4)}, ui.theme.text);
  const std::string label = fmt::format("chance {:.1f} %", 100 * r.chance);
  write(ui.fonts.small, chance - ui.px(2), bottom + ui.px(4), ui.theme.text_faint, label);
  // Two proportions on the same recordings: differences within about two standard errors mean nothing.
  const double n = r.test_recordings;
  const double margin = 2 * std::sqrt(std::max(r.contexts * (1 - r.contexts), 1 / n) / n);
  std::string verdict = r.contexts > r.untrained + margin
                            ? fmt::format("Training gained {:.0f} points.", 100 * (r.contexts - r.untrained))
                        : r.contexts < r.untrained - margin
                            ? fmt::format("Training lost {:.0f} points.", 100 * (r.untrained - r.contexts))
                            : "No clear gain over the untrained network.";
  const bool beaten = r.log_mel > r.contexts;
  if (beaten)
    verdict +=
        r.log_mel > r.contexts + margin ? " Log-mel statistics beat CPC here." : " Log-mel statistics do as well.";
  const float line = bottom + ui.px(8) + ui.fonts.small->FontSize;
  ImFont* font = measure(ui.fonts.body, verdict).x <= width ? ui.fonts.body : ui.fonts.small;
  write(font, at.x, line, beaten ? ui.theme.prediction : ui.theme.text_dim, fit(font, verdict, width));
  return line + ui.fonts.body->FontSize - at.y;
}

void ProbeTab::draw_history(ShellContext& context, ImVec2 at, ImVec2 size) {
  Ui& ui = context.ui;
  ImGui::SetCursorScreenPos(at);
  text(ui.fonts.small, ui.theme.text_dim, "this encoder's accuracy over the steps, %");
  static constexpr Role kRoles[] = {Role::model, Role::prediction, Role::selection};
  std::vector<PlotSeries> series;
  for (std::size_t k = 0; k < accuracies_.size() && k < std::size(kRoles); ++k)
    if (too_few(result_.reports[k]).empty())
      series.push_back({.label = result_.reports[k].label,
                        .x = steps_,
                        .y = accuracies_[k],
                        .colour = role_colour(ui.theme, kRoles[k]),
                        .smooth = false,
                        .dots = true});
  const float below = ui.fonts.small->FontSize + ui.px(8);
  ImGui::SetCursorScreenPos({at.x, at.y + below});
  const auto shown = plot(ui, "probe.curves", {size.x, size.y - below}, series, {.x_label = "step"});
  context.exports.view(
      shown.min, shown.max, "probe-accuracy",
      {{".csv", [steps = steps_, rows = accuracies_, reports = result_.reports](const std::filesystem::path& path) {
          CsvTable table;
          table.columns = {"step"};
          for (const auto& r : reports) table.columns.push_back("probe_" + r.label);
          for (std::size_t i = 0; i < steps.size(); ++i) {
            auto& row = table.rows.emplace_back(std::vector<double>{steps[i]});
            for (const auto& values : rows) row.push_back(values[i] / 100);
          }
          write_csv(path, table);
        }}});
}

void ProbeTab::draw_state(ShellContext& context, CpcStage& stage, ImVec2 at, float width) {
  Ui& ui = context.ui;
  std::string line;
  const bool stale = result_.step != stage.snapshot->step;
  if (job_)
    line = fmt::format("encoding all recordings, {:.0f} %", 100 * job_->share());
  else if (fitter_.busy())
    line = "fitting the probes";
  else if (stale)
    line = fmt::format("of step {}", format_count(result_.step));
  else
    line = fmt::format("of step {}, the present one", format_count(result_.step));
  ImGui::SetCursorScreenPos(at);
  if (button(ui, "probe.now", std::nullopt, "Probe now", ButtonKind::normal, stale && !job_ && !fitter_.busy(), true))
    wanted_ = true, ui.animate(0.1);
  tooltip(ui,
          "While the model trains it is probed now and then; the weights move under the probe. Paused, the figure is "
          "exact");
  ImGui::GetWindowDrawList()->AddText(
      ui.fonts.small, ui.fonts.small->FontSize, {ImGui::GetItemRectMax().x + ui.px(10), at.y + ui.px(7)},
      ui.theme.text_dim, fit(ui.fonts.small, line, at.x + width - ImGui::GetItemRectMax().x - ui.px(10)).c_str());
}

void ProbeTab::draw(ShellContext& context, CpcStage& stage) {
  Ui& ui = context.ui;
  const auto& data = *stage.snapshot->data;
  ui.marks.state("probe.ready", !result_.reports.empty());
  ui.marks.state("probe.problem", result_.problem);
  if (nothing_to_probe(data)) {
    empty_state(
        ui, "Nothing to probe for",
        data.label_kinds.empty()
            ? "These recordings carry no labels. Names like 3_george_0.wav, or a folder for each class, give some."
        : data.test_recordings.empty() ? "None of these recordings is held out."
                                       : "All of these recordings are held out; a probe is fitted on others.");
    return;
  }
  if (!result_.problem.empty()) {
    empty_state(ui, "No probe", result_.problem);
    return;
  }
  if (result_.reports.empty()) {
    empty_state(ui, "What a linear probe can read",
                job_ ? fmt::format("Encoding all recordings, {:.0f} %", 100 * job_->share()) : "Fitting the probes");
    return;
  }
  const ImVec2 room = ImGui::GetContentRegionAvail(), at = ImGui::GetCursorScreenPos();
  const float gap = ui.px(40), left = std::floor((room.x - gap) * 0.6f), right = room.x - left - gap;
  const auto groups = static_cast<float>(std::min<std::size_t>(2, result_.reports.size()));
  const float fixed = ui.fonts.large->FontSize + ui.fonts.small->FontSize + ui.fonts.body->FontSize + ui.px(16 + 30);
  const float row = std::clamp((room.y / groups - fixed) / 4, ui.px(18), ui.px(34));
  float y = at.y;
  for (std::size_t k = 0; k < static_cast<std::size_t>(groups); ++k)
    y += draw_group(ui, k, {at.x, y}, left, row) + ui.px(30);
  context.exports.view(at, {at.x + left, y}, "probes",
                       {{".csv", [reports = result_.reports](const std::filesystem::path& path) {
                           CsvTable table;
                           table.columns = {"cpc", "untrained", "log_mel", "summary_statistics", "chance"};
                           for (const auto& r : reports)
                             table.rows.push_back({r.contexts, r.untrained, r.log_mel, r.summary, r.chance});
                           write_csv(path, table);
                         }}});
  const float x = at.x + left + gap;
  draw_state(context, stage, {x, at.y}, right);
  const float curves = std::clamp(room.y * 0.42f, ui.px(110), ui.px(260));
  draw_history(context, {x, at.y + ui.px(46)}, {right, curves});
  ImGui::SetCursorScreenPos({x, at.y + ui.px(46) + curves + ui.px(20)});
  bool beaten = false;
  for (const auto& r : result_.reports) beaten = beaten || (too_few(r).empty() && r.log_mel > r.contexts);
  paragraph(
      ui, ui.theme.text_dim,
      beaten
          ? "A linear probe reads one vector per recording: the mean of its contexts. Here the mean and deviation of "
            "plain log-mel bands, which nobody had to learn, tell as much or more. CPC is not the best code for "
            "this task; it is the one that was found without being told the task."
          : "A linear probe reads one vector per recording: the mean of its contexts. The untrained network shows "
            "what "
            "its shape alone gives away, log-mel statistics what plain signal processing does.",
      right);
  for (const auto& r : result_.reports) {
    ui.marks.state("probe." + r.label + ".too_few", !too_few(r).empty());
    ui.marks.state("probe." + r.label, r.contexts);
    ui.marks.state("probe." + r.label + ".untrained", r.untrained);
    ui.marks.state("probe." + r.label + ".log_mel", r.log_mel);
  }
  ui.marks.state("probe.step", static_cast<double>(result_.step));
  ui.marks.state("probe.count", static_cast<double>(steps_.size()));
}

}  // namespace

std::unique_ptr<CpcTab> make_probe_tab() {
  return std::make_unique<ProbeTab>();
}

}  // namespace unveil
