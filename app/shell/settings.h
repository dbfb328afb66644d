#pragma once
#include <filesystem>
#include <optional>

namespace unveil {

// What the window remembers from one start to the next.
struct WindowSettings {
  bool dark = true;
  float zoom = 1;              // of everything drawn, beside what the display asks for
  float inspector = 0;         // its width, design units; 0: by the window's
  std::optional<bool> folded;  // the timeline, by the hand; nothing: where the window is low
  bool operator==(const WindowSettings&) const = default;
};

// $XDG_CONFIG_HOME/unveil/window, else ~/.config/unveil/window; empty where there is neither: nothing is remembered.
std::filesystem::path settings_file();

// Reading and writing fail in silence: what cannot be read, or makes no sense, is as at the first start.
WindowSettings read_settings(const std::filesystem::path& file);
void write_settings(const std::filesystem::path& file, const WindowSettings& settings);

}  // namespace unveil
