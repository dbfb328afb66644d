#pragma once
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/data/classes.h"
#include "engine/data/table_roles.h"

namespace unveil {

constexpr float kLargestValue = 1e15f;  // squares of differences must stay finite

// Points of a file as they were read.
struct PointSet {
  std::string source;  // the file, for messages
  int count = 0, dimensions = 0;
  std::vector<double> values;         // [count][dimensions], all finite
  std::vector<std::string> columns;   // [dimensions] what each is called; empty: they have no names
  std::vector<PointClasses> labels;   // the first is what points are coloured by unasked
  std::vector<std::string> left_out;  // columns
  // One line: how many, which columns are coordinates, which labels, what was left out, what is unusual of the form.
  std::string told;
};

struct PointOptions {
  std::optional<char> separator;  // of a table; ' ' stands for runs of blanks
  RoleOptions roles;              // of a table
};

// Whether the file's content or its name is that of points: an array (.npy) or a table of text.
bool is_points_file(const std::filesystem::path& path);

// An array [count, dimensions] in NumPy's format (further dimensions count as one), by its content, or a table of
// text (table.h) with the roles of find_roles. Throws Error naming the file and what is wrong where: also for a value
// that is missing, or not finite or above kLargestValue once its column's mean is taken off.
PointSet read_points(const std::filesystem::path& path, const PointOptions& options = {});
// The same of a file's bytes; `name` is what errors call it.
PointSet parse_points(std::string bytes, const std::string& name, const PointOptions& options = {});

// A label per point, numbers or words: an array of `count` elements or a table with one column besides row numbers,
// or with one that is called by `column`. Throws Error, also where they are not as many as the points or more than
// kMostClasses different ones.
PointClasses read_point_labels(const std::filesystem::path& path, int count);
PointClasses parse_point_labels(std::string bytes, const std::string& name, int count);

// Each column less its mean, which is taken off in double precision: nothing is lost of what is large and differs
// little.
std::vector<float> centred(std::span<const double> values, int count, int dimensions);

}  // namespace unveil
