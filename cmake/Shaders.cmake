# Compiles every shaders/**/*.comp to SPIR-V at build time and embeds it; a shader's name is its path below shaders/ without the suffix.
function(unveil_embed_shaders out_sources)
  file(GLOB_RECURSE shaders CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/shaders/*.comp)
  set(generated ${PROJECT_BINARY_DIR}/generated/shaders)
  set(table ${generated}/table.cpp)
  set(includes "")
  set(rows "")
  set(outputs "")
  foreach(shader IN LISTS shaders)
    file(RELATIVE_PATH name ${PROJECT_SOURCE_DIR}/shaders ${shader})
    string(REGEX REPLACE "\\.comp$" "" name ${name})
    string(MAKE_C_IDENTIFIER ${name} identifier)
    set(output ${generated}/${name}.inc)
    get_filename_component(folder ${output} DIRECTORY)
    file(MAKE_DIRECTORY ${folder})
    add_custom_command(OUTPUT ${output}
      COMMAND ${GLSLC} --target-env=vulkan1.3 -O -I ${PROJECT_SOURCE_DIR}/shaders -mfmt=c -MD -MF ${output}.d -o ${output} ${shader}
      DEPENDS ${shader} DEPFILE ${output}.d
      COMMENT "GLSL ${name}" VERBATIM)
    list(APPEND outputs ${output})
    string(APPEND includes "const std::uint32_t ${identifier}[] =\n#include \"${name}.inc\"\n;\n")
    string(APPEND rows "    {\"${name}\", ${identifier}},\n")
  endforeach()
  file(CONFIGURE OUTPUT ${table} CONTENT [[// Generated: the embedded SPIR-V of shaders/.
#include "engine/gpu/shaders.h"

namespace unveil {
namespace {
@includes@}
std::span<const EmbeddedShader> embedded_shaders() {
  static const EmbeddedShader table[] = {
@rows@  };
  return table;
}
}  // namespace unveil
]] @ONLY)
  set_source_files_properties(${table} PROPERTIES OBJECT_DEPENDS "${outputs}")
  set_property(SOURCE ${table} APPEND PROPERTY INCLUDE_DIRECTORIES ${generated})
  set(${out_sources} ${table} PARENT_SCOPE)
endfunction()
