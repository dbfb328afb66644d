#include "engine/models/sparse/preparation.h"

#include <fmt/format.h>

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

#include "engine/data/philox.h"
#include "engine/data/spectrum.h"
#include "engine/error.h"
#include "engine/ops/patches.h"

namespace unveil::sparse {
namespace {

constexpr double kLeastPassed = 0.05;  // of the best: what passes less is not brought back
constexpr int kFrame = 4;              // a patch is undone within a frame of so many patches a side

// Multiplies the image's spectrum, frequency by frequency.
template <class Response>
std::vector<float> filtered(std::span<const float> image, int height, int width, Response response) {
  auto spectrum = image_spectrum(image, height, width);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      spectrum[static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x)] *=
          static_cast<float>(response(spectrum_frequency(y, x, height, width)));
  return image_from_spectrum(std::move(spectrum), height, width);
}

// The inverse of the filter, but not of what it takes away: the mean, and fine detail.
struct InverseFilter {
  double cutoff, best;
  explicit InverseFilter(double f0) : cutoff(f0), best(f0 / std::pow(4.0, 0.25)) {}  // where the derivative is 0
  double operator()(double f) const {
    const double passed = whitening_response(f, cutoff);
    const bool lost = f == 0 || (f > best && passed < kLeastPassed * whitening_response(best, cutoff));
    return lost ? 0 : 1 / passed;
  }
};

double mean_of(std::span<const float> values) {
  double sum = 0;
  for (const float v : values) sum += v;
  return sum / static_cast<double>(values.size());
}

double deviation_of(std::span<const float> values, double mean) {
  double squares = 0;
  for (const float v : values) squares += (v - mean) * (v - mean);
  return std::sqrt(squares / static_cast<double>(values.size()));
}

}  // namespace

double whitening_response(double frequency, double cutoff) {
  return frequency * std::exp(-std::pow(frequency / cutoff, 4));
}

PreparedScene prepare_scene(const Scene& scene, const PreparationOptions& options) {
  PreparedScene prepared{scene.height, scene.width, {}, static_cast<float>(mean_of(scene.grey)), 1};
  prepared.values.reserve(scene.grey.size());
  for (const float v : scene.grey) prepared.values.push_back(v - prepared.mean);
  if (options.whitening == Whitening::low_pass)
    prepared.values = filtered(prepared.values, scene.height, scene.width,
                               [&](double f) { return whitening_response(f, options.cutoff); });
  const double deviation = deviation_of(prepared.values, 0);
  prepared.scale = deviation > 1e-9 ? static_cast<float>(1 / deviation) : 0;
  for (float& v : prepared.values) v *= prepared.scale;
  return prepared;
}

Scene restore_scene(const PreparedScene& scene, const PreparationOptions& options) {
  Scene grey{"", scene.height, scene.width, scene.values};
  for (float& v : grey.grey) v = scene.scale > 0 ? v / scene.scale : 0;
  if (options.whitening == Whitening::low_pass)
    grey.grey = filtered(grey.grey, scene.height, scene.width, InverseFilter(options.cutoff));
  for (float& v : grey.grey) v += scene.mean;
  return grey;
}

std::vector<float> restore_patch(std::span<const float> patch, const PreparationOptions& options,
                                 std::span<const float> unwhitening) {
  const auto pixels = static_cast<Eigen::Index>(patch.size());
  std::vector<float> restored(patch.begin(), patch.end());
  if (options.whitening == Whitening::zca && !unwhitening.empty()) {
    using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    const Eigen::Map<const Eigen::RowVectorXf> x(patch.data(), pixels);
    Eigen::Map<Eigen::RowVectorXf>(restored.data(), pixels) =
        x * Eigen::Map<const Matrix>(unwhitening.data(), pixels, pixels);
  }
  if (options.whitening != Whitening::low_pass) return restored;
  const int side = kFrame * options.size, first = (side - options.size) / 2;
  std::vector<float> frame(static_cast<std::size_t>(side) * static_cast<std::size_t>(side));
  const auto at = [&](int i) {
    return static_cast<std::size_t>((first + i / options.size) * side + first + i % options.size);
  };
  for (int i = 0; i < options.size * options.size; ++i) frame[at(i)] = patch[static_cast<std::size_t>(i)];
  frame = filtered(frame, side, side, InverseFilter(options.cutoff));
  for (int i = 0; i < options.size * options.size; ++i) restored[static_cast<std::size_t>(i)] = frame[at(i)];
  return restored;
}

PatchScale normalise_patch(std::span<float> patch, const PreparationOptions& options) {
  PatchScale scale;
  if (options.remove_mean) scale.mean = static_cast<float>(mean_of(patch));
  for (float& v : patch) v -= scale.mean;
  if (options.normalise_variance) {
    const double deviation = deviation_of(patch, 0);
    scale.deviation = static_cast<float>(std::sqrt(deviation * deviation + static_cast<double>(kPatchVarianceFloor)));
  }
  for (float& v : patch) v /= scale.deviation;
  return scale;
}

Zca fit_zca(std::span<const float> patches, int pixels) {
  using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const Eigen::Index p = pixels, n = static_cast<Eigen::Index>(patches.size()) / p;
  const Eigen::MatrixXd x = Eigen::Map<const Matrix>(patches.data(), n, p).cast<double>();
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(x.transpose() * x / static_cast<double>(n));
  const double floor = 0.01 * std::max(solver.eigenvalues().mean(), 1e-12);
  const Eigen::VectorXd roots = (solver.eigenvalues().array().max(0) + floor).sqrt();
  const auto& u = solver.eigenvectors();
  Zca zca{std::vector<float>(static_cast<std::size_t>(p * p)), std::vector<float>(static_cast<std::size_t>(p * p))};
  Eigen::Map<Matrix>(zca.whitening.data(), p, p) =
      (u * roots.cwiseInverse().asDiagonal() * u.transpose()).cast<float>();
  Eigen::Map<Matrix>(zca.unwhitening.data(), p, p) = (u * roots.asDiagonal() * u.transpose()).cast<float>();
  return zca;
}

PatchSource::PatchSource(const std::vector<Scene>& scenes, const PreparationOptions& options, const std::string& spec)
    : size_(options.size) {
  std::uint64_t places = 0;
  first_place_.push_back(0);
  for (std::size_t i = 0; i < scenes.size(); ++i) {
    const Scene& scene = scenes[i];
    const bool small = scene.height < size_ || scene.width < size_;
    if (small || is_flat(scene)) {
      ++(small ? small_ : flat_);
      if (first_left_out_.empty())
        first_left_out_ = small ? fmt::format("{} has {}×{} pixels, less than a patch of patch_size = {}", scene.name,
                                              scene.width, scene.height, size_)
                                : fmt::format("{} is flat: one grey level throughout", scene.name);
      continue;
    }
    scenes_.push_back(prepare_scene(scene, options));
    originals_.push_back(&scene);
    numbers_.push_back(static_cast<int>(i));
    places +=
        static_cast<std::uint64_t>(scene.height - size_ + 1) * static_cast<std::uint64_t>(scene.width - size_ + 1);
    if (places > 0xffffffffu)
      throw Error(fmt::format("{}: the scenes have more than 4,294,967,295 places for patches; give fewer", spec));
    first_place_.push_back(static_cast<std::uint32_t>(places));
  }
}

PatchPlace PatchSource::place_at(std::uint32_t number) const {
  const auto after = std::upper_bound(first_place_.begin(), first_place_.end(), number);
  const auto scene = static_cast<std::size_t>(after - first_place_.begin()) - 1;
  const auto across = static_cast<std::uint32_t>(scenes_[scene].width - size_ + 1),
             within = number - first_place_[scene];
  return {static_cast<int>(scene), static_cast<int>(within / across), static_cast<int>(within % across)};
}

PatchPlace PatchSource::place(std::uint64_t seed, std::uint32_t step, std::uint32_t index) const {
  const auto block =
      philox4x32({index / 4, step, 0, 0}, {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)});
  return place_at(static_cast<std::uint32_t>((std::uint64_t{block[index % 4]} * places()) >> 32));
}

namespace {
std::vector<float> cut_from(std::span<const float> values, int width, int size, const PatchPlace& place) {
  std::vector<float> patch;
  patch.reserve(static_cast<std::size_t>(size * size));
  for (int y = 0; y < size; ++y) {
    const auto row = values.begin() + static_cast<std::ptrdiff_t>(place.y + y) * width + place.x;
    patch.insert(patch.end(), row, row + size);
  }
  return patch;
}
}  // namespace

std::vector<float> PatchSource::cut(const PatchPlace& place) const {
  return cut_from(scene(place.scene).values, scene(place.scene).width, size_, place);
}

std::vector<float> PatchSource::cut_grey(const PatchPlace& place) const {
  return cut_from(original(place.scene).grey, original(place.scene).width, size_, place);
}

}  // namespace unveil::sparse
