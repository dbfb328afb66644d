#pragma once
#include <algorithm>
#include <string>

#include "app/widgets/format.h"

namespace unveil {

// A figure that is measured now and then tells of the model as it was: it carries its step, and is drawn paler once
// the model has gone on since by more than a tenth of its way.
inline bool outdated(double measured, double now) {
  return now < measured || now - measured > std::max(10.0, 0.1 * now);
}
constexpr float kOutdatedAlpha = 0.5f;
inline std::string at_step(double step) {
  return "at step " + format_count(static_cast<std::uint64_t>(std::max(0.0, step)));
}

}  // namespace unveil
