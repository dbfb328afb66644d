#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/error.h"
#include "engine/models/sparse/model.h"
#include "engine/models/sparse/update.h"

namespace unveil::sparse {
namespace {

constexpr int kEvaluationPatches = 2000;  // where no limit is given
constexpr int kCodedPatches = 10'000;     // of those without end, offered to views of codes
constexpr int kPcaPatches = 10000;

Inference with_options(Inference inference, const OptionValues& options) {
  if (const auto lambda = options.find("lambda"); lambda != options.end())
    inference.lambda = std::stod(lambda->second);
  return inference;
}

}  // namespace

std::vector<Gabor> fit_atoms(const Dictionary& dictionary, int size) {
  std::vector<Gabor> fits;
  for (int k = 0; k < dictionary.atoms; ++k) fits.push_back(fit_gabor(dictionary.atom(k), size));
  return fits;
}

double mutual_coherence(const Dictionary& dictionary) {
  std::vector<double> lengths;
  const auto dot = [&](int i, int j) {
    double sum = 0;
    for (std::size_t p = 0; p < static_cast<std::size_t>(dictionary.pixels); ++p)
      sum += double{dictionary.atom(i)[p]} * dictionary.atom(j)[p];
    return sum;
  };
  for (int k = 0; k < dictionary.atoms; ++k) lengths.push_back(std::sqrt(dot(k, k)));
  double largest = 0;
  for (int i = 0; i < dictionary.atoms; ++i)
    for (int j = 0; j < i; ++j) {
      const double both = lengths[static_cast<std::size_t>(i)] * lengths[static_cast<std::size_t>(j)];
      if (both > 0) largest = std::max(largest, std::abs(dot(i, j)) / both);
    }
  return largest;
}

int BuiltSparse::held_out_items() const {
  constexpr int kPatches = 512;
  return source(1).count() > 0 ? kPatches : 0;
}

int BuiltSparse::held_out(int first, int count, double& sum) {
  constexpr int kIterations = 100;
  const int here = std::min(count - first, kSlicePatches);
  const auto batch = patches(1, first, here);
  auto asked = inference();
  asked.solver = Solver::fista;
  const auto codes = slice_solver().run(batch, asked, kIterations);
  const auto atoms = dictionary();
  const auto area = static_cast<std::size_t>(atoms.pixels), each = static_cast<std::size_t>(atoms.atoms);
  for (std::size_t i = 0; i < static_cast<std::size_t>(here); ++i)
    sum +=
        code_quality(atoms, std::span(batch).subspan(i * area, area), std::span(codes).subspan(i * each, each), asked)
            .objective;
  return here;
}

Metrics BuiltSparse::evaluate(int split, int limit, const OptionValues& options, const Progress& progress) {
  const int count = limit > 0 ? limit : kEvaluationPatches;
  const Inference asked = with_options(inference(), options);
  const Dictionary atoms = dictionary();
  const auto row = static_cast<std::size_t>(pixels()), width = static_cast<std::size_t>(atoms_);
  std::vector<double> usage(width);
  double objective = 0, squares = 0, error = 0, l0 = 0, gap = 0, violation = 0;
  int done = 0;
  while (done < count) {
    const int here = std::min(solver().patches(), count - done);
    const auto batch = patches(split, done, here);
    const auto codes = solver().solve(batch, asked);
    for (std::size_t i = 0; i < static_cast<std::size_t>(here); ++i) {
      const auto code = std::span(codes).subspan(i * width, width);
      const auto patch = std::span(batch).subspan(i * row, row);
      const auto quality = code_quality(atoms, patch, code, asked);
      objective += quality.objective;
      error += quality.squared_error;
      l0 += quality.active;
      gap = std::max(gap, quality.gap);
      violation = std::max(violation, quality.violation);
      for (const float x : patch) squares += double{x} * x;
      for (std::size_t k = 0; k < width; ++k) usage[k] += code[k] != 0;
    }
    done += here;
    if (progress && !progress(0.7 * done / count)) break;
  }
  const double n = done;
  Metrics metrics;
  metrics["patches"] = n;
  metrics["objective"] = objective / n;
  metrics["snr_db"] = snr_db(squares, error);
  metrics["l0"] = l0 / n;
  metrics["largest_gap"] = gap;
  metrics["largest_violation"] = violation;
  double entropy = 0, used = 0;
  for (const double u : usage) {
    used += u > 0;
    if (u > 0) entropy -= u / l0 * std::log2(u / l0);
  }
  metrics["atoms_used"] = used / static_cast<double>(atoms_);
  metrics["usage_entropy_bits"] = entropy;
  metrics["mutual_coherence"] = mutual_coherence(atoms);

  const auto gabor_fraction = [&](const Dictionary& of) {
    double good = 0;
    for (const auto& fit : fit_atoms(of, size())) good += fit.good(size());
    return good / of.atoms;
  };
  metrics["gabor_fraction"] = gabor_fraction(atoms);
  if (progress && !progress(0.85)) return metrics;
  // Beside it: principal components of the same places, with as many components as a patch has active atoms.
  const Pca pca = fit_pca(grey_patches(0, 0, kPcaPatches), pixels());
  const int components = std::clamp(static_cast<int>(std::lround(l0 / n)), 1, pixels());
  metrics["pca_components"] = components;
  metrics["pca_snr_db"] = pca.snr_db(grey_patches(split, 0, done), components);
  metrics["pca_gabor_fraction"] = gabor_fraction({pixels(), pixels(), pca.components});
  return metrics;
}

CodeTable BuiltSparse::encode(const std::string& code, int split, int limit, const Progress& progress) {
  const int count = limit > 0 ? limit : kEvaluationPatches;
  const bool raw = code == "patch";
  CodeTable table;
  table.dimensions = raw ? pixels() : atoms_;
  while (table.count < count) {
    const int here = std::min(solver().patches(), count - table.count);
    auto batch = patches(split, table.count, here);
    if (!raw) batch = solver().solve(batch, inference());
    table.values.insert(table.values.end(), batch.begin(), batch.end());
    table.count += here;
    if (progress && !progress(static_cast<double>(table.count) / count)) break;
  }
  // A patch has the label of the picture that it was cut from.
  const auto& data = context_.data;
  const auto& labels = (split == 0 ? data.train : data.test).labels;
  if (data.kind != DataKind::pictures || labels.empty()) return table;
  CodeLabels classes{.name = "class"};
  for (int c = 0; c < data.classes; ++c) classes.classes.push_back(data.class_name(c));
  for (const auto& place : places(split, 0, table.count))
    classes.values.push_back(labels[static_cast<std::size_t>(sources_[split].number(place.scene))]);
  table.labels.push_back(std::move(classes));
  return table;
}

CodeTable BuiltSparse::encode_items(const std::string& code, int split, std::span<const int> items) {
  const bool raw = code == "patch";
  const auto area = static_cast<std::size_t>(pixels()), at_once = static_cast<std::size_t>(solver().patches());
  CodeTable table;
  table.dimensions = raw ? pixels() : atoms_;
  table.picture_side = size();
  const auto labels =
      context_.data.kind == DataKind::pictures
          ? code_labels(context_.data, split, split == 0 ? context_.data.train.count : context_.data.test.count)
          : std::vector<CodeLabels>{};
  for (const auto& kind : labels) table.labels.push_back({kind.name, kind.classes, {}});
  for (std::size_t first = 0; first < items.size(); first += at_once) {
    std::vector<float> batch;
    for (const int item : items.subspan(first, std::min(at_once, items.size() - first))) {
      const auto patch = patches(split, item, 1), grey = grey_patches(split, item, 1);
      batch.insert(batch.end(), patch.begin(), patch.end());
      float largest = 1e-6f;
      for (const float x : grey) largest = std::max(largest, std::abs(x));
      for (const float x : grey)
        table.pictures.push_back(static_cast<std::uint8_t>(std::lround(127.5f + 127.5f * x / largest)));
      for (std::size_t k = 0; k < labels.size(); ++k) {
        const auto picture = sources_[split].number(places(split, item, 1)[0].scene);
        table.labels[k].values.push_back(labels[k].values[static_cast<std::size_t>(picture)]);
      }
    }
    table.count += static_cast<int>(batch.size() / area);
    if (!raw) batch = solver().solve(batch, inference());
    table.values.insert(table.values.end(), batch.begin(), batch.end());
  }
  return table;
}

int BuiltSparse::coded_items(int split) const {
  return sources_[split].count() == 0 ? 0 : kCodedPatches;
}

}  // namespace unveil::sparse
