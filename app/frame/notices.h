#pragma once
#include <imgui.h>

#include <string>
#include <vector>

#include "app/widgets/ui.h"

namespace unveil {

// One-line messages over the stage. Errors stay until dismissed, the others leave after a while.
class Notices {
 public:
  void info(std::string text) { add({std::move(text), false}); }
  void error(std::string text) { add({std::move(text), true}); }

  // Draws the stack upwards from the lower right corner of the stage.
  void draw(Ui& ui, ImVec2 stage_min, ImVec2 stage_max);
  bool empty() const { return items_.empty(); }

 private:
  struct Item {
    std::string text;
    bool error = false;
    double since = -1;
    float shown = 0;
  };
  void add(Item item);
  std::vector<Item> items_;
};

}  // namespace unveil
