#include "app/exhibit/exhibit.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/exhibit/run_exhibit.h"
#include "app/exhibits/sparse/tab.h"
#include "app/tsne/tab.h"
#include "app/widgets/controls.h"

namespace unveil {
namespace {

constexpr double kDeadlyLambda = 5;

std::vector<std::unique_ptr<RunTab>> make_tabs() {
  std::vector<std::unique_ptr<RunTab>> tabs;
  for (const auto make : {make_atoms_tab, make_code_tab, make_picture_tab}) tabs.push_back(make());
  tabs.push_back(make_tsne_tab(find_model("sparse").declaration()));
  return tabs;
}

std::function<void(RunStage&)> facts(Run& run) {
  const auto& model = static_cast<sparse::BuiltSparse&>(run.built());
  return [size = model.size(), atoms = model.atoms(), preparation = model.preparation(),
          train = model.source(0).count(), test = model.source(1).count()](RunStage& stage) {
    auto& own = static_cast<SparseStage&>(stage);
    own.size = size, own.atoms = atoms, own.preparation = preparation;
    own.scenes[0] = train, own.scenes[1] = test;
  };
}

// One kind of look, taken again and again while the model changes, and once when it rests.
template <class Result, class Job>
class Repeated {
 public:
  Repeated(double every, double share) : every_(every), share_(share) {}
  void restart() { job_.reset(), mailbox_ = std::make_shared<typename Job::Mail>(), due_ = 0; }
  void hurry() { due_ = 0; }
  // True when a new result was put into `shown`.
  template <class Make>
  bool update(ShellContext& context, SparseStage& stage, std::shared_ptr<const Result>& shown, bool stale,
              Make make) {
    const double now = context.ui.now;
    bool changed = false;
    if (auto result = mailbox_->take(); result && (*result)->build == stage.build) {
      shown = std::move(*result);
      changed = true;
      due_ = now + std::max(every_, share_ * (now - began_));
    }
    if (job_ && job_->ended()) job_.reset();
    if (job_ || !stale || changed) return changed;
    // At rest nothing competes with it.
    if (stage.snapshot->playing && now < due_) {
      context.ui.look_again(due_);
      return changed;
    }
    began_ = now;
    job_ = make(mailbox_);
    stage.trainer.add(stage.build, job_);
    return changed;
  }

 private:
  const double every_, share_;  // seconds between two, at least; and so many times what one takes
  double due_ = 0, began_ = 0;
  std::shared_ptr<Job> job_;
  std::shared_ptr<typename Job::Mail> mailbox_ = std::make_shared<typename Job::Mail>();
};

class SparseExhibit : public RunExhibit {
 public:
  SparseExhibit() : RunExhibit("sparse", &facts, make_tabs(), "finds the strokes that photographs are made of") {}

 protected:
  std::unique_ptr<RunStage> make_stage(Trainer& trainer) override { return std::make_unique<SparseStage>(trainer); }
  void rebuilt(double now) override;
  bool refresh(ShellContext& context) override;
  void draw_switches(ShellContext& context) override;

 private:
  SparseStage& own() { return static_cast<SparseStage&>(*stage()); }

  Repeated<AtomSheet, SheetJob> sheets_{0.25, 6};
  Repeated<AtomFits, FitJob> fits_{3, 2.5};
  Repeated<Survey, SurveyJob> surveys_{5, 6};
  Repeated<Components, ComponentsJob> components_{0, 0};
  double lambda_before_ = 1.2;
};

void SparseExhibit::rebuilt(double) {
  SparseStage& s = own();
  s.sheet.reset(), s.fits.reset(), s.survey.reset(), s.components.reset();
  s.history = {};
  s.atom = -1;
  sheets_.restart(), fits_.restart(), surveys_.restart(), components_.restart();
}

bool SparseExhibit::refresh(ShellContext& context) {
  SparseStage& s = own();
  const auto wake = context.wake;
  const auto step = s.snapshot->step;
  const bool asked_else = s.sheet && (s.sheet->restored.empty() == s.as_pictures || s.sheet->chosen != s.atom);
  if (asked_else) sheets_.hurry();
  bool changed = sheets_.update(context, s, s.sheet, !s.sheet || s.sheet->step != step || asked_else, [&](auto mail) {
    return std::make_shared<SheetJob>(s.build, s.atom, s.as_pictures, std::move(mail), wake);
  });
  if (changed) s.history.add(static_cast<double>(s.sheet->step), s.sheet->states.usage);
  if (s.sheet && s.needs_looks) {
    changed |= fits_.update(context, s, s.fits, !s.fits || s.fits->step != step,
                            [&](auto mail) { return std::make_shared<FitJob>(s.build, std::move(mail), wake); });
    changed |= surveys_.update(context, s, s.survey, !s.survey || s.survey->step != step, [&](auto mail) {
      return std::make_shared<SurveyJob>(s.build, std::move(mail), wake);
    });
    changed |= components_.update(context, s, s.components, !s.components, [&](auto mail) {
      return std::make_shared<ComponentsJob>(s.build, std::move(mail), wake);
    });
  }
  auto& marks = context.ui.marks;
  marks.state("sparse.atoms", s.atoms);
  marks.state("sparse.size", s.size);
  if (s.sheet) marks.state("sheet.step", static_cast<double>(s.sheet->step));
  if (s.fits) marks.state("fits.good", s.fits->good), marks.state("fits.step", static_cast<double>(s.fits->step));
  if (s.survey) {
    marks.state("survey.used", s.survey->used);
    marks.state("survey.l0", s.survey->l0);
    marks.state("survey.snr_db", s.survey->snr_db);
  }
  if (s.components) marks.state("pca.good", s.components->good);
  return changed;
}

void SparseExhibit::draw_switches(ShellContext& context) {
  Ui& ui = context.ui;
  if (!section(ui, "section.broken", "Broken on purpose", true)) return;
  const auto& theme = ui.theme;
  bool long_atoms = knob("unit_norm") == 0;
  const float longest = own().sheet ? *std::max_element(own().sheet->norms.begin(), own().sheet->norms.end()) : 1.0f;
  if (switch_row(ui, "unnormalised atoms", "broken.norm", long_atoms)) {
    run_.set_knobs({{"unit_norm", long_atoms ? 0.0 : 1.0}});
    run_.play();
  }
  paragraph(
      ui, theme.text_dim,
      long_atoms
          ? fmt::format(
                "The price λ is on the coefficients alone, so the model cheats: atoms grow (the bar under each; "
                "the longest is now {:.2f} instead of 1), coefficients shrink in proportion, and the same "
                "picture costs less and less. The objective falls as never before, yet codes fill up: more "
                "and more atoms are active in each.",
                longest)
          : "Lets atoms grow. Nothing in the objective speaks against long atoms.");
  bool dead = knob("replace_dead") == 0;
  if (switch_row(ui, "dead atoms", "broken.dead", dead)) {
    if (dead) lambda_before_ = knob("lambda");
    run_.set_knobs({{"replace_dead", dead ? 0.0 : 1.0}, {"lambda", dead ? kDeadlyLambda : lambda_before_}});
    run_.reset(std::nullopt);
    run_.play();
  }
  paragraph(
      ui, theme.text_dim,
      dead ? "Training began anew with λ at 5, and nobody comes for atoms that no patch uses. At such a price the "
             "first to be chosen learn, and win again; an atom that is never chosen is never changed, and so never "
             "becomes worth choosing. Framed in red, those keep the noise they began with: sorted by usage they "
             "gather at the end."
           : "Begins anew with λ at 5, and without replacing atoms that no patch uses.");
}

}  // namespace

std::unique_ptr<Exhibit> make_sparse_exhibit() {
  return std::make_unique<SparseExhibit>();
}

}  // namespace unveil
