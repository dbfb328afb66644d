#pragma once
#include <imgui.h>

#include <cstdint>
#include <span>

namespace unveil {

// An RGBA8 OpenGL texture, enlarged without smoothing. Needs the window's context to be current, also when destroyed.
class Texture {
 public:
  Texture() = default;
  ~Texture();
  Texture(Texture&& other) noexcept;
  Texture& operator=(Texture&& other) noexcept;
  Texture(const Texture&) = delete;
  Texture& operator=(const Texture&) = delete;

  // pixels: [height, width], ImGui's colour packing. Reallocates only when the size changes.
  void upload(int width, int height, std::span<const ImU32> pixels);
  // pixels: [height, width] of the part at (x, y), which lies inside the texture.
  void update(int x, int y, int width, int height, std::span<const ImU32> pixels);

  ImTextureID id() const { return reinterpret_cast<ImTextureID>(static_cast<std::uintptr_t>(name_)); }
  int width() const { return width_; }
  int height() const { return height_; }
  explicit operator bool() const { return name_ != 0; }

 private:
  unsigned name_ = 0;
  int width_ = 0, height_ = 0;
};

}  // namespace unveil
