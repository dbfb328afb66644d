// Pictures of every tab of every exhibit at two sizes of the window. Nothing trains: what is shown is the pretrained
// models, or the initial weights of those that have none, brought to rest.
#include <fmt/format.h>
#include <imgui.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>

#include "app/assets.h"
#include "app/exhibit/exhibit.h"
#include "app/widgets/marks.h"
#include "engine/data/picture.h"
#include "engine/models/model.h"
#include "tests/app/commands/program.h"
#include "tests/app/display.h"
#include "tests/catch.h"
#include "tests/golden/golden.h"

namespace unveil {
namespace {

constexpr struct { int width, height; } kSizes[] = {{1440, 900}, {1024, 768}};
constexpr int kShrink = 4;          // screen pixels per kept pixel, each way
constexpr int kBlock = 8;           // kept pixels per block that is compared, each way
constexpr double kMostDiffers = 6;  // of 255, mean over a block: a caret in one makes 3, text moved by a line 20

// What a tab needs until it shows the same every time.
const std::map<std::string, std::string> kRest = {
    {"pixelcnn/Fill",
     "wait-for samples.count == 64 within 120\n click fill.grid.0\n click fill.speed.2\n wait-for fill.done == true"},
    {"pixelcnn/Complete", "wait-for complete.done == true within 120"},
    {"pixelcnn/Receptive field", "wait-for field.done == true within 120"},
    {"pixelcnn/Bits", "wait-for bits.done == true within 120"},
    {"pixelcnn/Filters", "wait-for filters.values >= 1 within 120"},
    {"vae/Plane",
     "wait-for plane.ready == true within 120\n click plane.board\n wait-for plane.followed == true within 30"},
    {"vae/Path", "wait-for path.ready == true within 120\n click path.strip.0\n wait-for path.playing == false"},
    {"vae/Latents", "wait-for latents.ready == true within 120"},
    {"vae/Filters", "wait-for filters.kernel == 784 within 120"},
    {"sparse/Atoms",
     "wait-for atoms.ready == true within 120\n wait-for fits.good >= 0 within 120\n wait-for survey.l0 > 0 within "
     "120\n wait-for pca.good >= 0 within 120"},
    {"sparse/Code", "wait-for code.ready == true within 120\n click code.speed.2\n wait-for code.iteration == 100"},
    {"sparse/Picture", "wait-for picture.ready == true within 120\n wait-for picture.points == 13 within 120"},
    {"cpc/Recording", "wait-for recording.ready == true within 120"},
    {"cpc/InfoNCE", "wait-for infonce.ready == true within 120"},
    {"cpc/Probe", "wait-for probe.ready == true within 240"},
    {"cpc/First layer", "wait-for first_layer.ready == true within 120"},
    {"cpc/Filters", "wait-for filters.kernel == 10 within 120"},
    {"autoencoder/Reconstructions",
     "wait-for reconstructions.ready == true within 60\n wait-for reconstructions.control > 1 within 60"},
    {"autoencoder/Filters", "wait-for filters.kernel == 784 within 120"},
    {"gan/Plane", "wait-for plane.ready == true within 60\n click plane.noise\n wait-for plane.followed == true"},
    {"gan/Filters", "wait-for filters.values >= 1 within 120"},
};
// Of every exhibit that has it. How the dots lie is left to tests/tsne.
constexpr const char* kTsneRest =
    "wait-for tsne.ready == true within 120\n click tsne.play\n wait-for tsne.resting == true within 60";
// What differs from run to run.
constexpr const char* kMasked[] = {"status", "tsne.board", "tsne.numbers", "tsne.curve"};

struct Shot {
  std::string name;  // "vae-plane-1440"
  Picture picture;   // grey, kShrink times smaller
};

std::string mark_of(std::string label) {
  for (char& c : label) c = c == ' ' ? '_' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return label;
}

std::string rest_of(const std::string& exhibit, const std::string& tab) {
  if (tab == "t-SNE") return kTsneRest;
  const auto found = kRest.find(exhibit + "/" + tab);
  INFO("what brings the tab " << tab << " of " << exhibit << " to rest is to be told in tests/golden/window.cpp");
  REQUIRE(found != kRest.end());
  return found->second;
}

// Visits every tab; after every screenshot the rectangles on the screen are printed, after its name.
std::string script(std::vector<std::string>& names) {
  std::ostringstream out;
  for (const auto& entry : registered_exhibits()) {
    const std::string exhibit(entry.name);
    out << "click rail." << exhibit << "\nwait-for run.build >= 1 within 300\n";
    // What has no pretrained model learns already: back to its initial weights.
    if (pretrained_asset(exhibit).empty())
      out << "wait-for run.playing == true within 60\nclick transport.play\nwait-for run.playing == false\n"
          << "click transport.reset\nwait-for run.build >= 2 within 60\nwait-for run.step == 0\n";
    if (!find_model(exhibit).declaration().held_out.metric.empty())
      out << "wait-for held_out.count >= 1 within 120\n";
    for (const auto& tab : entry.make()->tabs()) {
      out << "click tab." << mark_of(tab) << "\nwait-for stage.tab == \"" << tab << "\"\n"
          << rest_of(exhibit, tab) << '\n';
      for (const auto size : kSizes) {
        names.push_back(fmt::format("{}-{}-{}", exhibit, mark_of(tab), size.width));
        out << fmt::format("resize {} {}\nwait-for shell.width == {}\n", size.width, size.height, size.width)
            << "hover stage 0.995 0.005\nwait 0.2\nwait-for shell.still == true\n"
            << "screenshot " << names.back() << ".png\nprint stage.tab\nmarks\n";
      }
      out << fmt::format("resize {} {}\n", kSizes[0].width, kSizes[0].height);
    }
  }
  out << "quit\n";
  return out.str();
}

// The rectangles to mask, of each screenshot in turn.
std::vector<std::vector<MarkRect>> masks(const std::string& printed) {
  std::vector<std::vector<MarkRect>> all;
  std::istringstream in(printed);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("stage.tab = ")) all.emplace_back();
    std::istringstream words(line);
    std::string name;
    MarkRect rect;
    if (all.empty() || !(words >> name >> rect.min.x >> rect.min.y >> rect.max.x >> rect.max.y)) continue;
    if (std::find(std::begin(kMasked), std::end(kMasked), name) != std::end(kMasked)) all.back().push_back(rect);
  }
  return all;
}

Picture shrunk(const Picture& whole, const std::vector<MarkRect>& masked) {
  auto grey = to_grey(whole);
  for (const auto& [min, max] : masked)
    for (int y = std::max(0, static_cast<int>(min.y));
         y < std::min<int>(whole.height, static_cast<int>(std::ceil(max.y))); ++y)
      for (int x = std::max(0, static_cast<int>(min.x));
           x < std::min<int>(whole.width, static_cast<int>(std::ceil(max.x))); ++x)
        grey[static_cast<std::size_t>(y * whole.width + x)] = 0;
  Picture small{whole.width / kShrink, whole.height / kShrink, 1, {}};
  for (int y = 0; y < small.height; ++y)
    for (int x = 0; x < small.width; ++x) {
      double sum = 0;
      for (int i = 0; i < kShrink * kShrink; ++i)
        sum += grey[static_cast<std::size_t>((y * kShrink + i / kShrink) * whole.width + x * kShrink + i % kShrink)];
      small.pixels.push_back(static_cast<std::uint8_t>(std::lround(255 * sum / (kShrink * kShrink))));
    }
  return small;
}

// The mean difference in the block where it is largest, and where that is on the screen.
struct Difference {
  double mean = 0;
  int x = 0, y = 0;
};
Difference difference(const Picture& kept, const Picture& found) {
  if (kept.width != found.width || kept.height != found.height) return {255, 0, 0};
  Difference most;
  for (int top = 0; top < kept.height; top += kBlock)
    for (int left = 0; left < kept.width; left += kBlock) {
      double sum = 0;
      int count = 0;
      for (int y = top; y < std::min(top + kBlock, kept.height); ++y)
        for (int x = left; x < std::min(left + kBlock, kept.width); ++x, ++count) {
          const auto i = static_cast<std::size_t>(y * kept.width + x);
          sum += std::abs(kept.pixels[i] - found.pixels[i]);
        }
      if (sum / count > most.mean) most = {sum / count, left * kShrink, top * kShrink};
    }
  return most;
}

}  // namespace

TEST_CASE("every tab of every exhibit looks as it did", "[golden][window]") {
  const test::Display display;
  if (!display.available()) {
    WARN("no display and no Xvfb: the window is not tested");
    return;
  }
  // Another version sets type another way, and everything beside it moves.
  constexpr std::string_view kKeptWith = "1.86";
  if (kKeptWith != IMGUI_VERSION) {
    WARN("pictures are kept as Dear ImGui " << kKeptWith << " draws them: not compared with those of "
                                            << IMGUI_VERSION);
    return;
  }
  const test::TemporaryFolder folder;
  std::vector<std::string> names;
  std::ofstream(folder.file("script.txt")) << script(names);
  const auto answer = test::run_program(
      "--theme dark --scale 1 --size 1440x900 --script script.txt",
      "-C " + folder.file("") + " DISPLAY=" + std::getenv("DISPLAY") + " XDG_STATE_HOME=" + folder.file("state"));
  INFO(answer.err);
  REQUIRE(answer.status == 0);
  const auto masked = masks(answer.out);
  REQUIRE(masked.size() == names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto picture = shrunk(load_picture(folder.file(names[i] + ".png")), masked[i]);
    const auto path = test::golden_path("window/" + names[i] + ".png");
    if (test::renewing()) {
      std::filesystem::create_directories(path.parent_path());
      if (!std::filesystem::exists(path) || difference(load_picture(path), picture).mean > 0) save_png(path, picture);
      continue;
    }
    INFO(names[i]);
    REQUIRE(std::filesystem::exists(path));
    const auto most = difference(load_picture(path), picture);
    if (most.mean > kMostDiffers) {
      const auto there = std::filesystem::temp_directory_path() / ("unveil-" + names[i] + ".png");
      std::filesystem::copy_file(folder.file(names[i] + ".png"), there,
                                 std::filesystem::copy_options::overwrite_existing);
      FAIL_CHECK(names[i] << ": differs by " << most.mean << " around (" << most.x << ", " << most.y
                          << "); as it is now: " << there.string());
    }
  }
}

}  // namespace unveil
