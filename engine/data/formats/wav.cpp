// A folder of recordings: WAV files of any rate, channels and sample format, mixed to mono at 8 kHz.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <samplerate.h>
#include <sndfile.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <regex>
#include <set>

#include "engine/data/format.h"
#include "engine/data/split.h"
#include "engine/data/walk.h"
#include "engine/error.h"

namespace unveil {
namespace {

namespace fs = std::filesystem;

constexpr int kRate = 8000;
constexpr int kHeldOutBelow = 5;  // of {digit}_{speaker}_{index}.wav, as the Free Spoken Digit Dataset has it
constexpr std::size_t kMostClasses = 256;

// The first 12 bytes of a RIFF file of kind WAVE, else nothing.
std::optional<std::array<unsigned char, 12>> wave_header(const fs::path& path) {
  std::array<unsigned char, 12> bytes{};
  std::ifstream file(path, std::ios::binary);
  if (!file.read(reinterpret_cast<char*>(bytes.data()), bytes.size())) return std::nullopt;
  if (std::memcmp(bytes.data(), "RIFF", 4) != 0 || std::memcmp(bytes.data() + 8, "WAVE", 4) != 0) return std::nullopt;
  return bytes;
}

bool named_wav(const fs::path& path) {
  std::string extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return extension == ".wav";
}

bool recognises(const fs::path& path) {
  std::error_code error;
  bool found = false;
  if (fs::is_directory(path, error))
    walk_files(path, [&](const fs::path& file) { return !(found = wave_header(file).has_value()); });
  return found;
}

// Mono at kRate. Throws Error that says what is wrong with the file, without its name.
std::vector<float> read(const fs::path& path) {
  std::error_code ignored;
  const auto bytes = fs::file_size(path, ignored);
  if (bytes == 0) throw Error("the file is empty");
  if (const auto header = wave_header(path)) {
    const auto at = [&](std::size_t i) { return static_cast<std::uint64_t>((*header)[i]) << (8 * (i - 4)); };
    const std::uint64_t promised = at(4) + at(5) + at(6) + at(7) + 8;
    // 0 and 2^32 - 1 are what a recorder writes that does not know the length yet.
    if (promised > 8 && promised < 0xffffffffu && promised > bytes + 1)
      throw Error(fmt::format("truncated: {} bytes of {}", bytes, promised));
  }
  SF_INFO info{};
  const std::unique_ptr<SNDFILE, int (*)(SNDFILE*)> file(sf_open(path.c_str(), SFM_READ, &info), &sf_close);
  if (!file) {
    std::string reason = sf_strerror(nullptr);
    while (!reason.empty() && (reason.back() == '\n' || reason.back() == '.')) reason.pop_back();
    throw Error(reason);
  }
  if (info.frames <= 0 || info.channels <= 0) throw Error("no samples");
  const auto channels = static_cast<std::size_t>(info.channels);
  if (static_cast<std::uint64_t>(info.frames) * channels > (std::uint64_t{1} << 31))
    throw Error(fmt::format("{} samples; up to 2^31 are read", static_cast<std::uint64_t>(info.frames) * channels));
  std::vector<float> interleaved(static_cast<std::size_t>(info.frames) * channels);
  const auto frames = static_cast<std::size_t>(std::max<sf_count_t>(0, sf_readf_float(file.get(), interleaved.data(), info.frames)));
  if (frames == 0) throw Error("no samples");
  if (static_cast<sf_count_t>(frames) < info.frames)
    throw Error(fmt::format("truncated: {} samples of {}", frames, info.frames));
  std::vector<float> mono(frames);
  for (std::size_t i = 0; i < frames; ++i) {
    for (std::size_t c = 0; c < channels; ++c) mono[i] += interleaved[i * channels + c];
    mono[i] /= static_cast<float>(channels);
    if (!std::isfinite(mono[i])) throw Error(fmt::format("sample {} is not a finite number", i));
  }
  if (info.samplerate == kRate) return mono;
  const double ratio = static_cast<double>(kRate) / info.samplerate;
  if (!src_is_valid_ratio(ratio)) throw Error(fmt::format("a rate of {} Hz", info.samplerate));
  std::vector<float> resampled(static_cast<std::size_t>(std::ceil(static_cast<double>(frames) * ratio)) + 1);
  SRC_DATA data{};
  data.data_in = mono.data();
  data.input_frames = static_cast<long>(frames);
  data.data_out = resampled.data();
  data.output_frames = static_cast<long>(resampled.size());
  data.src_ratio = ratio;
  if (const int error = src_simple(&data, SRC_SINC_MEDIUM_QUALITY, 1)) throw Error(src_strerror(error));
  resampled.resize(static_cast<std::size_t>(data.output_frames_gen));
  if (resampled.empty()) throw Error("no samples");
  return resampled;
}

// {digit}_{speaker}_{index}: what the Free Spoken Digit Dataset calls its files.
struct SpokenDigit {
  std::string digit, speaker;
  int index = 0;
};
std::optional<SpokenDigit> spoken_digit(const fs::path& file) {
  static const std::regex pattern("([0-9])_(.+)_([0-9]{1,6})");
  std::smatch match;
  const std::string stem = file.stem().string();
  if (!std::regex_match(stem, match, pattern)) return std::nullopt;
  return SpokenDigit{match[1], match[2], std::stoi(match[3])};
}

LabelKind label_kind(const std::string& name, const std::vector<std::string>& values) {
  const std::set<std::string> classes(values.begin(), values.end());
  return {name, {classes.begin(), classes.end()}};
}

std::uint8_t class_of(const LabelKind& kind, const std::string& value) {
  return static_cast<std::uint8_t>(
      std::lower_bound(kind.classes.begin(), kind.classes.end(), value) - kind.classes.begin());
}

// The folder a file lies in, below the one that was opened; empty for those at the top.
std::string subfolder(const Recording& recording) {
  const fs::path path = recording.name;
  return path.has_parent_path() ? path.begin()->string() : "";
}

// The first few of what is named for people.
std::string first_few(const std::vector<std::string>& names) {
  constexpr std::size_t kNamed = 3;
  const auto end = names.begin() + static_cast<std::ptrdiff_t>(std::min(kNamed, names.size()));
  return fmt::format("{}{}", fmt::join(names.begin(), end, ", "), names.size() > kNamed ? " …" : "");
}

// Labels and the split, from the names or from the subfolders. `recordings`: names relative to the folder. Where most names
// say speaker and digit, those that do not are left out. Returns where the labels came from, for people.
std::string label(Dataset& dataset, std::vector<Recording> recordings, std::uint64_t seed) {
  std::vector<bool> held_out;
  std::string origin = "no labels (neither names like 3_george_0.wav nor subfolders)";
  std::vector<SpokenDigit> spoken;
  std::vector<std::string> others;
  for (const auto& recording : recordings) {
    if (auto parts = spoken_digit(recording.name)) spoken.push_back(std::move(*parts));
    else others.push_back(recording.name);
  }
  const auto add_kind = [&](const std::string& name, const std::vector<std::string>& values) {
    auto kind = label_kind(name, values);
    if (kind.classes.size() > kMostClasses) return false;
    for (std::size_t i = 0; i < recordings.size(); ++i) recordings[i].labels.push_back(class_of(kind, values[i]));
    dataset.label_kinds.push_back(std::move(kind));
    return true;
  };
  if (spoken.size() >= others.size()) {
    std::erase_if(recordings, [](const Recording& recording) { return !spoken_digit(recording.name); });
    std::vector<std::string> speakers, digits;
    for (const auto& parts : spoken) {
      speakers.push_back(parts.speaker);
      digits.push_back(parts.digit);
      held_out.push_back(parts.index < kHeldOutBelow);
    }
    origin = add_kind("speaker", speakers)
                 ? "speaker and digit from the names"
                 : fmt::format("digit from the names, which have more than {} speakers", kMostClasses);
    add_kind("digit", digits);
    if (!others.empty())
      origin += fmt::format("; {} {} without a name like 3_george_0.wav left out: {}", others.size(),
                            others.size() == 1 ? "file" : "files", first_few(others));
    const auto count = std::count(held_out.begin(), held_out.end(), true);
    if (count == 0 || count == static_cast<std::ptrdiff_t>(held_out.size())) held_out.clear();
  } else {
    std::vector<std::string> folders;
    for (const auto& recording : recordings) folders.push_back(subfolder(recording));
    const auto at_top = std::find(folders.begin(), folders.end(), "");
    if (at_top == folders.end())
      origin = add_kind("folder", folders) ? "folder labels"
                                           : fmt::format("no labels (more than {} subfolders)", kMostClasses);
    else if (std::any_of(folders.begin(), folders.end(), [](const auto& folder) { return !folder.empty(); }))
      origin = fmt::format("no labels ({} lies in no subfolder)",
                           recordings[static_cast<std::size_t>(at_top - folders.begin())].name);
    else if (!spoken.empty())
      origin = fmt::format("no labels (only {} of {} names are like 3_george_0.wav)", spoken.size(), recordings.size());
  }
  if (held_out.empty()) {
    std::vector<std::string> keys;
    for (const auto& recording : recordings) keys.push_back(recording.name);
    held_out = held_out_by_hash(keys, seed);
  }
  for (std::size_t i = 0; i < recordings.size(); ++i)
    (held_out[i] ? dataset.test_recordings : dataset.train_recordings).push_back(std::move(recordings[i]));
  return origin;
}

Dataset load(const fs::path& path, const DatasetOptions& options, DataKind) {
  std::error_code error;
  if (!fs::is_directory(path, error))
    throw Error(fmt::format("{}: not a folder; wav:DIR takes a folder of WAV files", path.string()));
  std::vector<fs::path> files;
  walk_files(path, [&](const fs::path& file) {
    if (named_wav(file) || wave_header(file)) files.push_back(file);
    return true;
  });
  std::sort(files.begin(), files.end());
  std::vector<Recording> recordings;
  std::vector<std::string> unreadable;
  for (const auto& file : files) {
    const std::string name = file.lexically_relative(path).generic_string();
    try {
      Recording recording;
      recording.samples = read(file);
      recording.name = name;
      recordings.push_back(std::move(recording));
    } catch (const Error& problem) {
      unreadable.push_back(fmt::format("{} ({})", name, problem.what()));
    }
  }
  if (recordings.empty())
    throw Error(files.empty() ? fmt::format("{}: the folder holds no WAV files", path.string())
                              : fmt::format("{}: none of {} WAV files can be read; the first: {}", path.string(),
                                            files.size(), unreadable.front()));
  Dataset dataset;
  dataset.sample_rate = kRate;
  const std::size_t count = recordings.size();
  const std::string origin = label(dataset, std::move(recordings), options.seed);
  double samples = 0;
  for (const auto* part : {&dataset.train_recordings, &dataset.test_recordings})
    for (const auto& recording : *part) samples += static_cast<double>(recording.samples.size());
  auto folder = fs::absolute(path).lexically_normal();
  if (!folder.has_filename()) folder = folder.parent_path();
  dataset.title = "Recordings of " + folder.filename().string();
  dataset.description = fmt::format("{} training and {} held-out recordings, {:.1f} minutes, brought to {} Hz; {}",
                                    dataset.train_recordings.size(), dataset.test_recordings.size(),
                                    samples / kRate / 60, kRate, origin);
  if (!unreadable.empty())
    dataset.description += fmt::format("; {} of {} files unreadable and left out: {}", unreadable.size(),
                                       count + unreadable.size(), first_few(unreadable));
  dataset.description += ".";
  return dataset;
}

}  // namespace

const DataFormat& wav_data_format() {
  static const DataFormat format = {
      "wav",
      "a folder of WAV files of any rate; names like 3_george_0.wav or subfolders are labels",
      false,
      &recognises,
      &load,
      {DataKind::sounds}};
  return format;
}

}  // namespace unveil
