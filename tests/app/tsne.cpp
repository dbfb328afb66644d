// The t-SNE stage: what it does without a window, and the real program driven by a script.
#include <cstdlib>
#include <fstream>

#include "app/tsne/board.h"
#include "app/tsne/compare.h"
#include "app/tsne/map.h"
#include "engine/data/csv.h"
#include "tests/app/commands/program.h"
#include "tests/app/display.h"
#include "tests/catch.h"
#include "tests/device.h"

using namespace unveil;

TEST_CASE("points are taken evenly from the whole", "[tsne][exhibit]") {
  const auto all = spread_items(5, 3000);
  CHECK(all == std::vector<int>{0, 1, 2, 3, 4});
  const auto some = spread_items(100'000, 4);
  CHECK(some == std::vector<int>{0, 25'000, 50'000, 75'000});
  CHECK(spread_items(10, 10).back() == 9);
}

TEST_CASE("a lasso holds what lies inside it, also where it is bent inwards", "[tsne][exhibit]") {
  const std::vector<ImVec2> hook{{0, 0}, {10, 0}, {10, 10}, {6, 10}, {6, 4}, {0, 4}};
  CHECK(inside_polygon(hook, {2, 2}));
  CHECK(inside_polygon(hook, {8, 8}));
  CHECK_FALSE(inside_polygon(hook, {2, 8}));
  CHECK_FALSE(inside_polygon(hook, {12, 2}));
}

TEST_CASE("perplexities fit the number of points", "[tsne][exhibit]") {
  CHECK(fitting_perplexity(30, 3000) == 30);
  for (const int count : {kTsneSmallest, 5, 20, 90}) {
    TsneOptions options;
    options.perplexity = fitting_perplexity(30, count);
    CHECK_NOTHROW(check_tsne(count, options));
    for (const double compared : compared_perplexities(count)) {
      options.perplexity = compared;
      CHECK_NOTHROW(check_tsne(count, options));
    }
  }
}

TEST_CASE("a comparison ends where a later one has begun, and leaves its maps alone", "[tsne][exhibit]") {
  const Model& model = find_model("pixelcnn");
  Run::Setup setup{&model, std::make_shared<const Dataset>(load_dataset("digits")),
                   KnobValues(model.declaration().knobs), 5};
  setup.knobs.apply(model.declaration().presets.front());
  Run run(test::device(), std::move(setup));
  auto points = std::make_shared<TsnePoints>();
  points->count = 16, points->dimensions = 2;
  for (int i = 0; i < 16; ++i) points->values.insert(points->values.end(), {static_cast<float>(i % 4), i / 4 * 0.7f});
  TsneOptions options;
  const auto mailbox = std::make_shared<Mailbox<std::shared_ptr<const Comparison>>>();
  const auto begin = [&] {
    return std::make_shared<ComparisonJob>(points, options, std::vector<LayoutPoint>{}, mailbox, [] {});
  };
  const auto first = begin(), second = begin();
  CHECK(first->advance(run));
  CHECK(second->advance(run));
  CHECK_FALSE(first->advance(run));
  CHECK(first->ended());
  // Every map takes three slices at least; how many it needs beyond is the machine's affair.
  for (int i = 0; i < 5; ++i) CHECK(second->advance(run));
  for (int i = 0; i < 15 && second->advance(run);) ++i;
  second->stop();
  CHECK_FALSE(second->advance(run));
  const auto last = mailbox->take();
  REQUIRE(last);
  CHECK_FALSE((*last)->maps.front().layout.empty());
}

TEST_CASE("the t-SNE stage follows a VAE that trains, and answers the hand", "[window]") {
  const test::Display display;
  if (!display.available()) {
    WARN("no display and no Xvfb: the window is not tested");
    return;
  }
  const test::TemporaryFolder folder;
  std::ofstream(folder.file("script.txt")) << R"(
    wait-for run.step >= 5 within 300
    click tab.t-sne
    click tsne.points.0
    wait-for tsne.count == 1000 within 60
    expect tsne.source == posterior_mean
    expect tsne.split == held-out
    wait-for tsne.iteration >= 40 within 60
    wait-for tsne.refreshes >= 1 within 60
    wait-for tsne.measured >= 0 within 60
    wait-for tsne.refreshes >= 3 within 60
    expect tsne.measured >= 0
    expect run.playing == true
    wait-for tsne.step > 5 within 60
    click transport.play
    wait-for run.playing == false
    drag tsne.perplexity 0.5 0.5 0.95 0.5
    wait-for tsne.perplexity > 60 within 30
    click tsne.source.1
    wait-for tsne.source == pixels within 60
    wait-for tsne.iteration >= 10 within 60
    click tsne.play
    wait-for tsne.resting == true within 30
    wait-for tsne.measured >= 0 within 30
    expect tsne.trustworthiness > 0.4
    wait 1
    click tsne.dot
    wait-for tsne.pinned >= 0
    click tsne.near.1
    click tsne.legend.3
    wait-for tsne.isolated == 3
    click tsne.legend.3
    wait-for tsne.isolated == -1
    scroll tsne.board 3
    double-click tsne.board
    hover tsne.board 0.3 0.3
    key ctrl+e
    wait-for notices.last contains tsne.png within 20
    drag tsne.board 0.05 0.05 0.95 0.05 0.95 0.95 0.05 0.95
    wait-for tsne.selected > 20
    hover tsne.row.1
    wait-for tsne.pointed >= 0
    wait-for tsne.hovered >= 0
    click tsne.row.1
    wait-for tsne.pinned >= 0
    click tsne.neighbours
    click tsne.list
    click tsne.export
    wait-for notices.last contains tsne-selection.csv within 20
    click tsne.row.1
    wait-for tsne.pinned == -1
    hover tsne.board 0.5 0.02
    key escape
    wait-for tsne.selected == 0
    click tsne.perturb
    wait-for tsne.resting == false within 20
    click tsne.compare
    wait-for tsne.comparing == true
    wait-for tsne.compare_begun >= 2 within 60
    click tsne.compare.1
    wait-for tsne.comparing == false
    wait-for tsne.perplexity == 5 within 30
    click tsne.compare
    wait-for tsne.compare_begun >= 2 within 60
    key r
    wait-for tsne.comparing == false within 30
    click tsne.compare
    wait-for tsne.compare_begun >= 3 within 60
    click tab.plane
    wait-for plane.ready == true within 60
    quit
  )";
  const std::string there =
      "-C " + folder.file("") + " DISPLAY=" + std::getenv("DISPLAY") + " XDG_STATE_HOME=" + folder.file("state");
  const auto answer = test::run_program("--exhibit vae --data digits --script script.txt", there);
  INFO(answer.out << answer.err);
  CHECK(answer.status == 0);
  const auto table = read_csv(folder.file("tsne.csv"));
  CHECK(table.columns == std::vector<std::string>{"item", "x", "y", "class"});
  CHECK(table.rows.size() == 1000);
}
