#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "engine/error.h"
#include "engine/models/sparse/model.h"

namespace unveil::sparse {
namespace {

constexpr int kSceneIterations = 60;  // of FISTA: the eye sees no difference to more

// Grey 128 is 0; `reach` is what becomes black and white.
Picture signed_picture(std::span<const float> values, int height, int width, float reach) {
  Picture picture{width, height, 1, {}};
  for (const float v : values)
    picture.pixels.push_back(
        static_cast<std::uint8_t>(std::lround(std::clamp(128 + 127 * v / std::max(reach, 1e-12f), 0.0f, 255.0f))));
  return picture;
}

Picture grey_picture(const Scene& scene) {
  Picture picture{scene.width, scene.height, 1, {}};
  for (const float v : scene.grey)
    picture.pixels.push_back(static_cast<std::uint8_t>(std::lround(255 * std::clamp(v, 0.0f, 1.0f))));
  return picture;
}

float reach_of(std::span<const float> values) {
  float reach = 0;
  for (const float v : values) reach = std::max(reach, std::abs(v));
  return reach;
}

// Largest first where `falling`.
std::vector<int> order_by(const std::vector<double>& keys, bool falling) {
  std::vector<int> order(keys.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
    const double x = keys[static_cast<std::size_t>(a)], y = keys[static_cast<std::size_t>(b)];
    return falling ? x > y : x < y;
  });
  return order;
}

std::vector<int> atom_order(const std::string& by, const Dictionary& dictionary, const AtomStates& states, int size) {
  const auto from = [](const std::vector<float>& values) {
    return std::vector<double>(values.begin(), values.end());
  };
  if (by == "usage") return order_by(from(states.usage), true);
  if (by == "age") return order_by(from(states.age), true);
  if (by == "none") return order_by(std::vector<double>(static_cast<std::size_t>(dictionary.atoms)), true);
  if (by != "frequency" && by != "orientation")
    throw UsageError(fmt::format("--sort cannot be '{}'; it takes usage, frequency, orientation, age or none", by));
  std::vector<double> keys;
  for (const auto& fit : fit_atoms(dictionary, size))
    keys.push_back(by == "frequency" ? fit.frequency : fit.orientation);
  return order_by(keys, false);
}

}  // namespace

Scene BuiltSparse::scene_of(const Picture& picture, const std::string& name) {
  return {name, picture.height, picture.width, to_grey(picture)};
}

SceneReconstruction BuiltSparse::reconstruct_scene(const Scene& scene, const Inference& inference, int stride,
                                                   const Progress& progress) {
  const int side = size();
  if (scene.height < side || scene.width < side)
    throw Error(fmt::format("{}: {}×{} pixels are less than a patch of patch_size = {}", scene.name, scene.width,
                            scene.height, side));
  PreparedScene prepared = prepare_scene(scene, preparation_);
  if (prepared.scale == 0) throw Error(fmt::format("{}: the picture is flat: there is nothing to code", scene.name));
  // Corners every `stride` pixels, the last ones at the far edge.
  const auto corners = [&](int extent) {
    std::vector<int> at;
    for (int i = 0; i + side < extent; i += stride) at.push_back(i);
    at.push_back(extent - side);
    return at;
  };
  const auto rows = corners(scene.height), columns = corners(scene.width);
  const auto total = static_cast<int>(rows.size() * columns.size());
  const Dictionary atoms = dictionary();
  const auto pixels_of_scene = scene.grey.size(), row = static_cast<std::size_t>(pixels()),
             width = static_cast<std::size_t>(atoms_);
  std::vector<double> sum(pixels_of_scene), weight(pixels_of_scene);
  Inference fast = inference;
  fast.solver = Solver::fista;
  SceneReconstruction result;
  double active = 0;
  for (int first = 0; first < total; first += solver().patches()) {
    const int here = std::min(solver().patches(), total - first);
    std::vector<float> batch;
    std::vector<PatchScale> scales(static_cast<std::size_t>(here));
    const auto corner = [&](int i) {
      const auto n = static_cast<std::size_t>(first + i);
      return static_cast<std::size_t>(rows[n / columns.size()]) * static_cast<std::size_t>(scene.width) +
             static_cast<std::size_t>(columns[n % columns.size()]);
    };
    const auto place = [&](std::size_t p) {
      return p / static_cast<std::size_t>(side) * static_cast<std::size_t>(scene.width) +
             p % static_cast<std::size_t>(side);
    };
    for (int i = 0; i < here; ++i) {
      const auto n = static_cast<std::size_t>(first + i);
      const auto patch = this->patch(prepared, rows[n / columns.size()], columns[n % columns.size()],
                                     &scales[static_cast<std::size_t>(i)]);
      batch.insert(batch.end(), patch.begin(), patch.end());
    }
    const auto codes = solver().run(batch, fast, kSceneIterations);
    for (int i = 0; i < here; ++i) {
      const auto code = std::span(codes).subspan(static_cast<std::size_t>(i) * width, width);
      const auto again = unprepared(sparse::reconstruct(atoms, code), scales[static_cast<std::size_t>(i)]);
      for (std::size_t p = 0; p < row; ++p) {
        sum[corner(i) + place(p)] += again[p];
        weight[corner(i) + place(p)] += 1;
      }
      active += static_cast<double>(std::count_if(code.begin(), code.end(), [](float a) { return a != 0; }));
    }
    if (progress && !progress(static_cast<double>(first + here) / total)) break;
  }
  result.grey = scene;
  result.prepared = {scene.name, scene.height, scene.width, prepared.values};
  result.reconstruction = result.prepared;
  double signal = 0, error = 0;
  for (std::size_t i = 0; i < pixels_of_scene; ++i) {
    result.reconstruction.grey[i] = static_cast<float>(sum[i] / std::max(weight[i], 1.0));
    signal += std::pow(double{prepared.values[i]}, 2);
    error += std::pow(double{prepared.values[i]} - result.reconstruction.grey[i], 2);
  }
  prepared.values = result.reconstruction.grey;
  result.restored = restore_scene(prepared, preparation_);
  result.restored.name = scene.name;
  result.snr_db = 10 * std::log10(signal / std::max(error, 1e-30));
  result.l0 = active / total;
  return result;
}

SampleResult BuiltSparse::sample(int count, std::uint64_t, const OptionValues& options, bool,
                                 const Progress& progress) {
  const auto option = [&](const char* name) {
    const auto found = options.find(name);
    return found == options.end() ? std::string() : found->second;
  };
  SampleResult result;
  if (const auto file = option("image"); !file.empty()) {
    Inference asked = inference();
    if (const auto lambda = option("lambda"); !lambda.empty()) asked.lambda = std::stod(lambda);
    const int stride = std::stoi(option("stride"));
    if (stride > size())
      throw UsageError(fmt::format("--stride {} leaves gaps between patches of {} pixels; 1 to {} are accepted",
                                   stride, size(), size()));
    const auto scene = reconstruct_scene(scene_of(load_picture(file), file), asked, stride, progress);
    result.scale = 1;
    result.metrics = {{"snr_db", scene.snr_db}, {"l0", scene.l0}};
    if (option("sheet").empty()) {
      result.pictures = {grey_picture(scene.restored)};
      return result;
    }
    const float reach = 3;  // of unit variance
    result.pictures = {grey_picture(scene.grey),
                       signed_picture(scene.prepared.grey, scene.prepared.height, scene.prepared.width, reach),
                       grey_picture(scene.restored),
                       signed_picture(scene.reconstruction.grey, scene.prepared.height, scene.prepared.width, reach)};
    result.columns = 2;
    return result;
  }
  for (const auto* name : {"lambda", "sheet"})
    if (!option(name).empty()) throw UsageError(fmt::format("--{} goes with --image FILE", name));
  const Dictionary atoms = dictionary();
  auto order = atom_order(option("sort"), atoms, atom_states(), size());
  if (count > 0 && count < atoms.atoms) order.resize(static_cast<std::size_t>(count));
  for (const int k : order)
    result.pictures.push_back(signed_picture(atoms.atom(k), size(), size(), reach_of(atoms.atom(k))));
  return result;
}

}  // namespace unveil::sparse
