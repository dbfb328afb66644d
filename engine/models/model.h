#pragma once
#include <vector>
namespace unveil {
class Model;
std::vector<const Model*> registered_models();
}  // namespace unveil
