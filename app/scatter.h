#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "engine/tsne/tsne.h"

namespace unveil {

// What dots are coloured by.
struct ScatterClasses {
  std::string name;                  // "digit"
  std::vector<std::string> classes;  // at least one where there are values
  std::vector<int> values;           // one per point, below classes.size(); empty: all dots alike
};

// A layout as a PNG of 960×960, equally scaled in both directions, with colour and marker by class and a legend of
// the classes (the first twenty). Throws Error when the file cannot be written.
void save_scatter(const std::filesystem::path& path, const std::string& title, const std::vector<LayoutPoint>& points,
                  const ScatterClasses& classes);

}  // namespace unveil
