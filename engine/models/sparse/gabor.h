#pragma once
#include <span>

namespace unveil::sparse {

// A Gabor function on a square patch: amplitude · exp(-½((u/width)² + (v/length)²)) · cos(2π·frequency·u + phase),
// with u = (x - centre_x)·cos(orientation) + (y - centre_y)·sin(orientation) across the stripes and v along them.
// Pixels are at whole coordinates from 0, x to the right, y down.
struct Gabor {
  double centre_x = 0, centre_y = 0;  // pixels
  double orientation = 0;             // radians, [0, π): the direction across the stripes
  double frequency = 0;               // cycles per pixel
  double phase = 0;                   // radians, (-π, π]
  double width = 1, length = 1;       // standard deviations of the envelope across and along the stripes, pixels
  double amplitude = 1;
  double r2 = 0;  // share of the patch's sum of squares that is explained

  double at(double x, double y) const;
  // Full width at half maximum of the response in octaves, log2((f + h) / (f - h)) with h = sqrt(2 ln 2)/(2π·width);
  // infinity where the filter passes frequency 0.
  double bandwidth_octaves() const;
  double bandwidth_degrees() const;  // of orientation, full width at half maximum
  // Localised and well fitted: R² >= 0.8, standard deviations of the envelope at most half the patch's side, centre
  // within the patch.
  bool good(int size) const;
};

// The best fit of several starts by Levenberg-Marquardt (amplitude and phase are solved for linearly, Golub & Pereyra
// 1973). patch: [size·size]. A zero patch has r2 0.
Gabor fit_gabor(std::span<const float> patch, int size);

}  // namespace unveil::sparse
