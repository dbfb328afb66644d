#include "engine/ops/adam.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>

#include "engine/graph/tiles.h"
#include "engine/ops/reduce.h"

namespace unveil {
namespace {

// Columns of the schedule row, as in shaders/ops/adam*.comp.
enum Column { rate, norm, clip, correction1, correction2, decay, columns = 8 };

struct SchedulePush {
  std::uint64_t step, settings, square_norm, schedule;
  float beta1, beta2, final_fraction, unused;
  TileFields tile;
};

struct UpdatePush {
  std::uint64_t values, gradients, first, second, average, schedule;
  float beta1, beta2;
  TileFields tile;
};

double factor(double warm_up, double length, double final_fraction, double t) {
  double value = warm_up > 0 ? std::min(1.0, t / warm_up) : 1.0;
  if (length > 0) {
    const double progress = std::min(1.0, t / length);
    value *= final_fraction + (1 - final_fraction) * 0.5 * (1 + std::cos(std::numbers::pi * progress));
  }
  return value;
}

// Inputs: step, rate, warm-up, length, clip, decay (optional), square norm, moments' beginning (optional). Outputs:
// schedule row, step.
class AdamSchedule : public Op {
 public:
  explicit AdamSchedule(const AdamOptions& options) : options_(options) {}
  std::string_view name() const override { return "adam schedule"; }

  void record(RecordContext& context, const Node& node) const override {
    std::vector<std::uint64_t> settings;
    Accesses touched;
    for (const auto input : node.inputs) {
      if (input) touched.reads.push_back(context[input].range());
      settings.push_back(input ? context[input].address() : 0);
    }
    for (const auto output : node.outputs) touched.writes.push_back(context[output].range());
    const std::uint64_t table = context.table(std::as_bytes(std::span(settings)));
    const SchedulePush push{context[node.inputs[0]].address(),
                            table,
                            context[node.inputs[6]].address(),
                            context[node.outputs[0]].address(),
                            options_.beta1,
                            options_.beta2,
                            options_.final_fraction,
                            0,
                            {}};
    record_tiles(context, "ops/adam_schedule", {{0, node.inputs[5] ? 1 : 0}, {1, node.inputs[7] ? 1 : 0}}, 1, 1, push,
                 touched);
  }

  void reference(std::span<const HostTensor* const> in, std::span<HostTensor* const> out) const override {
    const auto scalar = [&](std::size_t i) { return in[i] ? in[i]->values[0] : 0.0; };
    const double t = scalar(0) + 1, length = std::sqrt(scalar(6)), limit = scalar(4);
    auto& row = out[0]->values;
    row[rate] = scalar(1) * factor(scalar(2), scalar(3), options_.final_fraction, t);
    row[norm] = length;
    row[clip] = limit > 0 && length > limit ? limit / length : 1;
    const double age = t - scalar(7);
    row[correction1] = 1 / (1 - std::pow(static_cast<double>(options_.beta1), age));
    row[correction2] = 1 / (1 - std::pow(static_cast<double>(options_.beta2), age));
    row[decay] = std::min(scalar(5), (1 + t) / (10 + t));
    out[1]->values[0] = t;
  }

 private:
  AdamOptions options_;
};

// Inputs: gradients, schedule row. Outputs, changed in place: values, first, second, average (optional).
class AdamUpdate : public Op {
 public:
  AdamUpdate(const AdamOptions& options, bool averaged) : options_(options), averaged_(averaged) {}
  std::string_view name() const override { return "adam"; }

  void record(RecordContext& context, const Node& node) const override {
    const auto &gradients = context[node.inputs[0]], &schedule = context[node.inputs[1]];
    const auto &values = context[node.outputs[0]], &first = context[node.outputs[1]],
               &second = context[node.outputs[2]];
    const DeviceTensor* average = averaged_ ? &context[node.outputs[3]] : nullptr;
    const UpdatePush push{values.address(),
                          gradients.address(),
                          first.address(),
                          second.address(),
                          average ? average->address() : 0,
                          schedule.address(),
                          options_.beta1,
                          options_.beta2,
                          {}};
    std::int32_t epsilon_bits;
    static_assert(sizeof(epsilon_bits) == sizeof(options_.epsilon));
    std::memcpy(&epsilon_bits, &options_.epsilon, sizeof(epsilon_bits));
    record_flat(
        context, "ops/adam", {{1, averaged_}, {2, epsilon_bits}}, values.layout.floats(), push,
        accesses({&gradients, &schedule, &values, &first, &second, average}, {&values, &first, &second, average}));
  }

  void reference(std::span<const HostTensor* const> in, std::span<HostTensor* const> out) const override {
    const auto& row = in[1]->values;
    for (std::size_t i = 0; i < out[0]->values.size(); ++i) {
      const double g = in[0]->values[i] * row[clip];
      double &m = out[1]->values[i], &v = out[2]->values[i], &p = out[0]->values[i];
      m = options_.beta1 * m + (1 - static_cast<double>(options_.beta1)) * g;
      v = options_.beta2 * v + (1 - static_cast<double>(options_.beta2)) * g * g;
      p -= row[rate] * m * row[correction1] / (std::sqrt(v * row[correction2]) + options_.epsilon);
      if (averaged_) out[3]->values[i] += (1 - row[decay]) * (p - out[3]->values[i]);
    }
  }

 private:
  AdamOptions options_;
  bool averaged_;
};

}  // namespace

Tensor adam(Graph& graph, const AdamTensors& tensors, const AdamOptions& options) {
  const Tensor square_norm = sum_squares(graph, tensors.gradients);
  const Tensor schedule = graph.activation(Shape{columns});
  graph.add(std::make_unique<AdamSchedule>(options),
            {tensors.step, tensors.learning_rate, tensors.warm_up, tensors.schedule_length, tensors.gradient_clip,
             tensors.average_decay, square_norm, tensors.moments_from},
            {schedule, tensors.step});
  std::vector<Tensor> changed{tensors.values, tensors.first_moments, tensors.second_moments};
  if (tensors.average) changed.push_back(tensors.average);
  graph.add(std::make_unique<AdamUpdate>(options, static_cast<bool>(tensors.average)), {tensors.gradients, schedule},
            changed);
  return schedule;
}

double scheduled_rate(double peak, double warm_up, double length, double final_fraction, std::int64_t step) {
  return peak * factor(warm_up, length, final_fraction, static_cast<double>(step) + 1);
}

}  // namespace unveil
