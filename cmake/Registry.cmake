# Finds the folders of models and exhibits and the files of commands, and generates the explicit lists of them:
# adding one is adding its own files. (Static-initialiser registration would be dropped by the linker.)

# engine/models/<name>/ defines `const Model& <name>_model()`.
function(unveil_register_models out_source)
  file(GLOB folders CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}/engine/models ${PROJECT_SOURCE_DIR}/engine/models/*/*.cpp)
  set(names "")
  foreach(file IN LISTS folders)
    get_filename_component(name ${file} DIRECTORY)
    list(APPEND names ${name})
  endforeach()
  list(REMOVE_DUPLICATES names)
  _unveil_list(names "const Model& %_model();" "&%_model()," declarations items)
  set(output ${PROJECT_BINARY_DIR}/generated/models.cpp)
  file(CONFIGURE OUTPUT ${output} CONTENT [[// Generated: one entry per folder of engine/models/.
#include "engine/models/model.h"

namespace unveil {
@declarations@
std::vector<const Model*> registered_models() { return {@items@}; }
}  // namespace unveil
]] @ONLY)
  set(${out_source} ${output} PARENT_SCOPE)
endfunction()

# app/exhibits/<name>/ defines `std::unique_ptr<Exhibit> make_<name>_exhibit()`; a folder of engine/models/ without one
# makes the default exhibit.
function(unveil_register_exhibits out_source)
  file(GLOB folders CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}/app/exhibits ${PROJECT_SOURCE_DIR}/app/exhibits/*/*.cpp)
  set(names "")
  foreach(file IN LISTS folders)
    get_filename_component(name ${file} DIRECTORY)
    list(APPEND names ${name})
  endforeach()
  list(REMOVE_DUPLICATES names)
  _unveil_list(names "std::unique_ptr<Exhibit> make_%_exhibit();" "{\"%\", &make_%_exhibit}," declarations items)
  file(GLOB models CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}/engine/models ${PROJECT_SOURCE_DIR}/engine/models/*/*.cpp)
  set(defaults "")
  foreach(file IN LISTS models)
    get_filename_component(name ${file} DIRECTORY)
    if(NOT name IN_LIST names)
      list(APPEND defaults ${name})
    endif()
  endforeach()
  list(REMOVE_DUPLICATES defaults)
  _unveil_list(defaults "" "{\"%\", [] { return make_default_exhibit(\"%\"); }}," none default_items)
  set(output ${PROJECT_BINARY_DIR}/generated/exhibits.cpp)
  file(CONFIGURE OUTPUT ${output} CONTENT [[// Generated: one entry per folder of app/exhibits/, and per model without one.
#include "app/exhibits/default_exhibit.h"

namespace unveil {
@declarations@
std::vector<ExhibitEntry> registered_exhibits() { return {@items@ @default_items@}; }
}  // namespace unveil
]] @ONLY)
  set(${out_source} ${output} PARENT_SCOPE)
endfunction()

# app/commands/<name>.cpp defines `void add_<name>_command(CLI::App& app, CommandContext& context)`; command.cpp is the frame.
function(unveil_register_commands out_source)
  file(GLOB files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/app/commands/*.cpp)
  set(names "")
  foreach(file IN LISTS files)
    get_filename_component(name ${file} NAME_WE)
    if(NOT name STREQUAL "command")
      list(APPEND names ${name})
    endif()
  endforeach()
  _unveil_list(names "void add_%_command(CLI::App&, CommandContext&);" "&add_%_command," declarations items)
  set(output ${PROJECT_BINARY_DIR}/generated/commands.cpp)
  file(CONFIGURE OUTPUT ${output} CONTENT [[// Generated: one entry per file of app/commands/.
#include "app/commands/command.h"

namespace unveil {
@declarations@
std::vector<AddCommand> registered_commands() { return {@items@}; }
}  // namespace unveil
]] @ONLY)
  set(${out_source} ${output} PARENT_SCOPE)
endfunction()

# engine/data/formats/<name>.cpp defines `const DataFormat& <name>_data_format()`.
function(unveil_register_data_formats out_source)
  file(GLOB files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/engine/data/formats/*.cpp)
  set(names "")
  foreach(file IN LISTS files)
    get_filename_component(name ${file} NAME_WE)
    list(APPEND names ${name})
  endforeach()
  _unveil_list(names "const DataFormat& %_data_format();" "&%_data_format()," declarations items)
  set(output ${PROJECT_BINARY_DIR}/generated/data_formats.cpp)
  file(CONFIGURE OUTPUT ${output} CONTENT [[// Generated: one entry per file of engine/data/formats/.
#include "engine/data/format.h"

namespace unveil {
@declarations@
std::vector<const DataFormat*> registered_data_formats() { return {@items@}; }
}  // namespace unveil
]] @ONLY)
  set(${out_source} ${output} PARENT_SCOPE)
endfunction()

# An operation is the files of one stem in three rooms; a missing one stops the configuration.
# A file whose first lines say "records no dispatch" needs no shader.
function(unveil_check_operations)
  file(GLOB operations CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/engine/ops/*.cpp)
  foreach(operation IN LISTS operations)
    get_filename_component(stem ${operation} NAME_WE)
    file(GLOB shader CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/shaders/ops/${stem}*.comp)
    file(STRINGS ${operation} exempt REGEX "records no dispatch")
    if(NOT shader AND NOT exempt)
      message(FATAL_ERROR "operation ${stem}: shaders/ops/${stem}*.comp is missing (an operation without one says 'records no dispatch')")
    endif()
    if(NOT EXISTS ${PROJECT_SOURCE_DIR}/tests/ops/${stem}.cpp)
      message(FATAL_ERROR "operation ${stem}: tests/ops/${stem}.cpp is missing")
    endif()
  endforeach()
endfunction()

# The parameter must not share its name with the caller's list: it would hide it.
function(_unveil_list list_name declaration item out_declarations out_items)
  set(declarations "")
  set(items "")
  foreach(name IN LISTS ${list_name})
    string(REPLACE "%" "${name}" line "${declaration}")
    string(APPEND declarations "${line}\n")
    string(REPLACE "%" "${name}" line "${item}")
    string(APPEND items "${line} ")
  endforeach()
  set(${out_declarations} "${declarations}" PARENT_SCOPE)
  set(${out_items} "${items}" PARENT_SCOPE)
endfunction()
