#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/graph/tensor.h"

namespace unveil {

// How a parameter begins. fan_in and fan_out count the live taps of masked convolutions only.
struct Initializer {
  enum class Kind { zeros, constant, he_normal, glorot_uniform, normal, unit_rows } kind = Kind::zeros;
  std::int64_t fan_in = 1, fan_out = 1;
  float scale = 1;  // the constant, or a factor on the standard deviation
};
Initializer zeros();
Initializer constant(float value);
Initializer he_normal(std::int64_t fan_in, float scale = 1);  // He et al. 2015: N(0, 2 / fan_in)
Initializer glorot_uniform(std::int64_t fan_in, std::int64_t fan_out, float scale = 1);  // Glorot & Bengio 2010
Initializer normal(float standard_deviation);
Initializer unit_rows();  // normal, each row brought to length 1

// A model's parameters and what belongs to each of them, side by side in a few arenas of one geometry, so that an
// optimiser walks all of them in one dispatch; and the small states of a run (step, random seed).
//
// Tensors are declared while graphs are built and have no place until materialise().
class ParameterStore {
 public:
  // What every parameter has one of: its value, gradient, Adam's moments and (optional) the average of its past
  // values.
  enum Slot { value, gradient, first_moment, second_moment, average, slot_count };

  explicit ParameterStore(Device& device) : device_(device) {}

  // The parameter called `path` ("blocks.0.conv.weight"), declared at the first call. Throws std::logic_error when it
  // was declared with another shape, or is new after materialise().
  const DeviceTensor& parameter(const std::string& path, const Shape& shape, const Initializer& initializer);
  const DeviceTensor& state(const std::string& name, const Shape& shape, DType dtype);
  // What a run must keep beside its parameters to go on with the same bits (statistics of an update rule): begins and
  // is saved like a parameter, under "state/<name>". Throws as parameter().
  const DeviceTensor& kept_state(const std::string& name, const Shape& shape, const Initializer& initializer);

  // Places everything. Idempotent. Without moments parameters have no gradient and no moments: for models that are
  // not trained by Adam.
  void materialise(bool with_average, bool with_moments = true);
  bool materialised() const { return materialised_; }
  // Initial values, a function of the seed and the paths alone; moments, averages and other states to zero.
  void initialise(std::uint64_t seed);

  // All that training changes, arena by arena: values, moments, averages, states. A few copies, whatever the number
  // of parameters. Back into the same store, or one of the same declarations on a device of the same lanes; throws
  // std::logic_error for another's.
  using Arenas = std::vector<std::vector<std::byte>>;
  void copy(Arenas& into) const;  // memory that is there already is used again: fresh pages cost more than the copy
  void put_back(const Arenas& arenas);

  const std::vector<std::string>& paths() const { return paths_; }
  const DeviceTensor& tensor(const std::string& path, Slot slot) const;
  const std::map<std::string, std::unique_ptr<DeviceTensor>>& states() const { return states_; }
  // All parameters' slot as one flat tensor, pads included.
  const DeviceTensor& flat(Slot slot) const { return *flat_[slot]; }
  // The slot of the parameters whose paths begin with `group`, likewise: those declared side by side, after
  // materialise(). Throws std::logic_error where there are none, or others in between.
  const DeviceTensor& flat(Slot slot, const std::string& group);
  const std::map<std::string, DeviceTensor*>& kept_states() const { return kept_names_; }
  bool has_average() const { return has_average_; }
  bool has_moments() const { return has_moments_; }
  std::int64_t parameter_count() const;  // logical elements
  Device& device() const { return device_; }

 private:
  struct Parameter {
    Initializer initializer;
    std::unique_ptr<DeviceTensor> slots[slot_count];
  };
  Device& device_;
  bool materialised_ = false, has_average_ = false, has_moments_ = false;
  std::vector<std::string> paths_;  // in the order of declaration
  std::vector<Buffer*> changing_arenas();
  std::map<std::string, Parameter> parameters_;
  std::map<std::string, std::unique_ptr<DeviceTensor>> states_;
  struct KeptState {
    Initializer initializer;
    std::unique_ptr<DeviceTensor> tensor;
  };
  std::map<std::string, KeptState> kept_;
  std::map<std::string, DeviceTensor*> kept_names_;
  std::unique_ptr<DeviceTensor> flat_[slot_count];
  std::map<std::string, std::unique_ptr<DeviceTensor>> groups_[slot_count];
  Buffer arenas_[slot_count];
  Buffer state_arena_, kept_arena_;
};

}  // namespace unveil
