#include "app/commands/command.h"

#include <fmt/format.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <sstream>

#include "app/interruption.h"
#include "engine/error.h"
#include "engine/gpu/device.h"

namespace unveil {
namespace {

constexpr int kFailed = 1;
constexpr int kWrongUsage = 2;
constexpr const char* kStatusHelp =
    "Exit status: 0 done; 1 the work failed; 2 wrong usage; 128 + n ended by signal n, with what was trained saved\n"
    "(130 Ctrl-C, 143 SIGTERM, 129 SIGHUP).";

std::string join(const std::vector<std::string>& parts) {
  std::string all;
  for (const auto& part : parts) all += (all.empty() ? "" : ", ") + part;
  return all;
}

std::string command_names(CLI::App& app) {
  std::vector<std::string> names;
  for (const auto* command : app.get_subcommands(nullptr)) names.push_back(command->get_name());
  std::sort(names.begin(), names.end());
  return join(names);
}

bool has_command(CLI::App& app, const std::string& name) {
  const auto commands = app.get_subcommands(nullptr);
  return std::any_of(commands.begin(), commands.end(), [&](const auto* c) { return c->get_name() == name; });
}

std::string option_names(const CLI::App& command) {
  std::vector<std::string> names;
  for (const auto* option : command.get_options()) names.push_back(option->get_name());
  return join(names);
}

int report(const std::string& message, int status) {
  std::fprintf(stderr, "unveil: %s\n", printable(message).c_str());
  return status;
}

void add_shared_options(CLI::App& command, CommandContext& context) {
  command
      .add_option(
          "--device", context.device,
          fmt::format("Vulkan device: its number, a part of its name, or {} (lavapipe with the kernels of GPUs)",
                      kGpuFormulation))
      ->type_name("NAME");
  // CLI11 takes -1 for 2^64 - 1.
  const auto whole = [](const std::string& text) -> std::string {
    const bool digits = std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (digits && text.size() <= 19) return "";
    return fmt::format("'{}' found; a whole number from 0 to 9999999999999999999 is expected", text);
  };
  command.add_option("--seed", context.seed, "seed of everything random, 0 or more")->type_name("N")->check(whole);
  command.add_flag("--json", context.json, "print the result as one JSON object");
}

// CLI11's complaint in one line that also says what is accepted.
std::string usage_message(CLI::App& app, const CLI::ParseError& error) {
  const auto chosen = app.get_subcommands();
  if (chosen.empty()) return fmt::format("{}; commands are {}", error.what(), command_names(app));
  const auto& command = *chosen.front();
  const auto extras = command.remaining(true);
  if (dynamic_cast<const CLI::ExtrasError*>(&error) && !extras.empty()) {
    const auto& extra = extras.front();
    return fmt::format("{}: {} '{}'; accepted are {}", command.get_name(),
                       extra.starts_with("-") ? "unknown option" : "unexpected argument", extra,
                       option_names(command));
  }
  return fmt::format("{}: {} (unveil {} --help says more)", command.get_name(), error.what(), command.get_name());
}

int parse_and_run(CLI::App& app, CommandContext& context, int argc, char** argv) {
  if (argc < 2) throw UsageError(fmt::format("a command is missing; commands are {}", command_names(app)));
  const std::string first = argv[1];
  if (first.starts_with("-") && first != "--help" && first != "-h" && first != "--version")
    throw UsageError(fmt::format("'{}' found where a command is expected; commands are {}; options stand behind them",
                                 first, command_names(app)));
  if (!first.starts_with("-") && !has_command(app, first))
    throw UsageError(fmt::format("unknown command '{}'; commands are {}", first, command_names(app)));
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {
    std::ostringstream text;  // --help and --version
    app.exit(success, text);
    print_text(text.str());
    return 0;
  } catch (const CLI::ParseError& error) {
    throw UsageError(usage_message(app, error));
  }
  context.work();
  return 0;
}

}  // namespace

nlohmann::ordered_json command_result(const CommandContext& context, const std::string& command) {
  nlohmann::ordered_json result;
  result["command"] = command;
  for (const char* key : {"exhibit", "device", "seed", "data", "split", "images", "seconds", "steps"})
    result[key] = nullptr;
  if (context.seed) result["seed"] = *context.seed;
  result["metrics"] = nlohmann::ordered_json::object();
  return result;
}

void print_text(const std::string& text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0)
    throw Error("standard output cannot be written");
}

void print_json(const nlohmann::ordered_json& result) {
  print_text(result.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n");
}

std::string printable(const std::string& text) {
  std::string shown;
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (c == '\n')
      shown += "\\n";
    else if (code < 0x20 || code == 0x7f)
      shown += fmt::format("\\x{:02x}", code);
    else
      shown += c;
  }
  return shown;
}

int run_commands(int argc, char** argv) {
  std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is an error to report, not a reason to be killed
  spdlog::set_default_logger(
      std::make_shared<spdlog::logger>("unveil", std::make_shared<spdlog::sinks::stderr_color_sink_mt>()));
  spdlog::set_pattern("%^%v%$");
  try {
    CommandContext context;
    CLI::App app("Watch unsupervised learning happen. Without a command: the window.", "unveil");
    app.set_version_flag("--version", UNVEIL_VERSION);
    app.require_subcommand(1);
    app.footer(kStatusHelp);
    for (const auto add : registered_commands()) add(app, context);
    for (auto* command : app.get_subcommands(nullptr)) add_shared_options(*command, context);
    return parse_and_run(app, context, argc, argv);
  } catch (const EndedBySignal& ended) {
    return exit_status_of(ended.signal);
  } catch (const UsageError& error) {
    return report(error.what(), kWrongUsage);
  } catch (const Error& error) {
    return report(error.what(), kFailed);
  } catch (const std::bad_alloc&) {
    return report("out of memory", kFailed);
  } catch (const std::logic_error& error) {
    return report(fmt::format("internal error: {}", error.what()), kFailed);
  } catch (const std::exception& error) {
    return report(error.what(), kFailed);
  }
}

}  // namespace unveil
