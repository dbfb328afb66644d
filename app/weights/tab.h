#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/exhibit/run_tab.h"

namespace unveil {

// A tab that shows any weight tensor of any model, its moving average and its gradient, as signed kernels where the
// model says that its weights form some (BuiltModel::kernels_of), else as a matrix; exported as PNG and NPY.
//
// Parts: names of equal parts of a parameter's outputs, in order, where they are of several kinds; else nothing.
using PartNames = std::function<std::vector<std::string>(const std::string& path)>;
std::unique_ptr<RunTab> make_weights_tab(PartNames parts = {});

}  // namespace unveil
