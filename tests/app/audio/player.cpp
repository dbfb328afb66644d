#include "app/audio/player.h"

#include <chrono>
#include <cmath>
#include <thread>
#include <vector>

#include "tests/catch.h"

using namespace unveil;

TEST_CASE("a sound ends by itself, is stopped at once, and a machine without a sound card only says so", "[audio]") {
  AudioPlayer player;
  CHECK_FALSE(player.state().playing);
  std::vector<float> tone(800);
  for (std::size_t i = 0; i < tone.size(); ++i) tone[i] = 0.01f * std::sin(0.3f * static_cast<float>(i));
  const auto ended = [&] {
    for (int i = 0; i < 500 && player.state().playing; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    return !player.state().playing;
  };
  player.play(tone, 8000);
  CHECK(ended());
  INFO(player.state().trouble);
  CHECK(player.state().trouble.find('\n') == std::string::npos);
  player.play(std::vector<float>(80000), 8000);
  player.stop();
  CHECK_FALSE(player.state().playing);
  player.play(tone, 8000);
  CHECK(ended());
}
