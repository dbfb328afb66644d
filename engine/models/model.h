#pragma once
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/bench_result.h"
#include "engine/data/dataset.h"
#include "engine/data/picture.h"
#include "engine/gpu/device.h"
#include "engine/graph/program.h"
#include "engine/models/chapter.h"
#include "engine/models/knobs.h"
#include "engine/nn/parameters.h"
#include "engine/ops/conv2d.h"

namespace unveil {

// An option that a command takes for one model, declared by the model: the commands name none themselves.
struct ModelOption {
  enum class Kind { flag, integer, real, text };
  std::string name;  // "temperature": --temperature
  std::string meaning;
  Kind kind = Kind::text;
  std::string default_text;         // empty: absent
  double minimum = 0, maximum = 0;  // of integers and reals, both included
  int count = 1;                    // values that follow (of texts)
};
// Given options by name; a flag is "true". Defaults are filled in, ranges checked.
using OptionValues = std::map<std::string, std::string>;
// Of an option with a count above one: its values, which stand in OptionValues one to a line.
std::vector<std::string> option_values(const std::string& text);
std::string joined_values(const std::vector<std::string>& values);

// A code of every picture that other models (t-SNE, a probe) may be built on.
struct CodeDeclaration {
  std::string name;  // "posterior_mean"
  std::string meaning;
};
// What coded items may be told apart by: "digit", "speaker".
struct CodeLabels {
  std::string name;
  std::vector<std::string> classes;
  std::vector<std::uint8_t> values;  // [CodeTable::count], below classes.size()
};
// Codes of a data set's items, in the order of the data.
struct CodeTable {
  int count = 0, dimensions = 0;
  std::vector<float> values;       // [count][dimensions]
  std::vector<CodeLabels> labels;  // the first is what dots are coloured by unasked; empty: the data have none
  // What each item looks like where it is not an item of the data itself but a patch of one: [count][side][side], 8
  // bit grey. Side 0: item i is number i of the data.
  int picture_side = 0;
  std::vector<std::uint8_t> pictures;
};
// The classes of the first `count` pictures of a split (0 training, 1 held out), by their names, as CodeTable holds
// them; nothing where the data have none.
std::vector<CodeLabels> code_labels(const Dataset& data, int split, int count);

// A figure that is measured on held-out items again and again while a model trains: the second curve.
struct HeldOutDeclaration {
  std::string metric;           // "held_out_squared_error"; empty: none
  std::string unit;             // the metric of training that it is compared with
  double first = 2, every = 4;  // seconds after a model was built; between two measurements, at least,
  double share = 10;            // and so many times what one takes
};

// What a model is, for the command line and the window alike.
struct ModelDeclaration {
  std::string name;       // "pixelcnn": folder, command line, checkpoints
  std::string title;      // "PixelCNN"
  std::string summary;    // one line
  Chapter chapter = {};   // its place in the course
  std::string reference;  // "van den Oord et al. 2016": where it comes from
  std::vector<Knob> knobs;
  std::vector<Preset> presets;                              // the first is the default
  std::string default_data;                                 // SPEC
  std::vector<DataKind> data_kinds = {DataKind::pictures};  // what it can learn from, what it likes best first
  bool colour = false;                                      // takes pictures in colour; others are given them grey
  std::vector<std::string> step_metrics;                    // of a training step; the first is the loss curve
  // Metrics of several values are named NAME.0, NAME.1, …; these begin with NAME.1 (horizons, which are 1 and more
  // ahead).
  std::vector<std::string> counted_from_one = {};
  std::vector<ModelOption> evaluate_options, sample_options;
  int sample_count = 64;  // pictures that `sample` makes where nothing is asked for; 0: as many as there are
  std::vector<CodeDeclaration> codes;  // the first is the default
  HeldOutDeclaration held_out = {};
  std::string reconstructs;  // what reconstruct() does to a picture, a sentence for its tab; empty: it does not

  const Preset& preset(const std::string& name) const;  // UsageError naming those that exist
  DatasetOptions data_options() const { return {.kinds = data_kinds, .colour = colour}; }
};

using Metrics = std::map<std::string, double>;

// Called between pieces of long work with the share done, 0 to 1; returning false cancels it.
using Progress = std::function<bool(double share)>;

// Training data on the device: pictures as bytes, labels beside them; points as a table. Empty for data of other
// kinds.
struct DeviceData {
  DeviceData(Device& device, const Dataset& data);
  DeviceData(const DeviceData&) = delete;  // the tensors point to the buffer
  DeviceData& operator=(const DeviceData&) = delete;

  Buffer buffer;
  DeviceTensor train_pixels, train_labels;  // u8 [count, H·W·C], [count]
  DeviceTensor train_points;                // [count, dimensions]
};

// What a model finds in its training data beside parameters and cannot do without: a whitening matrix. By name; a
// part of checkpoints, so that what was whitened stays whitened alike.
using Normalisation = std::map<std::string, std::vector<float>>;

// What a model is built from. The references outlive the built model.
struct ModelContext {
  Device& device;
  const Dataset& data;
  const DeviceData& device_data;
  const KnobValues& knobs;
  ParameterStore& store;
  const Normalisation& normalisation;  // of a checkpoint; empty: to be found in the data
  // The scalar on the device that holds a live knob.
  const DeviceTensor& live(const std::string& knob) const;
};

// How the weights of a parameter form kernels.
struct KernelGeometry {
  std::vector<Tap> taps;  // where each weight of a kernel acts; empty: no kernels, a matrix or a vector
  bool by_row = false;    // false: [taps][in][out]; true: [units][taps], each row a kernel
  bool colour = false;    // a tap is three weights, of red, green and blue, which are the [in] of [taps][in][out]
  static KernelGeometry picture(int height, int width, bool by_row, bool colour = false);  // a tap per pixel
};

// Pictures a model made: the cells of a grid, or the frames of an animation.
struct SampleResult {
  std::vector<Picture> pictures;
  std::vector<int> classes;  // that each picture was asked to be, or gives back; empty where there are none
  std::vector<Picture> frames;
  std::vector<int> frame_ms;  // how long each frame stays
  std::vector<float> points;  // [count, 2]: of models of points, beside a picture of them
  int columns = 0;            // of the grid; 0: about square
  int scale = 0;              // screen pixels per pixel where nothing is asked for; 0: as for small pictures
  Metrics metrics = {};       // of the making, where there is something to tell
};

// A model built for one device, data set and set of knobs. Lives on the thread that owns the device.
class BuiltModel {
 public:
  virtual ~BuiltModel() = default;
  // One training step: takes the batch that the state "step" says, updates the parameters, increases "step", and
  // leaves each of ModelDeclaration::step_metrics in the state "metric.<name>". engine/models/training.h does all
  // that.
  virtual Program& train_step() = 0;
  virtual int batch_size() const = 0;

  // Metrics on a split (0 train, 1 test), of at most `limit` images (0: all). Exact; deterministic.
  virtual Metrics evaluate(int split, int limit, const OptionValues& options, const Progress& progress) = 0;
  virtual SampleResult sample(int count, std::uint64_t seed, const OptionValues& options, bool animated,
                              const Progress& progress) = 0;
  // One of the declared codes of a split (0 train, 1 test), of at most `limit` pictures (0: all).
  virtual CodeTable encode(const std::string& code, int split, int limit, const Progress& progress);
  // The same codes of a few items alone, in that order, for a view that goes on with other work between them; labels
  // only where they are not simply the data's. count 0: this model encodes a split only as a whole.
  virtual CodeTable encode_items(const std::string& code, int split, std::span<const int> items);
  // How many items encode_items takes of a split where they are not the data's own but patches, say; negative: the
  // data's.
  virtual int coded_items(int) const { return -1; }
  // Measures the declared held-out figure on items from `first` on, below `count` of held_out_items(): adds it to
  // `sum` for as many as take some ten milliseconds, at least one, and returns how many those are.
  virtual int held_out_items() const { return 0; }
  virtual int held_out(int first, int count, double& sum);
  // Pictures as the model gives them back, values 0 to 1: [n][H·W·C] -> likewise.
  virtual std::vector<float> reconstruct(std::span<const float> pictures);
  virtual Normalisation normalisation() const { return {}; }
  // What of the data it cannot use with these knobs, a sentence; empty: it uses them all.
  virtual std::string data_note() const { return {}; }
  // For views of its weights.
  virtual KernelGeometry kernels_of(const std::string&) const { return {}; }
  // What `unveil bench` times of this model beside its training step.
  virtual std::vector<BenchResult> bench(int) { return {}; }
};

// A figure to compare a held-out one with, found without any training.
struct ModelControl {
  std::string label;  // what it is of: "PCA with 32 numbers"
  double value = 0;
};

class Model {
 public:
  virtual ~Model() = default;
  virtual const ModelDeclaration& declaration() const = 0;
  // Whether steps with these knobs are quicker on 16 lanes of lavapipe than on 8 where the processor has them, as
  // those of large products are (measure: LP_NATIVE_VECTOR_WIDTH=256 or 512 unveil bench NAME); kernels compile half
  // as long again.
  virtual bool wide_vectors(const KnobValues&) const { return false; }
  // What the held-out figure of these knobs is to be compared with; nothing where there is nothing. It may take some
  // seconds, on any thread.
  virtual std::optional<ModelControl> control(const Dataset&, const KnobValues&) const { return std::nullopt; }
  // Throws Error where data or knobs do not suit the model, naming what was found and what is accepted.
  virtual std::unique_ptr<BuiltModel> build(const ModelContext& context) const = 0;
  // Whether `sample` with these options takes items of the data, and not only their size and names.
  virtual bool sample_needs_data(const OptionValues&) const { return false; }
};

// Generated: one entry per folder of engine/models/.
std::vector<const Model*> registered_models();
// Throws UsageError naming those that exist.
const Model& find_model(const std::string& name);

// Defaults filled in, ranges and names checked. Throws UsageError naming the option, the value and what is accepted.
OptionValues checked_options(const std::vector<ModelOption>& declared, const OptionValues& given);

}  // namespace unveil
