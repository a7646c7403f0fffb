// Threads of the library: they take no signal that is meant for the program, and they have a name.
#pragma once

#include <functional>
#include <thread>

#include "specter/time.h"

namespace specter::io {

// Throws std::system_error when there is no thread to be had. The name has 15 characters at most.
std::thread start_thread(const char* name, std::move_only_function<void()> body);

// Waits for a thread to end for so long at most, and then has joined it; 0: only looks. False: it
// still runs, and nothing has changed.
bool join_within(std::thread& thread, Duration limit);

}  // namespace specter::io
