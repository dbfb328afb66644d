#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "app/exhibit/run_tab.h"
#include "app/exhibits/sparse/looks.h"
#include "app/widgets/image_grid.h"

namespace unveil {

// How often each atom was used at some steps.
struct UsageHistory {
  static constexpr std::size_t kMost = 400;
  std::vector<double> steps;
  std::vector<std::vector<float>> usage;  // [steps][K]

  // Steps that come again after a reset replace what was there; when there are too many, every other one goes.
  void add(double step, const std::vector<float>& values);
};

// What the tabs of the exhibit share.
struct SparseStage : RunStage {
  using RunStage::RunStage;
  int size = 0, atoms = 0;  // pixels a side of a patch; of the model built now
  int scenes[2] = {0, 0};   // training, held out
  sparse::PreparationOptions preparation;

  // The newest of this build; null before the first.
  std::shared_ptr<const AtomSheet> sheet;
  std::shared_ptr<const AtomFits> fits;
  std::shared_ptr<const Survey> survey;
  std::shared_ptr<const Components> components;
  UsageHistory history;

  int atom = -1;                         // chosen
  bool as_pictures = false;              // whitening undone for display
  bool needs_looks = false;              // the tab in front shows fits, patches and components
  std::shared_ptr<const Scene> dropped;  // a photograph, for both tabs that take one; null: the data's own scenes
};

using SparseTab = TabOf<SparseStage>;

std::unique_ptr<SparseTab> make_atoms_tab();
std::unique_ptr<SparseTab> make_code_tab();
std::unique_ptr<SparseTab> make_picture_tab();

// ---- pictures ----

// Signed values in the diverging colours, ±scale.
std::vector<ImU32> signed_colours(const Theme& theme, std::span<const float> values, double scale);
std::vector<ImU32> grey_colours(std::span<const float> values, double low, double high);
double largest_of(std::span<const float> values);  // magnitude

// One picture enlarged by a whole factor at the cursor; nothing but a faint square where `colours` is empty. Returns
// what it covers.
ImageGridResult show_colours(Ui& ui, ImageGrid& grid, const char* id, std::vector<ImU32> colours, int height,
                             int width, float side);

// A photograph fitted into an area: enlarged by a whole factor, or reduced by averaging.
class Photograph {
 public:
  // colours: [height][width].
  void set(int height, int width, std::vector<ImU32> colours);
  // At the cursor, as an item. Marks: id.
  void draw(Ui& ui, const char* id, ImVec2 area);
  ImVec2 min() const { return min_; }
  ImVec2 max() const { return max_; }
  // From pixels of the photograph to the screen.
  float scale() const { return height_ > 0 ? (max_.y - min_.y) / static_cast<float>(height_) : 1; }
  bool empty() const { return height_ == 0; }

 private:
  int height_ = 0, width_ = 0, shown_width_ = 0, shown_height_ = 0;
  bool dirty_ = true;
  std::vector<ImU32> colours_;
  ImVec2 min_{}, max_{};
  Texture texture_;
};

// A fitted Gabor function over the picture of its atom: the envelope at one standard deviation, and a line along the
// stripes. `corner` is the picture's, `factor` the pixels per patch pixel.
void draw_gabor(const Ui& ui, ImDrawList* list, const sparse::Gabor& gabor, ImVec2 corner, float factor);

// ---- scenes ----

// Which scene a tab looks at: one of the data's (held out, else training), or the dropped one.
struct SceneChoice {
  int index = 0;
  std::shared_ptr<const Scene> dropped;
};
struct ChosenScene {
  int index = 0, count = 0, split = 1;  // count 0: the dropped one
  std::string name;
  Scene grey;
  sparse::PreparedScene prepared;
};
// On the trainer's thread. A dropped scene that is smaller than a patch by now gives way to the data's.
ChosenScene choose_scene(sparse::BuiltSparse& model, const SceneChoice& choice);

// Photographs larger than this on a side are reduced when they are dropped: pixels.
constexpr int kLargestDropped = 512;
// Throws Error where it is smaller than a patch, or flat.
void take_dropped(SparseStage& stage, const Picture& picture);

}  // namespace unveil
