#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "engine/data/dataset.h"

namespace unveil {

// One way for data to come in. engine/data/formats/<name>.cpp defines `const DataFormat& <name>_data_format()`,
// and the build lists it.
struct DataFormat {
  std::string name;     // "idx", as in "idx:PATH"; a built-in set's name is its whole SPEC
  std::string summary;  // one line for people
  bool built_in = false;
  // Whether the content of the file or folder (magic bytes, never the name alone) is of this format; must not throw
  // on unreadable input. Null for built-in sets.
  bool (*recognises)(const std::filesystem::path& path) = nullptr;
  // path is empty for built-in sets, or what followed the colon; `kind` is one of `kinds`. Throws Error naming the
  // file. Fills all of Dataset but spec and kind.
  Dataset (*load)(const std::filesystem::path& path, const DatasetOptions& options, DataKind kind) = nullptr;
  std::vector<DataKind> kinds = {DataKind::pictures};  // what it can be loaded as; the first is what it is by itself
  std::string arguments = {};  // what may follow a built-in set's name, for people: "[:RADIUS,SIGMA]"; empty: nothing
};

// Every format and built-in set, in the order of their names; generated from engine/data/formats.
std::vector<const DataFormat*> registered_data_formats();

// The first of `wanted` that the format can be loaded as; with nothing wanted, the format's own first.
std::optional<DataKind> kind_for(const DataFormat& format, const std::vector<DataKind>& wanted);
// The formats that can be loaded as one of `wanted`, as SPECs: "digits, idx:PATH, images:PATH".
std::string accepted_specs(const std::vector<DataKind>& wanted);

// What a SPEC comes down to, without loading it. Throws Error for an unknown name, a path that does not exist or one
// whose content no format (or more than one) recognises; `wanted` decides between several.
struct ResolvedSpec {
  const DataFormat* format = nullptr;
  std::filesystem::path path;  // empty for built-in sets without arguments
  std::string spec;            // normalised: "digits", "idx:PATH"
};
ResolvedSpec resolve_data_spec(const std::string& spec, const std::vector<DataKind>& wanted = {});

}  // namespace unveil
