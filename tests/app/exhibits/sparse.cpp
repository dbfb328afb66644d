// The sparse coding exhibit: what it computes of codes, and the real program driven by a script.
#include <cmath>
#include <cstdlib>
#include <fstream>

#include "app/exhibits/sparse/coding.h"
#include "app/exhibits/sparse/whole_picture.h"
#include "engine/data/npy.h"
#include "engine/data/philox.h"
#include "engine/data/picture.h"
#include "tests/app/commands/program.h"
#include "tests/app/display.h"
#include "tests/catch.h"

using namespace unveil;

namespace {

// Unit-norm atoms drawn at random, and a patch made of two of them.
sparse::Dictionary random_dictionary(int atoms, int pixels) {
  PhiloxStream stream(3, 0, 0, 0x61746f6d);
  sparse::Dictionary dictionary{atoms, pixels, {}};
  for (int k = 0; k < atoms; ++k) {
    std::vector<float> atom;
    float squares = 0;
    for (int p = 0; p < pixels; ++p) atom.push_back(stream.normal()), squares += atom.back() * atom.back();
    for (const float v : atom) dictionary.values.push_back(v / std::sqrt(squares));
  }
  return dictionary;
}

std::vector<float> mixture(const sparse::Dictionary& dictionary) {
  std::vector<float> code(static_cast<std::size_t>(dictionary.atoms));
  code[2] = 5, code[7] = -3;
  return sparse::reconstruct(dictionary, code);
}

}  // namespace

TEST_CASE("an atom that is off stays off, others pay for it", "[exhibit]") {
  const auto dictionary = random_dictionary(24, 16);
  const auto patch = mixture(dictionary);
  const sparse::Inference inference{.lambda = 0.1};
  const auto free = trace_held(dictionary, patch, inference, {}, 200);
  CHECK(free.steps.back().after[2] > 4);
  const auto broken = trace_held(dictionary, patch, inference, {{2, 0.0f}}, 200);
  for (const auto& step : broken.steps) CHECK(step.after[2] == 0);
  CHECK(broken.steps.back().objective > free.steps.back().objective);
  CHECK(broken.steps.back().active > free.steps.back().active);
}

TEST_CASE("a held coefficient counts in the objective of the whole code", "[exhibit]") {
  const auto dictionary = random_dictionary(24, 16);
  const auto patch = mixture(dictionary);
  const sparse::Inference inference{.lambda = 0.3};
  const auto trace = trace_held(dictionary, patch, inference, {{4, 2.0f}}, 50);
  for (const auto& step : {trace.steps.front(), trace.steps.back()}) {
    CHECK(step.after[4] == 2);
    const auto quality = sparse::code_quality(dictionary, patch, step.after, inference);
    CHECK(step.objective == Approx(quality.objective).epsilon(1e-4));
    CHECK(step.active == quality.active);
  }
}

TEST_CASE("a code is assembled from nothing to the whole, each atom leaving less", "[exhibit]") {
  Coding coding;
  coding.dictionary = random_dictionary(24, 16);
  coding.patch = mixture(coding.dictionary);
  std::vector<float> code(24);
  code[2] = 5, code[7] = -3;
  const auto assembly = assemble(coding, code);
  CHECK(assembly.order == std::vector<int>{2, 7});
  REQUIRE(assembly.partial.size() == 3);
  for (const float v : assembly.partial.front()) CHECK(v == 0);
  for (std::size_t p = 0; p < coding.patch.size(); ++p)
    CHECK(assembly.partial.back()[p] == Approx(coding.patch[p]).margin(1e-5));
}

TEST_CASE("usage over time is thinned, and begins anew where a run does", "[exhibit]") {
  UsageHistory history;
  for (int step = 0; step < 5000; ++step) history.add(step, {static_cast<float>(step)});
  CHECK(history.steps.size() <= UsageHistory::kMost + 1);
  CHECK(history.steps.back() == 4999);
  for (std::size_t i = 1; i < history.steps.size(); ++i) CHECK(history.steps[i] > history.steps[i - 1]);
  CHECK(history.usage[7].front() == Approx(history.steps[7]));
  history.add(0, {1.0f});
  CHECK(history.steps == std::vector<double>{0});
}

TEST_CASE("the prices tried span the axis from its greatest end to its smallest", "[exhibit]") {
  CHECK(PriceCurve::lambda(0) == Approx(PriceCurve::kHighest));
  CHECK(PriceCurve::lambda(PriceCurve::kPoints - 1) == Approx(PriceCurve::kLowest));
  CHECK(PriceCurve::position(PriceCurve::lambda(PriceCurve::kPoints / 2)) == Approx(0.5));
}

TEST_CASE("atoms, codes and whole pictures answer the hand while the dictionary learns", "[window]") {
  const test::Display display;
  if (!display.available()) {
    WARN("no display and no Xvfb: the window is not tested");
    return;
  }
  const test::TemporaryFolder folder;
  Picture stripes{60, 48, 1, {}}, flat{60, 48, 1, std::vector<std::uint8_t>(60 * 48, 128)};
  for (int y = 0; y < 48; ++y)
    for (int x = 0; x < 60; ++x) stripes.pixels.push_back((x + y) / 9 % 2 == 0 ? 230 : 20);
  save_png(folder.file("stripes.png"), stripes);
  save_png(folder.file("flat.png"), flat);
  std::ofstream(folder.file("script.txt")) << R"(
    wait-for run.step >= 20 within 300
    wait-for atoms.ready == true within 120
    expect sparse.atoms == 192
    expect sparse.size == 12
    expect atoms.norm < 1.001
    click atoms.sort.2
    click atoms.sort.0
    click atoms.grid.3
    wait-for atoms.chosen >= 0
    click atoms.space.1
    wait-for atoms.as_pictures == true within 60
    click atoms.space.0
    hover atoms.grid 0.5 0.5
    key ctrl+e
    wait-for notices.last contains atoms.npy within 20
    click atoms.what.1
    click pca.grid.5
    wait-for atoms.component == 5
    click atoms.what.0
    wait-for held_out.count >= 1 within 120
    click transport.play
    wait-for run.playing == false

    click tab.code
    wait-for code.ready == true within 60
    click code.speed.2
    wait-for code.iteration == 100
    expect code.active >= 1
    click code.bar.0
    wait-for code.held == 1 within 60
    expect code.playing == false
    click code.bars
    wait-for code.held >= 1
    click code.solver.1
    click code.speed.0
    wait-for code.iteration >= 2 within 20
    click code.play
    hover code.price
    wait-for code.lit == 2
    click code.next
    wait-for code.scene == 1 within 60
    click code.photo
    wait-for code.x >= 245 within 60
    wait-for code.x <= 255 within 60
    expect code.y >= 245
    expect code.y <= 255
    expect code.held == 0
    drop flat.png
    wait-for notices.last contains "is flat" within 20
    drop stripes.png
    wait-for code.dropped == true within 60

    click tab.picture
    wait-for picture.ready == true within 120
    expect picture.dropped == true
    expect picture.stride == 6
    wait-for picture.points == 13 within 120
    drag picture.lambda 0.55 0.5 0.9 0.5
    wait-for picture.lambda > 5 within 60
    wait-for picture.ready == true within 120
    expect picture.l0 < 8
    hover picture.curve 0.5 0.5
    key ctrl+e
    wait-for notices.last contains lambda.csv within 20
    click picture.space.1
    wait-for picture.ready == true within 120

    click tab.atoms
    expect atoms.lengths == false
    click broken.norm
    wait-for atoms.norm > 1.01 within 120
    expect atoms.lengths == true
    wait-for status.rate contains "patches/s" within 20
    quit
  )";
  const std::string there =
      "-C " + folder.file("") + " DISPLAY=" + std::getenv("DISPLAY") + " XDG_STATE_HOME=" + folder.file("state");
  const auto answer = test::run_program("--exhibit sparse --data leaves --script script.txt", there);
  INFO(answer.out << answer.err);
  CHECK(answer.status == 0);
  CHECK(read_npy(folder.file("atoms.npy")).shape == std::vector<std::int64_t>{192, 12, 12});
}
