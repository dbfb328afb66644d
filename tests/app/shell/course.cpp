#include "app/shell/palette.h"
#include "engine/data/picture.h"
#include "tests/app/script.h"

using namespace unveil;
using unveil::test::run_script;
using unveil::test::TemporaryFolder;

namespace {

// Opens the list of everything and types into it.
std::string type(const std::string& letters) {
  return "key ctrl+k\nwait-for palette.shown == true\ntype \"" + letters + "\"\n";
}

}  // namespace

TEST_CASE("letters find what has them in their order, beginnings of words first", "[shell]") {
  CHECK(match("vp", "VAE plane").has_value());
  CHECK(match("lat", "Latent plane").has_value());
  CHECK_FALSE(match("tal", "Latent").has_value());
  CHECK_FALSE(match("x", "").has_value());
  CHECK(match("", "anything").has_value());
  // Together before scattered, the beginning of a word before its middle, all of it before a part.
  CHECK(*match("rate", "learning rate") > *match("rate", "reconstruction after time"));
  CHECK(*match("lr", "learning rate") > *match("lr", "colour"));
  CHECK(*match("plane", "plane") > *match("plane", "plane of codes"));
  CHECK(*match("fill", "Fill") > *match("fill", "fine illusion"));
}

TEST_CASE("the course lies one key away, is walked by arrows, and shows what was left as it was left", "[window]") {
  const TemporaryFolder folder;
  if (!run_script(folder, "--exhibit vae --size 1280x800", R"(
      wait-for run.build >= 1 within 120
      wait 4.5
      click rail.home
      wait-for shell.home == true
      expect card.vae contains "open, pretrained"
      expect card.cpc == "pretrained"
      expect card.gan == "learns when it is opened"
      expect course.selected == "vae"
      key right
      wait-for course.selected == "autoencoder"
      key left
      wait-for course.selected == "vae"
      screenshot course.png
      key enter
      wait-for shell.home == false
      expect shell.exhibit == "vae"
      key home
      wait-for shell.home == true
      key escape
      wait-for shell.home == false
      expect shell.exhibit == "vae"
      key home
      wait-for shell.home == true
      click course.gan
      wait-for shell.exhibit == "gan"
      wait-for run.build >= 1 within 60
      wait-for run.step > 5 within 60
      wait 4.5
      key home
      wait-for shell.home == true
      expect card.gan contains "paused at step"
      click course.gan
      wait-for transport.playing == true within 10
      quit)"))
    return;
  // Nothing else made these: each was kept when its exhibit was left.
  for (const char* name : {"vae", "gan"}) {
    const auto card = load_picture(folder.file(std::string("cache/unveil/cards/") + name + ".png"));
    CHECK(card.width == 720);
    CHECK(card.channels == 3);
  }
}

TEST_CASE("a few letters lead to an exhibit, a view, a preset, a knob, a lesson and a command", "[window]") {
  const TemporaryFolder folder;
  run_script(folder, "--exhibit vae --size 1280x800", R"(
      wait-for run.build >= 1 within 120
      )" + type("cpc info") + R"(
      wait-for palette.first == "InfoNCE"
      key enter
      wait-for shell.exhibit == "cpc"
      wait-for stage.tab == "InfoNCE"
      wait-for run.build >= 1 within 120
      )" + type("vae beta") + R"(
      wait-for palette.first == "beta"
      key enter
      wait-for shell.exhibit == "vae"
      wait-for knobs.lit == "beta" within 10
      )" + type("theme") + R"(
      wait-for palette.first == "Dark or light theme"
      expect shell.theme == "dark"
      key enter
      wait-for shell.theme == light
      )" + type("fold the") + R"(
      key enter
      wait-for shell.folded == true
      )" + type("zzzz") + R"(
      wait-for palette.found == 0
      key enter
      expect palette.shown == true
      key escape
      wait-for palette.shown == false
      expect shell.exhibit == "vae"
      )" + type("gan collapse") + R"(
      wait-for palette.first == "collapse"
      key enter
      wait-for shell.exhibit == "gan"
      wait-for model.preset contains "broken on purpose" within 60
      quit)");
}
