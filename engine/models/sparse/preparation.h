#pragma once
#include <memory>
#include <span>
#include <vector>

#include "engine/data/dataset.h"

// What is done to scenes and patches before they are coded, and how it is undone for display.
namespace unveil::sparse {

enum class Whitening { none, low_pass, zca };  // the knob "whitening"

struct PreparationOptions {
  int size = 12;  // pixels a side of a patch
  Whitening whitening = Whitening::low_pass;
  double cutoff = 0.39;  // f0 of the low-pass filter, cycles per pixel
  bool remove_mean = true;
  bool normalise_variance = false;
  bool operator==(const PreparationOptions&) const = default;
};

// The filter f·exp(-(f/f0)^4) of Olshausen & Field 1997, f in cycles per pixel.
double whitening_response(double frequency, double cutoff);

// A scene as patches are cut from it. Low-pass whitening filters the whole scene (circularly) and scales it to unit
// variance; otherwise the grey values only lose the scene's mean and are scaled to unit variance.
struct PreparedScene {
  int height = 0, width = 0;
  std::vector<float> values;  // [height][width]
  float mean = 0;             // of the scene's grey
  float scale = 1;            // what the filtered scene was multiplied by
};
PreparedScene prepare_scene(const Scene& scene, const PreparationOptions& options);
// Back to grey: the filter is divided out except for fine detail, of which it passes less than 5 % of what it passes
// best; the mean is put back.
Scene restore_scene(const PreparedScene& scene, const PreparationOptions& options);

// One patch undone: ZCA by its inverse, the low-pass filter within a zero frame; contrast and mean are lost. For
// showing an atom as a piece of a picture. [size·size] -> [size·size].
std::vector<float> restore_patch(std::span<const float> patch, const PreparationOptions& options,
                                 std::span<const float> unwhitening = {});

// The mean of a patch removed and its variance brought to one, as the options say: what the device does to a patch
// cut from a prepared scene, before ZCA.
struct PatchScale {
  float mean = 0, deviation = 1;
};
PatchScale normalise_patch(std::span<float> patch, const PreparationOptions& options);

// ZCA: x -> x·W with W = U (Λ + ε)^-1/2 Uᵀ of the patches' covariance, ε a hundredth of its mean eigenvalue. [P][P]
// each.
struct Zca {
  std::vector<float> whitening, unwhitening;
};
Zca fit_zca(std::span<const float> patches, int pixels);

// Where a patch is cut.
struct PatchPlace {
  int scene = 0, y = 0, x = 0;
};

// Scenes that patches are drawn from, all places being equally likely. The same draw is made on the device
// (engine/ops/patches.h).
class PatchSource {
 public:
  PatchSource() = default;
  // Scenes that are smaller than a patch or flat are left out. Throws Error for more places than can be counted;
  // `spec` names the data in it.
  PatchSource(const std::vector<Scene>& scenes, const PreparationOptions& options, const std::string& spec);

  int count() const { return static_cast<int>(scenes_.size()); }
  int small() const { return small_; }  // scenes left out
  int flat() const { return flat_; }
  const std::string& first_left_out() const { return first_left_out_; }  // "a.png has 8×8 pixels, …"; empty: none is
  const PreparedScene& scene(int index) const { return scenes_[static_cast<std::size_t>(index)]; }
  const Scene& original(int index) const { return *originals_[static_cast<std::size_t>(index)]; }
  int number(int index) const { return numbers_[static_cast<std::size_t>(index)]; }  // in the data set
  std::uint32_t places() const { return first_place_.empty() ? 0 : first_place_.back(); }
  // Scene i holds places [first_place()[i], first_place()[i + 1]).
  const std::vector<std::uint32_t>& first_place() const { return first_place_; }

  // Patch `index` of draw `step`: word index mod 4 of Philox4x32-10 with key `seed` and counter (index div 4, step,
  // 0, 0) times places() / 2^32.
  PatchPlace place(std::uint64_t seed, std::uint32_t step, std::uint32_t index) const;
  std::vector<float> cut(const PatchPlace& place) const;       // from the prepared scene, not yet normalised
  std::vector<float> cut_grey(const PatchPlace& place) const;  // from the original, 0 to 1

 private:
  PatchPlace place_at(std::uint32_t number) const;
  int size_ = 0, small_ = 0, flat_ = 0;
  std::string first_left_out_;
  std::vector<PreparedScene> scenes_;
  std::vector<const Scene*> originals_;
  std::vector<int> numbers_;
  std::vector<std::uint32_t> first_place_;
};

}  // namespace unveil::sparse
