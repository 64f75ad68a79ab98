#include "verification.hpp"

#define XXH_INLINE_ALL
#include <fmt/format.h>
#include <xxhash.h>

#include <unordered_map>

#include "package_record.hpp"

namespace coppice::demo {

namespace {

/// Of a sequence of values: kinds and lengths are part of it, so that no two sequences look alike.
class digest {
 public:
  void add(const value_view& item) {
    const auto raw = item.raw();
    const std::uint64_t fields[] = {state_, static_cast<std::uint64_t>(item.kind()), raw.size(),
                                    XXH3_64bits(raw.data(), raw.size())};
    state_ = XXH3_64bits(fields, sizeof(fields));
  }
  [[nodiscard]] std::uint64_t result() const { return state_; }

 private:
  std::uint64_t state_ = 0;
};

struct sums {
  std::int64_t installs = 0;
  std::int64_t records = 0;
};

/// Why this is not the record of its key; empty if it is.
std::string problem_of(std::string_view key, const value_view& stored, std::optional<record_view>& record) {
  const auto raw = stored.as_document();
  if (!raw) return fmt::format("{} is not a document", key);
  record = read_record(*raw);
  if (!record) return fmt::format("{} is torn", key);
  if (record->id != key) return fmt::format("{} holds the record of {}", key, record->id);
  if (!crc_holds(*raw, *record)) return fmt::format("{} does not have the checksum that it states", key);
  return "";
}

/// Why the ledger differs from what the records add up to.
std::string ledger_problem(const snapshot& version, const catalogue& expected,
                           const std::unordered_map<std::string, sums>& seen) {
  for (const group& each : expected.groups) {
    const auto found = seen.find(each.name);
    const sums its = found == seen.end() ? sums() : found->second;
    const auto total = version.get(total_key(each.name));
    if (!total || total->as_int64() != its.installs) {
      return fmt::format("group {}: records add up to {}, the stored total differs", each.name, its.installs);
    }
    const auto count = version.get(count_key(each.name));
    if (!count || count->as_int64() != its.records) {
      return fmt::format("group {}: {} records, the stored count differs", each.name, its.records);
    }
  }
  return "";
}

}  // namespace

verification verify_all(const snapshot& version, const catalogue& expected) {
  verification result;
  digest all;
  std::unordered_map<std::string, sums> seen;
  std::uint64_t entries = 0;
  version.for_each([&](const entry& each) {
    ++entries;
    all.add(each.key);
    all.add(each.value);
    const std::string_view key = each.key.as_string().value_or("");
    if (key.starts_with('#')) return true;
    std::optional<record_view> record;
    result.problem = problem_of(key, each.value, record);
    if (!result.problem.empty()) return false;
    sums& its = seen[std::string(record->group)];
    its.installs += record->installs;
    ++its.records;
    ++result.records;
    return true;
  });
  result.digest = all.result();
  if (result.problem.empty() && entries != version.size()) {
    result.problem = fmt::format("{} entries were seen of {}", entries, version.size());
  }
  if (result.problem.empty() && result.records != expected.records) {
    result.problem = fmt::format("{} records, expected {}", result.records, expected.records);
  }
  if (result.problem.empty()) result.problem = ledger_problem(version, expected, seen);
  return result;
}

std::string verify_one(const snapshot& version, std::string_view id) {
  std::string key(id);
  auto stored = version.get(key);
  const bool under_new_name = version.contains(renamed(id));
  if (stored && under_new_name) return fmt::format("{} is there twice, under both names", id);
  if (!stored) {
    key = renamed(id);
    stored = version.get(key);
  }
  if (!stored) return fmt::format("{} is not there", id);
  std::optional<record_view> record;
  return problem_of(key, *stored, record);
}

std::uint64_t digest_of(const snapshot& version) {
  digest all;
  version.for_each([&all](const entry& each) {
    all.add(each.key);
    all.add(each.value);
    return true;
  });
  return all.result();
}

}  // namespace coppice::demo
