#pragma once
#include "app/frame/context.h"

namespace unveil {

// F1: what the keys do. Returns false when it was closed.
bool draw_keys_overlay(ShellContext& context);

}  // namespace unveil
