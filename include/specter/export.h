/// @file
/// Symbol visibility and the required C++ standard. For the library itself.
#pragma once

#if (defined(_MSVC_LANG) ? _MSVC_LANG : __cplusplus) < 202002L
#error \
    "Specter's headers are C++20: compile with -std=c++20 or later (CMake: target_compile_features(your_target PRIVATE cxx_std_20))."
#endif

/// Marks what the shared library exports.
#define SPECTER_EXPORT __attribute__((visibility("default")))
