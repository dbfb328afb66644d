// The GAN of the plane, as a user meets it; tests/peers/gan.py holds its steps against PyTorch's.
#include "tests/app/commands/program.h"
#include "tests/catch.h"

using namespace unveil;
using namespace unveil::test;

TEST_CASE("a GAN learns the ring, is judged, drawn from and resumed from the command line", "[commands]") {
  const TemporaryFolder folder;
  const auto save = folder.file("gan.safetensors");
  const auto trained = run_program("train gan --steps 400 --seed 1 --json --save " + save);
  REQUIRE(trained.status == 0);
  // Between the best judge's against no forger and the guess of one who knows nothing, 2 log 2.
  CHECK(trained.json()["metrics"]["discriminator_loss"] > 0.5);
  CHECK(trained.json()["metrics"]["discriminator_loss"] < 1.5);
  const auto judged = run_program("evaluate gan --json --load " + save);
  REQUIRE(judged.status == 0);
  CHECK(judged.json()["metrics"]["modes"] >= 4);
  CHECK(judged.json()["metrics"]["share_3_sigma"] > 0.05);
  for (const char* name : {"points.npy", "points.png"}) {
    const auto drawn = run_program("sample gan --count 50 --json --load " + save + " --out " + folder.file(name));
    REQUIRE(drawn.status == 0);
    CHECK(drawn.json()["points"] == 50);
  }
  // Half of them, then the rest: the same bits.
  const auto half = folder.file("half.safetensors"), whole = folder.file("whole.safetensors");
  REQUIRE(run_program("train gan --steps 200 --seed 1 --save " + half).status == 0);
  REQUIRE(run_program("train gan --steps 200 --resume " + half + " --save " + whole).status == 0);
  CHECK(run_program("evaluate gan --json --load " + whole).json()["metrics"] == judged.json()["metrics"]);
  const auto pictures = run_program("train gan --steps 1 --data digits");
  CHECK(pictures.one_line_error());
  CHECK_THAT(pictures.err, Contains("points of the plane are needed"));
  const auto moons = folder.file("moons.safetensors");
  REQUIRE(run_program("train gan --steps 5 --set hidden=8 --data moons --save " + moons).status == 0);
  const auto unknown = run_program("evaluate gan --load " + moons);
  CHECK(unknown.one_line_error());
  CHECK_THAT(unknown.err, Contains("ring"));
}
