#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "engine/data/classes.h"
#include "engine/tsne/tsne.h"

namespace unveil {

// A layout as a PNG of 960×960, equally scaled in both directions, with colour and marker by class and a legend of
// the classes (the first twenty). Throws Error when the file cannot be written.
void save_scatter(const std::filesystem::path& path, const std::string& title, const std::vector<LayoutPoint>& points,
                  const PointClasses& classes);

}  // namespace unveil
