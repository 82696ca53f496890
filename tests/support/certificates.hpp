#pragma once

#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

namespace relayna::test {

struct Certificate {
  std::string cert;  ///< PEM
  std::string key;   ///< PEM
};

/// Issues certificates for tests: nothing with a lifetime is committed.
class CertificateAuthority {
 public:
  explicit CertificateAuthority(const std::string& name = "Test CA")
      : key_(new_key()), cert_(build(name, key_.get(), nullptr, key_.get(), "critical,CA:TRUE", "", 0)) {}

  [[nodiscard]] std::string pem() const { return to_pem(cert_.get()); }

  /// The file name OpenSSL looks this authority up by in a hashed directory.
  [[nodiscard]] std::string hashed_name() const {
    char name[16];
    std::snprintf(name, sizeof name, "%08lx.0",
                  X509_NAME_hash_ex(X509_get_subject_name(cert_.get()), nullptr, nullptr, nullptr));
    return name;
  }

  /// `alternative_names` as OpenSSL writes them: `DNS:localhost,IP:127.0.0.1`. Valid for a day that began
  /// `days_ago` days and an hour ago.
  [[nodiscard]] Certificate issue(const std::string& alternative_names, long days_ago = 0) const {
    const auto key = new_key();
    const auto cert =
        build("server", key.get(), cert_.get(), key_.get(), "CA:FALSE", alternative_names, days_ago);
    return {to_pem(cert.get()), to_pem(key.get())};
  }

  /// The key as PEM under a passphrase.
  [[nodiscard]] static std::string encrypted_key(const std::string& passphrase) {
    const auto key = new_key();
    const Ptr<BIO> bio(BIO_new(BIO_s_mem()), BIO_free_all);
    check(PEM_write_bio_PrivateKey(bio.get(), key.get(), EVP_aes_128_cbc(), nullptr, 0, nullptr,
                                   const_cast<char*>(passphrase.c_str())) == 1);
    return content(bio.get());
  }

 private:
  template <class T>
  using Ptr = std::unique_ptr<T, void (*)(T*)>;

  static void check(bool ok) {
    if (!ok) throw std::runtime_error("OpenSSL could not make a test certificate");
  }
  static Ptr<EVP_PKEY> new_key() { return {EVP_EC_gen("P-256"), EVP_PKEY_free}; }
  static std::string content(BIO* bio) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    return {data, static_cast<std::size_t>(size)};
  }
  static std::string to_pem(X509* cert) {
    const std::unique_ptr<BIO, void (*)(BIO*)> bio(BIO_new(BIO_s_mem()), BIO_free_all);
    check(PEM_write_bio_X509(bio.get(), cert) == 1);
    return content(bio.get());
  }
  static std::string to_pem(EVP_PKEY* key) {
    const Ptr<BIO> bio(BIO_new(BIO_s_mem()), BIO_free_all);
    check(PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
    return content(bio.get());
  }
  static void add(X509* cert, X509* issuer, int nid, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, cert, nullptr, nullptr, 0);
    const Ptr<X509_EXTENSION> extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()),
                                        X509_EXTENSION_free);
    check(extension && X509_add_ext(cert, extension.get(), -1) == 1);
  }
  static Ptr<X509> build(const std::string& name, EVP_PKEY* key, X509* issuer, EVP_PKEY* issuer_key,
                         const std::string& constraints, const std::string& alternative_names,
                         long days_ago) {
    static long serial = 1;
    constexpr long kDay = 24 * 3600;
    Ptr<X509> cert(X509_new(), X509_free);
    X509_set_version(cert.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert.get()), serial++);
    X509_gmtime_adj(X509_getm_notBefore(cert.get()), -3600 - days_ago * kDay);
    X509_gmtime_adj(X509_getm_notAfter(cert.get()), -3600 - days_ago * kDay + kDay);
    X509_set_pubkey(cert.get(), key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(cert.get()), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    X509* const signer = issuer != nullptr ? issuer : cert.get();
    X509_set_issuer_name(cert.get(), X509_get_subject_name(signer));
    add(cert.get(), signer, NID_basic_constraints, constraints);
    if (!alternative_names.empty()) add(cert.get(), signer, NID_subject_alt_name, alternative_names);
    check(X509_sign(cert.get(), issuer_key, EVP_sha256()) != 0);
    return cert;
  }

  Ptr<EVP_PKEY> key_;
  Ptr<X509> cert_;
};

}  // namespace relayna::test
