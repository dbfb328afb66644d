#pragma once
#include "engine/graph/tiles.h"

namespace unveil {

// The specialisation constants of shaders/common/logical.glsl for a tensor's geometry.
inline void append_logical_constants(Specialisations& constants, const DeviceTensor& tensor) {
  const auto& layout = tensor.layout;
  const bool picture = layout.image_rows > 0;
  constants.insert(constants.end(), {{70, layout.stride},
                                     {71, layout.cols},
                                     {72, static_cast<std::int32_t>(tensor.shape.rows())},
                                     {73, static_cast<std::int32_t>(layout.first)},
                                     {74, static_cast<std::int32_t>(layout.image_rows)},
                                     {75, picture ? layout.line_rows : 1},
                                     {76, picture ? static_cast<std::int32_t>(tensor.shape[1]) : 1},
                                     {77, picture ? static_cast<std::int32_t>(tensor.shape[2]) : 1}});
}

}  // namespace unveil
