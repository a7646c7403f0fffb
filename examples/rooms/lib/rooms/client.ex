defmodule Rooms.Client do
  @moduledoc """
  A peer that stands for a browser: for the demonstration and the test.

  Its signalling is Erlang's distribution: it calls `Rooms.enter/4` on a node, as a browser's web socket
  would. And it does what a page should do when its web socket closes: it enters again, through another
  node. That its node has gone it hears at once, and long before its own connection misses the peer.

  `listener` is told `{:entered, name, node}`, and each text as `{:heard, name, text}`.
  """
  use GenServer
  use Specter.Handler

  alias Specter.{DataChannel, PeerConnection}

  def start_link(options), do: GenServer.start_link(__MODULE__, options)

  @doc "Says something to all others in the room; once the channel is open, if it is not yet."
  @spec say(pid, String.t()) :: :ok
  def say(client, text), do: GenServer.cast(client, {:say, text})

  @impl GenServer
  def init(options) do
    {:ok, specter} = Specter.init(Application.get_env(:rooms, :specter, []))
    {:ok, media_engine} = Specter.new_media_engine(specter)
    {:ok, registry} = Specter.new_registry(specter, media_engine)
    {:ok, api} = Specter.new_api(specter, media_engine, registry)

    state = %{
      specter: specter,
      api: api,
      room: options[:room],
      name: options[:name],
      nodes: options[:nodes],
      listener: options[:listener],
      pc: nil,
      dc: nil,
      peer: nil,
      candidates: [],
      to_say: []
    }

    {:ok, connect(state)}
  end

  defp connect(state) do
    {:ok, pc} = PeerConnection.new(state.specter, state.api)
    %{state | pc: pc, dc: nil, peer: nil, candidates: []}
  end

  @impl Specter.Handler
  def handle_peer_connection_ready(pc, state) do
    :ok = PeerConnection.create_data_channel(state.specter, pc, "room")
    :ok = PeerConnection.create_offer(state.specter, pc)
    {:noreply, state}
  end

  @impl Specter.Handler
  def handle_offer(pc, offer, state) do
    :ok = PeerConnection.set_local_description(state.specter, pc, offer)

    case enter(state.nodes, [state.room, state.name, offer, self()]) do
      {:ok, peer, nodes} ->
        Process.monitor(peer)
        for json <- Enum.reverse(state.candidates), do: Rooms.add_candidate(peer, json)
        {:noreply, %{state | peer: peer, nodes: nodes, candidates: []}}

      :error ->
        {:stop, {:shutdown, :no_node}, state}
    end
  end

  # The first that can be reached, which is the last to be tried next time.
  defp enter(nodes, arguments) do
    Enum.find_value(nodes, :error, fn node ->
      case :rpc.call(node, Rooms, :enter, arguments) do
        {:ok, peer} -> {:ok, peer, (nodes -- [node]) ++ [node]}
        _unreachable -> nil
      end
    end)
  end

  @impl Specter.Handler
  def handle_ice_candidate(pc, json, %{pc: pc, peer: nil} = state) do
    {:noreply, %{state | candidates: [json | state.candidates]}}
  end

  def handle_ice_candidate(pc, json, %{pc: pc} = state) do
    Rooms.add_candidate(state.peer, json)
    {:noreply, state}
  end

  # Of a connection that was given up.
  def handle_ice_candidate(_pc, _json, state), do: {:noreply, state}

  @impl Specter.Handler
  def handle_data_channel_open(pc, dc, %{pc: pc} = state) do
    send(state.listener, {:entered, state.name, node(state.peer)})
    for text <- Enum.reverse(state.to_say), do: :ok = DataChannel.send(state.specter, dc, text)
    {:noreply, %{state | dc: dc, to_say: []}}
  end

  def handle_data_channel_open(_pc, _dc, state), do: {:noreply, state}

  @impl Specter.Handler
  def handle_message(_pc, _dc, :text, text, state) do
    send(state.listener, {:heard, state.name, text})
    {:noreply, state}
  end

  @impl GenServer
  def handle_info({:rooms, peer, {:answer, json}}, %{peer: peer} = state) do
    :ok = PeerConnection.set_remote_description(state.specter, state.pc, json)
    {:noreply, state}
  end

  def handle_info({:rooms, peer, {:candidate, json}}, %{peer: peer} = state) do
    :ok = PeerConnection.add_ice_candidate(state.specter, state.pc, json)
    {:noreply, state}
  end

  def handle_info({:DOWN, _monitor, :process, peer, _reason}, %{peer: peer} = state) do
    _ = PeerConnection.close(state.specter, state.pc)
    {:noreply, connect(state)}
  end

  # Of a peer that was given up.
  def handle_info({:rooms, _peer, _signal}, state), do: {:noreply, state}
  def handle_info({:DOWN, _monitor, :process, _peer, _reason}, state), do: {:noreply, state}

  @impl GenServer
  def handle_cast({:say, text}, %{dc: nil} = state) do
    {:noreply, %{state | to_say: [text | state.to_say]}}
  end

  def handle_cast({:say, text}, state) do
    _ = DataChannel.send(state.specter, state.dc, text)
    {:noreply, state}
  end
end
