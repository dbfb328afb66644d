#include "engine/tsne/tsne.h"

#include <cmath>

#include "engine/tsne/metrics.h"
#include "tests/catch.h"
#include "tests/data/files.h"
#include "tests/device.h"
#include "tests/tsne/points.h"

using namespace unveil;

namespace {

double rms(const std::vector<LayoutPoint>& a, const std::vector<LayoutPoint>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += std::pow(a[i].x - b[i].x, 2) + std::pow(a[i].y - b[i].y, 2);
  return std::sqrt(sum / static_cast<double>(a.size()));
}

std::vector<LayoutPoint> turned(std::vector<LayoutPoint> points, double angle, bool mirrored, float x, float y) {
  for (auto& p : points) {
    const double px = mirrored ? -p.x : p.x;
    p = {static_cast<float>(std::cos(angle) * px - std::sin(angle) * p.y) + x,
         static_cast<float>(std::sin(angle) * px + std::cos(angle) * p.y) + y};
  }
  return points;
}

const TsneOptions kQuick{.perplexity = 15, .exaggeration_iterations = 60};

}  // namespace

TEST_CASE("well separated blobs come out apart, and the divergence falls", "[tsne]") {
  const int count = 153, blobs = 3;
  Tsne tsne(test::device(), kQuick);
  tsne.set_codes(test::blobs(count, 8, blobs, 20, 1), count, 8);
  REQUIRE(tsne.count() == 0);
  REQUIRE(std::isnan(tsne.kl()));
  tsne.advance(70);
  REQUIRE(tsne.prepared() == 1);
  REQUIRE(tsne.iteration() == 70);
  const double early = tsne.kl();
  tsne.advance(200);
  REQUIRE(tsne.kl() < early);
  REQUIRE(tsne.kl() > 0);
  const auto layout = tsne.layout();
  // The nearest point is always one of the same blob.
  for (int i = 0; i < count; ++i) {
    int nearest = -1;
    double least = INFINITY;
    for (int j = 0; j < count; ++j) {
      const auto &a = layout[static_cast<std::size_t>(i)], &b = layout[static_cast<std::size_t>(j)];
      if (const double d = std::hypot(a.x - b.x, a.y - b.y); j != i && d < least) least = d, nearest = j;
    }
    REQUIRE(nearest % blobs == i % blobs);
  }
  test::require_silent_validation();
}

TEST_CASE("the same codes give the same bits, however the iterations are cut", "[tsne]") {
  const auto codes = test::normal_values(130, 5, 2);
  std::vector<std::vector<LayoutPoint>> layouts;
  for (const std::vector<int>& cuts : {std::vector{100}, std::vector{1, 58, 2, 39}}) {
    Tsne tsne(test::device(), kQuick);
    tsne.set_codes(codes, 130, 5);
    for (const int iterations : cuts) tsne.advance(iterations);
    tsne.perturb(0.1, 7);
    tsne.advance(5);
    layouts.push_back(tsne.layout());
  }
  REQUIRE(layouts[0] == layouts[1]);
}

TEST_CASE("advancing in slices of time prepares first and then iterates", "[tsne]") {
  Tsne tsne(test::device(), kQuick);
  tsne.set_codes(test::normal_values(600, 5, 3), 600, 5);
  REQUIRE(tsne.prepared() == 0);
  int calls = 0;
  double before = 0;
  while (tsne.prepared() < 1) {
    tsne.advance_for(0.01);
    REQUIRE(tsne.prepared() >= before);
    before = tsne.prepared();
    REQUIRE(++calls < 1000);
  }
  REQUIRE(calls > 3);
  const int done = tsne.advance_for(5);
  REQUIRE(done >= 1);
  REQUIRE(tsne.iteration() >= done);
}

TEST_CASE("a warm start leaves the layout where it is; a new start lies on the old layout", "[tsne]") {
  const int count = 150;
  auto codes = test::blobs(count, 6, 3, 15, 4);
  Tsne tsne(test::device(), kQuick);
  tsne.set_codes(codes, count, 6);
  tsne.advance(150);
  const auto before = tsne.layout();
  for (auto& value : codes) value *= 1.01f;
  tsne.set_codes(codes, count, 6);
  REQUIRE(tsne.layout() == before);
  tsne.advance(1);
  REQUIRE(tsne.iteration() == 151);
  REQUIRE(rms(tsne.layout(), before) < 1);

  // The start of other axes: turned back onto the layout, so that each blob grows where it was.
  for (std::size_t i = 0; i < codes.size(); i += 6) std::swap(codes[i], codes[i + 1]);
  const auto old = tsne.layout();
  tsne.set_codes(codes, count, 6, TsneStart::pca);
  tsne.advance(1);
  REQUIRE(tsne.iteration() == 1);
  const auto started = tsne.layout();
  REQUIRE(rms(started, procrustes(old, started)) < 1e-4);
}

TEST_CASE("knobs change while it runs", "[tsne]") {
  Tsne tsne(test::device(), kQuick);
  const auto codes = test::normal_values(200, 4, 5);
  tsne.set_codes(codes, 200, 4);
  tsne.advance(80);
  const auto before = tsne.layout();
  const double kl = tsne.kl();
  auto options = tsne.options();
  options.perplexity = 30;  // more neighbours than there are
  tsne.set_options(options);
  REQUIRE(tsne.prepared() < 1);
  REQUIRE(tsne.layout() == before);
  tsne.advance(1);
  REQUIRE(tsne.kl() != kl);
  options.perplexity = 10;  // fewer: they need not be found again
  tsne.set_options(options);
  REQUIRE(tsne.prepared() >= 0.5);
  tsne.advance(20);
  REQUIRE(tsne.iteration() == 101);
  // The same perplexity from the beginning gives the same affinities.
  const auto here = tsne.layout();
  Tsne other(test::device(), options);
  other.set_codes(codes, 200, 4);
  other.advance(0);
  other.set_layout(here);
  tsne.set_layout(here);
  tsne.advance(1);
  other.advance(1);
  REQUIRE(tsne.kl() == Approx(other.kl()).epsilon(1e-6));

  tsne.restart();
  REQUIRE(tsne.iteration() == 0);
  const auto start = tsne.layout();
  tsne.perturb(0.5, 1);
  REQUIRE(rms(tsne.layout(), start) > 0);
}

TEST_CASE("equal codes get apart, also where all of them are equal", "[tsne]") {
  Tsne tsne(test::device(), {.perplexity = 5, .exaggeration_iterations = 20});
  tsne.set_codes(std::vector<float>(60, 2.5f), 30, 2);
  tsne.advance(100);
  const auto layout = tsne.layout();
  for (std::size_t i = 0; i < layout.size(); ++i) {
    REQUIRE(std::isfinite(layout[i].x));
    REQUIRE(std::isfinite(layout[i].y));
    for (std::size_t j = 0; j < i; ++j) REQUIRE(!(layout[i] == layout[j]));
  }
}

TEST_CASE("what t-SNE cannot lay out is said in one line", "[tsne]") {
  REQUIRE(error_of([] { check_tsne(3, {.perplexity = 1}); }) == "t-SNE of 3 points; at least 4 are needed");
  REQUIRE(error_of([] { check_tsne(10'001, {}); }) ==
          "t-SNE of 10001 points; at most 10000 are laid out: take a random subset of them");
  REQUIRE(error_of([] { check_tsne(90, {}); }) ==
          "perplexity 30 with 90 points; below a third of the points (30) is accepted");
  REQUIRE(error_of([] { check_tsne(91, {}); }) == "");
  REQUIRE(error_of([] { Tsne tsne(test::device(), {.momentum = 1.5}); }) ==
          "t-SNE: the momentum is 1.5; 0 to 0.99 is accepted");
  Tsne tsne(test::device(), kQuick);
  REQUIRE(error_of([&] {
            std::vector<float> codes(200, 1);
            codes[5] = INFINITY;
            tsne.set_codes(codes, 100, 2);
          }) == "row 3, column 2: inf, where a number below 1e+15 is expected");
}

TEST_CASE("Procrustes undoes a turn, a reflection and a shift", "[tsne]") {
  const auto points = test::normal_layout(40, 3, 6);
  const double angle = GENERATE(0.0, 0.7, 2.9, -1.6);
  const bool mirrored = GENERATE(false, true);
  REQUIRE(rms(procrustes(points, turned(points, angle, mirrored, 4, -9)), points) < 1e-5);
}

TEST_CASE("quality of closed cases: a layout that is the codes, and one that is turned about", "[tsne]") {
  const int count = 301;
  const auto layout = test::normal_layout(count, 1, 8);
  std::vector<float> codes;
  for (const auto& p : layout) codes.insert(codes.end(), {p.x, p.y});
  const auto same = tsne_quality(test::device(), codes, count, 2, layout);
  REQUIRE(same.trustworthiness == 1);
  REQUIRE(same.knn_preservation == 1);

  // Points on a line whose layout is a random order: naive ranks.
  const int k = 5;
  std::vector<float> line(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < line.size(); ++i) line[i] = static_cast<float>(i) + (i % 2 ? 0.1f : 0.0f);
  const auto shuffled = test::normal_layout(count, 1, 9);
  double excess = 0, kept = 0;
  for (int i = 0; i < count; ++i) {
    std::vector<std::pair<double, int>> near;
    for (int j = 0; j < count; ++j) {
      const auto &a = shuffled[static_cast<std::size_t>(i)], &b = shuffled[static_cast<std::size_t>(j)];
      if (j != i) near.push_back({std::pow(a.x - b.x, 2) + std::pow(a.y - b.y, 2), j});
    }
    std::sort(near.begin(), near.end());
    for (int m = 0; m < k; ++m) {
      const int j = near[static_cast<std::size_t>(m)].second;
      int rank = 1;
      for (int l = 0; l < count; ++l)
        rank += l != i && test::squared_distance(line, 1, i, l) < test::squared_distance(line, 1, i, j);
      excess += std::max(0, rank - k);
      kept += rank <= k;
    }
  }
  const auto found = tsne_quality(test::device(), line, count, 1, shuffled, k);
  REQUIRE(found.trustworthiness == Approx(1 - 2.0 / (count * k * (2.0 * count - 3 * k - 1)) * excess));
  REQUIRE(found.knn_preservation == Approx(kept / (count * k)));
}

TEST_CASE("quality in double precision is that of the device, and sees what float cannot hold", "[tsne]") {
  const int count = 211, dimensions = 5;
  const auto codes = test::blobs(count, dimensions, 3, 6, 4);
  const auto layout = test::normal_layout(count, 1, 9);
  const auto on_device = tsne_quality(test::device(), codes, count, dimensions, layout);
  const auto exact = tsne_quality(std::vector<double>(codes.begin(), codes.end()), count, dimensions, layout);
  CHECK(exact.trustworthiness == Approx(on_device.trustworthiness).margin(1e-6));
  CHECK(exact.knn_preservation == Approx(on_device.knn_preservation).margin(1e-3));

  // Two groups far apart, whose own shape is beyond float: a layout that keeps it, and one that has lost it.
  std::vector<double> far;
  std::vector<LayoutPoint> kept(count), lost = test::normal_layout(count, 1, 10);
  for (int i = 0; i < count; ++i) {
    far.push_back((i % 2 ? 1e9 : 0) + i * 0.01);
    kept[static_cast<std::size_t>(i)] = {static_cast<float>(i % 2) * 1000, static_cast<float>(i)};
    lost[static_cast<std::size_t>(i)].x += static_cast<float>(i % 2) * 1000;
  }
  CHECK(tsne_quality(far, count, 1, kept).knn_preservation > 0.99);
  CHECK(tsne_quality(far, count, 1, lost).knn_preservation < 0.5);
  CHECK(tsne_quality(far, count, 1, lost).trustworthiness < 0.9);
}
