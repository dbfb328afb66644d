#pragma once
#include <imgui.h>

#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace unveil {

// A view that Ctrl+E can export: always as a PNG of what is on the screen, and in whatever forms its owner adds.
struct ExportOffer {
  struct File {
    std::string extension;  // ".csv", ".npy", ".gif"
    std::function<void(const std::filesystem::path&)> write;
  };
  ImVec2 min, max;
  std::string name;  // of the file, without number and extension: "samples"
  std::vector<File> files;
};

// The offers of the present frame; views register again every frame, after drawing.
class ExportOffers {
 public:
  void begin_frame() { offers_.clear(); }
  void view(ImVec2 min, ImVec2 max, std::string name, std::vector<ExportOffer::File> files = {}) {
    offers_.push_back({min, max, std::move(name), std::move(files)});
  }
  // The smallest view around the point, or none.
  const ExportOffer* under(ImVec2 point) const;

 private:
  std::vector<ExportOffer> offers_;
};

// A path in `folder` that does not exist yet: "samples.png", "samples-2.png", … free for every one of the extensions.
std::filesystem::path fresh_path(const std::filesystem::path& folder, const std::string& name,
                                 std::span<const std::string> extensions);

}  // namespace unveil
