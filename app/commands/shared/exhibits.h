#pragma once
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "app/commands/command.h"
#include "engine/models/model.h"
#include "engine/train/run.h"

// What the commands that take an EXHIBIT share. None of them names one: everything comes from the models'
// declarations.
namespace unveil {

// "pixelcnn, …": for help texts.
std::string exhibit_names();

// Whom a command's --help is about: the model that EXHIBIT names, else all of them.
std::vector<const Model*> models_to_help(const CLI::App& command);

// Adds the options that any model declares for a command (each once, whatever number of models declare it).
// `member`: &ModelDeclaration::sample_options, for one. --help behind an EXHIBIT lists that model's alone.
class DeclaredOptions {
 public:
  using Member = std::vector<ModelOption> ModelDeclaration::*;
  DeclaredOptions(CLI::App& command, Member member);

  // The given ones, checked against the model's own declaration with defaults filled in. Throws UsageError.
  OptionValues values(const Model& model) const;

 private:
  Member member_;
  CLI::App* command_;
  std::vector<std::string> names_;
};

// The device that --device means, or the best; those that compute wrong are named on standard error.
std::unique_ptr<Device> open_device(const CommandContext& context);

// A model restored from a checkpoint, ready to be asked.
struct LoadedModel {
  std::unique_ptr<Device> device;
  std::unique_ptr<Run> run;
};

// exhibit must be the checkpoint's own; data: a SPEC, empty for the one the checkpoint was trained on. needs_data
// false: without reading those where the checkpoint tells all that drawing takes. Throws Error or UsageError, naming
// the file.
LoadedModel load_model(const CommandContext& context, const std::string& exhibit, const std::filesystem::path& path,
                       const std::string& data, bool needs_data = true);

// The keys of command_result() that a run knows.
nlohmann::ordered_json run_result(const CommandContext& context, const std::string& command, Run& run);

// What evaluate and encode count: the data's items, or the patches that a model takes of them.
std::string counted_as(Run& run, int split);
// A line that says what the data are and what could not be used of them, where `asked` are others than the
// checkpoint's.
std::string data_text(const Run& run, const std::string& asked);

// Lines "name  value" with sensible digits.
std::string metrics_text(const Metrics& metrics);

}  // namespace unveil
