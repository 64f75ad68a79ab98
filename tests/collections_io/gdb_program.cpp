// What gdb_test.py looks at with the printers for gdb: collections of all shapes of leaves, to be looked at from
// stop().
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "coppice/map.hpp"
#include "coppice/set.hpp"

namespace {

struct alignas(64) aligned_number {
  std::uint64_t number = 0;
  friend bool operator==(const aligned_number&, const aligned_number&) = default;
};

/// Where the debugger stops, with all variables of main() there to be seen.
void stop() {}

}  // namespace

int main() {
  using coppice::hash_seed;
  const coppice::map<int, int> empty;
  const coppice::map<std::string, int> ages{{"ada", 36}};
  const coppice::set<std::uint8_t> small{5};
  const coppice::set<std::shared_ptr<int>> shared{std::make_shared<int>(3)};
  const coppice::map<int, aligned_number> aligned{{1, {2}}};
  const coppice::map<int, coppice::set<int>> nested{{1, {2}}};
  [[maybe_unused]] const auto transient = ages.transient();
  // Branches below branches.
  coppice::map<std::uint64_t, std::uint64_t> many(hash_seed{1});
  coppice::map<int, int, coppice::hash<int>, std::equal_to<>, coppice::local_heap, 2> tiny(hash_seed{1});
  for (std::uint64_t i = 0; i < 5000; ++i) many = std::move(many).set(i, i * i);
  for (int i = 0; i < 100; ++i) tiny = std::move(tiny).set(i, -i);
  stop();
}
