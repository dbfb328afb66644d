#pragma once
#include <memory>
#include <vector>

#include "engine/models/function.h"
#include "engine/models/model.h"
#include "engine/models/vae/network.h"
#include "engine/models/vae/probes.h"

namespace unveil::vae {

// A built variational autoencoder, or its autoencoder twin. The exhibit uses what is beyond BuiltModel.
class BuiltVae : public BuiltModel {
 public:
  explicit BuiltVae(const ModelContext& context);
  Program& train_step() override { return *train_; }
  int batch_size() const override { return batch_; }
  KernelGeometry kernels_of(const std::string& parameter) const override;
  Metrics evaluate(int split, int limit, const OptionValues& options, const Progress& progress) override;
  SampleResult sample(int count, std::uint64_t seed, const OptionValues& options, bool animated,
                      const Progress& progress) override;
  int held_out_items() const override;
  int held_out(int first, int count, double& sum) override;
  CodeTable encode(const std::string& code, int split, int limit, const Progress& progress) override;
  CodeTable encode_items(const std::string& code, int split, std::span<const int> items) override;

  const Architecture& architecture() const { return architecture_; }
  ParameterStore& store() { return store_; }
  // The posteriors of pictures [n][H·W], as pictures() gives them.
  Codes codes(std::span<const float> pictures);
  // Points of the latent space [n][Z] decoded, what each pixel is on average, [n][H·W]: in [0, 1] when Bernoulli.
  std::vector<float> decode(std::span<const float> z) { return decoder_.result(0, z); }
  // Pictures [first, first + count) of the training (0) or held-out part (1) as the model sees them, [count][H·W]: in
  // the fixed binarization when Bernoulli, grey in [0, 1] when Gaussian.
  std::vector<float> pictures(int split, int first, int count);
  // Any picture so (a drawing, a file): fitted to the model's size, light on dark.
  std::vector<float> picture(const Picture& picture) const;

 private:
  double importance_bound(int split, int count, int samples, const Progress& progress);
  const ImageSet& set(int split) const { return split == 0 ? context_.data.train : context_.data.test; }
  std::vector<float> end_point(const std::string& text);

  const ModelContext context_;
  ParameterStore& store_;
  Architecture architecture_;
  int batch_;
  Graph graph_;
  std::unique_ptr<Program> train_;
  std::unique_ptr<Scorer> scorer_;
  std::unique_ptr<Scorer> held_out_scorer_;
  Function encoder_, decoder_;
  std::unique_ptr<ImportanceSampler> importance_;
  std::vector<std::uint8_t> binarized_[2];
};

// Between two latent points, t in [0, 1]: a straight line, or the arc of Shoemake 1985 (White 2016 on why: a Gaussian
// in many dimensions is a shell). Points of one direction, or at the origin, are joined by a line.
// "12": one of --interpolate's ends that is a held-out picture's number and not a file.
bool is_held_out_number(const std::string& text);
std::vector<float> interpolate(std::span<const float> a, std::span<const float> b, float t, bool spherical);

// The standard normal's quantile (Acklam's rational approximation with one step of Halley's method), 0 < p < 1.
double normal_quantile(double p);

// N × N latent points of the plane, the rows from the top: z = Φ⁻¹(u) at the middles of N equal shares of the prior's
// mass, so that the grid shows what the prior would draw. [N·N][2]; with more dimensions than two the rest is 0.
std::vector<float> manifold_points(int n, int latent);

}  // namespace unveil::vae
