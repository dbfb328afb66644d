// The whole window, driven by scripts on a small exhibit that counts what is done to it.
#include <set>

#include "engine/data/picture.h"
#include "tests/app/display.h"
#include "tests/app/shell/counting.h"
#include "tests/catch.h"

using namespace unveil;
using test::Counts;
using test::made;
using test::play;

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
  CHECK_THROWS_AS(play("quit", counts, {.size = "big"}), UsageError);
}
