#include "app/exhibits/pixelcnn/fill_player.h"

#include <vector>

#include "tests/catch.h"

using namespace unveil;

namespace {

// Seconds until so many pixels are shown.
double seconds_until(int shown, int speed, int width, const std::vector<float>& probabilities) {
  Ui ui;
  FillPlayer player;
  player.speed = speed;
  for (int frame = 0; frame < 20000 && player.shown() < shown; ++frame) {
    player.update(ui, width, static_cast<int>(probabilities.size()), probabilities);
    ui.now += 0.01;
  }
  CHECK(player.shown() >= shown);
  return ui.now;
}

}  // namespace

TEST_CASE("a fill passes quickly over what was certain, and takes its time where something is decided", "[widgets]") {
  const int width = 10;
  std::vector<float> open(100, 0.5f), paper(100, 0.001f), mixed = paper;
  for (int i = 50; i < 60; ++i) mixed[static_cast<std::size_t>(i)] = 0.5f;
  // 10 rows of a quarter of a second; nearly nothing; one of them and nine of paper.
  CHECK(seconds_until(100, FillPlayer::watch, width, open) == Approx(2.5).margin(0.05));
  CHECK(seconds_until(100, FillPlayer::watch, width, paper) == Approx(0.375).margin(0.05));
  CHECK(seconds_until(100, FillPlayer::watch, width, mixed) == Approx(0.25 + 9 * 0.0375).margin(0.05));
  // Explaining it is each pixel that counts.
  CHECK(seconds_until(20, FillPlayer::explain, width, open) == Approx(5).margin(0.05));
  CHECK(seconds_until(20, FillPlayer::explain, width, paper) == Approx(0.75).margin(0.05));
  CHECK(seconds_until(100, FillPlayer::instant, width, open) < 0.05);
}
