#include "engine/models/cpc/corpus.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>

#include "engine/error.h"
#include "engine/ops/batch.h"

namespace unveil::cpc {
namespace {

// Samples from the beginning of one training window to that of the next. No multiple of the encoder's step, so that
// windows meet the signal at different phases.
constexpr std::size_t kWindowStep = 509;

// Which of the data's labels says who is heard; -1: none does.
int grouping(const Dataset& data) {
  for (std::size_t i = 0; i < data.label_kinds.size(); ++i)
    if (data.label_kinds[i].name == "speaker") return static_cast<int>(i);
  return data.label_kinds.empty() ? -1 : 0;
}

}  // namespace

std::vector<std::vector<float>> stretches(const Dataset& data, std::span<const Recording> recordings,
                                          std::size_t shortest) {
  const int label = grouping(data);
  std::map<int, std::vector<float>> groups;
  for (const auto& recording : recordings) {
    auto& group = groups[label < 0 ? 0 : recording.labels[static_cast<std::size_t>(label)]];
    const auto heard = prepared(recording.samples);
    group.insert(group.end(), heard.begin(), heard.end());
  }
  std::vector<std::vector<float>> found;
  for (auto& [group, samples] : groups) {
    if (std::all_of(samples.begin(), samples.end(), [](float s) { return s == 0; })) continue;
    const std::size_t length = samples.size();
    for (std::size_t i = 0; samples.size() < shortest; ++i) samples.push_back(samples[i % length]);
    found.push_back(std::move(samples));
  }
  return found;
}

namespace {

// Where windows begin: side by side where that gives `count`, else as close as it takes, but never closer than one
// code.
std::vector<const float*> window_places(const std::vector<std::vector<float>>& all, const Architecture& a,
                                        std::size_t count) {
  const auto window = static_cast<std::size_t>(a.samples), hop = static_cast<std::size_t>(a.hop());
  std::vector<const float*> places;
  for (std::size_t step = window;; step = std::max(step / 2, hop)) {
    places.clear();
    for (const auto& stretch : all)
      for (std::size_t at = 0; at + window <= stretch.size(); at += step) places.push_back(stretch.data() + at);
    if (places.size() >= count || step == hop) return places;
  }
}

// A window that a batch holds twice would be told apart from itself.
void require_windows(const Dataset& data, const Architecture& a, std::size_t found, std::size_t needed,
                     const char* part) {
  if (found < needed && a.negatives != Negatives::same)
    throw Error(
        fmt::format("{}: {} different windows of {} samples are needed, the {} hold {}; take more recordings, or "
                    "a smaller batch_size or window",
                    data.spec, needed, a.samples, part, found));
}

}  // namespace

Corpus::Corpus(Device& device, const Dataset& data, const Architecture& a, int batch) {
  std::vector<float> values;
  std::vector<std::uint32_t> places;
  const auto window = static_cast<std::size_t>(a.samples), hop = static_cast<std::size_t>(a.hop());
  for (const auto& stretch : stretches(data, data.train_recordings, window)) {
    const std::size_t begin = values.size();
    if (a.mel) {
      const int frames = a.frames(static_cast<std::int64_t>(stretch.size()));
      const auto rows = input_of(a, stretch, 0, frames);
      values.insert(values.end(), rows.begin(), rows.end());
    } else {
      values.insert(values.end(), stretch.begin(), stretch.end());
    }
    if (values.size() > std::numeric_limits<std::int32_t>::max())
      throw Error(fmt::format("{}: more than {} numbers of recordings; a part of them is needed", data.spec,
                              std::numeric_limits<std::int32_t>::max()));
    for (std::size_t at = 0; at + window <= stretch.size(); at += kWindowStep)
      places.push_back(
          static_cast<std::uint32_t>(begin + (a.mel ? at / hop * static_cast<std::size_t>(a.input_width()) : at)));
  }
  if (places.empty()) throw Error(fmt::format("{}: the training recordings are silent", data.spec));
  require_windows(data, a, places.size(), static_cast<std::size_t>(batch), "training recordings");
  const auto place = [&](DeviceTensor& tensor, const char* name, std::size_t count, DType dtype,
                         std::uint64_t offset) {
    tensor.name = name;
    tensor.shape = {static_cast<std::int64_t>(count)};
    tensor.dtype = dtype;
    tensor.layout = make_layout(tensor.shape);
    tensor.buffer = &buffer;
    tensor.offset = offset;
    return offset + (tensor.layout.bytes() + 255) / 256 * 256;
  };
  const auto end = place(starts, "where windows begin", places.size(), DType::u32,
                         place(signal, "training recordings", values.size(), DType::f32, 0));
  buffer = device.allocate(end, MemoryKind::device, "the recordings");
  write_tensor(device, signal, values);
  write_tensor_u32(device, starts, places);
}

std::vector<float> some_windows(const Dataset& data, std::span<const Recording> recordings, const Architecture& a,
                                int count) {
  const auto window = static_cast<std::size_t>(a.samples);
  const auto all = stretches(data, recordings, window);
  if (all.empty()) throw Error(fmt::format("{}: the recordings are silent", data.spec));
  const auto places = window_places(all, a, static_cast<std::size_t>(count));
  require_windows(data, a, places.size(), static_cast<std::size_t>(count), "recordings");
  std::vector<float> windows;
  const auto available = static_cast<std::uint32_t>(places.size());
  for (std::uint32_t i = 0; i < static_cast<std::uint32_t>(count); ++i) {
    const float* from = places[shuffled_index(0, i / available, i % available, available)];
    windows.insert(windows.end(), from, from + window);
  }
  return windows;
}

bool has_windows(const Dataset& data, std::span<const Recording> recordings, const Architecture& a, int count) {
  const auto all = stretches(data, recordings, static_cast<std::size_t>(a.samples));
  const auto needed = a.negatives == Negatives::same ? 1 : static_cast<std::size_t>(count);
  return window_places(all, a, needed).size() >= needed;
}

}  // namespace unveil::cpc
