#include "app/audio/player.h"

#include <fcntl.h>
#include <portaudio.h>
#include <samplerate.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace unveil {
namespace {

constexpr int kBlock = 512;  // samples written at once: stop() is heard that soon

// The libraries below PortAudio complain on standard error about every device they do not find.
class QuietErrors {
 public:
  QuietErrors() {
    std::fflush(stderr);
    kept_ = dup(STDERR_FILENO);
    const int nowhere = open("/dev/null", O_WRONLY);
    if (kept_ >= 0 && nowhere >= 0) dup2(nowhere, STDERR_FILENO);
    if (nowhere >= 0) close(nowhere);
  }
  ~QuietErrors() {
    std::fflush(stderr);
    if (kept_ < 0) return;
    dup2(kept_, STDERR_FILENO);
    close(kept_);
  }
  QuietErrors(const QuietErrors&) = delete;
  QuietErrors& operator=(const QuietErrors&) = delete;

 private:
  int kept_ = -1;
};

struct Sound {
  std::vector<float> samples;
  int rate = 0;
};

Sound at_rate(const Sound& sound, int rate) {
  Sound out{std::vector<float>(
                sound.samples.size() * static_cast<std::size_t>(rate) / static_cast<std::size_t>(sound.rate) + 1),
            rate};
  SRC_DATA data{};
  data.data_in = sound.samples.data();
  data.input_frames = static_cast<long>(sound.samples.size());
  data.data_out = out.samples.data();
  data.output_frames = static_cast<long>(out.samples.size());
  data.src_ratio = static_cast<double>(rate) / sound.rate;
  if (src_simple(&data, SRC_SINC_FASTEST, 1) != 0) data.output_frames_gen = 0;
  out.samples.resize(static_cast<std::size_t>(data.output_frames_gen));
  return out;
}

// An open output, or the reason why there is none.
class Output {
 public:
  explicit Output(int rate) {
    const QuietErrors quiet;
    if (const PaError error = Pa_Initialize(); error != paNoError) {
      trouble_ = Pa_GetErrorText(error);
      return;
    }
    initialised_ = true;
    const PaDeviceIndex device = Pa_GetDefaultOutputDevice();
    if (device == paNoDevice) {
      trouble_ = "this machine has no sound card that could play it";
      return;
    }
    const PaDeviceInfo& info = *Pa_GetDeviceInfo(device);
    const PaStreamParameters parameters{device, 1, paFloat32, info.defaultHighOutputLatency, nullptr};
    rate_ = Pa_IsFormatSupported(nullptr, &parameters, rate) == paFormatIsSupported
                ? rate
                : static_cast<int>(info.defaultSampleRate);
    PaError error = Pa_OpenStream(&stream_, nullptr, &parameters, rate_, kBlock, paNoFlag, nullptr, nullptr);
    if (error == paNoError) error = Pa_StartStream(stream_);
    if (error != paNoError) trouble_ = Pa_GetErrorText(error);
  }
  ~Output() {
    const QuietErrors quiet;
    if (stream_) Pa_CloseStream(stream_);
    if (initialised_) Pa_Terminate();
  }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  const std::string& trouble() const { return trouble_; }
  int rate() const { return rate_; }
  double latency() const { return Pa_GetStreamInfo(stream_)->outputLatency; }
  bool write(const float* samples, std::size_t count) {
    const PaError error = Pa_WriteStream(stream_, samples, count);
    if (error != paNoError && error != paOutputUnderflowed) trouble_ = Pa_GetErrorText(error);
    return trouble_.empty();
  }
  void drain() { Pa_StopStream(stream_); }

 private:
  PaStream* stream_ = nullptr;
  bool initialised_ = false;
  int rate_ = 0;
  std::string trouble_;
};

}  // namespace

struct AudioPlayer::Shared {
  std::mutex mutex;
  std::condition_variable wake;
  std::optional<Sound> next;
  State state;
  bool stop = false, end = false;
  std::thread thread;

  bool wanted_otherwise() const { return stop || end || next.has_value(); }

  void play(const Sound& sound) {
    Output output(sound.rate);
    const Sound heard =
        output.trouble().empty() && output.rate() != sound.rate ? at_rate(sound, output.rate()) : sound;
    for (std::size_t at = 0; at < heard.samples.size() && output.trouble().empty(); at += kBlock) {
      {
        std::scoped_lock lock(mutex);
        if (wanted_otherwise()) return;
        const double written = static_cast<double>(at) / heard.rate;
        state.seconds = std::max(0.0, written - output.latency());
      }
      if (!output.write(&heard.samples[at], std::min<std::size_t>(kBlock, heard.samples.size() - at))) break;
    }
    if (output.trouble().empty()) output.drain();
    std::scoped_lock lock(mutex);
    state.trouble = output.trouble();
  }

  void run() {
    std::unique_lock lock(mutex);
    for (;;) {
      wake.wait(lock, [&] { return end || next; });
      if (end) return;
      const Sound sound = std::move(*next);
      next.reset();
      stop = false;
      lock.unlock();
      play(sound);
      lock.lock();
      if (!next) state.playing = false;
    }
  }
};

AudioPlayer::AudioPlayer() = default;

AudioPlayer::~AudioPlayer() {
  if (!shared_) return;
  {
    std::scoped_lock lock(shared_->mutex);
    shared_->end = true;
    shared_->wake.notify_all();
  }
  shared_->thread.join();
}

void AudioPlayer::play(std::span<const float> samples, int rate) {
  if (!shared_) {
    shared_ = std::make_unique<Shared>();
    shared_->thread = std::thread([shared = shared_.get()] { shared->run(); });
  }
  std::scoped_lock lock(shared_->mutex);
  shared_->next = Sound{{samples.begin(), samples.end()}, rate};
  shared_->state = {.playing = true};
  shared_->wake.notify_all();
}

void AudioPlayer::stop() {
  if (!shared_) return;
  std::scoped_lock lock(shared_->mutex);
  shared_->stop = true;
  shared_->next.reset();
  shared_->state.playing = false;
}

AudioPlayer::State AudioPlayer::state() const {
  if (!shared_) return {};
  std::scoped_lock lock(shared_->mutex);
  return shared_->state;
}

}  // namespace unveil
