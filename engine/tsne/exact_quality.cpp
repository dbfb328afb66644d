#include <Eigen/Dense>
#include <algorithm>
#include <future>
#include <numeric>
#include <stdexcept>
#include <thread>
#include <vector>

#include "engine/tsne/metrics.h"

namespace unveil {
namespace {

// So many points' distances are found at once, to so many others: what is added to stays in the cache.
constexpr std::size_t kRows = 8, kOthers = 512;

// by_dimension: [dimensions][count]. squared: [kRows][count], of points [first, first + rows) to all.
void squared_distances(const std::vector<double>& by_dimension, std::size_t count, std::size_t first,
                       std::size_t rows, std::vector<double>& squared) {
  std::fill(squared.begin(), squared.end(), 0.0);
  const std::size_t dimensions = by_dimension.size() / count;
  for (std::size_t begin = 0; begin < count; begin += kOthers) {
    const auto wide = static_cast<Eigen::Index>(std::min(kOthers, count - begin));
    for (std::size_t d = 0; d < dimensions; ++d) {
      const double* all = &by_dimension[d * count];
      const double* others = all + begin;
      for (std::size_t row = 0; row < rows; ++row) {
        Eigen::Map<Eigen::ArrayXd> sums(&squared[row * count + begin], wide);
        sums += (all[first + row] - Eigen::Map<const Eigen::ArrayXd>(others, wide)).square();
      }
    }
  }
}

// The k nearest others of `point` by these squared distances to all; of equal ones the lower index.
void nearest(const double* squared, std::size_t count, std::size_t point, std::size_t k,
             std::vector<std::size_t>& order) {
  order.resize(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  order.erase(order.begin() + static_cast<std::ptrdiff_t>(point));
  std::partial_sort(
      order.begin(), order.begin() + static_cast<std::ptrdiff_t>(k), order.end(),
      [&](std::size_t a, std::size_t b) { return squared[a] != squared[b] ? squared[a] < squared[b] : a < b; });
  order.resize(k);
}

struct Sums {
  std::int64_t excess = 0, kept = 0;
};

Sums sums_of(const std::vector<double>& codes, const std::vector<double>& places, std::size_t count,
             std::size_t first, std::size_t last, std::size_t k) {
  Sums sums;
  std::vector<double> code_squares(kRows * count), place_squares(kRows * count);
  std::vector<std::size_t> near_codes, near_places;
  for (std::size_t block = first; block < last; block += kRows) {
    const std::size_t rows = std::min(kRows, last - block);
    squared_distances(codes, count, block, rows, code_squares);
    squared_distances(places, count, block, rows, place_squares);
    for (std::size_t row = 0; row < rows; ++row) {
      const double* squared = &code_squares[row * count];
      const std::size_t point = block + row;
      nearest(squared, count, point, k, near_codes);
      nearest(&place_squares[row * count], count, point, k, near_places);
      for (const std::size_t other : near_places) {
        std::int64_t nearer = 0;
        for (std::size_t j = 0; j < count; ++j) nearer += squared[j] < squared[other];
        if (squared[point] < squared[other]) --nearer;  // itself is no other
        sums.excess += std::max<std::int64_t>(0, nearer + 1 - static_cast<std::int64_t>(k));
        sums.kept += std::find(near_codes.begin(), near_codes.end(), other) != near_codes.end();
      }
    }
  }
  return sums;
}

}  // namespace

TsneQuality tsne_quality(std::span<const double> codes, int count, int dimensions,
                         std::span<const LayoutPoint> layout, int k) {
  if (k < 1 || 2 * k >= count) throw std::logic_error("quality by half the points or more");
  if (layout.size() != static_cast<std::size_t>(count)) throw std::logic_error("a layout of other points");
  const auto n = static_cast<std::size_t>(count), width = static_cast<std::size_t>(dimensions);
  std::vector<double> by_dimension(n * width), places(2 * n);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t d = 0; d < width; ++d) by_dimension[d * n + i] = codes[i * width + d];
    places[i] = static_cast<double>(layout[i].x), places[n + i] = static_cast<double>(layout[i].y);
  }
  const std::size_t parts = std::max(1u, std::thread::hardware_concurrency());
  std::vector<std::future<Sums>> running;
  for (std::size_t part = 0; part < parts; ++part)
    running.push_back(std::async(std::launch::async, [&, part] {
      return sums_of(by_dimension, places, n, n * part / parts, n * (part + 1) / parts, static_cast<std::size_t>(k));
    }));
  Sums all;
  for (auto& part : running) {
    const auto sums = part.get();
    all.excess += sums.excess, all.kept += sums.kept;
  }
  const double most = static_cast<double>(count) * k * (2.0 * count - 3 * k - 1) / 2;
  return {1 - static_cast<double>(all.excess) / most,
          static_cast<double>(all.kept) / (static_cast<double>(count) * k)};
}

}  // namespace unveil
