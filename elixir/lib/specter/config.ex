defmodule Specter.Config do
  @moduledoc """
  What a Specter was initialized with: `Specter.config/1` gives it. `ice_servers` are those of
  `Specter.init/1`, without credentials; `options` has the connection options that are not the
  default ones.

  ## Connection options

  `Specter.init/1` takes them for all connections, `Specter.PeerConnection.new/3` for one. Times are
  in milliseconds.

  | option | what | default |
  | --- | --- | --- |
  | `:ice_servers` | servers that tell a connection how it is seen from outside: URLs, or maps as the W3C has them, `%{urls: url_or_urls, username: text, credential: text}` | Google's |
  | `:certificate` | `:ecdsa_p256`: the connection makes its own; or what `Specter.generate_certificate/1` made | `:ecdsa_p256` |
  | `:min_dtls_version` | the oldest version of DTLS that is spoken: `:dtls12` or `:dtls13` | `:dtls12` |
  | `:max_dtls_version` | the newest; the best of the range that the peer has too is used | `:dtls13` |
  | `:snap` | data channels open two round trips sooner, with a peer that does so too | `true` |
  | `:sped` | connected one round trip sooner, with a peer that does so too | `true` |
  | `:interleaving` | a large message of one channel does not hold up those of others, with a peer that can do so too | `true` |
  | `:congestion_control` | how much is sent, and how fast: `:cubic`, `:bbr`, `:reno` | `:cubic` |
  | `:send_buffer_bytes` | of all channels together; past it `Specter.DataChannel.send/4` says `:would_block` | 16 MiB |
  | `:receive_buffer_bytes` | what the peer may send before the owner takes it | 16 MiB |
  | `:max_message_bytes` | of one received message; 0: as much as `:receive_buffer_bytes` | 256 KiB |
  | `:max_datagram_bytes` | of UDP payload, at first: 548 to 65,507 | 1172 |
  | `:path_mtu_discovery` | larger datagrams once probes have shown that they arrive | `true` |
  | `:loopback` | whether 127.0.0.1 and ::1 are gathered: `:fallback` (on a machine that has no other address), `:include`, `:only` | `:fallback` |
  | `:gathering_timeout` | what servers answer later is not used | 4,000 |
  | `:check_interval` | between ordinary connectivity checks, 5 to 1,000 | 50 |
  | `:patience` | checking lasts at least so long before the connection is `:failed` (RFC 8863) | 39,500 |
  | `:limbo_timeout` | without a path for so long it is `:failed` in any case | 120,000 |
  | `:disconnected_timeout` | without a sign of life from the peer: `:disconnected` | 5,000 |
  | `:consent_interval` | between the checks of a working path (RFC 7675) | 5,000 |
  | `:consent_timeout` | without an answer to them: `:failed` (RFC 7675) | 30,000 |
  | `:show_remote_candidates` | candidates that were added show in the remote description | `false` |
  | `:key_log_file` | where the connection's secrets are written, for Wireshark; `""`: nowhere. Whoever has that file can read all that was sent | `""` |

  ## Options of the whole VM

  All Specters of a VM share event loops. The first `Specter.init/1` decides these; while a Specter is
  there, another value raises `ArgumentError`.

  | option | what | default |
  | --- | --- | --- |
  | `:loops` | event loops, each a thread; 0: one a core | 0 |
  | `:spin` | microseconds that a loop looks for work before it sleeps, 0 to 10,000 | 0 |
  | `:cipher` | the library that enciphers packets: `:fastest`, `:openssl`, `:multi_buffer` | `:fastest` |
  """

  @enforce_keys [:ice_servers]
  defstruct ice_servers: [], options: %{}

  @typedoc "`ice_servers` are in the order in which they were given."
  @type t :: %Specter.Config{ice_servers: [String.t() | map], options: map}
end
