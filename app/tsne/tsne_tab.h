#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/audio/player.h"
#include "app/exhibit/knobs_panel.h"
#include "app/tsne/board.h"
#include "app/tsne/compare.h"
#include "app/tsne/map.h"
#include "app/tsne/tab.h"
#include "app/tsne/thumbnails.h"
#include "app/widgets/image_grid.h"

namespace unveil {

// Dots of a map as a table: item, place, labels. which: empty: all.
void write_points(const TsneMap& map, std::span<const int> which, const std::filesystem::path& path);

class TsneTab : public RunTab {
 public:
  explicit TsneTab(const ModelDeclaration& model);
  ~TsneTab() override;
  std::string name() const override { return "t-SNE"; }
  std::string hint() const override {
    return "Codes laid out so that neighbours stay neighbours: press play, draw a lasso, point at a dot.";
  }
  void shown(ShellContext& context, RunStage& stage) override;
  void hidden(RunStage& stage) override;
  void rebuilt(RunStage& stage) override;
  bool update(ShellContext& context, RunStage& stage) override;
  void draw(ShellContext& context, RunStage& stage) override;
  void draw_inspector(ShellContext& context, RunStage& stage) override;

 private:
  // Requests to the trainer's thread.
  void send();
  void choose_source(const std::string& code);
  bool stale(const RunStage& stage) const;
  void follow(ShellContext& context, RunStage& stage);
  void take_map(std::shared_ptr<const TsneMap> map);
  void forget_hand();
  // A dot under the pin, and its recording heard; -1: none.
  void pin(const Dataset& data, int dot);
  void compare(ShellContext& context, RunStage& stage);
  void stop_comparing();

  // What stands out: a class isolated in the legend, dots inside the lasso.
  void brighten();
  const CodeLabels* labels() const;  // that dots are coloured by; null: none
  int class_of(int point) const;

  // The stage.
  void draw_tools(ShellContext& context, RunStage& stage, float width);
  void draw_board(ShellContext& context, RunStage& stage, ImVec2 at, ImVec2 size);
  void hand(ShellContext& context, RunStage& stage, ImVec2 at, ImVec2 size);
  void draw_over(ShellContext& context);
  void draw_comparison(ShellContext& context, ImVec2 at, ImVec2 size);
  void publish(Ui& ui) const;

  // The column beside it; each draws at y and returns what lies below.
  void draw_column(ShellContext& context, RunStage& stage, ImVec2 at, ImVec2 size);
  float draw_numbers(ShellContext& context, ImVec2 at, float width);
  float draw_curve(ShellContext& context, ImVec2 at, float width, float height);
  float draw_legend(ShellContext& context, ImVec2 at, float width, float height);
  void draw_pinned(ShellContext& context, const Dataset& data, ImVec2 at, ImVec2 size);
  void draw_selection(ShellContext& context, const Dataset& data, ImVec2 at, ImVec2 size);
  float draw_mixture(ShellContext& context, ImVec2 at, float width);
  void draw_list(ShellContext& context, const Dataset& data, ImVec2 at, ImVec2 size);
  void export_selection(ShellContext& context) const;

  const ModelDeclaration& model_;
  std::vector<std::string> sources_, source_names_;  // codes, the empty one is pixels; for people
  std::shared_ptr<TsneChannel> channel_ = std::make_shared<TsneChannel>();
  TsneRequest want_;
  std::uint64_t serial_ = 0;
  std::shared_ptr<TsneJob> job_;
  bool begin_ = true;  // a new model: there is work whatever the last job said
  std::shared_ptr<const TsneMap> map_;
  const Dataset* data_ = nullptr;  // that the defaults were chosen for
  std::uint64_t asked_step_ = 0, asked_seed_ = 0;
  double asked_at_ = -1e9;

  bool comparing_ = false;
  std::shared_ptr<ComparisonJob> comparison_job_;
  std::shared_ptr<Mailbox<std::shared_ptr<const Comparison>>> comparisons_ =
      std::make_shared<Mailbox<std::shared_ptr<const Comparison>>>();
  std::shared_ptr<const Comparison> comparison_;
  std::vector<TsneBoard> small_;

  TsneBoard board_;
  int label_kind_ = 0, isolated_ = -1;
  std::vector<int> classes_;  // of the points, by the chosen kind of label
  std::vector<char> bright_;  // empty: all
  int hovered_ = -1, pinned_ = -1;
  int pointed_ = -1;  // a dot whose picture in the column is under the mouse
  std::vector<int> selected_;
  bool listing_ = true;  // what is selected is listed, though a dot is pinned
  std::vector<ImVec2> lasso_;
  bool drawing_ = false;
  ImageGrid bubble_, strip_, listed_;
  KnobsState knobs_;
  AudioPlayer audio_;
};

}  // namespace unveil
