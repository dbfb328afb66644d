// The CPC exhibit: what it computes beside the engine, and the real program driven by a script.
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <numbers>

#include "app/exhibits/cpc/filters.h"
#include "app/exhibits/cpc/probing.h"
#include "app/exhibits/cpc/tab.h"
#include "engine/data/npy.h"
#include "tests/app/commands/program.h"
#include "tests/app/display.h"
#include "tests/catch.h"

using namespace unveil;

TEST_CASE("a true code among equals is one of N; one that scores higher is found", "[exhibit]") {
  CHECK(standing(std::vector<float>{2, 2, 2, 2}).probability == Approx(0.25));
  CHECK(standing(std::vector<float>{2, 2, 2, 2}).rank == 1);
  const auto found = standing(std::vector<float>{100, 0, 1});
  CHECK(found.rank == 1);
  CHECK(found.probability == Approx(1));
  const auto lost = standing(std::vector<float>{0, 3, -1, 5});
  CHECK(lost.rank == 3);
  CHECK(lost.probability == Approx(1 / (1 + std::exp(3.0) + std::exp(-1.0) + std::exp(5.0))));
}

TEST_CASE("a filter's peak is where its response is largest, also beside a notch", "[exhibit]") {
  constexpr int kTaps = 40, kRate = 8000;
  std::vector<float> weights(kTaps * 2);
  for (int i = 0; i < kTaps; ++i) {
    const double window = std::pow(std::sin(std::numbers::pi * (i + 0.5) / kTaps), 2);
    weights[static_cast<std::size_t>(2 * i)] =
        static_cast<float>(window * std::cos(2 * std::numbers::pi * 1000 * i / kRate));
    weights[static_cast<std::size_t>(2 * i + 1)] =
        static_cast<float>(window * std::sin(2 * std::numbers::pi * 3000 * i / kRate));
  }
  const auto filters = first_filters(weights, kTaps, 2, kRate);
  REQUIRE(filters.size() == 2);
  CHECK(filters[0].peak == Approx(1000).margin(30));
  CHECK(filters[1].peak == Approx(3000).margin(30));
  // Two bands with nothing between: the peak is in the stronger one, not in the notch where their mass would be.
  std::vector<float> two(kTaps);
  for (int i = 0; i < kTaps; ++i) {
    const double window = std::pow(std::sin(std::numbers::pi * (i + 0.5) / kTaps), 2);
    two[static_cast<std::size_t>(i)] =
        static_cast<float>(window * (1.1 * std::cos(2 * std::numbers::pi * 500 * i / kRate) +
                                     std::cos(2 * std::numbers::pi * 2500 * i / kRate)));
  }
  const auto both = first_filters(two, kTaps, 1, kRate)[0];
  CHECK(both.peak == Approx(500).margin(30));
  const auto at_peak =
      both.response[static_cast<std::size_t>(std::lround(both.peak / (kRate / 2.0) * (kResponse - 1)))];
  for (const float response : both.response) CHECK(response <= 1.02f * at_peak);
  // Over bands the peak is a place.
  CHECK(first_filters(std::vector<float>{0, 0, 2, 0, 0}, 5, 1, 0)[0].peak == Approx(2));
  CHECK(first_filters(std::vector<float>(5), 5, 1, 0)[0].peak == 0);
}

TEST_CASE("codes that no probe can be fitted on are a problem in words", "[exhibit]") {
  auto data = std::make_shared<Dataset>();
  data->label_kinds = {{"speaker", {"low", "high"}}};
  ProbeMaterial material{.build = 1, .step = 7};
  auto untrained = std::make_shared<ProbeFeatures>();
  for (auto* features : {&material.trained, untrained.get()}) features->width = 1;
  for (std::uint8_t i = 0; i < 8; ++i) {
    const std::uint8_t label = i % 2;
    std::vector<float> samples(4000);
    for (std::size_t t = 0; t < samples.size(); ++t)
      samples[t] = std::sin(static_cast<float>(t) * (label == 0 ? 0.2f : 0.9f));
    const int split = i / 4;
    (split == 0 ? data->train_recordings : data->test_recordings).push_back({"", samples, {label}});
    for (auto* features : {&material.trained, untrained.get()})
      features->rows[static_cast<std::size_t>(split)].push_back(label);
  }
  material.data = data, material.untrained = untrained;
  const auto fine = fit_probes(material, {});
  CHECK(fine.problem.empty());
  REQUIRE(fine.reports.size() == 1);
  CHECK(fine.reports[0].contexts == 1);

  // Four recordings are too few to say anything about, and that is said.
  CHECK_THAT(too_few(fine.reports[0]), Contains("4 recordings are held out for 2 classes"));
  auto enough = fine.reports[0];
  enough.train_recordings = enough.test_recordings = kFewestProbed;
  CHECK(too_few(enough).empty());
  enough.classes = 60;
  CHECK_FALSE(too_few(enough).empty());

  auto diverged = material;
  diverged.trained.rows[0][1] = std::numeric_limits<float>::quiet_NaN();
  const auto found = fit_probes(diverged, fine);
  CHECK(found.reports.empty());
  CHECK(found.problem.find("diverged") != std::string::npos);

  auto nobody = std::make_shared<Dataset>(*data);
  nobody->train_recordings.clear();
  material.data = nobody;
  material.trained.rows[0].clear();
  CHECK_FALSE(fit_probes(material, {}).problem.empty());
}

TEST_CASE("a recording, its predictions and the InfoNCE matrix answer the hand while CPC trains", "[window]") {
  const test::Display display;
  if (!display.available()) {
    WARN("no display and no Xvfb: the window is not tested");
    return;
  }
  const test::TemporaryFolder folder;
  std::ofstream(folder.file("script.txt")) << R"(
    wait-for recording.ready == true within 120
    expect recording.candidates >= 32
    drag recording.sound 0.5 0.3 0.3 0.3
    wait-for recording.t < 20
    drag recording.sound 0.3 0.3 0.8 0.3
    wait-for recording.t > 20
    click recording.next
    wait-for recording.index == 1
    wait-for recording.ready == true within 60
    click recording.against.1
    wait-for recording.candidates > 33 within 20
    click recording.play
    wait-for recording.audio != silent within 20
    wait-for run.step >= 2 within 120

    click tab.infonce
    wait-for infonce.ready == true within 60
    expect infonce.candidates == 32
    click infonce.horizon.3
    wait-for infonce.horizon == 3
    hover infonce.term.loss
    wait-for infonce.step >= 2 within 60

    click tab.first_layer
    wait-for first_layer.ready == true within 60
    expect first_layer.count == 64
    hover first_layer.grid 0.9 0.9
    wait-for first_layer.channel >= 0

    click tab.filters
    wait-for filters.kernel == 10 within 20
    click filters.path.encoder.1.weight
    wait-for filters.kernel == 8 within 20
    click filters.path.gru.input.weight
    wait-for filters.path == gru.input.weight within 20
    click filters.export
    wait-for notices.last contains gru.input.weight.png within 20

    click transport.play
    wait-for run.playing == false
    click tab.probe
    wait-for probe.ready == true within 120
    expect probe.speaker > 0.2
    expect probe.speaker.log_mel > 0.9

    click broken.collapse
    wait-for cpc.negatives == 3 within 120
    wait-for timeline.quantity == "squared error" within 120
    wait-for status.rate contains "recordings/s" within 60
    wait 1  # the preset's description above moves the switches
    click broken.same
    wait-for cpc.negatives == 1 within 120
    wait 1
    click broken.same
    wait-for cpc.negatives == 0 within 120
    wait-for timeline.quantity == infonce within 120
    quit
  )";
  const std::string there =
      "-C " + folder.file("") + " DISPLAY=" + std::getenv("DISPLAY") + " XDG_STATE_HOME=" + folder.file("state");
  const auto answer = test::run_program("--exhibit cpc --data voices --script script.txt", there);
  INFO(answer.out << answer.err);
  CHECK(answer.status == 0);
  CHECK(read_npy(folder.file("gru.input.weight.npy")).shape == std::vector<std::int64_t>{64, 192});
}
