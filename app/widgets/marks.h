#pragma once
#include <imgui.h>

#include <map>
#include <string>
#include <string_view>
#include <variant>

namespace unveil {

struct MarkRect {
  ImVec2 min, max;
};

using StateValue = std::variant<bool, double, std::string>;

// What the script driver can see of a frame: named rectangles of what was drawn, and named values that views publish.
// Without a script nothing is kept, so a mark costs a branch.
class Marks {
 public:
  bool enabled = false;

  void begin_frame() { rects_.clear(); }

  // Names the rectangle of the last item submitted to ImGui ("transport.play").
  void item(std::string_view name) {
    if (enabled) rect(name, ImGui::GetItemRectMin(), ImGui::GetItemRectMax());
  }
  void rect(std::string_view name, ImVec2 min, ImVec2 max) {
    if (enabled) rects_.insert_or_assign(std::string(name), MarkRect{min, max});
  }
  // Publishes a value for wait-for and expect ("run.step" = 120). It stays until published anew.
  void state(std::string_view name, bool value) { put(name, value); }
  void state(std::string_view name, double value) { put(name, value); }
  void state(std::string_view name, int value) { put(name, static_cast<double>(value)); }
  void state(std::string_view name, std::string_view value) { put(name, std::string(value)); }
  void state(std::string_view name, const char* value) { put(name, std::string(value)); }

  const std::map<std::string, MarkRect, std::less<>>& rects() const { return rects_; }
  const std::map<std::string, StateValue, std::less<>>& states() const { return states_; }

 private:
  void put(std::string_view name, StateValue value) {
    if (enabled) states_.insert_or_assign(std::string(name), std::move(value));
  }
  std::map<std::string, MarkRect, std::less<>> rects_;
  std::map<std::string, StateValue, std::less<>> states_;
};

}  // namespace unveil
