#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <random>
#include <stdexcept>

#include "package_record.hpp"
#include "worker.hpp"

namespace coppice::demo {

namespace {

using json = nlohmann::json;

/// Thrown inside a transaction to roll it back.
class given_up : public std::exception {};

std::uint64_t monotonic_ns() {
  timespec now = {};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
}

class writer {
 public:
  writer(const std::string& store_name, const catalogue& packages, std::size_t number, shared_counts& shared,
         worker_counts& counts)
      : packages_(packages),
        number_key_(writer_key(number)),
        shared_(shared),
        counts_(counts),
        target_(open(store_name)),
        random_(std::random_device()()) {}

  /// What the predecessor committed must be there: its last acknowledged transaction, or the one after it if it was
  /// killed between the commit and the acknowledgement.
  void look_back() {
    const auto stored = target_.get(number_key_);
    sequence_ = stored ? static_cast<std::uint64_t>(stored->view().as_int64().value_or(0)) : 0;
    const std::uint64_t acknowledged = counts_.acknowledged.load(std::memory_order_relaxed);
    if (sequence_ < acknowledged || sequence_ > acknowledged + 1) {
      counts_.report(
          fmt::format("writer: transaction {} was acknowledged, the store holds {}", acknowledged, sequence_));
    }
    counts_.acknowledged.store(sequence_, std::memory_order_relaxed);
  }

  void write() {
    const auto choice = random_() % 100;
    written_ = 0;
    try {
      target_.transact([this, choice](transaction& changes) {
        expect_own_last(changes);
        if (choice < 60) move_installs(changes);
        if (choice >= 60 && choice < 80) install(changes);
        if (choice >= 80 && choice < 90) annotate(changes);
        if (choice >= 90) rename(changes);
        changes.set(number_key_, static_cast<std::int64_t>(sequence_ + 1));
        if (random_() % 50 == 0) spoil(changes);
      });
    } catch (const given_up&) {
      counts_.rollbacks.fetch_add(1, std::memory_order_relaxed);
      return;
    }
    ++sequence_;
    counts_.acknowledged.store(sequence_, std::memory_order_relaxed);
    counts_.transactions.fetch_add(1, std::memory_order_relaxed);
    counts_.records_written.fetch_add(written_, std::memory_order_relaxed);
    note_commit();
  }

 private:
  /// Nobody else writes this key: what this process committed last must be there.
  void expect_own_last(const transaction& changes) {
    const auto stored = changes.get(number_key_);
    const auto found = stored.value_or(value_view(0)).as_int64().value_or(-1);
    if (found == static_cast<std::int64_t>(sequence_)) return;
    counts_.report(fmt::format("writer: transaction {} was committed, the store holds {}", sequence_, found));
  }

  static store open(const std::string& name) {
    store_options options;
    options.mode = open_mode::open_existing;
    return store::open(name, options);
  }

  const group& random_group() { return packages_.groups[random_() % packages_.groups.size()]; }
  const std::string& random_id(const group& its) { return its.ids[random_() % its.ids.size()]; }

  static json load(const transaction& changes, const std::string& id) {
    auto stored = changes.get(id);
    if (!stored) stored = changes.get(renamed(id));
    const auto raw = stored ? stored->as_document() : std::nullopt;
    if (!raw) throw std::runtime_error(fmt::format("{} is not there", id));
    const auto* first = reinterpret_cast<const char*>(raw->data());
    return json::from_msgpack(first, first + raw->size());
  }

  void save(transaction& changes, json& record) {
    record["revision"] = record.at("revision").get<std::int64_t>() + 1;
    const std::vector<std::uint8_t> sealed = seal(record);
    changes.set(record.at("id").get_ref<const std::string&>(), value_view::document(std::as_bytes(std::span(sealed))));
    ++written_;
  }

  static std::int64_t installs_of(const json& record) { return record.at("installs").get<std::int64_t>(); }

  /// From one package to up to three others of its group: the group's total stays.
  void move_installs(transaction& changes) {
    const group& its = random_group();
    const std::string& from = random_id(its);
    const auto others = 1 + random_() % 3;
    for (std::uint64_t i = 0; i < others; ++i) {
      const std::string& to = random_id(its);
      if (to == from) continue;
      json giver = load(changes, from);
      json taker = load(changes, to);
      const auto amount = static_cast<std::int64_t>(random_() % (static_cast<std::uint64_t>(installs_of(giver)) + 1));
      giver["installs"] = installs_of(giver) - amount;
      taker["installs"] = installs_of(taker) + amount;
      save(changes, giver);
      save(changes, taker);
    }
  }

  /// The record and the group's total change together.
  void install(transaction& changes) {
    const group& its = random_group();
    json record = load(changes, random_id(its));
    const auto amount = static_cast<std::int64_t>(random_() % 100);
    record["installs"] = installs_of(record) + amount;
    save(changes, record);
    const auto total = changes.get(total_key(its.name));
    changes.set(total_key(its.name), total.value_or(value_view(0)).as_int64().value_or(0) + amount);
  }

  /// The record changes its size.
  void annotate(transaction& changes) {
    json record = load(changes, random_id(random_group()));
    record["Note"] = std::string(random_() % 2000, static_cast<char>('a' + random_() % 26));
    save(changes, record);
  }

  /// The record leaves its key for another.
  void rename(transaction& changes) {
    const std::string& id = random_id(random_group());
    json record = load(changes, id);
    const std::string before = record.at("id").get<std::string>();
    changes.erase(before);
    record["id"] = before == id ? renamed(id) : id;
    save(changes, record);
  }

  /// Writes what no reader may ever see, and gives up.
  [[noreturn]] void spoil(transaction& changes) {
    changes.set(random_id(random_group()), "spoilt");
    changes.erase(total_key(random_group().name));
    throw given_up();
  }

  void note_commit() {
    const std::uint64_t now = monotonic_ns();
    const std::uint64_t before = shared_.last_commit_ns.exchange(now, std::memory_order_relaxed);
    if (before == 0 || before >= now) return;
    std::uint64_t longest = shared_.longest_without_commit_ns.load(std::memory_order_relaxed);
    while (longest < now - before &&
           !shared_.longest_without_commit_ns.compare_exchange_weak(longest, now - before, std::memory_order_relaxed)) {
    }
  }

  const catalogue& packages_;
  std::string number_key_;
  shared_counts& shared_;
  worker_counts& counts_;
  store target_;
  std::mt19937_64 random_;
  std::uint64_t sequence_ = 0;
  std::uint64_t written_ = 0;
};

}  // namespace

void run_writer(const std::string& store_name, const catalogue& packages, std::size_t number, shared_counts& shared,
                worker_counts& counts) {
  writer self(store_name, packages, number, shared, counts);
  self.look_back();
  for (;;) self.write();
}

}  // namespace coppice::demo
