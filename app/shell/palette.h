#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/frame/context.h"
#include "app/shell/gallery.h"
#include "app/shell/inspector.h"
#include "app/shell/shortcuts.h"

namespace unveil {

// One thing that Ctrl+K finds.
struct Findable {
  std::string kind;   // "exhibit", "tab", "preset", "knob", "lesson", "command"
  std::string name;   // "Latent plane"
  std::string where;  // "VAE"; empty: everywhere
  std::string note;   // its key, or its present value
  std::function<void(ShellContext&, KeyRequests&)> choose;
};

// How well letters fit a text, the higher the better; nothing where they do not stand in it in this order. Beginnings
// of words and letters that stand together count for more.
std::optional<int> match(std::string_view letters, std::string_view text);

// Ctrl+K: a field, and below it whatever has these letters: exhibits, tabs, presets, knobs, lessons, commands.
class Palette {
 public:
  void show(Gallery& gallery, InspectorState& inspector);
  bool shown() const { return shown_; }
  void hide() { shown_ = false; }
  // What a command that was chosen asks of the shell is put into `requests`.
  void draw(ShellContext& context, KeyRequests& requests);

 private:
  std::vector<const Findable*> found() const;
  bool shown_ = false, focus_ = false;
  std::string typed_;
  int selected_ = 0;
  std::vector<Findable> all_;
  const Findable* chosen_ = nullptr;
};

}  // namespace unveil
