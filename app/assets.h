#pragma once
#include <filesystem>
#include <string_view>

namespace unveil {

// The file or folder `name` of the program's assets: beside the executable when installed (../share/unveil), in the
// source tree otherwise; the working directory plays no part. Throws Error naming both places when it is in neither.
std::filesystem::path asset_path(std::string_view name);

}  // namespace unveil
