// The `vector` suite: our persistent vector, in the heap with atomic and with plain counts and in the arena of a store,
// against std::vector, which keeps no version. README.md says how each case is measured.
#include <cstddef>
#include <string>
#include <vector>

#include "arena_transaction.hpp"
#include "collection_command.hpp"
#include "report.hpp"
#include "vector_cases.hpp"

namespace coppice::bench {
namespace {

class vector_suite {
 public:
  vector_suite(const collection_command& wanted, report& out, std::size_t n)
      : wanted_(wanted), out_(out), n_(n), atomic_(n), local_(n), arena_(n), std_(n) {}

  void run() {
    against_rival("push_persistent", "ns", [](auto& side) { return side.push(); });
    against_rival("push_moved", "ns", [](auto& side) { return side.push_moved(); });
    against_rival("get_random", "ns", [](auto& side) { return side.get_random(); });
    against_rival("set_random_persistent", "ns", [](auto& side) { return side.set_random(); });
    against_rival("iterate", "ns", [](auto& side) { return side.iterate(); });
    against_rival("for_each_chunk", "ns", [](auto& side) { return side.for_each(); });
    against_rival("splice", "us", [](auto& side) { return side.splice(); });
    if (!wanted_.asks_for("bytes_per_entry")) return;
    add("bytes_per_entry", "bytes",
        interleave(1, {{"atomic", [&] { return atomic_.bytes_per_entry(); }},
                       {"local", [&] { return local_.bytes_per_entry(); }},
                       {"arena", [&] { return arena_.bytes_per_entry(); }}}));
  }

 private:
  template <class Measure>
  void against_rival(const std::string& name, const std::string& unit, const Measure& measure) {
    if (!wanted_.asks_for(name)) return;
    add(name, unit,
        interleave(wanted_.rounds(), {{"atomic", [&] { return measure(atomic_); }},
                                      {"local", [&] { return measure(local_); }},
                                      {"arena", [&] { return measure(arena_); }},
                                      {"std", [&] { return measure(std_); }}}));
  }
  void add(const std::string& name, const std::string& unit, const std::vector<series>& all) {
    std::vector<const series*> rivals;
    if (all.size() > forms) rivals.push_back(&all[forms]);
    for (std::size_t i = 0; i < forms; ++i) out_.add(name, n_, unit, &all[i], rivals, {}, {{"form", all[i].name}});
  }

  static constexpr std::size_t forms = 3;  // of ours, which come first

  const collection_command& wanted_;
  report& out_;
  std::size_t n_;
  vector_cases<atomic_vector_side> atomic_;
  vector_cases<local_vector_side> local_;
  vector_cases<arena_vector_side> arena_;
  vector_cases<std_vector_side> std_;
};

}  // namespace
}  // namespace coppice::bench

int main(int argc, char** argv) {
  using namespace coppice::bench;
  return run_collection_suite(
      argc, argv, "Measures coppice::vector against std::vector", [](const collection_command& wanted) {
        report out("vector", {"std"}, wanted.out);
        const auto run = [&](std::size_t n) { in_transaction([&] { vector_suite(wanted, out, n).run(); }); };
        for (const std::size_t n : wanted.sizes) run(n);
        if (wanted.growth) run(10'000'000);
      });
}
