#include "cli/network_options.h"

#include "cli/manual/command_table.h"
#include "cli/verbose.h"

#include "specter/option_table.h"

namespace specter::cli {

namespace {

Result<> set_named(ConnectionOptions& options, std::string_view text) {
  const std::size_t at = text.find('=');
  if (at == std::string_view::npos)
    return fail(ErrorCode::InvalidArgument,
                "an option is NAME=VALUE, such as max_message_bytes=1000");
  return set_option(options, text.substr(0, at), text.substr(at + 1));
}

}  // namespace

void NetworkOptions::add_to(CLI::App& command) {
  const std::string group = command.option_defaults()->get_group();
  command.option_defaults()->group(kConnectionGroup);
  command
      .add_option("--loopback", loopback,
                  "Whether 127.0.0.1 and ::1 are used: beside the other addresses (include), alone "
                  "(only), or on a machine that has no other (fallback)")
      ->check(CLI::IsMember({"fallback", "include", "only"}))
      ->capture_default_str();
  command
      .add_option("--ice-server", ice_servers,
                  "A server that tells our address as others see it, such as "
                  "stun:stun.l.google.com:19302, or one that relays, such as "
                  "turns:turn.example.org; may be given several times")
      ->type_name("URL")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command.add_option("--ice-username", ice_username, "For turn: and turns: servers")
      ->type_name("NAME");
  command
      .add_option("--ice-credential", ice_credential,
                  "For them, too. Other users of this machine see it in the list of processes: "
                  "rather set SPECTER_ICE_CREDENTIAL")
      ->type_name("PASSWORD")
      ->envname("SPECTER_ICE_CREDENTIAL");
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
  add_verbose(command);
  command.add_flag("--log-addresses", log_addresses,
                   "Show addresses in what -v says; else each has a number");
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
  add_named_options(command);
  command.option_defaults()->group(group);
}

void NetworkOptions::add_named_options(CLI::App& command) {
  ConnectionOptions usual;
  std::string names;
  for_each_option(usual, [&](const OptionRow& row, const auto&) {
    names += (names.empty() ? "" : ", ") + std::string(row.name);
  });
  command
      .add_option("--option", named,
                  "Any option of a connection by its name, such as max_message_bytes=1000; may be "
                  "given several times: " +
                      names)
      ->type_name("NAME=VALUE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->check([](const std::string& text) {
        ConnectionOptions scratch;
        const auto set = set_named(scratch, text);
        if (!set) return set.error().message;
        const auto good = check_options(scratch);
        return good ? std::string() : good.error().message;
      });
}

Configuration NetworkOptions::configuration() const {
  Configuration configuration;
  ConnectionOptions& options = configuration.defaults;
  for (const std::string& url : ice_servers) {
    const bool is_turn = url.starts_with("turn");
    options.ice_servers.push_back({.urls = {url},
                                   .username = is_turn ? ice_username : "",
                                   .credential = is_turn ? ice_credential : ""});
  }
  if (dtls == "1.2") options.transport.max_dtls_version = DtlsVersion::Dtls12;
  if (dtls == "1.3") options.transport.min_dtls_version = DtlsVersion::Dtls13;
  if (certificate == "rsa") options.certificate = generate_certificate(CertificateType::Rsa2048);
  options.key_log_file = key_log;
  if (no_path_mtu) options.transport.path_mtu_discovery = false;
  if (no_snap) options.data.snap = false;
  if (no_interleaving) options.data.interleaving = false;
  if (no_sped) options.transport.sped = false;
  options.ice.loopback = named_option<LoopbackPolicy>(loopback).value_or(options.ice.loopback);
  options.data.congestion_control =
      named_option<CongestionControl>(congestion_control).value_or(options.data.congestion_control);
  for (const std::string& text : named) (void)set_named(options, text);  // checked before
  if (cipher == "openssl") configuration.cipher = CipherEngine::OpenSsl;
  if (cipher == "multi-buffer") configuration.cipher = CipherEngine::MultiBuffer;
  configuration.spin = std::chrono::microseconds(spin_us);
  configuration.log_addresses = log_addresses;
  configuration.loops = 1;  // a connection or two; more threads would be idle
  return configuration;
}

}  // namespace specter::cli
