// What the program says of itself.
#include <CLI/CLI.hpp>
#include <fstream>

#include "app/commands/command.h"
#include "engine/models/model.h"
#include "tests/app/commands/program.h"
#include "tests/catch.h"
#include "tests/data/files.h"
#include "tests/golden/golden.h"

namespace unveil {
namespace {

std::vector<std::string> questions() {
  CLI::App app;
  CommandContext context;
  for (const auto add : registered_commands()) add(app, context);
  std::vector<std::string> all{"--help", "--exhibit vae --help"};
  for (const auto* command : app.get_subcommands(nullptr)) all.push_back(command->get_name() + " --help");
  for (const auto* model : registered_models()) all.push_back("train " + model->declaration().name + " --help");
  return all;
}

}  // namespace

TEST_CASE("the help texts are as they were", "[golden]") {
  // The library that lays them out changes its layout from version to version: the first line tells its own.
  std::string found = std::string("CLI11 ") + CLI11_VERSION + "\n";
  for (const auto& question : questions()) {
    const auto answer = test::run_program(question);
    CHECK(answer.status == 0);
    found += "\n$ unveil " + question + "\n" + answer.out;
  }
  const auto path = test::golden_path("help.txt");
  if (test::renewing()) return write_text(path, found);
  const auto kept = read_text(path);
  if (kept.substr(0, kept.find('\n')) != found.substr(0, found.find('\n'))) {
    WARN("help texts are kept as " << kept.substr(0, kept.find('\n')) << " lays them out: not compared");
    return;
  }
  CHECK(found == kept);
}

}  // namespace unveil
