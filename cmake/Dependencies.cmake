# Everything outside the core comes from well-kept libraries of the system; app/install-dependencies.sh installs them.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(Vulkan REQUIRED)
find_package(ZLIB REQUIRED)
find_package(Eigen3 REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(spdlog REQUIRED)
find_package(fmt REQUIRED)
find_package(CLI11 REQUIRED)
find_package(glm REQUIRED)
find_package(glfw3 REQUIRED)
find_program(GLSLC glslc REQUIRED)
pkg_check_modules(SPIRV_CROSS REQUIRED IMPORTED_TARGET spirv-cross-c-shared)
pkg_check_modules(EPOXY REQUIRED IMPORTED_TARGET epoxy)
pkg_check_modules(IMGUI REQUIRED IMPORTED_TARGET imgui)
find_path(STB_INCLUDE_DIR stb/stb_image_write.h REQUIRED)
find_library(STB_LIBRARY stb REQUIRED)
find_path(GIF_INCLUDE_DIR gif_lib.h REQUIRED)
find_library(GIF_LIBRARY gif REQUIRED)
pkg_check_modules(PICTURES REQUIRED libpng libjpeg libwebp libwebpdemux libtiff-4)
pkg_check_modules(SNDFILE REQUIRED IMPORTED_TARGET sndfile)
pkg_check_modules(SAMPLERATE REQUIRED IMPORTED_TARGET samplerate)
pkg_check_modules(PORTAUDIO REQUIRED IMPORTED_TARGET portaudio-2.0)

add_library(unveil_engine_dependencies INTERFACE)
target_include_directories(unveil_engine_dependencies INTERFACE ${STB_INCLUDE_DIR} ${GIF_INCLUDE_DIR})
target_link_libraries(unveil_engine_dependencies INTERFACE
  Vulkan::Vulkan PkgConfig::SPIRV_CROSS ZLIB::ZLIB Eigen3::Eigen nlohmann_json::nlohmann_json
  spdlog::spdlog fmt::fmt Threads::Threads ${STB_LIBRARY} ${GIF_LIBRARY}
  ${PICTURES_LINK_LIBRARIES} PkgConfig::SNDFILE PkgConfig::SAMPLERATE)

add_library(unveil_app_dependencies INTERFACE)
target_link_libraries(unveil_app_dependencies INTERFACE CLI11::CLI11 glfw glm::glm PkgConfig::EPOXY PkgConfig::IMGUI
  PkgConfig::PORTAUDIO)
