#include "cli/bench/two_sides.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <system_error>
#include <thread>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/commands.h"

namespace specter::cli::bench {
namespace {

[[noreturn]] void throw_errno(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw_errno("pipe");
    out = ends[0];
    in = ends[1];
  }
  int out = -1, in = -1;  // where it is read, and written
};

std::vector<std::string> own_command_line() {
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  std::vector<std::string> arguments;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\0', at), text.size());
    arguments.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return arguments;
}

// The child reads and writes its conversation on stdin and stdout.
pid_t start_child(int in, int out) {
  std::vector<std::string> arguments = own_command_line();
  arguments.emplace_back("--far-side");
  std::vector<char*> pointers;
  pointers.reserve(arguments.size() + 1);
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) throw_errno("fork");
  if (child == 0) {
    // Between fork and exec: system calls only.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() == parent && ::dup2(in, STDIN_FILENO) >= 0 && ::dup2(out, STDOUT_FILENO) >= 0) {
      ::execv("/proc/self/exe", pointers.data());
    }
    ::_exit(kFailure);
  }
  return child;
}

void run_and_tell(const FarSide& far, Conversation& conversation, bool& ok) {
  Result<> result;
  try {
    result = far(conversation);
  } catch (const std::exception& error) {
    result = fail(ErrorCode::Internal, error.what());
  }
  ok = result.has_value();
  if (ok) return;
  conversation.send({{"op", "failed"},
                     {"name", to_string(result.error().code)},
                     {"message", result.error().message}});
}

Result<Report> with_thread(const NearSide& near, const FarSide& far) {
  const Pipe there, back;
  auto ours = std::make_unique<Conversation>(back.out, there.in);
  Conversation theirs(there.out, back.in);
  bool ok = false;
  std::thread thread([&] { run_and_tell(far, theirs, ok); });
  std::exception_ptr thrown;
  Result<Report> report = fail(ErrorCode::Internal, "the bench did not run");
  try {
    report = near(*ours);
  } catch (...) {
    thrown = std::current_exception();
  }
  ours.reset();  // which ends the far side, if nothing else did
  thread.join();
  if (thrown) std::rethrow_exception(thrown);
  return report;
}

Result<Report> with_child(const NearSide& near) {
  const Pipe there, back;
  const pid_t child = start_child(there.out, back.in);
  ::close(there.out);
  ::close(back.in);
  // Reaped whatever happens; the end of its stdin ends it.
  struct Reaper {
    ~Reaper() {
      while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
      }
    }
    const pid_t pid;
  } reaper{child};
  Conversation conversation(back.out, there.in);
  return near(conversation);
}

}  // namespace

Result<Report> run_near_side(const SidesOptions& options, const NearSide& near,
                             const FarSide& far) {
  return options.processes == 1 ? with_thread(near, far) : with_child(near);
}

int run_far_side(const FarSide& far) {
  Conversation conversation(::dup(STDIN_FILENO), ::dup(STDOUT_FILENO));
  bool ok = false;
  run_and_tell(far, conversation, ok);
  return ok ? kSuccess : kFailure;
}

}  // namespace specter::cli::bench
