# How every target of the project is compiled.
set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

if(PROJECT_IS_TOP_LEVEL AND NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Debug, Release, RelWithDebInfo or MinSizeRel" FORCE)
endif()

find_program(SPECTER_CCACHE ccache)
if(SPECTER_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # Other working trees can use this one's objects: paths below the tree are relative to it.
  set(CMAKE_CXX_COMPILER_LAUNCHER
    ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${SPECTER_CCACHE})
endif()

add_library(specter_options INTERFACE)
target_compile_options(specter_options INTERFACE
  -Wall -Wextra -Wpedantic $<$<BOOL:${SPECTER_WERROR}>:-Werror> -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual
  -Wold-style-cast -Wcast-qual -Wformat=2 -Wimplicit-fallthrough -fno-strict-aliasing)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 has false warnings in inlined vector code; clang and the sanitizers check it instead.
  target_compile_options(specter_options INTERFACE
    -Wno-maybe-uninitialized -Wno-stringop-overflow -Wno-stringop-overread -Wno-array-bounds -Wno-restrict
    -Wno-missing-field-initializers)
endif()
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  target_compile_options(specter_options INTERFACE -Wno-missing-field-initializers
    -Wno-missing-designated-field-initializers)
endif()

# Compiling GoogleTest's macros with -O3 takes longer than the tests themselves; with a
# sanitizer's checks, compiling with -O1 takes twice as long as with -O0.
add_library(specter_test_options INTERFACE)
target_link_libraries(specter_test_options INTERFACE specter_options)
if(SPECTER_SANITIZE)
  target_compile_options(specter_test_options INTERFACE -O0)
else()
  target_compile_options(specter_test_options INTERFACE $<$<CONFIG:Release>:-O1>)
endif()

if(SPECTER_SANITIZE)
  add_compile_options(-fsanitize=${SPECTER_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${SPECTER_SANITIZE})
endif()
