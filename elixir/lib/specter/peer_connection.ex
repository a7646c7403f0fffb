defmodule Specter.PeerConnection do
  @moduledoc """
  A connection to one peer.

  Each function here that acts on a connection returns `:ok` at once, or `{:error, :not_found}` for a
  connection that is unknown, closed, or not ready yet: between `new/2` and
  `{:peer_connection_ready, pc}` there is none by that id. What becomes of it is a message to the
  connection's owner: the process that called `Specter.init/1`, or the one that it was given to by
  `controlling_process/3`. Messages come in the order of the calls. `json` is text
  as browsers write it: give it to your signalling as it stands.

  | call | message | when it fails |
  | --- | --- | --- |
  | `new/2` | `{:peer_connection_ready, pc}` | `{:peer_connection_error, pc}` |
  | `close/2` | `{:peer_connection_closed, pc}` | |
  | `create_data_channel/4` | `{:data_channel_created, pc}` | `{:offer_error, pc, text}` |
  | `add_track/3` | `{:rtp_sender, pc, track, sender}` | |
  | `create_offer/3` | `{:offer, pc, json}` | `{:offer_error, pc, text}` |
  | `create_answer/3` | `{:answer, pc, json}` | `{:answer_error, pc, text}` |
  | `set_local_description/3` | `{:ok, pc, :set_local_description}` | `{:invalid_local_description, pc, text}` |
  | `set_remote_description/3` | `{:ok, pc, :set_remote_description}` | `{:invalid_remote_description, pc, text}` |
  | `add_ice_candidate/3` | `{:ok, pc, :add_ice_candidate}` | `{:candidate_error, pc, text}` |
  | a question, such as `local_description/2` | `{:local_description, pc, json}`, after its own name | |
  | `get_stats/2` | `{:stats, pc, json}` | |

  What happens unasked:

  | message | when |
  | --- | --- |
  | `{:ice_candidate, pc, json}` | an address was found by which the peer may reach us: tell it; told anew with the next description when the one before was rolled back |
  | `{:negotiation_needed, pc}` | there is something new to negotiate: make an offer |
  | `{:connection_failed, pc, code, text}` | why it is `:failed`, which the next message tells: a `t:failure/0`, and a sentence |
  | `{:connection_state_change, pc, state}` | `t:connection_state_t/0` changed |
  | `{:ice_connection_state_change, pc, state}` | `t:ice_connection_state_t/0` changed |
  | `{:ice_gathering_state_change, pc, state}` | `t:ice_gathering_state_t/0` changed |
  | `{:signaling_state_change, pc, state}` | `t:signaling_state_t/0` changed |
  | `{:peer_connection_closed, pc}` | it closed; no message of this connection comes after it |

  `Specter.DataChannel` has the messages of data channels, and sends.
  """

  alias Specter.{DataChannel, Native, Options, Owner, Telemetry, TrackLocalStaticSample}

  # What the examples begin with.
  @api """
  iex> {:ok, specter} = Specter.init(ice_servers: [])
      iex> {:ok, media_engine} = Specter.new_media_engine(specter)
      iex> {:ok, registry} = Specter.new_registry(specter, media_engine)
      iex> {:ok, api} = Specter.new_api(specter, media_engine, registry)\
  """
  @ready @api <>
           """

               iex> {:ok, pc} = Specter.PeerConnection.new(specter, api)
               iex> receive do: ({:peer_connection_ready, ^pc} -> :ready)
               :ready\
           """

  @typedoc "A connection, by its id."
  @opaque t :: String.t()

  @typedoc ~S'A description as JSON: `{"type":"offer","sdp":"v=0\r\n…"}`.'
  @type session_description_t :: String.t()

  @typedoc ~S'A candidate as JSON: `{"candidate":"candidate:…","sdpMid":"0","sdpMLineIndex":0,…}`.'
  @type ice_candidate_t :: String.t()

  @typedoc """
  Nothing was done when it is an error.

    * `:not_found`: there is no such connection: it is closed, or was not ready yet when it was called.
      `{:peer_connection_ready, pc}` comes first.
    * `:would_block`: 65,536 calls wait for this connection already.
  """
  @type result :: :ok | {:error, :not_found | :would_block}

  @typedoc """
  Why a connection is `:failed`:

    * `:closed_by_peer`: the peer closed its side. An ordinary departure.
    * `:ice_failure`: there is no path to the peer, or not any more.
    * `:dtls_failure`: the handshake did not end well.
    * `:fingerprint_failure`: who answers is not whom the description names.
    * `:sctp_failure`: the peer never set up what data channels need.
    * `:internal`: a fault of this library.

  It is failed for good: close it.
  """
  @type failure ::
          :closed_by_peer
          | :ice_failure
          | :dtls_failure
          | :fingerprint_failure
          | :sctp_failure
          | :internal

  @typedoc """
  `:invalid_json`: the text is no JSON, or lacks what it must have, or is more than 4 MiB or nested more
  than 32 deep. What is no text at all, such as a map, raises `ArgumentError`.
  """
  @type json_result :: result | {:error, :invalid_json}

  @typedoc """
  How many messages of its data channels a connection tells its owner, as with Erlang's sockets:

    * `true`: all, as they come.
    * `false`: none. They wait, and the peer with them.
    * `:once`: one, and then it is `false`.
    * a number: so many more, and then it is `false`, which `{:data_channel_passive, pc}` tells.
  """
  @type active :: boolean | :once | -32_768..32_767

  @typedoc "An option of one connection: `Specter.Config` says what each is."
  @type connection_option ::
          {:ice_servers, [Specter.ice_server()]}
          | {:certificate, :ecdsa_p256 | Specter.certificate_t()}
          | {atom, atom | boolean | non_neg_integer | String.t()}

  @typedoc "`:active`: how many messages of its data channels are told at first. `true` by default."
  @type option :: {:active, boolean | :once | 1..32_767} | connection_option

  @typedoc """
  How a data channel is.

    * `:ordered`: messages arrive in the order in which they were sent. `true` by default.
    * `:max_retransmits`, `:max_packet_life_time`: at most one of them. A message that was sent again
      so often, or is so many milliseconds old, is given up. By default none ever is.
    * `:protocol`: a name that means something to both sides, `""` by default.
    * `:negotiated`: both sides make the channel, with the same `:id`, and nothing is announced.
      `false` by default.
    * `:id`: the number of the stream of a negotiated channel, 0 to 65,534.
    * `:priority`: the channel's share of what is sent while others have something to send, too:
      `:very_low`, `:low` (the default), `:medium`, `:high`.
  """
  @type data_channel_option ::
          {:ordered, boolean}
          | {:max_retransmits, 0..65_535 | nil}
          | {:max_packet_life_time, 0..65_535 | nil}
          | {:protocol, String.t()}
          | {:negotiated, boolean}
          | {:id, 0..65_535 | nil}
          | {:priority, :very_low | :low | :medium | :high}

  @typedoc "What `create_offer/3` takes."
  @type offer_option :: {:voice_activity_detection, boolean} | {:ice_restart, boolean}

  @typedoc "What `create_answer/3` takes; it changes nothing."
  @type answer_option :: {:voice_activity_detection, boolean}

  @typedoc "The state of ICE and DTLS together, as the W3C has it. `:unspecified` is never told."
  @type connection_state_t ::
          :new | :connecting | :connected | :disconnected | :failed | :closed | :unspecified

  @typedoc "How far ICE is. `:unspecified` is never told."
  @type ice_connection_state_t ::
          :new
          | :checking
          | :connected
          | :completed
          | :disconnected
          | :failed
          | :closed
          | :unspecified

  @typedoc "How far the gathering of candidates is. `:unspecified` is never told."
  @type ice_gathering_state_t :: :new | :gathering | :complete | :unspecified

  @typedoc "How far the negotiation is. `:unspecified` is never told."
  @type signaling_state_t ::
          :stable
          | :have_local_offer
          | :have_local_pranswer
          | :have_remote_offer
          | :have_remote_pranswer
          | :closed
          | :unspecified

  @doc """
  Makes a peer connection, which can be used once `{:peer_connection_ready, pc}` has come: until then
  every call with it, such as `create_offer/3`, gives `{:error, :not_found}`.

  `{:peer_connection_error, pc}` comes in its place when the configuration can't be used, such as
  the URL of an ICE server.

  Options:

    * `:active`: `t:active/0`, `true` by default: how many messages of its data channels the owner gets.
      `set_active/3` changes it.
    * Any connection option, in place of what `Specter.init/1` was told: `Specter.Config` has the table.
      One that is unknown or not good raises `ArgumentError`.

  ## Examples

      #{@api}
      iex> server = %{urls: "turn:turn.example.org", username: "user", credential: "secret"}
      iex> {:ok, pc} = Specter.PeerConnection.new(specter, api, ice_servers: [server])
      iex> receive do: ({:peer_connection_ready, ^pc} -> :ready)
      :ready
      iex> Specter.PeerConnection.new(specter, "unknown")
      {:error, :not_found}
  """
  @spec new(Specter.t(), Specter.api_t(), [option]) :: {:ok, t} | {:error, :not_found}
  def new(specter, api, options \\ []) do
    {active, options} = options |> Options.to_map!() |> Map.pop(:active, true)

    if active not in [true, false, :once] do
      Options.check!(:active, active, 1..32_767)
    end

    specter
    |> Specter.native()
    |> Native.new_peer_connection(api, active, options)
    |> Telemetry.new()
  end

  @doc """
  Whether a connection is there: from its ready message on until it is closed.

  ## Examples

      #{@ready}
      iex> Specter.PeerConnection.exists?(specter, pc)
      true
      iex> Specter.PeerConnection.exists?(specter, "unknown")
      false
  """
  @spec exists?(Specter.t(), t) :: boolean
  def exists?(specter, pc), do: Native.peer_connection_exists(Specter.native(specter), pc)

  @doc """
  Closes a connection. From here on it does not exist; its last message is
  `{:peer_connection_closed, pc}`.

  ## Examples

      #{@ready}
      iex> Specter.PeerConnection.close(specter, pc)
      :ok
      iex> Specter.PeerConnection.exists?(specter, pc)
      false
      iex> receive do: ({:peer_connection_closed, ^pc} -> :closed)
      :closed
      iex> Specter.PeerConnection.close(specter, pc)
      {:error, :not_found}
  """
  @spec close(Specter.t(), t) :: :ok | {:error, :not_found}
  def close(specter, pc) do
    specter |> Specter.native() |> Native.close_peer_connection(pc) |> Telemetry.call(:close, pc)
  end

  @doc """
  Says how many messages of its data channels the connection tells its owner from here on:
  `t:active/0`. When this has returned, no message comes that was not asked for.

  What nobody asks for stays in the connection, up to the `:receive_buffer_bytes` of `Specter.init/1`,
  and then the peer's sending stops. All other messages come as ever; that a channel is closed comes
  behind what was sent on it.

  A number is added to what is left of an earlier one; more than 32,767 together is
  `{:error, :einval}`.

  ## Examples

      #{@ready}
      iex> Specter.PeerConnection.set_active(specter, pc, :once)
      :ok
      iex> Specter.PeerConnection.set_active(specter, pc, 32_767)
      :ok
      iex> Specter.PeerConnection.set_active(specter, pc, 1)
      {:error, :einval}
      iex> Specter.PeerConnection.set_active(specter, pc, -32_767)
      :ok
      iex> receive do: ({:data_channel_passive, ^pc} -> :passive)
      :passive
  """
  @spec set_active(Specter.t(), t, active) :: :ok | {:error, :not_found | :einval}
  def set_active(specter, pc, active) do
    if active not in [true, false, :once] do
      Options.check!(:active, active, -32_768..32_767)
    end

    specter
    |> Specter.native()
    |> Native.set_active(pc, active)
    |> Telemetry.call(:set_active, pc)
  end

  @doc """
  Gives the connection to another process: its messages go there from now on, and when that process
  ends, the connection is closed. Any process may call this; when it is the owner itself, the
  connection's messages that are in its mailbox already are passed on, in their order.

  The process may be on another node. Then a process of this node stands for it, which passes all
  messages on; it ends, and the connection with it, when the process or the link to its node does.
  Calls are made on this node: `:erpc.call(node(specter_owner), Specter.DataChannel, :send, …)`.

  A connection that was given away outlives the process that called `Specter.init/1`, as long as
  somebody holds the Specter: its new owner should.

  `{:error, :noproc}` for a process that is dead; then nothing has changed.

  ## Examples

      #{@ready}
      iex> test = self()
      iex> pid = spawn(fn -> receive do: (message -> send(test, {:passed_on, message})) end)
      iex> Specter.PeerConnection.controlling_process(specter, pc, pid)
      :ok
      iex> :ok = Specter.PeerConnection.signaling_state(specter, pc)
      iex> receive do: ({:passed_on, {:signaling_state, ^pc, state}} -> state)
      :stable
  """
  @spec controlling_process(Specter.t(), t, pid) ::
          :ok | {:error, :not_found | :noproc | :would_block}
  def controlling_process(specter, pc, pid) do
    specter |> Owner.give(pc, pid) |> Telemetry.call(:controlling_process, pc)
  end

  @doc """
  Adds a data channel, which the next offer then offers. `{:data_channel_created, pc}` follows, and
  `{:data_channel, pc, dc, info}`, which tells its id; or `{:offer_error, pc, text}`, as for a label of
  more than 65,535 bytes. The options are `t:data_channel_option/0`.

  ## Examples

      #{@ready}
      iex> Specter.PeerConnection.create_data_channel(specter, pc, "data", ordered: false)
      :ok
      iex> receive do: ({:data_channel_created, ^pc} -> :created)
      :created
      iex> receive do: ({:data_channel, ^pc, _dc, info} -> {info.label, info.ordered, info.origin})
      {"data", false, :local}
  """
  @spec create_data_channel(Specter.t(), t, String.t(), [data_channel_option]) :: result
  def create_data_channel(specter, pc, label, options \\ []) do
    options = DataChannel.options!(options)
    :ok = Options.check!(:label, label, :string)

    specter
    |> Specter.native()
    |> Native.create_data_channel(pc, label, options)
    |> Telemetry.call(:create_data_channel, pc)
  end

  @doc """
  Adds a track, for the peer to receive. `{:rtp_sender, pc, track, sender}` follows.

  Nothing is negotiated for it yet: media comes with a later version.

  ## Examples

      #{@ready}
      iex> codec = %Specter.RtpCodecCapability{mime_type: "video/H264", clock_rate: 90_000}
      iex> {:ok, track} = Specter.TrackLocalStaticSample.new(specter, codec, "video", "stream")
      iex> Specter.PeerConnection.add_track(specter, pc, track)
      :ok
      iex> receive do: ({:rtp_sender, ^pc, ^track, _sender} -> :added)
      :added
      iex> Specter.PeerConnection.add_track(specter, pc, "unknown")
      {:error, :invalid_track}
  """
  @spec add_track(Specter.t(), t, TrackLocalStaticSample.t()) ::
          result | {:error, :invalid_track}
  def add_track(specter, pc, track) do
    specter |> Specter.native() |> Native.add_track(pc, track) |> Telemetry.call(:add_track, pc)
  end

  @doc """
  Makes an offer. `{:offer, pc, json}` follows, or `{:offer_error, pc, text}`.

  `{:error, :not_found}` for a connection that is not ready yet, as for one that is closed: wait for
  `{:peer_connection_ready, pc}`.

  Options:

    * `:ice_restart`: whether to look for a new path to a peer that the connection had already. The
      path in use carries on meanwhile. Default: `false`. `{:offer_error, pc, text}` before there was
      an answer. See `restart_ice/2`.
    * `:voice_activity_detection`: changes nothing.

  ## Examples

      #{@ready}
      iex> Specter.PeerConnection.create_offer(specter, pc)
      :ok
      iex> {:ok, offer} = receive do: ({:offer, ^pc, offer} -> {:ok, offer})
      iex> offer =~ ~s({"type":"offer","sdp":"v=0)
      true
  """
  @spec create_offer(Specter.t(), t, [offer_option]) :: result
  def create_offer(specter, pc, options \\ []) do
    [voice_activity_detection: _, ice_restart: ice_restart] =
      Options.flags!(options, voice_activity_detection: false, ice_restart: false)

    specter
    |> Specter.native()
    |> Native.create_offer(pc, ice_restart)
    |> Telemetry.call(:create_offer, pc)
  end

  @doc """
  Makes an answer to the offer that was set. `{:answer, pc, json}` follows, or
  `{:answer_error, pc, text}`.

  Options:

    * `:voice_activity_detection`: changes nothing.

  ## Examples

      #{@ready}
      iex> Specter.PeerConnection.create_answer(specter, pc)
      :ok
      iex> receive do: ({:answer_error, ^pc, _} -> :there_is_no_offer)
      :there_is_no_offer
  """
  @spec create_answer(Specter.t(), t, [answer_option]) :: result
  def create_answer(specter, pc, options \\ []) do
    _ = Options.flags!(options, voice_activity_detection: false)
    specter |> Specter.native() |> Native.create_answer(pc) |> Telemetry.call(:create_answer, pc)
  end

  @doc """
  Takes an offer or answer that this connection made. `{:ok, pc, :set_local_description}` follows,
  or `{:invalid_local_description, pc, text}`; and then a `{:ice_candidate, pc, json}` for each
  address that is found.

  Text that is no description in JSON gives `{:error, :invalid_json}` at once.

  ## Examples

      #{@ready}
      iex> :ok = Specter.PeerConnection.create_offer(specter, pc)
      iex> {:ok, offer} = receive do: ({:offer, ^pc, offer} -> {:ok, offer})
      iex> Specter.PeerConnection.set_local_description(specter, pc, offer)
      :ok
      iex> receive do: ({:ok, ^pc, :set_local_description} -> :set)
      :set
      iex> Specter.PeerConnection.set_local_description(specter, pc, "not JSON")
      {:error, :invalid_json}
  """
  @spec set_local_description(Specter.t(), t, session_description_t) :: json_result
  def set_local_description(specter, pc, description) do
    specter
    |> Specter.native()
    |> Native.set_local_description(pc, Options.json!(description))
    |> Telemetry.call(:set_local_description, pc)
  end

  @doc """
  Takes the peer's offer or answer. `{:ok, pc, :set_remote_description}` follows, or
  `{:invalid_remote_description, pc, text}`.

  Text that is no description in JSON gives `{:error, :invalid_json}` at once.

  ## Examples

      #{@ready}
      iex> Specter.PeerConnection.set_remote_description(specter, pc, ~s({"type":"offer","sdp":""}))
      :ok
      iex> receive do: ({:invalid_remote_description, ^pc, _} -> :no_sdp)
      :no_sdp
      iex> Specter.PeerConnection.set_remote_description(specter, pc, "not JSON")
      {:error, :invalid_json}
  """
  @spec set_remote_description(Specter.t(), t, session_description_t) :: json_result
  def set_remote_description(specter, pc, description) do
    specter
    |> Specter.native()
    |> Native.set_remote_description(pc, Options.json!(description))
    |> Telemetry.call(:set_remote_description, pc)
  end

  @doc """
  Takes a candidate that the peer found. `{:ok, pc, :add_ice_candidate}` follows, or
  `{:candidate_error, pc, text}`. An empty candidate, `{"candidate":""}`, says that no more
  will come. One of a transport or type that is not known here is taken and not used.

  Text that is no candidate in JSON gives `{:error, :invalid_json}` at once.

  ## Examples

      #{@ready}
      iex> candidate = ~s({"candidate":"candidate:1 1 udp 2130706431 192.0.2.1 4096 typ host"})
      iex> Specter.PeerConnection.add_ice_candidate(specter, pc, candidate)
      :ok
      iex> receive do: ({:candidate_error, ^pc, _} -> :the_peer_is_unknown)
      :the_peer_is_unknown
  """
  @spec add_ice_candidate(Specter.t(), t, ice_candidate_t) :: json_result
  def add_ice_candidate(specter, pc, candidate) do
    specter
    |> Specter.native()
    |> Native.add_ice_candidate(pc, Options.json!(candidate))
    |> Telemetry.call(:add_ice_candidate, pc)
  end

  use Specter.PeerConnection.Questions, examples: @ready
  use Specter.PeerConnection.Ice, examples: @ready

  @doc """
  Asks for statistics. `{:stats, pc, json}` follows: an object from ids to reports, each with `id`,
  `type` and `timestamp`, which is in seconds.

  ## Examples

      #{@ready}
      iex> Specter.PeerConnection.get_stats(specter, pc)
      :ok
      iex> {:ok, stats} = receive do: ({:stats, ^pc, stats} -> {:ok, stats})
      iex> stats =~ ~s("type":"peer-connection")
      true
  """
  @spec get_stats(Specter.t(), t) :: result
  def get_stats(specter, pc) do
    specter |> Specter.native() |> Native.get_stats(pc) |> Telemetry.call(:get_stats, pc)
  end
end
