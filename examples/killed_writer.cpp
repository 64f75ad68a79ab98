// Writers that move money between two accounts are killed at some instruction, again and again. A transaction is there
// as a whole or not at all, the next writer is not kept out by the last one's lock, and no memory is lost.
//
// Prints:
//   killed 20 writers
//   total 1000
//   every invariant holds
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <thread>

#include "coppice/store.hpp"

namespace {

std::int64_t balance(const coppice::transaction& work, const char* account) {
  return work.get(account)->as_int64().value();
}

[[noreturn]] void move_money_for_ever() {
  // A child opens the store itself: a handle does not outlive fork().
  auto accounts = coppice::store::open("accounts");
  for (;;) {
    accounts.transact([](coppice::transaction& work) {
      work.set("anna", balance(work, "anna") - 1);
      work.set("bert", balance(work, "bert") + 1);
    });
  }
}

}  // namespace

int main() {
  auto accounts = coppice::store::open("accounts");
  accounts.transact([](coppice::transaction& work) {
    work.set("anna", 1000);
    work.set("bert", 0);
  });

  int killed = 0;
  for (; killed < 20; ++killed) {
    const pid_t writer = ::fork();
    if (writer == 0) move_money_for_ever();
    std::this_thread::sleep_for(std::chrono::milliseconds(5 + killed));
    ::kill(writer, SIGKILL);
    ::waitpid(writer, nullptr, 0);
  }

  const auto now = accounts.snapshot();
  const std::int64_t total = now.get("anna")->as_int64().value() + now.get("bert")->as_int64().value();
  std::printf("killed %d writers\n", killed);
  std::printf("total %d\n", static_cast<int>(total));
  const auto report = accounts.check();
  std::puts(report.ok() ? "every invariant holds" : report.broken.c_str());
  coppice::store::destroy("accounts");
}
