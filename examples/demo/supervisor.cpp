#include "supervisor.hpp"

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <new>
#include <stdexcept>

#include "worker.hpp"

namespace coppice::demo {

namespace {

double now_seconds() {
  timespec now = {};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

void sleep_until(double at_seconds) {
  const double rest = at_seconds - now_seconds();
  if (rest <= 0) return;
  timespec pause = {};
  pause.tv_sec = static_cast<time_t>(rest);
  pause.tv_nsec = static_cast<long>((rest - static_cast<double>(pause.tv_sec)) * 1e9);
  ::nanosleep(&pause, nullptr);
}

std::uint64_t load(const std::atomic<std::uint64_t>& counter) { return counter.load(std::memory_order_relaxed); }

}  // namespace

supervisor::supervisor(const run_options& options, const catalogue& packages, const store& watched)
    : options_(options), packages_(packages), watched_(watched), random_(std::random_device()()) {
  if (options.readers + options.writers > most_workers) throw std::runtime_error("too many workers");
  void* memory = ::mmap(nullptr, sizeof(shared_counts), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::runtime_error(std::string("mmap: ") + std::strerror(errno));
  shared_ = new (memory) shared_counts();
  for (std::size_t i = 0; i < options.readers; ++i) workers_.push_back({0, false, i});
  for (std::size_t i = 0; i < options.writers; ++i) workers_.push_back({0, true, i});
}

supervisor::~supervisor() {
  for (worker& each : workers_) end(each);
  ::munmap(shared_, sizeof(shared_counts));
}

void supervisor::become_worker(const worker& role, worker_counts& counts, pid_t parent) {
  // Without the parent nobody would ever end this process.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);
  try {
    if (role.is_writer) {
      run_writer(options_.store_name, packages_, role.number, *shared_, counts);
    } else {
      run_reader(options_.store_name, packages_, counts);
    }
  } catch (const std::exception& why) {
    counts.report(fmt::format("{} {}: {}", role.is_writer ? "writer" : "reader", role.number, why.what()));
  }
  // Not exit(): what the parent opened is the parent's to close.
  ::_exit(1);
}

void supervisor::start(std::size_t index) {
  worker& role = workers_[index];
  const pid_t parent = ::getpid();
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child < 0) throw std::runtime_error(std::string("fork: ") + std::strerror(errno));
  if (child == 0) become_worker(role, shared_->workers[index], parent);
  role.process = child;
}

void supervisor::end(worker& victim) {
  if (victim.process <= 0) return;
  ::kill(victim.process, SIGKILL);
  ::waitpid(victim.process, nullptr, 0);
  victim.process = 0;
}

void supervisor::kill_one() {
  const std::size_t index = random_() % workers_.size();
  end(workers_[index]);
  result_.kills.push_back({now_seconds() - started_seconds_, workers_[index].is_writer});
  start(index);
}

/// A worker never ends by itself unless something is wrong; it has reported what, unless it crashed.
void supervisor::restart_those_that_ended() {
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    int status = 0;
    if (::waitpid(workers_[i].process, &status, WNOHANG) != workers_[i].process) continue;
    if (WIFSIGNALED(status)) {
      shared_->workers[i].report(fmt::format("{} {} crashed: {}", workers_[i].is_writer ? "writer" : "reader",
                                             workers_[i].number, ::strsignal(WTERMSIG(status))));
    }
    start(i);
  }
}

totals supervisor::add_up() const {
  totals sum;
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    const worker_counts& each = shared_->workers[i];
    sum.records_read += load(each.records_read);
    sum.snapshots += load(each.snapshots);
    sum.whole_snapshots += load(each.whole_snapshots);
    sum.transactions += load(each.transactions);
    sum.records_written += load(each.records_written);
    sum.rollbacks += load(each.rollbacks);
    sum.violations += load(each.violations);
    if (each.has_message.load(std::memory_order_acquire) == 2) sum.messages.emplace_back(each.message);
  }
  return sum;
}

void supervisor::take_sample() {
  const totals sum = add_up();
  const double at = now_seconds() - started_seconds_;
  const double since = result_.samples.empty() ? 0 : result_.samples.back().to_seconds;
  const double span = std::max(at - since, 1e-6);
  const store_stats stats = watched_.stats();
  result_.samples.push_back({.from_seconds = since,
                             .to_seconds = at,
                             .reads_per_second = static_cast<double>(sum.records_read - last_.records_read) / span,
                             .writes_per_second = static_cast<double>(sum.transactions - last_.transactions) / span,
                             .committed_bytes = stats.committed_bytes,
                             .live_bytes = stats.live_bytes});
  last_ = sum;
}

run_result supervisor::run() {
  started_seconds_ = now_seconds();
  for (std::size_t i = 0; i < workers_.size(); ++i) start(i);
  // Exponential pauses: a kill is as likely at one instant as at any other.
  std::exponential_distribution<double> pause(1 / options_.mean_seconds_between_kills);
  double next_kill = started_seconds_ + 0.5 + pause(random_);
  double next_sample = started_seconds_ + sample_seconds;
  const double stop = started_seconds_ + options_.seconds;
  while (now_seconds() < stop) {
    sleep_until(std::min({next_kill, next_sample, stop}));
    if (now_seconds() >= next_sample) {
      take_sample();
      restart_those_that_ended();
      next_sample += sample_seconds;
    }
    if (now_seconds() >= next_kill) {
      kill_one();
      next_kill = now_seconds() + pause(random_);
    }
  }
  take_sample();
  result_.seconds = now_seconds() - started_seconds_;
  for (worker& each : workers_) end(each);
  result_.counts = add_up();
  result_.longest_without_commit_seconds = static_cast<double>(load(shared_->longest_without_commit_ns)) * 1e-9;
  return result_;
}

}  // namespace coppice::demo
