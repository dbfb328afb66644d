#pragma once
#include <vector>

#include "engine/data/dataset.h"
#include "engine/models/model.h"

namespace unveil {

// The classes of the first `count` pictures of a split (0 training, 1 held out), by their names; nothing where the data
// have none.
std::vector<CodeLabels> class_labels(const Dataset& data, int split, int count);

}  // namespace unveil
