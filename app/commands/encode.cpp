#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <filesystem>

#include "app/commands/shared/codes.h"
#include "app/commands/shared/exhibits.h"
#include "app/progress_bar.h"
#include "engine/data/atomic_file.h"
#include "engine/data/classes.h"
#include "engine/data/npy.h"
#include "engine/error.h"

namespace unveil {
namespace {

struct EncodeOptions {
  std::string exhibit, load, data, out, code, split = "test";
  int limit = 0;
};

// Beside codes.npy: codes.class.npy, or codes.speaker.npy and codes.digit.npy.
std::filesystem::path labels_path(std::filesystem::path path, const CodeLabels& labels) {
  return path.replace_extension(fmt::format(".{}.npy", labels.name));
}

void write_table(const std::filesystem::path& path, const CodeTable& codes) {
  CsvTable table;
  for (int d = 0; d < codes.dimensions; ++d) table.columns.push_back(fmt::format("z{}", d));
  const auto width = static_cast<std::size_t>(codes.dimensions);
  for (std::size_t i = 0; i < static_cast<std::size_t>(codes.count); ++i) {
    const auto begin = codes.values.begin() + static_cast<std::ptrdiff_t>(i * width);
    table.rows.emplace_back(begin, begin + codes.dimensions);
  }
  for (const auto& labels : codes.labels)
    add_classes(table, labels.name, labels.classes, std::vector<int>(labels.values.begin(), labels.values.end()));
  write_csv(path, table);
}

// What each is called: whole numbers, or strings.
void write_labels(const std::filesystem::path& path, const CodeLabels& labels) {
  std::vector<std::string> names;
  for (const auto value : labels.values) names.push_back(labels.classes[value]);
  if (!called_by_numbers(labels.classes)) return write_npy(path, names);
  std::vector<std::int64_t> numbers;
  for (const auto& name : names) numbers.push_back(std::stoll(name));
  write_npy(path, {static_cast<std::int64_t>(numbers.size())}, numbers);
}

std::string codes_help(const CLI::App& command) {
  std::string text;
  for (const auto* model : models_to_help(command))
    for (const auto& code : model->declaration().codes)
      text += fmt::format("\n  {} --code {:<18} {}", model->declaration().name, code.name, code.meaning);
  return text.empty() ? "It offers no codes." : "Codes:" + text;
}

void encode(const CommandContext& context, const EncodeOptions& options) {
  const std::filesystem::path out = options.out;
  const bool csv = out.extension() == ".csv";
  if (!csv && out.extension() != ".npy")
    throw UsageError(fmt::format("--out '{}' ends in neither .npy nor .csv", options.out));
  const auto code = chosen_code(find_model(options.exhibit), options.code);
  { AtomicFile probe(out); }  // a folder that cannot be written is said before the work
  auto loaded = load_model(context, options.exhibit, options.load, options.data);
  auto& run = *loaded.run;
  const int split = options.split == "test";
  if ((split ? run.data().test_count() : run.data().train_count()) == 0)
    throw Error(fmt::format("data '{}' have no {} {}", run.data().spec, options.split, items_name(run.data().kind)));
  const auto begin = std::chrono::steady_clock::now();
  CodeTable codes;
  {
    ProgressBar bar("encoding", 1);
    codes = run.built().encode(code, split, options.limit, [&](double share) {
      bar.update(share);
      return true;
    });
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  std::vector<std::string> written{options.out};
  if (csv) {
    write_table(out, codes);
  } else {
    write_npy(out, {codes.count, codes.dimensions}, codes.values);
    for (const auto& labels : codes.labels) {
      written.push_back(labels_path(out, labels).string());
      write_labels(written.back(), labels);
    }
  }
  if (context.json) {
    auto result = run_result(context, "encode", run);
    result["split"] = options.split;
    result["images"] = codes.count;
    result["seconds"] = seconds;
    result["code"] = code;
    result["dimensions"] = codes.dimensions;
    result["out"] = written;
    return print_json(result);
  }
  std::string files;
  for (const auto& file : written) files += (files.empty() ? "" : ", ") + printable(file);
  print_text(fmt::format("{}{} of {} {}, {} dimensions: {}\n", data_text(run, options.data), code, codes.count,
                         counted_as(run, split), codes.dimensions, files));
}

}  // namespace

void add_encode_command(CLI::App& app, CommandContext& context) {
  auto options = std::make_shared<EncodeOptions>();
  auto* command = app.add_subcommand("encode", "codes of a data set by a trained model, with its labels");
  command->footer([command] { return codes_help(*command); });
  command->add_option("EXHIBIT", options->exhibit, "one of " + exhibit_names())->required();
  command->add_option("--load", options->load, "the checkpoint")->type_name("FILE")->required();
  command->add_option("--data", options->data, "a data SPEC [the checkpoint's]")->type_name("SPEC");
  command->add_option("--split", options->split, "train or test [test]")->check(CLI::IsMember({"train", "test"}));
  command->add_option("--limit", options->limit, "at most so many images, recordings or patches [all; 2,000 patches]")
      ->type_name("N")
      ->check(CLI::Range(1, 1'000'000'000));
  command->add_option("--code", options->code, "which of the model's codes [its first]")->type_name("NAME");
  command->add_option("--out", options->out, "an array (.npy, labels beside it) or a table (.csv)")
      ->type_name("FILE")
      ->required();
  command->callback([&context, options] { context.work = [&context, options] { encode(context, *options); }; });
}

}  // namespace unveil
