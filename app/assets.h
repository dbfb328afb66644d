#pragma once
#include <filesystem>
#include <string_view>

namespace unveil {

// The file or folder `name` of the program's assets: beside the executable when installed (../share/unveil), in the
// source tree otherwise; the working directory plays no part. Throws Error naming both places when it is in neither.
std::filesystem::path asset_path(std::string_view name);
// The asset that a model's exhibit opens on, the first "pretrained/<model>-….safetensors"; empty where there is none.
std::string pretrained_asset(std::string_view model);

}  // namespace unveil
