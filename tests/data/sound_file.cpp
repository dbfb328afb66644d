#include "engine/data/sound_file.h"

#include <sndfile.h>

#include <cmath>
#include <cstring>
#include <numbers>
#include <optional>
#include <random>

#include "tests/catch.h"
#include "tests/data/files.h"

namespace unveil {
namespace {

constexpr int kFrames = 4000;

std::vector<float> tone(int frames, int channels = 1) {
  std::vector<float> samples;
  for (int i = 0; i < frames; ++i)
    for (int c = 0; c < channels; ++c)
      samples.push_back(static_cast<float>(0.5 * std::sin(2 * std::numbers::pi * 400 * i / 8000)));
  return samples;
}

// Half a second of 400 Hz as libsndfile writes it.
std::string encoded(int format, int rate = 8000, int channels = 1) {
  TestFolder folder;
  SF_INFO info{};
  info.samplerate = rate;
  info.channels = channels;
  info.format = format;
  SNDFILE* file = sf_open((folder / "sound").c_str(), SFM_WRITE, &info);
  if (!file) throw std::runtime_error(sf_strerror(nullptr));
  sf_writef_float(file, tone(kFrames, channels).data(), kFrames);
  sf_close(file);
  return read_text(folder / "sound");
}

std::string little(std::uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i) & 0xff);
  return text;
}
std::string big(std::uint64_t value, int bytes) {
  const auto text = little(value, bytes);
  return {text.rbegin(), text.rend()};
}

struct WavSizes {
  std::optional<std::uint64_t> riff, data;
};
std::string pcm() {
  std::string samples;
  for (const float s : tone(kFrames)) samples += little(static_cast<std::uint16_t>(std::lround(s * 32767)), 2);
  return samples;
}
// 16-bit PCM with any sizes in its header.
std::string wav(WavSizes sizes = {}, std::uint32_t rate = 8000, const std::string& samples = pcm(),
                const std::string& before = "", const std::string& behind = "") {
  std::string body = "WAVEfmt " + little(16, 4) + little(1, 2) + little(1, 2) + little(rate, 4) +
                     little(2 * rate, 4) + little(2, 2) + little(16, 2) + before + "data" +
                     little(sizes.data.value_or(samples.size()), 4) + samples + behind;
  return "RIFF" + little(sizes.riff.value_or(body.size()), 4) + body;
}

std::vector<float> read(const std::string& bytes, int rate = 8000) {
  return read_sound(std::as_bytes(std::span(bytes)), rate);
}
std::string refusal(const std::string& bytes) {
  return error_of([&] { read(bytes); });
}
bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("every container that libsndfile writes is read by its content", "[data][sounds]") {
  const int format = GENERATE(
      SF_FORMAT_WAV | SF_FORMAT_PCM_16, SF_FORMAT_WAV | SF_FORMAT_PCM_U8, SF_FORMAT_WAV | SF_FORMAT_PCM_24,
      SF_FORMAT_WAV | SF_FORMAT_DOUBLE, SF_FORMAT_WAV | SF_FORMAT_ALAW, SF_FORMAT_WAV | SF_FORMAT_IMA_ADPCM,
      SF_FORMAT_WAV | SF_FORMAT_MS_ADPCM, SF_FORMAT_WAV | SF_FORMAT_GSM610, SF_FORMAT_WAVEX | SF_FORMAT_PCM_32,
      SF_FORMAT_RF64 | SF_FORMAT_PCM_16, SF_FORMAT_W64 | SF_FORMAT_PCM_16, SF_FORMAT_FLAC | SF_FORMAT_PCM_16,
      SF_FORMAT_OGG | SF_FORMAT_VORBIS, SF_FORMAT_OGG | SF_FORMAT_OPUS, SF_FORMAT_AIFF | SF_FORMAT_PCM_16,
      SF_FORMAT_AIFF | SF_FORMAT_FLOAT, SF_FORMAT_AU | SF_FORMAT_PCM_16, SF_FORMAT_CAF | SF_FORMAT_PCM_16,
      SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III, SF_FORMAT_NIST | SF_FORMAT_PCM_16,
      SF_FORMAT_WAV | SF_ENDIAN_BIG | SF_FORMAT_PCM_16, SF_FORMAT_AU | SF_ENDIAN_LITTLE | SF_FORMAT_PCM_16);
  const int channels = format & SF_FORMAT_GSM610 && (format & SF_FORMAT_SUBMASK) == SF_FORMAT_GSM610 ? 1 : 2;
  INFO(std::hex << format);
  const auto samples = read(encoded(format, 8000, channels));
  CHECK(std::abs(static_cast<double>(samples.size()) - kFrames) < 2400);  // coders of speech and music pad
  int changes = 0;
  double square = 0;
  for (std::size_t i = 1001; i <= 3000; ++i) {
    changes += (samples[i] < 0) != (samples[i - 1] < 0);
    square += samples[i] * samples[i] / 2000;
  }
  CHECK(std::abs(changes - 200) <= 6);
  CHECK(std::sqrt(square) == Approx(0.5 / std::numbers::sqrt2).margin(0.05));
}

TEST_CASE("sizes that a pipe left open mean: to the end of the file", "[data][sounds]") {
  const auto whole = read(wav());
  REQUIRE(whole.size() == kFrames);
  const std::uint64_t size = pcm().size() + 36;
  const auto sizes = GENERATE_COPY(
      WavSizes{0, 0}, WavSizes{0xffffffff, 0xffffffff}, WavSizes{0x7ffff024, 0x7ffff000},
      WavSizes{0x80000024, 0x80000000}, WavSizes{0xffffffff, 0xffffffdb}, WavSizes{0x7fffffff, 0x7fffffdb},
      WavSizes{0x80000000, 0x7fffffff}, WavSizes{size + 8, {}}, WavSizes{36, {}}, WavSizes{0, {}}, WavSizes{1, {}},
      WavSizes{size - 8, {}}, WavSizes{size + 0x60000000, {}}, WavSizes{size, 0}, WavSizes{size + 8, size + 8});
  INFO("RIFF " << sizes.riff.value_or(1) << ", data " << sizes.data.value_or(1));
  CHECK(read(wav(sizes)) == whole);
  const auto list = "LIST" + little(4, 4) + "INFO";
  if (sizes.data.value_or(0) != size + 8) CHECK(read(wav(sizes, 8000, pcm(), list)) == whole);
}

TEST_CASE("containers written into a pipe are read to their end", "[data][sounds]") {
  // AIFF as ffmpeg and sox leave it, AU with an unknown length, CAF, FLAC, RF64 and Wave64 likewise.
  auto aiff = encoded(SF_FORMAT_AIFF | SF_FORMAT_PCM_16);
  const auto sound = aiff.find("SSND"), common = aiff.find("COMM");
  const auto open_aiff = [&](std::uint64_t frames, std::uint64_t bytes) {
    auto open = aiff.substr(0, sound + 8 + 8 + 2 * kFrames);
    open.replace(4, 4, big(bytes, 4)).replace(common + 10, 4, big(frames, 4)).replace(sound + 4, 4, big(bytes, 4));
    return read(open).size();
  };
  CHECK(open_aiff(0, 0) == kFrames);
  CHECK(open_aiff(0x3f800000, 0x7f000008) == kFrames);

  auto au = encoded(SF_FORMAT_AU | SF_FORMAT_PCM_16);
  CHECK(read(au.replace(8, 4, big(0xffffffff, 4))).size() == kFrames);
  CHECK(read(au.replace(8, 4, big(0, 4))).size() == kFrames);

  auto caf = encoded(SF_FORMAT_CAF | SF_FORMAT_PCM_16);
  const auto data = caf.find("data");
  CHECK(read(caf.replace(data + 4, 8, big(~std::uint64_t{0}, 8))).size() == kFrames);

  auto flac = encoded(SF_FORMAT_FLAC | SF_FORMAT_PCM_16);
  flac[21] = static_cast<char>(flac[21] & 0xf0);  // STREAMINFO's count of samples, 36 bits
  CHECK(read(flac.replace(22, 4, big(0, 4))).size() == kFrames);

  auto rf64 = encoded(SF_FORMAT_RF64 | SF_FORMAT_PCM_16);
  const auto sizes = rf64.find("ds64");
  rf64.resize(rf64.find("data") + 8 + 2 * kFrames);
  CHECK(read(rf64.replace(sizes + 8, 24, std::string(24, '\0'))).size() == kFrames);

  auto wave64 = encoded(SF_FORMAT_W64 | SF_FORMAT_PCM_16);
  wave64.resize(wave64.find("data") + 24 + 2 * kFrames);
  CHECK(read(wave64.replace(wave64.find("data") + 16, 8, std::string(8, '\xff'))).size() == kFrames);
}

TEST_CASE("a recording that was cut off is refused as truncated, whatever its kind", "[data][sounds]") {
  const int format = GENERATE(
      SF_FORMAT_WAV | SF_FORMAT_PCM_16, SF_FORMAT_WAV | SF_FORMAT_IMA_ADPCM, SF_FORMAT_RF64 | SF_FORMAT_PCM_16,
      SF_FORMAT_W64 | SF_FORMAT_PCM_16, SF_FORMAT_FLAC | SF_FORMAT_PCM_16, SF_FORMAT_OGG | SF_FORMAT_VORBIS,
      SF_FORMAT_AIFF | SF_FORMAT_PCM_16, SF_FORMAT_AU | SF_FORMAT_PCM_16, SF_FORMAT_CAF | SF_FORMAT_PCM_16);
  INFO(std::hex << format);
  const auto whole = encoded(format, 44100);
  for (const double share : {0.55, 0.8, 0.95}) {
    const auto message =
        refusal(whole.substr(0, static_cast<std::size_t>(share * static_cast<double>(whole.size()))));
    INFO(share << ": " << message);
    CHECK(has(message, "truncated"));
  }
}

TEST_CASE("a WAV without samples is not one of unknown length", "[data][sounds]") {
  CHECK(has(refusal(wav({}, 8000, "")), "no samples"));
  CHECK(has(refusal(wav({}, 8000, "", "", "LIST" + little(4, 4) + "INFO")), "no samples"));
  CHECK(read(wav({}, 8000, pcm().substr(0, 2))).size() == 1);
  // What stands behind the data is no sound.
  CHECK(read(wav({}, 8000, pcm(), "", "id3 " + little(200, 4) + std::string(200, 'x'))).size() == kFrames);
}

TEST_CASE("what no recording can be is one line with the cause", "[data][sounds]") {
  CHECK(has(refusal(""), "empty"));
  CHECK(has(refusal(wav({}, 0)), "a sample rate of 0 Hz"));
  CHECK(has(refusal(wav({}, 1)), "a sample rate of 1 Hz; 32 to 2048000 Hz are accepted"));
  CHECK(has(refusal("<html><body>Not found</body></html>"), "an HTML page"));
  CHECK(has(refusal("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 3\n"), "a Git LFS pointer"));
  CHECK(has(refusal("RIFF1234WAVE"), "a WAV recording that cannot be read"));
  auto atrac = wav();
  atrac.replace(20, 2, little(0x270, 2));
  CHECK(has(refusal(atrac), "holding format 0x0270 data"));
  auto windows = wav();
  windows.replace(20, 2, little(0x161, 2));
  CHECK(has(refusal(windows), "holding Windows Media Audio data"));
}

TEST_CASE("recordings are resampled block by block as in one piece", "[data][sounds]") {
  const auto samples = read(encoded(SF_FORMAT_WAV | SF_FORMAT_FLOAT, 44100, 2));
  CHECK(std::abs(static_cast<double>(samples.size()) - kFrames * 8000 / 44100.) <= 2);
  const auto up = read(encoded(SF_FORMAT_WAV | SF_FORMAT_FLOAT, 4000));
  CHECK(std::abs(static_cast<double>(up.size()) - 2 * kFrames) <= 2);
}

TEST_CASE("a damaged recording is read or refused, never worse", "[data][sounds]") {
  const int format = GENERATE(SF_FORMAT_WAV | SF_FORMAT_PCM_16, SF_FORMAT_RF64 | SF_FORMAT_PCM_16,
                              SF_FORMAT_W64 | SF_FORMAT_PCM_16, SF_FORMAT_FLAC | SF_FORMAT_PCM_16,
                              SF_FORMAT_AIFF | SF_FORMAT_PCM_16, SF_FORMAT_CAF | SF_FORMAT_PCM_16);
  const auto whole = encoded(format);
  std::mt19937 random(7);
  for (int trial = 0; trial < 200; ++trial) {
    auto bytes = whole;
    for (auto flips = 1 + random() % 4; flips > 0; --flips)
      bytes[random() % std::min<std::size_t>(bytes.size(), 128)] = static_cast<char>(random());
    if (trial % 3 == 0) bytes.resize(random() % bytes.size());
    std::size_t samples = 0;
    try {
      samples = read(bytes).size();
    } catch (const Error&) {
      continue;
    }
    CHECK(samples <= 256 * bytes.size());
  }
}

}  // namespace unveil
