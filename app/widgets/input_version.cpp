#include "app/widgets/input_version.h"

#include <GLFW/glfw3.h>

#include <algorithm>
#include <array>
#include <utility>

namespace unveil {
namespace {

struct KeyName {
  Key key;
  std::string_view name;
  int glfw;
#if IMGUI_VERSION_NUM >= 18700
  ImGuiKey imgui;
#define UNVEIL_KEY(key, name, glfw, imgui) \
  { key, name, glfw, imgui }
#else
#define UNVEIL_KEY(key, name, glfw, imgui) \
  { key, name, glfw }
#endif
};

constexpr KeyName kKeys[] = {
    UNVEIL_KEY(Key::space, "space", GLFW_KEY_SPACE, ImGuiKey_Space),
    UNVEIL_KEY(Key::period, ".", GLFW_KEY_PERIOD, ImGuiKey_Period),
    UNVEIL_KEY(Key::tab, "tab", GLFW_KEY_TAB, ImGuiKey_Tab),
    UNVEIL_KEY(Key::enter, "enter", GLFW_KEY_ENTER, ImGuiKey_Enter),
    UNVEIL_KEY(Key::escape, "escape", GLFW_KEY_ESCAPE, ImGuiKey_Escape),
    UNVEIL_KEY(Key::up, "up", GLFW_KEY_UP, ImGuiKey_UpArrow),
    UNVEIL_KEY(Key::down, "down", GLFW_KEY_DOWN, ImGuiKey_DownArrow),
    UNVEIL_KEY(Key::left, "left", GLFW_KEY_LEFT, ImGuiKey_LeftArrow),
    UNVEIL_KEY(Key::right, "right", GLFW_KEY_RIGHT, ImGuiKey_RightArrow),
    UNVEIL_KEY(Key::home, "home", GLFW_KEY_HOME, ImGuiKey_Home),
    UNVEIL_KEY(Key::end, "end", GLFW_KEY_END, ImGuiKey_End),
    UNVEIL_KEY(Key::backspace, "backspace", GLFW_KEY_BACKSPACE, ImGuiKey_Backspace),
    UNVEIL_KEY(Key::del, "delete", GLFW_KEY_DELETE, ImGuiKey_Delete),
    UNVEIL_KEY(Key::plus, "plus", GLFW_KEY_EQUAL, ImGuiKey_Equal),
    UNVEIL_KEY(Key::plus, "+", GLFW_KEY_KP_ADD, ImGuiKey_KeypadAdd),
    UNVEIL_KEY(Key::minus, "minus", GLFW_KEY_MINUS, ImGuiKey_Minus),
    UNVEIL_KEY(Key::minus, "-", GLFW_KEY_KP_SUBTRACT, ImGuiKey_KeypadSubtract),
    UNVEIL_KEY(Key::zero, "0", GLFW_KEY_0, ImGuiKey_0),
    UNVEIL_KEY(Key::f1, "f1", GLFW_KEY_F1, ImGuiKey_F1),
    UNVEIL_KEY(Key::f11, "f11", GLFW_KEY_F11, ImGuiKey_F11),
    UNVEIL_KEY(Key::a, "a", GLFW_KEY_A, ImGuiKey_A),
    UNVEIL_KEY(Key::e, "e", GLFW_KEY_E, ImGuiKey_E),
    UNVEIL_KEY(Key::k, "k", GLFW_KEY_K, ImGuiKey_K),
    UNVEIL_KEY(Key::l, "l", GLFW_KEY_L, ImGuiKey_L),
    UNVEIL_KEY(Key::o, "o", GLFW_KEY_O, ImGuiKey_O),
    UNVEIL_KEY(Key::r, "r", GLFW_KEY_R, ImGuiKey_R),
    UNVEIL_KEY(Key::s, "s", GLFW_KEY_S, ImGuiKey_S),
    UNVEIL_KEY(Key::z, "z", GLFW_KEY_Z, ImGuiKey_Z),
};
#undef UNVEIL_KEY

}  // namespace

std::optional<KeyChord> parse_chord(std::string_view text) {
  KeyChord chord{Key::space};
  while (true) {
    if (text.starts_with("ctrl+")) {
      chord.ctrl = true;
      text.remove_prefix(5);
    } else if (text.starts_with("shift+")) {
      chord.shift = true;
      text.remove_prefix(6);
    } else {
      break;
    }
  }
  for (const auto& key : kKeys) {
    if (key.name == text) {
      chord.key = key.key;
      return chord;
    }
  }
  return std::nullopt;
}

bool ctrl_held() {
  return ImGui::GetIO().KeyCtrl;
}

#if IMGUI_VERSION_NUM >= 18700

bool key_pressed(Key key, bool repeat) {
  return std::any_of(std::begin(kKeys), std::end(kKeys),
                     [&](const KeyName& k) { return k.key == key && ImGui::IsKeyPressed(k.imgui, repeat); });
}

void write_input(const ScriptedInput& input) {
  ImGuiIO& io = ImGui::GetIO();
  io.AddMousePosEvent(input.mouse.x, input.mouse.y);
  io.AddMouseButtonEvent(0, input.left);
  io.AddMouseButtonEvent(1, input.right);
  if (input.wheel != 0) io.AddMouseWheelEvent(0, input.wheel);
  io.AddKeyEvent(ImGuiMod_Ctrl, input.chord && input.chord->ctrl);
  io.AddKeyEvent(ImGuiMod_Shift, input.chord && input.chord->shift);
  bool pressed = false;
  for (const auto& key : kKeys) {
    const bool down = input.chord && input.chord->key == key.key && !pressed;
    pressed = pressed || down;
    io.AddKeyEvent(key.imgui, down);
  }
  if (!input.text.empty()) io.AddInputCharactersUTF8(input.text.c_str());
}

#else

bool key_pressed(Key key, bool repeat) {
  return std::any_of(std::begin(kKeys), std::end(kKeys),
                     [&](const KeyName& k) { return k.key == key && ImGui::IsKeyPressed(k.glfw, repeat); });
}

void write_input(const ScriptedInput& input) {
  ImGuiIO& io = ImGui::GetIO();
  io.MousePos = input.mouse;
  io.MouseDown[0] = input.left;
  io.MouseDown[1] = input.right;
  io.MouseWheel = input.wheel;
  io.KeyCtrl = input.chord && input.chord->ctrl;
  io.KeyShift = input.chord && input.chord->shift;
  bool pressed = false;
  for (const auto& key : kKeys) {
    const bool down = input.chord && input.chord->key == key.key && !pressed;
    pressed = pressed || down;
    io.KeysDown[key.glfw] = down;
  }
  if (!input.text.empty()) io.AddInputCharactersUTF8(input.text.c_str());
}

#endif

}  // namespace unveil
