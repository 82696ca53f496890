#include "identity/master_key.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "relayna/core/crypto.hpp"
#include "relayna/core/encoding.hpp"

namespace relayna::identity {
namespace {

constexpr const char* kRow = "generated_master_key";
constexpr mode_t kPrivate = 0600;

class Fd {
 public:
  explicit Fd(int fd) : fd_(fd) {}
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const noexcept { return fd_; }
  [[nodiscard]] bool ok() const noexcept { return fd_ >= 0; }

 private:
  int fd_;
};

std::unexpected<core::Error> system_failure(const std::string& what, int error) {
  return core::fail(core::ErrorCode::invalid_configuration, what + ": " + std::strerror(error));
}

core::Result<core::Secret> decode(std::string_view text, const std::string& where) {
  auto bytes = core::from_base64(core::trim(text));
  if (!bytes || bytes->size() != kMasterKeyBytes) {
    return core::fail(core::ErrorCode::invalid_configuration,
                      "the generated master key in " + where + " is damaged: it must be 32 bytes in base64");
  }
  return core::Secret(std::move(*bytes));
}

// Written whole and synced before it gets its name, so that nobody reads half a key, not even after a crash.
core::Result<void> write_new_file(const std::string& path, const core::Secret& text) {
  const Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kPrivate));
  if (!file.ok()) return system_failure("cannot write " + path, errno);
  std::string_view rest = text.reveal();
  while (!rest.empty()) {
    const ssize_t n = ::write(file.get(), rest.data(), rest.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return system_failure("cannot write " + path, errno);
    rest.remove_prefix(static_cast<std::size_t>(n));
  }
  if (::fsync(file.get()) != 0) return system_failure("cannot write " + path, errno);
  return {};
}

// Gives the finished file its name unless that is taken. File systems without hard links get a rename.
core::Result<void> publish(const std::string& from, const std::string& to) {
  if (::link(from.c_str(), to.c_str()) == 0 || errno == EEXIST) {
    ::unlink(from.c_str());
  } else if (::rename(from.c_str(), to.c_str()) != 0) {
    const int error = errno;
    ::unlink(from.c_str());
    return system_failure("cannot write " + to, error);
  }
  const Fd directory(
      ::open(std::filesystem::path(to).parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.ok()) ::fsync(directory.get());
  return {};
}

std::string unique_suffix() {
  std::array<std::uint8_t, 8> bytes{};
  core::random_bytes(bytes);
  return core::to_hex(bytes);
}

}  // namespace

core::Secret random_key() {
  std::string bytes(kMasterKeyBytes, '\0');
  core::random_bytes({reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()});
  return core::Secret(std::move(bytes));
}

GeneratedMasterKey::GeneratedMasterKey(store::SecretsRepository& secrets, const MasterKeySource& source)
    : secrets_(secrets), where_("the database") {
  if (!source.embedded) return;
  path_ = (std::filesystem::path(source.data_dir.empty() ? "." : source.data_dir) / "master.key").string();
  where_ = path_;
}

core::Result<std::optional<core::Secret>> GeneratedMasterKey::read() {
  if (!path_.empty()) return read_file();
  auto row = secrets_.get(kRow);
  if (!row) return std::unexpected(row.error());
  if (!*row) return std::nullopt;
  auto key = decode(**row, where_);
  if (!key) return std::unexpected(key.error());
  return std::move(*key);
}

core::Result<core::Secret> GeneratedMasterKey::create() {
  if (!path_.empty()) return create_file();
  auto row = secrets_.put_if_absent(kRow, core::to_base64(random_key().reveal()));
  if (!row) return std::unexpected(row.error());
  return decode(*row, where_);
}

core::Result<std::optional<core::Secret>> GeneratedMasterKey::read_file() {
  const Fd file(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.ok()) {
    if (errno == ENOENT) return std::nullopt;
    return system_failure("cannot read " + path_, errno);
  }
  struct stat info{};
  constexpr mode_t kOthers = 0077;
  if (::fstat(file.get(), &info) == 0 && (info.st_mode & kOthers) != 0 && warnings_.empty()) {
    warnings_.push_back(path_ + " can be read by other users: chmod 600 it");
  }
  std::array<char, 256> buffer{};  // a key is 44 characters and a newline
  std::size_t size = 0;
  while (size < buffer.size()) {
    const ssize_t n = ::read(file.get(), buffer.data() + size, buffer.size() - size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return system_failure("cannot read " + path_, errno);
    if (n == 0) break;
    size += static_cast<std::size_t>(n);
  }
  auto key = decode({buffer.data(), size}, where_);
  if (!key) return std::unexpected(key.error());
  return std::move(*key);
}

core::Result<core::Secret> GeneratedMasterKey::create_file() {
  std::error_code ec;
  std::filesystem::create_directories(std::filesystem::path(path_).parent_path(), ec);
  if (ec) return system_failure("cannot create the directory of " + path_, ec.value());
  const std::string draft = path_ + "." + unique_suffix();
  const core::Secret text(core::to_base64(random_key().reveal()) + "\n");
  if (auto written = write_new_file(draft, text); !written) {
    ::unlink(draft.c_str());
    return std::unexpected(written.error());
  }
  if (auto published = publish(draft, path_); !published) return std::unexpected(published.error());
  auto key = read_file();
  if (!key) return std::unexpected(key.error());
  if (!*key) return core::fail(core::ErrorCode::invalid_configuration, path_ + " vanished while it was made");
  return std::move(**key);
}

}  // namespace relayna::identity
