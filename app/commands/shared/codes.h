#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "app/scatter.h"
#include "engine/data/dataset.h"
#include "engine/models/model.h"

namespace unveil {

// Points of any origin with what they may be told apart by.
struct LabelledCodes {
  std::string source;  // of messages: the file or SPEC
  int count = 0, dimensions = 0;
  std::vector<float> values;           // [count][dimensions]
  std::vector<ScatterClasses> labels;  // of all points each
  std::vector<int> rows;               // where each point stood in its source, from 0
};

// The code that is asked for, the first declared when none is. Throws UsageError naming those that exist.
std::string chosen_code(const Model& model, const std::string& wanted);

// An array (.npy, [count, dimensions]; further dimensions count as one) or a table (.csv with a header line). Columns
// z0, z1, … of a table are the codes and its others labels; a table without such columns has codes alone, but for a
// column `label`. Throws Error naming the file and what is wrong where.
LabelledCodes read_codes(const std::filesystem::path& path);
// One whole number per point: an array (.npy) or the only column of a table (.csv). Throws Error, also where they are
// not as many as the points.
ScatterClasses read_labels(const std::filesystem::path& path, int count);
// [classes] What stands for each class in a table: its name where all names are numbers, else its index.
std::vector<double> class_numbers(const ScatterClasses& classes);

LabelledCodes codes_of(const CodeTable& table, const std::string& source);
// Pixels, 0 to 1, of one split (0 train, 1 test). Throws Error where the data are no pictures or the split is empty.
LabelledCodes pixel_codes(const Dataset& data, int split);

// So many of them, drawn by the seed, in their order; all where there are not more.
void take_subset(LabelledCodes& codes, int count, std::uint64_t seed);

}  // namespace unveil
