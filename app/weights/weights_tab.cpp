#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "app/exhibit/mailbox.h"
#include "app/weights/tab.h"
#include "app/widgets/controls.h"
#include "app/widgets/format.h"
#include "app/widgets/kernel_view.h"
#include "engine/data/npy.h"
#include "engine/error.h"

namespace unveil {
namespace {

constexpr double kEvery = 0.2;     // seconds between two looks at weights in training
constexpr int kExportCell = 8;     // pixels of the PNG per weight, at most
constexpr int kExportSide = 2000;  // pixels of the PNG a side, unless there are more weights than that

struct ParameterEntry {
  std::string path, shape;
};

// One look at one tensor; never changed once it is there.
struct ParameterValues {
  std::uint64_t build = 0, step = 0;
  std::uint64_t look = 0;  // number of this one
  std::string path;
  int slot = 0;
  Shape shape;
  KernelGeometry kernels;
  bool averaged = false;      // the model keeps a moving average
  std::vector<float> values;  // in the order of the checkpoint
  std::vector<float> by_tap;  // [taps][in][units], where the rows are kernels
  KernelBox box;              // of a kernel
  double least = 0, mean = 0, greatest = 0;
  double common = 0;                // magnitude that all but one weight in two hundred stay below
  std::vector<ParameterEntry> all;  // every parameter there is
};

constexpr ParameterStore::Slot kSlots[] = {ParameterStore::value, ParameterStore::average, ParameterStore::gradient};

std::string file_name(const ParameterValues& seen) {
  static constexpr const char* kSuffix[] = {"", "-average", "-gradient"};
  return seen.path + kSuffix[seen.slot];
}

double common_magnitude(std::span<const float> values) {
  constexpr std::size_t kFew = 2000;
  if (values.size() < kFew) return largest_magnitude(values);
  std::vector<float> sizes(values.begin(), values.end());
  for (auto& v : sizes) v = std::abs(v);
  const auto at = sizes.begin() + static_cast<std::ptrdiff_t>(sizes.size() - sizes.size() / 200);
  std::nth_element(sizes.begin(), at, sizes.end());
  return *at;
}

// What views need of the values, found once and not in every frame.
void summarise(ParameterValues& seen) {
  const auto& taps = seen.kernels.taps;
  if (seen.kernels.by_row) {
    const auto row = taps.size() * (seen.kernels.colour ? 3 : 1), units = seen.values.size() / row;
    seen.by_tap.resize(seen.values.size());
    for (std::size_t u = 0; u < units; ++u)
      for (std::size_t i = 0; i < row; ++i) seen.by_tap[i * units + u] = seen.values[u * row + i];
  }
  std::vector<std::array<int, 2>> offsets;
  for (const auto& tap : taps) offsets.push_back({tap.dy, tap.dx});
  seen.box = kernel_box(offsets);
  const auto [low, high] = std::minmax_element(seen.values.begin(), seen.values.end());
  seen.least = *low, seen.greatest = *high;
  for (const float v : seen.values) seen.mean += v / static_cast<double>(seen.values.size());
  seen.common = common_magnitude(seen.values);
}

void write_values(const ParameterValues& seen, const std::filesystem::path& path) {
  std::vector<std::int64_t> shape;
  for (int axis = 0; axis < seen.shape.rank(); ++axis) shape.push_back(seen.shape[axis]);
  write_npy(path, shape, seen.values);
}

// Copies one tensor. Gradients are whole only between two steps: it waits for that, for a while.
class LookJob : public TrainerJob {
 public:
  using Mail = Mailbox<std::shared_ptr<const ParameterValues>>;
  LookJob(std::string path, int slot, std::uint64_t build, std::uint64_t look, std::shared_ptr<Mail> mailbox,
          std::function<void()> wake)
      : path_(std::move(path)),
        slot_(slot),
        build_(build),
        look_(look),
        mailbox_(std::move(mailbox)),
        wake_(std::move(wake)) {}

  bool advance(Run& run) override {
    constexpr int kPatience = 200;  // segments
    if (kSlots[slot_] == ParameterStore::gradient && !run.between_steps() && ++waited_ < kPatience) return true;
    ParameterStore& store = run.parameters();
    const auto& paths = store.paths();
    if (std::find(paths.begin(), paths.end(), path_) == paths.end()) path_ = paths.front();
    if (kSlots[slot_] == ParameterStore::average && !store.has_average()) slot_ = 0;
    const auto& tensor = store.tensor(path_, kSlots[slot_]);
    auto seen = std::make_shared<ParameterValues>();
    seen->build = build_, seen->step = run.steps(), seen->look = look_;
    seen->path = path_, seen->slot = slot_, seen->shape = tensor.shape;
    seen->kernels = run.built().kernels_of(path_);
    seen->averaged = store.has_average();
    seen->values = read_tensor(run.device(), tensor);
    summarise(*seen);
    for (const auto& path : paths)
      seen->all.push_back({path, store.tensor(path, ParameterStore::value).shape.text()});
    mailbox_->put(std::move(seen));
    wake_();
    return false;
  }

 private:
  std::string path_;
  int slot_;
  std::uint64_t build_, look_;
  int waited_ = 0;
  std::shared_ptr<Mail> mailbox_;
  std::function<void()> wake_;
};

class WeightsTab : public RunTab {
 public:
  explicit WeightsTab(PartNames parts) : parts_(std::move(parts)) {}
  std::string name() const override { return "Filters"; }
  std::string hint() const override {
    return "Every weight of the model, as kernels or as a matrix: watch them form while it trains.";
  }
  void rebuilt(RunStage&) override;
  bool update(ShellContext& context, RunStage& stage) override;
  void draw(ShellContext& context, RunStage& stage) override;

 private:
  WeightTensor tensor() const;
  void turn_pages(Ui& ui, WeightTensor& t, ImVec2 at, ImVec2 size);
  void draw_list(Ui& ui, ImVec2 size);
  void draw_tensor(ShellContext& context, ImVec2 size);
  void export_files(ShellContext& context) const;

  const PartNames parts_;
  std::string chosen_;
  int slot_ = 0;
  bool hold_ = false;
  double held_scale_ = 0;
  int page_ = 0;
  std::vector<float> paged_;  // the kernels of the page
  std::string paged_name_;    // of those
  bool asked_ = false, changed_ = true;
  double asked_at_ = 0;
  std::uint64_t looks_ = 0;
  std::shared_ptr<LookJob::Mail> mailbox_ = std::make_shared<LookJob::Mail>();
  std::shared_ptr<const ParameterValues> seen_;  // null before the first
  KernelView view_;
};

void WeightsTab::rebuilt(RunStage&) {
  mailbox_ = std::make_shared<LookJob::Mail>();
  seen_.reset();
  asked_ = false, changed_ = true;
}

bool WeightsTab::update(ShellContext& context, RunStage& stage) {
  if (!stage.snapshot || !stage.snapshot->ready || stage.build == 0) return false;
  bool changed = false;
  if (auto seen = mailbox_->take()) {
    asked_ = false;
    if ((*seen)->build == stage.build && (chosen_.empty() || (*seen)->path == chosen_ || !seen_)) {
      seen_ = std::move(*seen);
      chosen_ = seen_->path;
      changed = true;
    }
  }
  const bool old = (!seen_ || seen_->step != stage.snapshot->step) && context.ui.now - asked_at_ > kEvery;
  if (changed_ || (old && !asked_)) {
    stage.trainer.add(stage.build,
                      std::make_shared<LookJob>(chosen_, slot_, stage.build, ++looks_, mailbox_, context.wake));
    asked_ = true, changed_ = false;
    asked_at_ = context.ui.now;
  }
  return changed;
}

WeightTensor WeightsTab::tensor() const {
  WeightTensor t;
  t.name = fmt::format("{} {} {}", seen_->path, seen_->slot, seen_->look);
  for (const auto& tap : seen_->kernels.taps) t.taps.push_back({tap.dy, tap.dx});
  t.values = seen_->kernels.by_row ? seen_->by_tap : seen_->values;
  t.out = static_cast<int>(seen_->shape[seen_->kernels.by_row ? 0 : -1]);
  t.in = static_cast<int>(t.values.size() / std::max<std::size_t>(1, t.taps.size())) / t.out;
  t.colour = seen_->kernels.colour;
  if (parts_) t.parts = parts_(seen_->path);
  return t;
}

void WeightsTab::draw_list(Ui& ui, ImVec2 size) {
  ImGui::BeginChild("parameters", size, false, ImGuiWindowFlags_NoNav);
  const float height = ui.px(44), width = ImGui::GetContentRegionAvail().x - ui.px(6);
  ImDrawList* list = ImGui::GetWindowDrawList();
  for (const auto& entry : seen_->all) {
    const ImVec2 at = ImGui::GetCursorScreenPos();
    if (ImGui::InvisibleButton(entry.path.c_str(), {width, height}) && entry.path != chosen_) {
      chosen_ = entry.path, changed_ = true, held_scale_ = 0, page_ = 0;
      ui.animate(0.2);
    }
    ui.marks.item("filters.path." + entry.path);
    const bool on = entry.path == chosen_;
    if (on || ImGui::IsItemHovered())
      list->AddRectFilled(at, {at.x + width, at.y + height},
                          on ? mix(ui.theme.raised, ui.theme.accent, 0.22f) : ui.theme.raised, ui.px(6));
    list->AddText(ui.fonts.body, ui.fonts.body->FontSize, {at.x + ui.px(10), at.y + ui.px(4)},
                  on ? ui.theme.text : ui.theme.text_dim, fit(ui.fonts.body, entry.path, width - ui.px(20)).c_str());
    list->AddText(ui.fonts.small, ui.fonts.small->FontSize, {at.x + ui.px(10), at.y + ui.px(24)}, ui.theme.text_faint,
                  entry.shape.c_str());
    ImGui::SetCursorScreenPos({at.x, at.y + height});
  }
  ImGui::EndChild();
}

void WeightsTab::export_files(ShellContext& context) const {
  try {
    const std::vector<std::string> extensions{".png", ".npy"};
    const auto stem = fresh_path(std::filesystem::current_path(), file_name(*seen_), extensions);
    const auto t = tensor();
    const auto picture =
        picture_of(context.ui.theme, t, held_scale_ > 0 ? held_scale_ : largest_magnitude(t.values), 1.5);
    const int cell = std::clamp(kExportSide / std::max(picture.width, picture.height), 1, kExportCell);
    Picture png{picture.width * cell, picture.height * cell, 4, {}};
    png.pixels.reserve(static_cast<std::size_t>(png.width) * static_cast<std::size_t>(png.height) * 4);
    for (int y = 0; y < png.height; ++y)
      for (int x = 0; x < png.width; ++x) {
        const ImU32 colour = picture.pixels[static_cast<std::size_t>(y / cell * picture.width + x / cell)];
        for (const int shift : {IM_COL32_R_SHIFT, IM_COL32_G_SHIFT, IM_COL32_B_SHIFT, IM_COL32_A_SHIFT})
          png.pixels.push_back(static_cast<std::uint8_t>((colour >> shift) & 255));
      }
    save_png(stem.string() + ".png", png);
    write_values(*seen_, stem.string() + ".npy");
    context.notices.info(fmt::format("Exported {0}.png, {1}.npy", stem.string(), stem.filename().string()));
  } catch (const Error& error) {
    context.notices.error(error.what());
  }
}

// Kernels that are whole pictures may be more than the room holds at one pixel a weight: they are shown in pages.
void WeightsTab::turn_pages(Ui& ui, WeightTensor& t, ImVec2 at, ImVec2 size) {
  const auto& box = seen_->box;
  const int across = static_cast<int>(size.x) / (box.width + 1),
            down = static_cast<int>(size.y - ui.px(48)) / (box.height + 1), held = std::max(1, across * down),
            units = t.out, pages = (units + held - 1) / held;
  if ((t.in != 1 && !t.colour) || pages <= 1) return;
  page_ = std::clamp(page_, 0, pages - 1);
  const int first = page_ * held, here = std::min(held, units - first);
  t.name += fmt::format(" {}+{}", first, here);
  if (paged_name_ != t.name) {
    const auto weights = t.taps.size() * static_cast<std::size_t>(t.in), count = static_cast<std::size_t>(here);
    paged_.resize(weights * count);
    for (std::size_t i = 0; i < weights; ++i)
      std::copy_n(t.values.begin() + static_cast<std::ptrdiff_t>(i) * units + first, count,
                  paged_.begin() + static_cast<std::ptrdiff_t>(i * count));
    paged_name_ = t.name;
  }
  t.out = here, t.first = first;
  t.values = paged_;
  const auto words = fmt::format("{} to {} of {}", first + 1, first + here, units);
  const float width = measure(ui.fonts.small, words).x;
  ImGui::SetCursorScreenPos({at.x + size.x - width - ui.px(92), at.y});
  if (button(ui, "filters.back", std::nullopt, "‹", ButtonKind::normal, page_ > 0, true)) --page_;
  ImGui::SetCursorScreenPos({at.x + size.x - width - ui.px(46), at.y + ui.px(6)});
  text(ui.fonts.small, ui.theme.text_dim, words);
  ImGui::SetCursorScreenPos({at.x + size.x - ui.px(36), at.y});
  if (button(ui, "filters.next", std::nullopt, "›", ButtonKind::normal, page_ + 1 < pages, true)) ++page_;
  ui.marks.state("filters.pages", pages);
}

void WeightsTab::draw_tensor(ShellContext& context, ImVec2 size) {
  Ui& ui = context.ui;
  const ImVec2 at = ImGui::GetCursorScreenPos();
  auto t = tensor();
  const float column = std::min(ui.px(110), size.x * 0.25f);
  labelled_number(ui, "least", format_value(seen_->least), "", column);
  ImGui::SameLine(0, 0);
  labelled_number(ui, "mean", format_value(seen_->mean), "", column);
  ImGui::SameLine(0, 0);
  labelled_number(ui, "greatest", format_value(seen_->greatest), "", column);
  std::string what = fmt::format("{} weights", format_count(t.values.size()));
  if (t.taps.size() > 1) {
    const int all = seen_->box.width * seen_->box.height, taps = static_cast<int>(t.taps.size());
    what = fmt::format("{}×{} kernel{}", seen_->box.height, seen_->box.width,
                       taps == all ? "" : fmt::format(", {} of {} taps", taps, all));
    ui.marks.state("filters.kernel", static_cast<double>(all));
  }
  // Rows are what is computed, columns what it is computed from, unless there is but one of either.
  const bool grid = t.in > 1 && t.out > 1;
  what += t.colour ? fmt::format(" of red, green and blue · {} out", t.out)
                   : fmt::format(" · {} in{}, {} out{}", t.in, grid ? " (across)" : "", t.out, grid ? " (down)" : "");
  if (!t.parts.empty())
    what += fmt::format(": {}, {} each", fmt::join(t.parts, ", "), t.out / static_cast<int>(t.parts.size()));
  ImGui::SetCursorScreenPos({at.x, at.y + ui.px(56)});
  text(ui.fonts.small, ui.theme.text_dim, fit(ui.fonts.small, what, size.x));
  // A few stray weights must not make the others invisible.
  if (!hold_) held_scale_ = std::max(seen_->common, 1e-12);
  const double scale = held_scale_;
  const bool zero = seen_->least == 0 && seen_->greatest == 0;
  if (t.taps.size() > 1) turn_pages(ui, t, {at.x, at.y + ui.px(46)}, {size.x, size.y - ui.px(84)});
  ImGui::SetCursorScreenPos({at.x, at.y + ui.px(84)});
  const auto result = view_.draw(ui, "filters.view", t, {size.x, size.y - ui.px(84)}, zero ? 1 : scale);
  context.exports.view(result.min, result.max, file_name(*seen_),
                       {{".npy", [seen = seen_](const std::filesystem::path& path) { write_values(*seen, path); }}});
  ui.marks.state("filters.path", seen_->path);
  ui.marks.state("filters.slot", seen_->slot);
  ui.marks.state("filters.step", static_cast<double>(seen_->step));
  ui.marks.state("filters.taps", static_cast<double>(t.taps.size()));
  ui.marks.state("filters.values", static_cast<double>(t.values.size()));
  ui.marks.state("filters.greatest", seen_->greatest);
  ui.marks.state("filters.scale", held_scale_);
}

void WeightsTab::draw(ShellContext& context, RunStage& stage) {
  Ui& ui = context.ui;
  static_cast<void>(stage);
  if (!seen_) {
    empty_state(ui, "The weights of the model", "They appear as soon as the model is built.");
    return;
  }
  const ImVec2 room = ImGui::GetContentRegionAvail(), at = ImGui::GetCursorScreenPos();
  // Values and gradient, and between them the moving average of a model that keeps one.
  std::vector<std::string> names{"Values", "Gradient"};
  if (seen_->averaged) names.insert(names.begin() + 1, "Moving average");
  int choice = seen_->averaged ? slot_ : std::min(slot_, 1);
  if (segmented(ui, "filters.slot", names, choice, true)) {
    slot_ = seen_->averaged || choice == 0 ? choice : 2;
    changed_ = true, held_scale_ = 0, ui.animate(0.2);
  }
  ImGui::SameLine(0, ui.px(20));
  ImGui::SetCursorScreenPos({ImGui::GetCursorScreenPos().x, at.y + ui.px(3)});
  if (toggle(ui, "filters.hold", hold_)) ui.animate(0.2);
  ImGui::SameLine(0, ui.px(8));
  ImGui::SetCursorScreenPos({ImGui::GetCursorScreenPos().x, at.y + ui.px(5)});
  text(ui.fonts.small, ui.theme.text_dim, "hold the scale");
  const float words = measure(ui.fonts.small, "Export PNG + NPY").x + ui.px(40);
  ImGui::SetCursorScreenPos({at.x + room.x - words, at.y - ui.px(1)});
  if (button(ui, "filters.export", Icon::save, "Export PNG + NPY", ButtonKind::normal, true, true))
    export_files(context);
  const float list = std::min(ui.px(230), room.x * 0.32f), gap = ui.px(28), top = ui.px(44);
  ImGui::SetCursorScreenPos({at.x, at.y + top});
  draw_list(ui, {list, room.y - top});
  ImGui::SetCursorScreenPos({at.x + list + gap, at.y + top});
  ImGui::BeginGroup();
  draw_tensor(context, {room.x - list - gap, room.y - top});
  ImGui::EndGroup();
}

}  // namespace

std::unique_ptr<RunTab> make_weights_tab(PartNames parts) {
  return std::make_unique<WeightsTab>(std::move(parts));
}

}  // namespace unveil
