#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/models/model.h"
#include "engine/models/sparse/gabor.h"
#include "engine/models/sparse/inference.h"
#include "engine/models/sparse/pca.h"
#include "engine/models/sparse/preparation.h"

namespace unveil::sparse {

// What is known of each atom of a run, [K] each.
struct AtomStates {
  std::vector<float> usage;   // share of patches whose code has it, a running mean
  std::vector<float> energy;  // mean of a², likewise
  std::vector<float> age;     // steps since it began or was replaced
  std::vector<float> change;  // length of the last step's change of the atom
};

// Pictures of one scene coded patch by patch.
struct SceneReconstruction {
  Scene prepared, reconstruction;  // as the model sees it, around 0
  Scene grey, restored;            // the original, and the reconstruction with the whitening undone
  double snr_db = 0, l0 = 0;       // of the prepared scene; active atoms per patch
};

constexpr int kSlicePatches = 64;

// A built sparse coding model. The exhibit uses what is beyond BuiltModel, and turns these knobs, all of them live:
// lambda; solver; non_negative; update (online, gradient); unit_norm (off: atoms may grow, broken on purpose);
// replace_dead (off: atoms that nothing uses stay, broken on purpose).
class BuiltSparse : public BuiltModel {
 public:
  explicit BuiltSparse(const ModelContext& context);
  Program& train_step() override { return *train_; }
  int batch_size() const override { return batch_; }
  Metrics evaluate(int split, int limit, const OptionValues& options, const Progress& progress) override;
  SampleResult sample(int count, std::uint64_t seed, const OptionValues& options, bool animated,
                      const Progress& progress) override;
  CodeTable encode(const std::string& code, int split, int limit, const Progress& progress) override;
  // Items are patches, as patches() numbers them.
  CodeTable encode_items(const std::string& code, int split, std::span<const int> items) override;
  int coded_items(int split) const override;
  std::string data_note() const override;
  Normalisation normalisation() const override;

  int size() const { return preparation_.size; }  // of a patch, pixels a side
  int pixels() const { return preparation_.size * preparation_.size; }
  int atoms() const { return atoms_; }
  const PreparationOptions& preparation() const { return preparation_; }
  ParameterStore& store() { return store_; }
  Dictionary dictionary() const;
  AtomStates atom_states() const;
  // What the knobs say now.
  Inference inference() const;

  // Training (0) or held-out (1) scenes that patches are drawn from. count() is 0 where there are none held out.
  const PatchSource& source(int split) const { return sources_[split]; }
  // Patches [first, first + count): of the training part in the order in which steps take them (patch i is number i
  // mod batch_size() of step i / batch_size()), of the held-out part in one fixed order.
  std::vector<PatchPlace> places(int split, std::int64_t first, int count) const;
  std::vector<float> patches(int split, std::int64_t first, int count) const;       // prepared, [count][P]
  std::vector<float> grey_patches(int split, std::int64_t first, int count) const;  // mean removed, not whitened
  // One patch prepared; its mean and deviation, for showing a reconstruction, in `scale` where given.
  std::vector<float> patch(int split, const PatchPlace& place, PatchScale* scale = nullptr) const;
  // The same of any prepared scene at least a patch large; and undone: the values that such a patch, or what was
  // reconstructed of it, has in the prepared scene (ZCA undone, deviation and mean put back).
  std::vector<float> patch(const PreparedScene& scene, int y, int x, PatchScale* scale = nullptr) const;
  std::vector<float> unprepared(std::span<const float> patch, const PatchScale& scale) const;
  // Of any picture, by Rec. 601 weights.
  static Scene scene_of(const Picture& picture, const std::string& name);

  // Codes patches every `stride` pixels and averages where they overlap.
  SceneReconstruction reconstruct_scene(const Scene& scene, const Inference& inference, int stride,
                                        const Progress& progress);
  // Kept on the device between calls; the second takes as many patches as a slice of work beside training.
  BatchSolver& solver();
  BatchSolver& slice_solver();
  // ½‖x − aφ‖² + λ‖a‖₁ of held-out patches.
  int held_out_items() const override;
  int held_out(int first, int count, double& sum) override;
  // An atom, or any patch of the model's space, as a piece of a picture (ZCA and the filter undone).
  std::vector<float> restored(std::span<const float> patch) const;

 private:
  void finish_patch(std::span<float> patch, PatchScale* scale) const;
  void build_step();
  const ModelContext context_;
  ParameterStore& store_;
  PreparationOptions preparation_;
  int atoms_, batch_;
  std::vector<Scene> picture_scenes_[2];  // of data that are pictures
  PatchSource sources_[2];
  std::optional<Zca> zca_;  // found in the data, or of a checkpoint
  Graph graph_;
  std::unique_ptr<Program> train_;
  std::unique_ptr<BatchSolver> solver_, slice_solver_;
};

// Fits of all atoms.
std::vector<Gabor> fit_atoms(const Dictionary& dictionary, int size);
// Largest |φ_i·φ_j| of two different atoms, each taken at unit length.
double mutual_coherence(const Dictionary& dictionary);

}  // namespace unveil::sparse
