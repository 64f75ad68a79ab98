// Fork (rule A8): the child shares the parent's open files and with them its slots. It closes its descriptors, without
// unlocking anything, and its handles answer `closed` until the store is opened again.
#include <pthread.h>

#include <algorithm>
#include <mutex>
#include <vector>

#include "src/store/state.hpp"

namespace coppice::store_detail {

namespace {

struct registry {
  std::mutex lock;
  std::vector<open_arena*> arenas;
};

registry& opened_arenas() {
  static registry* only = new registry;  // never destroyed: arenas of static lifetime unregister after main
  return *only;
}

void before_fork() { opened_arenas().lock.lock(); }
void in_parent() { opened_arenas().lock.unlock(); }
void in_child() {
  for (open_arena* arena : opened_arenas().arenas) arena->abandon();
  opened_arenas().arenas.clear();
  forget_other_threads();
  opened_arenas().lock.unlock();
}

}  // namespace

void register_arena(open_arena& opened) {
  static std::once_flag installed;
  std::call_once(installed, [] { ::pthread_atfork(before_fork, in_parent, in_child); });
  const std::lock_guard guard(opened_arenas().lock);
  opened_arenas().arenas.push_back(&opened);
}

void unregister_arena(open_arena& closing) noexcept {
  const std::lock_guard guard(opened_arenas().lock);
  std::erase(opened_arenas().arenas, &closing);
}

}  // namespace coppice::store_detail
