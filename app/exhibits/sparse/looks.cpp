#include "app/exhibits/sparse/looks.h"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace unveil {
namespace {

constexpr double kSlice = 0.008;  // seconds
constexpr int kPcaPatches = 4096;
constexpr int kSurveyIterations = 60;

// Time spent in a scope, added up.
class Spent {
 public:
  explicit Spent(double& seconds) : seconds_(seconds) {}
  ~Spent() { seconds_ += so_far(); }
  double so_far() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count(); }

 private:
  double& seconds_;
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

sparse::BuiltSparse& model_of(Run& run) {
  return static_cast<sparse::BuiltSparse&>(run.built());
}

double share_of_good(const std::vector<sparse::Gabor>& gabors, int size) {
  double good = 0;
  for (const auto& gabor : gabors) good += gabor.good(size);
  return gabors.empty() ? 0 : good / static_cast<double>(gabors.size());
}

// Fits as many more patches as a slice has time for; true when some are left.
bool fit_some(std::vector<sparse::Gabor>& gabors, const std::vector<float>& patches, int count, int size,
              const Spent& spent) {
  const auto pixels = static_cast<std::size_t>(size * size);
  while (static_cast<int>(gabors.size()) < count) {
    gabors.push_back(sparse::fit_gabor(std::span(patches).subspan(gabors.size() * pixels, pixels), size));
    if (spent.so_far() > kSlice) return static_cast<int>(gabors.size()) < count;
  }
  return false;
}

}  // namespace

bool SheetJob::look(Run& run) {
  auto& model = model_of(run);
  double seconds = 0;
  const Spent spent(seconds);
  AtomSheet& sheet = *result_;
  if (sheet.dictionary.atoms == 0) {
    sheet.build = build_, sheet.step = run.steps();
    sheet.dictionary = model.dictionary();
    sheet.states = model.atom_states();
    sheet.inference = model.inference();
    for (int k = 0; k < sheet.dictionary.atoms; ++k) {
      double squares = 0;
      for (const float v : sheet.dictionary.atom(k)) squares += static_cast<double>(v) * v;
      sheet.norms.push_back(static_cast<float>(std::sqrt(squares)));
    }
    if (chosen_ >= 0 && chosen_ < sheet.dictionary.atoms) {
      sheet.chosen = chosen_;
      sheet.gabor = sparse::fit_gabor(sheet.dictionary.atom(chosen_), model.size());
    }
  }
  if (!restore_) return false;
  while (next_ < sheet.dictionary.atoms) {
    const auto piece = model.restored(sheet.dictionary.atom(next_++));
    sheet.restored.insert(sheet.restored.end(), piece.begin(), piece.end());
    if (spent.so_far() > kSlice) break;
  }
  return next_ < sheet.dictionary.atoms;
}

bool FitJob::look(Run& run) {
  auto& model = model_of(run);
  const Spent spent(result_->seconds);
  if (dictionary_.atoms == 0) {
    dictionary_ = model.dictionary();
    result_->build = build_, result_->step = run.steps();
  }
  if (fit_some(result_->gabors, dictionary_.values, dictionary_.atoms, model.size(), spent)) return true;
  result_->good = share_of_good(result_->gabors, model.size());
  return false;
}

bool SurveyJob::look(Run& run) {
  auto& model = model_of(run);
  const Spent spent(result_->seconds);
  Survey& survey = *result_;
  const auto dictionary = model.dictionary();
  const auto atoms = static_cast<std::size_t>(dictionary.atoms), pixels = static_cast<std::size_t>(dictionary.pixels);
  if (next_ == 0) {
    survey.build = build_, survey.step = run.steps();
    survey.held_out = model.source(1).count() > 0;
    survey.best.resize(atoms);
  }
  const int split = survey.held_out ? 1 : 0;
  const int count = std::min(Survey::kPatches - next_, sparse::kSlicePatches);
  const auto patches = model.patches(split, next_, count);
  const auto codes = model.slice_solver().run(patches, model.inference(), kSurveyIterations);
  const auto& source = model.source(split);
  for (const auto& place : model.places(split, next_, count)) {
    const auto cut = source.cut_grey(place);
    survey.grey.insert(survey.grey.end(), cut.begin(), cut.end());
  }
  survey.prepared.insert(survey.prepared.end(), patches.begin(), patches.end());
  for (int i = 0; i < count; ++i) {
    const auto at = static_cast<std::size_t>(i);
    const auto code = std::span(codes).subspan(at * atoms, atoms);
    const auto patch = std::span(patches).subspan(at * pixels, pixels);
    const auto again = sparse::reconstruct(dictionary, code);
    for (std::size_t p = 0; p < pixels; ++p) {
      signal_ += static_cast<double>(patch[p]) * patch[p];
      error_ += static_cast<double>(patch[p] - again[p]) * (patch[p] - again[p]);
    }
    for (std::size_t k = 0; k < atoms; ++k) {
      if (code[k] == 0) continue;
      ++active_;
      auto& best = survey.best[k];
      const auto place = std::find_if(best.begin(), best.end(), [&](const Survey::Entry& entry) {
        return std::abs(entry.coefficient) < std::abs(code[k]);
      });
      best.insert(place, {next_ + i, code[k]});
      if (best.size() > Survey::kBest) best.pop_back();
    }
  }
  next_ += count;
  if (next_ < Survey::kPatches) return true;
  survey.snr_db = error_ > 0 ? 10 * std::log10(signal_ / error_) : 0;
  survey.l0 = active_ / Survey::kPatches;
  for (const auto& best : survey.best) survey.used += !best.empty();
  return false;
}

bool ComponentsJob::look(Run& run) {
  auto& model = model_of(run);
  double seconds = 0;
  const Spent spent(seconds);
  Components& found = *result_;
  if (found.build == 0) {
    found.build = build_;
    pca_ = std::async(std::launch::async, [patches = model.grey_patches(0, 0, kPcaPatches), pixels = model.pixels()] {
      return sparse::fit_pca(patches, pixels);
    });
    return true;
  }
  if (pca_.valid()) {
    if (pca_.wait_for(std::chrono::milliseconds(2)) != std::future_status::ready) return true;
    found.pca = pca_.get();
    for (const double variance : found.pca.variances) found.total += variance;
    // The error of keeping n components of the patches they were fitted to is the variance of the rest.
    // Where the mean was removed the constant patch has none, and there is nothing to see in it.
    double rest = found.total;
    for (const double variance : found.pca.variances) {
      if (variance < 1e-7 * found.total) break;
      found.snr_db.push_back(10 * std::log10(found.total / rest));
      rest -= variance;
      ++found.count;
    }
    return true;
  }
  if (fit_some(found.gabors, found.pca.components, found.count, model.size(), spent)) return true;
  found.good = share_of_good(found.gabors, model.size());
  return false;
}

}  // namespace unveil
