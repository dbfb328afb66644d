#include <sndfile.h>

#include <cmath>
#include <limits>
#include <numbers>

#include "engine/data/dataset.h"
#include "tests/catch.h"
#include "tests/data/files.h"

namespace unveil {
namespace {

// A tone of 400 Hz and half a second.
void write_wav(const std::filesystem::path& path, int rate = 8000, int channels = 1, int format = SF_FORMAT_PCM_16,
               double seconds = 0.5, float spoiled = 0) {
  std::filesystem::create_directories(path.parent_path());
  SF_INFO info{};
  info.samplerate = rate;
  info.channels = channels;
  info.format = SF_FORMAT_WAV | format;
  SNDFILE* file = sf_open(path.c_str(), SFM_WRITE, &info);
  if (!file) throw std::runtime_error(path.string() + ": " + sf_strerror(nullptr));
  const int frames = static_cast<int>(rate * seconds);
  std::vector<float> samples;
  for (int i = 0; i < frames; ++i)
    for (int c = 0; c < channels; ++c)
      samples.push_back(static_cast<float>(0.5 * std::sin(2 * std::numbers::pi * 400 * i / rate)));
  if (spoiled != 0) samples[samples.size() / 2] = spoiled;
  sf_writef_float(file, samples.data(), frames);
  sf_close(file);
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("WAV files of any rate, channels and sample format become mono at 8 kHz", "[data][cpc]") {
  TestFolder folder;
  struct Kind {
    int rate, channels, format;
  };
  const auto kind =
      GENERATE(Kind{8000, 1, SF_FORMAT_PCM_16}, Kind{44100, 2, SF_FORMAT_PCM_24}, Kind{16000, 1, SF_FORMAT_FLOAT},
               Kind{48000, 6, SF_FORMAT_PCM_32}, Kind{11025, 1, SF_FORMAT_PCM_U8}, Kind{8000, 2, SF_FORMAT_ULAW});
  write_wav(folder / "0_ann_0.wav", kind.rate, kind.channels, kind.format);
  write_wav(folder / "1_ann_7.wav", kind.rate, kind.channels, kind.format);
  const Dataset data = load_dataset(folder.path.string());
  REQUIRE(data.train_count() == 1);
  REQUIRE(data.test_count() == 1);
  CHECK(data.sample_rate == 8000);
  const auto& samples = data.train_recordings[0].samples;
  CHECK(std::abs(static_cast<double>(samples.size()) - 4000) <= 2);
  double square = 0;
  int changes = 0;
  for (std::size_t i = 400; i < 3600; ++i) {
    square += samples[i] * samples[i] / 3200;
    changes += (samples[i] < 0) != (samples[i - 1] < 0);
  }
  CHECK(std::sqrt(square) == Approx(0.5 / std::numbers::sqrt2).margin(0.01));
  CHECK(std::abs(changes - 320) <= 2);  // 400 Hz for 0.4 s
}

TEST_CASE("names like 3_george_0.wav say digit, speaker and what is held out", "[data][cpc]") {
  TestFolder folder;
  for (const char* name : {"3_george_0", "3_george_4", "3_george_5", "7_anna_1", "7_anna_12", "0_anna_31"})
    write_wav(folder / (std::string(name) + ".wav"), 8000, 1, SF_FORMAT_PCM_16, 0.05);
  write_text(folder / "README.txt", "what this is");
  const Dataset data = load_dataset("wav:" + folder.path.string());
  REQUIRE(data.label_kinds.size() == 2);
  CHECK(data.label_kinds[0].name == "speaker");
  CHECK(data.label_kinds[0].classes == std::vector<std::string>{"anna", "george"});
  CHECK(data.label_kinds[1].name == "digit");
  CHECK(data.label_kinds[1].classes == std::vector<std::string>{"0", "3", "7"});
  REQUIRE(data.test_count() == 3);
  REQUIRE(data.train_count() == 3);
  CHECK(data.train_recordings[0].name == "0_anna_31.wav");
  CHECK(data.train_recordings[0].labels == std::vector<std::uint8_t>{0, 0});
  CHECK(data.test_recordings[0].labels == std::vector<std::uint8_t>{1, 1});
}

TEST_CASE("a recording with another name costs the others neither labels nor split", "[data][cpc]") {
  TestFolder folder;
  const auto write = [&](const std::string& name) { write_wav(folder / name, 8000, 1, SF_FORMAT_PCM_16, 0.01); };
  for (const char* name : {"3_george_0.wav", "5_george_5.wav", "7_anna_12.wav", "noise.wav"}) write(name);
  const Dataset data = load_dataset(folder.path.string());
  CHECK(data.label_kinds.size() == 2);
  CHECK(data.train_count() == 2);
  REQUIRE(data.test_count() == 1);
  CHECK(data.test_recordings[0].name == "3_george_0.wav");
  CHECK(has(data.description, "; 1 file without a name like 3_george_0.wav left out: noise.wav"));
  CHECK(has(data.description, "indices below 5 held out"));
  // Where most have other names they are not what the folder is about.
  for (const char* name : {"a.wav", "b.wav", "c.wav"}) write(name);
  const Dataset mostly_others = load_dataset(folder.path.string());
  CHECK(mostly_others.train_count() + mostly_others.test_count() == 7);
  CHECK(mostly_others.label_kinds.empty());
  CHECK(has(mostly_others.description, "no labels (only 3 of 7 names are like 3_george_0.wav)"));
  write("cats/d.wav");
  CHECK(has(load_dataset(folder.path.string()).description,
            "no labels (7 of 8 lie in no class folder, as 3_george_0.wav)"));
}

TEST_CASE("more speakers than labels can tell apart leave the digits", "[data][cpc]") {
  TestFolder folder;
  for (int i = 0; i < 257; ++i)
    for (const char* digit : {"1", "2"})
      write_wav(folder / (digit + ("_s" + std::to_string(i)) + "_7.wav"), 8000, 1, SF_FORMAT_PCM_16, 0.002);
  const Dataset data = load_dataset(folder.path.string());
  REQUIRE(data.label_kinds.size() == 1);
  CHECK(data.label_kinds[0].name == "digit");
  CHECK(has(data.description, "; digit from the names, which have more than 256 speakers"));
}

TEST_CASE("other folders are split by a hash; subfolders are labels, or there are none", "[data][cpc]") {
  TestFolder folder;
  const bool flat = GENERATE(true, false);
  for (int i = 0; i < 20; ++i)
    write_wav(folder / ((flat    ? ""
                         : i % 2 ? "cats/"
                                 : "dogs/") +
                        std::to_string(i) + ".wav"),
              8000, 1, SF_FORMAT_PCM_16, 0.01);
  const Dataset data = load_dataset(folder.path.string());
  CHECK(data.train_count() + data.test_count() == 20);
  CHECK(data.test_count() >= 1);
  if (flat) {
    CHECK(data.label_kinds.empty());
    CHECK(has(data.description, "no labels"));
  } else {
    REQUIRE(data.label_kinds.size() == 1);
    CHECK(data.label_kinds[0].classes == std::vector<std::string>{"cats", "dogs"});
    for (const auto& recording : data.train_recordings)
      CHECK(recording.labels[0] == (recording.name.starts_with("dogs") ? 1 : 0));
  }
}

TEST_CASE("what cannot be read is counted and named, and the rest is used", "[data][cpc]") {
  TestFolder folder;
  write_wav(folder / "1_a_0.wav");
  write_wav(folder / "0_a_9.wav");
  write_wav(folder / "2_a_9.wav");
  const auto whole = read_text(folder / "2_a_9.wav");
  write_text(folder / "2_a_9.wav", whole.substr(0, whole.size() / 2));
  write_text(folder / "3_a_9.wav", "");
  write_text(folder / "4_a_9.wav", "no sound at all, whatever the name says");
  write_wav(folder / "5_a_9.wav", 8000, 1, SF_FORMAT_PCM_16, 0);
  write_wav(folder / "6_a_9.wav", 8000, 1, SF_FORMAT_FLOAT, 0.5, std::numeric_limits<float>::quiet_NaN());
  const Dataset data = load_dataset(folder.path.string());
  CHECK(data.train_count() == 1);
  CHECK(data.test_count() == 1);
  CHECK(data.label_kinds.size() == 2);
  CHECK(has(data.description, "5 of 7 files unreadable"));
  CHECK(has(data.description, "2_a_9.wav (truncated: " + std::to_string(whole.size() / 2) + " bytes of " +
                                  std::to_string(whole.size()) + ")"));
  CHECK(has(data.description, "3_a_9.wav (the file is empty)"));
}

TEST_CASE("a folder without a readable recording is one clear line", "[data][cpc]") {
  TestFolder folder;
  CHECK(has(error_of([&] { load_dataset("wav:" + folder.path.string()); }), "holds no recordings"));
  write_text(folder / "a.wav", "");
  write_text(folder / "b.wav", "RIFF1234WAVE");
  const auto message = error_of([&] { load_dataset("wav:" + folder.path.string()); });
  CHECK(has(message, folder.path.string()));
  CHECK(has(message, "none of 2 recordings"));
  CHECK(has(message, "a.wav (the file is empty)"));
  CHECK(has(error_of([&] { load_dataset("wav:" + (folder / "a.wav").string()); }), "not a folder"));
}

TEST_CASE("takes of songs are named like spoken digits and are none", "[data][cpc]") {
  TestFolder folder;
  const bool several_titles = GENERATE(false, true);
  for (int i = 0; i < 8; ++i) {
    write_wav(folder / ("1_intro_" + std::to_string(i) + ".wav"), 8000, 1, SF_FORMAT_PCM_16, 0.01);
    if (!several_titles) continue;
    write_wav(folder / ("2_verse_" + std::to_string(i) + ".wav"), 8000, 1, SF_FORMAT_PCM_16, 0.01);
    write_wav(folder / ("3_chorus_" + std::to_string(i) + ".wav"), 8000, 1, SF_FORMAT_PCM_16, 0.01);
  }
  const Dataset data = load_dataset(folder.path.string());
  CHECK(data.label_kinds.empty());
  CHECK(data.train_count() + data.test_count() == (several_titles ? 24 : 8));
  CHECK(has(data.description, "no labels (names like 1_intro_0.wav are not taken for digits"));
}

TEST_CASE("folders called train and test are the split, and not classes", "[data][cpc]") {
  TestFolder folder;
  const char* held = GENERATE("test", "validation", "Val");
  for (int i = 0; i < 6; ++i)
    write_wav(folder / ((i < 4 ? "train/" : held + std::string("/")) + (i % 2 ? "cat/" : "dog/") + std::to_string(i) +
                        ".flac"),
              8000, 1, SF_FORMAT_PCM_16, 0.01);
  const Dataset data = load_dataset(folder.path.string());
  CHECK(data.train_count() == 4);
  REQUIRE(data.test_count() == 2);
  CHECK(data.test_recordings[0].name.starts_with(held));
  REQUIRE(data.label_kinds.size() == 1);
  CHECK(data.label_kinds[0].classes == std::vector<std::string>{"cat", "dog"});
  CHECK(has(data.description, "split by their folders"));
}

TEST_CASE("recordings are found by content; what is none is counted", "[data][cpc]") {
  TestFolder folder;
  write_wav(folder / "a.wav");
  write_wav(folder / "b");
  write_wav(folder / "c.txt");
  write_text(folder / "notes.txt", "what this is");
  write_text(folder / ".DS_Store", "x");
  write_text(folder / "._a.wav", std::string("\0\5\x16\7", 4));
  write_wav(folder / "__MACOSX/a.wav");
  write_text(folder / "d.mp3", "<!DOCTYPE html><html>404</html>");
  const Dataset data = load_dataset(folder.path.string());
  CHECK(data.train_count() + data.test_count() == 3);
  CHECK(has(data.description, "1 of 4 files unreadable and left out: d.mp3 (it is an HTML page"));
  CHECK(has(data.description, "3 hidden or system (.DS_Store …)"));
  CHECK(has(data.description, "1 not a recording (notes.txt)"));
}

TEST_CASE("a picture of the cover among recordings is none to whoever asks for recordings", "[data][cpc]") {
  TestFolder folder;
  write_wav(folder / "1.wav");
  write_wav(folder / "2.wav");
  write_text(folder / "cover.png", "\x89PNG\r\n\x1a\n");
  CHECK(has(error_of([&] { load_dataset(folder.path.string()); }), "holds both images and wav data"));
  const Dataset data = load_dataset(folder.path.string(), {.kinds = {DataKind::sounds}});
  CHECK(data.train_count() + data.test_count() == 2);
  CHECK(data.spec == "wav:" + folder.path.string());
}

TEST_CASE("the Free Spoken Digit Dataset", "[data][cpc]") {
  const auto folder = shared_data("fsdd");
  if (folder.empty()) return;
  const Dataset data = load_dataset(folder.string());
  CHECK(data.train_count() == 2700);
  CHECK(data.test_count() == 300);
  CHECK(data.label_kinds.at(0).classes.size() == 6);
  CHECK(data.label_kinds.at(1).classes.size() == 10);
}

}  // namespace unveil
