#include "engine/ops/batch.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/data/philox.h"
#include "engine/ops/logical.h"

namespace unveil {
namespace {

constexpr int kLabel = 4;  // beside PixelValues, as in shaders/ops/batch_pictures.comp
constexpr std::int64_t kMostItems = std::int64_t{1} << 30;

int half_bits(std::int64_t items) {
  int bits = 1;
  while ((std::int64_t{1} << (2 * bits)) < items) ++bits;
  return bits;
}

struct GatherPush {
  std::uint64_t data, indices, result, seed, step;
  std::uint32_t stream, unused;
  TileFields tile;
};

// Inputs: data, indices, seed and step (of drawn pixels).
class Gather : public Op {
 public:
  Gather(int conversion, std::uint32_t stream) : conversion_(conversion), stream_(stream) {}
  std::string_view name() const override { return "batch gather"; }

  void record(RecordContext& context, const Node& node) const override {
    const auto &data = context[node.inputs[0]], &indices = context[node.inputs[1]], &y = context[node.outputs[0]];
    const bool drawn = node.inputs.size() > 2;
    const DeviceTensor *seed = drawn ? &context[node.inputs[2]] : nullptr,
                       *step = drawn ? &context[node.inputs[3]] : nullptr;
    Specialisations constants{{1, conversion_},
                              {2, static_cast<int>(data.shape.elements() / data.shape[0])},
                              {3, static_cast<int>(data.shape[0] - 1)}};
    append_logical_constants(constants, y);
    record_flat(context, "ops/batch_pictures", std::move(constants), y.layout,
                GatherPush{data.address(),
                           indices.address(),
                           y.address(),
                           seed ? seed->address() : 0,
                           step ? step->address() : 0,
                           stream_,
                           0,
                           {}},
                accesses({&data, &indices, seed, step}, {&y}));
  }

  void reference(std::span<const HostTensor* const> in, std::span<HostTensor* const> out) const override {
    auto& y = out[0]->values;
    const std::size_t item = y.size() / in[1]->values.size();
    for (std::size_t i = 0; i < y.size(); ++i) {
      const auto value = in[0]->values[static_cast<std::size_t>(in[1]->values[i / item]) * item + i % item];
      if (conversion_ == kLabel) {
        y[i] = value;
        continue;
      }
      switch (static_cast<PixelValues>(conversion_)) {
        case PixelValues::scaled: y[i] = value / 255; break;
        case PixelValues::half: y[i] = value / 255 > 0.5; break;
        case PixelValues::drawn: {
          const auto word = [&](std::size_t n, std::size_t w) {
            return static_cast<std::uint32_t>(in[n]->values[w]);
          };
          const auto block =
              philox4x32({static_cast<std::uint32_t>(i / 4), word(3, 0), stream_, 0}, {word(2, 0), word(2, 1)});
          y[i] = static_cast<double>(block[i % 4] >> 8) * 255 < value * 0x1p24;
          break;
        }
        case PixelValues::binary: y[i] = value != 0; break;
      }
    }
  }

  void backward(Graph&, Gradients&, const Node&) const override {}

 private:
  int conversion_;
  std::uint32_t stream_;
};

struct IndicesPush {
  std::uint64_t result, seed, step;
  std::uint32_t batch, items;
  std::int32_t half_bits, unused;
  TileFields tile;
};

// Inputs: seed, step.
class BatchIndices : public Op {
 public:
  explicit BatchIndices(std::int64_t items) : items_(items) {}
  std::string_view name() const override { return "batch indices"; }
  void record(RecordContext& context, const Node& node) const override {
    const auto &seed = context[node.inputs[0]], &step = context[node.inputs[1]], &y = context[node.outputs[0]];
    record_flat(context, "ops/batch_indices", {}, y.layout.floats(),
                IndicesPush{y.address(),
                            seed.address(),
                            step.address(),
                            static_cast<std::uint32_t>(y.shape[0]),
                            static_cast<std::uint32_t>(items_),
                            half_bits(items_),
                            0,
                            {}},
                accesses({&seed, &step}, {&y}));
  }
  void reference(std::span<const HostTensor* const> in, std::span<HostTensor* const> out) const override {
    const auto seed = static_cast<std::uint64_t>(in[0]->values[0]) | static_cast<std::uint64_t>(in[0]->values[1])
                                                                         << 32;
    const auto count = out[0]->values.size(), items = static_cast<std::size_t>(items_);
    for (std::size_t i = 0; i < count; ++i) {
      const auto position = static_cast<std::uint64_t>(in[1]->values[0]) * count + i;
      out[0]->values[i] =
          shuffled_index(seed, static_cast<std::uint32_t>(position / items),
                         static_cast<std::uint32_t>(position % items), static_cast<std::uint32_t>(items));
    }
  }

 private:
  std::int64_t items_;
};

void require_data(const Graph& graph, Tensor data, Tensor indices, std::int64_t per_item, const char* what) {
  const Shape &shape = graph.shape(data), &rows = graph.shape(indices);
  const bool fits = graph.info(data).dtype == DType::u8 && shape.rank() > 0 && shape[0] > 0 &&
                    shape.elements() == shape[0] * per_item && shape.elements() < (std::int64_t{1} << 32) &&
                    graph.info(indices).dtype == DType::u32 && rows.rank() == 1;
  if (!fits)
    throw std::logic_error(
        fmt::format("{}: u8 data of {} bytes an item and u32 indices [N] are needed, found {} and {}", what, per_item,
                    shape.text(), rows.text()));
}

}  // namespace

Tensor gather_pictures(Graph& graph, Tensor data, Tensor indices, const Shape& shape, PixelValues values,
                       const RandomStream& random) {
  if (shape.rank() < 2 || shape[0] != graph.shape(indices).elements())
    throw std::logic_error(
        fmt::format("gather_pictures: {} indices cannot fill {}", graph.shape(indices).elements(), shape.text()));
  require_data(graph, data, indices, shape.elements() / shape[0], "gather_pictures");
  std::vector<Tensor> inputs{data, indices};
  if (values == PixelValues::drawn) {
    check_random_stream(graph, random);
    inputs.insert(inputs.end(), {random.seed, random.step});
  }
  const Tensor y = graph.activation(shape);
  graph.add(std::make_unique<Gather>(static_cast<int>(values), random.stream), std::move(inputs), {y});
  return y;
}

Tensor gather_labels(Graph& graph, Tensor labels, Tensor indices) {
  require_data(graph, labels, indices, 1, "gather_labels");
  const Tensor y = graph.activation(graph.shape(indices), DType::u32);
  graph.add(std::make_unique<Gather>(kLabel, 0), {labels, indices}, {y});
  return y;
}

Tensor batch_indices(Graph& graph, Tensor seed, Tensor step, std::int64_t batch, std::int64_t items) {
  check_random_stream(graph, {seed, step, 0});
  if (batch < 1 || items < 1 || items > kMostItems)
    throw std::logic_error(fmt::format("batch_indices: a batch of {} from {} items", batch, items));
  const Tensor y = graph.activation({batch}, DType::u32);
  graph.add(std::make_unique<BatchIndices>(items), {seed, step}, {y});
  return y;
}

std::uint32_t shuffled_index(std::uint64_t seed, std::uint32_t epoch, std::uint32_t place, std::uint32_t items) {
  const auto finalised = [](std::uint32_t x) {
    x ^= x >> 16;
    x *= 0x85ebca6bu;
    x ^= x >> 13;
    x *= 0xc2b2ae35u;
    return x ^ (x >> 16);
  };
  const int bits = half_bits(items);
  const std::uint32_t low = (1u << bits) - 1;
  std::uint32_t keys[8];
  for (std::uint32_t half = 0; half < 2; ++half) {
    const auto words = philox4x32({epoch, half, 0, 0x73687566u},
                                  {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)});
    std::copy(words.begin(), words.end(), keys + 4 * half);
  }
  do {
    std::uint32_t left = place >> bits, right = place & low;
    for (const auto key : keys) {
      const std::uint32_t next = left ^ (finalised(right ^ key) & low);
      left = right;
      right = next;
    }
    place = left << bits | right;
  } while (place >= items);
  return place;
}

}  // namespace unveil
