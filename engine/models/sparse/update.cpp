#include "engine/models/sparse/update.h"

#include <algorithm>
#include <cmath>

#include "engine/graph/tiles.h"

namespace unveil::sparse {
namespace {

constexpr int kBlock = 12;           // atoms that are solved for together: a tile of rows
constexpr std::int64_t kTerms = 96;  // of a product that one dispatch adds
constexpr double kWindowStart = 5, kWindowGrowth = 0.25;

// Inputs: codes. Outputs: sums.
class CodeSums : public Op {
 public:
  std::string_view name() const override { return "code sums"; }
  void record(RecordContext& context, const Node& node) const override {
    const auto &codes = context[node.inputs[0]], &sums = context[node.outputs[0]];
    struct {
      std::uint64_t codes, sums;
      TileFields tile;
    } push{codes.address(), sums.address(), {}};
    record_tiles(
        context, "models/sparse/code_sums",
        {{1, codes.layout.stride}, {2, static_cast<int>(codes.shape[0])}, {3, static_cast<int>(sums.layout.rows)}}, 1,
        codes.layout.stride / vector_floats(), push, accesses({&codes}, {&sums}));
  }
  void reference(std::span<const HostTensor* const> in, std::span<HostTensor* const> out) const override {
    const auto rows = in[0]->shape[0];
    for (std::int64_t k = 0; k < in[0]->shape[1]; ++k)
      for (std::int64_t b = 0; b < rows; ++b) {
        const double a = in[0]->at(b, k), n = static_cast<double>(rows);
        if (b == 0)
          for (int row = 0; row < code_sums_rows; ++row) out[0]->at(row, k) = 0;
        out[0]->at(sum_share, k) += (a != 0) / n;
        out[0]->at(sum_size, k) += std::abs(a) / n;
        out[0]->at(sum_square, k) += a * a / n;
      }
  }
};

// Inputs: sum, step. Outputs: state, in place.
class Blend : public Op {
 public:
  explicit Blend(double count) : count_(count) {}
  std::string_view name() const override { return "blend"; }
  void record(RecordContext& context, const Node& node) const override {
    const auto &sum = context[node.inputs[0]], &step = context[node.inputs[1]], &state = context[node.outputs[0]];
    struct {
      std::uint64_t sum, step, state;
      float inverse_count, window_start, window_growth, unused;
      TileFields tile;
    } push{sum.address(),
           step.address(),
           state.address(),
           static_cast<float>(1 / count_),
           kWindowStart,
           kWindowGrowth,
           0,
           {}};
    record_flat(context, "models/sparse/blend", {}, state.layout.floats(), push,
                accesses({&sum, &step, &state}, {&state}));
  }
  void reference(std::span<const HostTensor* const> in, std::span<HostTensor* const> out) const override {
    const double weight = blend_weight(in[1]->values[0]);
    for (std::size_t i = 0; i < out[0]->values.size(); ++i)
      out[0]->values[i] += weight * (in[0]->values[i] / count_ - out[0]->values[i]);
  }

 private:
  double count_;
};

void normalise_row(HostTensor& x, std::int64_t row) {
  double squares = 0;
  for (std::int64_t p = 0; p < x.shape[1]; ++p) squares += x.at(row, p) * x.at(row, p);
  for (std::int64_t p = 0; p < x.shape[1] && squares > 1e-20; ++p) x.at(row, p) /= std::sqrt(squares);
}

void record_normalise(RecordContext& context, const DeviceTensor& x, const DeviceTensor& wanted, std::int64_t first,
                      std::int64_t rows) {
  struct {
    std::uint64_t x, wanted;
    TileFields tile;
  } push{x.address() + static_cast<std::uint64_t>(first * x.layout.stride * 4), wanted.address(), {}};
  record_tiles(context, "models/sparse/normalise", {{1, x.layout.stride}}, 4, rows, push,
               accesses({&x, &wanted}, {&x}));
}

// Inputs: products, targets, normalise. Outputs: dictionary in place, and a workspace like it.
class UpdateAtoms : public Op {
 public:
  std::string_view name() const override { return "update atoms"; }
  void record(RecordContext& context, const Node& node) const override {
    const auto &products = context[node.inputs[0]], &targets = context[node.inputs[1]],
               &dictionary = context[node.outputs[0]], &workspace = context[node.outputs[1]];
    const auto& device = context.device().info();
    const std::int64_t vectors = (dictionary.layout.stride + device.lanes - 1) / device.lanes,
                       atoms = dictionary.shape[0];
    for (std::int64_t first = 0; first < atoms; first += kBlock) {
      const auto row = [&](const DeviceTensor& tensor) {
        return tensor.address() + static_cast<std::uint64_t>(first * tensor.layout.stride * 4);
      };
      for (std::int64_t term = 0; term < atoms; term += kTerms) {
        struct {
          std::uint64_t products, dictionary, sums;
          TileFields tile;
        } push{row(products) + static_cast<std::uint64_t>(term) * 4,
               dictionary.address() + static_cast<std::uint64_t>(term * dictionary.layout.stride * 4),
               row(workspace),
               {}};
        record_tiles(context, "models/sparse/atom_products",
                     {{1, kBlock},
                      {2, products.layout.stride},
                      {3, dictionary.layout.stride},
                      {4, static_cast<int>(std::min(kTerms, atoms - term))},
                      {5, term == 0}},
                     1, vectors, push, accesses({&products, &dictionary, &workspace}, {&workspace}));
      }
      struct {
        std::uint64_t products, targets, sums, dictionary;
        TileFields tile;
      } push{
          row(products) + static_cast<std::uint64_t>(first) * 4, row(targets), row(workspace), row(dictionary), {}};
      record_tiles(context, "models/sparse/solve_atoms",
                   {{1, kBlock}, {2, products.layout.stride}, {3, dictionary.layout.stride}}, 1, vectors, push,
                   accesses({&products, &targets, &workspace, &dictionary}, {&dictionary}));
      record_normalise(context, dictionary, context[node.inputs[2]], first, kBlock);
    }
  }
  double flop(const Graph& graph, const Node& node) const override {
    const Shape& dictionary = graph.shape(node.outputs[0]);
    return 2.0 * static_cast<double>(dictionary[0] * dictionary.elements());
  }
  void reference(std::span<const HostTensor* const> in, std::span<HostTensor* const> out) const override {
    auto& dictionary = *out[0];
    const auto atoms = dictionary.shape[0], pixels = dictionary.shape[1];
    for (std::int64_t j = 0; j < atoms; ++j) {
      const double own = in[0]->at(j, j);
      for (std::int64_t p = 0; p < pixels && own > 1e-9; ++p) {
        double sum = 0;
        for (std::int64_t i = 0; i < atoms; ++i) sum += in[0]->at(j, i) * dictionary.at(i, p);
        out[1]->at(j, p) = (in[1]->at(j, p) - sum) / own;
      }
      for (std::int64_t p = 0; p < pixels && own > 1e-9; ++p) dictionary.at(j, p) += out[1]->at(j, p);
      if (in[2]->values[0] == 0 || (j % kBlock != kBlock - 1 && j != atoms - 1)) continue;
      for (std::int64_t i = j / kBlock * kBlock; i <= j; ++i) normalise_row(dictionary, i);
    }
  }
};

class NormaliseRows : public Op {
 public:
  std::string_view name() const override { return "normalise rows"; }
  void record(RecordContext& context, const Node& node) const override {
    const auto& x = context[node.outputs[0]];
    record_normalise(context, x, context[node.inputs[0]], 0, x.shape[0]);
  }
  void reference(std::span<const HostTensor* const> in, std::span<HostTensor* const> out) const override {
    for (std::int64_t row = 0; row < out[0]->shape[0] && in[0]->values[0] != 0; ++row) normalise_row(*out[0], row);
  }
};

// Inputs: before, sums, patches, step, replace. Outputs, in place: dictionary, states, products, targets.
class FinishAtoms : public Op {
 public:
  std::string_view name() const override { return "finish atoms"; }
  void record(RecordContext& context, const Node& node) const override {
    const auto &before = context[node.inputs[0]], &sums = context[node.inputs[1]], &patches = context[node.inputs[2]],
               &step = context[node.inputs[3]], &replace = context[node.inputs[4]];
    const auto &dictionary = context[node.outputs[0]], &states = context[node.outputs[1]],
               &products = context[node.outputs[2]], &targets = context[node.outputs[3]];
    const std::uint64_t addresses[] = {before.address(), sums.address(),     patches.address(),
                                       step.address(),   replace.address(),  dictionary.address(),
                                       states.address(), products.address(), targets.address()};
    struct {
      std::uint64_t addresses;
      float usage_window, dead_share, grace_steps;
      std::int32_t patch_count;
      TileFields tile;
    } push{context.table(std::as_bytes(std::span(addresses))),
           kUsageWindow,
           kDeadShare,
           kGraceSteps,
           static_cast<std::int32_t>(patches.shape[0]),
           {}};
    record_tiles(
        context, "models/sparse/finish_atoms",
        {{1, static_cast<int>(dictionary.shape[0])}, {2, dictionary.layout.stride}, {3, products.layout.stride}}, 4,
        dictionary.shape[0], push,
        accesses({&before, &sums, &patches, &step, &replace, &dictionary, &states, &products, &targets},
                 {&dictionary, &states, &products, &targets}));
  }
  void reference(std::span<const HostTensor* const> in, std::span<HostTensor* const> out) const override {
    const auto &before = *in[0], &sums = *in[1], &patches = *in[2];
    auto &dictionary = *out[0], &states = *out[1], &products = *out[2], &targets = *out[3];
    const auto atoms = dictionary.shape[0], pixels = dictionary.shape[1];
    for (std::int64_t j = 0; j < atoms; ++j) {
      double change = 0;
      for (std::int64_t p = 0; p < pixels; ++p) change += std::pow(dictionary.at(j, p) - before.at(j, p), 2);
      const double age = states.at(atom_age, j) + 1, weight = 1 / std::min<double>(age, kUsageWindow);
      states.at(atom_usage, j) += weight * (sums.at(sum_share, j) - states.at(atom_usage, j));
      states.at(atom_energy, j) += weight * (sums.at(sum_square, j) - states.at(atom_energy, j));
      states.at(atom_age, j) = age;
      states.at(atom_change, j) = std::sqrt(change);
      if (in[4]->values[0] == 0 || age <= kGraceSteps || states.at(atom_usage, j) >= kDeadShare) continue;
      const auto number = static_cast<std::uint32_t>(j), step = static_cast<std::uint32_t>(in[3]->values[0]),
                 batch = static_cast<std::uint32_t>(patches.shape[0]),
                 turns = (static_cast<std::uint32_t>(atoms) + batch - 1) / batch;
      if (number / batch != step % turns) continue;
      const auto row = static_cast<std::int64_t>((7919u * number + 104729u * step) % batch);
      double squares = 0;
      for (std::int64_t p = 0; p < pixels; ++p) squares += patches.at(row, p) * patches.at(row, p);
      if (squares <= 1e-8) continue;
      for (std::int64_t p = 0; p < pixels; ++p) {
        dictionary.at(j, p) = patches.at(row, p) / std::sqrt(squares);
        targets.at(j, p) = 0;
      }
      for (std::int64_t i = 0; i < atoms; ++i) products.at(i, j) = products.at(j, i) = 0;
      states.at(atom_usage, j) = states.at(atom_energy, j) = states.at(atom_age, j) = 0;
    }
  }
};

// Inputs: sums, states, squares, squared error, lambda. Outputs: objective, SNR, l0, atoms used, step in place.
class Summary : public Op {
 public:
  explicit Summary(double count) : count_(count) {}
  std::string_view name() const override { return "summary"; }
  void record(RecordContext& context, const Node& node) const override {
    std::vector<std::uint64_t> addresses;
    Accesses touched;
    for (const auto input : node.inputs) {
      addresses.push_back(context[input].address());
      touched.reads.push_back(context[input].range());
    }
    for (const auto output : node.outputs) {
      addresses.push_back(context[output].address());
      touched.writes.push_back(context[output].range());
    }
    touched.reads.push_back(context[node.outputs[4]].range());
    const auto& states = context[node.inputs[1]];
    struct {
      std::uint64_t addresses;
      float count, dead_share;
      TileFields tile;
    } push{context.table(std::as_bytes(std::span(addresses))), static_cast<float>(count_), kDeadShare, {}};
    record_tiles(context, "models/sparse/summary",
                 {{1, static_cast<int>(states.shape[1])}, {2, states.layout.stride}}, 1, 1, push, touched);
  }
  void reference(std::span<const HostTensor* const> in, std::span<HostTensor* const> out) const override {
    double l0 = 0, l1 = 0, used = 0;
    for (std::int64_t k = 0; k < in[0]->shape[1]; ++k) {
      l0 += in[0]->at(sum_share, k);
      l1 += in[0]->at(sum_size, k);
      used += in[1]->at(atom_usage, k) >= kDeadShare;
    }
    out[0]->values[0] = 0.5 * in[3]->values[0] / count_ + in[4]->values[0] * l1;
    out[1]->values[0] = snr_db(in[2]->values[0], in[3]->values[0]);
    out[2]->values[0] = l0;
    out[3]->values[0] = used / static_cast<double>(in[0]->shape[1]);
    out[4]->values[0] += 1;
  }

 private:
  double count_;
};

}  // namespace

Tensor code_sums(Graph& graph, Tensor codes) {
  const Tensor sums = graph.activation({code_sums_rows, graph.shape(codes)[1]});
  graph.add(std::make_unique<CodeSums>(), {codes}, {sums});
  return sums;
}

void blend(Graph& graph, Tensor state, Tensor sum, double count, Tensor step) {
  if (graph.shape(state) != graph.shape(sum))
    throw std::logic_error("blend: the state and what it follows differ in shape");
  graph.add(std::make_unique<Blend>(count), {sum, step}, {state});
}

double snr_db(double squares, double squared_error) {
  constexpr double kLeast = 1e-30;
  return 10 * std::log10(std::max(squares, kLeast) / std::max(squared_error, kLeast));
}

double blend_weight(double step) {
  return 1 / (kWindowStart + kWindowGrowth * step);
}

void update_atoms(Graph& graph, Tensor dictionary, Tensor products, Tensor targets, Tensor normalise) {
  const auto atoms = graph.shape(dictionary)[0];
  if (graph.shape(targets) != graph.shape(dictionary) || graph.shape(products) != Shape{atoms, atoms})
    throw std::logic_error("update_atoms: products [K, K] and targets [K, P] are needed");
  graph.add(std::make_unique<UpdateAtoms>(), {products, targets, normalise},
            {dictionary, graph.activation(graph.shape(dictionary))});
}

void normalise_rows(Graph& graph, Tensor x, Tensor normalise) {
  graph.add(std::make_unique<NormaliseRows>(), {normalise}, {x});
}

void finish_atoms(Graph& graph, const AtomsToFinish& t) {
  graph.add(std::make_unique<FinishAtoms>(), {t.before, t.sums, t.patches, t.step, t.replace},
            {t.dictionary, t.states, t.products, t.targets});
}

void summarise(Graph& graph, Tensor sums, Tensor states, Tensor squares, Tensor squared_error, Tensor lambda,
               double count, const StepFigures& f) {
  graph.add(std::make_unique<Summary>(count), {sums, states, squares, squared_error, lambda},
            {f.objective, f.snr_db, f.l0, f.atoms_used, f.step});
}

}  // namespace unveil::sparse
