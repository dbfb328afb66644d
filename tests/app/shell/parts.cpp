#include <filesystem>
#include <fstream>

#include "app/exhibit/knobs_panel.h"
#include "app/frame/exports.h"
#include "app/shell/frame_clock.h"
#include "app/shell/layout.h"
#include "app/shell/paths.h"
#include "app/shell/start.h"
#include "tests/catch.h"

using namespace unveil;

namespace {

double area(const Rect& r) {
  return static_cast<double>(r.width()) * static_cast<double>(r.height());
}

std::filesystem::path fresh_folder() {
  const auto folder = std::filesystem::temp_directory_path() / "unveil-shell-parts";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  return folder;
}

}  // namespace

TEST_CASE("the parts of the window cover it exactly, and the stage has the most of it", "[shell]") {
  for (ImVec2 size : {ImVec2(1100, 700), ImVec2(1440, 900), ImVec2(1920, 1080), ImVec2(3840, 2160)}) {
    for (float scale : {1.0f, 1.5f, 2.0f}) {
      if (size.x / scale < 1100 || size.y / scale < 700) continue;
      for (bool presentation : {false, true}) {
        const WindowLayout l = compute_layout(size, scale, {.presentation = presentation});
        const double sum =
            area(l.transport) + area(l.rail) + area(l.stage) + area(l.inspector) + area(l.timeline) + area(l.status);
        CHECK(sum == Approx(static_cast<double>(size.x) * static_cast<double>(size.y)));
        CHECK(l.stage.width() > (presentation ? 0.99f : 0.6f) * size.x);
        CHECK(l.stage.height() > 0.55f * size.y);
      }
    }
  }
}

TEST_CASE("a knob's slider and its value agree, and sliders give numbers a person would write", "[shell]") {
  KnobView rate{{"learning_rate", "", "", Knob::Kind::real, 1e-5, 1e-1, 1e-3, Knob::Scale::log}, 1e-3};
  CHECK(knob_position(rate, 1e-3) == Approx(0.5));
  CHECK(knob_value(rate, 0) == 1e-5);
  CHECK(knob_value(rate, 1) == 1e-1);
  CHECK(knob_text(rate, 1e-3) == "0.001");
  KnobView width{{"channels", "", "", Knob::Kind::integer, 8, 128, 32}, 32};
  for (double p = 0; p <= 1; p += 0.01) {
    const double v = knob_value(rate, p), w = knob_value(width, p);
    CHECK(knob_position(rate, v) == Approx(p).margin(0.01));
    CHECK(knob_text(rate, v).size() <= 8);
    CHECK(w == std::round(w));
    CHECK((w >= 8 && w <= 128));
  }
  KnobView stack{{"stack", "", "", Knob::Kind::choice, 0, 1, 1, Knob::Scale::linear, {"plain", "gated"}}, 1};
  CHECK(knob_text(stack, 1) == "gated");
  CHECK(knob_text(stack, 9) == "?");
}

TEST_CASE("paths are completed with folders first, hidden ones on request", "[shell]") {
  const auto folder = fresh_folder();
  std::filesystem::create_directories(folder / "mnist");
  std::ofstream(folder / "model.safetensors");
  std::ofstream(folder / ".hidden");
  std::ofstream(folder / "other");
  const std::string base = folder.string() + "/";
  CHECK(complete_path(base + "m") == std::vector<std::string>{base + "mnist/", base + "model.safetensors"});
  CHECK(complete_path(base).size() == 3);
  CHECK(complete_path(base + ".h") == std::vector<std::string>{base + ".hidden"});
  CHECK(complete_path(base + "nothing/").empty());
  CHECK(common_beginning({base + "mnist/", base + "model.safetensors"}, base) == base + "m");
  CHECK(common_beginning({}, "typed") == "typed");

  RecentPaths recent(folder / "state/recent");
  for (int i = 0; i < 12; ++i) recent.add("path " + std::to_string(i));
  recent.add("path 9");
  const RecentPaths again(folder / "state/recent");
  CHECK(again.items() == recent.items());
  CHECK(again.items().size() == 8);
  CHECK(again.items().front() == "path 9");
  std::filesystem::remove_all(folder);
}

TEST_CASE("the view exported is the smallest one under the mouse", "[shell]") {
  ExportOffers offers;
  offers.view({0, 0}, {100, 100}, "whole");
  offers.view({10, 10}, {20, 20}, "part");
  REQUIRE(offers.under({15, 15}));
  CHECK(offers.under({15, 15})->name == "part");
  CHECK(offers.under({50, 50})->name == "whole");
  CHECK(offers.under({150, 50}) == nullptr);
  const auto folder = fresh_folder();
  const std::string extensions[] = {".png", ".csv"};
  CHECK(fresh_path(folder, "curves", extensions).filename() == "curves");
  std::ofstream(folder / "curves.csv");
  CHECK(fresh_path(folder, "curves", extensions).filename() == "curves-2");
  std::filesystem::remove_all(folder);
}

TEST_CASE("frames are drawn at most sixty times a second, and less often when they are dear", "[shell]") {
  FrameClock cheap, dear;
  for (int i = 0; i < 100; ++i) cheap.record(i * 0.02, i * 0.02 + 0.002), dear.record(i * 0.05, i * 0.05 + 0.04);
  CHECK(cheap.next_due() - 99 * 0.02 == Approx(1.0 / 60));
  CHECK(dear.next_due() - 99 * 0.05 == Approx(1.0 / 30));
  const auto stats = dear.take(5.0);
  CHECK(stats.frames == 100);
  CHECK(stats.median_ms == Approx(40).epsilon(0.01));
  CHECK(dear.take(6.0).frames == 0);
}

TEST_CASE("the command line opens the window for nothing and for the window's own options", "[shell]") {
  auto asks = [](std::vector<const char*> words) {
    words.insert(words.begin(), "unveil");
    return wants_window(static_cast<int>(words.size()), words.data());
  };
  CHECK(asks({}));
  CHECK(asks({"--exhibit", "pixelcnn"}));
  CHECK(asks({"--theme=light"}));
  CHECK_FALSE(asks({"train", "pixelcnn"}));
  CHECK_FALSE(asks({"--help"}));
  CHECK_FALSE(asks({"--nonsense"}));
}
