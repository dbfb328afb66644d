#include "app/plane/shot.h"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace unveil {

PlaneShot plane_shot(Run& run, const PlaneQuestion& question) {
  const auto begin = std::chrono::steady_clock::now();
  auto& model = static_cast<PlaneModel&>(run.built());
  PlaneShot shot;
  shot.step = run.steps();
  shot.radius = question.radius;
  shot.noise_size = model.noise_size();
  auto noise = plane_noise(PlaneShot::kMade, shot.noise_size, 1);
  const bool flat = shot.noise_size == 2;
  if (flat) {
    // The sheet and the point under the hand are asked along with the points.
    for (int i = 0; i < PlaneShot::kSheet * PlaneShot::kSheet; ++i)
      for (const int at : {i % PlaneShot::kSheet, i / PlaneShot::kSheet})
        noise.push_back(PlaneShot::kReach * (2 * static_cast<float>(at) / (PlaneShot::kSheet - 1) - 1));
    noise.insert(noise.end(), question.noise.begin(), question.noise.end());
  }
  const auto points = model.generate(noise);
  const auto made = points.begin() + 2 * PlaneShot::kMade;
  shot.made.assign(points.begin(), made);
  if (flat) {
    shot.sheet.assign(made, points.end() - 2);
    shot.noise = question.noise;
    shot.hand = {points[points.size() - 2], points[points.size() - 1]};
  }
  std::vector<float> places;
  for (int row = 0; row < PlaneShot::kField; ++row)
    for (int column = 0; column < PlaneShot::kField; ++column) {
      const float cell = 2 * question.radius / PlaneShot::kField;
      places.push_back(-question.radius + cell * (static_cast<float>(column) + 0.5f));
      places.push_back(question.radius - cell * (static_cast<float>(row) + 0.5f));
    }
  shot.field = model.field(places);
  shot.hit = modes_hit(shot.made, run.data().truth);
  shot.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return shot;
}

float field_at(const PlaneShot& shot, float x, float y) {
  constexpr int n = PlaneShot::kField;
  const float cell = 2 * shot.radius / n;
  const float column = std::clamp((x + shot.radius) / cell - 0.5f, 0.0f, static_cast<float>(n - 1));
  const float row = std::clamp((shot.radius - y) / cell - 0.5f, 0.0f, static_cast<float>(n - 1));
  const int c = std::min(static_cast<int>(column), n - 2), r = std::min(static_cast<int>(row), n - 2);
  const float across = column - static_cast<float>(c), down = row - static_cast<float>(r);
  const auto at = [&](int dr, int dc) { return shot.field[static_cast<std::size_t>((r + dr) * n + c + dc)]; };
  return (1 - down) * ((1 - across) * at(0, 0) + across * at(0, 1)) +
         down * ((1 - across) * at(1, 0) + across * at(1, 1));
}

std::array<float, 2> field_slope(const PlaneShot& shot, float x, float y) {
  const float h = 2 * shot.radius / PlaneShot::kField;
  return {(field_at(shot, x + h, y) - field_at(shot, x - h, y)) / (2 * h),
          (field_at(shot, x, y + h) - field_at(shot, x, y - h)) / (2 * h)};
}

}  // namespace unveil
