#include "app/shell/window.h"

#include <epoxy/gl.h>
// After epoxy: GLFW must not bring OpenGL declarations of its own.
#include <GLFW/glfw3.h>
#include <backends/imgui_impl_glfw.h>
#include <backends/imgui_impl_opengl3.h>

#include <algorithm>
#include <utility>

#include "engine/error.h"

namespace unveil {
namespace {

std::string glfw_reason() {
  const char* what = nullptr;
  glfwGetError(&what);
  return what ? what : "no reason given";
}

}  // namespace

Window::Window(int width, int height, const char* title) {
  if (!glfwInit()) {
    throw Error("no window: " + glfw_reason() + "; start it on a desktop, or use the commands (unveil --help)");
  }
  glfwWindowHint(GLFW_CONTEXT_VERSION_MAJOR, 3);
  glfwWindowHint(GLFW_CONTEXT_VERSION_MINOR, 3);
  glfwWindowHint(GLFW_OPENGL_PROFILE, GLFW_OPENGL_CORE_PROFILE);
  glfwWindowHint(GLFW_OPENGL_FORWARD_COMPAT, GLFW_TRUE);
  window_ = glfwCreateWindow(width, height, title, nullptr, nullptr);
  if (!window_) {
    const std::string reason = glfw_reason();
    glfwTerminate();
    throw Error("no window: " + reason + "; OpenGL 3.3 is needed (Debian: libgl1-mesa-dri)");
  }
  glfwSetWindowSizeLimits(window_, 800, 560, GLFW_DONT_CARE, GLFW_DONT_CARE);
  glfwMakeContextCurrent(window_);
  glfwSwapInterval(1);
  ImGui::CreateContext();
  ImGui::GetIO().IniFilename = nullptr;
  install_callbacks();
  // Installed after ours: the backend's callbacks call them in turn.
  ImGui_ImplGlfw_InitForOpenGL(window_, true);
  ImGui_ImplOpenGL3_Init("#version 330 core");
}

Window::~Window() {
  ImGui_ImplOpenGL3_Shutdown();
  ImGui_ImplGlfw_Shutdown();
  ImGui::DestroyContext();
  glfwDestroyWindow(window_);
  glfwTerminate();
}

void Window::install_callbacks() {
  glfwSetWindowUserPointer(window_, &events_);
  static constexpr auto count = [](GLFWwindow* w) { ++static_cast<Events*>(glfwGetWindowUserPointer(w))->serial; };
  glfwSetKeyCallback(window_, [](GLFWwindow* w, int, int, int, int) { count(w); });
  glfwSetCharCallback(window_, [](GLFWwindow* w, unsigned) { count(w); });
  glfwSetMouseButtonCallback(window_, [](GLFWwindow* w, int, int, int) { count(w); });
  glfwSetScrollCallback(window_, [](GLFWwindow* w, double, double) { count(w); });
  glfwSetCursorPosCallback(window_, [](GLFWwindow* w, double, double) { count(w); });
  glfwSetCursorEnterCallback(window_, [](GLFWwindow* w, int) { count(w); });
  glfwSetWindowFocusCallback(window_, [](GLFWwindow* w, int) { count(w); });
  glfwSetFramebufferSizeCallback(window_, [](GLFWwindow* w, int, int) { count(w); });
  glfwSetWindowRefreshCallback(window_, [](GLFWwindow* w) { count(w); });
  glfwSetWindowContentScaleCallback(window_, [](GLFWwindow* w, float, float) { count(w); });
  glfwSetDropCallback(window_, [](GLFWwindow* w, int n, const char** paths) {
    auto* events = static_cast<Events*>(glfwGetWindowUserPointer(w));
    ++events->serial;
    events->drops.insert(events->drops.end(), paths, paths + n);
  });
}

bool Window::should_close() const {
  return glfwWindowShouldClose(window_);
}

void Window::close() {
  glfwSetWindowShouldClose(window_, GLFW_TRUE);
}

void Window::wait(double seconds) {
  if (seconds > 0) {
    glfwWaitEventsTimeout(seconds);
  } else {
    glfwPollEvents();
  }
}

void Window::wake() {
  glfwPostEmptyEvent();
}

std::vector<std::string> Window::take_drops() {
  return std::exchange(events_.drops, {});
}

float Window::content_scale() const {
  float x = 1, y = 1;
  glfwGetWindowContentScale(window_, &x, &y);
  // Where the window's coordinates are not pixels the framebuffer already carries the display's scale.
  int window_width = 1, window_height = 1, pixels_x = 1, pixels_y = 1;
  glfwGetWindowSize(window_, &window_width, &window_height);
  glfwGetFramebufferSize(window_, &pixels_x, &pixels_y);
  const float carried = window_width > 0 ? static_cast<float>(pixels_x) / static_cast<float>(window_width) : 1.0f;
  return std::clamp(x / std::max(1.0f, carried), 0.75f, 4.0f);
}

ImVec2 Window::size() const {
  int width = 0, height = 0;
  glfwGetWindowSize(window_, &width, &height);
  return {static_cast<float>(width), static_cast<float>(height)};
}

void Window::resize(int width, int height) {
  glfwSetWindowSize(window_, width, height);
}

void Window::toggle_full_screen() {
  if (glfwGetWindowMonitor(window_)) {
    glfwSetWindowMonitor(window_, nullptr, windowed_[0], windowed_[1], windowed_[2], windowed_[3], GLFW_DONT_CARE);
    return;
  }
  GLFWmonitor* monitor = glfwGetPrimaryMonitor();
  const GLFWvidmode* mode = monitor ? glfwGetVideoMode(monitor) : nullptr;
  if (!mode) return;
  glfwGetWindowPos(window_, &windowed_[0], &windowed_[1]);
  glfwGetWindowSize(window_, &windowed_[2], &windowed_[3]);
  glfwSetWindowMonitor(window_, monitor, 0, 0, mode->width, mode->height, mode->refreshRate);
}

void Window::upload_fonts() {
  ImGui_ImplOpenGL3_DestroyFontsTexture();
  ImGui_ImplOpenGL3_CreateFontsTexture();
}

void Window::begin_frame() {
  ImGui_ImplOpenGL3_NewFrame();
  ImGui_ImplGlfw_NewFrame();
}

void Window::render(ImU32 background) {
  ImGui::Render();
  int width = 0, height = 0;
  glfwGetFramebufferSize(window_, &width, &height);
  glViewport(0, 0, width, height);
  const ImVec4 c = ImGui::ColorConvertU32ToFloat4(background);
  glClearColor(c.x, c.y, c.z, 1);
  glClear(GL_COLOR_BUFFER_BIT);
  ImGui_ImplOpenGL3_RenderDrawData(ImGui::GetDrawData());
}

void Window::present() {
  glfwSwapBuffers(window_);
}

std::vector<std::uint8_t> Window::read_pixels(int x, int y, int& width, int& height) const {
  int whole_width = 0, whole_height = 0;
  glfwGetFramebufferSize(window_, &whole_width, &whole_height);
  x = std::clamp(x, 0, std::max(0, whole_width - 1)), y = std::clamp(y, 0, std::max(0, whole_height - 1));
  width = std::clamp(width, 1, whole_width - x), height = std::clamp(height, 1, whole_height - y);
  const auto stride = static_cast<std::size_t>(width) * 4;
  std::vector<std::uint8_t> pixels(stride * static_cast<std::size_t>(height)), row(stride);
  glPixelStorei(GL_PACK_ALIGNMENT, 1);
  glReadPixels(x, whole_height - y - height, width, height, GL_RGBA, GL_UNSIGNED_BYTE, pixels.data());
  for (int top = 0, bottom = height - 1; top < bottom; ++top, --bottom) {
    std::swap_ranges(pixels.begin() + static_cast<long>(stride) * top,
                     pixels.begin() + static_cast<long>(stride) * (top + 1),
                     pixels.begin() + static_cast<long>(stride) * bottom);
  }
  for (std::size_t i = 3; i < pixels.size(); i += 4) pixels[i] = 255;
  return pixels;
}

}  // namespace unveil
