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
  `{:error, :not_found}`, and so does the id of a connection that is not ready yet. An argument of the
  wrong type raises `ArgumentError`.

  The functions on peer connections are also available here, under their first names.
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
  Makes a media engine: the table of codecs that connections may negotiate.

  ## Examples

      iex> {:ok, specter} = Specter.init()
      iex> {:ok, media_engine} = Specter.new_media_engine(specter)
      iex> Specter.media_engine_exists?(specter, media_engine)
      true
  """
  @spec new_media_engine(t) :: {:ok, media_engine_t} | {:error, :not_found}
  def new_media_engine(specter), do: Native.new_media_engine(native(specter))

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

  ## Examples

      iex> {:ok, specter} = Specter.init()
      iex> {:ok, media_engine} = Specter.new_media_engine(specter)
      iex> {:ok, registry} = Specter.new_registry(specter, media_engine)
      iex> Specter.registry_exists?(specter, registry)
      true
      iex> Specter.new_registry(specter, "unknown")
      {:error, :not_found}
  """
  @spec new_registry(t, media_engine_t) :: {:ok, registry_t} | {:error, :not_found}
  def new_registry(specter, media_engine) do
    Native.new_registry(native(specter), media_engine)
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

  # The first versions' names. What their examples begin with:
  @api """
  iex> {:ok, specter} = Specter.init(ice_servers: [])
      iex> {:ok, media_engine} = Specter.new_media_engine(specter)
      iex> {:ok, registry} = Specter.new_registry(specter, media_engine)
      iex> {:ok, api} = Specter.new_api(specter, media_engine, registry)\
  """
  @ready @api <>
           """

               iex> {:ok, pc} = Specter.new_peer_connection(specter, api)
               iex> receive do: ({:peer_connection_ready, ^pc} -> :ready)
               :ready\
           """

  @doc """
  Makes a peer connection. See `Specter.PeerConnection.new/3`.

  ## Examples

      #{@api}
      iex> {:ok, pc} = Specter.new_peer_connection(specter, api)
      iex> receive do: ({:peer_connection_ready, ^pc} -> :ready)
      :ready
  """
  @spec new_peer_connection(t, api_t, [PeerConnection.option()]) ::
          {:ok, PeerConnection.t()} | {:error, :not_found}
  defdelegate new_peer_connection(specter, api, options \\ []), to: PeerConnection, as: :new

  @doc """
  Whether a connection is ready and not closed. See `Specter.PeerConnection.exists?/2`.

  ## Examples

      #{@ready}
      iex> Specter.peer_connection_exists?(specter, pc)
      true
      iex> Specter.peer_connection_exists?(specter, "unknown")
      false
  """
  @spec peer_connection_exists?(t, PeerConnection.t()) :: boolean
  defdelegate peer_connection_exists?(specter, pc), to: PeerConnection, as: :exists?

  @doc """
  Closes a connection. See `Specter.PeerConnection.close/2`.

  ## Examples

      #{@ready}
      iex> Specter.close_peer_connection(specter, pc)
      :ok
      iex> receive do: ({:peer_connection_closed, ^pc} -> :closed)
      :closed
  """
  @spec close_peer_connection(t, PeerConnection.t()) :: :ok | {:error, :not_found}
  defdelegate close_peer_connection(specter, pc), to: PeerConnection, as: :close

  @doc """
  Adds a data channel. See `Specter.PeerConnection.create_data_channel/4`.

  ## Examples

      #{@ready}
      iex> Specter.create_data_channel(specter, pc, "data")
      :ok
      iex> receive do: ({:data_channel_created, ^pc} -> :created)
      :created
  """
  @spec create_data_channel(t, PeerConnection.t(), String.t(), [
          PeerConnection.data_channel_option()
        ]) :: PeerConnection.result()
  defdelegate create_data_channel(specter, pc, label, options \\ []), to: PeerConnection

  @doc """
  Makes an offer. See `Specter.PeerConnection.create_offer/3`.

  ## Examples

      #{@ready}
      iex> Specter.create_offer(specter, pc)
      :ok
      iex> receive do: ({:offer, ^pc, ~s({"type":"offer",) <> _} -> :an_offer)
      :an_offer
  """
  @spec create_offer(t, PeerConnection.t(), [PeerConnection.offer_option()]) ::
          PeerConnection.result()
  defdelegate create_offer(specter, pc, options \\ []), to: PeerConnection

  @doc """
  Makes an answer. See `Specter.PeerConnection.create_answer/3`.

  ## Examples

      #{@ready}
      iex> Specter.create_answer(specter, pc)
      :ok
      iex> receive do: ({:answer_error, ^pc, text} -> text)
      "remote description is not set"
  """
  @spec create_answer(t, PeerConnection.t(), [PeerConnection.answer_option()]) ::
          PeerConnection.result()
  defdelegate create_answer(specter, pc, options \\ []), to: PeerConnection

  @doc """
  Applies a local description. See `Specter.PeerConnection.set_local_description/3`.

  ## Examples

      #{@ready}
      iex> :ok = Specter.create_offer(specter, pc)
      iex> {:ok, offer} = receive do: ({:offer, ^pc, offer} -> {:ok, offer})
      iex> Specter.set_local_description(specter, pc, offer)
      :ok
      iex> receive do: ({:ok, ^pc, :set_local_description} -> :set)
      :set
  """
  @spec set_local_description(t, PeerConnection.t(), PeerConnection.session_description_t()) ::
          PeerConnection.json_result()
  defdelegate set_local_description(specter, pc, description), to: PeerConnection

  @doc """
  Applies the peer's description. See `Specter.PeerConnection.set_remote_description/3`.

  ## Examples

      #{@ready}
      iex> Specter.set_remote_description(specter, pc, ~s({"type":"offer","sdp":"derp"}))
      :ok
      iex> receive do: ({:invalid_remote_description, ^pc, text} -> text)
      "SdpInvalidSyntax: derp"
  """
  @spec set_remote_description(t, PeerConnection.t(), PeerConnection.session_description_t()) ::
          PeerConnection.json_result()
  defdelegate set_remote_description(specter, pc, description), to: PeerConnection

  @doc """
  Adds a candidate of the peer. See `Specter.PeerConnection.add_ice_candidate/3`.

  ## Examples

      #{@ready}
      iex> candidate = ~s({"candidate":"candidate:1 1 udp 2130706431 192.0.2.1 4096 typ host"})
      iex> Specter.add_ice_candidate(specter, pc, candidate)
      :ok
      iex> receive do: ({:candidate_error, ^pc, text} -> text)
      "remote description is not set"
  """
  @spec add_ice_candidate(t, PeerConnection.t(), PeerConnection.ice_candidate_t()) ::
          PeerConnection.json_result()
  defdelegate add_ice_candidate(specter, pc, candidate), to: PeerConnection

  for {name, {what, at_first}} <- [
        local_description: {"Requests the local description.", nil},
        current_local_description: {"Requests the negotiated local description.", nil},
        pending_local_description: {"Requests the local description under negotiation.", nil},
        remote_description: {"Requests the peer's description.", nil},
        current_remote_description: {"Requests the negotiated remote description.", nil},
        pending_remote_description: {"Requests the remote description under negotiation.", nil},
        connection_state: {"Requests the connection state.", :new},
        ice_connection_state: {"Requests the ICE connection state.", :new},
        ice_gathering_state: {"Requests the ICE gathering state.", :new},
        signaling_state: {"Requests the signaling state.", :stable}
      ] do
    @doc """
    #{what} See `Specter.PeerConnection.#{name}/2`.

    ## Examples

        #{@ready}
        iex> Specter.#{name}(specter, pc)
        :ok
        iex> receive do: ({:#{name}, ^pc, answer} -> answer)
        #{inspect(at_first)}
    """
    @spec unquote(name)(t, PeerConnection.t()) :: PeerConnection.result()
    defdelegate unquote(name)(specter, pc), to: PeerConnection
  end

  @doc """
  Restarts ICE. See `Specter.PeerConnection.restart_ice/2`.

  ## Examples

      #{@ready}
      iex> Specter.restart_ice(specter, pc)
      :ok
  """
  @spec restart_ice(t, PeerConnection.t()) :: PeerConnection.result()
  defdelegate restart_ice(specter, pc), to: PeerConnection

  @doc """
  Replaces the ICE servers. See `Specter.PeerConnection.set_ice_servers/3`.

  ## Examples

      #{@ready}
      iex> Specter.set_ice_servers(specter, pc, ["stun:stun.example.org"])
      :ok
  """
  @spec set_ice_servers(t, PeerConnection.t(), [ice_server]) ::
          PeerConnection.result() | {:error, String.t()}
  defdelegate set_ice_servers(specter, pc, servers), to: PeerConnection

  @doc """
  Requests statistics. See `Specter.PeerConnection.get_stats/2`.

  ## Examples

      #{@ready}
      iex> Specter.get_stats(specter, pc)
      :ok
      iex> {:ok, stats} = receive do: ({:stats, ^pc, stats} -> {:ok, stats})
      iex> stats =~ ~s("type":"peer-connection")
      true
  """
  @spec get_stats(t, PeerConnection.t()) :: PeerConnection.result()
  defdelegate get_stats(specter, pc), to: PeerConnection

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
