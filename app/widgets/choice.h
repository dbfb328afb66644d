#pragma once
#include <span>
#include <string>

#include "app/widgets/ui.h"

namespace unveil {

// A list that unfolds on a click (mark "<id>", its lines "<id>.<index>"): chosen by mouse, or by Up, Down and Enter.
// Shows `none` while nothing is chosen (-1). width in pixels. Returns true when the choice changed.
bool unfolding_list(Ui& ui, const char* id, std::span<const std::string> labels, int& chosen, float width,
                    const char* none = "");

// One of several: a row of segments where the width there is holds it (marks "<id>.<index>"), else a list that
// unfolds (mark "<id>"), which shows `none` while nothing is chosen (-1). Returns true when the choice changed.
bool choice(Ui& ui, const char* id, std::span<const std::string> labels, int& chosen, bool small = false,
            const char* none = "");

}  // namespace unveil
