#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "app/exhibit/run_exhibit.h"
#include "engine/models/cpc/model.h"

namespace unveil {

// InfoNCE of the fixed batch of held-out windows, at one time.
struct InfoNceLook {
  std::uint64_t step = 0;
  int candidates = 0;                         // N
  std::vector<float> infonce, picked;         // nats and share of true codes picked, [K]
  std::vector<cpc::Scorer::Matrix> matrices;  // [K]
  double seconds = 0;                         // spent

  double loss() const;   // L, nats: the mean over horizons
  double bound() const;  // log N - L
  double accuracy() const;
  // Mean probability on the diagonal of horizon k (1 … K), and off it.
  double diagonal(int k) const;
  double elsewhere(int k) const;
};
// On the trainer's thread.
std::shared_ptr<const InfoNceLook> look_at_infonce(Run& run);

}  // namespace unveil
