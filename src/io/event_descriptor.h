// A file descriptor that is readable while a queue is not empty, for poll loops.
#pragma once

namespace specter::io {

int open_event_descriptor();  // -1 if the system has none left
void close_event_descriptor(int descriptor);
// No effect for -1.
void signal(int descriptor);    // readable from here on
void unsignal(int descriptor);  // no longer

}  // namespace specter::io
