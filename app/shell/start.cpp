#include "app/shell/start.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>

#include "app/exhibit/exhibit.h"
#include "app/shell/shell.h"
#include "engine/error.h"
#include "engine/train/run.h"

namespace unveil {
namespace {

// unveil [--exhibit NAME] [--data SPEC] [--load FILE] [--script FILE] [--theme dark|light] [--size WxH] [--scale S]
void add_window_options(CLI::App& app, WindowOptions& options) {
  app.add_option("--exhibit", options.exhibit, "exhibit to open");
  app.add_option("--data", options.data, "data set: a built-in name, format:path, or a path");
  app.add_option("--load", options.load, "checkpoint to open");
  app.add_option("--script", options.script, "file of commands that drives the window");
  app.add_option("--theme", options.theme, "dark or light; as it was last")->check(CLI::IsMember({"dark", "light"}));
  app.add_option("--size", options.size, "of the window, WIDTHxHEIGHT");
  app.add_option("--scale", options.scale,
                 "of everything drawn, as far as the window has room; 0: as the display asks")
      ->check(CLI::Range(0.0, 4.0));
}

}  // namespace

bool wants_window(int argc, const char* const* argv) {
  if (argc < 2) return true;
  CLI::App window;
  WindowOptions options;
  add_window_options(window, options);
  const std::string first = argv[1], name = first.substr(0, first.find('='));
  for (const auto* option : window.get_options()) {
    if (option->check_lname(name.substr(std::min<std::size_t>(2, name.size()))) && name.rfind("--", 0) == 0 &&
        name != "--help")
      return true;
  }
  return false;
}

int start_window(int argc, char** argv, const std::function<void()>& context_ready) {
  CLI::App app("Unveil: watch unsupervised learning happen", "unveil");
  WindowOptions options;
  add_window_options(app, options);
  try {
    app.parse(argc, argv);
    // A checkpoint says itself which exhibit it belongs to.
    if (options.exhibit.empty() && !options.load.empty())
      options.exhibit = checkpoint_info(read_safetensors_header(options.load), options.load).model;
    const int status = run_window(options, registered_exhibits(), context_ready);
    if (std::fflush(stdout) != 0 || std::ferror(stdout)) throw Error("standard output cannot be written");
    return status;
  } catch (const CLI::CallForHelp& help) {
    const int status = app.exit(help);
    if (std::cout.flush()) return status;
    std::fprintf(stderr, "unveil: standard output cannot be written\n");
    return 1;
  } catch (const CLI::ParseError& error) {
    std::fprintf(stderr, "unveil: %s\n", error.what());
    return 2;
  } catch (const UsageError& error) {
    std::fprintf(stderr, "unveil: %s\n", error.what());
    return 2;
  } catch (const Error& error) {
    std::fprintf(stderr, "unveil: %s\n", error.what());
    return 1;
  }
}

}  // namespace unveil
