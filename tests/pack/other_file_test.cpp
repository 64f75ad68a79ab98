// Files that are no packs, or not this library's, or that change while they are read: errors name the file and tell
// what to do.
#include <sys/stat.h>

#include <fstream>

#include "store_support.hpp"

namespace coppice::pack_test {
namespace {

class pack_other_file : public store_test {
 protected:
  void SetUp() override {
    store from = open("from", {.seed = 5});
    versions_ = fill(from, 3);
    pack_ = packed(from, versions_);
    write(pack_);
  }
  void write(const bytes& content) const {
    std::ofstream file(pack_path(), std::ios::binary | std::ios::trunc);
    file.write(reinterpret_cast<const char*>(content.data()), static_cast<std::streamsize>(content.size()));
  }
  [[nodiscard]] std::string pack_path() const { return path("a.pack"); }
  /// Of opening it, and restoring its first version into a store, which stays as it is.
  [[nodiscard]] std::pair<errc, std::string> refused(const std::string& file) {
    store into = open("into");
    const std::uint64_t version = into.version();
    const auto why = error_of([&] {
      const pack_file_source source(file);
      pack_reader reader(source);
      into.restore(reader, 0);
    });
    EXPECT_EQ(into.version(), version);
    EXPECT_NE(why.second.find("pack '" + file + "': "), std::string::npos) << why.second;
    EXPECT_NE(why.second.find(';'), std::string::npos) << "what to do: " << why.second;
    return why;
  }
  void expect_refused(const std::string& file, errc code, const std::string& reason) {
    const auto why = refused(file);
    EXPECT_EQ(why.first, code) << why.second;
    EXPECT_NE(why.second.find(reason), std::string::npos) << why.second;
  }

  std::vector<snapshot> versions_;
  bytes pack_;
};

TEST_F(pack_other_file, of_another_format_version) {
  bytes other = pack_;
  other[8] = std::byte{2};
  write(other);
  expect_refused(pack_path(), errc::version_mismatch, "it has version 2, this library reads version 1; use a newer");
  other[8] = std::byte{0};
  write(other);
  expect_refused(pack_path(), errc::version_mismatch, "it has version 0, this library reads version 1; no release");
}

TEST_F(pack_other_file, that_is_a_store) {
  expect_refused(path("from"), errc::invalid_argument, "it is a store, not a pack; `coppice pack`");
  // And the other way round.
  const auto [code, message] = error_of([&] { (void)store::open(pack_path()); });
  EXPECT_EQ(code, errc::not_a_store);
  EXPECT_NE(message.find(pack_path()), std::string::npos) << message;
}

TEST_F(pack_other_file, that_is_empty_or_no_pack) {
  write({});
  expect_refused(pack_path(), errc::corrupt, "it is empty");
  write(bytes(50));
  expect_refused(pack_path(), errc::corrupt, "too short for a pack");
  write(bytes(5000));
  expect_refused(pack_path(), errc::corrupt, "does not begin like a pack");
}

TEST_F(pack_other_file, that_is_a_directory_a_device_or_a_pipe_is_not_read) {
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  for (const std::string& name : {directory_.path(), std::string("/dev/null"), path("pipe")}) {
    expect_refused(name, errc::not_a_store, "a pack is read from a file");
  }
}

TEST_F(pack_other_file, that_is_a_directory_a_device_or_a_pipe_is_not_replaced) {
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  std::filesystem::create_symlink("/dev/null", path("link"));
  for (const std::string& name : {directory_.path(), path("pipe"), path("link")}) {
    const auto [code, message] = error_of([&] { const pack_file_sink sink(name); });
    EXPECT_EQ(code, errc::invalid_argument) << name;
    EXPECT_NE(message.find("pack '" + name + "': "), std::string::npos) << message;
  }
  EXPECT_TRUE(std::filesystem::is_fifo(path("pipe")));
  EXPECT_TRUE(std::filesystem::is_symlink(path("link")));
}

TEST_F(pack_other_file, that_is_cut_short_while_it_is_restored) {
  store into = open("into");
  into.set("old", "here");
  for (const std::uint64_t left : {std::uint64_t{0}, std::uint64_t{100}, std::uint64_t{pack_.size() - 100}}) {
    write(pack_);
    const pack_file_source source(pack_path());
    pack_reader reader(source);
    std::filesystem::resize_file(pack_path(), left);
    const auto restored = error_of([&] { into.restore(reader, 0); });
    // The index is at the end: if that alone is gone, the nodes are still there.
    if (restored.first == errc::ok) {
      EXPECT_EQ(of(into.snapshot()), of(versions_[0]));
      continue;
    }
    EXPECT_EQ(restored.first, errc::corrupt) << restored.second;
    EXPECT_NE(restored.second.find("pack '" + pack_path() + "': version 0: the file has become shorter"),
              std::string::npos)
        << restored.second;
    EXPECT_EQ(of(into.snapshot()), (content{{"old", "here"}}));
    EXPECT_EQ(error_of([&] { (void)store::create_from(reader, 0, path("new")); }).first, errc::corrupt);
    EXPECT_FALSE(std::filesystem::exists(path("new")));
  }
  expect_nothing_lost(into);
}

TEST_F(pack_other_file, that_is_replaced_or_removed_while_it_is_read_is_read_on) {
  const pack_file_source source(pack_path());
  pack_reader reader(source);
  {
    pack_file_sink sink(pack_path());
    pack_writer writer(sink);
    writer.add(map<int, int>{{1, 2}});
    writer.finish();
  }
  store into = open("into");
  into.restore(reader, 1);
  EXPECT_EQ(of(into.snapshot()), of(versions_[1]));
  std::filesystem::remove(pack_path());
  EXPECT_EQ(into.restore_all(reader).size(), 3U);
  EXPECT_EQ(of(into.snapshot()), of(versions_[2]));
}

/// What is written over in place is not the file that was opened any more.
TEST_F(pack_other_file, that_is_overwritten_while_it_is_read_is_refused) {
  const pack_file_source source(pack_path());
  pack_reader reader(source);
  bytes other = pack_;
  for (std::size_t at = 200; at < other.size(); at += 1000) other[at] ^= std::byte{1};
  write(other);
  store into = open("into");
  const auto [code, message] = error_of([&] { into.restore(reader, 0); });
  EXPECT_EQ(code, errc::corrupt);
  EXPECT_NE(message.find("pack '" + pack_path() + "': version 0: the checksum of a section is wrong, at byte "),
            std::string::npos)
      << message;
  EXPECT_EQ(into.size(), 0U);
}

/// Of a pack and its base the one that is damaged is named.
TEST_F(pack_other_file, a_damaged_base_is_named) {
  const pack_file_source base_source(pack_path());
  pack_reader base(base_source);
  {
    store from = open("from");
    from.set("later", "1");
    pack_file_sink sink(path("b.pack"));
    pack_writer writer(sink, base);
    writer.add(from.snapshot());
    writer.finish();
  }
  const pack_file_source again_source(pack_path()), source(path("b.pack"));
  pack_reader again(again_source), reader(source, again);
  bytes other = pack_;
  for (std::size_t at = 200; at < other.size(); at += 1000) other[at] ^= std::byte{1};
  write(other);
  store into = open("into");
  for (int i = 0; i < 2; ++i) {
    const auto [code, message] = error_of([&] { into.restore(reader, 0); });
    EXPECT_EQ(code, errc::corrupt);
    EXPECT_NE(message.find("pack '" + pack_path() + "': version 0: the checksum of a section"), std::string::npos)
        << message;
  }
}

/// Names with what terminals obey in them.
TEST_F(pack_other_file, names_are_shown_escaped) {
  const auto [code, message] = error_of([&] { const pack_file_source source(path("a\n\x1b[31m")); });
  EXPECT_EQ(code, errc::not_found);
  EXPECT_NE(message.find("a\\x0a\\x1b[31m'"), std::string::npos) << message;
}

}  // namespace
}  // namespace coppice::pack_test
