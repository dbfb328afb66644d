#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "app/exhibit/run_tab.h"
#include "engine/models/cpc/network.h"

namespace unveil {

// What the tabs of the exhibit share.
struct CpcStage : RunStage {
  using RunStage::RunStage;
  cpc::Architecture architecture;                      // of the model built now
  int windows = 0;                                     // of a batch
  int candidates = 0;                                  // N of log N
  std::vector<double> held_out_steps, held_out_bound;  // log N - L of the held-out curve, nats
};

using CpcTab = TabOf<CpcStage>;

std::unique_ptr<CpcTab> make_recording_tab();
std::unique_ptr<CpcTab> make_infonce_tab();
std::unique_ptr<CpcTab> make_probe_tab();
std::unique_ptr<CpcTab> make_first_layer_tab();

// The recordings that the window shows: held-out ones, of the training part where none is held out.
const std::vector<Recording>& shown_recordings(const Dataset& data);

// How a true code stands among those it is to be told apart from.
struct Standing {
  double probability = 0;  // softmax over all of them
  int rank = 1;            // 1: it scores highest; ties count in its favour
};
// scores: of the true code first, then of the others.
Standing standing(std::span<const float> scores);

}  // namespace unveil
