#include "catalogue.hpp"

#include <map>
#include <stdexcept>

#include "package_record.hpp"

namespace coppice::demo {

catalogue make_catalogue(store& target) {
  std::map<std::string, group, std::less<>> groups;
  catalogue result;
  const auto snapshot = target.snapshot();
  for (const entry& each : snapshot) {
    const auto raw = each.value.as_document();
    const auto record = raw ? read_record(*raw) : std::nullopt;
    if (!record || !crc_holds(*raw, *record)) throw std::runtime_error("the store holds something that is no record");
    group& its = groups[std::string(record->group)];
    its.ids.emplace_back(record->id);
    its.installs += record->installs;
    ++result.records;
  }
  if (groups.empty()) throw std::runtime_error("the store is empty");

  target.transact([&](transaction& changes) {
    for (const auto& [name, its] : groups) {
      changes.set(total_key(name), its.installs);
      changes.set(count_key(name), static_cast<std::int64_t>(its.ids.size()));
    }
  });
  for (auto& [name, its] : groups) {
    its.name = name;
    result.groups.push_back(std::move(its));
  }
  return result;
}

}  // namespace coppice::demo
