#pragma once
#include <string>

#include "app/exhibit/run_tab.h"

namespace unveil {

// What the data of the stage's model call a class: "cat", else "8".
std::string class_name(const RunStage& stage, int index);
// The same in a sentence: "cat", "an 8".
std::string class_in_words(const RunStage& stage, int index);

}  // namespace unveil
