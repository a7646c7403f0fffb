defmodule Specter.PeerConnection do
  @moduledoc """
  A connection to one peer.

  All calls are non-blocking. A call returns `:ok`, or `{:error, :not_found}` if the connection is
  unknown, closed, or not ready yet: wait for `{:peer_connection_ready, pc}` after `new/2`. The result
  of a call is a message to the connection's owner: the process that called `Specter.init/1`, or the
  one that `controlling_process/3` gave it to. Results arrive in the order of the calls. `json` is the
  JSON of browsers: pass it to your signalling unchanged.

  Calls and their results:

  | call | message | when it fails |
  | --- | --- | --- |
  | `new/2` | `{:peer_connection_ready, pc}` | `{:peer_connection_error, pc}` |
  | `close/2` | `{:peer_connection_closed, pc}` | |
  | `create_data_channel/4` | `{:data_channel_created, pc}` | `{:offer_error, pc, text}` |
  | `add_track/4` | `{:rtp_sender, pc, track, sender}` | `{:track_error, pc, text}` |
  | `add_transceiver/4` | `{:transceiver_added, pc, transceiver}` | `{:track_error, pc, text}` |
  | `transceivers/2` | `{:transceivers, pc, infos}` | |
  | `get_parameters/3` | `{:parameters, pc, sender, parameters}` | |
  | `set_parameters/4` | `{:parameters_set, pc, sender}` | `{:track_error, pc, text}` |
  | `get_receive_parameters/3` | `{:receive_parameters, pc, transceiver, parameters}` | |
  | `replace_track/4` | `{:track_replaced, pc, sender}` | `{:track_error, pc, text}` |
  | `stop_transceiver/3` | `{:track_ended, pc, transceiver}` | `{:track_error, pc, text}` |
  | `remove_track/3`, `set_direction/4`, `set_streams/4`, `set_codec_preferences/4`, `set_delivery/4`, `request_key_frame/4` | | `{:track_error, pc, text}` |
  | `create_offer/3` | `{:offer, pc, json}` | `{:offer_error, pc, text}` |
  | `create_answer/3` | `{:answer, pc, json}` | `{:answer_error, pc, text}` |
  | `set_local_description/3`, `set_local_description/2` | `{:ok, pc, :set_local_description}` | `{:invalid_local_description, pc, text}` |
  | `set_remote_description/3` | `{:ok, pc, :set_remote_description}` | `{:invalid_remote_description, pc, text}` |
  | `add_ice_candidate/3` | `{:ok, pc, :add_ice_candidate}` | `{:candidate_error, pc, text}` |
  | a getter, such as `local_description/2` | `{:local_description, pc, json}`, with the name of the getter | |
  | `get_stats/3` | `{:stats, pc, json}`, or a map instead of JSON | |
  | `get_report/2` | `{:connection_report, pc, json}` | |

  Events:

  | message | when |
  | --- | --- |
  | `{:ice_candidate, pc, json}` | a local candidate was found: send it to the peer; after a rollback, all candidates are sent again with the next description |
  | `{:ice_candidate_error, pc, json}` | a STUN or TURN server led to no candidate: `address`, `port`, `url`, `errorCode` (701: it was not reached), `errorText` |
  | `{:negotiation_needed, pc}` | a new offer is needed |
  | `{:connection_failed, pc, code, text}` | the connection failed: a `t:failure/0` and a sentence; `{:connection_state_change, pc, :failed}` follows |
  | `{:connection_state_change, pc, state}` | `t:connection_state_t/0` changed |
  | `{:ice_connection_state_change, pc, state}` | `t:ice_connection_state_t/0` changed |
  | `{:ice_gathering_state_change, pc, state}` | `t:ice_gathering_state_t/0` changed |
  | `{:signaling_state_change, pc, state}` | `t:signaling_state_t/0` changed |
  | `{:peer_connection_closed, pc}` | the connection is closed; it is its last message |

  Events of tracks:

  | message | when |
  | --- | --- |
  | `{:track, pc, transceiver, info}` | a track of the peer's was added, or added again: `t:track_info/0` |
  | `{:frame, pc, transceiver, frame}` | a `t:frame/0` arrived |
  | `{:rtp, pc, transceiver, rid, packets}` | RTP packets arrived, and `set_delivery/4` asked for them |
  | `{:track_streams_change, pc, transceiver, streams}` | the peer's track changed streams |
  | `{:track_muted, pc, transceiver}`, `{:track_unmuted, pc, transceiver}` | nothing of the peer's track follows for now; it arrives |
  | `{:track_ended, pc, transceiver}` | the transceiver is stopped, by either side; it is its last message |
  | `{:key_frame_wanted, pc, sender, rid}` | the peer needs a key frame: make the next frame one |
  | `{:encoding_wanted, pc, sender, rid, is_wanted}` | an encoding is sent from now on, or is not |
  | `{:bitrate_feedback, pc, feedback}` | a `t:bitrate_feedback/0` came |

  `Specter.DataChannel` has the messages of data channels.
  """

  alias Specter.{DataChannel, Native, Options, Owner, Telemetry}
  alias Specter.PeerConnection.Call

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

  @typedoc "The id of a connection."
  @opaque t :: String.t()

  @typedoc ~S'A description as JSON: `{"type":"offer","sdp":"v=0\r\n…"}`.'
  @type session_description_t :: String.t()

  @typedoc ~S'A candidate as JSON: `{"candidate":"candidate:…","sdpMid":"0","sdpMLineIndex":0,…}`.'
  @type ice_candidate_t :: String.t()

  @typedoc """
  A call that returns an error has done nothing.

    * `:not_found`: the connection is unknown, closed, or not ready yet. Wait for
      `{:peer_connection_ready, pc}`.
    * `:would_block`: 65,536 calls of this connection are queued. Retry later.
  """
  @type result :: :ok | {:error, :not_found | :would_block}

  @typedoc """
  Why a connection is `:failed`:

    * `:closed_by_peer`: the peer closed the connection. An ordinary end.
    * `:ice_failure`: there is no path to the peer, or no longer one.
    * `:dtls_failure`: the DTLS handshake failed.
    * `:fingerprint_failure`: the peer's certificate does not match its description.
    * `:sctp_failure`: the peer did not set up SCTP, which data channels need.
    * `:invalid_configuration`: an option of `new/3` or `Specter.init/1` cannot be used, such as a TURN
      server without a username. `{:peer_connection_error, pc}` follows.
    * `:operation_failed`: the system refused a resource. `{:peer_connection_error, pc}` follows.
    * `:internal`: a bug in this library.

  Close a failed connection. After `:ice_failure`, `restart_ice/2` may bring it back instead.
  """
  @type failure ::
          :closed_by_peer
          | :ice_failure
          | :dtls_failure
          | :fingerprint_failure
          | :sctp_failure
          | :invalid_configuration
          | :operation_failed
          | :internal

  @typedoc """
  `:invalid_json`: the text is not JSON, lacks a required key, is larger than 4 MiB or nested more than
  32 levels. An argument that is not text, such as a map, raises `ArgumentError`.
  """
  @type json_result :: result | {:error, :invalid_json}

  @typedoc """
  How many data channel messages, frames and batches of RTP packets the owner receives (backpressure), as
  with Erlang's sockets:

    * `true`: all, as they arrive.
    * `false`: none. They are buffered; when the buffer is full, the peer has to wait. Of each track 256
      messages or 8 MiB are kept, of all tracks together 64 MiB, and older ones are dropped, since media
      does not wait.
    * `:once`: one; then it is `false`.
    * a number: so many more; then it is `false`, and `{:data_channel_passive, pc}` is sent.
  """
  @type active :: boolean | :once | -32_768..32_767

  @typedoc "An option of a connection: `Specter.Config` describes each."
  @type connection_option ::
          {:ice_servers, [Specter.ice_server()]}
          | {:certificate, :ecdsa_p256 | Specter.certificate_t()}
          | {atom, atom | boolean | non_neg_integer | String.t()}

  @typedoc "`:active`: `t:active/0` at the beginning. Default: `true`."
  @type option :: {:active, boolean | :once | 1..32_767} | connection_option

  @typedoc """
  An option of a data channel.

    * `:ordered`: messages are delivered in the order in which they were sent. Default: `true`.
    * `:max_retransmits`, `:max_packet_life_time`: a message is abandoned after so many
      retransmissions or milliseconds. Set at most one. Default: never.
    * `:protocol`: the application's subprotocol. Default: `""`.
    * `:negotiated`: both sides create the channel with the same `:id`, and nothing is announced.
      Default: `false`.
    * `:id`: the SCTP stream of a negotiated channel, 0 to 65,534.
    * `:priority`: the channel's share of the bandwidth while several channels have data to send:
      `:very_low`, `:low` (default), `:medium`, `:high`.
  """
  @type data_channel_option ::
          {:ordered, boolean}
          | {:max_retransmits, 0..65_535 | nil}
          | {:max_packet_life_time, 0..65_535 | nil}
          | {:protocol, String.t()}
          | {:negotiated, boolean}
          | {:id, 0..65_535 | nil}
          | {:priority, :very_low | :low | :medium | :high}

  @typedoc "An option of `create_offer/3`."
  @type offer_option :: {:voice_activity_detection, boolean} | {:ice_restart, boolean}

  @typedoc "An option of `create_answer/3`. It has no effect."
  @type answer_option :: {:voice_activity_detection, boolean}

  @typedoc "RTCPeerConnectionState of the W3C. `:unspecified` is never sent."
  @type connection_state_t ::
          :new | :connecting | :connected | :disconnected | :failed | :closed | :unspecified

  @typedoc "RTCIceConnectionState of the W3C. `:unspecified` is never sent."
  @type ice_connection_state_t ::
          :new
          | :checking
          | :connected
          | :completed
          | :disconnected
          | :failed
          | :closed
          | :unspecified

  @typedoc "RTCIceGatheringState of the W3C. `:unspecified` is never sent."
  @type ice_gathering_state_t :: :new | :gathering | :complete | :unspecified

  @typedoc "RTCSignalingState of the W3C. `:unspecified` is never sent."
  @type signaling_state_t ::
          :stable
          | :have_local_offer
          | :have_local_pranswer
          | :have_remote_offer
          | :have_remote_pranswer
          | :closed
          | :unspecified

  @doc """
  Makes a peer connection. Wait for `{:peer_connection_ready, pc}` before you use it: until then, calls
  such as `create_offer/3` return `{:error, :not_found}`.

  If the configuration is invalid, such as the URL of an ICE server, you receive
  `{:connection_failed, pc, code, text}` and `{:peer_connection_error, pc}` instead.

  Options:

    * `:active`: how many data channel messages the owner receives, `t:active/0`. Default: `true`.
      `set_active/3` changes it.
    * Any connection option, in place of that of `Specter.init/1`: `Specter.Config` has the table. An
      unknown or invalid option raises `ArgumentError`.

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
  Whether a connection exists: from its ready message until it is closed.

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
  The number that log messages call a connection by: `:connection` in their metadata. See
  `Specter.set_log/1`.

  ## Examples

      #{@ready}
      iex> {:ok, number} = Specter.PeerConnection.log_number(specter, pc)
      iex> is_integer(number)
      true
  """
  @spec log_number(Specter.t(), t) :: {:ok, pos_integer} | {:error, :not_found}
  def log_number(specter, pc), do: Native.log_number(Specter.native(specter), pc)

  @doc """
  Closes a connection. It no longer exists after the call. Its last message is
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
  Sets how many data channel messages the owner receives from now on: `t:active/0`. After the call has
  returned, the owner receives no message that it did not request.

  Other messages are buffered in the connection, up to `:receive_buffer_bytes`; then the peer has to
  wait. Events of other kinds are delivered as usual. `:data_channel_closed` follows the messages that
  were sent on the channel.

  A number is added to what is left of an earlier one. A sum above 32,767 returns
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

    Call.post(specter, pc, :set_active, [active])
  end

  @doc """
  Gives the connection to another process. Messages go to the new owner from now on, and when that
  process ends, the connection is closed. Any process may call this. If the owner calls it, messages
  of the connection that are already in its mailbox are forwarded, in order.

  The new owner may be on another node. A process on this node then forwards all messages to it. It
  ends, and closes the connection, when the new owner ends or its node is disconnected. Make calls on
  this node: `:erpc.call(node(specter_owner), Specter.DataChannel, :send, …)`.

  A connection that was given away outlives the process that called `Specter.init/1`, as long as a
  process references the `%Specter{}`: its new owner should.

  Returns `{:error, :noproc}`, and changes nothing, if the process is not alive.

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
  Creates a data channel. `{:data_channel_created, pc}` and `{:data_channel, pc, dc, info}`, with the
  id of the channel, follow; or `{:offer_error, pc, text}`, for example if the label is larger than
  65,535 bytes. Options: `t:data_channel_option/0`.

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

    Call.post(specter, pc, :create_data_channel, [label, options])
  end

  use Specter.PeerConnection.Negotiation, examples: @ready
  use Specter.PeerConnection.Questions, examples: @ready
  use Specter.PeerConnection.Ice, examples: @ready
  use Specter.PeerConnection.Tracks, examples: @ready
  use Specter.PeerConnection.Transceivers, examples: @ready
  use Specter.PeerConnection.Statistics, examples: @ready
end
