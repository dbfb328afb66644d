#pragma once
#include <memory>

#include "app/exhibit/run_tab.h"
#include "engine/models/model.h"

namespace unveil {

// Pictures and what a model makes of them (BuiltModel::reconstruct): held-out ones, and one drawn by hand.
std::unique_ptr<RunTab> make_reconstructions_tab(const Model& model);

}  // namespace unveil
