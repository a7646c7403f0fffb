#include "cli/bench/process.h"

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include <sys/resource.h>
#include <unistd.h>
#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace specter::cli::bench {
namespace {

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

std::size_t entries(const char* directory) {
  std::error_code error;
  std::size_t count = 0;
  for (std::filesystem::directory_iterator at(directory, error), end; at != end && !error;
       at.increment(error)) {
    ++count;
  }
  return count;
}

}  // namespace

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

std::size_t resident_bytes() {
#if defined(__GLIBC__)
  ::malloc_trim(0);
#endif
  std::ifstream statm("/proc/self/statm");
  std::size_t total_pages = 0, resident_pages = 0;
  statm >> total_pages >> resident_pages;
  return resident_pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

std::size_t thread_count() { return entries("/proc/self/task"); }

std::size_t open_file_count() {
  const std::size_t with_the_directory = entries("/proc/self/fd");
  return with_the_directory > 0 ? with_the_directory - 1 : 0;
}

std::size_t cpu_count() { return std::thread::hardware_concurrency(); }

double load_average() {
  std::array<double, 1> load{};
  return ::getloadavg(load.data(), 1) == 1 ? load[0] : 0;
}

}  // namespace specter::cli::bench
