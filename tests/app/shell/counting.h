#pragma once
// A small exhibit that counts what is done to it, and the whole window driven by a script on it.
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "app/shell/shell.h"
#include "app/widgets/controls.h"
#include "app/widgets/image_grid.h"
#include "engine/error.h"

namespace unveil::test {

struct Counts {
  int steps = 0, resets = 0, presets = 0;
  std::map<std::string, double> knobs;
  std::string opened, saved, opened_elsewhere;
  bool many_presets = false, no_curves = false;  // what there is
  bool elsewhere_playing = false;                // the other exhibit, when something was opened in it
};

class CountingRun : public RunView {
 public:
  explicit CountingRun(Counts& counts) : counts_(counts) {
    status_.ready = true;
    status_.build = 1;
    status_.device = "counter";
    status_.seed = 7;
    status_.presets = {{"small", "one"}, {"large", "two"}};
    status_.preset = "small";
    if (counts.many_presets) {
      status_.presets = {
          {"the first of many presets", ""}, {"the second of many presets", ""}, {"the third of many presets", ""}};
      status_.preset = "the first of many presets";
    }
    if (!counts.no_curves) curves_ = {{"loss", "training", "nats", Role::model, true, {}, {}}};
    knobs_ = {{{"learning_rate", "how far a step goes", "", Knob::Kind::real, 0, 1, 0.5}, 0.5},
              {{"leak", "a switch", "", Knob::Kind::boolean, 0, 1, 0}, 0},
              {{"layers", "how deep", "", Knob::Kind::integer, 1, 9, 3, Knob::Scale::linear, {}, true}, 3}};
  }
  const RunStatus& status() const override { return status_; }
  const std::vector<Curve>& curves() const override { return curves_; }
  const std::vector<KnobView>& knobs() const override { return knobs_; }
  void play() override { status_.playing = true; }
  void pause() override { status_.playing = false; }
  void step_once() override {
    status_.playing = false;
    tick();
    ++counts_.steps;
  }
  void reset(std::optional<std::uint64_t> seed) override {
    if (seed) status_.seed = *seed;
    status_.step = 0;
    ++status_.build;
    ++counts_.resets;
  }
  void set_slow(bool on) override { status_.slow = on; }
  void set_speed(double share) override { status_.speed = share; }
  void set_knobs(const std::map<std::string, double>& values) override {
    for (const auto& [name, value] : values) {
      counts_.knobs[name] = value;
      for (auto& knob : knobs_) {
        if (knob.name == name) knob.value = value;
      }
    }
  }
  void choose_preset(const std::string& name) override {
    status_.preset = name;
    ++counts_.presets;
  }
  void save(const std::filesystem::path& path) override { counts_.saved = path.filename().string(); }
  // New data: another model with the same knobs.
  void rebuild() {
    status_.step = 0;
    ++status_.build;
    for (auto& curve : curves_) curve.steps.clear(), curve.values.clear();
  }
  void tick() {
    ++status_.step;
    for (auto& curve : curves_) {
      curve.steps.push_back(static_cast<double>(status_.step));
      curve.values.push_back(100 / std::sqrt(static_cast<double>(status_.step)));
    }
  }

 private:
  Counts& counts_;
  RunStatus status_;
  std::vector<Curve> curves_;
  std::vector<KnobView> knobs_;
};

inline Counts* current_counts = nullptr;  // the factory of an exhibit is a plain function

class CountingExhibit : public Exhibit {
 public:
  CountingExhibit() : counts_(*current_counts), run_(counts_) {}
  std::string title() const override { return "Counter"; }
  std::string description() const override { return "counts what is done to it"; }
  Chapter chapter() const override { return Chapter::autoregressive; }
  std::vector<std::string> tabs() const override { return {"First", "Second view"}; }
  RunView& run() override { return run_; }
  void start(const ShellContext&, const std::string&, const std::string&) override {}
  bool update(ShellContext& context) override {
    if (!run_.status().playing || context.ui.now - last_ < 0.02) return false;
    last_ = context.ui.now;
    run_.tick();
    return true;
  }
  void set_visible(bool visible) override {
    if (!visible) run_.pause();
  }
  void draw_stage(ShellContext& context, int tab) override {
    std::vector<std::uint8_t> pixels(4 * 28 * 28);
    for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<std::uint8_t>(i % 251);
    grid_.set(4, 28, 28, 1, pixels, context.ui.now);
    const auto shown = grid_.draw(context.ui, "pictures", ImGui::GetContentRegionAvail());
    context.exports.view(shown.min, shown.max, "pictures");
    context.ui.marks.state("pictures.hovered", shown.hovered);
    context.ui.marks.state("view.tab", tab);
  }
  bool accepts(const std::string& path) const override {
    if (path.find("bad") != std::string::npos) throw Error(path + ": found nothing; something is accepted");
    return path.find("elsewhere") == std::string::npos;
  }
  void open(ShellContext&, const std::string& path) override {
    counts_.opened = path;
    run_.rebuild();
  }

 protected:
  Counts& counts_;
  CountingRun run_;
  ImageGrid grid_;
  double last_ = 0;
};

// Another one, which alone takes what lies elsewhere, and which trains when it comes to the front.
class OtherExhibit : public CountingExhibit {
 public:
  std::string title() const override { return "Other"; }
  Chapter chapter() const override { return Chapter::latent_variables; }
  bool accepts(const std::string& path) const override { return path.find("elsewhere") != std::string::npos; }
  std::string told(const std::string&) const override { return "These are things from elsewhere."; }
  void set_visible(bool visible) override { visible ? run_.play() : run_.pause(); }
  void open(ShellContext&, const std::string& path) override {
    counts_.opened_elsewhere = path;
    counts_.elsewhere_playing = run_.status().playing;
    run_.rebuild();
  }
};

struct PlayOptions {
  std::string size = "1440x900";
  double scale = 1;
  std::string theme = "";
  bool keep_settings = false;  // what the run before has remembered
};

inline std::filesystem::path made(const std::string& name) {
  return std::filesystem::temp_directory_path() / "unveil-window-test" / name;
}

// Runs the window with the script in a folder of its own; returns the exit status.
inline int play(const std::string& script, Counts& counts, const PlayOptions& how = {}) {
  const auto folder = made("");
  std::filesystem::create_directories(folder);
  const auto back = std::filesystem::current_path();
  std::filesystem::current_path(folder);
  setenv("XDG_STATE_HOME", (folder / "state").c_str(), 1);
  const char* config = std::getenv("XDG_CONFIG_HOME");
  const std::string config_before = config ? config : "";
  setenv("XDG_CONFIG_HOME", (folder / "config").c_str(), 1);
  if (!how.keep_settings) std::filesystem::remove_all(folder / "config");
  std::ofstream("script.txt") << script;
  WindowOptions options;
  options.script = "script.txt";
  options.size = how.size;
  options.scale = how.scale;
  options.theme = how.theme;
  current_counts = &counts;
  const auto restore = [&] {
    std::filesystem::current_path(back);
    config ? setenv("XDG_CONFIG_HOME", config_before.c_str(), 1) : unsetenv("XDG_CONFIG_HOME");
  };
  int status = -1;
  try {
    status = run_window(
        options, {{"counter", []() -> std::unique_ptr<Exhibit> { return std::make_unique<CountingExhibit>(); }},
                  {"other", []() -> std::unique_ptr<Exhibit> { return std::make_unique<OtherExhibit>(); }}});
  } catch (...) {
    restore();
    throw;
  }
  restore();
  return status;
}

}  // namespace unveil::test
