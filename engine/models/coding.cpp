#include "engine/models/coding.h"

#include <fmt/format.h>

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

#include "engine/data/philox.h"
#include "engine/error.h"

namespace unveil {
namespace {

constexpr int kAtOnce = 100;  // pictures of a batch
constexpr int kHeldOut = 1000;
constexpr int kFitted = 10000;
constexpr std::uint32_t kStartTag = 0x70636173;

// Eigenvectors of the greatest eigenvalues; of a covariance, of which the lower half is given.
Eigen::MatrixXf leading_directions(const Eigen::MatrixXf& covariance, int components) {
  constexpr Eigen::Index kLargestWhole = 1024;  // all eigenvectors take time with its cube: of 3072 two minutes
  constexpr int kIterations = 10;
  const auto side = covariance.rows();
  const auto columns = std::min<Eigen::Index>(side, components + std::max(16, components / 2));
  if (side <= kLargestWhole || 2 * columns > side)
    return Eigen::SelfAdjointEigenSolver<Eigen::MatrixXf>(covariance).eigenvectors().rightCols(components);
  // Subspace iteration with more columns than are wanted (Halko, Martinsson & Tropp 2011, algorithm 4.4): the
  // variance that they hold, which is all that is asked of them, is right within some parts in 10⁵.
  PhiloxStream random(0, 0, 0, kStartTag);
  Eigen::MatrixXf basis(side, columns);
  for (float& value : basis.reshaped()) value = random.normal();
  const auto whole = covariance.selfadjointView<Eigen::Lower>();
  for (int i = 0; i < kIterations; ++i) {
    const Eigen::HouseholderQR<Eigen::MatrixXf> qr(whole * basis);
    basis = qr.householderQ() * Eigen::MatrixXf::Identity(side, columns);
  }
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXf> within(basis.transpose() * (whole * basis));
  return basis * within.eigenvectors().rightCols(components);
}

}  // namespace

void CodingModel::answer_with(const Function::Build& function) {
  function_ = std::make_unique<Function>(context_.store, "coding", Shape{kAtOnce, values()}, function);
}

std::vector<float> CodingModel::pictures(int split, int first, int count) const {
  const auto begin = set(split).pixels.begin() + static_cast<std::ptrdiff_t>(first) * values();
  std::vector<float> scaled(static_cast<std::size_t>(count) * static_cast<std::size_t>(values()));
  std::transform(begin, begin + static_cast<std::ptrdiff_t>(scaled.size()), scaled.begin(),
                 [](std::uint8_t value) { return static_cast<float>(value) / 255.0f; });
  return scaled;
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
    for (const auto& some : {given, reconstruct(given)})
      for (std::size_t i = 0; i < some.size(); i += static_cast<std::size_t>(values())) {
        Picture picture{set(0).width, set(0).height, set(0).channels, {}};
        for (std::size_t p = i; p < i + static_cast<std::size_t>(values()); ++p)
          picture.pixels.push_back(static_cast<std::uint8_t>(std::lround(255 * std::clamp(some[p], 0.0f, 1.0f))));
        result.pictures.push_back(std::move(picture));
        if (const auto& labels = set(split).labels; !labels.empty())
          result.classes.push_back(labels[static_cast<std::size_t>(first) + i / static_cast<std::size_t>(values())]);
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
  if (shape.rank() != 2 || (shape[0] != values() && shape[1] != values())) return {};
  return KernelGeometry::picture(set(0).height, set(0).width, shape[0] != values(), set(0).channels == 3);
}

void require_pictures(const Dataset& data, const std::string& model, int largest_side) {
  const auto& set = data.train;
  if (set.count < 1 || (set.channels != 1 && set.channels != 3))
    throw Error(fmt::format("{}: {} takes pictures of 1 channel or 3; found {} pictures of {} channels", data.spec,
                            model, set.count, set.channels));
  if (set.height > largest_side || set.width > largest_side)
    throw Error(fmt::format("{}: {} takes pictures up to {}×{} pixels; found {}×{}", data.spec, model, largest_side,
                            largest_side, set.width, set.height));
}

double pca_squared_error(const ImageSet& train, const ImageSet& test, int components) {
  const int values = train.height * train.width * train.channels, fitted = std::min(train.count, kFitted);
  if (test.count == 0 || fitted == 0) return 0;
  using Bytes = Eigen::Matrix<std::uint8_t, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const Eigen::MatrixXf some = Eigen::Map<const Bytes>(train.pixels.data(), fitted, values).cast<float>() / 255;
  const Eigen::RowVectorXf mean = some.colwise().mean();
  const Eigen::MatrixXf centred = some.rowwise() - mean;
  Eigen::MatrixXf covariance = Eigen::MatrixXf::Zero(values, values);
  covariance.selfadjointView<Eigen::Lower>().rankUpdate(centred.transpose());
  const Eigen::MatrixXf basis = leading_directions(covariance, std::min(components, values));
  const Eigen::MatrixXf held =
      (Eigen::Map<const Bytes>(test.pixels.data(), test.count, values).cast<float>() / 255).rowwise() - mean;
  // A difference of large sums: a picture's are exact enough as floats, all of them together are not.
  const auto squares = [](const Eigen::MatrixXf& rows) { return rows.rowwise().squaredNorm().cast<double>().sum(); };
  return std::max(0.0, squares(held) - squares(held * basis)) / static_cast<double>(test.count);
}

}  // namespace unveil
