// Threads of the library. They block the program's signals, and have a name.
#pragma once

#include <functional>
#include <thread>

#include "specter/time.h"

namespace specter::io {

// Throws std::system_error if no thread can be started. `name`: at most 15 characters.
std::thread start_thread(const char* name, std::move_only_function<void()> body);

// Joins a thread if it ends within the timeout; 0: does not block. Returns false if it still runs.
bool join_within(std::thread& thread, Duration limit);

}  // namespace specter::io
