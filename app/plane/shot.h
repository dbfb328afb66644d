#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "engine/models/plane_model.h"
#include "engine/train/run.h"

namespace unveil {

// What is asked of a model of points for a picture of the plane.
struct PlaneQuestion {
  float radius = 1;                 // of the square around the origin that is shown
  std::array<float, 2> noise = {};  // the point under the hand; models of other noise than two numbers ignore it
};

// A model of points at one step, as far as a picture of the plane shows it.
struct PlaneShot {
  static constexpr int kField = 48;      // points of the field a side
  static constexpr int kSheet = 25;      // points of the sheet a side, from -kReach to kReach
  static constexpr float kReach = 2.5f;  // standard deviations of the noise
  static constexpr int kMade = 1500;

  std::uint64_t step = 0;
  float radius = 1;
  int noise_size = 0;
  std::vector<float> made;                     // [kMade][2], of the same noise in every shot
  std::vector<float> field;                    // [kField][kField], the rows from the top, at the middles of the cells
  std::vector<float> sheet;                    // [kSheet][kSheet][2]; empty where the noise is not two numbers
  std::array<float, 2> noise = {}, hand = {};  // a point of noise and where it lands
  ModesHit hit;                                // of the made points
  double seconds = 0;                          // that the asking took
};

PlaneShot plane_shot(Run& run, const PlaneQuestion& question);
// The field between its points, and its slope (per unit of the plane); (x, y) inside the square.
float field_at(const PlaneShot& shot, float x, float y);
std::array<float, 2> field_slope(const PlaneShot& shot, float x, float y);

}  // namespace unveil
