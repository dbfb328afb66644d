#include "engine/data/sound_file.h"

#include <fmt/format.h>
#include <samplerate.h>
#include <sndfile.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <memory>
#include <string>

#include "engine/data/byte_source.h"
#include "engine/data/sound_container.h"
#include "engine/data/what_is.h"
#include "engine/error.h"

namespace unveil {
namespace {

constexpr std::size_t kBlockFrames = 4096;
constexpr std::uint64_t kMostRead = std::uint64_t{1} << 32;  // samples of all channels

// libsndfile's view of a source, with what is to stand in the header instead.
struct Stream {
  const ByteSource& source;
  const SoundContainer& container;
  sf_count_t at = 0;

  static Stream& of(void* user) { return *static_cast<Stream*>(user); }

  static sf_count_t length(void* user) { return static_cast<sf_count_t>(of(user).source.size()); }
  static sf_count_t tell(void* user) { return of(user).at; }
  static sf_count_t seek(sf_count_t offset, int whence, void* user) {
    auto& stream = of(user);
    const sf_count_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? stream.at : length(user);
    sf_count_t to = 0;
    if (__builtin_add_overflow(base, offset, &to) || to < 0) return -1;
    return stream.at = to;
  }
  static sf_count_t read(void* to, sf_count_t count, void* user) {
    auto& stream = of(user);
    if (count <= 0) return 0;
    const auto begin = static_cast<std::uint64_t>(stream.at);
    const std::span<std::byte> bytes(static_cast<std::byte*>(to), static_cast<std::size_t>(count));
    const auto got = stream.source.read(begin, bytes);
    for (const auto& patch : stream.container.patches)
      for (std::size_t i = 0; i < patch.bytes.size(); ++i)
        if (patch.at + i >= begin && patch.at + i < begin + got) bytes[patch.at + i - begin] = patch.bytes[i];
    stream.at += static_cast<sf_count_t>(got);
    return static_cast<sf_count_t>(got);
  }
};

std::string without_end(std::string reason) {
  while (!reason.empty() && (reason.back() == '\n' || reason.back() == '.' || reason.back() == ' '))
    reason.pop_back();
  return reason;
}

// Mono samples of one rate in, of another out.
class Resampler {
 public:
  Resampler(int from, int to) : ratio_(static_cast<double>(to) / from), state_(nullptr, &src_delete) {
    if (from == to) return;
    if (from < 1 || !src_is_valid_ratio(ratio_))
      throw Error(fmt::format("a sample rate of {} Hz; {} to {} Hz are accepted", from, to / 256 + 1, to * 256));
    int error = 0;
    state_.reset(src_new(SRC_SINC_MEDIUM_QUALITY, 1, &error));
    if (!state_) throw Error(src_strerror(error));
  }

  void add(std::span<const float> samples, bool last) {
    if (!state_) {
      result_.insert(result_.end(), samples.begin(), samples.end());
    } else {
      SRC_DATA data{};
      data.src_ratio = ratio_;
      data.end_of_input = last;
      do {
        data.data_in = samples.data();
        data.input_frames = static_cast<long>(samples.size());
        data.data_out = block_.data();
        data.output_frames = static_cast<long>(block_.size());
        if (const int error = src_process(state_.get(), &data)) throw Error(src_strerror(error));
        samples = samples.subspan(static_cast<std::size_t>(data.input_frames_used));
        result_.insert(result_.end(), block_.begin(), block_.begin() + data.output_frames_gen);
        check_length();
      } while (!samples.empty() || (last && data.output_frames_gen > 0));
    }
    check_length();
  }
  std::vector<float> take() { return std::move(result_); }

 private:
  void check_length() const {
    if (result_.size() > kMostSamples)
      throw Error(
          fmt::format("longer than {} samples at the rate wanted; shorter recordings are accepted", kMostSamples));
  }

  double ratio_;
  std::unique_ptr<SRC_STATE, SRC_STATE* (*)(SRC_STATE*)> state_;
  std::array<float, 4096> block_;
  std::vector<float> result_;
};

// What stands behind the first frames tells truncated from damaged only where the length is known.
void check_end(SNDFILE* file, const SF_INFO& info, std::uint64_t frames) {
  const int container = info.format & SF_FORMAT_TYPEMASK;
  const bool known = info.frames > 0 && info.frames < (sf_count_t{1} << 48);
  if (container == SF_FORMAT_FLAC && known && frames < static_cast<std::uint64_t>(info.frames))
    throw Error(fmt::format("truncated or damaged: {} samples of {}", frames, info.frames));
  if (sf_error(file) != SF_ERR_NO_ERROR)
    throw Error(fmt::format("damaged after {} samples: {}", frames, without_end(sf_strerror(file))));
}

std::vector<float> read(const ByteSource& source, int rate) {
  if (source.size() == 0) throw Error("the file is empty");
  std::array<std::byte, kWhatIsBytes> head;
  const auto kind = what_is(std::span(head).first(source.read(0, head)), source.size());
  const std::string refusal = fmt::format("it is {}; {} are accepted", kind.text, kAcceptedSounds);
  if (kind.kind != FileKind::sound && kind.kind != FileKind::unknown) throw Error(refusal);
  const auto container = check_sound_container(source);
  Stream stream{source, container};
  SF_VIRTUAL_IO io{&Stream::length, &Stream::seek, &Stream::read, nullptr, &Stream::tell};
  SF_INFO info{};
  const std::unique_ptr<SNDFILE, int (*)(SNDFILE*)> file(sf_open_virtual(&io, SFM_READ, &info, &stream), &sf_close);
  if (!file) {
    if (kind.kind == FileKind::unknown) throw Error(refusal);
    throw Error(fmt::format("{}{} that cannot be read: {}", kind.text,
                            container.codec.empty() ? "" : fmt::format(" holding {} data", container.codec),
                            without_end(sf_strerror(nullptr))));
  }
  if (info.channels < 1) throw Error("no samples");
  const auto channels = static_cast<std::size_t>(info.channels);
  Resampler resampler(info.samplerate, rate);
  std::vector<float> interleaved(kBlockFrames * channels), mono(kBlockFrames);
  std::uint64_t frames = 0;
  while (true) {
    const auto got = static_cast<std::size_t>(
        std::clamp<sf_count_t>(sf_readf_float(file.get(), interleaved.data(), kBlockFrames), 0, kBlockFrames));
    for (std::size_t i = 0; i < got; ++i) {
      float sum = 0;
      for (std::size_t c = 0; c < channels; ++c) sum += interleaved[i * channels + c];
      mono[i] = sum / static_cast<float>(channels);
      if (!std::isfinite(mono[i])) throw Error(fmt::format("sample {} is not a finite number", frames + i));
    }
    frames += got;
    if (frames > kMostRead / channels) throw Error(fmt::format("more than {} samples", kMostRead));
    resampler.add({mono.data(), got}, got == 0);
    if (got == 0) break;
  }
  check_end(file.get(), info, frames);
  auto samples = resampler.take();
  if (samples.empty()) throw Error("no samples");
  return samples;
}

}  // namespace

std::vector<float> read_sound(std::span<const std::byte> bytes, int rate) {
  return read(ByteSource(bytes), rate);
}

std::vector<float> read_sound(const std::filesystem::path& path, int rate) {
  return read(ByteSource(path), rate);
}

}  // namespace unveil
