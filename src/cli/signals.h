// SIGINT and SIGTERM as something to poll for, so that the program can say goodbye.
#pragma once

namespace specter::cli {

// While it lives, the first of these signals makes descriptor() readable instead of ending the
// program; a second one ends it as ever. Made before other threads are. One at a time.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;

  int descriptor() const { return descriptor_; }  // -1 when the system has none left
  static int caught();                            // the signal; 0: none came

  // Ends the program by that signal, as its parent expects it: a shell says 128 + signal.
  static void end_by(int signal);

 private:
  int descriptor_ = -1;
};

// Descriptors 0, 1 and 2 that were closed when the program began become ones that have nothing to
// read and take nothing: else the library's would be taken for them.
void fill_standard_descriptors();

}  // namespace specter::cli
