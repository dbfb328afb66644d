#include "app/widgets/view.h"

#include <algorithm>
#include <cmath>
#include <glm/common.hpp>
#include <glm/matrix.hpp>

namespace unveil {
namespace {

constexpr float kNearest = 40, kWheel = 1.25f;

}  // namespace

void View::frame(ImVec2 at, ImVec2 size, glm::vec2 reach, bool bounded) {
  at_ = at, size_ = size, reach_ = glm::max(reach, glm::vec2(1e-3f)), bounded_ = bounded;
  build();
}

void View::build() {
  const float unit = zoom_ * std::min(size_.x / (2 * reach_.x), size_.y / (2 * reach_.y));
  if (bounded_) {
    const glm::vec2 room = glm::max(reach_ - glm::vec2(size_.x, size_.y) / (2 * unit), glm::vec2(0));
    centre_ = glm::clamp(centre_, -room, room);
  }
  const glm::vec2 middle(at_.x + size_.x * 0.5f, at_.y + size_.y * 0.5f);
  // Columns: x, y, and where the origin lies.
  to_screen_ = glm::mat3(glm::vec3(unit, 0, 0), glm::vec3(0, -unit, 0),
                         glm::vec3(middle.x - centre_.x * unit, middle.y + centre_.y * unit, 1));
  from_screen_ = glm::inverse(to_screen_);
}

void View::zoom(ImVec2 anchor, float factor) {
  const float wanted = std::clamp(zoom_ * factor, 1.0f, kNearest);
  if (wanted == 1) return whole();
  const glm::vec2 before = from_screen(anchor);
  zoom_ = wanted;
  build();
  centre_ += before - from_screen(anchor);  // what is under the hand stays there
  build();
}

void View::pan(ImVec2 pixels) {
  centre_ += glm::vec2(-pixels.x, pixels.y) / unit();
  build();
}

void View::whole() {
  zoom_ = 1;
  centre_ = {};
  build();
}

bool View::hand(Ui& ui, bool over) {
  const ImGuiIO& io = ImGui::GetIO();
  const glm::mat3 before = to_screen_;
  if (over && io.MouseWheel != 0) zoom(io.MousePos, std::pow(kWheel, io.MouseWheel));
  if (over && ImGui::IsMouseClicked(ImGuiMouseButton_Right)) panning_ = true;
  panning_ &= ImGui::IsMouseDown(ImGuiMouseButton_Right);
  if (panning_) pan(io.MouseDelta);
  if (over && zoomed() && ImGui::IsMouseDoubleClicked(ImGuiMouseButton_Left)) whole();
  if (before == to_screen_) return false;
  ui.animate(0.1);
  return true;
}

}  // namespace unveil
