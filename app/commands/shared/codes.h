#pragma once
#include <string>
#include <vector>

#include "engine/data/dataset.h"
#include "engine/data/points.h"
#include "engine/models/model.h"

namespace unveil {

// Points of any origin with what they may be told apart by.
struct LabelledCodes {
  std::string source;  // of messages: the file or SPEC
  int count = 0, dimensions = 0;
  std::vector<float> values;         // [count][dimensions]
  std::vector<PointClasses> labels;  // of all points each, or without values
  std::vector<int> rows;             // where each point stood in its source, from 0
  // [count][dimensions] As they were read, where that is more than float holds: `values` are these about their means.
  std::vector<double> exact;
};

// The code that is asked for, the first declared when none is. Throws UsageError naming those that exist.
std::string chosen_code(const Model& model, const std::string& wanted);

LabelledCodes codes_of(PointSet points);
LabelledCodes codes_of(const CodeTable& table, const std::string& source);
// Pixels, 0 to 1, of one split (0 train, 1 test). Throws Error where the data are no pictures or the split is empty.
LabelledCodes pixel_codes(const Dataset& data, int split);

// So many of them, drawn by the seed, in their order; all where there are not more.
void take_subset(LabelledCodes& codes, int count, std::uint64_t seed);

}  // namespace unveil
