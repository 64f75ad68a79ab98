// Packs in files: there as a whole or not at all.
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "support.hpp"

namespace coppice::pack_test {
namespace {

class pack_file : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/coppice-pack-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    directory_ = name;
    path_ = directory_ + "/a.pack";
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  void write(const std::vector<number_map>& versions) {
    pack_file_sink sink(path_);
    pack_writer writer(sink);
    for (const number_map& version : versions) writer.add(version);
    EXPECT_EQ(names(), before_);
    writer.finish();
  }
  [[nodiscard]] std::vector<number_map> read() const {
    const pack_file_source source(path_);
    return pack_reader(source).read_all<number_map>();
  }
  [[nodiscard]] std::size_t names() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(directory_), {}));
  }

  std::string directory_;
  std::string path_;
  std::size_t before_ = 0;
};

TEST_F(pack_file, is_read_as_it_was_written) {
  const auto versions = versions_of_numbers(20'000, 1000);
  write(versions);
  EXPECT_TRUE(are(read(), versions));
  EXPECT_EQ(names(), 1U);
  struct stat status{};
  ASSERT_EQ(::stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST_F(pack_file, takes_the_place_of_another) {
  write(versions_of_numbers(3000, 1000));
  const pack_file_source opened(path_);
  before_ = 1;
  write(versions_of_numbers(5000, 1000));
  EXPECT_EQ(names(), 1U);
  EXPECT_TRUE(are(read(), versions_of_numbers(5000, 1000)));
  EXPECT_TRUE(are(pack_reader(opened).read_all<number_map>(), versions_of_numbers(3000, 1000)));
}

TEST_F(pack_file, that_is_not_finished_is_not_there) {
  {
    pack_file_sink sink(path_);
    pack_writer writer(sink);
    writer.add(number_map{{1, 2}});
  }
  EXPECT_EQ(names(), 0U);
}

TEST_F(pack_file, that_does_not_fit_is_not_there) {
  const auto versions = versions_of_numbers(20'000, 1000);
  std::signal(SIGXFSZ, SIG_IGN);
  struct rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const struct rlimit small{10'000, before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &small);
  const auto [code, message] = error_of([&] { write(versions); });
  ::setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_EQ(code, errc::out_of_space);
  EXPECT_NE(message.find("writing a file"), std::string::npos) << message;
  EXPECT_EQ(names(), 0U);
}

TEST_F(pack_file, that_is_cut_short_while_it_is_read_is_an_error) {
  write(versions_of_numbers(20'000, 1000));
  const pack_file_source source(path_);
  pack_reader reader(source);
  std::filesystem::resize_file(path_, 1000);
  EXPECT_EQ(error_of([&] { (void)reader.read_all<number_map>(); }).first, errc::corrupt);
}

TEST_F(pack_file, that_cannot_be_opened_is_an_error_with_its_path) {
  const auto [code, message] = error_of([&] { const pack_file_source source(path_); });
  EXPECT_EQ(code, errc::not_found);
  EXPECT_NE(message.find(path_), std::string::npos);
  EXPECT_EQ(error_of([&] { const pack_file_source source(directory_); }).first, errc::not_a_store);
  EXPECT_EQ(error_of([&] { pack_file_sink sink(directory_ + "/none/a.pack"); }).first, errc::not_found);
}

}  // namespace
}  // namespace coppice::pack_test
