#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/graph/pixel_program.h"
#include "engine/models/pixelcnn/network.h"

namespace unveil::pixelcnn {

// A uniform number in [0, 1) for every pixel of every picture: Philox, key `seed`, counter (pixel div 4, picture, 0,
// "draw"). [pictures][height·width]
std::vector<float> uniform_numbers(std::uint64_t seed, int pictures, int pixels);

// Draws pictures pixel by pixel, each pixel computing only what changed, the whole batch at once.
//
// Pixels are numbered in raster order. Before pixel k is drawn, the activations of all pixels before it must be
// there: draw() from 0 on keeps them; begin_at() computes those of a canvas that is given in part.
class Sampler {
 public:
  // The parameters stay the store's: what is drawn follows training.
  Sampler(ParameterStore& store, const Architecture& architecture, int pictures, int height, int width,
          bool averaged);

  int pictures() const { return pictures_; }
  int pixels() const { return height_ * width_; }

  // All [pictures][pixels]; given: 0 or 1, or negative where the pixel is to be drawn.
  void set_uniforms(const std::vector<float>& uniforms);
  void set_given(const std::vector<float>& given);
  void set_labels(const std::vector<std::uint32_t>& labels);  // [pictures]; ignored by unconditional networks
  void set_temperature(float temperature);

  // Puts a canvas [pictures][pixels] of 0 and 1 in place and computes everything on it, so that drawing may go on at
  // any pixel.
  void begin_at(const std::vector<float>& canvas);
  // Begins with empty pictures.
  void begin();
  // Draws pixels [first, last) of every picture. What lies before `first` must have been drawn or begun with.
  void draw(int first, int last);

  // [pictures][pixels]
  std::vector<float> canvas() const;
  // Of a 1 at each pixel drawn or passed over, after temperature.
  std::vector<float> probabilities() const;
  // Everything on the canvas as it is, at once.
  void evaluate() { network_->whole().run(); }
  // The same, for comparisons with the incremental way: logits [pictures][pixels].
  std::vector<float> full_logits();
  // The logits that the incremental way left.
  std::vector<float> incremental_logits() const;

  // Bytes of activations on the device.
  std::uint64_t bytes() const { return network_->whole().arena_bytes(); }

 private:
  const CommandList& pixel(int index);
  void write_table(int number, const std::vector<float>& values);
  Device& device_;
  int pictures_, height_, width_;
  bool conditional_;
  Graph graph_;
  Tensor images_, labels_, logits_;
  std::unique_ptr<PixelProgram> network_;
  Buffer tables_;  // uniforms, given, probabilities: [pixels][pictures] each; temperature
  std::vector<std::unique_ptr<CommandList>> lists_;  // by pixel, recorded when first drawn
};

}  // namespace unveil::pixelcnn
