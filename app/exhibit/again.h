#pragma once
#include "app/widgets/ui.h"

namespace unveil {

// When a view asks its model again: as soon as what it shows is stale, and not too often.
class Again {
 public:
  explicit Again(double every) : every_(every) {}  // seconds between two questions, at least
  // Whether to ask now; if so, it counts as asked.
  bool due(Ui& ui, bool stale, bool waiting) {
    if (!stale || waiting) return false;
    if (ui.now < asked_ + every_) {
      ui.look_again(asked_ + every_);
      return false;
    }
    asked_ = ui.now;
    return true;
  }

 private:
  double every_, asked_ = -1e9;
};

}  // namespace unveil
