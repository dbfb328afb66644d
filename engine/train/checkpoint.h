#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/data/dataset.h"
#include "engine/models/model.h"
#include "engine/train/safetensors.h"

namespace unveil {

// What a checkpoint says of itself beside its parameters.
struct CheckpointInfo {
  std::string model;
  std::map<std::string, std::string> knobs;  // as text
  std::string data;                          // SPEC, its path absolute; any bytes that a path may have
  std::uint64_t seed = 0, step = 0;
  std::string command;  // that made it; may be empty
  // Kind, sizes, classes and names of the data, without items; older checkpoints have none.
  std::optional<Dataset> outline;
  Normalisation normalisation;
};
// Of a file with or without its tensors' data (then normalisation stays empty). Throws Error naming the file when it
// is no checkpoint of this program.
CheckpointInfo checkpoint_info(const SafetensorsFile& file, const std::filesystem::path& path);

// Text of a checkpoint's metadata is UTF-8; names of files may be any bytes: what is none becomes U+FFFD.
std::string as_utf8(const std::string& bytes);

// Writes what CheckpointInfo holds of the data, and of what the model found in them.
void describe_data(const Dataset& data, const Normalisation& normalisation, SafetensorsFile& file);
bool is_normalisation(std::string_view tensor);

// How its data are to be loaded: in colour where the model takes it, but grey where it was built of grey ones.
DatasetOptions data_options(const CheckpointInfo& info);
// The data that a checkpoint was trained on, or `other` (a SPEC) where that is given. Throws Error: where the data
// are not there any more, one that names the checkpoint and where they were.
std::shared_ptr<const Dataset> data_of_checkpoint(const CheckpointInfo& info, const std::filesystem::path& path,
                                                  const std::string& other = {});
// "the data of checkpoint X were at Y (not there now)"; empty where they are there.
std::string data_gone(const CheckpointInfo& info, const std::filesystem::path& path);

// One made-up item of the same kind, size and names in place of the data (Dataset::absent), which is all that drawing
// takes of them. Null where the checkpoint tells too little, or the data are recordings, which nothing is drawn
// without.
std::shared_ptr<const Dataset> stand_in(const CheckpointInfo& info);
// Whether a model built for the one can take the other.
bool same_outline(const Dataset& a, const Dataset& b);

}  // namespace unveil
