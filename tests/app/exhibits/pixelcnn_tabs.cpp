// The tabs of the PixelCNN exhibit: what they compute, and the real program driven by a script.
#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "app/exhibits/pixelcnn/completion.h"
#include "app/exhibits/pixelcnn/field.h"
#include "app/exhibits/pixelcnn/scoring.h"
#include "engine/data/npy.h"
#include "engine/data/picture.h"
#include "tests/app/commands/program.h"
#include "tests/app/display.h"
#include "tests/catch.h"

using namespace unveil;

namespace {

int count_of(const std::vector<Sight>& sight, Sight which) {
  return static_cast<int>(std::count(sight.begin(), sight.end(), which));
}

}  // namespace

TEST_CASE("conditioning is exact only when the known pixels come first", "[exhibit]") {
  CHECK(unforeseen_pixels({1, 0, -1, -1}) == 0);
  CHECK(unforeseen_pixels({-1, -1, -1}) == 0);
  CHECK(unforeseen_pixels({0, 1, 0}) == 0);
  CHECK(unforeseen_pixels({1, -1, 0, -1, 1}) == 2);
}

TEST_CASE("plain masks are blind where gated stacks see, at any depth", "[exhibit]") {
  for (const int blocks : {1, 5, 12}) {
    pixelcnn::Architecture plain{.gated = false, .hidden = 8, .blocks = blocks};
    pixelcnn::Architecture gated = plain;
    gated.gated = true;
    const int row = 14, column = 12, before = row * 28 + column;
    for (const auto& architecture : {plain, gated}) {
      const auto sight = sight_of(architecture, 28, 28, row, column);
      const int inside = count_of(sight, Sight::inside), beyond = count_of(sight, Sight::beyond),
                blind = count_of(sight, Sight::blind);
      CHECK(count_of(sight, Sight::itself) == 1);
      CHECK(count_of(sight, Sight::after) == 28 * 28 - 1 - before);
      CHECK(inside + beyond + blind == before);
      CHECK(inside > 0);
      if (architecture.gated)
        CHECK(blind == 0);
      else
        // To the right each row up sees one column more than the one below; the first layer sees three in all of its.
        CHECK(blind == 78);
    }
  }
}

TEST_CASE("pictures are shown by how much they surprise", "[exhibit]") {
  ScoredPictures scored;
  scored.indices = {4, 5, 6};
  scored.nats = {90, 120, 70};
  CHECK(ordered(scored, Order::as_they_come) == std::vector<int>{0, 1, 2});
  CHECK(ordered(scored, Order::most_surprising) == std::vector<int>{1, 0, 2});
  CHECK(ordered(scored, Order::least_surprising) == std::vector<int>{2, 0, 1});
}

TEST_CASE("completions, receptive fields, bits and filters answer the hand", "[window]") {
  const test::Display display;
  if (!display.available()) {
    WARN("no display and no Xvfb: the window is not tested");
    return;
  }
  const test::TemporaryFolder folder;
  // A dark stroke on white paper, to be dropped.
  Picture paper{40, 40, 1, std::vector<std::uint8_t>(1600, 255)};
  for (int y = 4; y < 20; ++y)
    for (int x = 18; x < 24; ++x) paper.pixels[static_cast<std::size_t>(y * 40 + x)] = 0;
  save_png(folder.file("stroke.png"), paper);
  std::ofstream(folder.file("script.txt")) << R"(
    wait-for run.step >= 20 within 300
    click transport.play
    wait-for run.playing == false

    click tab.complete
    wait-for complete.done == true within 120
    expect complete.exact == true
    expect complete.known == 392
    click complete.again
    wait-for complete.seed == 2
    wait-for complete.done == true within 120
    click complete.keep.1
    wait-for complete.exact == false
    drag complete.board 0.1 0.1 0.4 0.4
    wait-for complete.known < 392
    wait-for complete.done == true within 120
    click complete.next
    wait-for complete.picture == 1
    click complete.previous
    wait-for complete.picture == 0
    click complete.previous
    wait-for complete.picture == 1999
    click complete.source.1
    wait-for complete.source == drawn
    click complete.keep.0
    wait-frames 2
    drag complete.canvas 0.4 0.1 0.4 0.4
    wait-for complete.exact == true
    drop )" + folder.file("stroke.png") +
                                                  R"(
    wait-for complete.done == true within 120
    expect complete.source == drawn
    expect complete.ink > 300

    click tab.receptive_field
    wait-for field.done == true within 120
    expect field.inputs >= 64
    expect field.pixels_outside == 0
    expect field.blind == 78
    click field.scale.0
    click field.board
    wait-for field.column == 14
    wait-for field.done == true within 120
    click field.rebuild
    wait-for field.gated == true within 120
    wait-for field.done == true within 120
    expect field.pixels_outside == 0
    expect field.blind == 0

    click tab.bits
    wait-for bits.done == true within 120
    expect bits.count == 8
    click bits.class.4
    wait-for bits.label == 3 within 120
    wait-for bits.done == true within 120
    click bits.order.1
    hover bits.maps.2 0.5 0.5
    wait-for bits.hovered > 0
    expect bits.total > 10

    click tab.filters
    wait-for filters.taps == 21 within 60
    expect filters.kernel == 49
    expect filters.values == 336
    click filters.path.layers.0.horizontal.weight
    wait-for filters.taps == 3
    click filters.slot.2
    wait-for filters.slot == 2
    click filters.slot.1
    wait-for filters.slot == 1
    click filters.export
    wait-for notices.last contains layers.0.horizontal.weight-average.npy
    quit
  )";
  const std::string there =
      "-C " + folder.file("") + " DISPLAY=" + std::getenv("DISPLAY") + " XDG_STATE_HOME=" + folder.file("state");
  const auto answer = test::run_program("--data digits --script script.txt", there);
  INFO(answer.out << answer.err);
  CHECK(answer.status == 0);
  const auto kernels = read_npy(folder.file("layers.0.horizontal.weight-average.npy"));
  CHECK(kernels.shape == std::vector<std::int64_t>{3, 1, 16});
  const auto picture = load_picture(folder.file("layers.0.horizontal.weight-average.png"));
  CHECK(picture.channels == 4);
}
