#include "engine/tsne/tsne.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <optional>

#include "engine/data/philox.h"
#include "engine/error.h"
#include "engine/tsne/affinities.h"
#include "engine/tsne/descent.h"
#include "engine/tsne/neighbours.h"
#include "engine/tsne/pca.h"

namespace unveil {
namespace {

constexpr double kStartDeviation = 1e-4;  // of the first component
constexpr double kStartNoise = 1e-6;      // tells equal codes apart
constexpr int kRowsOfSlice = 256;         // whose perplexity is found at once
constexpr std::uint32_t kNoiseTag = 0x74736e65;
constexpr int kMostPerSlice = 64;  // iterations

using Clock = std::chrono::steady_clock;
double milliseconds_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

void check_range(const char* name, double value, double low, double high) {
  if (!(value >= low && value <= high))
    throw UsageError(fmt::format("t-SNE: {} is {}; {} to {} is accepted", name, value, low, high));
}

void check_options(const TsneOptions& options) {
  check_range("the early exaggeration", options.early_exaggeration, 0.1, 100);
  check_range("the number of exaggerated iterations", options.exaggeration_iterations, 0, 1e6);
  check_range("the exaggeration", options.exaggeration, 0.1, 100);
  check_range("the early momentum", options.early_momentum, 0, 0.99);
  check_range("the momentum", options.momentum, 0, 0.99);
  check_range("the learning rate (0: N / 12)", options.learning_rate, 0, 1e5);
  check_range("the perplexity", options.perplexity, 1, kTsneLargest / 3.0);
}

void add_noise(std::vector<LayoutPoint>& points, double deviation, std::uint64_t seed, std::uint32_t stream) {
  PhiloxStream noise(seed, 0, stream, kNoiseTag);
  for (auto& point : points) {
    point.x += static_cast<float>(deviation) * noise.normal();
    point.y += static_cast<float>(deviation) * noise.normal();
  }
}

// Root mean square distance from the centre, by coordinate.
double deviation(const std::vector<LayoutPoint>& points) {
  double x = 0, y = 0, squares = 0;
  const auto n = static_cast<double>(points.size());
  for (const auto& p : points) x += p.x / n, y += p.y / n;
  for (const auto& p : points) squares += ((p.x - x) * (p.x - x) + (p.y - y) * (p.y - y)) / (2 * n);
  return std::sqrt(squares);
}

std::vector<LayoutPoint> pca_start(const std::vector<float>& codes, int count, int dimensions) {
  const int components = std::min(2, dimensions);
  const auto scores = principal_components(codes, count, dimensions, components);
  double squares = 0;
  for (std::size_t i = 0; i < scores.size(); i += static_cast<std::size_t>(components))
    squares += static_cast<double>(scores[i]) * scores[i] / count;
  const double scale = squares > 0 ? kStartDeviation / std::sqrt(squares) : 0;
  std::vector<LayoutPoint> points(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < points.size(); ++i) {
    const float* row = &scores[i * static_cast<std::size_t>(components)];
    points[i] = {static_cast<float>(scale * row[0]), components > 1 ? static_cast<float>(scale * row[1]) : 0.0f};
  }
  add_noise(points, kStartNoise, 0, 0);
  return points;
}

}  // namespace

void check_tsne(int count, const TsneOptions& options) {
  if (count < kTsneSmallest)
    throw UsageError(fmt::format("t-SNE of {} points; at least {} are needed", count, kTsneSmallest));
  if (count > kTsneLargest)
    throw UsageError(fmt::format("t-SNE of {} points; at most {} are laid out: take a random subset of them", count,
                                 kTsneLargest));
  check_options(options);
  if (options.perplexity >= count / 3.0)
    throw UsageError(fmt::format("perplexity {} with {} points; below a third of the points ({:.4g}) is accepted",
                                 options.perplexity, count, count / 3.0));
}

struct Tsne::Impl {
  enum class Stage { neighbours, affinities, joint, ready };

  Device& device;
  TsneOptions options;
  std::vector<float> codes;
  int code_count = 0, dimensions = 0;
  std::vector<LayoutPoint> first_points;  // by pca of the codes; empty: not yet asked for

  Stage stage = Stage::ready;
  TsneStart start = TsneStart::warm;
  std::optional<NeighbourSearch> search;
  Neighbours neighbours;  // of the codes, once stage is past neighbours
  std::vector<float> conditional;
  int done = 0;  // slices or rows of this stage

  std::optional<Descent> descent;
  int iteration = 0;
  std::uint32_t kicks = 0;
  double iteration_ms = 0;  // measured lately; 0: not yet

  explicit Impl(Device& d) : device(d) {}

  void begin(Stage first) {
    stage = first;
    done = 0;
  }

  // Codes or perplexity changed: from the neighbours on, or from the affinities where there are enough of them.
  void prepare_from(bool new_codes) {
    const int k = tsne_neighbours(code_count, options.perplexity);
    const bool enough = !new_codes && stage != Stage::neighbours && neighbours.k >= k;
    if (!enough) search.emplace(device, codes, code_count, dimensions);
    begin(enough ? Stage::affinities : Stage::neighbours);
  }

  void prepare_slice() {
    switch (stage) {
      case Stage::neighbours:
        search->search(done++, tsne_neighbours(code_count, options.perplexity), neighbours);
        if (done == search->slices()) {
          search.reset();
          begin(Stage::affinities);
        }
        break;
      case Stage::affinities: {
        const int last = std::min(done + kRowsOfSlice, code_count);
        conditional_affinities(neighbours, options.perplexity, done, last, conditional);
        done = last;
        if (done == code_count) begin(Stage::joint);
        break;
      }
      case Stage::joint: {
        const bool fresh = start == TsneStart::pca || !descent || descent->count() != code_count;
        const auto affinities = joint_affinities(neighbours, options.perplexity, conditional);
        const auto state = fresh ? start_state() : descent->state();
        descent.emplace(device, affinities, state);
        if (fresh) iteration = 0;
        start = TsneStart::warm;
        iteration_ms = 0;
        begin(Stage::ready);
        break;
      }
      case Stage::ready: break;
    }
  }

  Descent::State start_state() {
    if (first_points.empty()) first_points = pca_start(codes, code_count, dimensions);
    auto points = first_points;
    if (descent && descent->count() == code_count) points = procrustes(descent->points(), points);
    return Descent::State::at_rest(std::move(points));
  }

  void iterate(int iterations) {
    while (iterations > 0) {
      const bool early = iteration < options.exaggeration_iterations;
      const int now = early ? std::min(iterations, options.exaggeration_iterations - iteration) : iterations;
      const double rate = options.learning_rate > 0 ? options.learning_rate : descent->count() / 12.0;
      descent->iterate(
          now, {static_cast<float>(early ? options.early_exaggeration : options.exaggeration),
                static_cast<float>(early ? options.early_momentum : options.momentum), static_cast<float>(rate)});
      iteration += now;
      iterations -= now;
    }
  }
};

Tsne::Tsne(Device& device, const TsneOptions& options) : impl_(std::make_unique<Impl>(device)) {
  check_options(options);
  impl_->options = options;
}
Tsne::~Tsne() = default;
Tsne::Tsne(Tsne&&) noexcept = default;
Tsne& Tsne::operator=(Tsne&&) noexcept = default;

void Tsne::set_codes(std::span<const float> values, int count, int dimensions, TsneStart start) {
  check_tsne(count, impl_->options);
  check_finite(values, count, dimensions);
  auto& i = *impl_;
  // A start by pca that is still to come is not forgotten.
  i.start = i.stage != Impl::Stage::ready && i.start == TsneStart::pca ? TsneStart::pca : start;
  i.codes.assign(values.begin(), values.end());
  i.first_points.clear();
  i.code_count = count;
  i.dimensions = dimensions;
  i.prepare_from(true);
}

void Tsne::set_options(const TsneOptions& options) {
  auto& i = *impl_;
  if (i.code_count > 0)
    check_tsne(i.code_count, options);
  else
    check_options(options);
  const bool other_perplexity = options.perplexity != i.options.perplexity;
  i.options = options;
  if (other_perplexity && i.code_count > 0) i.prepare_from(false);
}
const TsneOptions& Tsne::options() const {
  return impl_->options;
}

void Tsne::advance(int iterations) {
  while (impl_->stage != Impl::Stage::ready) impl_->prepare_slice();
  if (impl_->descent) impl_->iterate(iterations);
}

int Tsne::advance_for(double milliseconds) {
  auto& i = *impl_;
  const auto begin = Clock::now();
  while (i.stage != Impl::Stage::ready) {
    i.prepare_slice();
    if (milliseconds_since(begin) >= milliseconds) return 0;
  }
  if (!i.descent) return 0;
  int iterations = 0;
  do {
    const double left = milliseconds - milliseconds_since(begin);
    const int now = i.iteration_ms > 0 ? std::clamp(static_cast<int>(left / i.iteration_ms), 1, kMostPerSlice) : 1;
    const auto iterating = Clock::now();
    i.iterate(now);
    i.iteration_ms = milliseconds_since(iterating) / now;
    iterations += now;
  } while (milliseconds - milliseconds_since(begin) > i.iteration_ms);
  return iterations;
}

double Tsne::prepared() const {
  const auto& i = *impl_;
  // Rough shares of the time.
  constexpr double kNeighbourShare = 0.7, kAffinityShare = 0.25;
  switch (i.stage) {
    case Impl::Stage::neighbours: return kNeighbourShare * i.done / i.search->slices();
    case Impl::Stage::affinities: return kNeighbourShare + kAffinityShare * i.done / i.code_count;
    case Impl::Stage::joint: return kNeighbourShare + kAffinityShare;
    case Impl::Stage::ready: break;
  }
  return 1;
}

void Tsne::restart() {
  auto& i = *impl_;
  if (i.stage != Impl::Stage::ready)
    i.start = TsneStart::pca;
  else if (i.descent) {
    i.descent->set_state(i.start_state());
    i.iteration = 0;
  }
}

void Tsne::perturb(double strength, std::uint64_t seed) {
  auto& i = *impl_;
  if (!i.descent) return;
  auto points = i.descent->points();
  add_noise(points, strength * deviation(points), seed, ++i.kicks);
  i.descent->set_state(Descent::State::at_rest(std::move(points)));
}

int Tsne::count() const {
  return impl_->descent ? impl_->descent->count() : 0;
}
int Tsne::iteration() const {
  return impl_->iteration;
}
double Tsne::kl() const {
  return impl_->descent ? impl_->descent->divergence() : std::numeric_limits<double>::quiet_NaN();
}
std::vector<LayoutPoint> Tsne::layout() const {
  return impl_->descent ? impl_->descent->points() : std::vector<LayoutPoint>();
}
void Tsne::set_layout(std::span<const LayoutPoint> layout) {
  if (static_cast<int>(layout.size()) != count()) throw std::logic_error("set_layout: another number of points");
  if (!layout.empty()) impl_->descent->set_state(Descent::State::at_rest({layout.begin(), layout.end()}));
}

}  // namespace unveil
