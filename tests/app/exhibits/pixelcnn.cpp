// The PixelCNN exhibit in the whole window, driven by scripts: a real model trains and draws.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include "engine/data/picture.h"
#include "engine/error.h"
#include "tests/app/commands/program.h"
#include "tests/app/display.h"
#include "tests/catch.h"

using namespace unveil;

namespace {

std::filesystem::path folder() {
  const auto path = std::filesystem::temp_directory_path() / "unveil-pixelcnn-test";
  std::filesystem::create_directories(path);
  return path;
}

// Runs the program's window on PixelCNN with the script, in a process of its own; returns the exit status. `data`
// makes it begin from initial weights.
int play(const std::string& script, const std::string& data = "digits") {
  std::ofstream(folder() / "script.txt") << script;
  const std::string there = "-C '" + folder().string() + "' DISPLAY='" + std::getenv("DISPLAY") +
                            "' XDG_STATE_HOME='" + (folder() / "state").string() + "'";
  const auto answer =
      test::run_program("--exhibit pixelcnn --data '" + data + "' --scale 1 --script script.txt", there);
  if (answer.status != 0) UNSCOPED_INFO(answer.err);
  return answer.status;
}

}  // namespace

TEST_CASE("PixelCNN trains in the window and its picture fills pixel by pixel", "[window][exhibit]") {
  const test::Display display;
  if (!display.available()) {
    WARN("no display and no Xvfb: the exhibit is not tested");
    return;
  }
  SECTION("a model at initial weights trains unasked; pause, a knob and the save answer") {
    std::filesystem::remove(folder() / "pixelcnn-step-5.safetensors");
    CHECK(play(R"(
      wait-for run.ready == true within 120
      wait-for transport.playing == true within 60
      wait-for run.step >= 5 within 120
      click knob.weight_average
      wait-for knob.weight_average < 0.6
      key space
      wait-for transport.playing == false
      wait-for samples.count == 64 within 120
      wait-for held_out.count >= 1 within 120
      expect held_out.value > 1
      screenshot whole.png
      key .
      wait-for samples.step > 5 within 60
      quit)") == 0);
    const Picture picture = load_picture(folder() / "whole.png");
    CHECK(picture.width == 1440);
    CHECK(std::set<std::uint8_t>(picture.pixels.begin(), picture.pixels.end()).size() > 50);
  }
  SECTION("a fill can be watched, scrubbed, explained and changed") {
    CHECK(play(R"(
      wait-for transport.playing == true within 120
      key space
      wait-for transport.playing == false
      wait-for fill.reached == 784 within 120
      wait-for samples.count == 64 within 60
      drag fill.scrub 0.2 0.5 0.5 0.5
      wait-for fill.pixel > 380
      expect fill.pixel < 400
      expect fill.playing == false
      hover fill.picture 0.5 0.1
      wait-for fill.hovered > 50
      expect fill.card contains "Row 3, column 15"
      expect fill.card.bits >= 0
      hover fill.picture 0.5 0.9
      wait-for fill.card == undrawn
      click fill.speed.0
      wait-for fill.playing == true
      click fill.speed.2
      wait-for fill.done == true within 30
      drag fill.picture 0.5 0.1 0.5 0.1
      wait-for fill.forked == true within 60
      wait-for fill.done == true within 60
      wait-for fill.card.forced == true
      click fill.layer.3
      wait-frames 2
      click fill.back
      wait-for fill.forked == false
      wait-for fill.card.forced == false
      click fill.grid.3
      wait-for fill.picture == 3
      quit)") == 0);
  }
  SECTION("a mask that leaks is another model, and what cannot be opened loses nothing") {
    std::ofstream(folder() / "broken.safetensors") << "this is no checkpoint";
    std::ofstream(folder() / "notes.txt") << "nor is this a data set";
    std::filesystem::create_directories(folder() / "pictures");
    std::ofstream(folder() / "pictures" / "torn.png") << "\x89PNG\r\n\x1a\n and no more";
    CHECK(play("drop " + (folder() / "broken.safetensors").string() + R"(
      wait-for notices.last contains broken.safetensors
      expect notices.error == true
      drop )" + (folder() / "notes.txt").string() +
               R"(
      wait-for notices.last contains notes.txt
      wait-for run.step >= 2 within 120
      expect run.build == 1
      click transport.play
      wait-for run.playing == false
      drop )" + (folder() / "pictures").string() +
               R"(
      wait-for notices.last contains torn.png within 30
      key r
      wait-for run.build == 2 within 30
      wait 1
      expect run.playing == false
      click transport.play
      click section.broken
      wait-frames 3
      click broken.leaking_mask
      wait-for run.build == 3 within 120
      wait-for transport.playing == true within 30
      wait-for run.step >= 2 within 120
      wait-for samples.count == 64 within 120
      quit)") == 0);
  }
}
