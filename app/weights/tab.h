#pragma once
#include <memory>

#include "app/exhibits/run_tab.h"

namespace unveil {

// A tab that shows any weight tensor of any model, its moving average and its gradient, as signed kernels where the
// model says that its weights form some (BuiltModel::kernels_of), else as a matrix; exported as PNG and NPY.
std::unique_ptr<RunTab> make_weights_tab();

}  // namespace unveil
