#pragma once
#include <span>
#include <string>

#include "app/widgets/ui.h"

namespace unveil {

// One of several: a row of segments where the width there is holds it (marks "<id>.<index>"), else a list that unfolds
// (mark "<id>"), which shows `none` while nothing is chosen (-1). Returns true when the choice changed.
bool choice(Ui& ui, const char* id, std::span<const std::string> labels, int& chosen, bool small = false,
            const char* none = "");

}  // namespace unveil
