#include "dtls/handshake/key_schedule.h"

#include <array>

#include "base/bytes.h"

namespace specter::dtls {
namespace {

Buffer joined(Bytes a, Bytes b) {
  Buffer out(a.begin(), a.end());
  out.insert(out.end(), b.begin(), b.end());
  return out;
}

crypto::Secret derive(crypto::HashAlgorithm hash, Bytes secret, std::string_view label,
                      Bytes transcript_hash) {
  return expand_label(hash, secret, label, transcript_hash, crypto::digest_size(hash));
}

// HkdfLabel, RFC 8446 §7.1.
Buffer hkdf_label(std::string_view label, Bytes context, std::size_t size) {
  constexpr std::string_view kPrefix = "dtls13";  // RFC 9147 §5.9
  Buffer info;
  info.reserve(2 + 1 + kPrefix.size() + label.size() + 1 + context.size());
  ByteWriter out(info);
  out.u16(static_cast<std::uint16_t>(size));
  out.u8(static_cast<std::uint8_t>(kPrefix.size() + label.size()));
  out.text(kPrefix);
  out.text(label);
  out.u8(static_cast<std::uint8_t>(context.size()));
  out.bytes(context);
  return info;
}

}  // namespace

// ---- 1.2

KeySchedule12::KeySchedule12(const SuiteTraits& suite, Bytes premaster_secret, Bytes session_hash)
    : suite_(suite), master_(48) {
  // RFC 7627 §4.
  crypto::tls12_prf(suite.hash, premaster_secret, "extended master secret", session_hash,
                    master_.data());
}

BothWays<RecordKeys> KeySchedule12::record_keys(const HelloRandom& client,
                                                const HelloRandom& server) const {
  const std::size_t key = crypto::key_size(suite_.aead);
  const std::size_t iv = suite_.aead == crypto::PacketAlgorithm::ChaCha20Poly1305 ? 12 : 4;
  crypto::Secret block(2 * (key + iv));
  crypto::tls12_prf(suite_.hash, master_, "key expansion", joined(server, client), block.data());
  ByteReader in(block);
  BothWays<RecordKeys> out;
  out.client.key = crypto::Secret(in.bytes(key));
  out.server.key = crypto::Secret(in.bytes(key));
  out.client.iv = crypto::Secret(in.bytes(iv));
  out.server.iv = crypto::Secret(in.bytes(iv));
  return out;
}

crypto::Secret KeySchedule12::finished(std::string_view label, Bytes transcript_hash) const {
  crypto::Secret out(kFinished12Bytes);
  crypto::tls12_prf(suite_.hash, master_, label, transcript_hash, out.data());
  return out;
}

Buffer export12(crypto::HashAlgorithm hash, Bytes master, const HelloRandom& client,
                const HelloRandom& server, std::string_view label, std::size_t size) {
  Buffer out(size);
  crypto::tls12_prf(hash, master, label, joined(client, server), out);
  return out;
}

// ---- 1.3

crypto::Secret expand_label(crypto::HashAlgorithm hash, Bytes secret, std::string_view label,
                            Bytes context, std::size_t size) {
  crypto::Secret result(size);
  crypto::hkdf_expand(hash, secret, hkdf_label(label, context, size), result.data());
  return result;
}

KeySchedule13::KeySchedule13(const SuiteTraits& suite, Bytes shared_secret) : suite_(suite) {
  // RFC 8446 §7.1: without a pre-shared key zeros stand for it.
  const crypto::Secret zeros(crypto::digest_size(suite.hash));
  const crypto::Secret early = crypto::hkdf_extract(suite.hash, zeros, zeros);
  const crypto::Secret derived =
      derive(suite.hash, early, "derived", crypto::digest(suite.hash, {}));
  secret_ = crypto::hkdf_extract(suite.hash, derived, shared_secret);
}

BothWays<crypto::Secret> KeySchedule13::handshake_traffic(Bytes transcript_hash) const {
  return {derive(suite_.hash, secret_, "c hs traffic", transcript_hash),
          derive(suite_.hash, secret_, "s hs traffic", transcript_hash)};
}

void KeySchedule13::enter_master() {
  const crypto::Secret derived =
      derive(suite_.hash, secret_, "derived", crypto::digest(suite_.hash, {}));
  const crypto::Secret zeros(crypto::digest_size(suite_.hash));
  secret_ = crypto::hkdf_extract(suite_.hash, derived, zeros);
}

BothWays<crypto::Secret> KeySchedule13::application_traffic(Bytes transcript_hash) const {
  return {derive(suite_.hash, secret_, "c ap traffic", transcript_hash),
          derive(suite_.hash, secret_, "s ap traffic", transcript_hash)};
}

crypto::Secret KeySchedule13::exporter_master(Bytes transcript_hash) const {
  return derive(suite_.hash, secret_, "exp master", transcript_hash);
}

RecordKeys record_keys13(const SuiteTraits& suite, Bytes traffic_secret) {
  const std::size_t key = crypto::key_size(suite.aead);
  return {expand_label(suite.hash, traffic_secret, "key", {}, key),
          expand_label(suite.hash, traffic_secret, "iv", {}, crypto::kAeadNonceBytes),
          expand_label(suite.hash, traffic_secret, "sn", {}, key)};
}

crypto::Secret finished13(crypto::HashAlgorithm hash, Bytes traffic_secret, Bytes transcript_hash) {
  const crypto::Secret key =
      expand_label(hash, traffic_secret, "finished", {}, crypto::digest_size(hash));
  return crypto::hmac(hash, key, {transcript_hash});
}

crypto::Secret next_traffic(crypto::HashAlgorithm hash, Bytes traffic_secret) {
  return expand_label(hash, traffic_secret, "traffic upd", {}, crypto::digest_size(hash));
}

Buffer export13(crypto::HashAlgorithm hash, Bytes exporter_master, std::string_view label,
                std::size_t size) {
  const crypto::Secret empty = crypto::digest(hash, {});
  const crypto::Secret secret = derive(hash, exporter_master, label, empty);
  Buffer result(size);
  crypto::hkdf_expand(hash, secret, hkdf_label("exporter", empty, size), result);
  return result;
}

}  // namespace specter::dtls
