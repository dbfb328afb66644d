#pragma once
#include <cstdint>
#include <span>
#include <string_view>

namespace unveil {

// SPIR-V compiled at build time from shaders/<name>.comp.
struct EmbeddedShader {
  std::string_view name;
  std::span<const std::uint32_t> words;
};

std::span<const EmbeddedShader> embedded_shaders();

}  // namespace unveil
