#include "engine/models/plane_model.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/data/philox.h"
#include "engine/error.h"
#include "engine/models/grid.h"

namespace unveil {
namespace {

constexpr int kJudged = 10000;

}  // namespace

Metrics PlaneModel::evaluate(int, int limit, const OptionValues&, const Progress&) {
  const auto& truth = context_.data.truth;
  if (truth.modes.empty())
    throw Error(
        fmt::format("{}: modes are counted where they are known, of ring or ring:RADIUS,SIGMA", context_.data.spec));
  const int count = limit > 0 ? std::min(limit, kJudged) : kJudged;
  const auto hit = modes_hit(generate(plane_noise(count, noise_size(), 0)), truth);
  return {{"points", count}, {"modes", hit.modes}, {"share_3_sigma", hit.share_3_sigma}};
}

SampleResult PlaneModel::sample(int count, std::uint64_t seed, const OptionValues&, bool, const Progress&) {
  SampleResult result;
  result.points = generate(plane_noise(count, noise_size(), seed));
  result.pictures = {points_picture(result.points)};
  result.scale = 1;
  return result;
}

std::vector<float> plane_noise(int count, int size, std::uint64_t seed) {
  PhiloxStream stream(seed, 0, 1, 0x706c616e);
  std::vector<float> noise(static_cast<std::size_t>(count) * static_cast<std::size_t>(size));
  for (auto& value : noise) value = stream.normal();
  return noise;
}

ModesHit modes_hit(std::span<const float> points, const PointTruth& truth) {
  std::vector<int> hits(truth.modes.size());
  int near = 0;
  for (std::size_t i = 0; i + 1 < points.size(); i += 2) {
    bool any = false;
    for (std::size_t m = 0; m < hits.size(); ++m) {
      const float dx = points[i] - truth.modes[m][0], dy = points[i + 1] - truth.modes[m][1];
      if (dx * dx + dy * dy > 9 * truth.sigma * truth.sigma) continue;
      ++hits[m];
      any = true;
    }
    near += any;
  }
  const auto count = static_cast<double>(points.size() / 2);
  return {static_cast<int>(std::ranges::count_if(hits, [&](int n) { return n >= count / 100; })), near / count};
}

void require_plane(const Dataset& data, const std::string& model) {
  if (data.kind != DataKind::points || data.train_points.dimensions != 2)
    throw Error(
        fmt::format("{}: {} learns points of the plane; found {}", data.spec, model, data_kind_name(data.kind)));
}

}  // namespace unveil
