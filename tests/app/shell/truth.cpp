// The window says what is so, and does nothing unasked.
#include <filesystem>
#include <fstream>

#include "app/shell/layout.h"
#include "app/shell/settings.h"
#include "tests/app/commands/program.h"
#include "tests/app/display.h"
#include "tests/app/shell/counting.h"
#include "tests/catch.h"

using namespace unveil;
using test::Counts;
using test::made;
using test::play;

TEST_CASE("knobs that no model was built with go with the model they were meant for", "[window]") {
  const test::Display display;
  if (!display.available()) {
    WARN("no display and no Xvfb: the window is not tested");
    return;
  }
  const std::string set_layers = R"(
      scroll section.knobs -30
      click section.structure
      wait-frames 3
      scroll section.structure -30
      wait-frames 3
      drag knob.layers 0.3 0.5 0.99 0.5
      wait-for knob.layers == 9
      expect running.layers == 3
  )";
  Counts counts;
  CHECK(play(set_layers + R"(
      drop /some/good/folder
      wait-for knob.layers == 3
      click rail.other
      wait-for shell.exhibit == other
      wait-frames 3
      expect knob.layers == 3
      quit)",
             counts) == 0);
  CHECK(play(set_layers + R"(
      click rail.other
      wait-for shell.exhibit == other
      wait-for knob.layers == 3
      quit)",
             counts) == 0);
}

TEST_CASE("what leads to another exhibit is asked first, and opens there paused", "[window]") {
  const test::Display display;
  if (!display.available()) {
    WARN("no display and no Xvfb: the window is not tested");
    return;
  }
  Counts counts;
  SECTION("staying changes nothing") {
    CHECK(play(R"(
      click transport.play
      drop /things/elsewhere
      wait-for leave.shown == true
      expect leave.question contains "things from elsewhere"
      expect leave.question contains "in Other?"
      expect leave.words contains "its training is paused"
      screenshot question.png
      key escape
      wait-for leave.shown == false
      expect shell.exhibit == counter
      expect transport.playing == true
      drop /things/elsewhere
      wait-for leave.shown == true
      click leave.stay
      wait-for leave.shown == false
      expect shell.exhibit == counter
      quit)",
               counts) == 0);
    CHECK(counts.opened_elsewhere.empty());
    CHECK(counts.opened.empty());
  }
  SECTION("going opens it there, and nothing trains") {
    CHECK(play(R"(
      click transport.step
      drop /things/elsewhere
      wait-for leave.shown == true
      expect leave.words contains "stays as it is"
      click leave.open
      wait-for shell.exhibit == other
      wait-frames 3
      expect transport.playing == false
      click rail.counter
      wait-for shell.exhibit == counter
      expect run.step == 1
      quit)",
               counts) == 0);
    CHECK(counts.opened_elsewhere == "/things/elsewhere");
    CHECK_FALSE(counts.elsewhere_playing);
  }
}

TEST_CASE("the seed's box closes on Escape and on a click elsewhere, which is not lost", "[window]") {
  const test::Display display;
  if (!display.available()) {
    WARN("no display and no Xvfb: the window is not tested");
    return;
  }
  Counts counts;
  CHECK(play(R"(
      click transport.seed
      wait-for seed.shown == true
      key escape
      wait-for seed.shown == false
      click transport.seed
      wait-for seed.shown == true
      click transport.step
      wait-for seed.shown == false
      wait-for run.step == 1
      click transport.seed
      wait-for seed.shown == true
      click transport.seed
      wait-for seed.shown == false
      quit)",
             counts) == 0);
  CHECK(counts.steps == 1);
  CHECK(counts.resets == 0);
}

TEST_CASE("a list that unfolds is chosen from by keys", "[window]") {
  const test::Display display;
  if (!display.available()) {
    WARN("no display and no Xvfb: the window is not tested");
    return;
  }
  Counts counts;
  counts.many_presets = true;
  CHECK(play(R"(
      click preset
      wait-frames 3
      key down
      key down
      key enter
      wait-for run.preset == "the third of many presets"
      click preset
      wait-frames 3
      key up
      key escape
      wait-frames 3
      expect run.preset == "the third of many presets"
      quit)",
             counts) == 0);
  CHECK(counts.presets == 1);
}

TEST_CASE("an empty timeline does not ask to press what is pressed", "[window]") {
  const test::Display display;
  if (!display.available()) {
    WARN("no display and no Xvfb: the window is not tested");
    return;
  }
  Counts counts;
  counts.no_curves = true;
  CHECK(play(R"(
      wait-for timeline.hint contains "press Play"
      click transport.play
      wait-for timeline.hint contains "with the first step"
      quit)",
             counts) == 0);
}

TEST_CASE("theme and scale are as they were chosen last", "[window]") {
  const test::Display display;
  if (!display.available()) {
    WARN("no display and no Xvfb: the window is not tested");
    return;
  }
  Counts counts;
  CHECK(play(R"(
      expect shell.theme == dark
      click rail.theme
      wait-for shell.theme == light
      key ctrl+plus
      key ctrl+plus
      wait-for shell.zoom == 1.2
      quit)",
             counts, {.scale = 0}) == 0);
  CHECK(play("wait-frames 3\nexpect shell.theme == light\nexpect shell.zoom == 1.2\nquit", counts,
             {.scale = 0, .keep_settings = true}) == 0);
  // The command line is for one time: it overrules, and is not remembered.
  CHECK(play("wait-frames 3\nexpect shell.theme == dark\nexpect shell.scale == 1\nkey ctrl+plus\nwait-for shell.zoom "
             "== 1.1\nquit",
             counts, {.scale = 1, .theme = "dark", .keep_settings = true}) == 0);
  CHECK(play("wait-frames 3\nexpect shell.theme == light\nexpect shell.zoom == 1.2\nquit", counts,
             {.scale = 0, .keep_settings = true}) == 0);
}

TEST_CASE("settings that make no sense, or no place for them, are as at the first start", "[shell]") {
  const test::TemporaryFolder folder;
  const std::filesystem::path file = folder.file("deep/down/window");
  CHECK(read_settings({}) == WindowSettings{});
  CHECK(read_settings(file) == WindowSettings{});
  write_settings({}, {false, 2});
  write_settings(file, {false, 1.3f});
  CHECK(read_settings(file) == WindowSettings{false, 1.3f});
  for (const char* nonsense :
       {"theme purple\nscale big\n", "scale 1e9\n", "scale -1\nscale nan\n", "\x80\xff garbage", "theme"}) {
    std::ofstream(file) << nonsense;
    CHECK(read_settings(file) == WindowSettings{});
  }
  write_settings("/proc/no/such/place", {false, 2});  // in silence
}

TEST_CASE("the scale is what fits, and the stage keeps most of the window", "[window]") {
  const test::Display display;
  if (!display.available()) {
    WARN("no display and no Xvfb: the window is not tested");
    return;
  }
  for (const auto& [size, scale] : {std::pair("1440x900", 4.0), std::pair("1024x768", 1.0),
                                    std::pair("1280x720", 1.5), std::pair("800x560", 1.0)}) {
    INFO(size << " at " << scale);
    Counts counts;
    CHECK(play(R"(
      wait-frames 3
      expect stage.width_share > 0.55
      expect stage.height_share > 0.55
      expect shell.fits == true
      key ctrl+plus
      wait-frames 3
      expect shell.fits == true
      quit)",
               counts, {.size = size, .scale = scale}) == 0);
  }
}

TEST_CASE("no part of the window is squeezed out at any size and scale that is drawn", "[shell]") {
  for (float width = 800; width <= 4000; width += 37)
    for (float height = 560; height <= 2400; height += 41)
      for (const float wanted : {0.75f, 1.0f, 1.5f, 2.0f, 4.0f}) {
        const ImVec2 size(width, height);
        const float scale = std::min(wanted, largest_scale(size));
        const WindowLayout l = compute_layout(size, scale);
        INFO(width << "x" << height << " at " << scale);
        REQUIRE(size.x / scale >= kSmallestWidth - 1);
        REQUIRE(size.y / scale >= kSmallestHeight - 1);
        REQUIRE(l.stage.width() >= 0.55f * width);
        REQUIRE(l.stage.height() >= 0.55f * height);
        REQUIRE(l.stage.width() / scale >= 560);
        REQUIRE(l.stage.height() / scale >= 300);
      }
}
