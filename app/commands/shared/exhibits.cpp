#include "app/commands/shared/exhibits.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <iterator>
#include <set>

#include "engine/error.h"
#include "engine/train/open_device.h"

namespace unveil {

std::string exhibit_names() {
  std::string names;
  for (const auto* model : registered_models()) names += (names.empty() ? "" : ", ") + model->declaration().name;
  return names;
}

std::vector<const Model*> models_to_help(const CLI::App& command) {
  const auto& given = command.get_option("EXHIBIT")->results();
  auto models = registered_models();
  if (given.empty()) return models;
  std::vector<const Model*> named;
  std::ranges::copy_if(models, std::back_inserter(named),
                       [&](const Model* model) { return model->declaration().name == given.front(); });
  return named.empty() ? models : named;
}

namespace {

// Leaves out what other models than the one asked about declare.
class ExhibitHelp : public CLI::Formatter {
 public:
  ExhibitHelp(const CLI::App& command, DeclaredOptions::Member member) : command_(command), member_(member) {}

  std::string make_group(std::string group, bool positional, std::vector<const CLI::Option*> options) const override {
    std::erase_if(options, [&](const CLI::Option* option) { return is_of_others(*option); });
    return CLI::Formatter::make_group(std::move(group), positional, std::move(options));
  }
  std::string make_option_desc(const CLI::Option* option) const override {
    const auto models = models_to_help(command_);
    const auto* declared = models.size() == 1 ? find(*models.front(), *option) : nullptr;
    return declared ? text(*declared, "") : CLI::Formatter::make_option_desc(option);
  }
  static std::string text(const ModelOption& option, const std::string& models) {
    auto meaning = option.meaning + models;
    return option.default_text.empty() ? meaning : fmt::format("{} [{}]", meaning, option.default_text);
  }

 private:
  const ModelOption* find(const Model& model, const CLI::Option& option) const {
    const auto& declared = model.declaration().*member_;
    const auto found =
        std::ranges::find_if(declared, [&](const ModelOption& o) { return option.check_lname(o.name); });
    return found == declared.end() ? nullptr : &*found;
  }
  bool is_of_others(const CLI::Option& option) const {
    const auto has = [&](const Model* model) { return find(*model, option) != nullptr; };
    return std::ranges::any_of(registered_models(), has) && std::ranges::none_of(models_to_help(command_), has);
  }
  const CLI::App& command_;
  DeclaredOptions::Member member_;
};

}  // namespace

DeclaredOptions::DeclaredOptions(CLI::App& command, Member member) : member_(member), command_(&command) {
  command.formatter(std::make_shared<ExhibitHelp>(command, member));
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
    const auto meaning = ExhibitHelp::text(option, fmt::format(" ({})", models));
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

std::unique_ptr<Device> open_device(const CommandContext& context) {
  auto opened = open_device(DeviceOptions{.selector = context.device});
  for (const auto& why : opened.refused) std::fprintf(stderr, "unveil: %s\n", printable(why).c_str());
  return std::move(opened.device);
}

LoadedModel load_model(const CommandContext& context, const std::string& exhibit, const std::filesystem::path& path,
                       const std::string& data, bool needs_data) {
  const auto& model = find_model(exhibit);
  const auto file = read_safetensors(path);
  const auto info = checkpoint_info(file, path);
  if (info.model != model.declaration().name)
    throw Error(fmt::format("'{}' is a checkpoint of {}, not of {}", path.string(), info.model, exhibit));
  auto set = needs_data || !data.empty() ? nullptr : stand_in(info);
  if (!set) set = data_of_checkpoint(info, path, data);
  LoadedModel loaded;
  auto setup = setup_from(info, std::move(set));
  loaded.device = open_device(context);
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
