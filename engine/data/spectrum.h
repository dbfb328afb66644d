#pragma once
#include <complex>
#include <span>
#include <vector>

namespace unveil {

// The discrete Fourier transform of a real image [height][width], unnormalised: [height][width] complex numbers, and
// its inverse (divided by the number of pixels), of which the real part is given. Any sizes.
std::vector<std::complex<float>> image_spectrum(std::span<const float> image, int height, int width);
std::vector<float> image_from_spectrum(std::vector<std::complex<float>> spectrum, int height, int width);

// Of element (y, x) of a spectrum, in cycles per pixel: the length of its frequency.
double spectrum_frequency(int y, int x, int height, int width);

}  // namespace unveil
