// Named steps in a child process: counted, and at a chosen occurrence of one something happens to it. Needs
// coppice_steps.
//
// Thread safety: set up in a child before its work, which has one thread.
#pragma once

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <cstdlib>

#include "src/arena/steps.hpp"

namespace crash_test {

using coppice::arena::step;
using coppice::arena::step_name;

inline constexpr std::size_t step_count = static_cast<std::size_t>(step::count);

/// What processes of a test tell each other, in memory that all of them share.
struct shared_state {
  std::atomic<std::uint64_t> told;        // operations that had returned
  std::atomic<std::uint32_t> destroying;  // 1: store::destroy() was called
  std::atomic<std::uint32_t> ready;
  std::atomic<std::uint32_t> go;
  std::array<std::atomic<std::uint32_t>, step_count> occurred;
  std::array<std::atomic<std::uint64_t>, 8> counters;
};

class shared_memory {
 public:
  shared_memory()
      : state_(static_cast<shared_state*>(
            ::mmap(nullptr, sizeof(shared_state), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0))) {
    if (state_ == MAP_FAILED) std::abort();
  }
  shared_memory(const shared_memory&) = delete;
  shared_memory& operator=(const shared_memory&) = delete;
  ~shared_memory() { ::munmap(state_, sizeof(shared_state)); }
  shared_state* operator->() const { return state_; }
  shared_state& operator*() const { return *state_; }

 private:
  shared_state* state_;
};

/// The n-th time (from 1) that a process comes to a step. n = 0: never.
struct moment {
  step at = step::count;
  std::uint32_t occurrence = 0;
};

namespace detail {
inline moment awaited;
inline shared_state* counted = nullptr;
inline void (*act)() = nullptr;

inline void handle_step(step at) {
  const auto index = static_cast<std::size_t>(at);
  const std::uint32_t times = counted->occurred[index].fetch_add(1, std::memory_order_relaxed) + 1;
  if (at == awaited.at && times == awaited.occurrence) act();
}
}  // namespace detail

inline void kill_self() {
  ::kill(::getpid(), SIGKILL);
  for (;;) ::pause();
}
inline void stop_self() { ::raise(SIGSTOP); }

/// From here on this process counts its steps in `shared`, and at the moment does `act`.
inline void at_step(shared_state& shared, moment when, void (*act)() = kill_self) {
  for (auto& each : shared.occurred) each.store(0, std::memory_order_relaxed);
  detail::awaited = when;
  detail::counted = &shared;
  detail::act = act;
  coppice::arena::on_step = detail::handle_step;
}
inline void ignore_steps() { coppice::arena::on_step = nullptr; }

}  // namespace crash_test
