#pragma once
#include <memory>
#include <string_view>
#include <vector>

namespace unveil {
class Exhibit {
 public:
  virtual ~Exhibit() = default;
};
struct ExhibitEntry {
  std::string_view name;
  std::unique_ptr<Exhibit> (*make)();
};
std::vector<ExhibitEntry> registered_exhibits();
}  // namespace unveil
