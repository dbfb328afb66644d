#version 460
#extension GL_GOOGLE_include_directive : require
#include "common/lanes.glsl"

// Decides one pixel of every picture: one picture a lane. A given pixel is taken as it is, another is 1 where its
// uniform number lies below sigmoid(logit / temperature).
layout(push_constant, scalar) uniform PushConstants {
  uint64_t logits;         // of the first picture's pixel
  uint64_t canvas;         // likewise
  uint64_t uniforms;       // this pixel's number of each picture: [pictures]
  uint64_t given;          // 0 or 1 where the pixel is given, negative where it is free: [pictures]
  uint64_t probabilities;  // of a 1: [pictures]
  uint64_t temperature;
  int logits_step, canvas_step;  // bytes from picture to picture
  TILE_FIELDS
} pc;

void main() {
  int picture = TILE_NUMBER * SG + LANE;
  if (picture >= pc.count) return;
  float temperature = load_scalar(pc.temperature);
  float logit = Floats(pc.logits + uint64_t(picture) * uint64_t(pc.logits_step)).at[0];
  float probability = 1.0 / (1.0 + exp(-logit / temperature));
  float uniform_number = Floats(pc.uniforms + uint64_t(picture * 4)).at[0];
  float given = Floats(pc.given + uint64_t(picture * 4)).at[0];
  float drawn = uniform_number < probability ? 1.0 : 0.0;
  Floats(pc.canvas + uint64_t(picture) * uint64_t(pc.canvas_step)).at[0] = given >= 0.0 ? given : drawn;
  Floats(pc.probabilities + uint64_t(picture * 4)).at[0] = probability;
}
