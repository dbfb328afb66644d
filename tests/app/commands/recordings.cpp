#include <sndfile.h>

#include <cmath>
#include <filesystem>
#include <vector>

#include "engine/data/points.h"
#include "tests/app/commands/program.h"
#include "tests/catch.h"

namespace unveil {
namespace {

using test::run_program;

// A hum of 0.3 s, its pitch and colour by who hums.
void write_hum(const std::string& path, int who) {
  std::vector<short> samples(2400);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const double phase = 0.09 * (1 + who) * static_cast<double>(i);
    samples[i] = static_cast<short>(6000 * std::sin(phase) +
                                    4000 * std::sin((2 + who) * phase + 0.001 * static_cast<double>(i)));
  }
  SF_INFO info{};
  info.samplerate = 8000;
  info.channels = 1;
  info.format = SF_FORMAT_WAV | SF_FORMAT_PCM_16;
  SNDFILE* file = sf_open(path.c_str(), SFM_WRITE, &info);
  REQUIRE(file);
  sf_write_short(file, samples.data(), static_cast<sf_count_t>(samples.size()));
  sf_close(file);
}

}  // namespace

TEST_CASE("a folder of recordings is trained on, probed and encoded from the command line", "[commands][cpc]") {
  const test::TemporaryFolder folder;
  const auto sounds = folder.file("sounds"), model = folder.file("m.safetensors"), codes = folder.file("codes.csv");
  std::filesystem::create_directory(sounds);
  for (int who = 0; who < 2; ++who)
    for (int index = 3; index < 8; ++index)
      write_hum(sounds + "/" + std::to_string(index % 2) + (who ? "_ann_" : "_bob_") + std::to_string(index) + ".wav",
                who);
  const auto trained =
      run_program("train cpc --data " + sounds +
                  " --steps 3 --set input=log-mel --set channels=16 --set context=16 --set horizons=3 "
                  "--set window=2400 --set batch_size=4 --save " +
                  model + " --json");
  INFO(trained.err);
  REQUIRE(trained.status == 0);
  CHECK(trained.json().at("metrics").contains("mi_bound"));

  const auto probed = run_program("evaluate cpc --load " + model + " --probe speaker --json");
  INFO(probed.err);
  REQUIRE(probed.status == 0);
  const auto metrics = probed.json().at("metrics");
  CHECK(metrics.at("recordings") == 4);
  for (const char* what : {"", "_untrained", "_log_mel", "_summary_statistics", "_chance"})
    CHECK(metrics.contains("probe_speaker" + std::string(what)));
  CHECK(metrics.contains("infonce_by_horizon.3"));
  CHECK(!metrics.contains("infonce_by_horizon.0"));
  const auto encoded = run_program("encode cpc --load " + model + " --split train --out " + codes + " --json");
  REQUIRE(encoded.status == 0);
  CHECK(encoded.json().at("dimensions") == 16);
  // Who speaks by name, what is said by its digit.
  const auto table = read_points(codes);
  CHECK(table.dimensions == 16);
  for (const auto& kind : table.labels)
    CHECK(kind.classes ==
          (kind.name == "speaker" ? std::vector<std::string>{"ann", "bob"} : std::vector<std::string>{"0", "1"}));
  CHECK(table.labels.size() == 2);
}

}  // namespace unveil
