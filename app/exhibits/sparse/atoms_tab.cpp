#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "app/exhibits/sparse/passport.h"
#include "app/exhibits/sparse/tab.h"
#include "app/widgets/choice.h"
#include "app/widgets/controls.h"
#include "app/widgets/format.h"
#include "app/widgets/outdated.h"
#include "engine/data/csv.h"
#include "engine/data/npy.h"
#include "engine/models/sparse/update.h"

namespace unveil {
namespace {

enum What { atoms, components };
enum Sort { by_usage, by_change, by_orientation, by_frequency };
constexpr double kReorder = 2.5;  // seconds between two new orders while the keys change
constexpr double kHalfTurn = M_PI;
constexpr double kTelling = 0.9;  // R² of the atom that is shown unasked

// Whether atoms have lengths of their own: then a bar under each shows it, and all share one scale of colours.
bool long_atoms(const SparseStage& stage) {
  return stage.sheet && !stage.snapshot->knobs.flag("unit_norm");
}

// The whole dictionary, sorted, and the passport of the atom that was picked; principal components beside it.
class AtomsTab : public SparseTab {
 public:
  std::string name() const override { return "Atoms"; }
  std::string hint() const override {
    return "The dictionary: any patch is a few of these atoms. Click one for its passport.";
  }
  void shown(ShellContext&, SparseStage& stage) override { stage.needs_looks = true; }
  void rebuilt(SparseStage& stage) override;
  bool update(ShellContext& context, SparseStage& stage) override;
  void draw(ShellContext& context, SparseStage& stage) override;

 private:
  void sort(const SparseStage& stage);
  void draw_controls(ShellContext& context, SparseStage& stage, ImVec2 at, float width);
  void draw_summary(Ui& ui, const SparseStage& stage, ImVec2 at, float width) const;
  void draw_atoms(ShellContext& context, SparseStage& stage, ImVec2 size);
  void draw_components(ShellContext& context, SparseStage& stage, ImVec2 size);

  int what_ = atoms, sort_ = by_usage, space_ = 0;
  std::vector<int> order_;  // atom at each place of the grid
  bool reorder_ = true, chosen_ = false;
  double ordered_ = 0;
  std::shared_ptr<const AtomFits> fits_;
  int component_ = 0;
  ImageGrid atoms_grid_, components_grid_;
  Passport passport_;
};

void AtomsTab::rebuilt(SparseStage& stage) {
  stage.needs_looks = true;
  order_.clear();
  fits_.reset();
  component_ = 0;
  reorder_ = true;
  chosen_ = false;
}

bool AtomsTab::update(ShellContext& context, SparseStage& stage) {
  stage.needs_looks = true;
  if (!stage.sheet) return false;
  const bool size = static_cast<int>(order_.size()) != stage.atoms;
  const bool fitted = (sort_ == by_orientation || sort_ == by_frequency) && fits_ != stage.fits;
  const bool choosing = !chosen_ && stage.fits;
  const bool moved = (sort_ == by_usage || sort_ == by_change) && context.ui.now - ordered_ > kReorder;
  if (!size && !reorder_ && !fitted && !moved && !choosing) return false;
  ordered_ = context.ui.now;
  reorder_ = false;
  sort(stage);
  if (stage.atom < 0) stage.atom = order_.front();
  // Until the hand has chosen, an atom that has something to show: well fitted, in the middle of its patch.
  if (!chosen_ && stage.fits) {
    chosen_ = true;
    const auto& usage = stage.sheet->states.usage;
    float most = -1;
    for (std::size_t k = 0; k < stage.fits->gabors.size(); ++k) {
      const auto& gabor = stage.fits->gabors[k];
      const double off = std::max(std::abs(gabor.centre_x - 0.5 * (stage.size - 1)),
                                  std::abs(gabor.centre_y - 0.5 * (stage.size - 1)));
      if (!gabor.good(stage.size) || gabor.r2 < kTelling || off > 0.2 * stage.size || usage[k] <= most) continue;
      most = usage[k];
      stage.atom = static_cast<int>(k);
    }
  }
  return true;
}

void AtomsTab::sort(const SparseStage& stage) {
  const auto& states = stage.sheet->states;
  fits_ = stage.fits;
  std::vector<double> key(static_cast<std::size_t>(stage.atoms));
  for (std::size_t k = 0; k < key.size(); ++k) {
    const auto* gabor = fits_ && k < fits_->gabors.size() ? &fits_->gabors[k] : nullptr;
    // Atoms that are no Gabor functions have neither: they follow behind.
    const bool good = gabor && gabor->good(stage.size);
    if (sort_ == by_usage) key[k] = -states.usage[k];
    if (sort_ == by_change) key[k] = -states.change[k];
    if (sort_ == by_orientation) key[k] = good ? gabor->orientation : kHalfTurn + 1;
    if (sort_ == by_frequency) key[k] = good ? gabor->frequency : 1e3;
  }
  order_.resize(key.size());
  std::iota(order_.begin(), order_.end(), 0);
  std::stable_sort(order_.begin(), order_.end(),
                   [&](int a, int b) { return key[static_cast<std::size_t>(a)] < key[static_cast<std::size_t>(b)]; });
}

void AtomsTab::draw_controls(ShellContext& context, SparseStage& stage, ImVec2 at, float width) {
  Ui& ui = context.ui;
  static const std::vector<std::string> kWhat{"Atoms", "PCA"}, kSpaces{"Whitened", "As pictures"},
      kSorts{"Usage", "Change", "Orientation", "Frequency"};
  const auto needed = [&](const std::vector<std::string>& names) {
    float sum = 0;
    for (const auto& name : names) sum += measure(ui.fonts.small, name).x + ui.px(18);
    return sum;
  };
  const bool spaces = stage.preparation.whitening != sparse::Whitening::none;
  const float by = measure(ui.fonts.small, "by").x + ui.px(8), gap = ui.px(16);
  const float all = needed(kWhat) + gap + (spaces ? needed(kSpaces) + gap : 0) + by + needed(kSorts);
  ImGui::SetCursorScreenPos(at);
  if (segmented(ui, "atoms.what", kWhat, what_, true)) ui.animate(0.2);
  if (what_ == components) return;
  // Where the row has no room for all segments the others are lists.
  const bool folded = all > width;
  const float each = (width - needed(kWhat) - by - ui.px(16)) / (spaces ? 2 : 1);
  if (spaces) {
    ImGui::SameLine(0, folded ? ui.px(8) : gap);
    space_ = stage.as_pictures ? 1 : 0;
    if (folded ? unfolding_list(ui, "atoms.space", kSpaces, space_, each)
               : segmented(ui, "atoms.space", kSpaces, space_, true))
      stage.as_pictures = space_ == 1, ui.animate(0.3);
    tooltip(ui, "The model sees whitened patches. As pictures: with the whitening undone");
  }
  ImGui::SameLine(0, folded ? ui.px(8) : gap);
  const float x = folded ? ImGui::GetCursorScreenPos().x : at.x + width - needed(kSorts) - by;
  ImGui::GetWindowDrawList()->AddText(ui.fonts.small, ui.fonts.small->FontSize, {x, at.y + ui.px(7)},
                                      ui.theme.text_faint, "by");
  ImGui::SetCursorScreenPos({x + by, at.y});
  if (folded ? unfolding_list(ui, "atoms.sort", kSorts, sort_, each)
             : segmented(ui, "atoms.sort", kSorts, sort_, true))
    reorder_ = true, ui.animate(0.2);
}

void AtomsTab::draw_summary(Ui& ui, const SparseStage& stage, ImVec2 at, float width) const {
  std::string line;
  if (what_ == atoms) {
    line = fmt::format("{} atoms of {}×{} pixels", stage.atoms, stage.size, stage.size);
    if (long_atoms(stage)) {
      const auto& norms = stage.sheet->norms;
      line +=
          fmt::format(" · longest {:.2f}, shortest {:.2f} (the bar under each; the mark is length 1)",
                      *std::max_element(norms.begin(), norms.end()), *std::min_element(norms.begin(), norms.end()));
    }
  } else {
    line = "principal components of the same patches, mean removed, not whitened";
    if (stage.components)
      line = fmt::format("{} {} · {:.0f} % Gabor-like", stage.components->count, line, 100 * stage.components->good);
  }
  const auto write = [&](float x, const std::string& what, ImU32 ink) {
    if (at.x + width - x < ui.px(24)) return x;
    const std::string fitting = fit(ui.fonts.small, what, at.x + width - x);
    ImGui::GetWindowDrawList()->AddText(ui.fonts.small, ui.fonts.small->FontSize, {x, at.y}, ink, fitting.c_str());
    return x + measure(ui.fonts.small, fitting).x;
  };
  float x = write(at.x, line, ui.theme.text_dim);
  if (what_ != atoms) return;
  // What is measured now and then tells of the dictionary as it was, and says when that was.
  const auto now = static_cast<double>(stage.sheet->step);
  const auto figure = [&](std::string words, double measured) {
    if (measured != now) words += " (" + at_step(measured) + ")";
    x = write(x, " · " + words, with_alpha(ui.theme.text_dim, outdated(measured, now) ? kOutdatedAlpha : 1.0f));
  };
  if (stage.fits) {
    std::string words = fmt::format("{:.0f} % Gabor-like", 100 * stage.fits->good);
    if (stage.components) words += fmt::format(", PCA {:.0f} %", 100 * stage.components->good);
    figure(words, static_cast<double>(stage.fits->step));
  }
  if (stage.survey)
    figure(fmt::format("{} used by {} patches, {:.1f} active in each, {:.1f} dB", stage.survey->used,
                       format_count(Survey::kPatches), stage.survey->l0, stage.survey->snr_db),
           static_cast<double>(stage.survey->step));
}

void AtomsTab::draw_atoms(ShellContext& context, SparseStage& stage, ImVec2 size) {
  Ui& ui = context.ui;
  const auto& sheet = *stage.sheet;
  const auto pixels = static_cast<std::size_t>(stage.size * stage.size);
  const bool restored = stage.as_pictures && sheet.restored.size() == sheet.dictionary.values.size();
  const auto& values = restored ? sheet.restored : sheet.dictionary.values;
  std::vector<ImU32> colours, frames;
  colours.reserve(values.size());
  const bool lengths = long_atoms(stage);
  const float longest = lengths ? *std::max_element(sheet.norms.begin(), sheet.norms.end()) : 1.0f;
  int selected = -1;
  for (std::size_t place = 0; place < order_.size(); ++place) {
    const auto k = static_cast<std::size_t>(order_[place]);
    const auto atom = std::span(values).subspan(k * pixels, pixels);
    // An atom of length 1 spans the colours; where lengths are free the longest does, and shorter ones are paler.
    const double scale = largest_of(atom) / std::max(sheet.norms[k] / longest, 1e-6f);
    const auto part = signed_colours(ui.theme, atom, scale);
    colours.insert(colours.end(), part.begin(), part.end());
    frames.push_back(sheet.states.age[k] > sparse::kGraceSteps && sheet.states.usage[k] < sparse::kDeadShare
                         ? with_alpha(ui.theme.error, 0.8f)
                         : 0);
    if (order_[place] == stage.atom) selected = static_cast<int>(place);
  }
  atoms_grid_.set_colours(static_cast<int>(order_.size()), stage.size, stage.size, std::move(colours), ui.now);
  ImageGridOptions options;
  options.gap = 2, options.selected = selected, options.centre = false, options.frames = frames;
  const auto result = atoms_grid_.draw(ui, "atoms.grid", size, options);
  if (result.clicked >= 0)
    stage.atom = order_[static_cast<std::size_t>(result.clicked)], chosen_ = true, ui.animate(0.1);
  if (lengths) {
    // From nothing to twice the length that atoms are held at otherwise, or to the longest.
    ImDrawList* list = ImGui::GetWindowDrawList();
    const float most = std::max(2.0f, longest), thick = std::max(2.0f, ui.px(3));
    const float wide = static_cast<float>(stage.size * result.shape.factor);
    for (std::size_t place = 0; place < order_.size(); ++place) {
      const ImVec2 corner = result.corner(static_cast<int>(place));
      const float y = corner.y + wide, one = std::round(corner.x + wide / most);
      const float share = std::min(1.0f, sheet.norms[static_cast<std::size_t>(order_[place])] / most);
      list->AddRectFilled({corner.x, y - thick}, {corner.x + wide, y}, with_alpha(ui.theme.stage, 0.8f));
      list->AddRectFilled({corner.x, y - thick}, {corner.x + wide * share, y}, ui.theme.prediction);
      list->AddRectFilled({one, y - thick - 1}, {one + std::max(1.0f, std::floor(ui.scale)), y}, ui.theme.text);
    }
  }
  ui.marks.state("atoms.lengths", lengths);
  if (result.hovered >= 0) {
    const auto k = static_cast<std::size_t>(order_[static_cast<std::size_t>(result.hovered)]);
    std::string words = fmt::format("atom {} · used by {:.1f} % of patches", k, 100 * sheet.states.usage[k]);
    if (lengths) words += fmt::format(" · length {:.2f}", sheet.norms[k]);
    if (stage.fits && k < stage.fits->gabors.size() && stage.fits->gabors[k].good(stage.size))
      words += fmt::format(" · {:.0f}° · {:.2f} cycles a pixel", stage.fits->gabors[k].orientation * 180 / M_PI,
                           stage.fits->gabors[k].frequency);
    tooltip(ui, words);
  }
  context.exports.view(
      result.min, result.max, "atoms",
      {{".npy",
        [sheet = stage.sheet, side = stage.size](const std::filesystem::path& path) {
          write_npy(path, {sheet->dictionary.atoms, side, side}, sheet->dictionary.values);
        }},
       {".csv", [sheet = stage.sheet, fits = stage.fits](const std::filesystem::path& path) {
          CsvTable table;
          table.columns = {"atom", "usage", "energy", "age", "change", "norm"};
          const bool fitted = fits && fits->gabors.size() == sheet->norms.size();
          if (fitted)
            table.columns.insert(table.columns.end(), {"orientation_degrees", "cycles_per_pixel", "centre_x",
                                                       "centre_y", "width", "length", "bandwidth_octaves", "r2"});
          for (std::size_t k = 0; k < sheet->norms.size(); ++k) {
            const auto& s = sheet->states;
            table.rows.push_back(
                {static_cast<double>(k), s.usage[k], s.energy[k], s.age[k], s.change[k], sheet->norms[k]});
            if (!fitted) continue;
            const auto& g = fits->gabors[k];
            for (const double v : {g.orientation * 180 / M_PI, g.frequency, g.centre_x, g.centre_y, g.width, g.length,
                                   g.bandwidth_octaves(), g.r2})
              table.rows.back().push_back(v);
          }
          write_csv(path, table);
        }}});
}

void AtomsTab::draw_components(ShellContext& context, SparseStage& stage, ImVec2 size) {
  Ui& ui = context.ui;
  const auto& pca = stage.components->pca;
  const auto pixels = static_cast<std::size_t>(stage.size * stage.size);
  std::vector<ImU32> colours;
  for (std::size_t n = 0; n < static_cast<std::size_t>(stage.components->count); ++n) {
    const auto component = std::span(pca.components).subspan(n * pixels, pixels);
    const auto part = signed_colours(ui.theme, component, largest_of(component));
    colours.insert(colours.end(), part.begin(), part.end());
  }
  components_grid_.set_colours(stage.components->count, stage.size, stage.size, std::move(colours), ui.now);
  ImageGridOptions options;
  options.gap = 2, options.selected = component_, options.centre = false;
  const auto result = components_grid_.draw(ui, "pca.grid", size, options);
  if (result.clicked >= 0) component_ = result.clicked, ui.animate(0.1);
  context.exports.view(
      result.min, result.max, "components",
      {{".npy",
        [found = stage.components, side = stage.size](const std::filesystem::path& path) {
          write_npy(path, {side * side, side, side}, found->pca.components);
        }},
       {".csv", [found = stage.components](const std::filesystem::path& path) {
          CsvTable table;
          table.columns = {"component", "variance", "snr_db_before"};
          for (std::size_t n = 0; n < found->snr_db.size(); ++n)
            table.rows.push_back({static_cast<double>(n + 1), found->pca.variances[n], found->snr_db[n]});
          write_csv(path, table);
        }}});
}

void AtomsTab::draw(ShellContext& context, SparseStage& stage) {
  Ui& ui = context.ui;
  if (!stage.sheet || order_.empty()) {
    empty_state(ui, "The dictionary", "Its atoms appear as soon as the model is built.");
    return;
  }
  const ImVec2 room = ImGui::GetContentRegionAvail(), at = ImGui::GetCursorScreenPos();
  const float column = std::clamp(std::floor(room.x * 0.31f), ui.px(210), ui.px(460)), gap = ui.px(26);
  const float left = room.x - column - gap, top = ui.px(66);
  draw_controls(context, stage, at, left);
  draw_summary(ui, stage, {at.x, at.y + ui.px(40)}, room.x - (what_ == atoms ? column + gap : 0));
  const ImVec2 corner(at.x + ui.px(3), at.y + top), size(left - ui.px(6), room.y - top - ui.px(4));
  const ImVec2 side(at.x + left + gap, at.y + ui.px(4));
  const ImVec2 side_size(column, room.y - ui.px(4));
  ImGui::SetCursorScreenPos(corner);
  if (what_ == atoms) {
    draw_atoms(context, stage, size);
    passport_.draw_atom(context, stage, side, side_size);
  } else if (stage.components) {
    draw_components(context, stage, size);
    passport_.draw_component(context, stage, component_, side, side_size);
  } else {
    empty_state(ui, "Principal components", "A moment: they are being computed from the same patches.");
  }
  ui.marks.state("atoms.ready", stage.fits && stage.survey && stage.components);
  ui.marks.state("atoms.chosen", stage.atom);
  ui.marks.state("atoms.first", order_.front());
  ui.marks.state("atoms.component", component_);
  ui.marks.state("atoms.as_pictures", stage.as_pictures && !stage.sheet->restored.empty());
  const auto& norms = stage.sheet->norms;
  ui.marks.state("atoms.norm", static_cast<double>(*std::max_element(norms.begin(), norms.end())));
}

}  // namespace

std::unique_ptr<SparseTab> make_atoms_tab() {
  return std::make_unique<AtomsTab>();
}

}  // namespace unveil
