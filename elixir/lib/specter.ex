defmodule Specter do
  @moduledoc """
  WebRTC peer connections for Elixir, on a library in C++.

  All calls are non-blocking: a call returns at once, and its result is a message. All messages go to
  **the process that called `init/1`**, whichever process makes the other calls.
  `Specter.PeerConnection.controlling_process/3` gives a connection to another process.
  [Lifecycle](lifecycle.md) is a tutorial, and `Specter.PeerConnection` lists the messages.

      iex> {:ok, specter} = Specter.init()
      iex> {:ok, media_engine} = Specter.new_media_engine(specter)
      iex> {:ok, registry} = Specter.new_registry(specter, media_engine)
      iex> {:ok, api} = Specter.new_api(specter, media_engine, registry)
      iex> {:ok, pc} = Specter.new_peer_connection(specter, api)
      iex> receive do
      ...>   {:peer_connection_ready, ^pc} -> :ready
      ...> end
      :ready

  ## Ownership

  When the process that called `init/1` ends, for whatever reason, everything it made is closed and
  freed. Connections that it gave away stay with their new owners. A `%Specter{}` that no process
  references is garbage collected, and its connections are closed: keep it as long as you need them.

  Objects have ids, which are valid for their Specter only. An unknown, consumed or closed id returns
  `{:error, :not_found}`, and so does the id of a connection that is not ready yet. Of a track it is
  `{:error, :invalid_track}`, of a transceiver `{:error, :invalid_transceiver}`. An argument of the
  wrong type raises `ArgumentError`.

  The calls for data channels and negotiation are also functions of `Specter`, for example
  `Specter.create_offer/3`.
  """

  alias Specter.{Config, Native, Options, PeerConnection}

  @default_ice_servers ["stun:stun.l.google.com:19302"]

  @enforce_keys [:native]
  defstruct [:native]

  @typedoc "An initialized library."
  @opaque t :: %Specter{native: reference}

  @typedoc "The id of a table of codecs. `new_api/3` consumes it."
  @opaque media_engine_t :: String.t()

  @typedoc "The id of a set of interceptors. `new_api/3` consumes it."
  @opaque registry_t :: String.t()

  @typedoc "The id of a factory of peer connections."
  @opaque api_t :: String.t()

  @typedoc "A certificate and its private key, for any number of connections."
  @opaque certificate_t :: reference

  @typedoc "An ICE server: a URL, or a map as the W3C has it. Its keys may be strings, as JSON's are."
  @type ice_server ::
          String.t()
          | %{
              required(:urls) => String.t() | [String.t()],
              optional(:username) => String.t(),
              optional(:credential) => String.t()
            }

  @typedoc "How much is logged: `set_log/1`."
  @type log_level :: :off | :error | :warning | :info | :debug

  @typedoc "What the library's log is divided into."
  @type log_module ::
          :ice | :dtls | :sctp | :channel | :jsep | :media | :peer | :turn | :io | :api

  @typedoc "The levels of the log: one for all modules, or one for each that is named."
  @type log_levels :: log_level | [{log_module, log_level}]

  @typedoc "An option of `init/1`: `Specter.Config` describes each."
  @type option ::
          PeerConnection.connection_option()
          | {:certificate, :rsa2048}
          | {:share_certificate, boolean}
          | {:loops, non_neg_integer}
          | {:spin, 0..10_000}
          | {:cipher, :fastest | :openssl | :multi_buffer}

  @doc """
  Initializes the library. The calling process becomes the owner: it receives all messages, and
  everything is closed when it ends.

  Options:

    * `:ice_servers`: STUN servers, which find the addresses behind NATs. The default is
      `#{inspect(@default_ice_servers)}`. An invalid URL is reported when a connection is made, by
      `{:peer_connection_error, pc}`.
    * All other connection options, as defaults of connections, and `:loops`, `:spin` and `:cipher`,
      which apply to the whole VM: `Specter.Config` has the tables.
    * `:share_certificate`: one certificate for all connections. Each connection then costs about
      0.1 ms less CPU, and peers can tell that they talk to the same program. Default: `false`. With
      `certificate: :rsa2048` all connections share one in any case, and `init/1` blocks for about
      100 ms.

  An unknown option or an invalid value raises `ArgumentError`, with a message that lists the valid
  values.

  `{:error, :webrtc_error}` means that the system has no thread or file descriptor left.

  ## Examples

      iex> {:ok, specter} = Specter.init(ice_servers: ["stun:stun.example.org:3478"])
      iex> {:ok, config} = Specter.config(specter)
      iex> config.ice_servers
      ["stun:stun.example.org:3478"]
      iex> {:ok, specter} = Specter.init(congestion_control: :bbr, min_dtls_version: :dtls13)
      iex> {:ok, config} = Specter.config(specter)
      iex> config.options
      %{congestion_control: :bbr, min_dtls_version: :dtls13}
      iex> Specter.init(congestion_control: :vegas)
      ** (ArgumentError) congestion_control: :vegas is not valid; it must be one of :cubic, :bbr, :reno
  """
  @spec init([option]) :: {:ok, t} | {:error, :invalid_configuration | :webrtc_error}
  def init(options \\ []) do
    config = options |> Options.to_map!() |> Map.put_new(:ice_servers, @default_ice_servers)

    with {:ok, native} <- Native.init(config) do
      {:ok, %Specter{native: native}}
    end
  end

  @doc """
  Makes a certificate for the option `:certificate`. Blocks for about 100 ms for an RSA key.

  ## Examples

      iex> {:ok, certificate} = Specter.generate_certificate()
      iex> {:ok, _specter} = Specter.init(certificate: certificate)
      iex> Specter.generate_certificate(:dsa)
      ** (ArgumentError) :dsa is no type of certificate: :ecdsa_p256 and :rsa2048 are
  """
  @spec generate_certificate(:ecdsa_p256 | :rsa2048) :: {:ok, certificate_t}
  def generate_certificate(type \\ :ecdsa_p256)

  def generate_certificate(type) when type in [:ecdsa_p256, :rsa2048] do
    Native.generate_certificate(Atom.to_string(type))
  end

  def generate_certificate(type) do
    raise ArgumentError,
          "#{inspect(type)} is no type of certificate: :ecdsa_p256 and :rsa2048 are"
  end

  @doc """
  Closes and frees everything made with a Specter. `{:peer_connection_closed, pc}` follows for each
  connection. Nothing can be made with it afterwards. Calling it again has no effect.

  ## Examples

      iex> {:ok, specter} = Specter.init()
      iex> {:ok, media_engine} = Specter.new_media_engine(specter)
      iex> Specter.close(specter)
      :ok
      iex> Specter.media_engine_exists?(specter, media_engine)
      false
      iex> Specter.new_media_engine(specter)
      {:error, :not_found}
  """
  @spec close(t) :: :ok
  def close(specter), do: Native.close(native(specter))

  @doc """
  The configuration that a Specter was initialized with.

  ## Examples

      iex> {:ok, specter} = Specter.init()
      iex> Specter.config(specter)
      {:ok, %Specter.Config{ice_servers: ["stun:stun.l.google.com:19302"]}}
  """
  @spec config(t) :: {:ok, Config.t()}
  def config(specter), do: {:ok, struct!(Config, Native.config(native(specter)))}

  @doc """
  Makes a media engine: the table of codecs that connections may negotiate. `Specter.MediaEngine` changes
  it.

  Options:

    * `:default_codecs`: whether it has the library's codecs: Opus, VP8 and H.264, with their retransmission and
      header extensions. Default: `true`.

  ## Examples

      iex> {:ok, specter} = Specter.init()
      iex> {:ok, media_engine} = Specter.new_media_engine(specter)
      iex> Specter.media_engine_exists?(specter, media_engine)
      true
  """
  @spec new_media_engine(t, default_codecs: boolean) ::
          {:ok, media_engine_t} | {:error, :not_found}
  def new_media_engine(specter, options \\ []) do
    [default_codecs: default_codecs] = Options.flags!(options, default_codecs: true)
    Native.new_media_engine(native(specter), default_codecs)
  end

  @doc """
  Whether a media engine exists and is not consumed.

  ## Examples

      iex> {:ok, specter} = Specter.init()
      iex> {:ok, media_engine} = Specter.new_media_engine(specter)
      iex> {:ok, registry} = Specter.new_registry(specter, media_engine)
      iex> {:ok, _api} = Specter.new_api(specter, media_engine, registry)
      iex> Specter.media_engine_exists?(specter, media_engine)
      false
  """
  @spec media_engine_exists?(t, media_engine_t) :: boolean
  def media_engine_exists?(specter, media_engine) do
    Native.media_engine_exists(native(specter), media_engine)
  end

  @doc """
  Makes a registry of interceptors for a media engine. It does not consume the media engine.

  Options:

    * `:default_interceptors`: adds what NACK, retransmission and transport-wide feedback need to the codecs of the
      media engine, so register your own codecs before. Default: `true`.

  ## Examples

      iex> {:ok, specter} = Specter.init()
      iex> {:ok, media_engine} = Specter.new_media_engine(specter)
      iex> {:ok, registry} = Specter.new_registry(specter, media_engine)
      iex> Specter.registry_exists?(specter, registry)
      true
      iex> Specter.new_registry(specter, "unknown")
      {:error, :not_found}
  """
  @spec new_registry(t, media_engine_t, default_interceptors: boolean) ::
          {:ok, registry_t} | {:error, :not_found}
  def new_registry(specter, media_engine, options \\ []) do
    [default_interceptors: with_defaults] = Options.flags!(options, default_interceptors: true)
    Native.new_registry(native(specter), media_engine, with_defaults)
  end

  @doc """
  Whether a registry exists and is not consumed.

  ## Examples

      iex> {:ok, specter} = Specter.init()
      iex> Specter.registry_exists?(specter, "unknown")
      false
  """
  @spec registry_exists?(t, registry_t) :: boolean
  def registry_exists?(specter, registry) do
    Native.registry_exists(native(specter), registry)
  end

  @doc """
  Makes an API, which makes any number of peer connections.

  It consumes the media engine and the registry: neither can be used again. If one of them is
  unknown, the other is not consumed.

  ## Examples

      iex> {:ok, specter} = Specter.init()
      iex> {:ok, media_engine} = Specter.new_media_engine(specter)
      iex> {:ok, registry} = Specter.new_registry(specter, media_engine)
      iex> {:ok, _api} = Specter.new_api(specter, media_engine, registry)
      iex> Specter.new_api(specter, media_engine, registry)
      {:error, :not_found}
  """
  @spec new_api(t, media_engine_t, registry_t) :: {:ok, api_t} | {:error, :not_found}
  def new_api(specter, media_engine, registry) do
    Native.new_api(native(specter), media_engine, registry)
  end

  use Specter.FirstNames

  @doc """
  Makes the log of the library into messages of `Logger`, and sets how much is said: a level for all
  modules, or one for each that is named, with `:warning` for the others. Until then warnings and
  errors go to standard error, or what the environment variable `SPECTER_LOG` says.

  It holds for the whole VM, and for connections that exist already. At `:info` connections say what
  they become; at `:debug` they tell each candidate, check, flight and probe, and why anything was
  dropped. Addresses are numbered, and keys and credentials are never shown.

  The metadata of each message: `:specter_module`, and `:connection`, the number that
  `Specter.PeerConnection.log_number/2` returns, or `nil`; `:domain` is `[:specter, module]`. When the
  logger is slow, records are dropped and counted.

  ## Examples

      iex> Specter.set_log(ice: :info, dtls: :warning)
      :ok
      iex> Specter.set_log(:warning)
      :ok
      iex> Specter.set_log(:loud)
      ** (ArgumentError) :loud is no log level; a level is one of [:off, :error, :warning, :info, :debug], for all or in a keyword list of [:ice, :dtls, :sctp, :channel, :jsep, :media, :peer, :turn, :io, :api]
  """
  @spec set_log(log_levels) :: :ok
  defdelegate set_log(levels), to: Specter.Log, as: :set

  @doc false
  @spec native(t) :: reference
  def native(%Specter{native: native}), do: native
  def native(other), do: raise(ArgumentError, "expected a %Specter{}, got: #{inspect(other)}")
end
