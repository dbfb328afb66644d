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
enum Column { rate, norm, clip, correction1, correction2, decay, first_beta, second_beta, shrink, columns = 16 };
// Inputs of the schedule.
enum Input {
  step_input,
  rate_input,
  warm_up_input,
  length_input,
  clip_input,
  decay_input,  // and all that follow but the norm: optional
  norm_input,
  begun_input,
  shape_input,
  beta1_input,
  beta2_input,
  shrink_input
};

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

double factor(double warm_up, double length, double final_fraction, double t, int shape) {
  double value = warm_up > 0 ? std::min(1.0, t / warm_up) : 1.0;
  if (length <= 0) return value;
  const double left = 1 - std::min(1.0, t / length);
  if (shape == static_cast<int>(ScheduleShape::linear_to_zero)) return value * left;
  if (shape == static_cast<int>(ScheduleShape::linear)) return value * (final_fraction + (1 - final_fraction) * left);
  return value * (final_fraction + (1 - final_fraction) * 0.5 * (1 + std::cos(std::numbers::pi * (1 - left))));
}

// Outputs: schedule row; step, where the update ends it.
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
    const SchedulePush push{context[node.inputs[step_input]].address(),
                            table,
                            context[node.inputs[norm_input]].address(),
                            context[node.outputs[0]].address(),
                            options_.beta1,
                            options_.beta2,
                            options_.final_fraction,
                            0,
                            {}};
    const auto given = [&](Input input) { return node.inputs[input] ? 1 : 0; };
    record_tiles(context, "ops/adam_schedule",
                 {{0, given(decay_input)},
                  {1, given(begun_input)},
                  {2, options_.ends_step ? 1 : 0},
                  {3, given(shape_input)},
                  {4, given(beta1_input)},
                  {5, given(beta2_input)},
                  {6, given(shrink_input)}},
                 1, 1, push, touched);
  }

  void reference(std::span<const HostTensor* const> in, std::span<HostTensor* const> out) const override {
    const auto scalar = [&](Input i) { return in[i] ? in[i]->values[0] : 0.0; };
    const double t = scalar(step_input) + 1, length = std::sqrt(scalar(norm_input)), limit = scalar(clip_input);
    auto& row = out[0]->values;
    row[rate] = scalar(rate_input) * factor(scalar(warm_up_input), scalar(length_input), options_.final_fraction, t,
                                            static_cast<int>(scalar(shape_input)));
    row[norm] = length;
    row[clip] = limit > 0 && length > limit ? limit / length : 1;
    row[first_beta] = in[beta1_input] ? scalar(beta1_input) : options_.beta1;
    row[second_beta] = in[beta2_input] ? scalar(beta2_input) : options_.beta2;
    row[shrink] = scalar(shrink_input);
    const double age = t - scalar(begun_input);
    row[correction1] = 1 / (1 - std::pow(row[first_beta], age));
    row[correction2] = 1 / (1 - std::pow(row[second_beta], age));
    row[decay] = std::min(scalar(decay_input), (1 + t) / (10 + t));
    if (options_.ends_step) out[1]->values[0] = t;
  }

 private:
  AdamOptions options_;
};

// Inputs: gradients, schedule row. Outputs, changed in place: values, first, second, average (optional).
class AdamUpdate : public Op {
 public:
  AdamUpdate(const AdamOptions& options, bool averaged, bool live_betas, bool shrinks)
      : options_(options), averaged_(averaged), live_betas_(live_betas), shrinks_(shrinks) {}
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
        context, "ops/adam",
        {{1, averaged_},
         {2, epsilon_bits},
         {3, static_cast<std::int32_t>(options_.rule)},
         {4, live_betas_},
         {5, shrinks_}},
        values.layout.floats(), push,
        accesses({&gradients, &schedule, &values, &first, &second, average}, {&values, &first, &second, average}));
  }

  void reference(std::span<const HostTensor* const> in, std::span<HostTensor* const> out) const override {
    const auto& row = in[1]->values;
    for (std::size_t i = 0; i < out[0]->values.size(); ++i) {
      const double g = in[0]->values[i] * row[clip];
      double &m = out[1]->values[i], &v = out[2]->values[i], &p = out[0]->values[i];
      const double before = p;
      switch (options_.rule) {
        case OptimizerRule::adam:
          m = row[first_beta] * m + (1 - row[first_beta]) * g;
          v = row[second_beta] * v + (1 - row[second_beta]) * g * g;
          p -= row[rate] * m * row[correction1] / (std::sqrt(v * row[correction2]) + options_.epsilon);
          break;
        case OptimizerRule::momentum:
          m = row[first_beta] * m + g;
          p -= row[rate] * m;
          break;
        case OptimizerRule::rms_prop:
          v = row[second_beta] * v + (1 - row[second_beta]) * g * g;
          p -= row[rate] * g / (std::sqrt(v) + options_.epsilon);
          break;
      }
      p -= row[rate] * row[shrink] * before;
      if (averaged_) out[3]->values[i] += (1 - row[decay]) * (p - out[3]->values[i]);
    }
  }

 private:
  AdamOptions options_;
  bool averaged_, live_betas_, shrinks_;
};

}  // namespace

Tensor adam(Graph& graph, const AdamTensors& tensors, const AdamOptions& options) {
  const Tensor square_norm = sum_squares(graph, tensors.gradients);
  const Tensor schedule = graph.activation(Shape{columns});
  std::vector<Tensor> told{schedule};
  if (options.ends_step) told.push_back(tensors.step);
  graph.add(std::make_unique<AdamSchedule>(options),
            {tensors.step, tensors.learning_rate, tensors.warm_up, tensors.schedule_length, tensors.gradient_clip,
             tensors.average_decay, square_norm, tensors.moments_from, tensors.schedule_shape, tensors.beta1,
             tensors.beta2, tensors.weight_decay},
            told);
  std::vector<Tensor> changed{tensors.values, tensors.first_moments, tensors.second_moments};
  if (tensors.average) changed.push_back(tensors.average);
  graph.add(std::make_unique<AdamUpdate>(options, static_cast<bool>(tensors.average), tensors.beta1 || tensors.beta2,
                                         static_cast<bool>(tensors.weight_decay)),
            {tensors.gradients, schedule}, changed);
  return schedule;
}

double scheduled_rate(double peak, double warm_up, double length, double final_fraction, std::int64_t step,
                      ScheduleShape shape) {
  return peak * factor(warm_up, length, final_fraction, static_cast<double>(step) + 1, static_cast<int>(shape));
}

}  // namespace unveil
