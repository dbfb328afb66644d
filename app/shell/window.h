#pragma once
#include <imgui.h>

#include <cstdint>
#include <string>
#include <vector>

#include "app/widgets/ui.h"

struct GLFWwindow;

namespace unveil {

// The window with its OpenGL 3.3 core context and ImGui inside. Made before the Vulkan instance (on machines with few
// processors the two share llvmpipe's thread setting, which is read when each is made).
class Window {
 public:
  // Throws Error when there is no display or no OpenGL 3.3.
  Window(int width, int height, const char* title);
  ~Window();
  Window(const Window&) = delete;
  Window& operator=(const Window&) = delete;

  bool should_close() const;
  void close();
  // Handles events; waits for one, or for wake(), at most this long.
  void wait(double seconds);
  static void wake();  // from any thread

  // Rises with every event of keyboard, mouse, size or drop.
  std::uint64_t input_serial() const { return events_.serial; }
  std::vector<std::string> take_drops();

  float content_scale() const;  // pixels per design unit the display asks for
  ImVec2 size() const;
  void resize(int width, int height);
  void toggle_full_screen();

  // Fonts were loaded anew: their texture follows.
  void upload_fonts();
  void begin_frame();             // the backends' part; ImGui::NewFrame() is the caller's
  void render(ImU32 background);  // ImGui::Render() and the drawing
  void present();
  // Of the frame just rendered, before it is presented. RGBA, top row first; the part is clipped to the window.
  std::vector<std::uint8_t> read_pixels(int x, int y, int& width, int& height) const;

 private:
  struct Events {
    std::uint64_t serial = 0;
    std::vector<std::string> drops;
  };
  void install_callbacks();
  GLFWwindow* window_ = nullptr;
  Events events_;
  int windowed_[4] = {0, 0, 0, 0};  // position and size to return to from full screen
};

}  // namespace unveil
