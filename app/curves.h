#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace unveil {

struct MetricCurve {
  struct Point {
    double x, y;  // points whose y is no finite number are left out
  };
  std::string name;
  std::vector<Point> points;  // x ascending
};

// A line plot as a PNG of 960×540, drawn without a window: each raw curve faint under its smoothed one, directly
// labelled. The y axis shows what lies between the 1st and 98th percentile, so that the first steps do not flatten
// the rest. Text is left out where the system has no DejaVu Sans. Throws Error when the file cannot be written.
void save_curves(const std::filesystem::path& path, const std::string& title, const std::string& x_label,
                 const std::vector<MetricCurve>& curves);

}  // namespace unveil
