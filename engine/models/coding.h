#pragma once
#include <memory>
#include <string>
#include <vector>

#include "engine/models/function.h"
#include "engine/models/model.h"

namespace unveil {

// A built model that codes pictures and gives them back: what all of those are asked is answered out of one function.
class CodingModel : public BuiltModel {
 public:
  int held_out_items() const override;
  int held_out(int first, int count, double& sum) override;
  std::vector<float> reconstruct(std::span<const float> pictures) override;
  // The mean figure, and the squared error of as many principal components of the training pictures beside.
  Metrics evaluate(int split, int limit, const OptionValues& options, const Progress& progress) override;
  // Rows of held-out pictures, each above the row of what the model makes of them.
  SampleResult sample(int count, std::uint64_t seed, const OptionValues& options, bool animated,
                      const Progress& progress) override;
  CodeTable encode(const std::string& code, int split, int limit, const Progress& progress) override;
  CodeTable encode_items(const std::string& code, int split, std::span<const int> items) override;
  // Weights from or to the pictures' values are pictures.
  KernelGeometry kernels_of(const std::string& parameter) const override;

 protected:
  // figure: what is measured of a picture given back, as the metric of training is called.
  CodingModel(const ModelContext& context, std::string figure) : context_(context), figure_(std::move(figure)) {}
  // pictures [N, H·W·C] in 0..1 -> the code [N, Z], the pictures given back [N, H·W·C], the figure of each [N, 1].
  void answer_with(const Function::Build& function);

  const ImageSet& set(int split) const { return split == 0 ? context_.data.train : context_.data.test; }
  int values() const { return set(0).height * set(0).width * set(0).channels; }  // of a picture: H·W·C
  const ModelContext context_;

 private:
  std::vector<float> pictures(int split, int first, int count) const;
  std::string figure_;
  std::unique_ptr<Function> function_;
};

// Throws Error where a model that takes pictures, grey or in colour, cannot take these; `model` as in "the
// autoencoder".
void require_pictures(const Dataset& data, const std::string& model, int largest_side);

// What as many principal components leave of the pictures: the squared error of each, summed over its values, of
// `test`; the components are those of up to 10,000 pictures of `train`. A second or two.
double pca_squared_error(const ImageSet& train, const ImageSet& test, int components);

}  // namespace unveil
