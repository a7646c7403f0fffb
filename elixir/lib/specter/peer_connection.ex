defmodule Specter.PeerConnection do
  @moduledoc """
  A connection to one peer.

  Each function here that acts on a connection returns `:ok` at once, or `{:error, :not_found}` for a
  connection that is unknown, closed, or not ready yet. What becomes of it is a message to the
  process that called `Specter.init/1`, and messages come in the order of the calls. `json` is text
  as browsers write it: give it to your signalling as it stands.

  | call | message | when it fails |
  | --- | --- | --- |
  | `new/2` | `{:peer_connection_ready, pc}` | `{:peer_connection_error, pc}` |
  | `close/2` | `{:peer_connection_closed, pc}` | |
  | `create_data_channel/3` | `{:data_channel_created, pc}` | `{:offer_error, pc, text}` |
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
  | `{:ice_candidate, pc, json}` | an address was found by which the peer may reach us: tell it |
  | `{:negotiation_needed, pc}` | there is something new to negotiate: make an offer |
  | `{:connection_state_change, pc, state}` | `t:connection_state_t/0` changed |
  | `{:ice_connection_state_change, pc, state}` | `t:ice_connection_state_t/0` changed |
  | `{:ice_gathering_state_change, pc, state}` | `t:ice_gathering_state_t/0` changed |
  | `{:signaling_state_change, pc, state}` | `t:signaling_state_t/0` changed |
  | `{:peer_connection_closed, pc}` | it closed; no message of this connection comes after it |
  """

  alias Specter.Native

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

  @typedoc "`:would_block`: 65,536 calls wait for this connection already. Nothing was done."
  @type result :: :ok | {:error, :not_found | :would_block}
  @type json_result :: result | {:error, :invalid_json}

  @type offer_option :: {:voice_activity_detection, boolean} | {:ice_restart, boolean}
  @type answer_option :: {:voice_activity_detection, boolean}

  @type connection_state_t ::
          :new | :connecting | :connected | :disconnected | :failed | :closed | :unspecified

  @type ice_connection_state_t ::
          :new
          | :checking
          | :connected
          | :completed
          | :disconnected
          | :failed
          | :closed
          | :unspecified

  @type ice_gathering_state_t :: :new | :gathering | :complete | :unspecified

  @type signaling_state_t ::
          :stable
          | :have_local_offer
          | :have_local_pranswer
          | :have_remote_offer
          | :have_remote_pranswer
          | :closed
          | :unspecified

  @doc """
  Makes a peer connection, which can be used once `{:peer_connection_ready, pc}` has come.

  `{:peer_connection_error, pc}` comes in its place when the configuration can't be used, such as
  the URL of an ICE server.

  ## Examples

      #{@api}
      iex> {:ok, pc} = Specter.PeerConnection.new(specter, api)
      iex> receive do: ({:peer_connection_ready, ^pc} -> :ready)
      :ready
      iex> Specter.PeerConnection.new(specter, "unknown")
      {:error, :not_found}
  """
  @spec new(Specter.t(), Specter.api_t()) :: {:ok, t} | {:error, :not_found}
  def new(specter, api), do: Native.new_peer_connection(Specter.native(specter), api)

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
  def close(specter, pc), do: Native.close_peer_connection(Specter.native(specter), pc)

  @doc """
  Adds a data channel, which the next offer then offers. `{:data_channel_created, pc}` follows, or
  `{:offer_error, pc, text}`, as for a label of more than 65,535 bytes.

  ## Examples

      #{@ready}
      iex> Specter.PeerConnection.create_data_channel(specter, pc, "data")
      :ok
      iex> receive do: ({:data_channel_created, ^pc} -> :created)
      :created
  """
  @spec create_data_channel(Specter.t(), t, String.t()) :: result
  def create_data_channel(specter, pc, label) do
    Native.create_data_channel(Specter.native(specter), pc, label)
  end

  @doc """
  Makes an offer. `{:offer, pc, json}` follows, or `{:offer_error, pc, text}`.

  Options:

    * `:ice_restart`: whether to find a new way to a peer that one is connected to already. Default:
      `false`.
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
      flags!(options, voice_activity_detection: false, ice_restart: false)

    Native.create_offer(Specter.native(specter), pc, ice_restart)
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
    _ = flags!(options, voice_activity_detection: false)
    Native.create_answer(Specter.native(specter), pc)
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
    Native.set_local_description(Specter.native(specter), pc, description)
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
    Native.set_remote_description(Specter.native(specter), pc, description)
  end

  @doc """
  Takes a candidate that the peer found. `{:ok, pc, :add_ice_candidate}` follows, or
  `{:candidate_error, pc, text}`.

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
    Native.add_ice_candidate(Specter.native(specter), pc, candidate)
  end

  @doc """
  Asks for the description of one's own side, with the candidates found so far: the one in
  negotiation, else the negotiated one. `{:local_description, pc, json}` follows, with `nil` where
  there is none.

  ## Examples

      #{@ready}
      iex> Specter.PeerConnection.local_description(specter, pc)
      :ok
      iex> receive do: ({:local_description, ^pc, description} -> description)
      nil
  """
  @spec local_description(Specter.t(), t) :: result
  def local_description(specter, pc), do: Native.local_description(Specter.native(specter), pc)

  @doc """
  Asks for the description of one's own side that was negotiated: offer and answer are set.
  `{:current_local_description, pc, json}` follows, with `nil` where there is none.

  ## Examples

      #{@ready}
      iex> Specter.PeerConnection.current_local_description(specter, pc)
      :ok
      iex> receive do: ({:current_local_description, ^pc, description} -> description)
      nil
  """
  @spec current_local_description(Specter.t(), t) :: result
  def current_local_description(specter, pc) do
    Native.current_local_description(Specter.native(specter), pc)
  end

  @doc """
  Asks for the description of one's own side that is in negotiation.
  `{:pending_local_description, pc, json}` follows, with `nil` where there is none.

  ## Examples

      #{@ready}
      iex> Specter.PeerConnection.pending_local_description(specter, pc)
      :ok
      iex> receive do: ({:pending_local_description, ^pc, description} -> description)
      nil
  """
  @spec pending_local_description(Specter.t(), t) :: result
  def pending_local_description(specter, pc) do
    Native.pending_local_description(Specter.native(specter), pc)
  end

  @doc """
  Asks for the peer's description: the one in negotiation, else the negotiated one.
  `{:remote_description, pc, json}` follows, with `nil` where there is none.

  ## Examples

      #{@ready}
      iex> Specter.PeerConnection.remote_description(specter, pc)
      :ok
      iex> receive do: ({:remote_description, ^pc, description} -> description)
      nil
  """
  @spec remote_description(Specter.t(), t) :: result
  def remote_description(specter, pc), do: Native.remote_description(Specter.native(specter), pc)

  @doc """
  Asks for the peer's description that was negotiated: offer and answer are set.
  `{:current_remote_description, pc, json}` follows, with `nil` where there is none.

  ## Examples

      #{@ready}
      iex> Specter.PeerConnection.current_remote_description(specter, pc)
      :ok
      iex> receive do: ({:current_remote_description, ^pc, description} -> description)
      nil
  """
  @spec current_remote_description(Specter.t(), t) :: result
  def current_remote_description(specter, pc) do
    Native.current_remote_description(Specter.native(specter), pc)
  end

  @doc """
  Asks for the peer's description that is in negotiation. `{:pending_remote_description, pc, json}`
  follows, with `nil` where there is none.

  ## Examples

      #{@ready}
      iex> Specter.PeerConnection.pending_remote_description(specter, pc)
      :ok
      iex> receive do: ({:pending_remote_description, ^pc, description} -> description)
      nil
  """
  @spec pending_remote_description(Specter.t(), t) :: result
  def pending_remote_description(specter, pc) do
    Native.pending_remote_description(Specter.native(specter), pc)
  end

  @doc """
  Asks for the state of the whole connection. `{:connection_state, pc, state}` follows, with a
  `t:connection_state_t/0`.

  ## Examples

      #{@ready}
      iex> Specter.PeerConnection.connection_state(specter, pc)
      :ok
      iex> receive do: ({:connection_state, ^pc, state} -> state)
      :new
  """
  @spec connection_state(Specter.t(), t) :: result
  def connection_state(specter, pc), do: Native.connection_state(Specter.native(specter), pc)

  @doc """
  Asks for the state of ICE. `{:ice_connection_state, pc, state}` follows, with a
  `t:ice_connection_state_t/0`.

  ## Examples

      #{@ready}
      iex> Specter.PeerConnection.ice_connection_state(specter, pc)
      :ok
      iex> receive do: ({:ice_connection_state, ^pc, state} -> state)
      :new
  """
  @spec ice_connection_state(Specter.t(), t) :: result
  def ice_connection_state(specter, pc) do
    Native.ice_connection_state(Specter.native(specter), pc)
  end

  @doc """
  Asks how far the search for candidates is. `{:ice_gathering_state, pc, state}` follows, with a
  `t:ice_gathering_state_t/0`.

  ## Examples

      #{@ready}
      iex> Specter.PeerConnection.ice_gathering_state(specter, pc)
      :ok
      iex> receive do: ({:ice_gathering_state, ^pc, state} -> state)
      :new
  """
  @spec ice_gathering_state(Specter.t(), t) :: result
  def ice_gathering_state(specter, pc) do
    Native.ice_gathering_state(Specter.native(specter), pc)
  end

  @doc """
  Asks how far the negotiation is. `{:signaling_state, pc, state}` follows, with a
  `t:signaling_state_t/0`.

  ## Examples

      #{@ready}
      iex> Specter.PeerConnection.signaling_state(specter, pc)
      :ok
      iex> receive do: ({:signaling_state, ^pc, state} -> state)
      :stable
  """
  @spec signaling_state(Specter.t(), t) :: result
  def signaling_state(specter, pc), do: Native.signaling_state(Specter.native(specter), pc)

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
  def get_stats(specter, pc), do: Native.get_stats(Specter.native(specter), pc)

  defp flags!(options, known) do
    flags = Specter.options!(options, known)

    for {key, value} <- flags, not is_boolean(value) do
      raise ArgumentError, "expected #{inspect(key)} to be a boolean, got: #{inspect(value)}"
    end

    flags
  end
end
