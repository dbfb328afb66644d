#include "engine/tsne/descent.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>

#include "engine/gpu/recorder.h"

namespace unveil {
namespace {

constexpr std::uint32_t kVectorsConstant = 0, kDivergenceConstant = 1, kTeamsConstant = 92, kLocalSizeConstant = 93;
constexpr int kVectorsOnLavapipe =
    8;                        // of points in registers: as the work per loaded point grows, so does the speed
constexpr int kUpdated = 64;  // points that a workgroup moves; a divisor of every tile, and a tile on GPUs
constexpr int kBatch = 8;     // iterations of a submission, where so many are wanted
constexpr float kFar = 1e9f;  // where pads lie: 1 / (1 + d^2) is nothing, and d^2 still finite

struct Edge {
  std::uint32_t other = 0;
  float p = 0;
};
struct Group {
  std::uint32_t first = 0, length = 0;
};
using Pair = std::array<float, 2>;

AddressRange range(const Buffer& buffer) {
  return {buffer.address(), buffer.address() + buffer.size()};
}

template <class T>
Buffer upload(Device& device, const std::vector<T>& values, MemoryKind kind, const char* what) {
  Buffer buffer = device.allocate(std::max<std::size_t>(values.size() * sizeof(T), 8), kind, what);
  device.write(buffer, 0, std::as_bytes(std::span(values)));
  return buffer;
}

template <class T>
std::vector<T> download(Device& device, const Buffer& buffer, std::size_t count) {
  std::vector<T> values(count);
  device.read(buffer, 0, std::as_writable_bytes(std::span(values)));
  return values;
}

}  // namespace

Descent::State Descent::State::at_rest(std::vector<LayoutPoint> points) {
  State state;
  state.velocities.assign(points.size(), {});
  state.gains.assign(points.size(), {1, 1});
  state.points = std::move(points);
  return state;
}

struct Descent::Impl {
  Device& device;
  int count, padded, vectors, tiles;
  double negative_entropy;
  bool iterated = false;
  std::vector<std::int32_t> order;  // [count]: where a point lies on the device
  Buffer points, velocities, gains, forces, groups, edges, sums, parameters;
  std::optional<CommandList> batch, single;

  Impl(Device& d, const Affinities& affinities);
  void arrange(const Affinities& affinities);
  void record_iteration(Recorder& recorder, bool with_divergence);
  std::vector<Pair> totals() const { return download<Pair>(device, sums, static_cast<std::size_t>(tiles)); }
  std::vector<LayoutPoint> in_order(const Buffer& buffer, int first = 0) const;
  void put(Buffer& buffer, const std::vector<LayoutPoint>& values, LayoutPoint pad);
};

Descent::Impl::Impl(Device& d, const Affinities& affinities)
    : device(d), count(affinities.count), negative_entropy(affinities.negative_entropy) {
  vectors = device.info().lavapipe ? kVectorsOnLavapipe : kUpdated / device.info().lanes;
  const int tile = vectors * device.info().lanes;
  tiles = (count + tile - 1) / tile;
  padded = tiles * tile;
  arrange(affinities);
  const auto bytes = static_cast<std::uint64_t>(padded) * sizeof(Pair);
  for (auto* buffer : {&points, &velocities, &gains})
    *buffer = device.allocate(bytes, MemoryKind::device, "t-SNE's layout");
  forces = device.allocate(2 * bytes, MemoryKind::device, "t-SNE's forces");
  sums = device.allocate(static_cast<std::uint64_t>(tiles) * sizeof(Pair), MemoryKind::device, "t-SNE's sums");
  parameters = device.allocate(sizeof(Parameters), MemoryKind::host, "t-SNE's parameters");
}

// The lanes of a group walk their rows together, as long as the longest: so rows of like length share a group. Groups
// go round the tiles in turn, so that tiles are alike too.
void Descent::Impl::arrange(const Affinities& affinities) {
  const int lanes = device.info().lanes, group_count = padded / lanes;
  const auto length = [&](std::int32_t point) {
    return affinities.begin[static_cast<std::size_t>(point) + 1] - affinities.begin[static_cast<std::size_t>(point)];
  };
  std::vector<std::int32_t> by_length(static_cast<std::size_t>(count));
  std::iota(by_length.begin(), by_length.end(), 0);
  std::stable_sort(by_length.begin(), by_length.end(), [&](auto a, auto b) { return length(a) > length(b); });
  // Pads are the last places, so the real places are the first `count`.
  std::vector<int> places;
  for (int round = 0; round < vectors; ++round)
    for (int tile = 0; tile < tiles; ++tile) places.push_back(tile * vectors + round);
  order.assign(static_cast<std::size_t>(count), 0);
  std::vector<std::int32_t> point_at(static_cast<std::size_t>(padded), -1);
  std::size_t next = 0;
  for (const int group : places)
    for (int lane = 0; lane < lanes; ++lane) {
      const int place = group * lanes + lane;
      if (place >= count) continue;
      point_at[static_cast<std::size_t>(place)] = by_length[next];
      order[static_cast<std::size_t>(by_length[next++])] = place;
    }

  std::vector<Group> table(static_cast<std::size_t>(group_count));
  std::vector<Edge> list;
  for (int group = 0; group < group_count; ++group) {
    auto& entry = table[static_cast<std::size_t>(group)];
    entry.first = static_cast<std::uint32_t>(list.size());
    for (int lane = 0; lane < lanes; ++lane)
      if (const auto point = point_at[static_cast<std::size_t>(group * lanes + lane)]; point >= 0)
        entry.length = std::max(entry.length, static_cast<std::uint32_t>(length(point)));
    list.resize(list.size() + static_cast<std::size_t>(entry.length) * static_cast<std::size_t>(lanes));
    for (int lane = 0; lane < lanes; ++lane) {
      const int place = group * lanes + lane;
      const auto point = point_at[static_cast<std::size_t>(place)];
      const std::int32_t begin = point < 0 ? 0 : affinities.begin[static_cast<std::size_t>(point)],
                         own = point < 0 ? 0 : length(point);
      for (std::uint32_t e = 0; e < entry.length; ++e) {
        auto& edge = list[entry.first + e * static_cast<std::size_t>(lanes) + static_cast<std::size_t>(lane)];
        edge.other = static_cast<std::uint32_t>(place);
        if (static_cast<std::int32_t>(e) >= own) continue;
        const auto at = static_cast<std::size_t>(begin) + e;
        edge = {static_cast<std::uint32_t>(order[static_cast<std::size_t>(affinities.column[at])]),
                affinities.value[at]};
      }
    }
  }
  groups = upload(device, table, MemoryKind::device, "t-SNE's rows");
  edges = upload(device, list, MemoryKind::device, "t-SNE's affinities");
}

void Descent::Impl::record_iteration(Recorder& recorder, bool with_divergence) {
  const int lanes = device.info().lanes;
  struct {
    std::uint64_t points, groups, edges, forces, sums;
    std::int32_t count, padded;
  } push{points.address(), groups.address(), edges.address(), forces.address(), sums.address(), count, padded};
  recorder.dispatch(device.kernel("tsne/forces",
                                  std::vector<Specialisation>{{kVectorsConstant, vectors},
                                                              {kDivergenceConstant, with_divergence},
                                                              {kTeamsConstant, 1},
                                                              {kLocalSizeConstant, lanes}},
                                  sizeof(push)),
                    {static_cast<std::uint32_t>(tiles), 1, 1}, std::as_bytes(std::span(&push, 1)),
                    {{range(points), range(groups), range(edges)}, {range(forces), range(sums)}});

  const int teams = kUpdated / lanes;
  struct {
    std::uint64_t points, velocities, gains, forces, sums, parameters;
    std::int32_t tiles, count, padded, unused;
  } step{points.address(),
         velocities.address(),
         gains.address(),
         forces.address(),
         sums.address(),
         parameters.address(),
         tiles,
         count,
         padded,
         0};
  recorder.dispatch(
      device.kernel("tsne/update",
                    std::vector<Specialisation>{{kTeamsConstant, teams}, {kLocalSizeConstant, teams * lanes}},
                    sizeof(step)),
      {static_cast<std::uint32_t>(padded / kUpdated), 1, 1}, std::as_bytes(std::span(&step, 1)),
      {{range(forces), range(sums), range(parameters), range(velocities), range(gains), range(points)},
       {range(points), range(velocities), range(gains)}});
}

std::vector<LayoutPoint> Descent::Impl::in_order(const Buffer& buffer, int first) const {
  const auto all = download<LayoutPoint>(device, buffer, static_cast<std::size_t>(first + padded));
  std::vector<LayoutPoint> values(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = all[static_cast<std::size_t>(first + order[i])];
  return values;
}

void Descent::Impl::put(Buffer& buffer, const std::vector<LayoutPoint>& values, LayoutPoint pad) {
  if (values.size() != static_cast<std::size_t>(count))
    throw std::logic_error("a layout of another number of points");
  std::vector<LayoutPoint> all(static_cast<std::size_t>(padded), pad);
  for (std::size_t i = 0; i < values.size(); ++i) all[static_cast<std::size_t>(order[i])] = values[i];
  device.write(buffer, 0, std::as_bytes(std::span(all)));
}

Descent::Descent(Device& device, const Affinities& affinities, const State& state)
    : impl_(std::make_unique<Impl>(device, affinities)) {
  set_state(state);
}
Descent::~Descent() = default;
Descent::Descent(Descent&&) noexcept = default;
Descent& Descent::operator=(Descent&&) noexcept = default;

int Descent::count() const {
  return impl_->count;
}

void Descent::iterate(int iterations, const Parameters& parameters) {
  auto& i = *impl_;
  i.device.write(i.parameters, 0, std::as_bytes(std::span(&parameters, 1)));
  Recorder recorder(i.device);
  // The last iteration of every call finds the divergence, so it is recorded alone.
  for (; iterations > kBatch; iterations -= kBatch) {
    if (!i.batch) {
      for (int n = 0; n < kBatch; ++n) i.record_iteration(recorder, false);
      i.batch = recorder.finish();
    }
    i.device.run(*i.batch);
  }
  for (; iterations > 0; --iterations) {
    if (!i.single) {
      i.record_iteration(recorder, true);
      i.single = recorder.finish();
    }
    i.device.run(*i.single);
    i.iterated = true;
  }
}

double Descent::divergence() const {
  if (!impl_->iterated) return std::numeric_limits<double>::quiet_NaN();
  double q_sum = 0, divergence = impl_->negative_entropy;
  for (const auto& [q, weighted] : impl_->totals()) {
    q_sum += q;
    divergence += weighted;
  }
  return divergence + std::log(q_sum);  // of affinities that sum to 1
}

Descent::State Descent::state() const {
  const auto& i = *impl_;
  return {i.in_order(i.points), i.in_order(i.velocities), i.in_order(i.gains)};
}
std::vector<LayoutPoint> Descent::points() const {
  return impl_->in_order(impl_->points);
}
void Descent::set_state(const State& state) {
  auto& i = *impl_;
  i.put(i.points, state.points, {kFar, kFar});
  i.put(i.velocities, state.velocities, {});
  i.put(i.gains, state.gains, {});
}

std::vector<LayoutPoint> Descent::gradient(float exaggeration) const {
  double q_sum = 0;
  for (const auto& [q, weighted] : impl_->totals()) q_sum += q;
  auto gradient = impl_->in_order(impl_->forces);
  const auto repulsion = impl_->in_order(impl_->forces, impl_->padded);
  for (std::size_t i = 0; i < gradient.size(); ++i) {
    gradient[i].x = static_cast<float>(exaggeration * gradient[i].x - repulsion[i].x / q_sum);
    gradient[i].y = static_cast<float>(exaggeration * gradient[i].y - repulsion[i].y / q_sum);
  }
  return gradient;
}

}  // namespace unveil
