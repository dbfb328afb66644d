#include "engine/models/coding.h"

#include <fmt/format.h>

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

#include "engine/error.h"

namespace unveil {
namespace {

constexpr int kAtOnce = 100;  // pictures of a batch
constexpr int kHeldOut = 1000;
constexpr int kFitted = 10000;

}  // namespace

void CodingModel::answer_with(const Function::Build& function) {
  function_ = std::make_unique<Function>(context_.store, "coding", Shape{kAtOnce, pixels()}, function);
}

std::vector<float> CodingModel::pictures(int split, int first, int count) const {
  const auto begin = set(split).pixels.begin() + static_cast<std::ptrdiff_t>(first) * pixels();
  std::vector<float> values(static_cast<std::size_t>(count) * static_cast<std::size_t>(pixels()));
  std::transform(begin, begin + static_cast<std::ptrdiff_t>(values.size()), values.begin(),
                 [](std::uint8_t value) { return static_cast<float>(value) / 255.0f; });
  return values;
}

int CodingModel::held_out_items() const {
  return std::min(kHeldOut, set(1).count);
}

int CodingModel::held_out(int first, int count, double& sum) {
  const int here = std::min(kAtOnce, count - first);
  for (const float figure : function_->result(2, pictures(1, first, here))) sum += figure;
  return here;
}

std::vector<float> CodingModel::reconstruct(std::span<const float> given) {
  return function_->result(1, given);
}

Metrics CodingModel::evaluate(int split, int limit, const OptionValues&, const Progress& progress) {
  const int count = limit > 0 ? std::min(limit, set(split).count) : set(split).count;
  double sum = 0;
  int done = 0;
  while (done < count) {
    const int here = std::min(kAtOnce, count - done);
    for (const float figure : function_->result(2, pictures(split, done, here))) sum += figure;
    done += here;
    if (progress && !progress(0.9 * done / count)) break;
  }
  const int code = static_cast<int>(function_->result(0, pictures(split, 0, 1)).size());
  return {{"images", done},
          {figure_, sum / std::max(done, 1)},
          {fmt::format("pca_{}_squared_error", code), pca_squared_error(set(0), set(split), code)}};
}

SampleResult CodingModel::sample(int count, std::uint64_t, const OptionValues&, bool, const Progress&) {
  const int split = set(1).count > 0, columns = 16;
  SampleResult result;
  result.columns = columns;
  count = std::min(count, set(split).count);
  for (int first = 0; first < count; first += columns) {
    const auto given = pictures(split, first, std::min(columns, count - first));
    for (const auto& values : {given, reconstruct(given)})
      for (std::size_t i = 0; i < values.size(); i += static_cast<std::size_t>(pixels())) {
        Picture picture{set(0).width, set(0).height, 1, {}};
        for (std::size_t p = i; p < i + static_cast<std::size_t>(pixels()); ++p)
          picture.pixels.push_back(static_cast<std::uint8_t>(std::lround(255 * std::clamp(values[p], 0.0f, 1.0f))));
        result.pictures.push_back(std::move(picture));
      }
  }
  return result;
}

CodeTable CodingModel::encode(const std::string&, int split, int limit, const Progress& progress) {
  const int count = limit > 0 ? std::min(limit, set(split).count) : set(split).count;
  CodeTable table;
  while (table.count < count) {
    const int here = std::min(kAtOnce, count - table.count);
    const auto codes = function_->result(0, pictures(split, table.count, here));
    table.values.insert(table.values.end(), codes.begin(), codes.end());
    table.dimensions = static_cast<int>(codes.size()) / here;
    table.count += here;
    if (progress && !progress(static_cast<double>(table.count) / count)) break;
  }
  table.labels = code_labels(context_.data, split, table.count);
  return table;
}

CodeTable CodingModel::encode_items(const std::string&, int split, std::span<const int> items) {
  CodeTable table;
  std::vector<float> given;
  for (const int item : items) {
    const auto picture = pictures(split, item, 1);
    given.insert(given.end(), picture.begin(), picture.end());
  }
  table.values = function_->result(0, given);
  table.count = static_cast<int>(items.size());
  table.dimensions = items.empty() ? 0 : static_cast<int>(table.values.size() / items.size());
  return table;
}

KernelGeometry CodingModel::kernels_of(const std::string& parameter) const {
  const auto shape = context_.store.tensor(parameter, ParameterStore::value).shape;
  if (shape.rank() == 2 && shape[0] == pixels()) return KernelGeometry::picture(set(0).height, set(0).width, false);
  if (shape.rank() == 2 && shape[1] == pixels()) return KernelGeometry::picture(set(0).height, set(0).width, true);
  return {};
}

void require_grey_pictures(const Dataset& data, const std::string& model, int largest_side) {
  const auto& set = data.train;
  if (set.count < 1 || set.channels != 1)
    throw Error(fmt::format("{}: {} takes grey pictures; found {} pictures of {} channels", data.spec, model,
                            set.count, set.channels));
  if (set.height > largest_side || set.width > largest_side)
    throw Error(fmt::format("{}: {} takes pictures up to {}×{} pixels; found {}×{}", data.spec, model, largest_side,
                            largest_side, set.width, set.height));
}

double pca_squared_error(const ImageSet& train, const ImageSet& test, int components) {
  const int pixels = train.height * train.width * train.channels, fitted = std::min(train.count, kFitted);
  if (test.count == 0 || fitted == 0) return 0;
  using Bytes = Eigen::Matrix<std::uint8_t, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const Eigen::MatrixXf some = Eigen::Map<const Bytes>(train.pixels.data(), fitted, pixels).cast<float>() / 255;
  const Eigen::RowVectorXf mean = some.colwise().mean();
  const Eigen::MatrixXf centred = some.rowwise() - mean;
  Eigen::MatrixXf covariance = Eigen::MatrixXf::Zero(pixels, pixels);
  covariance.selfadjointView<Eigen::Lower>().rankUpdate(centred.transpose());
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXf> solver(covariance);
  const auto basis = solver.eigenvectors().rightCols(std::min(components, pixels));
  const Eigen::MatrixXf held =
      (Eigen::Map<const Bytes>(test.pixels.data(), test.count, pixels).cast<float>() / 255).rowwise() - mean;
  return (held.squaredNorm() - (held * basis).squaredNorm()) / static_cast<double>(test.count);
}

}  // namespace unveil
