#include "signals.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>

#include "failure.hpp"

namespace coppice::cli {

namespace {

// Written by the handler, read by the command; nothing else depends on it, so relaxed order is enough.
std::atomic<int> requested{0};
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler must not meet a lock");
// The handler writes a byte here: a poll() that has yet to begin then returns at once, which a flag alone cannot do.
int stop_pipe[2] = {-1, -1};

extern "C" void on_stop_signal(int signal_number) {
  const int saved = errno;
  requested.store(signal_number, std::memory_order_relaxed);
  const char byte = 0;
  [[maybe_unused]] const ssize_t ignored = ::write(stop_pipe[1], &byte, 1);
  errno = saved;
}

}  // namespace

void install_signal_handlers() {
  if (::pipe2(stop_pipe, O_CLOEXEC | O_NONBLOCK) != 0) stop_pipe[0] = stop_pipe[1] = -1;
  struct sigaction action = {};
  action.sa_handler = on_stop_signal;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigemptyset(&action.sa_mask);
  for (const int signal_number : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction before = {};
    sigaction(signal_number, nullptr, &before);
    // A parent that ignores it (nohup, a background job) has decided.
    if (before.sa_handler != SIG_IGN) sigaction(signal_number, &action, nullptr);
  }
  std::signal(SIGPIPE, SIG_IGN);
}

int stop_signal() noexcept { return requested.load(std::memory_order_relaxed); }

void throw_if_stopped() {
  if (const int signal_number = stop_signal(); signal_number != 0) throw interrupted(signal_number);
}

void wait_readable(int descriptor) {
  pollfd watched[2] = {{descriptor, POLLIN, 0}, {stop_pipe[0], POLLIN, 0}};
  do {
    throw_if_stopped();
  } while (::poll(watched, 2, -1) < 0 && errno == EINTR);
  throw_if_stopped();
}

void end_by_signal(int signal_number) {
  std::signal(signal_number, SIG_DFL);
  sigset_t only;
  sigemptyset(&only);
  sigaddset(&only, signal_number);
  sigprocmask(SIG_UNBLOCK, &only, nullptr);
  std::raise(signal_number);
  std::_Exit(128 + signal_number);
}

}  // namespace coppice::cli
