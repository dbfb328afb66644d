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
  const int count = limit > 0 ? std::min(limit, kJudged) : kJudged;
  const auto hit = modes_hit(generate(plane_noise(count, noise_size(), 0)), truth);
  if (hit.of == 0)
    throw Error(
        fmt::format("{}: what is hit is counted where it is known, of ring, ring:RADIUS,SIGMA and checkerboard",
                    context_.data.spec));
  const bool modes = !truth.modes.empty();
  return {
      {"points", count}, {modes ? "modes" : "fields", hit.hit}, {modes ? "share_3_sigma" : "legal_share", hit.share}};
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
  std::vector<int> hits(truth.modes.size() + truth.fields.size());
  int inside = 0;
  for (std::size_t i = 0; i + 1 < points.size(); i += 2) {
    const float x = points[i], y = points[i + 1];
    bool any = false;
    for (std::size_t m = 0; m < truth.modes.size(); ++m) {
      const float dx = x - truth.modes[m][0], dy = y - truth.modes[m][1];
      const bool near = dx * dx + dy * dy <= 9 * truth.sigma * truth.sigma;
      hits[m] += near;
      any = any || near;
    }
    for (std::size_t f = 0; f < truth.fields.size(); ++f) {
      const auto& [left, bottom, right, top] = truth.fields[f];
      const bool in = x >= left && x < right && y >= bottom && y < top;
      hits[truth.modes.size() + f] += in;
      any = any || in;
    }
    inside += any;
  }
  const auto count = static_cast<double>(points.size() / 2);
  return {static_cast<int>(std::ranges::count_if(hits, [&](int n) { return n > 0 && n >= count / 100; })),
          static_cast<int>(hits.size()), count > 0 ? inside / count : 0};
}

void require_plane(const Dataset& data, const std::string& model) {
  if (data.kind != DataKind::points || data.train_points.dimensions != 2)
    throw Error(
        fmt::format("{}: {} learns points of the plane; found {}", data.spec, model, data_kind_name(data.kind)));
}

}  // namespace unveil
