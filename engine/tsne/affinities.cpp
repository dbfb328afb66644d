#include "engine/tsne/affinities.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace unveil {
namespace {

constexpr double kTolerance = 1e-5;  // of the entropy
constexpr int kBisections = 200;

// squared: ascending. Fills p, which sums to 1.
void solve_row(const float* squared, int k, double entropy_wanted, std::vector<double>& p) {
  // Only differences matter, and the nearest then has weight 1: the sum cannot vanish.
  double mean = 0;
  for (int m = 0; m < k; ++m) mean += (static_cast<double>(squared[m]) - squared[0]) / k;
  double low = 0, high = std::numeric_limits<double>::infinity(), beta = mean > 0 ? 1 / mean : 1, sum = 0;
  for (int step = 0; step < kBisections; ++step) {
    double weighted = 0;
    sum = 0;
    for (int m = 0; m < k; ++m) {
      const double distance = static_cast<double>(squared[m]) - squared[0];
      const double weight = std::exp(-beta * distance);
      p[static_cast<std::size_t>(m)] = weight;
      sum += weight;
      weighted += weight * distance;
    }
    const double excess = std::log(sum) + beta * weighted / sum - entropy_wanted;
    if (std::abs(excess) < kTolerance) break;
    if (excess > 0) {
      low = beta;
      beta = std::isinf(high) ? 2 * beta : (beta + high) / 2;
    } else {
      high = beta;
      beta = (beta + low) / 2;
    }
  }
  for (int m = 0; m < k; ++m) p[static_cast<std::size_t>(m)] /= sum;
}

}  // namespace

int tsne_neighbours(int count, double perplexity) {
  return std::clamp(static_cast<int>(3 * perplexity), 1, count - 1);
}

void conditional_affinities(const Neighbours& neighbours, double perplexity, int first, int last,
                            std::vector<float>& p) {
  const int k = tsne_neighbours(neighbours.count, perplexity);
  if (neighbours.k < k) throw std::logic_error("fewer neighbours than the perplexity asks for");
  p.resize(static_cast<std::size_t>(neighbours.count) * static_cast<std::size_t>(k));
  std::vector<double> row(static_cast<std::size_t>(k));
  for (int i = first; i < last; ++i) {
    solve_row(&neighbours.squared_distance[static_cast<std::size_t>(i) * static_cast<std::size_t>(neighbours.k)], k,
              std::log(perplexity), row);
    std::transform(row.begin(), row.end(), p.begin() + static_cast<std::ptrdiff_t>(i) * k,
                   [](double value) { return static_cast<float>(value); });
  }
}

Affinities joint_affinities(const Neighbours& neighbours, double perplexity, const std::vector<float>& conditional) {
  const auto count = static_cast<std::size_t>(neighbours.count), width = static_cast<std::size_t>(neighbours.k),
             k = static_cast<std::size_t>(tsne_neighbours(neighbours.count, perplexity));
  // Every p(j|i) stands in row i and in row j; rows are filled in ascending order of the other point, then merged.
  struct Entry {
    std::int32_t column;
    float value;
  };
  std::vector<std::size_t> begin(count + 1);
  for (std::size_t i = 0; i < count; ++i)
    for (std::size_t m = 0; m < k; ++m) {
      ++begin[i + 1];
      ++begin[static_cast<std::size_t>(neighbours.index[i * width + m]) + 1];
    }
  for (std::size_t i = 0; i < count; ++i) begin[i + 1] += begin[i];
  std::vector<Entry> entries(begin[count]);
  auto end = begin;
  for (std::size_t i = 0; i < count; ++i)
    for (std::size_t m = 0; m < k; ++m) {
      const auto j = neighbours.index[i * width + m];
      entries[end[i]++] = {j, conditional[i * k + m]};
      entries[end[static_cast<std::size_t>(j)]++] = {static_cast<std::int32_t>(i), conditional[i * k + m]};
    }

  Affinities joint;
  joint.count = neighbours.count;
  joint.begin.push_back(0);
  for (std::size_t i = 0; i < count; ++i) {
    const auto first = entries.begin() + static_cast<std::ptrdiff_t>(begin[i]),
               last = entries.begin() + static_cast<std::ptrdiff_t>(begin[i + 1]);
    // Of two equal columns the order does not matter: their sum is the same either way.
    std::sort(first, last, [](const Entry& a, const Entry& b) { return a.column < b.column; });
    for (auto entry = first; entry != last; ++entry) {
      const float share = entry->value / (2.0f * static_cast<float>(count));
      if (joint.column.size() > static_cast<std::size_t>(joint.begin.back()) &&
          joint.column.back() == entry->column) {
        joint.value.back() += share;
      } else {
        joint.column.push_back(entry->column);
        joint.value.push_back(share);
      }
    }
    joint.begin.push_back(static_cast<std::int32_t>(joint.column.size()));
  }
  for (const float p : joint.value)
    if (p > 0) joint.negative_entropy += p * std::log(static_cast<double>(p));
  return joint;
}

}  // namespace unveil
