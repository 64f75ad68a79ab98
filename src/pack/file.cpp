// Packs in files.
#include <cstring>

#include "coppice/detail/heap/key_hash.hpp"
#include "coppice/pack.hpp"
#include "src/platform/port.hpp"

namespace coppice {

namespace {

[[noreturn]] void raise(const failure& why, const std::string& path) {
  std::string message = "pack '" + path + "': " + why.reason;
  if (why.os_error != 0) message += std::string(": ") + std::strerror(why.os_error);
  throw error(why.code, message, why.os_error);
}

}  // namespace

pack_file_sink::pack_file_sink(std::string path, std::uint32_t mode) : path_(std::move(path)) {
  const result<int> made = platform::create_unnamed_file(path_.c_str(), mode);
  if (!made) raise(made.why(), path_);
  file_ = *made;
}

pack_file_sink::~pack_file_sink() {
  if (file_ >= 0) platform::close_file(file_);
}

result<void> pack_file_sink::append(std::span<const std::byte> bytes) {
  const std::uint64_t offset = std::exchange(size_, size_ + bytes.size());
  return platform::write_at(file_, offset, bytes.data(), bytes.size());
}

result<void> pack_file_sink::finish() {
  const std::string spare = path_ + ".new-" + std::to_string(detail::random_seed());
  return platform::replace_file(file_, path_.c_str(), spare.c_str());
}

pack_file_source::pack_file_source(const std::string& path) {
  const result<int> opened = platform::open_for_reading(path.c_str());
  if (!opened) raise(opened.why(), path);
  file_ = *opened;
  const auto identity = platform::identify(file_);
  if (!identity) raise(identity.why(), path);
  size_ = identity->size_bytes;
}

pack_file_source::~pack_file_source() {
  if (file_ >= 0) platform::close_file(file_);
}

result<std::span<const std::byte>> pack_file_source::read(std::uint64_t offset, std::size_t size,
                                                          std::vector<std::byte>& into) const {
  into.resize(size);
  if (const result<void> done = platform::read_at(file_, offset, into.data(), size); !done) return done.why();
  return std::span<const std::byte>(into);
}

}  // namespace coppice
