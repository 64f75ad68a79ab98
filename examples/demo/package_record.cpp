#include "package_record.hpp"

#define XXH_INLINE_ALL
#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>

namespace coppice::demo {

namespace {

constexpr std::string_view no_crc = "0000000000000000";

/// Reads MessagePack from the front; every function is false at bytes that a flat record cannot have.
class cursor {
 public:
  explicit cursor(std::span<const std::byte> raw) : rest_(raw) {}

  [[nodiscard]] bool at_end() const { return rest_.empty(); }

  bool map_header(std::uint64_t& count) {
    std::uint8_t tag = 0;
    if (!take(tag)) return false;
    if ((tag & 0xf0) == 0x80) {
      count = tag & 0x0f;
      return true;
    }
    return (tag == 0xde && number(2, count)) || (tag == 0xdf && number(4, count));
  }

  bool text(std::string_view& found) {
    std::uint8_t tag = 0;
    if (!take(tag)) return false;
    std::uint64_t size = 0;
    if ((tag & 0xe0) == 0xa0) {
      size = tag & 0x1f;
    } else if (tag < 0xd9 || tag > 0xdb || !number(std::size_t{1} << (tag - 0xd9), size)) {
      return false;
    }
    if (size > rest_.size()) return false;
    found = {reinterpret_cast<const char*>(rest_.data()), static_cast<std::size_t>(size)};
    rest_ = rest_.subspan(static_cast<std::size_t>(size));
    return true;
  }

  bool integer(std::int64_t& found) {
    std::uint8_t tag = 0;
    if (!take(tag)) return false;
    if (tag < 0x80 || tag >= 0xe0) {
      found = static_cast<std::int8_t>(tag);
      return true;
    }
    if (tag < 0xcc || tag > 0xd3) return false;
    const bool has_sign = tag >= 0xd0;
    const std::size_t width = std::size_t{1} << (tag - (has_sign ? 0xd0 : 0xcc));
    std::uint64_t bits = 0;
    if (!number(width, bits)) return false;
    const auto unused = static_cast<unsigned>(64 - 8 * width);
    found = has_sign ? static_cast<std::int64_t>(bits << unused) >> unused : static_cast<std::int64_t>(bits);
    return true;
  }

  [[nodiscard]] bool text_is_next() const {
    if (rest_.empty()) return false;
    const auto tag = std::to_integer<unsigned>(rest_.front());
    return (tag & 0xe0U) == 0xa0 || (tag >= 0xd9 && tag <= 0xdb);
  }

 private:
  bool take(std::uint8_t& byte) {
    if (rest_.empty()) return false;
    byte = std::to_integer<std::uint8_t>(rest_.front());
    rest_ = rest_.subspan(1);
    return true;
  }

  bool number(std::size_t width, std::uint64_t& found) {
    if (width > rest_.size()) return false;
    found = 0;
    for (std::size_t i = 0; i < width; ++i) found = found << 8 | std::to_integer<std::uint64_t>(rest_[i]);
    rest_ = rest_.subspan(width);
    return true;
  }

  std::span<const std::byte> rest_;
};

}  // namespace

std::optional<record_view> read_record(std::span<const std::byte> raw) {
  cursor at(raw);
  record_view record;
  std::uint64_t count = 0;
  if (!at.map_header(count)) return std::nullopt;
  for (std::uint64_t i = 0; i < count; ++i) {
    std::string_view name;
    std::string_view text;
    std::int64_t number = 0;
    if (!at.text(name)) return std::nullopt;
    if (at.text_is_next() ? !at.text(text) : !at.integer(number)) return std::nullopt;
    if (name == "id") record.id = text;
    if (name == "group") record.group = text;
    if (name == "crc") record.crc = text;
    if (name == "installs") record.installs = number;
    if (name == "revision") record.revision = number;
  }
  const bool whole = at.at_end() && !record.id.empty() && !record.group.empty() && record.crc.size() == no_crc.size();
  if (!whole) return std::nullopt;
  return record;
}

bool crc_holds(std::span<const std::byte> raw, const record_view& record) {
  std::string content(reinterpret_cast<const char*>(raw.data()), raw.size());
  const auto place = record.crc.data() - reinterpret_cast<const char*>(raw.data());
  std::copy(no_crc.begin(), no_crc.end(), content.begin() + place);
  return fmt::format("{:016x}", XXH3_64bits(content.data(), content.size())) == record.crc;
}

std::vector<std::uint8_t> seal(nlohmann::json& record) {
  record["crc"] = no_crc;
  const std::vector<std::uint8_t> unsealed = nlohmann::json::to_msgpack(record);
  record["crc"] = fmt::format("{:016x}", XXH3_64bits(unsealed.data(), unsealed.size()));
  return nlohmann::json::to_msgpack(record);
}

}  // namespace coppice::demo
