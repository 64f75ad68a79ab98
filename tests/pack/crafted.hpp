// Packs that no writer makes: records as they are given, under right checksums.
#pragma once

#include <deque>
#include <functional>

#include "coppice/detail/pack/output.hpp"
#include "support.hpp"

namespace coppice::pack_test {

class hostile_pack {
 public:
  using node_number = detail::node_number;
  using record_place = detail::record_place;
  using record_buffer = detail::record_buffer;
  using contents = std::function<void(record_buffer& to, const record_place& place)>;

  [[nodiscard]] std::uint32_t type(const detail::pack_type& of) { return output_.type(of); }
  /// A record, as `how` writes it.
  node_number add(const contents& how) { return output_.put(nullptr, 0, encoders_.emplace_back(how)); }
  node_number blob(std::string_view content) {
    return add([text = std::string(content)](record_buffer& to, const record_place&) {
      to.put_u8(static_cast<std::uint8_t>(detail::record_kind::blob));
      to.put_text(text);
    });
  }
  node_number branch(std::uint32_t type, const detail::branch_record& of) {
    return add([=](record_buffer& to, const record_place& place) { put_branch(to, type, of, place); });
  }
  void root(std::uint32_t type, const detail::pack_tree& tree, const std::string& name = "") {
    detail::pack_root made;
    made.name = name;
    made.type = type;
    made.tree = tree;
    output_.add_root(made);
  }
  [[nodiscard]] bytes finish() {
    EXPECT_TRUE(output_.finish());
    return sink_.bytes();
  }

 private:
  class encoder final : public detail::pack_encoder {
   public:
    explicit encoder(contents how) : how_(std::move(how)) {}
    bool encode(const std::byte*, std::uint64_t, const record_place& place, record_buffer& to) override {
      how_(to, place);
      return true;
    }

   private:
    contents how_;
  };

  pack_memory_sink sink_;
  detail::pack_output output_{sink_, {}};
  std::deque<encoder> encoders_;
};

}  // namespace coppice::pack_test
