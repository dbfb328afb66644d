#include "engine/tsne/neighbours.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/error.h"
#include "engine/graph/tiles.h"

namespace unveil {
namespace {

// As in shaders/tsne/distances.comp and ranks.comp.
constexpr int kTileRows = 4, kTileVectors = 2, kRankGroup = 8;
constexpr int kLargestStep = 64;     // dimensions of a dispatch
constexpr int kTeams = 16;           // of the distance kernel
constexpr double kPairsPerMs = 5e6;  // rough speed on lavapipe, times dimensions
constexpr std::uint32_t kRowsConstant = 3, kTeamsConstant = 92, kLocalSizeConstant = 93;

int round_up(int value, int step) {
  return (value + step - 1) / step * step;
}

AddressRange range(const Buffer& buffer) {
  return {buffer.address(), buffer.address() + buffer.size()};
}

template <class T>
std::vector<T> read_vector(Device& device, const Buffer& buffer, std::size_t count) {
  std::vector<T> values(count);
  device.read(buffer, 0, std::as_writable_bytes(std::span(values)));
  return values;
}

}  // namespace

void check_finite(std::span<const float> values, int count, int dimensions) {
  if (static_cast<std::size_t>(count) * static_cast<std::size_t>(dimensions) != values.size() || dimensions < 1)
    throw std::logic_error("values that are not [count][dimensions]");
  for (std::size_t i = 0; i < values.size(); ++i)
    if (!(std::abs(values[i]) <= kLargestValue))
      throw Error(fmt::format("row {}, column {}: {}, where a number below {:.0e} is expected",
                              i / static_cast<std::size_t>(dimensions) + 1,
                              i % static_cast<std::size_t>(dimensions) + 1, values[i], kLargestValue));
}

struct NeighbourSearch::Impl {
  Device& device;
  int count, padded = 0, stride = 0, step = 0, rows = 0;
  int current = -1;  // the slice whose distances are on the device
  Buffer points, panels, distances, nearest, others, ranks;
  std::uint64_t nearest_bytes = 0;
  bool has_rank_buffers = false;

  Impl(Device& d, int n) : device(d), count(n) {}
  int panel_width() const { return kTileVectors * device.info().lanes; }

  void require_distances(int slice);
  void run_per_row(std::string_view shader, Specialisations constants, std::span<const std::byte> push,
                   Accesses accesses);
};

NeighbourSearch::NeighbourSearch(Device& device, std::span<const float> values, int count, int dimensions)
    : impl_(std::make_unique<Impl>(device, count)) {
  check_finite(values, count, dimensions);
  auto& i = *impl_;
  const int width = i.panel_width();
  i.rows = std::max(128, 8 * width);
  i.padded = round_up(count, std::max(width, kTileRows));
  const int steps = (dimensions + kLargestStep - 1) / kLargestStep;
  i.step = round_up((dimensions + steps - 1) / steps, 8);
  i.stride = steps * i.step;

  // About their mean, so that nothing is lost of values far from zero.
  std::vector<double> mean(static_cast<std::size_t>(dimensions));
  for (int p = 0; p < count; ++p)
    for (int d = 0; d < dimensions; ++d)
      mean[static_cast<std::size_t>(d)] +=
          static_cast<double>(values[static_cast<std::size_t>(p) * static_cast<std::size_t>(dimensions) +
                                     static_cast<std::size_t>(d)]) /
          count;
  const auto floats = static_cast<std::size_t>(i.padded) * static_cast<std::size_t>(i.stride);
  std::vector<float> by_row(floats), by_panel(floats);
  for (int p = 0; p < count; ++p)
    for (int d = 0; d < dimensions; ++d) {
      const auto value = static_cast<float>(
          values[static_cast<std::size_t>(p) * static_cast<std::size_t>(dimensions) + static_cast<std::size_t>(d)] -
          mean[static_cast<std::size_t>(d)]);
      by_row[static_cast<std::size_t>(p) * static_cast<std::size_t>(i.stride) + static_cast<std::size_t>(d)] = value;
      by_panel[(static_cast<std::size_t>(p / width) * static_cast<std::size_t>(i.stride) +
                static_cast<std::size_t>(d)) *
                   static_cast<std::size_t>(width) +
               static_cast<std::size_t>(p % width)] = value;
    }
  i.points = device.allocate(floats * 4, MemoryKind::device, "t-SNE's points");
  i.panels = device.allocate(floats * 4, MemoryKind::device, "t-SNE's points");
  device.write(i.points, 0, std::as_bytes(std::span(by_row)));
  device.write(i.panels, 0, std::as_bytes(std::span(by_panel)));
  i.distances = device.allocate(static_cast<std::uint64_t>(i.padded) * static_cast<std::uint64_t>(i.rows) * 4,
                                MemoryKind::device, "t-SNE's distances");
}
NeighbourSearch::~NeighbourSearch() = default;
NeighbourSearch::NeighbourSearch(NeighbourSearch&&) noexcept = default;
NeighbourSearch& NeighbourSearch::operator=(NeighbourSearch&&) noexcept = default;

int NeighbourSearch::slices() const {
  return (impl_->count + impl_->rows - 1) / impl_->rows;
}

void NeighbourSearch::Impl::require_distances(int slice) {
  if (slice == current) return;
  const int first = slice * rows, across = std::min(rows, padded - first) / panel_width();
  const std::int64_t tiles = static_cast<std::int64_t>(padded / kTileRows) * across;
  Recorder recorder(device);
  for (int begin = 0; begin < stride; begin += step) {
    struct {
      std::uint64_t points, panels, distances;
      std::int32_t stride, first_row, points_count, across;
      TileFields tile;
    } push{points.address() + static_cast<std::uint64_t>(begin) * 4,
           panels.address() + (static_cast<std::uint64_t>(first) * static_cast<std::uint64_t>(stride) +
                               static_cast<std::uint64_t>(begin) * static_cast<std::uint64_t>(panel_width())) *
                                  4,
           distances.address(),
           stride,
           first,
           count,
           across,
           {}};
    record_tiles({device, recorder}, "tsne/distances",
                 {{0, step}, {1, begin == 0}, {2, begin + step == stride}, {kRowsConstant, rows}}, kTeams, tiles,
                 push, Accesses{{range(points), range(panels), range(distances)}, {range(distances)}},
                 static_cast<double>(padded) * rows * step / kPairsPerMs);
  }
  device.run(recorder.finish());
  current = slice;
}

void NeighbourSearch::Impl::run_per_row(std::string_view shader, Specialisations constants,
                                        std::span<const std::byte> push, Accesses accesses) {
  constants.push_back({kRowsConstant, rows});
  constants.push_back({kTeamsConstant, 1});
  constants.push_back({kLocalSizeConstant, device.info().lanes});
  const auto& kernel = device.kernel(shader, constants, static_cast<std::uint32_t>(push.size()));
  Recorder recorder(device);
  recorder.dispatch(kernel, {static_cast<std::uint32_t>(rows / device.info().lanes), 1, 1}, push,
                    std::move(accesses));
  device.run(recorder.finish());
}

void NeighbourSearch::search(int slice, int k, Neighbours& neighbours) {
  auto& i = *impl_;
  if (k < 1 || k >= i.count) throw std::logic_error("as many neighbours as points");
  const auto width = static_cast<std::size_t>(k);
  if (neighbours.count != i.count || neighbours.k != k)
    neighbours = {i.count, k, std::vector<std::int32_t>(static_cast<std::size_t>(i.count) * width),
                  std::vector<float>(static_cast<std::size_t>(i.count) * width)};
  i.require_distances(slice);
  const auto rows = static_cast<std::size_t>(i.rows);
  const auto bytes = static_cast<std::uint64_t>(rows * width * 8);
  if (i.nearest_bytes < bytes) {
    i.nearest = i.device.allocate(bytes, MemoryKind::host, "t-SNE's neighbours");
    i.nearest_bytes = bytes;
  }
  struct {
    std::uint64_t distances, nearest;
    std::int32_t pairs, k;
  } push{i.distances.address(), i.nearest.address(), (i.count + 1) / 2, k};
  i.run_per_row("tsne/select", {}, std::as_bytes(std::span(&push, 1)), {{range(i.distances)}, {range(i.nearest)}});

  struct Near {
    std::uint32_t index;
    float squared_distance;
  };
  auto found = read_vector<Near>(i.device, i.nearest, rows * width);
  for (std::size_t row = 0; row < rows; ++row) {
    const std::size_t point = static_cast<std::size_t>(slice) * rows + row;
    if (point >= static_cast<std::size_t>(i.count)) break;
    const auto begin = found.begin() + static_cast<std::ptrdiff_t>(row * width);
    std::stable_sort(begin, begin + k,
                     [](const Near& a, const Near& b) { return a.squared_distance < b.squared_distance; });
    for (std::size_t m = 0; m < width; ++m) {
      neighbours.index[point * width + m] = static_cast<std::int32_t>(found[row * width + m].index);
      neighbours.squared_distance[point * width + m] = found[row * width + m].squared_distance;
    }
  }
}

void NeighbourSearch::ranks(int slice, int k, std::span<const std::int32_t> others,
                            std::vector<std::int32_t>& ranks) {
  auto& i = *impl_;
  const auto width = static_cast<std::size_t>(k), rows = static_cast<std::size_t>(i.rows);
  if (others.size() != static_cast<std::size_t>(i.count) * width)
    throw std::logic_error("ranks: others of another size");
  ranks.resize(others.size());
  i.require_distances(slice);
  if (!i.has_rank_buffers) {
    i.has_rank_buffers = true;
    i.others = i.device.allocate(rows * kRankGroup * 4, MemoryKind::host, "t-SNE's ranks");
    i.ranks = i.device.allocate(rows * kRankGroup * 4, MemoryKind::host, "t-SNE's ranks");
  }
  const std::size_t first = static_cast<std::size_t>(slice) * rows,
                    real = std::min(rows, static_cast<std::size_t>(i.count) - first);
  for (std::size_t begin = 0; begin < width; begin += kRankGroup) {
    const std::size_t group = std::min<std::size_t>(kRankGroup, width - begin);
    std::vector<std::int32_t> wanted(rows * kRankGroup);
    for (std::size_t g = 0; g < group; ++g)
      for (std::size_t row = 0; row < real; ++row) wanted[g * rows + row] = others[(first + row) * width + begin + g];
    i.device.write(i.others, 0, std::as_bytes(std::span(wanted)));
    struct {
      std::uint64_t distances, others, ranks;
      std::int32_t pairs, unused;
    } push{i.distances.address(), i.others.address(), i.ranks.address(), (i.count + 1) / 2, 0};
    i.run_per_row("tsne/ranks", {}, std::as_bytes(std::span(&push, 1)),
                  {{range(i.distances), range(i.others)}, {range(i.ranks)}});
    const auto found = read_vector<std::int32_t>(i.device, i.ranks, rows * kRankGroup);
    for (std::size_t g = 0; g < group; ++g)
      for (std::size_t row = 0; row < real; ++row) ranks[(first + row) * width + begin + g] = found[g * rows + row];
  }
}

Neighbours nearest_neighbours(Device& device, std::span<const float> values, int count, int dimensions, int k) {
  NeighbourSearch search(device, values, count, dimensions);
  Neighbours neighbours;
  for (int slice = 0; slice < search.slices(); ++slice) search.search(slice, k, neighbours);
  return neighbours;
}

}  // namespace unveil
