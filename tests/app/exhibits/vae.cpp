// The VAE exhibit: what it computes of codes, and the real program driven by a script.
#include <cmath>
#include <cstdlib>
#include <fstream>

#include "app/exhibits/vae/atlas.h"
#include "engine/data/philox.h"
#include "engine/data/picture.h"
#include "tests/app/commands/program.h"
#include "tests/app/display.h"
#include "tests/catch.h"

using namespace unveil;

TEST_CASE("with two latents the plane is the latent space itself", "[exhibit]") {
  const auto basis = plane_basis(std::vector<float>{3, 1, -2, 5}, 2, {});
  CHECK(basis.point(0.25f, -1.5f) == std::vector<float>{0.25f, -1.5f});
  float u = 0, v = 0;
  basis.project(std::vector<float>{2, -3}, u, v);
  CHECK(u == 2);
  CHECK(v == -3);
}

TEST_CASE("with more latents the plane holds the two directions of greatest variance", "[exhibit]") {
  // Variances 9 and 4 along two orthogonal diagonals, 0.01 elsewhere; far from the origin, which must not matter.
  constexpr int kLatent = 5, kCount = 3000;
  PhiloxStream stream(7, 0, 0, 0x706c616e);
  std::vector<float> codes;
  const float diagonal = std::sqrt(0.5f);
  for (int i = 0; i < kCount; ++i) {
    const float a = 3 * stream.normal(), b = 2 * stream.normal();
    codes.push_back(40 + 0.1f * stream.normal());
    codes.push_back(diagonal * (a + b));
    codes.push_back(0.1f * stream.normal());
    codes.push_back(diagonal * (a - b));
    codes.push_back(0.1f * stream.normal());
  }
  const auto basis = plane_basis(codes, kLatent, {});
  const auto dot = [](const std::vector<float>& x, const std::vector<float>& y) {
    double sum = 0;
    for (std::size_t j = 0; j < x.size(); ++j) sum += static_cast<double>(x[j]) * y[j];
    return sum;
  };
  CHECK(std::abs(dot(basis.first, {0, diagonal, 0, diagonal, 0})) > 0.999);
  CHECK(std::abs(dot(basis.second, {0, diagonal, 0, -diagonal, 0})) > 0.999);
  CHECK(std::abs(dot(basis.first, basis.second)) < 1e-5);
  // From where it was before, the axes keep their signs.
  PlaneBasis before = basis;
  for (auto& x : before.first) x = -x;
  CHECK(dot(plane_basis(codes, kLatent, before).first, basis.first) < -0.999);
}

TEST_CASE("the picture decoded nearest to a point is that of the cell it lies in", "[exhibit]") {
  Atlas atlas;
  atlas.radius = 4, atlas.height = 1, atlas.width = 2;
  atlas.manifold.resize(2 * Atlas::kGrid * Atlas::kGrid);
  // The cell of the third column from the left and the second row from the top.
  const std::size_t cell = 1 * Atlas::kGrid + 2;
  atlas.manifold[2 * cell] = 255, atlas.manifold[2 * cell + 1] = 51;
  CHECK(atlas.nearest_decoded(-2.75f, 3.25f) == std::vector<float>{1, 0.2f});
  CHECK(atlas.nearest_decoded(-2.75f, -3.25f) == std::vector<float>{0, 0});
  CHECK_NOTHROW(atlas.nearest_decoded(4, -4));
}

TEST_CASE("a collapsed posterior still has a plane", "[exhibit]") {
  const auto basis = plane_basis(std::vector<float>(4 * 10), 4, {});
  double first = 0, second = 0;
  for (int j = 0; j < 4; ++j) {
    const auto k = static_cast<std::size_t>(j);
    first += basis.first[k] * basis.first[k], second += basis.second[k] * basis.second[k];
  }
  CHECK(first == Approx(1));
  CHECK(second == Approx(1));
}

TEST_CASE("the latent plane, paths and latents answer the hand while the VAE trains", "[window]") {
  const test::Display display;
  if (!display.available()) {
    WARN("no display and no Xvfb: the window is not tested");
    return;
  }
  const test::TemporaryFolder folder;
  // A dark stroke on white paper, to be dropped.
  Picture paper{40, 40, 1, std::vector<std::uint8_t>(1600, 255)};
  for (int y = 8; y < 32; ++y)
    for (int x = 18; x < 24; ++x) paper.pixels[static_cast<std::size_t>(y * 40 + x)] = 0;
  save_png(folder.file("stroke.png"), paper);
  std::ofstream(folder.file("script.txt")) << R"(
    wait-for run.step >= 30 within 300
    wait-for plane.ready == true within 60
    expect atlas.count == 2000
    drag plane.board 0.5 0.5 0.75 0.25
    expect plane.touched == true
    wait-for plane.followed == true
    expect plane.u > 1
    expect plane.v > 1
    drag plane.board 0.75 0.25 0.25 0.75
    wait-for plane.followed == true
    expect plane.u < -1
    expect plane.v < -1
    wait-for atlas.step >= 60 within 120
    click plane.manifold
    click plane.ellipses
    click transport.play
    wait-for run.playing == false
    hover plane.board 0.5 0.5
    hover plane.board 0.51 0.51

    click tab.path
    wait-for path.ready == true within 60
    expect path.a == 0
    click path.a.next
    wait-for path.a == 1 within 20
    click path.b.previous
    wait-for path.b == 2 within 20
    click path.way.1
    wait-for path.spherical == true within 20
    click path.strip.0
    wait-for path.playing == false
    expect path.frame == 0
    drop stroke.png
    wait-for path.a.ink > 40 within 20
    wait-for path.ready == true within 20
    hover path.picture 0.5 0.5
    key ctrl+e
    wait-for notices.last contains path.gif within 20

    click tab.latents
    wait-for latents.ready == true within 60
    drag latents.z1 0.5 0.5 0.9 0.5
    wait-for latents.z1 > 2
    wait-for latents.followed == true within 20
    click latents.picture
    wait-for latents.picture_index == 0 within 20
    click latents.epsilon
    wait-for latents.epsilon_number == 1 within 20
    click latents.freeze
    wait-for latents.epsilon_number >= 3 within 20
    click latents.freeze
    wait-for latents.frozen == true
    click latents.origin
    wait-for latents.z1 == 0

    click tab.filters
    wait-for filters.kernel == 784 within 20
    click filters.path.decoder.pixels.weight
    wait-for filters.path == decoder.pixels.weight within 20
    expect filters.kernel == 784
    click filters.next

    click tab.plane
    expect timeline.quantity contains ELBO
    click twin.autoencoder
    wait-for vae.variational == false within 120
    wait-for timeline.quantity contains reconstruction within 60
    wait-for plane.kept == true within 60
    wait-for plane.ready == true within 60
    drag plane.board 0.5 0.5 0.6 0.4
    wait-for plane.kept_ink > 10
    quit
  )";
  const std::string there =
      "-C " + folder.file("") + " DISPLAY=" + std::getenv("DISPLAY") + " XDG_STATE_HOME=" + folder.file("state");
  const auto answer = test::run_program("--exhibit vae --data digits --script script.txt", there);
  INFO(answer.out << answer.err);
  CHECK(answer.status == 0);
  std::ifstream gif(folder.file("path.gif"), std::ios::binary);
  std::string magic(6, ' ');
  gif.read(magic.data(), 6);
  CHECK(magic == "GIF89a");
}

TEST_CASE("a checkpoint of another exhibit takes the window there", "[window]") {
  const test::Display display;
  if (!display.available()) {
    WARN("no display and no Xvfb: the window is not tested");
    return;
  }
  const test::TemporaryFolder folder;
  const std::string environment =
      "-C " + folder.file("") + " DISPLAY=" + std::getenv("DISPLAY") + " XDG_STATE_HOME=" + folder.file("state");
  const auto trained = test::run_program("train vae --data digits --steps 3 --set hidden=16 --save made.safetensors",
                                         "-C " + folder.file(""));
  REQUIRE(trained.status == 0);
  std::ofstream(folder.file("script.txt")) << R"(
    wait-for run.build >= 1 within 60
    wait-for model.identity contains "pretrained" within 20
    drop made.safetensors
    wait-for leave.shown == true within 10
    expect leave.question contains "checkpoint of VAE"
    click leave.open
    wait-for notices.last contains "step 3 on digits" within 60
    wait-for plane.ready == true within 60
    expect run.step == 3
    expect run.playing == false
    wait-for model.identity contains "made.safetensors"
    expect model.identity contains "3 steps"
    click transport.play
    wait-for run.step >= 5 within 60
    drop made.safetensors
    wait-for run.step == 3 within 60
    wait 1
    expect run.step == 3
    expect run.playing == false
    quit
  )";
  const auto answer = test::run_program("--exhibit pixelcnn --script script.txt", environment);
  INFO(answer.out << answer.err);
  CHECK(answer.status == 0);
  // The command line alone finds the exhibit likewise.
  std::ofstream(folder.file("load.txt")) << R"(
    wait-for run.build >= 1 within 60
    expect shell.exhibit == vae
    quit
  )";
  const auto loaded = test::run_program("--load made.safetensors --script load.txt", environment);
  INFO(loaded.out << loaded.err);
  CHECK(loaded.status == 0);
}
