#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <filesystem>

#include "app/commands/shared/codes.h"
#include "app/commands/shared/exhibits.h"
#include "app/progress_bar.h"
#include "app/scatter.h"
#include "engine/data/atomic_file.h"
#include "engine/data/csv.h"
#include "engine/data/npy.h"
#include "engine/error.h"
#include "engine/tsne/metrics.h"
#include "engine/tsne/pca.h"
#include "engine/tsne/tsne.h"

namespace unveil {
namespace {

constexpr int kIterations = 1000, kPixelComponents = 50;

struct EmbedOptions {
  std::string exhibit, load, data, code, split = "test", codes, labels, columns, label_column, separator;
  std::vector<std::string> out;
  int iterations = kIterations, subset = 0, components = -1;
  TsneOptions tsne;
};

struct Embedding {
  std::unique_ptr<Device> device;
  LabelledCodes codes;
  nlohmann::ordered_json result;
  std::string told;  // of a file's columns
};

// "tab", "\\t", "semicolon", ";".
std::optional<char> separator_said(const std::string& said) {
  if (said.empty()) return std::nullopt;
  const std::pair<const char*, char> names[] = {{"tab", '\t'},  {"\\t", '\t'},   {"comma", ','}, {"semicolon", ';'},
                                                {"space", ' '}, {"blanks", ' '}, {"pipe", '|'}};
  for (const auto& [name, sign] : names)
    if (said == name) return sign;
  if (said.size() != 1 || std::isalnum(static_cast<unsigned char>(said[0])) || said[0] == '"')
    throw UsageError(
        fmt::format("--separator '{}': one sign is accepted, or comma, semicolon, tab, space or pipe", said));
  return said[0];
}

// The points from wherever the command line says.
Embedding load_points(const CommandContext& context, const EmbedOptions& options) {
  Embedding embedding;
  const int split = options.split == "test";
  if (options.codes.empty() && !(options.columns + options.label_column + options.separator).empty())
    throw UsageError("--columns, --label-column and --separator go with --codes FILE alone");
  if (!options.codes.empty()) {
    if (!options.exhibit.empty() || !options.load.empty() || !options.data.empty())
      throw UsageError("--codes goes without an EXHIBIT, --load and --data");
    auto points = read_points(options.codes, {.separator = separator_said(options.separator),
                                              .roles = {.columns = options.columns, .label = options.label_column}});
    embedding.result = command_result(context, "embed");
    embedding.result["description"] = points.told;
    embedding.result["coordinates"] = points.columns;
    embedding.result["left_out"] = points.left_out;
    embedding.told = points.told;
    embedding.codes = codes_of(std::move(points));
  } else if (!options.exhibit.empty()) {
    if (options.load.empty()) throw UsageError(fmt::format("embed {}: --load FILE is needed", options.exhibit));
    const auto code = chosen_code(find_model(options.exhibit), options.code);
    auto loaded = load_model(context, options.exhibit, options.load, options.data);
    auto& run = *loaded.run;
    if ((split ? run.data().test_count() : run.data().train_count()) == 0)
      throw Error(
          fmt::format("data '{}' have no {} {}", run.data().spec, options.split, items_name(run.data().kind)));
    ProgressBar bar("encoding", 1);
    const auto table = run.built().encode(code, split, 0, [&](double share) {
      bar.update(share);
      return true;
    });
    embedding.codes = codes_of(table, fmt::format("{} of {}", code, run.data().spec));
    embedding.result = run_result(context, "embed", run);
    embedding.result["code"] = code;
    embedding.result["split"] = options.split;
    loaded.run.reset();
    embedding.device = std::move(loaded.device);
  } else if (!options.data.empty()) {
    DatasetOptions wanted{.seed = context.seed.value_or(0)};
    wanted.kinds = {DataKind::pictures};
    const auto data = load_dataset(options.data, wanted);
    embedding.codes = pixel_codes(data, split);
    embedding.result = command_result(context, "embed");
    embedding.result["data"] = data.spec;
    embedding.result["split"] = options.split;
  } else {
    throw UsageError("nothing to lay out: --codes FILE, an EXHIBIT with --load FILE, or --data SPEC for its pixels");
  }
  if (!embedding.device) embedding.device = open_device(context);
  embedding.result["device"] = embedding.device->info().name;
  return embedding;
}

// The labels that are asked for; the first there are when none is.
PointClasses chosen_labels(const LabelledCodes& codes, const std::string& wanted) {
  if (wanted.empty()) return codes.labels.empty() ? PointClasses() : codes.labels.front();
  std::string names;
  for (const auto& labels : codes.labels) {
    if (labels.name == wanted) return labels;
    names += (names.empty() ? "" : ", ") + labels.name;
  }
  std::error_code ignored;
  if (const std::filesystem::path path = wanted; path.has_extension() || std::filesystem::exists(path, ignored))
    return read_point_labels(path, codes.count);
  throw UsageError(fmt::format("--labels '{}': no file, and {} {}", wanted, codes.source,
                               names.empty() ? "has no labels of its own" : "has the labels " + names));
}

void write_layout(const std::filesystem::path& path, const std::string& title, const LabelledCodes& codes,
                  const PointClasses& classes, const std::vector<LayoutPoint>& layout) {
  if (path.extension() == ".png") return save_scatter(path, title, layout, classes);
  if (path.extension() == ".npy") {
    std::vector<float> values;
    for (const auto& p : layout) values.insert(values.end(), {p.x, p.y});
    return write_npy(path, {codes.count, 2}, values);
  }
  CsvTable table{{"row", "x", "y"}, {}, {}};
  for (std::size_t i = 0; i < layout.size(); ++i)
    table.rows.push_back({static_cast<double>(codes.rows[i]), layout[i].x, layout[i].y});
  if (!classes.values.empty()) add_classes(table, classes.name, classes.classes, classes.values);
  write_csv(path, table);
}

void check_outputs(const std::vector<std::string>& outputs) {
  for (const auto& out : outputs) {
    const auto extension = std::filesystem::path(out).extension();
    if (extension != ".csv" && extension != ".png" && extension != ".npy")
      throw UsageError(fmt::format("--out '{}' ends in none of .csv, .npy and .png", out));
    AtomicFile probe(out);  // a folder that cannot be written is said before the work
  }
}

void check_points(const EmbedOptions& options, const LabelledCodes& codes) {
  if (codes.count > kTsneLargest)
    throw UsageError(fmt::format("{}: {} points; at most {} are laid out: --subset {} takes so many at random",
                                 codes.source, codes.count, kTsneLargest, kTsneLargest));
  try {
    check_tsne(codes.count, options.tsne);
  } catch (const UsageError& error) {
    throw UsageError(fmt::format("{}: {}", codes.source, error.what()));
  }
}

void embed(const CommandContext& context, const EmbedOptions& options) {
  check_outputs(options.out);
  auto [device, codes, result, told] = load_points(context, options);
  if (!told.empty() && !context.json) print_text(printable(told) + "\n");
  // A file of labels is as long as the file of codes, so they are joined before the subset is taken.
  codes.labels = {chosen_labels(codes, options.labels)};
  const auto seed = context.seed.value_or(0);
  const int available = codes.count;
  if (options.subset > 0) take_subset(codes, options.subset, seed);
  check_points(options, codes);
  const auto& classes = codes.labels.front();

  const bool pixels = options.codes.empty() && options.exhibit.empty();
  const int most = std::min(codes.count, codes.dimensions);
  const int components = options.components >= 0 ? options.components : pixels ? std::min(kPixelComponents, most) : 0;
  if (components > most)
    throw UsageError(fmt::format("--pca {}: {} points of {} dimensions have {} components", components, codes.count,
                                 codes.dimensions, most));
  const auto begin = std::chrono::steady_clock::now();
  Tsne tsne(*device, options.tsne);
  const int laid_out = components > 0 ? components : codes.dimensions;
  tsne.set_codes(
      components > 0 ? principal_components(codes.values, codes.count, codes.dimensions, components) : codes.values,
      codes.count, laid_out);
  {
    ProgressBar bar("laying out", options.iterations);
    constexpr int kSlice = 50;
    for (int left = options.iterations; left > 0; left -= kSlice) {
      tsne.advance(std::min(left, kSlice));
      bar.update(tsne.iteration(), fmt::format("KL {:.3f}", tsne.kl()));
    }
  }
  const auto layout = tsne.layout();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  const int k = std::min(kTsneNeighbours, (codes.count - 1) / 2);
  const auto quality = codes.exact.empty()
                           ? tsne_quality(*device, codes.values, codes.count, codes.dimensions, layout, k)
                           : tsne_quality(codes.exact, codes.count, codes.dimensions, layout, k);
  const Metrics metrics{{"kl_divergence", tsne.kl()},
                        {"trustworthiness", quality.trustworthiness},
                        {"knn_preservation", quality.knn_preservation}};
  const auto title = fmt::format("{}: t-SNE of {} points, perplexity {:g}, KL {:.3f}",
                                 std::filesystem::path(codes.source).filename().string(), codes.count,
                                 options.tsne.perplexity, tsne.kl());
  for (const auto& out : options.out) write_layout(out, title, codes, classes, layout);

  if (context.json) {
    result["seconds"] = seconds;
    result["points"] = codes.count;
    result["available"] = available;
    result["dimensions"] = laid_out;
    result["perplexity"] = options.tsne.perplexity;
    result["iterations"] = tsne.iteration();
    result["labels"] = classes.values.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(classes.name);
    if (!classes.values.empty()) result["classes"] = classes.classes;
    result["out"] = options.out;
    result["metrics"] = metrics;
    return print_json(result);
  }
  std::string files;
  for (const auto& file : options.out) files += (files.empty() ? "" : ", ") + printable(file);
  print_text(fmt::format("{} points of {} dimensions, {} iterations, {:.1f} s: {}\n{}", codes.count, laid_out,
                         tsne.iteration(), seconds, files, metrics_text(metrics)));
}

}  // namespace

void add_embed_command(CLI::App& app, CommandContext& context) {
  auto options = std::make_shared<EmbedOptions>();
  auto* command = app.add_subcommand("embed", "t-SNE of a file's codes, of a trained model's codes or of pixels");
  command->footer(
      "Metrics: kl_divergence of the layout, without exaggeration; trustworthiness and knn_preservation, of 10\n"
      "neighbours, against the codes as they came (before --pca).\n"
      "Of a table the separator, header, coordinates and labels are found and told in one line.");
  command->add_option("EXHIBIT", options->exhibit, "the model whose codes are laid out: one of " + exhibit_names());
  command->add_option("--load", options->load, "its checkpoint")->type_name("FILE");
  command->add_option("--code", options->code, "which of the model's codes [its first]")->type_name("NAME");
  command->add_option("--codes", options->codes, "an array (NumPy) or a table of text (CSV, TSV): a point a row")
      ->type_name("FILE");
  command
      ->add_option("--columns", options->columns,
                   "of a table: its coordinates, by name, number or range A..B [found]")
      ->type_name("A,B,…");
  command
      ->add_option("--label-column", options->label_column, "of a table: what its points are told apart by [found]")
      ->type_name("NAME");
  command->add_option("--separator", options->separator, "of a table: a sign, or tab, space [found]")->type_name("X");
  command->add_option("--data", options->data, "a data SPEC [the checkpoint's]; without EXHIBIT its pixels")
      ->type_name("SPEC");
  command->add_option("--split", options->split, "train or test [test]")->check(CLI::IsMember({"train", "test"}));
  command
      ->add_option("--labels", options->labels,
                   "what dots are coloured by: a name among the codes' labels, or a file (.npy, .csv) [the first]")
      ->type_name("NAME|FILE");
  command->add_option("--subset", options->subset, "at most so many points, drawn by --seed [all]")
      ->type_name("N")
      ->check(CLI::Range(1, 1'000'000'000));
  command->add_option("--pca", options->components, "principal components kept first [0: none; of pixels 50]")
      ->type_name("N")
      ->check(CLI::Range(0, 1'000'000));
  auto& tsne = options->tsne;
  command->add_option("--perplexity", tsne.perplexity, "effective number of neighbours [30]")->type_name("X");
  command->add_option("--iterations", options->iterations, fmt::format("how many [{}]", kIterations))
      ->type_name("N")
      ->check(CLI::Range(1, 1'000'000));
  command->add_option("--exaggeration", tsne.early_exaggeration, "of the first 250 iterations [12]")->type_name("X");
  command->add_option("--learning-rate", tsne.learning_rate, "[0: points / 12]")->type_name("X");
  command
      ->add_option("--out", options->out, "the layout as a table (.csv), array (.npy) or picture (.png); repeatable")
      ->type_name("FILE")
      ->allow_extra_args(false)
      ->required();
  command->callback([&context, options] { context.work = [&context, options] { embed(context, *options); }; });
}

}  // namespace unveil
