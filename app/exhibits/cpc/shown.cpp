#include <algorithm>
#include <cmath>

#include "app/exhibits/cpc/tab.h"

namespace unveil {

const std::vector<Recording>& shown_recordings(const Dataset& data) {
  return data.test_recordings.empty() ? data.train_recordings : data.test_recordings;
}

Standing standing(std::span<const float> scores) {
  Standing out;
  if (scores.empty()) return out;
  const float most = *std::max_element(scores.begin(), scores.end());
  double sum = 0;
  for (const float score : scores) {
    sum += std::exp(static_cast<double>(score - most));
    out.rank += score > scores.front();
  }
  out.probability = std::exp(static_cast<double>(scores.front() - most)) / sum;
  return out;
}

}  // namespace unveil
