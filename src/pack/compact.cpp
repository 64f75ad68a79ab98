// Several packs as one.
#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "coppice/pack.hpp"

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
    if (!record.ok()) throw pack_error(from_.take_trouble(), "coppice::compact");
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

void compact(std::span<pack_reader* const> packs, pack_sink& to, const pack_options& options) {
  using place = std::pair<const pack_reader*, std::size_t>;
  std::map<std::string, place> last;  // of each name
  for (const pack_reader* pack : packs) {
    if (pack->input_->lacks_base()) pack->raise_lacks_base();
    for (std::size_t i = 0; i < pack->versions_.size(); ++i) last[pack->versions_[i].name] = {pack, i};
  }
  pack_output output(to, {options.compression, options.level});
  std::vector<std::unique_ptr<record_copier>> copiers;  // until all is written
  for (pack_reader* pack : packs) {
    record_copier& copier = *copiers.emplace_back(std::make_unique<record_copier>(*pack->input_, output));
    for (std::size_t i = 0; i < pack->versions_.size(); ++i) {
      detail::pack_root root = pack->input_->roots()[i];
      if (!root.name.empty() && last.at(root.name) != place(pack, i)) continue;
      root.type = copier.type(root.type);
      root.tree.root = copier.copy(root.tree.root);
      root.tree.tail = copier.copy(root.tree.tail);
      output.add_root(root);
    }
  }
  if (const result<void> done = output.finish(); !done) throw pack_error(done.why(), "coppice::compact");
}

}  // namespace coppice
