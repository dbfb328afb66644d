#pragma once
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "engine/data/dataset.h"
#include "engine/data/philox.h"

namespace unveil {

// A generated set of points of the plane: 20,000 to train on and as many held out, a function of the seed alone.
using DrawPoint = std::function<std::array<float, 2>(PhiloxStream& stream)>;
Dataset plane_set(const DatasetOptions& options, const std::string& title, const std::string& what,
                  const PointTruth& truth, const DrawPoint& draw);

// "2,0.1": the numbers of a set's arguments, as many as there are defaults. Throws Error that names the set and says
// what was found and what is accepted: numbers above 0, at most `largest`.
std::vector<float> plane_arguments(const std::string& set, const std::filesystem::path& text,
                                   std::vector<float> defaults, float largest = 100);

}  // namespace unveil
