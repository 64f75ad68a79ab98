// writer_pause_p9999: the distribution of how long single puts take in a store that is collected meanwhile.
//
// Each put is timed by itself; the clock adds some 20-40 ns to every figure on both sides. The rival in the same round
// shows how much of the tail is the machine's: a put whose process is switched out in favour of another one waits for
// milliseconds on either side. So the puts are told apart: `*_running_*` leaves out those among which the kernel
// counted an involuntary switch (looked up after each slow put and every 256 puts, outside the timed part). The figure
// of the row counts them all.
#include <sys/resource.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "latency_histogram.hpp"
#include "store_suite.hpp"
#include "store_updates.hpp"

namespace coppice::bench {
namespace {

double us(std::uint64_t ns) { return static_cast<double>(ns) / 1e3; }

// Notices that this process was switched out against its will.
class switch_watch {
 public:
  [[nodiscard]] bool switched() noexcept {
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    return std::exchange(seen_, used.ru_nivcsw) != used.ru_nivcsw;
  }

 private:
  long seen_ = 0;
};

struct pauses {
  latency_histogram all;
  latency_histogram running;

  void describe(const std::string& side, nlohmann::json& details) const {
    details[side + "_p50"] = us(all.quantile(0.5));
    details[side + "_p99"] = us(all.quantile(0.99));
    details[side + "_p999"] = us(all.quantile(0.999));
    details[side + "_p9999"] = us(all.quantile(0.9999));
    details[side + "_max"] = us(all.max());
    details[side + "_switched_out"] = all.total() - running.total();
    details[side + "_running_p9999"] = us(running.quantile(0.9999));
    details[side + "_running_max"] = us(running.max());
  }
};

template <class Side>
double measure_pauses(fixture& fix, Side& side, std::uint64_t first_generation, std::size_t count, pauses& seen) {
  constexpr std::uint64_t slow_ns = 200'000;
  latency_histogram round;
  switch_watch kernel;
  static_cast<void>(kernel.switched());
  update_values(fix, side, first_generation, count, [&](std::size_t k, auto&& put) {
    const std::int64_t started = now_ns();
    put();
    const auto took = static_cast<std::uint64_t>(now_ns() - started);
    round.record(took);
    const bool slow = took >= slow_ns;
    const bool switched = (slow || k % 256 == 0) && kernel.switched();
    if (!slow || !switched) seen.running.record(took);
  });
  seen.all.add(round);
  return us(round.quantile(0.9999));
}

}  // namespace

void run_writer_pause(fixture& fix, report& out) {
  fix.for_updates();
  constexpr std::size_t count = 300'000;
  constexpr int rounds = 3;
  pauses ours;
  pauses lmdb;
  const std::uint64_t collections = fix.run().run_ours ? fix.ours().handle().stats().collections : 0;
  const auto measure = [&](auto& side, std::uint64_t first_generation) {
    constexpr bool is_ours = std::is_same_v<std::remove_reference_t<decltype(side)>, store_side>;
    return measure_pauses(fix, side, first_generation, count, is_ours ? ours : lmdb);
  };
  const std::vector<series> all = interleave(rounds, updating_contestants(fix, rounds, count, measure));
  fix.require_same();

  nlohmann::json details;
  details["updates"] = count * rounds;
  if (fix.run().run_ours) {
    ours.describe(store_side::name, details);
    details["collections"] = fix.ours().handle().stats().collections - collections;
  }
  if (fix.run().run_lmdb) lmdb.describe(lmdb_side::name, details);
  out.add("writer_pause_p9999", fix.entries(), "us", find_series(all, store_side::name),
          {find_series(all, lmdb_side::name)}, {target::kind::absolute, 2'000}, variant(fix), details);
}

}  // namespace coppice::bench
