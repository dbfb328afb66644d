#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "app/widgets/ui.h"

namespace unveil {

// A line: the raw curve faint, its running mean over it, the label at its end.
struct PlotSeries {
  std::string label;
  std::span<const double> x, y;  // of one length, x rising; non-finite y are gaps
  ImU32 colour = IM_COL32_WHITE;
  bool smooth = true;
  bool dots = false;  // measured now and then: a dot each, joined where they lie close on the axis
};

struct PlotOptions {
  bool log_x = false, log_y = false;
  bool zero_based = false;  // the y axis begins at zero
  bool whole = false;       // every value is shown, outliers too
  std::string x_label;      // named at the end of the axis, in place of its last tick: "step"
  double marker_x = -1;     // a thin upright line, the present moment; negative: none
};

struct PlotResult {
  bool hovered = false, clicked = false;
  double x = 0;         // under the mouse, in data units
  ImVec2 min{}, max{};  // the whole widget, for export
};

// size in pixels. Draws nothing but the axes while the series are empty.
PlotResult plot(Ui& ui, const char* id, ImVec2 size, std::span<const PlotSeries> series,
                const PlotOptions& options = {});

// Exponential running mean whose memory is `share` of the points so far (at least two), started without bias: it
// follows the steep beginning of a loss and is calm at its long end. NaN where y is not finite.
std::vector<double> running_mean(std::span<const double> y, double share = 0.04);

// Where a line through values at x (rising) breaks off: after each of these indices comes a gap, longer than an
// eighth of the axis and than four times the usual distance. A straight line there would claim values that nobody
// measured.
std::vector<std::size_t> gaps(std::span<const double> x, double axis_length);

// The range that shows a curve's late part well: the whole range, except that outliers of its first tenth are cut
// (unless `whole`).
struct Range {
  double low = 0, high = 1;
};
Range shown_range(std::span<const PlotSeries> series, bool log_scale, bool zero_based, bool whole = false);

}  // namespace unveil
