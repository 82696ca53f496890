#include "backend.hpp"

#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>

#include <sqlite3.h>

#include "support/postgres_server.hpp"
#include "support/temp_dir.hpp"

namespace relayna::test {

namespace {

class Postgres final : public Backend {
 public:
  std::unique_ptr<store::Store> open() override {
    auto store = store::make_postgres_store({.url = database_.url()});
    if (!store) throw std::runtime_error(store.error().describe());
    return std::move(*store);
  }
  std::string location() const override { return database_.url(); }
  std::string sql(const std::string& statement) override { return psql(database_.url(), statement); }
  std::string dump() override {
    std::istringstream lines(run({postgres_program("pg_dump"), "--dbname=" + database_.url()}));
    std::string out;
    for (std::string line; std::getline(lines, line);) {
      // pg_dump puts a random word of its own on these two.
      if (!line.starts_with("\\restrict ") && !line.starts_with("\\unrestrict ")) out += line + '\n';
    }
    return out;
  }

 private:
  FreshDatabase database_;
};

class Sqlite final : public Backend {
 public:
  std::unique_ptr<store::Store> open() override {
    auto store = store::make_sqlite_store({.path = location()});
    if (!store) throw std::runtime_error(store.error().describe());
    return std::move(*store);
  }
  std::string location() const override { return directory_.path("gateway.db"); }
  std::string sql(const std::string& statement) override {
    sqlite3* database = nullptr;
    sqlite3_open(location().c_str(), &database);
    sqlite3_busy_timeout(database, 5000);
    std::string out;
    const auto row = [](void* text, int, char** values, char**) {
      *static_cast<std::string*>(text) += std::string(values[0] == nullptr ? "" : values[0]) + '\n';
      return 0;
    };
    const int code = sqlite3_exec(database, statement.c_str(), row, &out, nullptr);
    const std::string problem = sqlite3_errmsg(database);
    sqlite3_close(database);
    if (code != SQLITE_OK) throw std::runtime_error(problem);
    return out;
  }
  /// The file itself, byte for byte.
  std::string dump() override {
    std::ifstream in(location(), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

 private:
  TempDir directory_;
};

}  // namespace

std::unique_ptr<Backend> make_backend(const std::string& name) {
  if (name == "postgres") return std::make_unique<Postgres>();
  return std::make_unique<Sqlite>();
}

void StoreContract::SetUp() {
  backend_ = make_backend(GetParam());
  store_ = backend_->open();
  const auto applied = store_->migrations().apply();
  ASSERT_TRUE(applied) << applied.error().describe();
}

void EmptyDatabase::SetUp() {
  backend_ = make_backend(GetParam());
  store_ = backend_->open();
}

}  // namespace relayna::test
