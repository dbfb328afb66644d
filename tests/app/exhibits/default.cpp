// Exhibits that a model folder alone makes, and the plane of models of points.
#include <fstream>

#include "app/exhibit/exhibit.h"
#include "engine/data/picture.h"
#include "engine/models/model.h"
#include "tests/app/script.h"

using namespace unveil;
using namespace unveil::test;

TEST_CASE("every model has one exhibit", "[exhibit]") {
  for (const auto* model : registered_models()) {
    int exhibits = 0;
    for (const auto& entry : registered_exhibits()) {
      if (entry.name != model->declaration().name) continue;
      ++exhibits;
      const auto exhibit = entry.make();
      INFO(entry.name);
      CHECK(!exhibit->title().empty());
      CHECK(!exhibit->description().empty());
      CHECK(!exhibit->reference().empty());
      CHECK(!exhibit->tabs().empty());
      // One sentence a tab, of one line.
      for (int tab = 0; tab < static_cast<int>(exhibit->tabs().size()); ++tab) {
        CHECK(!exhibit->hint(tab).empty());
        CHECK(exhibit->hint(tab).size() <= 100);
      }
      CHECK(!exhibit->explanation().empty());
    }
    CHECK(exhibits == 1);
  }
}

TEST_CASE("the default exhibit reconstructs pictures and a drawing while its model learns", "[window]") {
  const TemporaryFolder folder;
  // A stroke, to be dropped.
  Picture paper{40, 40, 1, std::vector<std::uint8_t>(1600, 255)};
  for (int y = 8; y < 32; ++y)
    for (int x = 18; x < 24; ++x) paper.pixels[static_cast<std::size_t>(y * 40 + x)] = 0;
  save_png(folder.file("stroke.png"), paper);
  run_script(folder, "--exhibit autoencoder --data digits", R"(
    wait-for run.step >= 20 within 300
    wait-for reconstructions.step >= 20 within 60
    wait-for held_out.count >= 1 within 60
    wait-for reconstructions.control > 1 within 60
    click reconstructions.next
    hover reconstructions.pairs 0.1 0.1
    drag reconstructions.canvas 0.2 0.2 0.8 0.3
    drop stroke.png
    wait-for reconstructions.drawn_error > 5 within 20
    click transport.play
    wait-for run.playing == false
    click tab.filters
    wait-for filters.kernel == 784 within 20
    quit
  )");
}

TEST_CASE("pictures in colour are shown, drawn on with coloured ink and met by coloured weights", "[window]") {
  const TemporaryFolder folder;
  // CIFAR's format: plain pictures of many colours.
  std::ofstream batch(folder.file("data_batch_1.bin"), std::ios::binary);
  for (int i = 0; i < 200; ++i) {
    batch.put(static_cast<char>(i % 10));
    for (const int level : {i, 37 * i, 101 * i}) batch << std::string(1024, static_cast<char>(level));
  }
  batch.close();
  save_png(folder.file("red.png"), {2, 1, 3, {255, 0, 0, 200, 0, 0}});
  run_script(folder, "--exhibit autoencoder --data data_batch_1.bin", R"(
    wait-for run.step >= 20 within 300
    wait-for reconstructions.step >= 20 within 60
    wait-for reconstructions.control >= 0 within 120
    click reconstructions.canvas.ink.1
    drag reconstructions.canvas 0.2 0.2 0.8 0.3
    drop red.png
    wait-for reconstructions.drawn_error > 5 within 20
    click transport.play
    wait-for run.playing == false
    click tab.filters
    wait-for filters.kernel == 1024 within 20
    hover filters.view 0.5 0.5
    click filters.path.picture.weight
    wait-for filters.path == picture.weight within 20
    quit
  )");
}

TEST_CASE("points are made and judged in the plane, and collapse on purpose", "[window]") {
  const TemporaryFolder folder;
  std::ofstream(folder.file("own.csv")) << "x,y\n"
                                        << [] {
                                             std::string rows;
                                             for (int i = 0; i < 100; ++i)
                                               rows += std::to_string(i % 10) + "," + std::to_string(i / 10) + "\n";
                                             return rows;
                                           }();
  run_script(folder, "--exhibit gan", R"(
    wait-for run.step >= 50 within 300
    wait-for plane.ready == true within 60
    wait-for plane.step >= 60 within 60
    hover plane.board 0.5 0.5
    drag plane.noise 0.5 0.5 0.9 0.1
    click plane.sheet
    click plane.arrows
    hover plane.board 0.5 0.5
    key ctrl+e
    wait-for notices.last contains plane.csv within 20
    click broken.collapse
    wait-for knob.learning_rate == 0.008 within 20
    drop own.csv
    wait-for run.build == 3 within 60
    wait-for plane.ready == true within 60
    quit
  )");
  std::ifstream csv(folder.file("plane.csv"));
  std::string header;
  std::getline(csv, header);
  CHECK(header == "x,y");
}
