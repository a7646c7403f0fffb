#include "cli/network_options.h"

namespace specter::cli {

void NetworkOptions::add_to(CLI::App& command) {
  command
      .add_option("--loopback", loopback,
                  "Whether 127.0.0.1 and ::1 are used: beside the other addresses (include), alone "
                  "(only), or on a machine that has no other (fallback)")
      ->check(CLI::IsMember({"fallback", "include", "only"}))
      ->capture_default_str();
  command
      .add_option("--ice-server", ice_servers,
                  "A server that tells our address as others see it, such as "
                  "stun:stun.l.google.com:19302; may be given several times")
      ->type_name("URL")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command
      .add_option("--dtls", dtls,
                  "The version of DTLS: 1.3, 1.2, or the best that the peer has too (any)")
      ->check(CLI::IsMember({"any", "1.2", "1.3"}))
      ->capture_default_str();
  command.add_option("--certificate", certificate, "The key of our certificate: P-256 or RSA-2048")
      ->check(CLI::IsMember({"ecdsa", "rsa"}))
      ->capture_default_str();
  command
      .add_option("--key-log", key_log,
                  "Append all secrets to this file, for Wireshark. Whoever has it can read "
                  "everything")
      ->type_name("FILE");
  command
      .add_option("--spin", spin_us,
                  "Microseconds that a loop looks for work before it sleeps; costs a core while "
                  "messages come and go")
      ->check(CLI::Range(0, 10'000))
      ->capture_default_str();
  command
      .add_option("--cipher", cipher,
                  "The library that enciphers packets: openssl, multi-buffer (where it was built "
                  "in; `specter --version` tells), or the fastest of them")
      ->check(CLI::IsMember({"fastest", "openssl", "multi-buffer"}))
      ->capture_default_str();
  command
      .add_option("--congestion-control", congestion_control,
                  "How much is sent, and how fast: cubic, bbr or reno")
      ->check(CLI::IsMember({"cubic", "bbr", "reno"}))
      ->capture_default_str();
  command.add_flag("--no-path-mtu", no_path_mtu,
                   "Keep to packets of 1200 bytes, however large ones the path carries");
  command.add_flag("--no-snap", no_snap, "Leave SCTP's INIT out of the descriptions (SNAP)");
  command.add_flag("--no-interleaving", no_interleaving,
                   "Data channels take turns by whole messages, as without RFC 8260");
  command.add_flag("--no-sped", no_sped, "Leave DTLS out of ICE's Binding messages (SPED)");
}

Configuration NetworkOptions::configuration() const {
  Configuration configuration;
  for (const std::string& url : ice_servers) configuration.ice_servers.push_back({.urls = {url}});
  if (loopback == "include") configuration.loopback = LoopbackPolicy::Include;
  if (loopback == "only") configuration.loopback = LoopbackPolicy::Only;
  if (dtls == "1.2") configuration.max_dtls_version = DtlsVersion::Dtls12;
  if (dtls == "1.3") configuration.min_dtls_version = DtlsVersion::Dtls13;
  if (certificate == "rsa") configuration.certificate = CertificateType::Rsa2048;
  configuration.key_log_file = key_log;
  configuration.path_mtu_discovery = !no_path_mtu;
  configuration.snap = !no_snap;
  configuration.interleaving = !no_interleaving;
  configuration.sped = !no_sped;
  if (congestion_control == "bbr") configuration.congestion_control = CongestionControl::Bbr;
  if (congestion_control == "reno") configuration.congestion_control = CongestionControl::Reno;
  if (cipher == "openssl") configuration.cipher = CipherEngine::OpenSsl;
  if (cipher == "multi-buffer") configuration.cipher = CipherEngine::MultiBuffer;
  configuration.spin = std::chrono::microseconds(spin_us);
  configuration.loops = 1;  // a connection or two; more threads would be idle
  return configuration;
}

}  // namespace specter::cli
