// Several packs as one.
#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "coppice/pack.hpp"
#include "src/pack/copy.hpp"

namespace coppice {

namespace {

using detail::node_number;
using detail::pack_input;
using detail::pack_output;
using detail::record_bytes;
using detail::record_kind;
using detail::record_reader;

/// Writes records of one pack to another.
class record_copier final : public detail::pack_encoder {
 public:
  record_copier(pack_input& from, pack_output& to) noexcept : from_(from), to_(to) {}

  /// The number that a record has where it is written to, after all that it leads to.
  [[nodiscard]] node_number copy(node_number wanted) {
    if (wanted == 0) return 0;
    std::vector<node_number> left{wanted};
    while (!left.empty()) {
      const node_number number = left.back();
      const std::size_t before = left.size();
      if (!numbers_.contains(number)) {
        scratch_.clear();
        transcribe(number, {}, scratch_, [&](node_number link) {
          if (!numbers_.contains(link)) left.push_back(link);
          return link;
        });
        // The first is to be written first, as it was.
        std::reverse(left.begin() + static_cast<std::ptrdiff_t>(before), left.end());
        if (left.size() != before) continue;
        numbers_.emplace(number, to_.put(nullptr, number, *this));
      }
      left.pop_back();
    }
    return numbers_.at(wanted);
  }
  [[nodiscard]] std::uint32_t type(std::uint32_t number) {
    const auto known = types_.find(number);
    if (known != types_.end()) return known->second;
    return types_.emplace(number, to_.type(from_.type(number))).first->second;
  }

  bool encode(const std::byte*, std::uint64_t number, const detail::record_place& place,
              detail::record_buffer& to) override {
    bool has_links = false;
    transcribe(static_cast<node_number>(number), place, to, [&](node_number link) {
      has_links = true;
      return numbers_.at(link);
    });
    return has_links;
  }

 private:
  template <class NumberOf>
  void transcribe(node_number number, const detail::record_place& place, detail::record_buffer& to,
                  const NumberOf& number_of) {
    const record_bytes record = from_.record(number);
    if (!record.ok()) throw pack_error(from_.take_trouble(), from_.title("coppice::compact"));
    record_reader from = record.reader();
    record_reader ahead = from;
    const detail::record_head head = read_head(ahead, from_.type_count());
    const bool typed = head.kind != record_kind::blob && head.kind != record_kind::pieces;
    transcribe_record(from, number, typed ? &from_.type(head.type) : nullptr, typed ? type(head.type) : 0, number_of,
                      place, to);
  }

  pack_input& from_;
  pack_output& to_;
  std::unordered_map<node_number, node_number> numbers_;
  std::map<std::uint32_t, std::uint32_t> types_;
  detail::record_buffer scratch_;
};

}  // namespace

void pack::copy_versions(std::span<const version_place> versions, pack_sink& to, const pack_options& options) {
  pack_output output(to, {options.compression, options.level});
  std::map<const pack_reader*, std::unique_ptr<record_copier>> copiers;  // until all is written
  for (const auto& [pack, index] : versions) {
    detail::pack_root root = detail::reader_access::root(*pack, index);
    if (output.has_root(root.name)) root.name.clear();
    std::unique_ptr<record_copier>& copier = copiers[pack];
    if (copier == nullptr) copier = std::make_unique<record_copier>(detail::reader_access::input(*pack), output);
    root.type = copier->type(root.type);
    root.tree.root = copier->copy(root.tree.root);
    root.tree.tail = copier->copy(root.tree.tail);
    output.add_root(root);
  }
  if (const result<void> done = output.finish(); !done) throw pack_error(done.why(), "coppice::compact");
}

void compact(std::span<pack_reader* const> packs, pack_sink& to, const pack_options& options) {
  std::map<std::string, std::size_t> last;  // of each name, counting through all packs
  std::vector<pack::version_place> versions;
  for (pack_reader* pack : packs) {
    for (std::size_t i = 0; i < pack->versions().size(); ++i) {
      last[pack->versions()[i].name] = versions.size();
      versions.push_back({pack, i});
    }
  }
  std::vector<pack::version_place> kept;
  for (std::size_t i = 0; i < versions.size(); ++i) {
    const std::string& name = versions[i].pack->versions()[versions[i].index].name;
    if (name.empty() || last.at(name) == i) kept.push_back(versions[i]);
  }
  pack::copy_versions(kept, to, options);
}

}  // namespace coppice
