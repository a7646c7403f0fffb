defmodule Sfu do
  @moduledoc """
  A room that forwards: each track of each member goes to every other member, packet by packet. Nothing
  is decoded.

  A member's signalling (a web socket, say) calls `join/3`, and passes on to the browser what the room
  sends it:

    * `{:sfu, room, {:offer, json}}`: the room always offers; the browser always answers
    * `{:sfu, room, {:candidate, json}}`

  and the browser's answers and candidates to `answer/3` and `candidate/3`. When the process of the
  signalling ends, the member leaves.
  """
  use GenServer
  use Specter.Handler

  alias Specter.{PeerConnection, TrackLocal, TrackLocalStaticRtp}

  def start_link(options \\ []), do: GenServer.start_link(__MODULE__, options)

  @doc "A member comes in. Its name is the stream that its tracks belong to at the others."
  @spec join(GenServer.server(), name :: String.t(), signalling :: pid) ::
          {:ok, member :: PeerConnection.t()}
  def join(room, name, signalling \\ self()), do: GenServer.call(room, {:join, name, signalling})

  @doc "What the browser answers to an offer."
  @spec answer(GenServer.server(), PeerConnection.t(), json :: String.t()) :: :ok
  def answer(room, member, json), do: GenServer.cast(room, {:answer, member, json})

  @doc "A candidate that the browser found."
  @spec candidate(GenServer.server(), PeerConnection.t(), json :: String.t()) :: :ok
  def candidate(room, member, json), do: GenServer.cast(room, {:candidate, member, json})

  @impl GenServer
  def init(options) do
    {:ok, specter} = Specter.init(options)
    {:ok, media_engine} = Specter.new_media_engine(specter)
    {:ok, registry} = Specter.new_registry(specter, media_engine)
    {:ok, api} = Specter.new_api(specter, media_engine, registry)

    # members: a member's connection => %{name, signalling}
    # tracks: {connection, transceiver} that a track comes in by => the track that forwards it
    # senders: a member's connection => %{sender => the track that goes out by it}
    {:ok, %{specter: specter, api: api, members: %{}, tracks: %{}, senders: %{}}}
  end

  ## Coming in

  @impl GenServer
  def handle_call({:join, name, signalling}, _from, state) do
    {:ok, pc} = PeerConnection.new(state.specter, state.api)
    Process.monitor(signalling)
    member = %{name: name, signalling: signalling}
    {:reply, {:ok, pc}, put_in(state.members[pc], member)}
  end

  # Room for what the member sends, and all that the others do.
  @impl Specter.Handler
  def handle_peer_connection_ready(pc, state) do
    for kind <- [:audio, :video] do
      :ok = PeerConnection.add_transceiver(state.specter, pc, kind, direction: :recvonly)
    end

    for {{source, _transceiver}, track} <- state.tracks,
        source != pc,
        do: send_to(pc, track, state)

    {:noreply, state}
  end

  ## Negotiating. The room is the only one that offers, so that offers never meet.

  @impl Specter.Handler
  def handle_negotiation_needed(pc, state) do
    _ = PeerConnection.create_offer(state.specter, pc)
    {:noreply, state}
  end

  @impl Specter.Handler
  def handle_offer(pc, json, state) do
    _ = PeerConnection.set_local_description(state.specter, pc, json)
    signal(pc, {:offer, json}, state)
  end

  @impl Specter.Handler
  def handle_ice_candidate(pc, json, state), do: signal(pc, {:candidate, json}, state)

  @impl GenServer
  def handle_cast({:answer, pc, json}, state) do
    _ = PeerConnection.set_remote_description(state.specter, pc, json)
    {:noreply, state}
  end

  def handle_cast({:candidate, pc, json}, state) do
    _ = PeerConnection.add_ice_candidate(state.specter, pc, json)
    {:noreply, state}
  end

  ## Forwarding

  # A member sends something: its packets, please, and not its frames. The codec is asked for.
  @impl Specter.Handler
  def handle_track(pc, transceiver, _info, state) do
    _ = PeerConnection.set_delivery(state.specter, pc, transceiver, :rtp)
    _ = PeerConnection.get_receive_parameters(state.specter, pc, transceiver)
    {:noreply, state}
  end

  # One track, which all the others send: what is written to it is copied once, however many they are.
  @impl Specter.Handler
  def handle_receive_parameters(pc, transceiver, %{codecs: [codec | _]} = parameters, state)
      when is_map_key(state.members, pc) and not is_map_key(state.tracks, {pc, transceiver}) do
    name = state.members[pc].name
    {:ok, track} = TrackLocalStaticRtp.new(state.specter, codec, transceiver, name)
    # Which way up a picture is, and how loud the sound, goes with the packets.
    extensions = parameters.header_extensions
    :ok = TrackLocalStaticRtp.set_header_extensions(state.specter, track, extensions)
    for {member, _} <- state.members, member != pc, do: send_to(member, track, state)
    {:noreply, put_in(state.tracks[{pc, transceiver}], track)}
  end

  def handle_receive_parameters(_pc, _transceiver, _parameters, state), do: {:noreply, state}

  # This is the whole of it.
  @impl Specter.Handler
  def handle_rtp(pc, transceiver, _rid, packets, state) do
    with {:ok, track} <- Map.fetch(state.tracks, {pc, transceiver}) do
      _ = TrackLocalStaticRtp.write_rtp(state.specter, track, packets)
    end

    {:noreply, state}
  end

  # Senders, and their tracks. Who sends a track that is gone is stopped, and its m= section used again.
  @impl Specter.Handler
  def handle_transceiver_added(pc, _transceiver, state) do
    _ = PeerConnection.transceivers(state.specter, pc)
    {:noreply, state}
  end

  @impl Specter.Handler
  def handle_transceivers(pc, infos, state) when is_map_key(state.members, pc) do
    for %{id: sender, track: nil, direction: :sendonly} <- infos do
      _ = PeerConnection.stop_transceiver(state.specter, pc, sender)
    end

    sent = for %{id: sender, track: track} when track != nil <- infos, do: {sender, track}
    {:noreply, put_in(state.senders[pc], Map.new(sent))}
  end

  def handle_transceivers(_pc, _infos, state), do: {:noreply, state}

  # Who gets a track can't decode it, or begins to: only its source can help.
  @impl Specter.Handler
  def handle_key_frame_wanted(pc, sender, _rid, state) do
    track = state.senders[pc][sender]

    for {{source, transceiver}, ^track} <- state.tracks do
      _ = PeerConnection.request_key_frame(state.specter, source, transceiver)
    end

    {:noreply, state}
  end

  ## Going

  @impl Specter.Handler
  def handle_track_ended(pc, transceiver, state) do
    {:noreply, take_away(Map.take(state.tracks, [{pc, transceiver}]), state)}
  end

  @impl Specter.Handler
  def handle_connection_failed(pc, _code, _text, state), do: {:noreply, leave(pc, state)}

  @impl GenServer
  def handle_info({:DOWN, _monitor, :process, signalling, _reason}, state) do
    gone = for {pc, %{signalling: ^signalling}} <- state.members, do: pc
    {:noreply, Enum.reduce(gone, state, &leave/2)}
  end

  defp leave(pc, state) do
    _ = PeerConnection.close(state.specter, pc)
    tracks = Map.filter(state.tracks, fn {{source, _transceiver}, _track} -> source == pc end)
    {_member, state} = pop_in(state.members[pc])
    take_away(tracks, %{state | senders: Map.delete(state.senders, pc)})
  end

  # Tracks that come no more. `handle_transceivers` stops who sends them.
  defp take_away(tracks, state) do
    for {_source, track} <- tracks, do: TrackLocal.delete(state.specter, track)
    for {pc, _member} <- state.members, do: PeerConnection.transceivers(state.specter, pc)
    %{state | tracks: Map.drop(state.tracks, Map.keys(tracks))}
  end

  # A transceiver of its own: add_track would take the one that the member's camera comes in by.
  defp send_to(pc, track, state) do
    PeerConnection.add_transceiver(state.specter, pc, track, direction: :sendonly)
  end

  defp signal(pc, what, state) do
    with %{signalling: signalling} <- state.members[pc],
         do: send(signalling, {:sfu, self(), what})

    {:noreply, state}
  end
end
