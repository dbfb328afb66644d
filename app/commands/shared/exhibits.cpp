#include "app/commands/shared/exhibits.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <set>

#include "engine/error.h"

namespace unveil {

std::string exhibit_names() {
  std::string names;
  for (const auto* model : registered_models()) names += (names.empty() ? "" : ", ") + model->declaration().name;
  return names;
}

DeclaredOptions::DeclaredOptions(CLI::App& command, Member member) : member_(member), command_(&command) {
  std::map<std::string, std::pair<ModelOption, std::string>> all;  // by name, with the models that have it
  for (const auto* model : registered_models()) {
    const auto& declaration = model->declaration();
    for (const auto& option : declaration.*member) {
      const auto [entry, fresh] = all.try_emplace(option.name, option, declaration.name);
      if (fresh) continue;
      entry->second.second += ", " + declaration.name;
      // The command line must know how many values follow before it knows the model.
      const auto values = [](const ModelOption& o) { return o.kind == ModelOption::Kind::flag ? 0 : o.count; };
      if (values(entry->second.first) != values(option))
        throw std::logic_error(fmt::format("--{} takes {} values for one model and {} for another", option.name,
                                           values(entry->second.first), values(option)));
    }
  }
  for (const auto& [name, entry] : all) {
    const auto& [option, models] = entry;
    auto meaning = fmt::format("{} ({})", option.meaning, models);
    if (!option.default_text.empty()) meaning += fmt::format(" [{}]", option.default_text);
    // The values are taken from the option when they are asked for; add_option(name, text) would store into the text.
    if (option.kind == ModelOption::Kind::flag)
      command.add_flag_function(
          "--" + name, [](std::int64_t) {}, meaning);
    else
      command
          .add_option_function<std::vector<std::string>>(
              "--" + name, [](const std::vector<std::string>&) {}, meaning)
          ->expected(option.count)
          ->type_name("VALUE");
    names_.push_back(name);
  }
}

OptionValues DeclaredOptions::values(const Model& model) const {
  OptionValues given;
  for (const auto& name : names_) {
    const auto* option = command_->get_option("--" + name);
    if (option->count() == 0) continue;
    given[name] = option->get_expected_max() == 0 ? "true" : joined_values(option->results());
  }
  return checked_options(model.declaration().*member_, given);
}

LoadedModel load_model(const CommandContext& context, const std::string& exhibit, const std::filesystem::path& path,
                       const std::string& data) {
  const auto& model = find_model(exhibit);
  const auto file = read_safetensors(path);
  const auto info = checkpoint_info(file, path);
  if (info.model != model.declaration().name)
    throw Error(fmt::format("'{}' is a checkpoint of {}, not of {}", path.string(), info.model, exhibit));
  DatasetOptions options;
  options.seed = info.seed;
  options.kinds = model.declaration().data_kinds;
  auto set = std::make_shared<Dataset>(load_dataset(data.empty() ? info.data : data, options));
  LoadedModel loaded;
  auto setup = setup_from(info, std::move(set));
  loaded.device = std::make_unique<Device>(DeviceOptions{.selector = context.device});
  loaded.run = std::make_unique<Run>(*loaded.device, std::move(setup));
  loaded.run->restore(file, path);
  return loaded;
}

nlohmann::ordered_json run_result(const CommandContext& context, const std::string& command, Run& run) {
  auto result = command_result(context, command);
  result["exhibit"] = run.model().declaration().name;
  result["device"] = run.device().info().name;
  result["seed"] = run.seed();
  result["data"] = run.data().spec;
  result["data_description"] = run.data_description();
  result["steps"] = run.steps();
  return result;
}

std::string counted_as(Run& run, int split) {
  return run.built().coded_items(split) >= 0 ? "patches" : items_name(run.data().kind);
}

std::string data_text(const Run& run, const std::string& asked) {
  return asked.empty() ? "" : printable(run.data_description()) + "\n";
}

std::string metrics_text(const Metrics& metrics) {
  std::size_t width = 0;
  for (const auto& [name, value] : metrics) width = std::max(width, name.size());
  std::string text;
  for (const auto& [name, value] : metrics) text += fmt::format("  {:<{}}  {:.6g}\n", name, width, value);
  return text;
}

}  // namespace unveil
