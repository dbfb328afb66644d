#pragma once
#include <array>
#include <string>
#include <vector>

#include "app/exhibits/sparse/tab.h"

namespace unveil {

// Everything known of one atom: the fitted Gabor function over it, numbers, the patches that use it most, its usage
// over time.
class Passport {
 public:
  void draw_atom(ShellContext& context, const SparseStage& stage, ImVec2 at, ImVec2 size);
  void draw_component(ShellContext& context, const SparseStage& stage, int component, ImVec2 at, ImVec2 size);

 private:
  struct Row {
    std::string label, value;
  };
  // Returns the height used.
  float draw_pattern(ShellContext& context, std::span<const float> values, std::span<const float> as_picture,
                     const sparse::Gabor* gabor, int size, ImVec2 at, float width, const char* what);
  static float draw_rows(Ui& ui, const std::vector<Row>& rows, ImVec2 at, float width);
  static std::vector<Row> gabor_rows(const sparse::Gabor* gabor, int size);

  ImageGrid pattern_, fitted_, patches_;
};

}  // namespace unveil
