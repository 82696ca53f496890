#include "control/usage/export_body.hpp"

#include <fmt/format.h>

#include "relayna/telemetry/log.hpp"

#include "control/api/changes.hpp"

namespace relayna::control {

namespace {

class ExportBody final : public http::BodySource {
 public:
  ExportBody(runtime::OffloadPool& pool, std::string name, Slice first, Slices slices)
      : pool_(pool),
        name_(std::move(name)),
        slice_(std::move(first)),
        slices_(std::make_shared<Slices>(std::move(slices))) {}

  runtime::Task<core::Result<http::Chunk>> next() override {
    while (sent_ && !slice_.last) {
      auto slice = co_await runtime::offload(pool_, [slices = slices_] { return (*slices)(); });
      if (!slice) co_return broken(std::move(slice.error()));
      slice_ = std::move(*slice);
      sent_ = slice_.text.empty();
    }
    if (!sent_) rows_ += slice_.rows;
    if (slice_.last && !ended_) {
      ended_ = true;
      telemetry::log("control")->info("{} has ended, {} rows", name_, rows_);
    }
    if (sent_) co_return http::Chunk{{}, true};
    sent_ = true;
    co_return http::Chunk{slice_.text, slice_.last};
  }

 private:
  std::unexpected<core::Error> broken(core::Error error) {
    telemetry::log("control")->error("{} broke off after {} rows: {}", name_, rows_, error.describe());
    return std::unexpected(std::move(error));
  }

  runtime::OffloadPool& pool_;
  const std::string name_;  ///< for logs
  Slice slice_;
  std::shared_ptr<Slices> slices_;  ///< shared with the thread at work: the client may leave meanwhile
  std::size_t rows_ = 0;
  bool sent_ = false;
  bool ended_ = false;
};

}  // namespace

runtime::Task<core::Result<http::Response>> answer_export(const Resources& with, std::shared_ptr<Call> call,
                                                          Export about, Slices slices) {
  for (auto& [parameter, value] : call->query.given()) about.asked[parameter] = value;
  const std::string name =
      fmt::format("{} by {}, request {}", about.what, call->caller.name, call->request_id);
  auto begin = [&store = with.store, call, about,
                slices]() mutable -> core::Result<std::pair<Slice, Slices>> {
    auto first = slices();
    if (!first) return std::unexpected(std::move(first.error()));
    const Note note{about.what, "usage", about.file, nullptr, about.asked};
    if (auto noted = record(store.administration(), *call, note); !noted)
      return std::unexpected(std::move(noted.error()));
    return std::pair(std::move(*first), std::move(slices));
  };
  auto begun = co_await runtime::offload(with.pool, std::move(begin));
  if (!begun) co_return std::unexpected(std::move(begun.error()));
  telemetry::log("control")->info("{} begins: {}", name, json::dump(about.asked));

  auto response = plain_answer(200, call->request_id);
  response.head.fields.add("Content-Type", about.content_type);
  response.head.fields.add("Content-Disposition", fmt::format("attachment; filename=\"{}\"", about.file));
  response.head.fields.add("X-Accel-Buffering", "no");  // nginx would hide that it broke off
  response.body =
      std::make_unique<ExportBody>(with.pool, name, std::move(begun->first), std::move(begun->second));
  co_return response;
}

}  // namespace relayna::control
