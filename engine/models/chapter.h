#pragma once
#include <array>
#include <cstddef>

namespace unveil {

// The chapters of the course, in their order.
enum class Chapter {
  autoregressive,
  latent_variables,
  sparse_and_energy,
  adversarial_flows_diffusion,
  self_supervised,
  sequences,
  video_and_agents,
  uses
};
constexpr std::array kChapterNames = {
    "Autoregressive",  "Latent variables", "Sparse and energy", "Adversarial, flows, diffusion",
    "Self-supervised", "Sequences",        "Video and agents",  "Uses"};
constexpr const char* chapter_name(Chapter chapter) {
  return kChapterNames[static_cast<std::size_t>(chapter)];
}

}  // namespace unveil
