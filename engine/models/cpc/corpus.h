#pragma once
#include <span>
#include <vector>

#include "engine/data/dataset.h"
#include "engine/gpu/device.h"
#include "engine/graph/tensor.h"
#include "engine/models/cpc/network.h"

namespace unveil::cpc {

// Recordings of one speaker (of one folder, or all where there are no labels) one after the other, in the order of
// the data, each at root mean square 1. Clips shorter than a window thus fill one, and windows of a batch differ by
// speaker. At least `shortest` samples long: a shorter stretch is repeated. Stretches of nothing but silence are left
// out.
std::vector<std::vector<float>> stretches(const Dataset& data, std::span<const Recording> recordings,
                                          std::size_t shortest);

// Training recordings on the device, and where windows of them begin.
struct Corpus {
  // Throws Error where the training recordings hold fewer windows than a batch of `batch`, of which none may stand in
  // it twice (but for Negatives::same, which looks at no other window).
  Corpus(Device& device, const Dataset& data, const Architecture& architecture, int batch);
  Corpus(const Corpus&) = delete;  // the tensors point to the buffer
  Corpus& operator=(const Corpus&) = delete;

  Buffer buffer;
  DeviceTensor signal;  // f32 [samples], or [frames · bands]
  DeviceTensor starts;  // u32 [windows]: indices into `signal`
};

// `count` windows [count][architecture.samples] spread evenly over recordings in a fixed shuffled order, as Scorer
// takes them; windows overlap where there is too little, to within architecture.hop() of each other. Throws Error
// where that still gives fewer than `count`, unless negatives are of Negatives::same: then windows are repeated.
std::vector<float> some_windows(const Dataset& data, std::span<const Recording> recordings,
                                const Architecture& architecture, int count);
// Whether some_windows() has so many.
bool has_windows(const Dataset& data, std::span<const Recording> recordings, const Architecture& architecture,
                 int count);

}  // namespace unveil::cpc
