#include "engine/ops/batch.h"

#include <algorithm>
#include <numeric>

#include "engine/data/philox.h"
#include "engine/graph/program.h"
#include "tests/catch.h"
#include "tests/device.h"

using namespace unveil;
using namespace unveil::test;

namespace {

// Random bytes on the device, as a data set lies there.
struct Data {
  std::vector<std::uint8_t> bytes;
  Buffer buffer;
  DeviceTensor tensor;

  Data(const Shape& shape, std::uint32_t key) : bytes(static_cast<std::size_t>(shape.elements())) {
    PhiloxStream random(key, 0, 0, 0);
    for (auto& b : bytes) {
      const auto word = random.word();
      b = static_cast<std::uint8_t>(word % 4 == 0 ? 0 : word % 4 == 1 ? 255 : word >> 8);
    }
    auto padded = bytes;
    padded.resize((bytes.size() + 3) / 4 * 4);
    buffer = device().allocate(padded.size(), MemoryKind::device, "data");
    device().write(buffer, 0, std::as_bytes(std::span(padded)));
    tensor = {"data", shape, DType::u8, {}, &buffer, 0};
  }
};

}  // namespace

TEST_CASE("every epoch visits each item exactly once, in another order", "[ops]") {
  const std::uint32_t items = GENERATE(1u, 2u, 5u, 16u, 17u, 1000u, 4097u);
  std::vector<std::uint32_t> before;
  for (const std::uint32_t epoch : {0u, 1u, 2u, 0xffffffffu}) {
    std::vector<std::uint32_t> order, sorted;
    for (std::uint32_t place = 0; place < items; ++place) order.push_back(shuffled_index(99, epoch, place, items));
    sorted = order;
    std::sort(sorted.begin(), sorted.end());
    for (std::uint32_t i = 0; i < items; ++i) REQUIRE(sorted[i] == i);
    if (items >= 1000) {
      CHECK(order != before);
      // A random order moves an item by a third of the epoch on average; 5 % is many standard errors for 1,000.
      double moved = 0;
      for (std::uint32_t i = 0; i < items; ++i) moved += std::abs(static_cast<double>(order[i]) - i) / items;
      CHECK(moved / items == Approx(1.0 / 3).margin(0.05));
    }
    before = order;
  }
}

TEST_CASE("the device shuffles as the definition says, and batches run on across epochs", "[ops]") {
  const std::uint32_t items = GENERATE(1u, 7u, 100u, 60000u), batch = GENERATE(3u, 16u, 150u);
  Graph graph;
  const Tensor seed = graph.input("seed", {2}, DType::u32), step = graph.input("step", {}, DType::u32);
  const Tensor y = batch_indices(graph, seed, step, batch, items);
  Program program(device(), graph, {.keep = {y}});
  program.poison();
  program.write_u32(seed, std::vector{0xdeadbeefu, 5u});
  std::vector<int> visits(items);
  for (std::uint32_t s = 0; s < 20; ++s) {
    const std::uint32_t at = s < 19 ? s : 0xfffffff0u;  // the position needs more than 32 bits
    program.write_u32(step, std::vector{at});
    program.run();
    const auto found = read_tensor_u32(device(), program.tensor(y));
    for (std::uint32_t i = 0; i < batch; ++i) {
      const auto position = std::uint64_t{at} * batch + i;
      REQUIRE(found[i] == shuffled_index(0x5deadbeefull, static_cast<std::uint32_t>(position / items),
                                         static_cast<std::uint32_t>(position % items), items));
      if (s < 19) ++visits[found[i]];
    }
  }
  // After any number of steps no item is more than one visit ahead of another.
  CHECK(*std::max_element(visits.begin(), visits.end()) - *std::min_element(visits.begin(), visits.end()) <= 1);
  require_silent_validation();
}

TEST_CASE("pictures and labels are gathered from 8-bit data in every conversion and geometry", "[ops]") {
  const Shape item = GENERATE(Shape{1, 28, 28, 1}, Shape{1, 5, 7, 3}, Shape{1, 11});
  const auto values = GENERATE(PixelValues::scaled, PixelValues::half, PixelValues::drawn, PixelValues::binary);
  const int halo = GENERATE(0, 1, 3);
  constexpr std::uint32_t kCount = 13, kBatch = 5;
  const std::vector<std::uint32_t> chosen{12, 0, 7, 7, 3}, seed_words{11, 22}, step_word{33};
  const auto size = item.elements();
  const Data data({kCount, size}, 1), labels({kCount}, 2);
  Shape shape = item;
  shape.set(0, kBatch);
  Graph graph;
  const Tensor seed = graph.input("seed", {2}, DType::u32), step = graph.input("step", {}, DType::u32);
  const Tensor indices = graph.input("indices", {kBatch}, DType::u32);
  const Tensor y = gather_pictures(graph, graph.external(data.tensor), indices, shape, values, {seed, step, 44});
  const Tensor l = gather_labels(graph, graph.external(labels.tensor), indices);
  graph.require_halo(y, halo);
  Program program(device(), graph, {.keep = {y, l}});
  CHECK(find_hazards(program.commands()).empty());
  program.poison();
  program.write_u32(indices, chosen);
  program.write_u32(seed, seed_words);
  program.write_u32(step, step_word);
  program.run();
  const auto found = program.read(y);
  double sum = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    const auto at = static_cast<std::size_t>(size);
    const int value = data.bytes[chosen[i / at] * at + i % at];
    const auto word = philox4x32({static_cast<std::uint32_t>(i / 4), 33, 44, 0}, {11, 22})[i % 4];
    INFO("element " << i);
    switch (values) {
      case PixelValues::scaled: REQUIRE(found[i] == Approx(value / 255.0).epsilon(1e-6)); break;
      case PixelValues::half: REQUIRE(found[i] == (value > 127)); break;
      case PixelValues::drawn: REQUIRE(found[i] == ((word >> 8) * 0x1p-24 < value / 255.0)); break;
      case PixelValues::binary: REQUIRE(found[i] == (value != 0)); break;
    }
    sum += found[i];
  }
  CHECK(sum > 0);
  // Everything that is no pixel is zero.
  std::vector<float> raw(static_cast<std::size_t>(program.tensor(y).layout.floats()));
  device().read(*program.tensor(y).buffer, program.tensor(y).offset, std::as_writable_bytes(std::span(raw)));
  CHECK(std::accumulate(raw.begin(), raw.end(), 0.0) == Approx(sum));
  const auto of_labels = read_tensor_u32(device(), program.tensor(l));
  for (std::size_t i = 0; i < kBatch; ++i) CHECK(of_labels[i] == labels.bytes[chosen[i]]);
  require_silent_validation();
}

TEST_CASE("data that do not fit a batch are refused", "[ops]") {
  Graph graph;
  const Data data({4, 12}, 1);
  const Tensor x = graph.external(data.tensor), indices = graph.input("i", {3}, DType::u32);
  REQUIRE_THROWS_WITH(gather_pictures(graph, x, indices, {3, 2, 2, 1}, PixelValues::scaled),
                      Contains("4 bytes an item") && Contains("[4, 12]"));
  REQUIRE_THROWS_WITH(gather_pictures(graph, x, indices, {2, 12}, PixelValues::scaled), Contains("3 indices"));
  REQUIRE_THROWS_WITH(gather_pictures(graph, x, indices, {3, 12}, PixelValues::drawn), Contains("seed"));
}
