defmodule Specter.Config do
  @moduledoc """
  The configuration of a Specter, as `Specter.config/1` returns it. `ice_servers` are those of
  `Specter.init/1`, without credentials; `options` has the connection options that differ from the
  defaults.

  ## Connection options

  `Specter.init/1` takes them for all connections, `Specter.PeerConnection.new/3` for one. Times are
  in milliseconds.

  | option | meaning | default |
  | --- | --- | --- |
  | `:ice_servers` | STUN servers: URLs, or maps as in the W3C's RTCIceServer, `%{urls: url_or_urls, username: text, credential: text}` | Google's |
  | `:certificate` | `:ecdsa_p256`: the connection makes its own; or a certificate of `Specter.generate_certificate/1` | `:ecdsa_p256` |
  | `:min_dtls_version` | the oldest DTLS version accepted: `:dtls12` or `:dtls13` | `:dtls12` |
  | `:max_dtls_version` | the newest DTLS version offered; the newest that both peers support is used | `:dtls13` |
  | `:snap` | SCTP's INIT in the descriptions: with a peer that supports it, data channels open two round trips sooner | `true` |
  | `:sped` | DTLS in ICE's checks: with a peer that supports it, connected one round trip sooner | `true` |
  | `:interleaving` | message interleaving (RFC 8260): with a peer that supports it, a large message does not delay other channels | `true` |
  | `:congestion_control` | congestion control of SCTP: `:cubic`, `:bbr`, `:reno` | `:cubic` |
  | `:send_buffer_bytes` | the send buffer of all channels together; when it is full, `Specter.DataChannel.send/4` returns `:would_block` | 16 MiB |
  | `:receive_buffer_bytes` | the receive buffer: when it is full, the peer has to wait | 16 MiB |
  | `:max_message_bytes` | the largest message accepted; 0: as much as `:receive_buffer_bytes` | 256 KiB |
  | `:max_datagram_bytes` | bytes of UDP payload before path MTU discovery: 548 to 65,507 | 1172 |
  | `:path_mtu_discovery` | path MTU discovery: larger datagrams once probes were acknowledged | `true` |
  | `:loopback` | whether 127.0.0.1 and ::1 are gathered: `:fallback` (only on a machine without another address), `:include`, `:only` | `:fallback` |
  | `:ice_transport_policy` | which candidates are used: `:all`, or `:relay` alone, which needs a TURN server | `:all` |
  | `:authorities_file` | a PEM file of certificate authorities for `turns:` servers; `""`: those of the system | `""` |
  | `:gathering_timeout` | how long to wait for STUN servers | 4,000 |
  | `:check_interval` | interval between connectivity checks, 5 to 1,000 | 50 |
  | `:patience` | how long connectivity checks last at least, before the connection is `:failed` (RFC 8863) | 39,500 |
  | `:limbo_timeout` | how long until a connection without a path is `:failed` in any case | 120,000 |
  | `:disconnected_timeout` | `:disconnected` after nothing was received for so long | 5,000 |
  | `:consent_interval` | interval between consent checks (RFC 7675) | 5,000 |
  | `:consent_timeout` | `:failed` after no response to consent checks for so long (RFC 7675) | 30,000 |
  | `:show_remote_candidates` | whether the remote description includes candidates added later | `false` |
  | `:jitter_buffer` | how long received media waits for packets that are missing, in ms | 100 |
  | `:frame_buffer_bytes` | how much of received frames each track keeps until they are delivered | 8 MiB |
  | `:retransmission_buffer_bytes` | how much of what was sent each encoding keeps for retransmissions (RFC 4588) | 4 MiB |
  | `:cryptex` | RTP header extensions are encrypted (RFC 9335) with a peer that supports it | `true` |
  | `:connection_reports` | whether `:connection_report` comes when connecting has ended, and not only when `Specter.PeerConnection.get_report/2` asks for it | `false` |
  | `:key_log_file` | a file for the DTLS secrets, for Wireshark; `""`: none. It allows anyone to decrypt the traffic | `""` |

  ## Options of the whole VM

  All Specters of a VM share event loops. The first `Specter.init/1` sets these options; while a
  Specter exists, a different value raises `ArgumentError`.

  | option | meaning | default |
  | --- | --- | --- |
  | `:loops` | number of event loops, each a thread; 0: one per core | 0 |
  | `:spin` | microseconds that an event loop polls for work before it sleeps, 0 to 10,000 | 0 |
  | `:cipher` | the library that encrypts packets: `:fastest`, `:openssl`, `:multi_buffer` | `:fastest` |
  """

  @enforce_keys [:ice_servers]
  defstruct ice_servers: [], options: %{}

  @typedoc "`ice_servers` are in the order in which they were passed."
  @type t :: %Specter.Config{ice_servers: [String.t() | map], options: map}
end
