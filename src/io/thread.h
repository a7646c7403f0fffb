// Threads of the library: they take no signal that is meant for the program, and they have a name.
#pragma once

#include <functional>
#include <thread>

namespace specter::io {

// Throws std::system_error when there is no thread to be had. The name has 15 characters at most.
std::thread start_thread(const char* name, std::move_only_function<void()> body);

}  // namespace specter::io
