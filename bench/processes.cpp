#include "processes.hpp"

#include <fmt/core.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <new>
#include <stdexcept>

#include "measure.hpp"

namespace coppice::bench {
namespace {

constexpr std::size_t most_processes = 16;

void sleep_until(std::int64_t when_ns) noexcept {
  const timespec when{when_ns / 1'000'000'000, when_ns % 1'000'000'000};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, nullptr) != 0) {
  }
}

// The first two processors that this process may use.
void keep_to_two_processors() noexcept {
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;
  cpu_set_t chosen;
  CPU_ZERO(&chosen);
  for (std::size_t cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&chosen) < 2; ++cpu) {
    if (CPU_ISSET(cpu, &allowed)) CPU_SET(cpu, &chosen);
  }
  sched_setaffinity(0, sizeof chosen, &chosen);
}

}  // namespace

std::int64_t start_gate::wait() noexcept {
  ready_.fetch_add(1, std::memory_order_release);
  std::int64_t start = 0;
  while ((start = start_ns_.load(std::memory_order_acquire)) == 0) sleep_until(now_ns() + 200'000);
  sleep_until(start);
  return start;
}

double group_result::ns_per_operation() const {
  std::uint64_t operations = 0;
  std::int64_t ended = started_ns;
  for (const process_result& child : each) {
    operations += child.operations;
    ended = std::max(ended, child.ended_ns);
  }
  return static_cast<double>(ended - started_ns) / static_cast<double>(operations);
}

class process_group {
 public:
  explicit process_group(std::size_t count) : count_(count) {
    if (count > most_processes) throw std::invalid_argument("too many processes");
    void* memory = mmap(nullptr, sizeof(shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::runtime_error("mmap of the start gate failed");
    shared_ = ::new (memory) shared;
  }
  process_group(const process_group&) = delete;
  process_group& operator=(const process_group&) = delete;
  ~process_group() {
    end_all();
    munmap(shared_, sizeof(shared));
  }

  group_result run(const process_body& body) {
    std::fflush(nullptr);  // or every child would hold a copy of what is buffered
    for (std::size_t index = 0; index < count_; ++index) {
      const pid_t child = fork();
      if (child < 0) throw std::runtime_error("fork failed");
      if (child == 0) run_child(index, body);
      children_.push_back(child);
    }
    while (shared_->gate.ready_.load(std::memory_order_acquire) < count_) {
      require_all_running();
      sleep_until(now_ns() + 200'000);
    }
    const std::int64_t start = now_ns() + 2'000'000;
    shared_->gate.start_ns_.store(start, std::memory_order_release);
    reap_all();
    return {std::vector<process_result>(shared_->results, shared_->results + count_), start};
  }

 private:
  struct shared {
    start_gate gate;
    process_result results[most_processes];
  };

  // _exit: the destructors and buffers of the parent are not this process's.
  [[noreturn]] void run_child(std::size_t index, const process_body& body) noexcept {
    try {
      keep_to_two_processors();
      shared_->results[index] = body(index, shared_->gate);
      _exit(0);
    } catch (const std::exception& why) {
      fmt::print(stderr, "process {}: {}\n", index, why.what());
      std::fflush(stderr);
      _exit(1);
    }
  }

  // Before the start a child only ends by failing, and the others would wait for it.
  void require_all_running() {
    for (pid_t& child : children_) {
      int status = 0;
      if (waitpid(child, &status, WNOHANG) == child) {
        child = 0;
        throw std::runtime_error("a process failed before the start");
      }
    }
  }

  void reap_all() {
    bool failed = false;
    for (pid_t& child : children_) {
      int status = 0;
      waitpid(child, &status, 0);
      child = 0;
      failed = failed || !WIFEXITED(status) || WEXITSTATUS(status) != 0;
    }
    if (failed) throw std::runtime_error("a process failed");
  }

  void end_all() noexcept {
    for (const pid_t child : children_) {
      if (child == 0) continue;
      kill(child, SIGKILL);
      waitpid(child, nullptr, 0);
    }
  }

  std::size_t count_;
  shared* shared_ = nullptr;
  std::vector<pid_t> children_;
};

group_result run_processes(std::size_t count, const process_body& body) { return process_group(count).run(body); }

}  // namespace coppice::bench
