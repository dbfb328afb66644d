#include "engine/ops/unfold.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/graph/tiles.h"

namespace unveil {
namespace {

struct Push {
  std::uint64_t picture, patches;
  std::int32_t patch_row_bytes, y, x, unused;
  TileFields tile;
};

struct GradientPush {
  std::uint64_t patches, picture;
  TileFields tile;
};

// As shaders/ops/unfold.glsl numbers them; u may lie in rows of its own, one for each picture.
Specialisations constants(const DeviceTensor& x, const DeviceTensor& u, const std::vector<Tap>& taps, int stride) {
  const auto &a = x.layout, &b = u.layout;
  const bool picture = u.shape.rank() == 4;
  const auto of = [](std::int64_t value) { return static_cast<std::int32_t>(value); };
  Specialisations all{{1, of(x.shape.cols())},
                      {2, of(static_cast<std::int64_t>(taps.size()))},
                      {3, stride},
                      {4, of(x.shape[0])},
                      {5, a.stride},
                      {6, of(a.first)},
                      {7, of(a.image_rows)},
                      {8, a.line_rows},
                      {9, of(x.shape[1])},
                      {10, of(x.shape[2])},
                      {11, b.stride},
                      {12, of(b.first)},
                      {13, picture ? of(b.image_rows) : 1},
                      {14, picture ? b.line_rows : 1},
                      {15, picture ? of(u.shape[1]) : 1},
                      {16, picture ? of(u.shape[2]) : 1}};
  for (std::size_t t = 0; t < taps.size(); ++t)
    all.push_back({static_cast<std::uint32_t>(20 + t), taps[t].dy * 65536 + (taps[t].dx & 0xffff)});
  return all;
}

// u[row r, t * C + c] <-> x: calls visit(u row, u column, x row, x column) for every patch element inside a picture.
template <class Visit>
void each_element(const Shape& x, const Shape& u, const std::vector<Tap>& taps, int stride, Visit visit) {
  for (std::int64_t r = 0; r < u.rows(); ++r) {
    const std::int64_t n = r / (u[1] * u[2]), oy = r / u[2] % u[1], ox = r % u[2];
    for (std::size_t t = 0; t < taps.size(); ++t) {
      const std::int64_t iy = oy * stride + taps[t].dy, ix = ox * stride + taps[t].dx;
      if (iy < 0 || iy >= x[1] || ix < 0 || ix >= x[2]) continue;
      for (std::int64_t c = 0; c < x[3]; ++c)
        visit(r, static_cast<std::int64_t>(t) * x[3] + c, (n * x[1] + iy) * x[2] + ix, c);
    }
  }
}

class UnfoldGradient : public Op {
 public:
  UnfoldGradient(std::vector<Tap> taps, int stride) : taps_(std::move(taps)), stride_(stride) {}
  std::string_view name() const override { return "unfold gradient"; }

  void record(RecordContext& context, const Node& node) const override {
    const auto &du = context[node.inputs[0]], &dx = context[node.outputs[0]];
    record_flat(context, "ops/unfold_gradient", constants(dx, du, taps_, stride_), dx.layout.floats(),
                GradientPush{du.address(), dx.address(), {}}, accesses({&du}, {&dx}));
  }

  void reference(std::span<const HostTensor* const> in, std::span<HostTensor* const> out) const override {
    std::fill(out[0]->values.begin(), out[0]->values.end(), 0.0);
    each_element(
        out[0]->shape, in[0]->shape, taps_, stride_,
        [&](std::int64_t r, std::int64_t j, std::int64_t p, std::int64_t c) { out[0]->at(p, c) += in[0]->at(r, j); });
  }

 private:
  std::vector<Tap> taps_;
  int stride_;
};

// The same scatter as a forward operation: patches are added up where they overlap.
class Fold : public UnfoldGradient {
 public:
  Fold(std::vector<Tap> taps, int stride) : UnfoldGradient(taps, stride), taps_(std::move(taps)), stride_(stride) {}
  std::string_view name() const override { return "fold"; }
  void backward(Graph& graph, Gradients& gradients, const Node& node) const override {
    const Tensor patches = node.inputs[0];
    if (gradients.wanted(patches))
      gradients.add(patches, unfold(graph, gradients.of(node.outputs[0]), taps_, stride_));
  }

 private:
  std::vector<Tap> taps_;
  int stride_;
};

class Unfold : public Op {
 public:
  Unfold(std::vector<Tap> taps, int stride) : taps_(std::move(taps)), stride_(stride) {}
  std::string_view name() const override { return "unfold"; }

  void record(RecordContext& context, const Node& node) const override {
    const auto &x = context[node.inputs[0]], &u = context[node.outputs[0]];
    auto all = constants(x, u, taps_, stride_);
    all.push_back({17, 0});
    record_flat(context, "ops/unfold", all, u.layout.floats(),
                Push{x.address(), u.address(), u.layout.stride * 4, 0, 0, 0, {}}, accesses({&x}, {&u}));
  }

  void record_pixel(RecordContext& context, const Node& node, int row, int column) const override {
    record_unfold_pixel(context.device(), context.recorder(), context[node.inputs[0]], context[node.outputs[0]],
                        taps_, stride_, row, column);
  }

  int newest_row() const override {
    return stride_ == 1 && std::all_of(taps_.begin(), taps_.end(), [](const Tap& tap) { return tap.dy < 0; }) ? -1
                                                                                                              : 0;
  }

  void reference(std::span<const HostTensor* const> in, std::span<HostTensor* const> out) const override {
    std::fill(out[0]->values.begin(), out[0]->values.end(), 0.0);
    each_element(
        in[0]->shape, out[0]->shape, taps_, stride_,
        [&](std::int64_t r, std::int64_t j, std::int64_t p, std::int64_t c) { out[0]->at(r, j) = in[0]->at(p, c); });
  }

  void backward(Graph& graph, Gradients& gradients, const Node& node) const override {
    const Tensor x = node.inputs[0];
    if (!gradients.wanted(x)) return;
    const Tensor dx = graph.activation(graph.shape(x));
    graph.join(x, dx);
    graph.add(std::make_unique<UnfoldGradient>(taps_, stride_), {gradients.of(node.outputs[0])}, {dx});
    gradients.add(x, dx);
  }

 private:
  std::vector<Tap> taps_;
  int stride_;
};

}  // namespace

Tensor unfold(Graph& graph, Tensor x, const std::vector<Tap>& taps, int stride) {
  const Shape& shape = graph.shape(x);
  if (shape.rank() != 4) throw std::logic_error(fmt::format("unfold takes [N, H, W, C], not {}", shape.text()));
  if (taps.empty() || taps.size() > detail::kMaxTaps || stride < 1)
    throw std::logic_error(fmt::format("unfold takes 1 to {} taps and a stride of 1 or more, not {} and {}",
                                       detail::kMaxTaps, taps.size(), stride));
  const Tensor u = graph.activation({shape[0], (shape[1] + stride - 1) / stride, (shape[2] + stride - 1) / stride,
                                     static_cast<std::int64_t>(taps.size()) * shape[3]});
  graph.add(std::make_unique<Unfold>(taps, stride), {x}, {u});
  return u;
}

void record_unfold_pixel(Device& device, Recorder& recorder, const DeviceTensor& x, const DeviceTensor& patches,
                         const std::vector<Tap>& taps, int stride, int row, int col) {
  const auto& layout = patches.layout;
  const bool picture = layout.image_rows > 0;
  auto all = constants(x, patches, taps, stride);
  all.push_back({17, 1});
  const std::int64_t first = picture ? layout.first + row * layout.line_rows + col : 0,
                     step = picture ? layout.image_rows : 1;
  all[11].value = 0;  // rows are numbered by picture
  record_flat(RecordTarget(device, recorder), "ops/unfold", all, x.shape[0] * layout.stride,
              Push{x.address(),
                   patches.address() + static_cast<std::uint64_t>(first * layout.stride * 4),
                   static_cast<std::int32_t>(step * layout.stride * 4),
                   row,
                   col,
                   0,
                   {}},
              accesses({&x}, {&patches}));
}

Tensor fold(Graph& graph, Tensor patches, const Shape& shape, const std::vector<Tap>& taps, int stride) {
  const auto up = [&](std::int64_t extent) { return (extent + stride - 1) / stride; };
  const Shape expected{shape[0], up(shape[1]), up(shape[2]), static_cast<std::int64_t>(taps.size()) * shape[3]};
  if (shape.rank() != 4 || taps.empty() || taps.size() > detail::kMaxTaps || graph.shape(patches) != expected)
    throw std::logic_error(fmt::format("fold: pictures {} need patches {} of at most {} taps, found {}", shape.text(),
                                       expected.text(), detail::kMaxTaps, graph.shape(patches).text()));
  const Tensor y = graph.activation(shape);
  graph.add(std::make_unique<Fold>(taps, stride), {patches}, {y});
  return y;
}

}  // namespace unveil
