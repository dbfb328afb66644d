#include "engine/models/class_labels.h"

namespace unveil {

std::vector<CodeLabels> class_labels(const Dataset& data, int split, int count) {
  auto all = code_labels(split == 0 ? data.train : data.test, data.classes, count);
  for (auto& labels : all)
    for (std::size_t c = 0; c < labels.classes.size(); ++c) labels.classes[c] = data.class_name(static_cast<int>(c));
  return all;
}

}  // namespace unveil
