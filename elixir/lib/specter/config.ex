defmodule Specter.Config do
  @moduledoc """
  What a Specter was initialized with: the options of `Specter.init/1`. `Specter.config/1` gives it.

  | field | what | default |
  | --- | --- | --- |
  | `ice_servers` | URLs of servers that tell a peer how it is seen from outside | Google's |
  | `certificate` | the key of a connection's certificate: `:ecdsa_p256`, each connection has its own unless they share one; `:rsa2048`, all share one, which takes `Specter.init/1` some 100 ms | `:ecdsa_p256` |
  | `share_certificate` | one certificate for all connections: some 0.1 ms less of CPU for each; peers can tell by it that they talk to the same program | `false` |
  | `min_dtls_version`, `max_dtls_version` | `:dtls12` or `:dtls13`: the best of the range that the peer has too is taken | both |
  | `snap` | data channels open two round trips sooner, with a peer that does so too | `true` |
  | `sped` | connected one round trip sooner, with a peer that does so too | `true` |
  | `interleaving` | a large message of one channel does not hold up those of others, with a peer that can do so too | `true` |
  | `congestion_control` | how much is sent, and how fast: `:cubic`, `:bbr`, `:reno` | `:cubic` |
  | `send_buffer_bytes` | of one connection; past it `Specter.DataChannel.send/4` says `:would_block` | 16 MiB |
  | `receive_buffer_bytes` | of one connection: what its peer may send before the owner takes it | 16 MiB |
  | `max_message_bytes` | of one received message | 256 KiB |
  | `max_datagram_bytes` | of UDP payload, at first | 1172 |
  | `path_mtu_discovery` | larger datagrams once probes have shown that they arrive | `true` |
  | `spin` | microseconds that an event loop looks for work before it sleeps, 0 to 10,000 | 0 |
  | `loopback` | whether 127.0.0.1 and ::1 are gathered: `:fallback` (on a machine that has no other address), `:include`, `:only` | `:fallback` |
  | `key_log_file` | where the secrets of all connections are written, for Wireshark; `""`: nowhere. Whoever has that file can read all that was sent | `""` |
  """

  alias Specter.Options

  @enforce_keys [:ice_servers]
  defstruct ice_servers: [],
            certificate: :ecdsa_p256,
            share_certificate: false,
            min_dtls_version: :dtls12,
            max_dtls_version: :dtls13,
            snap: true,
            sped: true,
            interleaving: true,
            congestion_control: :cubic,
            send_buffer_bytes: 16 * 1024 * 1024,
            receive_buffer_bytes: 16 * 1024 * 1024,
            max_message_bytes: 256 * 1024,
            max_datagram_bytes: 1172,
            path_mtu_discovery: true,
            spin: 0,
            loopback: :fallback,
            key_log_file: ""

  @typedoc "`ice_servers`: URLs as `\"stun:host:port\"`, in the order in which they were given."
  @type t :: %Specter.Config{
          ice_servers: [String.t()],
          certificate: :ecdsa_p256 | :rsa2048,
          share_certificate: boolean,
          min_dtls_version: :dtls12 | :dtls13,
          max_dtls_version: :dtls12 | :dtls13,
          snap: boolean,
          sped: boolean,
          interleaving: boolean,
          congestion_control: :cubic | :bbr | :reno,
          send_buffer_bytes: pos_integer,
          receive_buffer_bytes: pos_integer,
          max_message_bytes: pos_integer,
          max_datagram_bytes: pos_integer,
          path_mtu_discovery: boolean,
          spin: non_neg_integer,
          loopback: :fallback | :include | :only,
          key_log_file: String.t()
        }

  # Of buffers: more is an address space, and not a buffer.
  @bytes 4096..(4 * 1024 * 1024 * 1024)

  @kinds [
    ice_servers: :strings,
    certificate: {:one_of, [:ecdsa_p256, :rsa2048]},
    share_certificate: :boolean,
    min_dtls_version: {:one_of, [:dtls12, :dtls13]},
    max_dtls_version: {:one_of, [:dtls12, :dtls13]},
    snap: :boolean,
    sped: :boolean,
    interleaving: :boolean,
    congestion_control: {:one_of, [:cubic, :bbr, :reno]},
    send_buffer_bytes: @bytes,
    receive_buffer_bytes: @bytes,
    max_message_bytes: 1..(1024 * 1024 * 1024),
    max_datagram_bytes: 548..65_507,
    path_mtu_discovery: :boolean,
    spin: 0..10_000,
    loopback: {:one_of, [:fallback, :include, :only]},
    key_log_file: :string
  ]

  # The configuration that a list of options says. Raises ArgumentError for one that is none.
  @doc false
  @spec new!(term, [String.t()]) :: t
  def new!(options, ice_servers) do
    defaults = %Specter.Config{ice_servers: ice_servers}
    known = for {key, _kind} <- @kinds, do: {key, Map.fetch!(defaults, key)}
    options = Options.take!(options, known)
    for {key, value} <- options, do: Options.check!(key, value, @kinds[key])

    if options[:min_dtls_version] == :dtls13 and options[:max_dtls_version] == :dtls12 do
      raise ArgumentError, "min_dtls_version is above max_dtls_version"
    end

    struct!(Specter.Config, options)
  end
end
