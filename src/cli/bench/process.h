// What the system knows of this process and this machine.
#pragma once

#include <cstddef>

namespace specter::cli::bench {

double cpu_seconds();          // of user and system, that this process has used
std::size_t resident_bytes();  // after what is free in the heap went back to the system
std::size_t thread_count();
std::size_t open_file_count();  // descriptors
std::size_t cpu_count();        // of the machine
double load_average();          // of the machine, over the last minute

}  // namespace specter::cli::bench
