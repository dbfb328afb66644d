#include <cmath>

#include "engine/data/philox.h"
#include "engine/models/pixelcnn/model.h"
#include "engine/nn/gradients.h"
#include "engine/ops/bce.h"

namespace unveil::pixelcnn {

Scorer::Scorer(ParameterStore& store, const Architecture& architecture, int batch, int height, int width,
               bool averaged)
    : batch_(batch) {
  pictures_ = graph_.input("pictures", {batch, height, width, 1});
  if (architecture.classes > 0) labels_ = graph_.input("labels", {batch}, DType::u32);
  const Tensor logits = network(
      graph_, architecture, averaged ? averages_of(graph_, store) : weights_of(graph_, store), pictures_, labels_);
  items_ = bce_with_logits_items(graph_, logits, pictures_);
  elements_ = bce_with_logits(graph_, logits, pictures_);
  program_ = std::make_unique<Program>(store.device(), graph_,
                                       ProgramOptions{.name = "scoring", .keep = {items_, elements_}});
}

void Scorer::run(std::span<const float> pictures, std::span<const std::uint32_t> labels) {
  program_->write(pictures_, pictures);
  if (labels_) program_->write_u32(labels_, labels);
  program_->run();
}

std::vector<float> Scorer::nats() const {
  return program_->read(items_);
}
std::vector<float> Scorer::nats_of_pixels() const {
  return program_->read(elements_);
}

ReceptiveField::ReceptiveField(ParameterStore& store, const Architecture& architecture, int pictures, int height,
                               int width)
    : pictures_(pictures), height_(height), width_(width) {
  images_ = graph_.input("pictures", {pictures, height, width, 1});
  if (architecture.classes > 0) labels_ = graph_.input("labels", {pictures}, DType::u32);
  const Tensor logits = network(graph_, architecture, weights_of(graph_, store), images_, labels_);
  seed_ = graph_.input("one pixel", graph_.shape(logits));
  graph_.join(seed_, logits);
  gradient_ = gradients_of(graph_, logits, seed_, std::vector{images_})[0];
  program_ = std::make_unique<Program>(store.device(), graph_,
                                       ProgramOptions{.name = "receptive field", .keep = {gradient_}});
}

std::vector<float> ReceptiveField::measure(int row, int column, std::uint64_t seed) {
  const std::size_t pixels = static_cast<std::size_t>(height_ * width_), count = static_cast<std::size_t>(pictures_);
  std::vector<float> bits(count * pixels), one(count * pixels);
  PhiloxStream stream(seed, 0, 0, 0x66696c64);
  for (auto& bit : bits) bit = stream.uniform() < 0.5f ? 0.0f : 1.0f;
  for (std::size_t n = 0; n < count; ++n) one[n * pixels + static_cast<std::size_t>(row * width_ + column)] = 1;
  program_->write(images_, bits);
  program_->write(seed_, one);
  if (labels_) {
    std::vector<std::uint32_t> labels(count);
    program_->write_u32(labels_, labels);
  }
  program_->run();
  const auto gradient = program_->read(gradient_);
  std::vector<float> mean(pixels);
  for (std::size_t i = 0; i < gradient.size(); ++i)
    mean[i % pixels] += std::abs(gradient[i]) / static_cast<float>(count);
  return mean;
}

}  // namespace unveil::pixelcnn
