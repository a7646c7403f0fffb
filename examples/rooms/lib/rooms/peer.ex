defmodule Rooms.Peer do
  @moduledoc """
  One peer of a room: its connection, and its membership.

  All that belongs to the peer belongs to this process. When it ends, however it does, the connection
  is closed, and `:pg` takes it out of the room; there is nothing to clean up.
  """
  use GenServer, restart: :temporary
  use Specter.Handler

  alias Specter.{DataChannel, PeerConnection}

  # How many messages the peer may send before this process has seen to them. It asks for more only
  # then: a peer that is faster than the cluster is slowed down by its own window, and no mailbox grows.
  @batch 100

  # How many messages wait for a peer that is slower than its room, beside what its send buffer takes.
  # Past it the peer is sent away: one who can't follow must not cost the others their memory.
  @most_waiting 1_000

  @connected_within_ms 30_000

  def start_link(options), do: GenServer.start_link(__MODULE__, options)

  @impl GenServer
  def init(options) do
    {:ok, specter} = Specter.init(Application.get_env(:rooms, :specter, []))
    {:ok, media_engine} = Specter.new_media_engine(specter)
    {:ok, registry} = Specter.new_registry(specter, media_engine)
    {:ok, api} = Specter.new_api(specter, media_engine, registry)
    {:ok, pc} = PeerConnection.new(specter, api, active: @batch)
    Process.send_after(self(), :connected?, @connected_within_ms)

    state = %{
      specter: specter,
      pc: pc,
      room: options[:room],
      name: options[:name],
      offer: options[:offer],
      signalling: options[:signalling],
      # Candidates that came before the connection was ready.
      candidates: [],
      # The channel, once it is open, and what waits for room in its send buffer.
      dc: nil,
      waiting: :queue.new()
    }

    {:ok, state}
  end

  ## Connecting

  @impl Specter.Handler
  def handle_peer_connection_ready(pc, state) do
    :ok = PeerConnection.set_remote_description(state.specter, pc, state.offer)
    :ok = PeerConnection.create_answer(state.specter, pc)
    for json <- Enum.reverse(state.candidates), do: add_candidate(state, json)
    {:noreply, %{state | offer: nil, candidates: []}}
  end

  @impl Specter.Handler
  def handle_answer(pc, json, state) do
    :ok = PeerConnection.set_local_description(state.specter, pc, json)
    send(state.signalling, {:rooms, self(), {:answer, json}})
    {:noreply, state}
  end

  @impl Specter.Handler
  def handle_ice_candidate(_pc, json, state) do
    send(state.signalling, {:rooms, self(), {:candidate, json}})
    {:noreply, state}
  end

  @impl GenServer
  def handle_cast({:candidate, json}, %{offer: nil} = state) do
    add_candidate(state, json)
    {:noreply, state}
  end

  def handle_cast({:candidate, json}, state) do
    {:noreply, %{state | candidates: [json | state.candidates]}}
  end

  # The peer's own word: what is no candidate changes nothing.
  defp add_candidate(state, json) do
    _ = PeerConnection.add_ice_candidate(state.specter, state.pc, json)
  end

  ## In the room

  @impl Specter.Handler
  def handle_data_channel_open(_pc, dc, %{dc: nil} = state) do
    {_monitor, _members} = :pg.monitor(Rooms.Members, state.room)
    :ok = :pg.join(Rooms.Members, state.room, self())
    {:noreply, %{state | dc: dc}}
  end

  # One channel is enough for a room.
  def handle_data_channel_open(_pc, dc, state) do
    :ok = DataChannel.close(state.specter, dc)
    {:noreply, state}
  end

  @impl Specter.Handler
  def handle_message(_pc, dc, :text, text, %{dc: dc} = state) do
    for member <- Rooms.members(state.room), member != self() do
      send(member, {:said, state.name, text})
    end

    {:noreply, state}
  end

  def handle_message(_pc, _dc, _kind, _data, state), do: {:noreply, state}

  @impl Specter.Handler
  def handle_data_channel_passive(pc, state) do
    :ok = PeerConnection.set_active(state.specter, pc, @batch)
    {:noreply, state}
  end

  @impl Specter.Handler
  def handle_buffered_amount_low(_pc, dc, %{dc: dc} = state), do: tell_what_waits(state)
  def handle_buffered_amount_low(_pc, _dc, state), do: {:noreply, state}

  @impl GenServer
  def handle_info({:said, name, text}, state), do: tell("#{name}: #{text}", state)

  # Somebody came or went, or a node did with all that it had.
  def handle_info({_monitor, change, _room, _pids}, state) when change in [:join, :leave] do
    tell("* #{length(Rooms.members(state.room))} here", state)
  end

  def handle_info(:connected?, %{dc: nil} = state),
    do: {:stop, {:shutdown, :not_connected}, state}

  def handle_info(:connected?, state), do: {:noreply, state}

  defp tell(text, state) do
    tell_what_waits(%{state | waiting: :queue.in(text, state.waiting)})
  end

  defp tell_what_waits(state) do
    with {:value, text} <- :queue.peek(state.waiting),
         :ok <- DataChannel.send(state.specter, state.dc, text) do
      tell_what_waits(%{state | waiting: :queue.drop(state.waiting)})
    else
      :empty ->
        {:noreply, state}

      # `handle_buffered_amount_low` goes on.
      {:error, :would_block} ->
        if :queue.len(state.waiting) > @most_waiting,
          do: {:stop, {:shutdown, :too_slow}, state},
          else: {:noreply, state}

      # A text that the peer takes from nobody.
      {:error, :too_large} ->
        tell_what_waits(%{state | waiting: :queue.drop(state.waiting)})

      {:error, _closed} ->
        {:stop, {:shutdown, :left}, state}
    end
  end

  ## The end

  @impl Specter.Handler
  def handle_data_channel_closed(_pc, dc, %{dc: dc} = state),
    do: {:stop, {:shutdown, :left}, state}

  def handle_data_channel_closed(_pc, _dc, state), do: {:noreply, state}

  @impl Specter.Handler
  def handle_connection_failed(_pc, :closed_by_peer, _text, state),
    do: {:stop, {:shutdown, :left}, state}

  def handle_connection_failed(_pc, _code, _text, state), do: {:stop, {:shutdown, :lost}, state}

  @impl Specter.Handler
  def handle_invalid_remote_description(_pc, text, state) do
    {:stop, {:shutdown, {:invalid_offer, text}}, state}
  end

  @impl Specter.Handler
  def handle_peer_connection_error(_pc, state), do: {:stop, {:shutdown, :no_connection}, state}
end
