# The libraries that the modules use. fmt has a name of our own, specter::fmt:
# for static programs (BUILD_SHARED_LIBS=OFF) it is header-only, since
# Debian has it only as a shared library.

# Global, so that a project that adds this one may link the static library.
set(CMAKE_FIND_PACKAGE_TARGETS_GLOBAL TRUE)
find_package(OpenSSL 3.0 REQUIRED)
find_package(fmt REQUIRED)
find_package(Threads REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(Asio REQUIRED)
if(SPECTER_MULTI_BUFFER STREQUAL "AUTO")
  find_package(IpsecMb 1.3 QUIET)
elseif(SPECTER_MULTI_BUFFER)
  find_package(IpsecMb 1.3 REQUIRED)
endif()

# Which of libspecter.so and libspecter.a is built.
if(NOT DEFINED BUILD_SHARED_LIBS)
  set(SPECTER_LIBRARIES shared static)
elseif(BUILD_SHARED_LIBS)
  set(SPECTER_LIBRARIES shared)
else()
  set(SPECTER_LIBRARIES static)
endif()

add_library(specter_fmt INTERFACE)
add_library(specter::fmt ALIAS specter_fmt)
if(SPECTER_LIBRARIES STREQUAL "static")
  target_link_libraries(specter_fmt INTERFACE fmt::fmt-header-only)
else()
  target_link_libraries(specter_fmt INTERFACE fmt::fmt)
endif()

# The linker flags of these imported libraries, for pkg-config.
function(specter_linker_flags result)
  set(flags)
  foreach(library IN LISTS ARGN)
    get_target_property(file ${library} LOCATION)
    cmake_path(GET file PARENT_PATH folder)
    cmake_path(GET file STEM name)
    string(REGEX REPLACE "^lib" "" name ${name})
    if(NOT folder IN_LIST CMAKE_CXX_IMPLICIT_LINK_DIRECTORIES)
      list(APPEND flags -L${folder})
    endif()
    list(APPEND flags -l${name})
  endforeach()
  list(JOIN flags " " flags)
  set(${result} ${flags} PARENT_SCOPE)
endfunction()
