#include <fmt/format.h>
#include <spirv_cross/spirv_cross_c.h>

#include <algorithm>

#include "engine/gpu/shaders.h"
#include "engine/gpu/vulkan.h"

namespace unveil {
namespace {

// Shared by every shader (shaders/common/lanes.glsl).
constexpr std::uint32_t kLavapipeConstant = 90, kLanesConstant = 91, kSubgroupTeamsConstant = 94,
                        kVectorConstant = 95, kBroadcastConstant = 97;

const EmbeddedShader& find_shader(std::string_view name) {
  for (const auto& shader : embedded_shaders())
    if (shader.name == name) return shader;
  throw std::logic_error(fmt::format("no shader is called '{}'", name));
}

struct Interface {
  std::uint32_t push_bytes = 0;
  std::uint32_t outputs = 0;  // storage buffers bound from binding 0 on
  std::uint32_t local_size = 1;
};

// Reads the push-constant block and the local size (after specialisation) out of the SPIR-V.
Interface reflect(const EmbeddedShader& shader, std::span<const Specialisation> constants) {
  struct Context {
    spvc_context handle = nullptr;
    Context() { spvc_context_create(&handle); }
    ~Context() { spvc_context_destroy(handle); }
  } context;
  const auto check = [&](spvc_result result) {
    if (result != SPVC_SUCCESS)
      throw std::logic_error(
          fmt::format("shader {}: {}", shader.name, spvc_context_get_last_error_string(context.handle)));
  };
  spvc_parsed_ir ir = nullptr;
  spvc_compiler compiler = nullptr;
  spvc_resources resources = nullptr;
  check(spvc_context_parse_spirv(context.handle, shader.words.data(), shader.words.size(), &ir));
  check(spvc_context_create_compiler(context.handle, SPVC_BACKEND_NONE, ir, SPVC_CAPTURE_MODE_TAKE_OWNERSHIP,
                                     &compiler));
  check(spvc_compiler_create_shader_resources(compiler, &resources));

  Interface found;
  const spvc_reflected_resource* list = nullptr;
  std::size_t count = 0;
  check(spvc_resources_get_resource_list_for_type(resources, SPVC_RESOURCE_TYPE_PUSH_CONSTANT, &list, &count));
  if (count == 1) {
    std::size_t size = 0;
    check(spvc_compiler_get_declared_struct_size(
        compiler, spvc_compiler_get_type_handle(compiler, list[0].base_type_id), &size));
    found.push_bytes = static_cast<std::uint32_t>(size);
  }
  check(spvc_resources_get_resource_list_for_type(resources, SPVC_RESOURCE_TYPE_STORAGE_BUFFER, &list, &count));
  found.outputs = static_cast<std::uint32_t>(count);
  spvc_specialization_constant axes[3] = {};
  spvc_compiler_get_work_group_size_specialization_constants(compiler, &axes[0], &axes[1], &axes[2]);
  for (unsigned axis = 0; axis < 3; ++axis) {
    std::uint32_t size =
        spvc_compiler_get_execution_mode_argument_by_index(compiler, SpvExecutionModeLocalSize, axis);
    if (axes[axis].id != 0) {
      size = spvc_constant_get_scalar_u32(spvc_compiler_get_constant_handle(compiler, axes[axis].id), 0, 0);
      for (const auto& constant : constants)
        if (constant.id == axes[axis].constant_id) size = static_cast<std::uint32_t>(constant.value);
    }
    found.local_size *= std::max(size, 1u);
  }
  return found;
}

}  // namespace

Kernel::Kernel(std::unique_ptr<Impl> impl, std::string name, std::uint32_t push_bytes, std::uint32_t local_size,
               std::uint32_t outputs)
    : impl_(std::move(impl)),
      name_(std::move(name)),
      push_bytes_(push_bytes),
      local_size_(local_size),
      outputs_(outputs) {}
Kernel::~Kernel() = default;

const Kernel& Device::kernel(std::string_view shader_name, std::span<const Specialisation> constants,
                             std::uint32_t push_bytes) {
  // Looked up for every dispatch recorded, so the key is the plain bytes.
  std::string key(shader_name);
  key += '\0';
  key.append(reinterpret_cast<const char*>(constants.data()), constants.size_bytes());
  if (const auto known = impl_->kernels.find(key); known != impl_->kernels.end()) return *known->second;

  const auto& shader = find_shader(shader_name);
  std::vector<Specialisation> all(constants.begin(), constants.end());
  all.push_back({kLavapipeConstant, impl_->info.lavapipe});
  all.push_back({kLanesConstant, impl_->info.lanes});
  all.push_back({kVectorConstant, vector_floats()});
  all.push_back({kBroadcastConstant, impl_->info.broadcast});
  all.push_back({kSubgroupTeamsConstant, impl_->info.subgroup_teams});
  const auto interface = reflect(shader, all);
  if (interface.push_bytes != push_bytes)
    throw std::logic_error(fmt::format("shader {} has {} bytes of push constants, the host gives {}", shader_name,
                                       interface.push_bytes, push_bytes));

  std::vector<vk::SpecializationMapEntry> entries;
  for (std::size_t i = 0; i < all.size(); ++i)
    entries.push_back(
        {all[i].id, static_cast<std::uint32_t>(i * sizeof(Specialisation) + offsetof(Specialisation, value)), 4});
  const vk::SpecializationInfo specialisation(static_cast<std::uint32_t>(entries.size()), entries.data(),
                                              all.size() * sizeof(Specialisation), all.data());
  auto impl = std::make_unique<Kernel::Impl>();
  const vk::raii::ShaderModule module(impl_->device, {{}, shader.words.size_bytes(), shader.words.data()});
  const vk::PushConstantRange range(vk::ShaderStageFlagBits::eCompute, 0, push_bytes);
  std::vector<vk::DescriptorSetLayoutBinding> bindings;
  for (std::uint32_t i = 0; i < interface.outputs; ++i)
    bindings.push_back({i, vk::DescriptorType::eStorageBuffer, 1, vk::ShaderStageFlagBits::eCompute});
  vk::PipelineLayoutCreateInfo layout;
  if (!bindings.empty()) {
    impl->set_layout = vk::raii::DescriptorSetLayout(impl_->device, vk::DescriptorSetLayoutCreateInfo({}, bindings));
    layout.setSetLayouts(*impl->set_layout);
  }
  if (push_bytes > 0) layout.setPushConstantRanges(range);
  impl->layout = vk::raii::PipelineLayout(impl_->device, layout);
  vk::PipelineShaderStageCreateInfo stage({}, vk::ShaderStageFlagBits::eCompute, *module, "main", &specialisation);
  // Lavapipe has one size; elsewhere a driver would choose what suits it, 8 to 64.
  const vk::PipelineShaderStageRequiredSubgroupSizeCreateInfo team(static_cast<std::uint32_t>(impl_->info.lanes));
  if (!impl_->info.lavapipe && impl_->info.subgroup_teams) {
    stage.flags = vk::PipelineShaderStageCreateFlagBits::eRequireFullSubgroups;
    stage.pNext = &team;
  }
  impl->pipeline = guard_lost([&] {
    return vk::raii::Pipeline(impl_->device, nullptr, vk::ComputePipelineCreateInfo({}, stage, *impl->layout));
  });
  auto kernel = std::make_unique<Kernel>(std::move(impl), std::string(shader_name), interface.push_bytes,
                                         interface.local_size, interface.outputs);
  return *(impl_->kernels[key] = std::move(kernel));
}

}  // namespace unveil
