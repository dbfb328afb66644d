#pragma once
#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/train/safetensors.h"

namespace unveil {

// A metric's values over the steps of a run.
struct MetricSeries {
  std::vector<double> steps, values;  // of one length, steps rising; values that are no numbers are gaps
};
// By the metric's name, as in JSON and CSV.
using MetricHistory = std::map<std::string, MetricSeries>;

// Adds a point behind the last; points of the same or a later step give way to it. A long series is thinned in its
// older half.
void append(MetricSeries& series, double step, double value);

// At most `most` points (two or more): the first, the last, and between them the first of every 2^k steps, for the
// smallest k that is enough. Thinning what was thinned before is the same as thinning once, so that a run in pieces
// keeps the curve of a run in one.
MetricSeries thinned(const MetricSeries& series, std::size_t most);

// In a checkpoint: "history/NAME/steps" (U32) and "history/NAME/values" (F32), at most kHistoryPoints points a metric
// and all of them together about half a MiB.
constexpr std::size_t kHistoryPoints = 2000;
bool is_history(std::string_view tensor);
void write_history(const MetricHistory& history, SafetensorsFile& file);
// Empty where the file has none. Throws Error naming the file and the tensor that is not as above.
MetricHistory read_history(const SafetensorsFile& file, const std::filesystem::path& path);

}  // namespace unveil
