#include "engine/models/pixelcnn/network.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

#include "engine/ops/copy.h"
#include "engine/ops/gate.h"
#include "engine/ops/per_item.h"

namespace unveil::pixelcnn {
namespace {

constexpr int kFirstRadius = 3;  // 7×7
constexpr int kHeadChannels = 32;
const LayerOptions kRelu{.input_relu = true};

std::vector<Tap> rectangle(int top, int bottom, int left, int right) {
  std::vector<Tap> taps;
  for (int dy = top; dy <= bottom; ++dy)
    for (int dx = left; dx <= right; ++dx) taps.push_back({dy, dx});
  return taps;
}

std::vector<Tap> joined(std::vector<Tap> a, const std::vector<Tap>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

// The tap sets of both architectures; `network` and `analytic_reach` are built from the same ones.
struct Taps {
  std::vector<Tap> point{{0, 0}};
  std::vector<Tap> mask_b = {{-1, -1}, {-1, 0}, {-1, 1}, {0, -1}, {0, 0}};  // 3×3, the pixel itself included
  std::vector<Tap> mask_a;                                                  // 7×7, the pixel itself left out
  std::vector<Tap> vertical_first = rectangle(-kFirstRadius, -1, -kFirstRadius, kFirstRadius);
  std::vector<Tap> vertical = rectangle(-1, 0, -1, 1);
  std::vector<Tap> horizontal_first = rectangle(0, 0, -kFirstRadius, -1);
  std::vector<Tap> horizontal = rectangle(0, 0, -1, 0);

  explicit Taps(bool leaking) {
    if (leaking) horizontal_first.push_back({0, 0});
    mask_a = joined(vertical_first, horizontal_first);
  }
};

// What a layer learns of the class: a row added to every pixel, or what it takes from the class's map, place by place
// (van den Oord et al. 2016b, equations 4 and 5). The map does not depend on the picture: drawing pixel by pixel
// computes it once.
struct Condition {
  const Layers& layers;
  Tensor labels, map;
  int classes;

  Condition(const Layers& of, const Architecture& a, Tensor images, Tensor wanted)
      : layers(of), labels(wanted), classes(a.classes) {
    if (classes == 0 || a.class_map == 0) return;
    const Shape& s = layers.graph.shape(images);
    const Shape of_map{s[0], s[1], s[2], a.class_map};
    map = reshape(layers.graph,
                  layers.embedding("class_map", labels, classes, of_map.elements() / s[0], normal(0.1f)), of_map);
  }
  // For the residual of convolution `path`: [N, H, W, out], invalid where the class is a row.
  Tensor places(const std::string& path, int out) const {
    return map ? layers.conv(path + ".map", map, out, {{0, 0}}) : Tensor{};
  }
  // x with the class's row, unless it has its place by place already.
  Tensor row(const std::string& path, Tensor x) const {
    if (classes == 0 || map) return x;
    const Tensor rows = layers.embedding(path + ".classes", labels, classes, layers.graph.shape(x)[3], normal(0.05f));
    return add_per_item(layers.graph, x, rows);
  }
};

Tensor plain(const Layers& layers, const Architecture& a, const Taps& taps, Tensor images, Tensor labels) {
  // Residual branches begin small, so that a deep stack starts near the identity.
  const float branch = 1.0f / static_cast<float>(a.blocks);
  const Condition condition(layers, a, images, labels);
  Tensor x =
      layers.conv("input", images, 2 * a.hidden, taps.mask_a, {.residual = condition.places("input", 2 * a.hidden)});
  x = condition.row("input", x);
  for (int block = 0; block < a.blocks; ++block) {
    const auto path = [&](const char* part) { return fmt::format("blocks.{}.{}", block, part); };
    Tensor inner = layers.conv(path("reduce"), x, a.hidden, taps.point, kRelu);
    inner = layers.conv(path("conv"), inner, a.hidden, taps.mask_b,
                        {.input_relu = true, .residual = condition.places(path("conv"), a.hidden)});
    inner = condition.row(path("conv"), inner);
    x = layers.conv(path("expand"), inner, 2 * a.hidden, taps.point,
                    {.input_relu = true, .residual = x, .scale = branch});
  }
  x = layers.conv("head.0", x, kHeadChannels, taps.point, kRelu);
  return layers.conv("head.1", x, 1, taps.point, kRelu);
}

Tensor gated(const Layers& layers, const Architecture& a, const Taps& taps, Tensor images, Tensor labels) {
  Graph& graph = layers.graph;
  const Condition condition(layers, a, images, labels);
  Tensor vertical = images, horizontal = images, skip;
  for (int l = 0; l <= a.blocks; ++l) {
    const bool first = l == 0;
    const auto path = [&](const char* part) { return fmt::format("layers.{}.{}", l, part); };
    Tensor v = layers.conv(path("vertical"), vertical, 2 * a.hidden, first ? taps.vertical_first : taps.vertical,
                           {.residual = condition.places(path("vertical"), 2 * a.hidden)});
    Tensor h =
        layers.conv(path("horizontal"), horizontal, 2 * a.hidden, first ? taps.horizontal_first : taps.horizontal,
                    {.residual = condition.places(path("horizontal"), 2 * a.hidden)});
    h = layers.conv(path("link"), v, 2 * a.hidden, taps.point, {.residual = h});
    v = condition.row(path("vertical"), v);
    h = condition.row(path("horizontal"), h);
    vertical = gate(graph, v);
    const Tensor out = gate(graph, h);
    horizontal =
        layers.conv(path("residual"), out, a.hidden, taps.point, {.residual = first ? Tensor{} : horizontal});
    skip = layers.conv(path("skip"), out, kHeadChannels, taps.point,
                       {.residual = skip, .scale = 1.0f / static_cast<float>(a.blocks + 1)});
  }
  Tensor x = layers.conv("head.0", skip, kHeadChannels, taps.point, kRelu);
  return layers.conv("head.1", x, 1, taps.point, kRelu);
}

}  // namespace

Architecture architecture(const KnobValues& knobs, int classes) {
  return {.gated = knobs.integer("architecture") == 1,
          .hidden = knobs.integer("hidden"),
          .blocks = knobs.integer("blocks"),
          .classes = knobs.flag("class_conditional") ? classes : 0,
          .class_map = knobs.integer("class_map"),
          .leaking_mask = knobs.flag("leaking_mask")};
}

Tensor network(Graph& graph, const Architecture& architecture, const Weights& weights, Tensor images, Tensor labels) {
  const Layers layers{graph, weights};
  const Taps taps(architecture.leaking_mask);
  return architecture.gated ? gated(layers, architecture, taps, images, labels)
                            : plain(layers, architecture, taps, images, labels);
}

std::vector<Tap> taps_of(const Architecture& a, const std::string& path) {
  const Taps taps(a.leaking_mask);
  if (!path.ends_with(".weight")) return {};
  if (path == "input.weight") return taps.mask_a;
  if (path.starts_with("blocks.") && path.ends_with(".conv.weight")) return taps.mask_b;
  const bool first = path.starts_with("layers.0.");
  if (path.ends_with(".vertical.weight")) return first ? taps.vertical_first : taps.vertical;
  if (path.ends_with(".horizontal.weight")) return first ? taps.horizontal_first : taps.horizontal;
  return taps.point;
}

std::vector<std::uint8_t> analytic_reach(const Architecture& a, int height, int width, int row, int column) {
  using Map = std::vector<std::uint8_t>;
  const Taps taps(a.leaking_mask);
  const auto spread = [&](const Map& from, const std::vector<Tap>& set) {
    Map to(from.size());
    for (int y = 0; y < height; ++y)
      for (int x = 0; x < width; ++x)
        if (from[static_cast<std::size_t>(y * width + x)])
          for (const auto& tap : set)
            if (y + tap.dy >= 0 && y + tap.dy < height && x + tap.dx >= 0 && x + tap.dx < width)
              to[static_cast<std::size_t>((y + tap.dy) * width + x + tap.dx)] = 1;
    return to;
  };
  const auto unite = [](Map a_map, const Map& b) {
    for (std::size_t i = 0; i < a_map.size(); ++i) a_map[i] |= b[i];
    return a_map;
  };
  // Backwards from the logit; each mask B keeps the pixel itself, so residuals add nothing.
  Map h(static_cast<std::size_t>(height * width));
  h[static_cast<std::size_t>(row * width + column)] = 1;
  if (!a.gated) {
    for (int block = 0; block < a.blocks; ++block) h = spread(h, taps.mask_b);
    return spread(h, taps.mask_a);
  }
  Map v(h.size());
  for (int l = a.blocks; l > 0; --l) {
    v = spread(unite(v, h), taps.vertical);  // the link reads the vertical stack where the horizontal one is
    h = spread(h, taps.horizontal);
  }
  return unite(spread(unite(v, h), taps.vertical_first), spread(h, taps.horizontal_first));
}

}  // namespace unveil::pixelcnn
