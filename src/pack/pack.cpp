// The public classes: what of them is not a template.
#include "coppice/pack.hpp"

#include <algorithm>

#include "coppice/detail/heap/key_hash.hpp"

namespace coppice {

namespace {

[[nodiscard]] std::string place_of(const failure& why) {
  std::string place = "byte " + std::to_string(why.subject);
  if (why.limit != 0) {
    place = "byte " + std::to_string(why.limit - 1) + " of what is compressed at byte " + std::to_string(why.subject);
  }
  return place;
}

}  // namespace

error pack_error(const failure& why, const std::string& name) {
  const std::string reason = name + ": " + why.reason;
  switch (why.code) {
    case errc::corrupt:
      return {why.code,
              reason + ", at " + place_of(why) + "; the pack is damaged or was made wrongly: write or fetch it again"};
    case errc::version_mismatch:
      return {why.code, reason + ": it has version " + std::to_string(why.subject) + ", this library reads version " +
                            std::to_string(why.limit) + "; use a newer release"};
    case errc::unsupported:
      return {why.code, reason + ", at " + place_of(why) + "; if the pack is trusted, raise that limit in pack_limits"};
    default:
      return {why.code, reason, why.os_error};
  }
}

result<void> pack_memory_sink::append(std::span<const std::byte> bytes) {
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  return {};
}

result<std::span<const std::byte>> pack_memory_source::read(std::uint64_t offset, std::size_t size,
                                                            std::vector<std::byte>&) const {
  return bytes_.subspan(static_cast<std::size_t>(offset), size);
}

pack_writer::pack_writer(pack_sink& sink, const pack_options& options)
    : output_(
          std::make_unique<detail::pack_output>(sink, detail::pack_output_options{options.compression, options.level})),
      seed_(options.fixed_seed) {
  if (options.seed == pack_seed::fresh && !seed_) seed_ = detail::random_seed();
}

pack_writer::~pack_writer() = default;

void pack_writer::begin_version(std::string_view name) {
  if (!usable_) {
    throw error(errc::closed,
                "coppice::pack_writer: the pack is finished, or a version could not be written: begin another");
  }
  if (!name.empty() && output_->has_root(name)) {
    throw error(errc::exists, "coppice::pack_writer: there is a version named '" + std::string(name) + "' already");
  }
  usable_ = false;  // until it is written
}

void pack_writer::end_version(const detail::pack_root& root) {
  output_->add_root(root);
  usable_ = true;
}

void pack_writer::finish() {
  if (!usable_) {
    throw error(errc::closed,
                "coppice::pack_writer: the pack is finished, or a version could not be written: begin another");
  }
  usable_ = false;
  if (const result<void> done = output_->finish(); !done) throw pack_error(done.why(), "coppice::pack_writer");
}

std::uint64_t pack_writer::nodes() const noexcept { return output_->nodes(); }

pack_reader::pack_reader(const pack_source& source, const pack_limits& limits) : source_(&source) { open(limits); }

pack_reader::pack_reader(std::span<const std::byte> bytes, const pack_limits& limits)
    : owned_source_(std::make_unique<pack_memory_source>(bytes)), source_(owned_source_.get()) {
  open(limits);
}

pack_reader::~pack_reader() = default;

void pack_reader::open(const pack_limits& limits) {
  auto opened = detail::pack_input::open(*source_, limits);
  if (!opened) throw pack_error(opened.why(), "coppice::pack_reader");
  input_ = *std::move(opened);
  versions_.reserve(input_->roots().size());
  for (const detail::pack_root& root : input_->roots()) {
    const detail::pack_type& type = input_->type(root.type);
    versions_.push_back({root.name, static_cast<pack_version::kind>(type.collection), root.tree.size, type.schema});
  }
}

std::size_t pack_reader::index_of(std::string_view name) const {
  const auto found = std::find_if(versions_.begin(), versions_.end(),
                                  [&](const pack_version& version) { return !name.empty() && version.name == name; });
  if (found == versions_.end()) {
    throw error(errc::not_found,
                "coppice::pack_reader: there is no version named '" + std::string(name) + "' in the pack");
  }
  return static_cast<std::size_t>(found - versions_.begin());
}

const detail::pack_root& pack_reader::root_at(std::size_t index) const {
  if (index >= versions_.size()) {
    throw error(errc::not_found, "coppice::pack_reader: version " + std::to_string(index) + " of a pack of " +
                                     std::to_string(versions_.size()));
  }
  return input_->roots()[index];
}

void pack_reader::raise(const failure& why, std::size_t index) const {
  const pack_version& version = versions_[index];
  const std::string name = version.name.empty() ? std::to_string(index) : "'" + version.name + "'";
  throw pack_error(why, "coppice::pack_reader: version " + name);
}

}  // namespace coppice
