#include "engine/graph/tiles.h"

#include <algorithm>

namespace unveil {
namespace {

constexpr std::uint32_t kTeamsConstant = 92, kLocalSizeConstant = 93, kVectorsConstant = 0, kTileStepConstant = 80,
                        kTileWidthConstant = 81, kUniformStoresConstant = 96;
constexpr int kTeamsOnLavapipe = 16;  // a workgroup costs about 1,000 instructions, whatever it does
constexpr int kTeamsOnGpu = 8;
constexpr std::int64_t kGroupsOnGpu = 65535;
// Rough speed of elementwise kernels on lavapipe, for cutting programs into segments.
constexpr double kBytesPerMs = 4e6;

double traffic_ms(const Accesses& accesses) {
  double bytes = 0;
  for (const auto* list : {&accesses.reads, &accesses.writes})
    for (const auto& range : *list) bytes += static_cast<double>(range.end - range.begin);
  return bytes / kBytesPerMs;
}

// Workgroups of `teams` tiles each, from tile `first` on. On lavapipe a grid axis is one digit in base 16, so a count
// is made of up to three exact grids for each 4,096.
void record_groups(RecordTarget target, const Kernel& kernel, int teams, std::int64_t groups, std::int64_t first,
                   std::span<std::byte> push, TileFields& fields, const Accesses& accesses, double work_ms) {
  // A kernel that binds its results has them in the order of the accesses.
  std::vector<std::uint64_t> results;
  for (const auto& range : accesses.writes) results.push_back(range.begin);
  const bool lavapipe = target.device.info().lavapipe;
  const double per_group = work_ms / static_cast<double>(std::max<std::int64_t>(groups, 1));
  while (groups > 0) {
    Grid grid{1, 1, 1};
    if (!lavapipe) {
      grid[0] = static_cast<std::uint32_t>(std::min(groups, kGroupsOnGpu));
    } else if (groups >= 256) {
      grid = {16, 16, static_cast<std::uint32_t>(std::min<std::int64_t>(groups / 256, 16))};
    } else if (groups >= 16) {
      grid = {16, static_cast<std::uint32_t>(groups / 16), 1};
    } else {
      grid = {static_cast<std::uint32_t>(groups), 1, 1};
    }
    const std::int64_t covered = static_cast<std::int64_t>(grid[0]) * grid[1] * grid[2];
    fields.first = static_cast<std::int32_t>(first);
    target.recorder.dispatch(kernel, grid, push, accesses, per_group * static_cast<double>(covered), results);
    first += covered * teams;
    groups -= covered;
  }
}

const Kernel& tile_kernel(RecordTarget target, std::string_view shader, Specialisations constants, int teams,
                          std::size_t push) {
  constants.push_back({kTeamsConstant, teams});
  constants.push_back({kLocalSizeConstant, teams * target.device.info().lanes});
  return target.device.kernel(shader, constants, static_cast<std::uint32_t>(push));
}

}  // namespace

namespace detail {

void record_tiles(RecordTarget target, std::string_view shader, Specialisations constants, int teams,
                  std::int64_t tiles, std::span<std::byte> push, TileFields& fields, const Accesses& accesses,
                  double work_ms) {
  if (tiles <= 0) return;
  if (work_ms == 0) work_ms = traffic_ms(accesses);
  if (!target.device.info().lavapipe) {
    if (!target.device.info().subgroup_teams) teams = 1;  // shaders/common/team.glsl
    const auto& kernel = tile_kernel(target, shader, std::move(constants), teams, push.size());
    record_groups(target, kernel, teams, (tiles + teams - 1) / teams, 0, push, fields, accesses, work_ms);
    return;
  }
  const std::int64_t whole = tiles / teams, rest = tiles % teams;
  const double whole_ms = work_ms * static_cast<double>(whole * teams) / static_cast<double>(tiles);
  if (whole > 0)
    record_groups(target, tile_kernel(target, shader, constants, teams, push.size()), teams, whole, 0, push, fields,
                  accesses, whole_ms);
  if (rest > 0)
    record_groups(target, tile_kernel(target, shader, constants, 1, push.size()), 1, rest, whole * teams, push,
                  fields, accesses, work_ms - whole_ms);
}

void record_flat(RecordTarget target, std::string_view shader, Specialisations constants, std::int64_t elements,
                 int tile_vectors, std::span<std::byte> push, TileFields& fields, const Accesses& accesses) {
  const auto& device = target.device.info();
  if (!device.lavapipe) {
    constants.push_back({kVectorsConstant, 1});
    const auto& kernel = tile_kernel(target, shader, std::move(constants), kTeamsOnGpu, push.size());
    const std::int64_t per_group = static_cast<std::int64_t>(device.lanes) * kTeamsOnGpu;
    record_groups(target, kernel, kTeamsOnGpu, (elements + per_group - 1) / per_group, 0, push, fields, accesses,
                  traffic_ms(accesses));
    return;
  }
  const bool reach = std::ranges::all_of(
      accesses.writes, [](const auto& range) { return range.end - range.begin <= kMostResultBytes; });
  constants.push_back({kUniformStoresConstant, reach});
  // Whole workgroups of long tiles, then what is left in single vectors.
  const std::int64_t vectors = elements / device.lanes;
  const std::int64_t per_group = kTeamsOnLavapipe * tile_vectors;
  const std::int64_t groups = vectors / per_group, rest = vectors % per_group;
  const double share =
      static_cast<double>(groups * per_group) / static_cast<double>(std::max<std::int64_t>(vectors, 1));
  if (groups > 0) {
    auto long_tiles = constants;
    long_tiles.push_back({kVectorsConstant, tile_vectors});
    const auto& kernel = tile_kernel(target, shader, std::move(long_tiles), kTeamsOnLavapipe, push.size());
    record_groups(target, kernel, kTeamsOnLavapipe, groups, 0, push, fields, accesses, traffic_ms(accesses) * share);
  }
  if (rest > 0) {
    constants.push_back({kVectorsConstant, 1});
    const auto& kernel = tile_kernel(target, shader, std::move(constants), 1, push.size());
    record_groups(target, kernel, 1, rest, groups * per_group, push, fields, accesses,
                  traffic_ms(accesses) * (1 - share));
  }
}

void record_pixel_rows(RecordContext& context, std::string_view shader, Specialisations constants,
                       const DeviceTensor& like, std::span<std::byte> push, TileFields& fields,
                       const Accesses& accesses) {
  // A tile is one picture's row of channels; tiles lie a whole picture apart.
  const auto& device = context.device().info();
  const int vectors = device.lavapipe ? like.layout.stride / device.lanes : 1;
  constants.push_back({kVectorsConstant, vectors});
  constants.push_back({kTileStepConstant, static_cast<std::int32_t>(like.layout.image_rows * like.layout.stride)});
  constants.push_back({kTileWidthConstant, like.layout.stride});
  const std::int64_t per_picture = device.lavapipe ? 1 : (like.layout.stride + device.lanes - 1) / device.lanes;
  const std::int64_t pictures = like.shape[0];
  fields.count = static_cast<std::int32_t>(pictures);
  const int teams = device.lavapipe ? (pictures % 8 == 0 ? 8 : 1) : 1;
  const auto& kernel = tile_kernel(context, shader, std::move(constants), teams, push.size());
  record_groups(context, kernel, teams, pictures * per_picture / teams, 0, push, fields, accesses, 0);
}

}  // namespace detail

std::uint64_t pixel_address(const DeviceTensor& tensor, int y, int x) {
  const auto& layout = tensor.layout;
  return tensor.address() +
         static_cast<std::uint64_t>((layout.first + static_cast<std::int64_t>(y) * layout.line_rows + x) *
                                    layout.stride) *
             4;
}

void record_zero(RecordContext& context, const DeviceTensor& tensor) {
  struct {
    std::uint64_t result;
    TileFields tile;
  } push{tensor.address(), {}};
  record_flat(context, "graph/zero", {}, tensor.layout.floats(), push, accesses({}, {&tensor}));
}

Accesses accesses(std::initializer_list<const DeviceTensor*> reads,
                  std::initializer_list<const DeviceTensor*> writes) {
  Accesses all;
  for (const auto* tensor : reads)
    if (tensor) all.reads.push_back(tensor->range());
  for (const auto* tensor : writes)
    if (tensor) all.writes.push_back(tensor->range());
  return all;
}

}  // namespace unveil
