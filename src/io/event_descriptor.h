// A descriptor that is readable while something waits: what lets a queue sit in a poll loop.
#pragma once

namespace specter::io {

int open_event_descriptor();  // -1 when the system has none left
void close_event_descriptor(int descriptor);
// Nothing happens for -1.
void signal(int descriptor);    // readable from here on
void unsignal(int descriptor);  // no longer

}  // namespace specter::io
