// Prints what the trie costs over bump memory: ns per operation and bytes per entry. Not a test.
//
// Usage: trie_probe [-BYTES] [N...]. Keys of 18 characters, values of 32 bytes (or BYTES, at least 4), shuffled.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <random>
#include <string>
#include <vector>

#include "bump_memory.hpp"
#include "coppice/detail/packed_leaf.hpp"
#include "coppice/detail/trie.hpp"
#include "coppice/detail/trie_build.hpp"
#include "coppice/detail/trie_cursor.hpp"
#include "coppice/detail/trie_edit.hpp"

#ifndef PROBE_B
#define PROBE_B 24
#define PROBE_S 1536
#endif

namespace coppice::trie_test {
namespace {

using namespace detail;
using Leaf = packed_leaf<std::uint32_t, seeded_hash, PROBE_B, PROBE_S, 255>;

/// Keys lie side by side in the order in which they are used, so that fetching them costs next to nothing.
struct workload {
  static constexpr std::size_t key_bytes = 18, stride = 24;
  std::vector<char> keys;
  std::string value;

  workload(std::uint32_t n, std::uint64_t seed, std::size_t value_bytes) : keys(n * stride), value(value_bytes, 'v') {
    std::vector<std::uint32_t> order(n);
    for (std::uint32_t i = 0; i < n; ++i) order[i] = i;
    std::mt19937_64 random(seed);
    std::shuffle(order.begin(), order.end(), random);
    for (std::uint32_t i = 0; i < n; ++i) std::snprintf(&keys[i * stride], stride, "key:%014u", order[i]);
  }
  [[nodiscard]] packed_key key(std::uint32_t i) const {
    return {reinterpret_cast<const std::byte*>(&keys[i * stride]), key_bytes, value_kind::string_ascii};
  }
  [[nodiscard]] packed_value val(std::uint32_t i) {
    store(reinterpret_cast<std::byte*>(value.data()), i);
    return {reinterpret_cast<const std::byte*>(value.data()), value.size(), value_kind::string_ascii};
  }
};

/// Processor time of this thread: other work on the machine disturbs the caches only.
double now_ns() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

/// The cost of steps 0..n-1, measured in windows; of each window the best of all runs counts, so that a noisy machine
/// disturbs little.
class quiet_timer {
 public:
  explicit quiet_timer(std::uint32_t n) : n_(n), window_(n / 50 + 1), best_(n / window_ + 1, 1e18) {}

  template <class Step>
  void run(Step&& step) {
    for (std::uint32_t from = 0, i = 0; from < n_; ++i) {
      const std::uint32_t to = std::min(n_, from + window_);
      const double start = now_ns();
      for (; from < to; ++from) step(from);
      best_[i] = std::min(best_[i], now_ns() - start);
    }
  }
  /// For what cannot be cut into steps.
  template <class F>
  void run_at_once(F&& f) {
    best_.assign(1, best_[0]);
    const double start = now_ns();
    f();
    best_[0] = std::min(best_[0], now_ns() - start);
  }
  [[nodiscard]] double ns() const {
    double sum = 0;
    for (const double window : best_) sum += window < 1e18 ? window : 0;
    return sum / n_;
  }

 private:
  std::uint32_t n_;
  std::uint32_t window_;
  std::vector<double> best_;
};

std::size_t tree_bytes(const bump_memory& memory, std::uint32_t ref) {
  if (ref == 0) return 0;
  const std::byte* node = memory.address(ref);
  std::size_t total = bytes_of(node);
  if (kind_of(node) != node_kind::branch) return total;
  for (unsigned slot = 0; slot < trie_fan_out; slot = end_of_child<std::uint32_t>(node, slot)) {
    total += tree_bytes(memory, child_of<std::uint32_t>(node, slot));
  }
  return total;
}

std::uint64_t sink = 0;

/// A chain of dependent loads over 64 MiB: how fast this machine is at this moment.
double chase_ns() {
  static const std::vector<std::uint32_t> next = [] {
    std::vector<std::uint32_t> order(1U << 20), chain(std::size_t{16} << 20);
    for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
    std::mt19937_64 random(7);
    std::shuffle(order.begin(), order.end(), random);
    for (std::size_t i = 0; i < order.size(); ++i) chain[order[i] * 16] = order[(i + 1) % order.size()] * 16;
    return chain;
  }();
  std::uint32_t at = 0;
  quiet_timer timer(200000);
  for (int run = 0; run < 3; ++run) timer.run([&](std::uint32_t) { at = next[at]; });
  sink += at;
  return timer.ns();
}

void measure(std::uint32_t n, std::size_t value_bytes, bump_memory& memory, unsigned runs) {
  const Leaf leaf{seeded_hash{12345}};
  workload work(n, 1, value_bytes), other(n, 2, value_bytes);
  const std::size_t start = memory.used();
  const std::uint32_t lookups = n < 200000 ? 200000 : n;
  std::uint32_t root = 0;
  const auto find_one = [&](std::uint32_t i) {
    const auto found = trie_find(memory, leaf, root, other.key(i % n));
    sink += found->size + load<std::uint32_t>(found->data);
  };
  const auto set_one = [&](std::uint32_t i) { root = trie_set(memory, leaf, root, work.key(i), work.val(i)).root; };
  const auto count_one = [](const Leaf::entry& e) { sink += e.key.size + e.value.size; };
  const auto read_one = [](const Leaf::entry& e) {
    sink += load<std::uint64_t>(e.key.data) + load<std::uint32_t>(e.value.data);
  };
  std::vector<Leaf::item> items;
  for (std::uint32_t i = 0; i < n; ++i) items.push_back(leaf.make_item(work.key(i), work.val(0)));
  std::sort(items.begin(), items.end(), Leaf::item_less);

  quiet_timer set(n), update(n), erase(n), batch(n), build(n), get(lookups), get_dense(lookups), iterate(n), dense(n),
      reading(n);
  double bytes = 0, garbage = 0, batch_bytes = 0, batch_used = 0;
  const double chase = chase_ns();
  for (unsigned run = 0; run < runs; ++run) {
    root = 0;
    set.run(set_one);
    bytes = static_cast<double>(tree_bytes(memory, root)) / n;
    garbage = static_cast<double>(memory.used() - start) / n;
    get.run(find_one);
    update.run([&](std::uint32_t i) { root = trie_set(memory, leaf, root, other.key(i), work.val(i + n)).root; });
    iterate.run_at_once([&] { trie_for_each(memory, leaf, root, count_one); });
    erase.run([&](std::uint32_t i) { root = trie_erase(memory, leaf, root, other.key(i)).root; });
    memory.rewind(start);
    memory.begin_edit();
    batch.run(set_one);
    memory.end_edit();
    batch_bytes = static_cast<double>(tree_bytes(memory, root)) / n;
    batch_used = static_cast<double>(memory.used() - start) / n;
    get_dense.run(find_one);
    dense.run_at_once([&] { trie_for_each(memory, leaf, root, count_one); });
    reading.run_at_once([&] { trie_for_each(memory, leaf, root, read_one); });
    memory.rewind(start);
    build.run_at_once([&] { root = trie_build(memory, leaf, items.data(), n).root; });
    memory.rewind(start);
  }
  std::printf(
      "%8u chase %5.1f | set %6.1f update %6.1f erase %6.1f batch %6.1f build %5.1f | get %6.1f dense %6.1f | "
      "iterate %5.2f dense %5.2f reading %5.2f | bytes %5.1f garbage %.0f batch %.1f used %.1f\n",
      n, chase, set.ns(), update.ns(), erase.ns(), batch.ns(), build.ns(), get.ns(), get_dense.ns(), iterate.ns(),
      dense.ns(), reading.ns(), bytes, garbage, batch_bytes, batch_used);
}

}  // namespace
}  // namespace coppice::trie_test

int main(int argc, char** argv) {
  using namespace coppice::trie_test;
  std::vector<std::uint32_t> sizes;
  std::size_t value_bytes = 32;
  for (int i = 1; i < argc; ++i) {
    const int number = std::atoi(argv[i]);
    if (number < 0) {
      value_bytes = static_cast<std::size_t>(-number);
    } else {
      sizes.push_back(static_cast<std::uint32_t>(number));
    }
  }
  if (sizes.empty()) sizes = {1000, 100000, 1000000};
  const std::size_t largest = *std::max_element(sizes.begin(), sizes.end());
  bump_memory memory(std::max<std::size_t>(std::size_t{64} << 20, largest * 6000), true);
  memory.set_poison(false);
  for (const std::uint32_t n : sizes) measure(n, value_bytes, memory, n > 500000 ? 4 : 8);
  return sink == 0;
}
