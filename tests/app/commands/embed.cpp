#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <set>

#include "app/commands/shared/codes.h"
#include "engine/data/csv.h"
#include "engine/data/npy.h"
#include "engine/data/picture.h"
#include "engine/data/table.h"
#include "tests/app/commands/program.h"
#include "tests/catch.h"
#include "tests/data/files.h"
#include "tests/tsne/points.h"

using namespace unveil;
using test::run_program;

namespace {

constexpr int kCount = 120, kDimensions = 5, kBlobs = 3;

std::vector<float> some_codes() {
  return test::blobs(kCount, kDimensions, kBlobs, 12, 1);
}

// As `encode` writes them.
void write_table(const std::filesystem::path& path, int labels) {
  CsvTable table;
  for (int d = 0; d < kDimensions; ++d) table.columns.push_back("z" + std::to_string(d));
  if (labels > 0) table.columns.push_back("speaker");
  const auto values = some_codes();
  for (int i = 0; i < kCount; ++i) {
    std::vector<double> row;
    for (int d = 0; d < kDimensions; ++d) row.push_back(values[static_cast<std::size_t>(i * kDimensions + d)]);
    if (labels > 0) row.push_back(10 * (i % labels));
    table.rows.push_back(std::move(row));
  }
  write_csv(path, table);
}

}  // namespace

TEST_CASE("embed lays out a table of codes, coloured by its labels", "[commands][tsne]") {
  const TestFolder folder;
  write_table(folder / "codes.csv", kBlobs);
  const std::string command = "embed --codes " + (folder / "codes.csv").string() +
                              " --perplexity 12 --iterations 300 --json --out " + (folder / "a.csv").string() +
                              " --out " + (folder / "a.png").string();
  const auto result = run_program(command).json();
  CHECK(result["points"] == kCount);
  CHECK(result["dimensions"] == kDimensions);
  CHECK(result["labels"] == "speaker");
  CHECK(result["metrics"]["kl_divergence"] > 0);
  CHECK(result["metrics"]["trustworthiness"] > 0.9);
  CHECK(result["metrics"]["knn_preservation"] > 0.3);
  const auto table = read_csv(folder / "a.csv");
  CHECK(table.columns == std::vector<std::string>{"row", "x", "y", "speaker"});
  REQUIRE(table.rows.size() == kCount);
  CHECK(table.rows[4][3] == 10);
  const auto picture = load_picture(folder / "a.png");
  CHECK(std::set<std::uint8_t>(picture.pixels.begin(), picture.pixels.end()).size() > 20);
  const auto first = read_text(folder / "a.csv");
  run_program(command);
  CHECK(read_text(folder / "a.csv") == first);
}

TEST_CASE("embed takes arrays, a file of labels, a subset and principal components", "[commands][tsne]") {
  const TestFolder folder;
  write_npy(folder / "codes.npy", {kCount, kDimensions}, some_codes());
  std::vector<std::int32_t> labels;
  for (int i = 0; i < kCount; ++i) labels.push_back(i % kBlobs);
  write_npy(folder / "labels.npy", {kCount}, labels);
  const auto result =
      run_program("embed --codes " + (folder / "codes.npy").string() + " --labels " +
                  (folder / "labels.npy").string() +
                  " --subset 60 --pca 3 --perplexity 8 --iterations 50 --json --out " + (folder / "a.csv").string())
          .json();
  CHECK(result["points"] == 60);
  CHECK(result["available"] == kCount);
  CHECK(result["dimensions"] == 3);
  const auto table = read_csv(folder / "a.csv");
  REQUIRE(table.rows.size() == 60);
  for (const auto& row : table.rows) CHECK(static_cast<int>(row[0]) % kBlobs == static_cast<int>(row[3]));
}

TEST_CASE("embed lays out pixels", "[commands][tsne]") {
  const TestFolder folder;
  const auto result = run_program("embed --data digits --subset 100 --perplexity 10 --iterations 20 --json --out " +
                                  (folder / "a.npy").string())
                          .json();
  CHECK(result["dimensions"] == 50);
  CHECK(result["data"] == "digits");
  CHECK(read_npy(folder / "a.npy").shape == std::vector<std::int64_t>{100, 2});
}

TEST_CASE("what embed cannot use is one clear line", "[commands][tsne]") {
  const TestFolder folder;
  write_table(folder / "codes.csv", kBlobs);
  const auto error = [&](const std::string& arguments) {
    const auto answer = run_program("embed --out " + (folder / "a.csv").string() + " " + arguments);
    INFO(answer.err);
    CHECK(answer.one_line_error());
    CHECK(answer.status > 0);
    return answer.err;
  };
  const auto codes = "--codes " + (folder / "codes.csv").string();
  CHECK_THAT(error(codes + " --perplexity 40"), Contains("codes.csv: perplexity 40 with 120 points; below a third"));
  CHECK_THAT(error(codes + " --labels nothing"), Contains("has the labels speaker"));
  CHECK_THAT(error(""), Contains("--codes FILE"));
  CHECK_THAT(error(codes + " --data digits"), Contains("--codes goes without"));
  CHECK_THAT(error("vae"), Contains("--load FILE is needed"));

  write_text(folder / "labels.csv", "label\n1\n2\n");
  CHECK_THAT(error(codes + " --labels " + (folder / "labels.csv").string()), Contains("2 labels for 120 points"));
  CHECK_THAT(error(codes + " --labels " + (folder / "none.csv").string()), Contains("none.csv"));

  write_text(folder / "bad.csv", "z0,z1\n1,2\n3,nan\n");
  const auto bad = "--codes " + (folder / "bad.csv").string();
  CHECK_THAT(error(bad), Contains("bad.csv: line 3, column z1"));
  write_text(folder / "bad.csv", "z0,z1\n1,2\n3\n");
  CHECK_THAT(error(bad), Contains("line 3 has 1 cells, the header 2"));
  CHECK_THAT(error(codes + " --label-column kind"), Contains("no such column; the columns are z0, z1"));
  CHECK_THAT(error(codes + " --columns z0,zz"), Contains("'zz'") && Contains("the columns are z0, z1"));
  CHECK_THAT(error(codes + " --separator xy"), Contains("--separator 'xy'"));
  CHECK_THAT(error("--data digits --columns a"), Contains("--columns"));
  auto values = some_codes();
  values[7] = NAN;
  write_npy(folder / "bad.npy", {kCount, kDimensions}, values);
  CHECK_THAT(error("--codes " + (folder / "bad.npy").string()), Contains("bad.npy: row 2, column 3: nan"));

  write_npy(folder / "many.npy", {10'001, 1}, std::vector<float>(10'001));
  CHECK_THAT(error("--codes " + (folder / "many.npy").string()),
             Contains("10001 points") && Contains("--subset 10000"));
}

TEST_CASE("points without labels have a subset", "[commands][tsne]") {
  const TestFolder folder;
  write_npy(folder / "codes.npy", {kCount, kDimensions}, some_codes());
  for (const char* out : {"a.csv", "a.png", "a.npy"}) {
    const auto answer = run_program("embed --codes " + (folder / "codes.npy").string() +
                                    " --subset 60 --perplexity 8 --iterations 20 --out " + (folder / out).string());
    INFO(answer.err);
    CHECK(answer.status == 0);
  }
  CHECK(read_csv(folder / "a.csv").rows.size() == 60);
}

TEST_CASE("classes keep their names in everything that embed writes, and when it is read again", "[commands][tsne]") {
  const TestFolder folder;
  std::string text = ";a;b;kind\r\n";  // as pandas writes it in Germany
  const auto values = some_codes();
  const char* const names[] = {"wild cat", "dog", "ape"};
  for (std::size_t i = 0; i < kCount; ++i)
    text += fmt::format("{};{};{};{}\r\n", i, values[i * kDimensions], values[i * kDimensions + 1], names[i % 3]);
  std::replace(text.begin(), text.end(), '.', ',');
  write_text(folder / "TABLE.CSV", text);
  const auto embed = [&](const std::string& file, const std::string& more) {
    return run_program("embed --perplexity 8 --iterations 20 --codes " + (folder / file).string() + " --out " +
                       (folder / "lay.csv").string() + more);
  };
  const std::string told =
      "120 rows; coordinates: a, b; labels: kind (3); left out: the unnamed row number; separated by semicolons, "
      "decimal commas";
  const auto answer = embed("TABLE.CSV", "");
  INFO(answer.err);
  CHECK_THAT(answer.out, Catch::Matchers::StartsWith(told + "\n"));
  CHECK(run_program("data " + (folder / "TABLE.CSV").string()).out.find(told) != std::string::npos);
  CHECK(run_program("data " + (folder / "TABLE.CSV").string() + " --json").json()["labels"]["kind"]["dog"] == 40);
  const auto layout = read_table(folder / "lay.csv");
  CHECK(layout.columns == std::vector<std::string>{"row", "x", "y", "kind"});
  CHECK(layout.cell(3, 3) == "wild cat");
  CHECK(layout.cell(4, 3) == "dog");

  const auto again = embed("lay.csv", " --json").json();
  CHECK(again["dimensions"] == 2);
  CHECK(again["labels"] == "kind");
  CHECK(again["classes"] == std::vector<std::string>{"ape", "dog", "wild cat"});
  CHECK(again["left_out"] == std::vector<std::string>{"row"});
  CHECK(embed("TABLE.CSV", " --columns b --label-column a --json").json()["labels"] ==
        "a");  // as was said, whatever it holds
  CHECK(embed("TABLE.CSV", " --columns b --json").json()["dimensions"] == 1);
}

TEST_CASE("a column of times far from zero keeps its clusters, and the figures say so", "[commands][tsne]") {
  const TestFolder folder;
  const auto noise = test::normal_values(kCount, 3, 5);
  std::string text = "time,a,b\n";
  for (std::size_t i = 0; i < kCount; ++i)
    text +=
        fmt::format("{:.3f},{},{}\n", 1.7e9 + 20.0 * static_cast<double>(i % 3) + static_cast<double>(noise[3 * i]),
                    0.1f * noise[3 * i + 1], 0.1f * noise[3 * i + 2]);
  write_text(folder / "time.csv", text);
  const auto metrics = run_program("embed --perplexity 10 --iterations 500 --json --codes " +
                                   (folder / "time.csv").string() + " --out " + (folder / "lay.csv").string())
                           .json()["metrics"];
  CHECK(metrics["trustworthiness"] > 0.98);
  CHECK(metrics["knn_preservation"] > 0.6);
  // The nearest in the layout is of the same cluster.
  const auto layout = read_csv(folder / "lay.csv");
  int pure = 0;
  for (std::size_t i = 0; i < kCount; ++i) {
    std::size_t best = i == 0;
    const auto away = [&](std::size_t j) {
      return std::hypot(layout.rows[i][1] - layout.rows[j][1], layout.rows[i][2] - layout.rows[j][2]);
    };
    for (std::size_t j = 0; j < kCount; ++j)
      if (j != i && away(j) < away(best)) best = j;
    pure += best % 3 == i % 3;
  }
  CHECK(pure == kCount);
}

TEST_CASE("a subset is drawn by the seed, keeps the order and takes no point twice", "[commands][tsne]") {
  LabelledCodes codes{"x", 50, 1, {}, {{"n", {}, {}}}, {}, {}};
  for (int i = 0; i < 50; ++i) {
    codes.values.push_back(static_cast<float>(i));
    codes.labels[0].values.push_back(i);
    codes.rows.push_back(i);
  }
  auto one = codes, same = codes, other = codes;
  take_subset(one, 20, 1);
  take_subset(same, 20, 1);
  take_subset(other, 20, 2);
  CHECK(one.rows == same.rows);
  CHECK(one.rows != other.rows);
  REQUIRE(one.rows.size() == 20);
  CHECK(std::is_sorted(one.rows.begin(), one.rows.end()));
  CHECK(std::set<int>(one.rows.begin(), one.rows.end()).size() == 20);
  for (std::size_t i = 0; i < 20; ++i) {
    CHECK(one.values[i] == static_cast<float>(one.rows[i]));
    CHECK(one.labels[0].values[i] == one.rows[i]);
  }
  take_subset(codes, 60, 1);
  CHECK(codes.count == 50);
}
