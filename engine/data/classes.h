#pragma once
#include <span>
#include <string>
#include <vector>

#include "engine/data/csv.h"

namespace unveil {

// What points may be told apart by.
struct PointClasses {
  std::string name;                  // "digit"
  std::vector<std::string> classes;  // what each is called; at least one where there are values
  std::vector<int> values;           // one per point, below classes.size(); empty: all points alike
};

constexpr std::size_t kMostClasses = 256;

// Classes called by the texts, in ascending order: of numbers where all are whole numbers. An empty text is "none".
PointClasses classes_of(const std::string& name, const std::vector<std::string>& texts);

// Adds to a table, whose rows are the points, what class each is of: a column of numbers where the classes are called
// by whole numbers, else one of texts.
void add_classes(CsvTable& table, const std::string& name, const std::vector<std::string>& classes,
                 std::span<const int> values);

// Whether every class is called by a whole number as it is written, such as "-3", but not "007".
bool called_by_numbers(std::span<const std::string> classes);

}  // namespace unveil
