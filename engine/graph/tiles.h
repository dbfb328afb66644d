#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>
#include <vector>

#include "engine/graph/program.h"

namespace unveil {

// The end of every push-constant block launched in tiles (TILE_FIELDS of shaders/common/lanes.glsl).
struct TileFields {
  std::int32_t first = 0;
  std::int32_t count = 0;
  std::array<std::int32_t, 16> digit{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
};

using Specialisations = std::vector<Specialisation>;

// What kernels are recorded with: an operation's context, or any recorder of a device.
struct RecordTarget {
  Device& device;
  Recorder& recorder;
  RecordTarget(RecordContext& context) : device(context.device()), recorder(context.recorder()) {}
  RecordTarget(Device& d, Recorder& r) : device(d), recorder(r) {}
};

namespace detail {
void record_tiles(RecordTarget target, std::string_view shader, Specialisations constants, int teams,
                  std::int64_t tiles, std::span<std::byte> push, TileFields& fields, const Accesses& accesses,
                  double work_ms);
void record_flat(RecordTarget target, std::string_view shader, Specialisations constants, std::int64_t elements,
                 int vectors, std::span<std::byte> push, TileFields& fields, const Accesses& accesses);
void record_pixel_rows(RecordContext& context, std::string_view shader, Specialisations constants,
                       const DeviceTensor& like, std::span<std::byte> push, TileFields& fields,
                       const Accesses& accesses);
}  // namespace detail

// Dispatches `tiles` tiles of a kernel, `teams` of them to a workgroup (constant 92; lavapipe: at most 16, and only
// whole workgroups, so the rest goes in workgroups of one team). Push ends with `TileFields tile`; its first and
// count are set here.
template <class Push>
void record_tiles(RecordTarget target, std::string_view shader, Specialisations constants, int teams,
                  std::int64_t tiles, Push push, const Accesses& accesses, double work_ms = 0) {
  push.tile.count = static_cast<std::int32_t>(tiles);
  detail::record_tiles(target, shader, std::move(constants), teams, tiles,
                       std::as_writable_bytes(std::span(&push, 1)), push.tile, accesses, work_ms);
}

// Dispatches an elementwise kernel (shaders/common/elementwise.glsl) over `elements` elements, whole vectors;
// `vectors`: of a tile on lavapipe, enough arithmetic beside the costly stores.
template <class Push>
void record_flat(RecordTarget target, std::string_view shader, Specialisations constants, std::int64_t elements,
                 Push push, const Accesses& accesses, int vectors = 8) {
  push.tile.count = static_cast<std::int32_t>(elements);
  detail::record_flat(target, shader, std::move(constants), elements, vectors,
                      std::as_writable_bytes(std::span(&push, 1)), push.tile, accesses);
}

// Likewise over a whole tensor, for kernels that take one of a single column a tile at a time (column.glsl).
template <class Push>
void record_flat(RecordTarget target, std::string_view shader, Specialisations constants, const Layout& layout,
                 Push push, const Accesses& accesses) {
  if (layout.cols == 1)
    record_flat(target, shader, std::move(constants), layout.floats(), push, accesses, vector_floats());
  else
    record_flat(target, shader, std::move(constants), layout.floats(), push, accesses);
}

// As record_flat, but over one pixel's row of every picture: `push` holds the addresses of the first picture's pixel
// (pixel_address), and all tensors are of `like`'s geometry. The kernel must not derive rows or columns from element
// numbers.
template <class Push>
void record_pixel_rows(RecordContext& context, std::string_view shader, Specialisations constants,
                       const DeviceTensor& like, Push push, const Accesses& accesses) {
  detail::record_pixel_rows(context, shader, std::move(constants), like, std::as_writable_bytes(std::span(&push, 1)),
                            push.tile, accesses);
}
std::uint64_t pixel_address(const DeviceTensor& tensor, int y, int x);

// Sets a whole tensor to zero, for operations whose kernels write logical rows alone.
void record_zero(RecordContext& context, const DeviceTensor& tensor);

// What a kernel reads and writes, from tensors; absent ones (null) are left out.
Accesses accesses(std::initializer_list<const DeviceTensor*> reads,
                  std::initializer_list<const DeviceTensor*> writes);

}  // namespace unveil
