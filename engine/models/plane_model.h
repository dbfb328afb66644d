#pragma once
#include "engine/models/function.h"
#include "engine/models/model.h"

namespace unveil {

// A built model that makes points of the plane out of noise: what all of those are asked.
class PlaneModel : public BuiltModel {
 public:
  // Standard normal noise [n][noise_size()] -> points [n][2].
  virtual int noise_size() const = 0;
  virtual std::vector<float> generate(std::span<const float> noise) = 0;
  // The number that the model gives any point, [n][2] -> [n]: a density, a verdict.
  virtual std::vector<float> field(std::span<const float> points) = 0;

  // Of 10,000 points, where the data say what is to be hit: modes and share_3_sigma, or fields and legal_share.
  Metrics evaluate(int split, int limit, const OptionValues& options, const Progress& progress) override;
  SampleResult sample(int count, std::uint64_t seed, const OptionValues& options, bool animated,
                      const Progress& progress) override;

 protected:
  explicit PlaneModel(const ModelContext& context) : context_(context) {}
  const ModelContext context_;
};

// Standard normal noise [count][size], a function of the seed.
std::vector<float> plane_noise(int count, int size, std::uint64_t seed);

// Where points [n][2] lie of what is known of their set: within three standard deviations of the modes of a mixture,
// or in its fields. A mode or field is hit by a hundredth of the points or more.
struct ModesHit {
  int hit = 0, of = 0;  // of: how many there are; 0: nothing is known
  double share = 0;     // of the points, in any of them
};
ModesHit modes_hit(std::span<const float> points, const PointTruth& truth);

// Throws Error where a model that learns points of the plane cannot take these; `model` as in "the GAN".
void require_plane(const Dataset& data, const std::string& model);

}  // namespace unveil
