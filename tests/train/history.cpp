#include "engine/train/history.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "tests/catch.h"
#include "tests/data/files.h"

using namespace unveil;

namespace {

double value_at(double step) {
  return 100 / std::sqrt(step) + std::sin(step);
}

MetricSeries every(double stride, double first, double last) {
  MetricSeries series;
  for (double step = first; step <= last; step += stride) append(series, step, value_at(step));
  return series;
}

MetricSeries reloaded(const MetricSeries& series) {
  SafetensorsFile file;
  write_history({{"loss", series}}, file);
  return read_history(file, "memory").at("loss");
}

}  // namespace

TEST_CASE("a curve in a checkpoint has few points, evenly, the first and the last among them", "[train]") {
  for (const double last : {2.0, 1999.0, 2001.0, 40'000.0, 1'000'000.0}) {
    INFO(last);
    const auto kept = reloaded(every(std::max(1.0, std::floor(last / 100'000)), 1, last));
    REQUIRE(kept.steps.size() == kept.values.size());
    CHECK(kept.steps.size() <= kHistoryPoints);
    CHECK(static_cast<double>(kept.steps.size()) >= std::min(last, 900.0));
    CHECK(kept.steps.front() == 1);
    CHECK(kept.steps.back() >= last - 10);
    double widest = 0;
    for (std::size_t i = 1; i < kept.steps.size(); ++i) widest = std::max(widest, kept.steps[i] - kept.steps[i - 1]);
    CHECK(widest <= std::max(1.0, 2 * last / 900));
    for (std::size_t i = 0; i < kept.steps.size(); ++i)
      if (kept.values[i] != static_cast<double>(static_cast<float>(value_at(kept.steps[i])))) FAIL("a value moved");
  }
}

TEST_CASE("a run saved in pieces keeps the same curve as a run in one", "[train]") {
  const auto whole = reloaded(every(10, 10, 130'000));
  auto pieces = reloaded(every(10, 10, 26'000));
  for (const double end : {27'000.0, 77'770.0, 130'000.0}) {
    for (double step = pieces.steps.back() + 10; step <= end; step += 10) append(pieces, step, value_at(step));
    pieces = reloaded(pieces);
  }
  CHECK(pieces.steps == whole.steps);
  CHECK(pieces.values == whole.values);
}

TEST_CASE("going back in time takes the points behind with it", "[train]") {
  auto series = every(1, 1, 10);
  append(series, 4, 7);
  CHECK(series.steps == std::vector<double>{1, 2, 3, 4});
  CHECK(series.values.back() == 7);
}

TEST_CASE("many curves share the room of a checkpoint", "[train]") {
  MetricHistory history;
  for (int i = 0; i < 200; ++i) history["kl_per_dim." + std::to_string(i)] = every(1, 1, 3000);
  SafetensorsFile file;
  write_history(history, file);
  std::size_t bytes = 0;
  for (const auto& entry : file.tensors) bytes += entry.data.size();
  CHECK(bytes <= 600 << 10);
  CHECK(read_history(file, "memory").size() == history.size());
}

TEST_CASE("a history that is not one is refused by name", "[train]") {
  const auto refused = [&](const std::function<void(SafetensorsFile&)>& spoil) {
    SafetensorsFile file;
    write_history({{"loss", every(1, 1, 3)}}, file);
    spoil(file);
    const auto message = error_of([&] { read_history(file, "x.safetensors"); });
    INFO(message);
    CHECK(message.find("x.safetensors") != std::string::npos);
    CHECK(message.find("loss") != std::string::npos);
  };
  refused([](auto& file) { file.tensors.pop_back(); });
  refused([](auto& file) { file.tensors[0].dtype = "F32"; });
  refused([](auto& file) { std::swap(file.tensors[0].data.front(), file.tensors[0].data[8]); });
  refused([](auto& file) { file.tensors[0].name = "history/loss/stops"; });
}
