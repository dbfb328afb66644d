#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "engine/data/dataset.h"

namespace unveil {

// Gives recordings their labels and splits them into dataset.train_recordings and test_recordings; their names are
// paths below the folder that was opened. Labels are, in this order:
// - speaker and digit, where most files are named {digit}_{speaker}_{index} as the Free Spoken Digit Dataset has it
// and
//   speakers say more than one digit each (takes of a song are named so too, and say nothing); other files are left
//   out,
// - the subfolders, as class_folders() has it.
// The split is that of folders called train and test, where there are both; else
// indices below 5 of such names are held out, else a tenth by a hash of the names and the seed.
// Returns what was decided, for people: "speaker and digit from the names".
std::string label_recordings(Dataset& dataset, std::vector<Recording> recordings, std::uint64_t seed);

// The first few of what is named for people.
std::string first_few(const std::vector<std::string>& names);

}  // namespace unveil
