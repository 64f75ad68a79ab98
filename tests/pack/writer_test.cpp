// The writer: names, order, and what it refuses.
#include <stdexcept>

#include "support.hpp"

namespace coppice::pack_test {
namespace {

/// Takes so many bytes and then fails.
class full_sink final : public pack_sink {
 public:
  explicit full_sink(std::size_t room) : room_(room) {}
  [[nodiscard]] result<void> append(std::span<const std::byte> given) override {
    EXPECT_FALSE(failed_) << "it is called after it has failed";
    if (given.size() <= room_) {
      room_ -= given.size();
      return {};
    }
    failed_ = true;
    return failure{errc::out_of_space, 28, "the sink is full"};
  }
  [[nodiscard]] result<void> finish() override {
    ADD_FAILURE() << "it is not finished";
    return {};
  }

 private:
  std::size_t room_;
  bool failed_ = false;
};

TEST(pack_writer, refuses_a_name_that_there_is) {
  pack_memory_sink sink;
  pack_writer writer(sink);
  writer.add("a", number_map{{1, 2}});
  const auto [code, message] = error_of([&] { writer.add("a", number_map()); });
  EXPECT_EQ(code, errc::exists);
  EXPECT_NE(message.find("'a'"), std::string::npos);
  writer.add("b", number_map());
  writer.add(number_map());
  writer.add(number_map());
  writer.finish();
  EXPECT_EQ(pack_reader(sink.bytes()).versions().size(), 4U);
}

TEST(pack_writer, is_of_no_use_once_it_is_finished) {
  pack_memory_sink sink;
  pack_writer writer(sink);
  writer.finish();
  EXPECT_EQ(error_of([&] { writer.add(number_map()); }).first, errc::closed);
  EXPECT_EQ(error_of([&] { writer.finish(); }).first, errc::closed);
  EXPECT_TRUE(deserialize<number_map>(sink.bytes()).empty());
}

TEST(pack_writer, tells_what_the_sink_told) {
  const std::vector<number_map> versions = versions_of_numbers(3000, 100);
  const std::size_t size = serialize(versions).size();
  for (const std::size_t room : {std::size_t{0}, std::size_t{10}, std::size_t{100}, size / 2, size - 1}) {
    full_sink sink(room);
    pack_writer writer(sink);
    for (const number_map& version : versions) writer.add(version);
    const auto [code, message] = error_of([&] { writer.finish(); });
    EXPECT_EQ(code, errc::out_of_space);
    EXPECT_NE(message.find("the sink is full"), std::string::npos);
  }
}

struct refusing {
  int number = 0;
  friend bool operator==(refusing, refusing) = default;
};

}  // namespace
}  // namespace coppice::pack_test

template <>
struct coppice::codec<coppice::pack_test::refusing> {
  static void encode(const pack_test::refusing& value, byte_writer auto& to) {
    if (value.number == 13) throw std::runtime_error("not this one");
    coppice::encode(value.number, to);
  }
  static pack_test::refusing decode(reader& from) { return {from.value<int>()}; }
};

namespace coppice::pack_test {
namespace {

TEST(pack_writer, cannot_go_on_after_an_element_could_not_be_encoded) {
  using collection = vector<refusing>;
  pack_memory_sink sink;
  pack_writer writer(sink);
  writer.add(collection{{1}, {2}});
  EXPECT_THROW(writer.add(collection{{1}, {13}}), std::runtime_error);
  EXPECT_EQ(error_of([&] { writer.finish(); }).first, errc::closed);
}

TEST(pack_writer, keeps_the_versions_that_it_was_given) {
  pack_memory_sink sink;
  pack_writer writer(sink);
  // If it did not, nodes of one would come to lie where nodes of another lay.
  for (std::uint64_t v = 0; v < 50; ++v) {
    number_map map;
    for (std::uint64_t i = 0; i < 500; ++i) map = std::move(map).set(i, v * i);
    writer.add(std::to_string(v), map);
  }
  writer.finish();
  pack_reader reader(sink.bytes());
  for (std::uint64_t v = 0; v < 50; ++v) {
    const number_map map = reader.read<number_map>(std::to_string(v));
    EXPECT_EQ(*map.find(17), v * 17);
    EXPECT_EQ(map.size(), 500U);
  }
}

}  // namespace
}  // namespace coppice::pack_test
