// The `map` suite: our persistent map, in the heap with atomic and with plain counts and in the arena of a store,
// against mutable hash maps, which keep no version. README.md says how each case is measured.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "arena_transaction.hpp"
#include "collection_command.hpp"
#include "map_cases.hpp"
#include "map_sides.hpp"
#include "report.hpp"

namespace coppice::bench {
namespace {

/// All sides over one input.
template <class K>
class map_suite {
 public:
  map_suite(const collection_command& wanted, report& out, std::size_t n, std::string elements)
      : wanted_(wanted), out_(out), elements_(std::move(elements)), input_(n) {}

  void run() {
    against_rivals("insert_persistent", [](auto& side) { return side.insert(); });
    against_rivals("insert_moved", [](auto& side) { return side.insert_moved(); });
    against_rivals("build", [](auto& side) { return side.build(); });
    against_rivals("get", [](auto& side) { return side.get(); });
    against_rivals("miss", [](auto& side) { return side.miss(); });
    against_rivals("update_persistent", [](auto& side) { return side.update(); });
    against_rivals("erase_persistent", [](auto& side) { return side.erase(); });
    against_rivals("iterate", [](auto& side) { return side.iterate(); });
    against_rivals("for_each", [](auto& side) { return side.for_each(); });
    against_rivals("equal", [](auto& side) { return side.equal(); });
    if (input_.size() <= 100'000) {  // a hundred copies of a million elements would not fit
      against_rivals("versions_kept", [](auto& side) { return side.versions_kept(); }, "us");
    }
    alone("diff_1_percent", "ns", [](auto& side) { return side.diff(); });
    alone("union_200", "us", [](auto& side) { return side.union_200(); });
    alone("bytes_per_entry", "bytes", [](auto& side) { return side.bytes_per_entry(); });
  }

 private:
  template <class Side, class Measure>
  [[nodiscard]] static contestant entrant(map_cases<Side, K>& side, const Measure& measure) {
    return {Side::name, [&] { return measure(side); }};
  }

  template <class Measure>
  void against_rivals(const std::string& name, const Measure& measure, const std::string& unit = "ns") {
    if (!wanted_.asks_for(name)) return;
    add(name, unit,
        interleave(wanted_.rounds(), {entrant(atomic_, measure), entrant(local_, measure), entrant(arena_, measure),
                                      entrant(absl_, measure), entrant(std_, measure)}));
  }
  template <class Measure>
  void alone(const std::string& name, const std::string& unit, const Measure& measure) {
    if (!wanted_.asks_for(name)) return;
    add(name, unit,
        interleave(wanted_.rounds(), {entrant(atomic_, measure), entrant(local_, measure), entrant(arena_, measure)}));
  }

  void add(const std::string& name, const std::string& unit, const std::vector<series>& all) {
    std::vector<const series*> rivals;
    for (std::size_t i = forms; i < all.size(); ++i) rivals.push_back(&all[i]);
    for (std::size_t i = 0; i < forms; ++i) {
      out_.add(name, input_.size(), unit, &all[i], rivals, {}, {{"form", all[i].name}, {"elements", elements_}});
    }
  }

  static constexpr std::size_t forms = 3;  // of ours, which come first

  const collection_command& wanted_;
  report& out_;
  std::string elements_;
  map_input<K> input_;
  map_cases<atomic_side<K>, K> atomic_{input_};
  map_cases<local_side<K>, K> local_{input_};
  map_cases<arena_side<K>, K> arena_{input_};
  map_cases<absl_side<K>, K> absl_{input_};
  map_cases<std_side<K>, K> std_{input_};
};

}  // namespace
}  // namespace coppice::bench

int main(int argc, char** argv) {
  using namespace coppice::bench;
  return run_collection_suite(argc, argv, "Measures coppice::map against mutable hash maps",
                              [](const collection_command& wanted) {
                                report out("map", {"absl", "std"}, wanted.out);
                                const auto run = [&]<class K>(const K&, std::size_t n, const char* elements) {
                                  in_transaction([&] { map_suite<K>(wanted, out, n, elements).run(); });
                                };
                                for (const std::size_t n : wanted.sizes) {
                                  run(std::uint64_t{}, n, "u64");
                                  run(std::string{}, n, "string");
                                }
                                if (wanted.growth) run(std::uint64_t{}, 10'000'000, "u64");
                              });
}
