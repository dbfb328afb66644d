// A folder of recordings of any kind that libsndfile reads, any rate and channels, mixed to mono at 8 kHz.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "engine/data/format.h"
#include "engine/data/recording_labels.h"
#include "engine/data/sound_file.h"
#include "engine/data/text.h"
#include "engine/data/walk.h"
#include "engine/data/what_is.h"
#include "engine/error.h"

namespace unveil {
namespace {

namespace fs = std::filesystem;

constexpr int kRate = 8000;

bool is_sound(const fs::path& file) {
  return what_is(file).kind == FileKind::sound;
}

// A damaged file that is plainly meant must be complained of rather than overlooked.
bool named_like_a_sound(const fs::path& path) {
  static const std::set<std::string> known{".wav",  ".wave", ".flac", ".ogg", ".oga", ".opus", ".mp3",
                                           ".aif",  ".aiff", ".aifc", ".au",  ".snd", ".caf",  ".w64",
                                           ".rf64", ".m4a",  ".aac",  ".wma", ".amr", ".sph"};
  return known.contains(ascii_lower(path.extension().string()));
}

bool recognises(const fs::path& path) {
  std::error_code error;
  return fs::is_directory(path, error) && any_file_below(path, &is_sound);
}

Dataset load(const fs::path& path, const DatasetOptions& options, DataKind) {
  std::error_code error;
  if (!fs::is_directory(path, error))
    throw Error(fmt::format("{}: {}, not a folder; wav:DIR takes a folder of recordings ({})", path.string(),
                            what_is(path).text, kAcceptedSounds));
  auto found = files_below(path);
  std::vector<Recording> recordings;
  std::vector<std::string> unreadable;
  for (const auto& file : found.files) {
    const std::string name = file.lexically_relative(path).generic_string();
    if (!is_sound(file) && !named_like_a_sound(file)) {
      found.pass_over("not a recording", name);
      continue;
    }
    try {
      recordings.push_back({name, read_sound(file, kRate), {}});
    } catch (const Error& problem) {
      unreadable.push_back(fmt::format("{} ({})", name, problem.what()));
    }
  }
  if (recordings.empty() && unreadable.empty())
    throw Error(fmt::format("{}: the folder holds no recordings; {} are accepted{}", path.string(), kAcceptedSounds,
                            found.passed_over_text()));
  if (recordings.empty())
    throw Error(fmt::format("{}: none of {} recordings can be read; the first: {}", path.string(), unreadable.size(),
                            unreadable.front()));
  Dataset dataset;
  dataset.sample_rate = kRate;
  const std::size_t count = recordings.size();
  const std::string said = label_recordings(dataset, std::move(recordings), options.seed);
  double samples = 0;
  for (const auto* part : {&dataset.train_recordings, &dataset.test_recordings})
    for (const auto& recording : *part) samples += static_cast<double>(recording.samples.size());
  auto folder = fs::absolute(path).lexically_normal();
  if (!folder.has_filename()) folder = folder.parent_path();
  dataset.title = "Recordings of " + folder.filename().string();
  dataset.description =
      fmt::format("{} training and {} held-out recordings, {:.1f} minutes, brought to {} Hz; {}",
                  dataset.train_recordings.size(), dataset.test_recordings.size(), samples / kRate / 60, kRate, said);
  if (!unreadable.empty())
    dataset.description += fmt::format("; {} of {} files unreadable and left out: {}", unreadable.size(),
                                       count + unreadable.size(), first_few(unreadable));
  dataset.description += found.passed_over_text() + ".";
  return dataset;
}

}  // namespace

const DataFormat& wav_data_format() {
  static const DataFormat format = {
      "wav",
      "a folder of recordings (WAV, FLAC, Ogg, MP3, AIFF …) of any rate; names like 3_george_0.wav or subfolders are "
      "labels",
      false,
      &recognises,
      &load,
      {DataKind::sounds}};
  return format;
}

}  // namespace unveil
