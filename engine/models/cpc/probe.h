#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace unveil::cpc {

// Multinomial logistic regression on standardised features: what a linear reader can tell from a code.
class LinearProbe {
 public:
  // features: [n][dimensions], labels: [n] below `classes`. Minimises the mean cross-entropy plus
  // penalty/2·‖W‖² (the bias is free) by L-BFGS, from zero: the same numbers every time. Features that do not vary
  // count for nothing. Throws std::logic_error where sizes do not fit or a feature is not a number.
  LinearProbe(std::span<const float> features, int dimensions, std::span<const std::uint8_t> labels, int classes,
              double penalty = 1e-3);

  int classes() const { return classes_; }
  // The likeliest class of each of [n][dimensions].
  std::vector<std::uint8_t> predict(std::span<const float> features) const;
  // Share of `labels` it gets right, 0 to 1.
  double accuracy(std::span<const float> features, std::span<const std::uint8_t> labels) const;
  // [classes][classes]: how often true class r was called c.
  std::vector<int> confusion(std::span<const float> features, std::span<const std::uint8_t> labels) const;

 private:
  int dimensions_, classes_;
  std::vector<double> mean_, scale_;  // of the features
  std::vector<double> weights_;       // [dimensions + 1][classes], the bias last
};

}  // namespace unveil::cpc
