#include "app/frame/exports.h"

namespace unveil {

const ExportOffer* ExportOffers::under(ImVec2 p) const {
  const ExportOffer* best = nullptr;
  float best_area = 0;
  for (const auto& offer : offers_) {
    if (p.x < offer.min.x || p.y < offer.min.y || p.x >= offer.max.x || p.y >= offer.max.y) continue;
    const float area = (offer.max.x - offer.min.x) * (offer.max.y - offer.min.y);
    if (!best || area <= best_area) best = &offer, best_area = area;
  }
  return best;
}

std::filesystem::path fresh_path(const std::filesystem::path& folder, const std::string& name,
                                 std::span<const std::string> extensions) {
  for (int n = 1;; ++n) {
    const std::string stem = n == 1 ? name : name + "-" + std::to_string(n);
    bool taken = false;
    std::error_code ignored;
    for (const auto& extension : extensions)
      taken = taken || std::filesystem::exists(folder / (stem + extension), ignored);
    if (!taken) return folder / stem;
  }
}

}  // namespace unveil
