#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "app/exhibit/asker.h"
#include "app/exhibits/vae/tab.h"
#include "app/widgets/controls.h"
#include "app/widgets/format.h"
#include "app/widgets/outdated.h"
#include "engine/data/csv.h"
#include "engine/data/philox.h"
#include "engine/models/vae/model.h"

namespace unveil {
namespace {

constexpr float kReach = 3;      // of a slider, standard deviations of the prior
constexpr int kTraversal = 7;    // pictures along the chosen dimension
constexpr double kFollow = 0.2;  // seconds between two decodings while the model learns
constexpr double kDraw = 0.5;    // seconds between two draws of ε that is not frozen
constexpr std::uint32_t kPriorTag = 0x736c6964, kPosteriorTag = 0x65707369;

struct CodeQuestion {
  std::vector<float> z;    // [Z]; empty: the code of `picture`
  int picture = -1;        // held out
  std::uint32_t draw = 0;  // 0: the code's mean; else mean + deviation·ε, and ε is a function of this number
  int dimension = 0;       // to walk along
};
struct CodeAnswer {
  CodeQuestion question;                  // z filled in
  std::vector<float> picture, traversal;  // [H·W], [kTraversal][H·W]
  std::uint64_t step = 0;
};

CodeAnswer answer_code(Run& run, const CodeQuestion& question) {
  auto& model = static_cast<vae::BuiltVae&>(run.built());
  CodeAnswer answer{question, {}, {}, run.steps()};
  auto& z = answer.question.z;
  const auto latent = static_cast<std::size_t>(model.architecture().latent);
  if (z.empty()) {
    z.assign(latent, 0);
    const int count = run.data().test.count;
    if (count > 0) {
      answer.question.picture = ((question.picture % count) + count) % count;
      const auto codes = model.codes(model.pictures(1, answer.question.picture, 1));
      z = codes.mean;
      PhiloxStream stream(question.draw, 0, 0, kPosteriorTag);
      for (std::size_t j = 0; j < latent && question.draw > 0; ++j)
        z[j] += std::exp(0.5f * codes.log_variance[j]) * stream.normal();
    }
  }
  answer.picture = model.decode(z);
  std::vector<float> points;
  for (int i = 0; i < kTraversal; ++i) {
    auto point = z;
    point[static_cast<std::size_t>(question.dimension)] = kReach * (2 * static_cast<float>(i) / (kTraversal - 1) - 1);
    points.insert(points.end(), point.begin(), point.end());
  }
  answer.traversal = model.decode(points);
  return answer;
}

// Every dimension of the code: what it carries, in nats, and a slider to turn it.
class LatentsTab : public VaeTab {
 public:
  std::string name() const override { return "Latents"; }
  std::string hint() const override {
    return "What each dimension of the code tells, in nats, and what it draws: drag the sliders.";
  }
  void rebuilt(VaeStage& stage) override;
  bool update(ShellContext& context, VaeStage& stage) override;
  void draw(ShellContext& context, VaeStage& stage) override;

 private:
  void ask(ShellContext& context, VaeStage& stage, int picture = -1);
  void draw_epsilon(ShellContext& context, VaeStage& stage);
  void take_atlas(VaeStage& stage);
  void draw_rows(ShellContext& context, VaeStage& stage, ImVec2 at, ImVec2 size);
  void draw_pictures(ShellContext& context, VaeStage& stage, ImVec2 at, ImVec2 size);

  std::shared_ptr<const Atlas> atlas_;
  std::vector<float> bars_;  // nats as shown, [Z]
  std::vector<int> order_;   // of dimensions, by KL
  float scale_ = 1;          // nats of the longest bar, as shown
  std::vector<float> z_;
  int picture_ = -1, dimension_ = 0;
  bool holding_ = false;  // a slider is under the hand: rows stay where they are
  Asker<CodeQuestion, CodeAnswer> asker_{answer_code};
  CodeAnswer answer_;
  double asked_ = 0;
  std::uint32_t draws_ = 0, epsilon_ = 0;
  bool frozen_ = true;  // ε
  double drawn_ = 0;    // when ε was drawn
  ImageGrid large_, traversal_;
};

void LatentsTab::rebuilt(VaeStage& stage) {
  const auto latent = static_cast<std::size_t>(stage.architecture.latent);
  atlas_.reset();
  bars_.assign(latent, 0);
  order_.resize(latent);
  std::iota(order_.begin(), order_.end(), 0);
  z_.assign(latent, 0);
  picture_ = -1, dimension_ = 0;
  asker_.forget();
  answer_ = {};
}

void LatentsTab::ask(ShellContext& context, VaeStage& stage, int picture) {
  CodeQuestion question;
  question.picture = picture, question.draw = epsilon_, question.dimension = dimension_;
  if (picture < 0) question.z = z_;
  asker_.ask(stage, std::move(question), context.wake);
  asked_ = context.ui.now;
}

void LatentsTab::draw_epsilon(ShellContext& context, VaeStage& stage) {
  ++epsilon_;
  drawn_ = context.ui.now;
  ask(context, stage, picture_);
}

void LatentsTab::take_atlas(VaeStage& stage) {
  const bool first = !atlas_;
  atlas_ = stage.atlas;
  if (holding_ || atlas_->kl.size() != order_.size()) return;
  const auto& key = stage.architecture.variational ? atlas_->kl : atlas_->spread;
  std::stable_sort(order_.begin(), order_.end(),
                   [&](int a, int b) { return key[static_cast<std::size_t>(a)] > key[static_cast<std::size_t>(b)]; });
  if (first) dimension_ = order_.front();
}

bool LatentsTab::update(ShellContext& context, VaeStage& stage) {
  bool changed = false;
  if (z_.empty()) rebuilt(stage);
  if (stage.atlas && stage.atlas != atlas_) take_atlas(stage), changed = true;
  if (auto answer = asker_.take()) {
    // A picture's code moves the sliders, unless the hand has them.
    if (answer->question.picture >= 0 && !holding_) z_ = answer->question.z, picture_ = answer->question.picture;
    answer_ = std::move(*answer);
    changed = true;
  }
  if (!frozen_ && picture_ >= 0 && stage.architecture.variational && !holding_) {
    if (context.ui.now - drawn_ >= kDraw) draw_epsilon(context, stage);
    context.ui.look_again(drawn_ + kDraw);
  }
  const bool old = answer_.picture.empty() || answer_.step != stage.snapshot->step;
  if (old && !asker_.waiting() && (asked_ == 0 || context.ui.now - asked_ > kFollow)) ask(context, stage, picture_);
  return changed;
}

void LatentsTab::draw_rows(ShellContext& context, VaeStage& stage, ImVec2 at, ImVec2 size) {
  Ui& ui = context.ui;
  const bool twin = !stage.architecture.variational;
  const auto& amounts = twin ? atlas_->spread : atlas_->kl;
  double total = 0, most = 0;
  for (const double v : amounts) total += v, most = std::max(most, v);
  ui.ease(scale_, static_cast<float>(std::max(most * 1.1, 0.5)), 0.3f);

  ImGui::SetCursorScreenPos(at);
  const float third = std::min(ui.px(170), size.x / 3);
  if (twin) {
    labelled_number(ui, "KL", "none", "an autoencoder has no prior", size.x);
  } else {
    labelled_number(ui, third < ui.px(130) ? "KL in all" : "KL, all dimensions", format_value(total, 3), "nats",
                    third);
    ImGui::SameLine(0, 0);
    labelled_number(ui, "active units", fmt::format("{} of {}", atlas_->active, atlas_->latent), "", third);
    ImGui::SameLine(0, 0);
    labelled_number(ui, "held-out pictures", format_count(static_cast<std::uint64_t>(atlas_->count)),
                    atlas_->step == stage.snapshot->step ? "" : at_step(static_cast<double>(atlas_->step)), third);
  }
  const float top = at.y + ui.px(64), name = ui.px(34), number = ui.px(52), gap = ui.px(14);
  const float slider_width = std::floor((size.x - name - number - 2 * gap) * 0.46f);
  const float bar_width = size.x - name - number - 2 * gap - slider_width - ui.px(12);
  ImDrawList* list = ImGui::GetWindowDrawList();
  const auto heading = [&](float x, const std::string& what) {
    list->AddText(ui.fonts.small, ui.fonts.small->FontSize, {x, top}, ui.theme.text_faint, what.c_str());
  };
  heading(at.x + name, twin ? "variance of the codes" : "KL, nats");
  heading(at.x + name + bar_width + number + gap, "value, −3 to 3");

  const float below = top + ui.px(24);
  const float row = std::clamp((at.y + size.y - below) / static_cast<float>(order_.size()), ui.px(22), ui.px(44));
  ImGui::SetCursorScreenPos({at.x, below});
  ImGui::BeginChild("latents.rows", {size.x, std::max(row, at.y + size.y - below)});
  bool held = false;
  list = ImGui::GetWindowDrawList();
  for (std::size_t place = 0; place < order_.size(); ++place) {
    const int j = order_[place];
    const auto k = static_cast<std::size_t>(j);
    const ImVec2 here(at.x, below - ImGui::GetScrollY() + row * static_cast<float>(place));
    ui.ease(bars_[k], static_cast<float>(amounts[k]), 0.2f);
    const float middle = here.y + row * 0.5f;
    const auto write = [&](ImFont* font, float x, ImU32 colour, const std::string& what) {
      list->AddText(font, font->FontSize, {x, middle - font->FontSize * 0.5f}, colour, what.c_str());
    };
    write(ui.fonts.body, here.x, j == dimension_ ? ui.theme.text : ui.theme.text_dim, fmt::format("z{}", j + 1));
    const float x = here.x + name, thick = std::round(row / 6);
    const bool active = atlas_->spread[k] > 0.01;
    list->AddRectFilled({x, middle - thick}, {x + bar_width, middle + thick}, ui.theme.panel, ui.px(3));
    const float length = bar_width * std::clamp(bars_[k] / scale_, 0.0f, 1.0f);
    if (length > 1)
      list->AddRectFilled({x, middle - thick}, {x + length, middle + thick},
                          active ? ui.theme.model : ui.theme.text_faint, ui.px(3));
    write(ui.fonts.small, x + bar_width + ui.px(8), ui.theme.text_dim, format_fixed(amounts[k], 2));
    ImGui::SetCursorScreenPos({x + bar_width + number + gap, middle - ui.px(12)});
    const std::string id = fmt::format("latents.z{}", j + 1);
    float position = std::clamp((z_[k] / kReach + 1) * 0.5f, 0.0f, 1.0f);
    const auto moved = slider(ui, id.c_str(), position, slider_width, active ? ui.theme.accent : ui.theme.text_faint);
    held = held || ImGui::IsItemActive();
    if (ImGui::IsItemActivated()) dimension_ = j;
    if (moved.changed) {
      z_[k] = (2 * position - 1) * kReach;
      picture_ = -1;
      ask(context, stage);
    }
    tooltip(ui, fmt::format("z{} = {}", j + 1, format_fixed(z_[k], 2)));
  }
  holding_ = held;
  ImGui::SetCursorScreenPos({at.x, below - ImGui::GetScrollY() + row * static_cast<float>(order_.size())});
  ImGui::Dummy({1, 1});
  ImGui::EndChild();
  context.exports.view(at, {at.x + size.x, at.y + size.y}, "latents",
                       {{".csv", [atlas = atlas_](const std::filesystem::path& path) {
                           CsvTable table;
                           table.columns = {"dimension", "kl", "variance_of_means"};
                           for (std::size_t j = 0; j < atlas->kl.size(); ++j)
                             table.rows.push_back({static_cast<double>(j + 1), atlas->kl[j], atlas->spread[j]});
                           write_csv(path, table);
                         }}});
}

void LatentsTab::draw_pictures(ShellContext& context, VaeStage& stage, ImVec2 at, ImVec2 size) {
  Ui& ui = context.ui;
  const int height = stage.architecture.height, width = stage.architecture.width;
  const float pixels = static_cast<float>(std::max(height, width)), gap = ui.px(4);
  ImGui::SetCursorScreenPos(at);
  if (button(ui, "latents.prior", std::nullopt, "Prior", ButtonKind::normal, true, true)) {
    PhiloxStream stream(++draws_, 0, 0, kPriorTag);
    for (auto& z : z_) z = stream.normal();
    picture_ = -1;
    ask(context, stage);
  }
  tooltip(ui, "A draw from the prior: every dimension anew from N(0, 1)");
  ImGui::SameLine(0, ui.px(6));
  const bool any = stage.snapshot->data && stage.snapshot->data->test.count > 0;
  if (button(ui, "latents.picture", std::nullopt, "A picture", ButtonKind::normal, any, true)) {
    epsilon_ = 0, drawn_ = ui.now;
    ask(context, stage, ++picture_);
  }
  tooltip(ui, any ? "The next held-out picture's mean of q(z | x)" : "No picture of this data is held out");
  ImGui::SameLine(0, ui.px(6));
  if (stage.architecture.variational) {
    if (button(ui, "latents.epsilon", std::nullopt, "Reroll ε", ButtonKind::normal, picture_ >= 0, true))
      draw_epsilon(context, stage);
    tooltip(ui, "Another draw from the picture's q(z | x): z = μ + σ·ε");
    ImGui::SameLine(0, ui.px(6));
    if (button(ui, "latents.freeze", std::nullopt, "Freeze ε", frozen_ ? ButtonKind::on : ButtonKind::normal,
               picture_ >= 0, true)) {
      frozen_ = !frozen_;
      ui.animate(0.1);
    }
    tooltip(ui, "On: ε stays until it is rerolled, also while the model trains. Off: another ε twice a second");
    ImGui::SameLine(0, ui.px(6));
  }
  // In a second row where the first is full.
  float tools = ui.px(42);
  if (ImGui::GetCursorScreenPos().x + measure(ui.fonts.small, "Origin").x + ui.px(32) > at.x + size.x) {
    ImGui::SetCursorScreenPos({at.x, at.y + ui.px(34)});
    tools += ui.px(34);
  }
  if (button(ui, "latents.origin", std::nullopt, "Origin", ButtonKind::quiet, true, true)) {
    std::fill(z_.begin(), z_.end(), 0.0f);
    picture_ = -1;
    ask(context, stage);
  }
  const float factor = std::max(1.0f, std::floor((size.x - (kTraversal - 1) * gap) / (kTraversal * pixels)));
  const float strip = factor * pixels, small = ui.fonts.small->FontSize;
  const float top = at.y + tools, most = size.y - (top - at.y) - strip - small * 2 - ui.px(44);
  const float side = std::max(1.0f, std::floor(std::min({size.x, most, 10 * ui.scale * pixels}) / pixels)) * pixels;
  ImGui::SetCursorScreenPos({at.x, top});
  show_picture(ui, large_, "latents.decoded", answer_.picture, height, width, side);
  context.exports.view({at.x, top}, {at.x + side, top + side}, "decoded");
  ImGui::SetCursorScreenPos({at.x, top + side + ui.px(6)});
  text(ui.fonts.small, ui.theme.text_dim,
       picture_ < 0    ? "decoded from the sliders"
       : epsilon_ == 0 ? fmt::format("reconstruction of held-out picture {}, from its mean", picture_)
                       : fmt::format("reconstruction of held-out picture {}, ε number {}", picture_, epsilon_));
  const float lower = top + side + small + ui.px(22);
  ImGui::SetCursorScreenPos({at.x, lower});
  text(ui.fonts.small, ui.theme.text_dim,
       fmt::format("z{} from −3 to 3, the others as they are", answer_.question.dimension + 1));
  if (answer_.traversal.empty()) return;
  traversal_.set(kTraversal, height, width, 1, grey_of(answer_.traversal), ui.now);
  ImGui::SetCursorScreenPos({at.x, lower + small + ui.px(6)});
  ImageGridOptions options;
  options.columns = kTraversal, options.gap = 4, options.centre = false;
  options.largest = static_cast<int>(std::ceil(factor / ui.scale));
  const auto result = traversal_.draw(ui, "latents.traversal", {size.x, strip}, options);
  context.exports.view(result.min, result.max, "traversal");
}

void LatentsTab::draw(ShellContext& context, VaeStage& stage) {
  Ui& ui = context.ui;
  ui.marks.state("latents.ready", atlas_ != nullptr && !answer_.picture.empty());
  if (!atlas_ || atlas_->kl.size() != bars_.size()) {
    empty_state(ui, "What each dimension carries", "A bar and a slider for each dimension of the code.");
    return;
  }
  const ImVec2 room = ImGui::GetContentRegionAvail(), at = ImGui::GetCursorScreenPos();
  const float gap = ui.px(40), right = std::min(std::floor(room.x * 0.46f), ui.px(420));
  draw_rows(context, stage, at, {room.x - right - gap, room.y});
  draw_pictures(context, stage, {at.x + room.x - right, at.y}, {right, room.y});
  double ink = 0;
  for (const float v : answer_.picture) ink += v;
  ui.marks.state("latents.ink", ink);
  ui.marks.state("latents.picture_index", picture_);
  ui.marks.state("latents.epsilon_number", static_cast<double>(answer_.question.draw));
  ui.marks.state("latents.frozen", frozen_);
  ui.marks.state("latents.first", order_.empty() ? 0 : order_.front() + 1);
  ui.marks.state("latents.z1", z_.empty() ? 0.0 : static_cast<double>(z_[0]));
  ui.marks.state("latents.followed", answer_.question.z == z_);
}

}  // namespace

std::unique_ptr<VaeTab> make_latents_tab() {
  return std::make_unique<LatentsTab>();
}

}  // namespace unveil
