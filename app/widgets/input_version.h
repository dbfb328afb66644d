#pragma once
#include <imgui.h>

#include <optional>
#include <string>
#include <string_view>

// The one place that knows how this ImGui takes its input: 1.86 indexes keys by the backend's codes and has no event
// queue; from 1.87 on keys have names of their own and input goes through a queue.
namespace unveil {

enum class Key {
  space,
  period,
  tab,
  enter,
  escape,
  up,
  down,
  left,
  right,
  home,
  end,
  backspace,
  del,
  plus,
  minus,
  zero,
  f1,
  f11,
  a,
  e,
  k,
  l,
  o,
  r,
  s,
  z
};

struct KeyChord {
  Key key;
  bool ctrl = false, shift = false;
};
// "ctrl+o", "space", "f11", "."; empty when it names no key known here.
std::optional<KeyChord> parse_chord(std::string_view text);

// Pressed in this frame, no repeats unless asked for. Plus and minus are also those of the number pad.
bool key_pressed(Key key, bool repeat = false);
bool ctrl_held();

// What a script's hand does in one frame. Written between the backend's new frame and ImGui::NewFrame(), because the
// GLFW backend overwrites the mouse with the real one every frame.
struct ScriptedInput {
  ImVec2 mouse{-1, -1};
  bool left = false, right = false;
  float wheel = 0;
  std::optional<KeyChord> chord;  // held during this frame
  std::string text;
};
void write_input(const ScriptedInput& input);

}  // namespace unveil
