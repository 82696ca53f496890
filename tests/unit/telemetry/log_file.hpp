#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

#include "relayna/json/document.hpp"
#include "relayna/telemetry/log.hpp"

namespace relayna::telemetry {

/// Logging into a file of its own for one test. `lines` stops the background threads first, so nothing is
/// still on its way.
class LogFile {
 public:
  explicit LogFile(LogSettings settings = {}) {
    std::string path = testing::TempDir() + "relayna-log-XXXXXX";
    const int descriptor = ::mkstemp(path.data());
    EXPECT_GE(descriptor, 0);
    ::close(descriptor);
    path_ = path;
    settings.file = path_;
    const auto started = init_logging(settings);
    EXPECT_TRUE(started.has_value());
  }
  ~LogFile() {
    shutdown_logging();
    std::filesystem::remove(path_);
  }
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;

  std::vector<std::string> lines() {
    shutdown_logging();
    return lines_so_far();
  }
  [[nodiscard]] std::vector<std::string> lines_so_far() const {
    std::ifstream file(path_, std::ios::binary);
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) lines.push_back(std::move(line));
    return lines;
  }
  /// Every line parsed; one that is no JSON fails the test.
  std::vector<json::Document> documents() {
    std::vector<json::Document> documents;
    for (const std::string& line : lines()) {
      auto document = json::parse(line);
      EXPECT_TRUE(document.has_value()) << line;
      if (document) documents.push_back(std::move(*document));
    }
    return documents;
  }

 private:
  std::string path_;
};

/// Text that has broken log formats before: quotes, line ends, terminal codes, half characters, zero bytes.
inline std::string hostile_text() {
  std::string text = "\"},{\"level\":\"error\"}\r\n\x1b[31m\\\t\x7f\xff\xc3(\xed\xa0\x80 \xe2\x82";
  text.push_back('\0');
  return text + "\u2028end";
}

}  // namespace relayna::telemetry
