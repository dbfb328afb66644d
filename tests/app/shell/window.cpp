// The whole window, driven by scripts on a small exhibit that counts what is done to it.
#include <cmath>
#include <filesystem>
#include <fstream>
#include <set>

#include "app/shell/shell.h"
#include "app/widgets/controls.h"
#include "app/widgets/image_grid.h"
#include "engine/data/picture.h"
#include "engine/error.h"
#include "tests/app/display.h"
#include "tests/catch.h"

using namespace unveil;

namespace {

struct Counts {
  int steps = 0, resets = 0, presets = 0;
  std::map<std::string, double> knobs;
  std::string opened, saved;
};

class CountingRun : public RunView {
 public:
  explicit CountingRun(Counts& counts) : counts_(counts) {
    status_.ready = true;
    status_.device = "counter";
    status_.seed = 7;
    status_.presets = {{"small", "one"}, {"large", "two"}};
    status_.preset = "small";
    curves_ = {{"loss", "training", "nats", Role::model, true, {}, {}}};
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
  void tick() {
    ++status_.step;
    curves_[0].steps.push_back(static_cast<double>(status_.step));
    curves_[0].values.push_back(100 / std::sqrt(static_cast<double>(status_.step)));
  }

 private:
  Counts& counts_;
  RunStatus status_;
  std::vector<Curve> curves_;
  std::vector<KnobView> knobs_;
};

Counts* current_counts = nullptr;  // the factory of an exhibit is a plain function

class CountingExhibit : public Exhibit {
 public:
  CountingExhibit() : counts_(*current_counts), run_(counts_) {}
  std::string title() const override { return "Counter"; }
  std::string description() const override { return "counts what is done to it"; }
  std::string icon() const override { return "▦"; }
  int chapter() const override { return 1; }
  std::vector<std::string> tabs() const override { return {"First", "Second view"}; }
  RunView& run() override { return run_; }
  void start(const ShellContext&, const std::string&, const std::string&) override {}
  bool update(ShellContext& context) override {
    if (!run_.status().playing || context.ui.now - last_ < 0.02) return false;
    last_ = context.ui.now;
    run_.tick();
    return true;
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
    return true;
  }
  void open(ShellContext&, const std::string& path) override { counts_.opened = path; }

 private:
  Counts& counts_;
  CountingRun run_;
  ImageGrid grid_;
  double last_ = 0;
};

// Runs the window with the script in a folder of its own; returns the exit status.
int play(const std::string& script, Counts& counts, const std::string& size = "1440x900") {
  const auto folder = std::filesystem::temp_directory_path() / "unveil-window-test";
  std::filesystem::create_directories(folder);
  const auto back = std::filesystem::current_path();
  std::filesystem::current_path(folder);
  setenv("XDG_STATE_HOME", (folder / "state").c_str(), 1);
  std::ofstream("script.txt") << script;
  WindowOptions options;
  options.script = "script.txt";
  options.size = size;
  options.scale = 1;
  current_counts = &counts;
  int status = -1;
  try {
    status = run_window(
        options, {{"counter", []() -> std::unique_ptr<Exhibit> { return std::make_unique<CountingExhibit>(); }}});
  } catch (...) {
    std::filesystem::current_path(back);
    throw;
  }
  std::filesystem::current_path(back);
  return status;
}

std::filesystem::path made(const std::string& name) {
  return std::filesystem::temp_directory_path() / "unveil-window-test" / name;
}

}  // namespace

TEST_CASE("the window answers the hand and the keys", "[window]") {
  const test::Display display;
  if (!display.available()) {
    WARN("no display and no Xvfb: the window is not tested");
    return;
  }
  Counts counts;
  SECTION("transport: play, pause, step, slow, reset, speed") {
    CHECK(play(R"(
      expect transport.playing == false
      click transport.play
      wait-for run.step >= 3
      key space
      wait-for transport.playing == false
      click transport.step
      key .
      key s
      wait-for transport.slow == true
      click transport.slow
      wait-for transport.slow == false
      drag transport.speed 0.95 0.5 0.3 0.5
      wait-for transport.speed < 0.4
      key r
      wait-for run.step == 0
      quit)",
               counts) == 0);
    CHECK(counts.steps == 2);
    CHECK(counts.resets == 1);
  }
  SECTION("knobs: live ones at once, rebuilding ones on request, a typed value, the default back") {
    CHECK(play(R"(
      drag knob.learning_rate 0.5 0.5 0.75 0.5
      wait-for knob.learning_rate > 0.7
      click label.learning_rate
      wait-for knob.learning_rate == 0.5
      click number.learning_rate
      key ctrl+a
      type 0.125
      key enter
      wait-for knob.learning_rate == 0.125
      click knob.leak
      wait-for knob.leak == 1
      scroll stage -1
      scroll section.knobs -30
      click section.structure
      wait-frames 3
      scroll section.structure -30
      drag knob.layers 0.3 0.5 0.99 0.5
      wait-for knob.layers == 9
      click structure.rebuild
      wait-frames 2
      quit)",
               counts) == 0);
    CHECK(counts.knobs == std::map<std::string, double>{{"learning_rate", 0.125}, {"leak", 1}, {"layers", 9}});
  }
  SECTION("tabs, presets, presentation, themes, scale and size") {
    CHECK(play(R"(
      click tab.second_view
      wait-for view.tab == 1
      click preset.1
      wait-for run.preset == large
      hover pictures.2
      wait-for pictures.hovered == 2
      key tab
      wait-for shell.presentation == true
      key tab
      click rail.theme
      wait-for shell.theme == light
      key ctrl+plus
      wait-for shell.scale > 1.05
      key ctrl+0
      wait-for shell.scale == 1
      resize 1100 700
      wait-for shell.width == 1100
      key f1
      wait-for shell.keys == true
      key escape
      wait-for shell.keys == false
      screenshot whole.png
      quit)",
               counts) == 0);
    CHECK(counts.presets == 1);
    const Picture picture = load_picture(made("whole.png"));
    CHECK(picture.width == 1100);
    CHECK(picture.height == 700);
    CHECK(std::set<std::uint8_t>(picture.pixels.begin(), picture.pixels.end()).size() > 50);
  }
  SECTION("dropping and opening: what cannot be read is one notice") {
    CHECK(play(R"(
      drop /some/bad/file
      wait-for notices.last contains "something is accepted"
      expect notices.error == true
      click notice.0.dismiss
      wait-for notices.count == 0
      key ctrl+o
      wait-for open.shown == true
      type /tmp/good
      key enter
      wait-for open.shown == false
      quit)",
               counts) == 0);
    CHECK(counts.opened == "/tmp/good");
  }
  SECTION("export writes the view under the mouse") {
    for (const char* name : {"pictures.png", "curves.png", "curves.csv"}) std::filesystem::remove(made(name));
    CHECK(play(R"(
      click transport.step
      click transport.step
      hover pictures.0
      key ctrl+e
      wait-for notices.last contains pictures.png
      hover timeline.plot
      key ctrl+e
      wait-for notices.last contains curves.csv
      key ctrl+s
      wait-frames 2
      quit)",
               counts) == 0);
    CHECK(load_picture(made("pictures.png")).width > 56);
    CHECK(std::filesystem::exists(made("curves.png")));
    CHECK(std::filesystem::file_size(made("curves.csv")) > 10);
    CHECK(counts.saved == "counter-step-2.safetensors");
  }
  SECTION("another seed starts over") {
    CHECK(play(R"(
      click transport.seed
      click seed.field
      key ctrl+a
      type 41
      key enter
      wait-for run.seed == 41
      quit)",
               counts) == 0);
    CHECK(counts.resets == 1);
  }
}

TEST_CASE("a still window does not redraw", "[window]") {
  const test::Display display;
  if (!display.available()) {
    WARN("no display and no Xvfb: the window is not tested");
    return;
  }
  Counts counts;
  CHECK(play("wait 1.5\nframe-stats\nwait 1\nframe-stats\nexpect frames.count <= 2\nquit", counts) == 0);
}

TEST_CASE("a script that expects what is not so fails", "[window]") {
  const test::Display display;
  if (!display.available()) {
    WARN("no display and no Xvfb: the window is not tested");
    return;
  }
  Counts counts;
  CHECK(play("wait-frames 2\nexpect run.step == 5\nquit", counts) == 1);
  CHECK(play("wait-for run.step == 5 within 0.2\nquit", counts) == 1);
  CHECK_THROWS_AS(play("clack transport.play", counts), UsageError);
  CHECK_THROWS_AS(play("quit", counts, "big"), UsageError);
}
