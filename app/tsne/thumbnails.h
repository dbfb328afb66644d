#pragma once
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "app/tsne/points.h"
#include "app/widgets/image_grid.h"
#include "app/widgets/ui.h"

namespace unveil {

// What a point looks like: the picture, the waveform of the recording, the patch.
struct Thumbnails {
  int count = 0, width = 0, height = 0;
  std::vector<ImU32> colours;  // [count][height][width]
};
// Of several points, side by side for an ImageGrid; room: the greatest size of one in pixels, which a waveform fills.
// Nothing where the points are not pictured.
std::optional<Thumbnails> thumbnails(const Ui& ui, const Dataset& data, const TsnePoints& points,
                                     std::span<const int> which, ImVec2 room);

// "image 1,204", "7_george_12.wav"
std::string point_name(const Dataset& data, const TsnePoints& points, int point);
// "speaker george, digit 7"; empty where there are no labels.
std::string point_labels(const TsnePoints& points, int point);

}  // namespace unveil
