#include "engine/data/spectrum.h"

#include <cmath>
#include <unsupported/Eigen/FFT>

namespace unveil {
namespace {

// Along rows, then along columns.
void transform(std::vector<std::complex<float>>& values, int height, int width, bool inverse) {
  Eigen::FFT<float> fft;
  const auto along = [&](std::size_t start, std::size_t step, int count, std::vector<std::complex<float>>& line,
                         std::vector<std::complex<float>>& out) {
    if (count == 1) return;  // its own transform, which the library does not take
    line.resize(static_cast<std::size_t>(count));
    for (std::size_t i = 0; i < line.size(); ++i) line[i] = values[start + i * step];
    inverse ? fft.inv(out, line) : fft.fwd(out, line);
    for (std::size_t i = 0; i < line.size(); ++i) values[start + i * step] = out[i];
  };
  std::vector<std::complex<float>> line, out;
  const auto columns = static_cast<std::size_t>(width);
  for (std::size_t y = 0; y < static_cast<std::size_t>(height); ++y) along(y * columns, 1, width, line, out);
  for (std::size_t x = 0; x < columns; ++x) along(x, columns, height, line, out);
}

double signed_frequency(int index, int count) {
  return static_cast<double>(index <= count / 2 ? index : index - count) / count;
}

}  // namespace

std::vector<std::complex<float>> image_spectrum(std::span<const float> image, int height, int width) {
  std::vector<std::complex<float>> values(image.begin(), image.end());
  transform(values, height, width, false);
  return values;
}

std::vector<float> image_from_spectrum(std::vector<std::complex<float>> spectrum, int height, int width) {
  transform(spectrum, height, width, true);
  std::vector<float> image(spectrum.size());
  for (std::size_t i = 0; i < image.size(); ++i) image[i] = spectrum[i].real();
  return image;
}

double spectrum_frequency(int y, int x, int height, int width) {
  return std::hypot(signed_frequency(y, height), signed_frequency(x, width));
}

}  // namespace unveil
