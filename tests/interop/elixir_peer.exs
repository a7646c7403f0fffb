# An Elixir program that sends back what it is sent, driven by JSON lines: of docs/peer-protocol.md it knows what
# it takes to connect. test_elixir.py runs it.
#
#     elixir -pa elixir/_build/test/lib/specter/ebin tests/interop/elixir_peer.exs

defmodule Peer do
  use GenServer
  use Specter.Handler

  alias Specter.{DataChannel, PeerConnection}

  def start_link(program), do: GenServer.start_link(__MODULE__, program)

  @impl GenServer
  def init(program) do
    {:ok, specter} = Specter.init(ice_servers: [])
    {:ok, media_engine} = Specter.new_media_engine(specter)
    {:ok, registry} = Specter.new_registry(specter, media_engine)
    {:ok, api} = Specter.new_api(specter, media_engine, registry)
    {:ok, pc} = PeerConnection.new(specter, api, active: 100)
    # `asked`: the refs of commands by what they are answered with, the oldest first.
    {:ok, %{specter: specter, pc: pc, program: program, asked: %{}, waiting: %{}, is_passive: false}}
  end

  # Commands.

  @impl GenServer
  def handle_cast({:command, line}, state) do
    {:ok, %{"op" => op, "ref" => ref} = fields} = Specter.Native.decode_json(line)
    refs = Map.get(state.asked, op, []) ++ [ref]
    do_command(op, fields, line, state.specter, state.pc)
    {:noreply, put_in(state.asked[op], refs)}
  end

  def handle_cast(:close, state) do
    _ = PeerConnection.close(state.specter, state.pc)
    {:noreply, state}
  end

  defp do_command("create_data_channel", %{"label" => label}, _line, specter, pc) do
    :ok = PeerConnection.create_data_channel(specter, pc, label)
  end

  defp do_command("create_offer", _, _, specter, pc), do: :ok = PeerConnection.create_offer(specter, pc)
  defp do_command("create_answer", _, _, specter, pc), do: :ok = PeerConnection.create_answer(specter, pc)

  # What else stands in the line is ignored there.
  defp do_command("set_local_description", _, line, specter, pc) do
    :ok = PeerConnection.set_local_description(specter, pc, line)
  end

  defp do_command("set_remote_description", _, line, specter, pc) do
    :ok = PeerConnection.set_remote_description(specter, pc, line)
  end

  defp do_command("add_ice_candidate", _, line, specter, pc) do
    :ok = PeerConnection.add_ice_candidate(specter, pc, line)
  end

  defp do_command("get_stats", _, _, specter, pc), do: :ok = PeerConnection.get_stats(specter, pc)
  defp do_command("close", _, _, specter, pc), do: _ = PeerConnection.close(specter, pc)

  # Answers and events.

  @impl Specter.Handler
  def handle_peer_connection_ready(_pc, state), do: {:noreply, tell(state, "ready", "{}")}

  @impl Specter.Handler
  def handle_offer(_pc, json, state), do: {:noreply, answer(state, "create_offer", "offer", json)}

  @impl Specter.Handler
  def handle_answer(_pc, json, state), do: {:noreply, answer(state, "create_answer", "answer", json)}

  @impl Specter.Handler
  def handle_ok(_pc, operation, state) do
    {:noreply, answer(state, Atom.to_string(operation), "done", "{}")}
  end

  @impl Specter.Handler
  def handle_stats(_pc, json, state) do
    {:noreply, answer(state, "get_stats", "stats", ~s({"stats":#{json}}))}
  end

  @impl Specter.Handler
  def handle_ice_candidate(_pc, json, state), do: {:noreply, tell(state, "ice_candidate", json)}

  @impl Specter.Handler
  def handle_connection_state_change(_pc, connection_state, state) do
    {:noreply, tell(state, "connection_state", ~s({"state":"#{connection_state}"}))}
  end

  @impl Specter.Handler
  def handle_data_channel(_pc, dc, %{origin: :local}, state) do
    fields = ~s({"channel":"#{dc}"})
    {:noreply, answer(state, "create_data_channel", "data_channel_created", fields)}
  end

  # The test's labels need no escapes.
  def handle_data_channel(_pc, dc, info, state) do
    {:noreply, tell(state, "data_channel", ~s({"channel":"#{dc}","label":"#{info.label}"}))}
  end

  @impl Specter.Handler
  def handle_data_channel_open(_pc, dc, state), do: {:noreply, tell_of(state, "data_channel_open", dc)}

  @impl Specter.Handler
  def handle_data_channel_closed(_pc, dc, state) do
    {:noreply, tell_of(state, "data_channel_closed", dc)}
  end

  @impl Specter.Handler
  def handle_peer_connection_closed(_pc, state) do
    tell(state, "closed", "{}")
    {:stop, :normal, state}
  end

  # The echo. What finds no room waits here, and no more is asked for until it went.
  @impl Specter.Handler
  def handle_message(_pc, dc, kind, data, state) do
    waiting = Map.update(state.waiting, dc, [{kind, data}], &(&1 ++ [{kind, data}]))
    {:noreply, echo(%{state | waiting: waiting}, dc)}
  end

  @impl Specter.Handler
  def handle_buffered_amount_low(_pc, dc, state), do: {:noreply, state |> echo(dc) |> ask_for_more()}

  @impl Specter.Handler
  def handle_data_channel_passive(_pc, state) do
    {:noreply, ask_for_more(%{state | is_passive: true})}
  end

  defp echo(state, dc) do
    rest =
      Enum.drop_while(Map.get(state.waiting, dc, []), fn {kind, data} ->
        DataChannel.send(state.specter, dc, kind, data) == :ok
      end)

    put_in(state.waiting[dc], rest)
  end

  defp ask_for_more(%{is_passive: true} = state) do
    if Enum.all?(state.waiting, fn {_dc, waiting} -> waiting == [] end) do
      :ok = PeerConnection.set_active(state.specter, state.pc, 100)
      %{state | is_passive: false}
    else
      state
    end
  end

  defp ask_for_more(state), do: state

  defp answer(state, op, event, fields) do
    {ref, asked} =
      case state.asked do
        %{^op => [ref | rest]} -> {ref, Map.put(state.asked, op, rest)}
        asked -> {nil, asked}
      end

    with_ref = if ref, do: join(~s("ref":#{ref}), fields), else: fields
    tell(%{state | asked: asked}, event, with_ref)
  end

  defp tell_of(state, event, dc), do: tell(state, event, ~s({"channel":"#{dc}"}))

  defp tell(state, event, fields) do
    IO.puts(join(~s("event":"#{event}"), fields))
    state
  end

  # An object with one field more.
  defp join(field, "{}"), do: "{" <> field <> "}"
  defp join(field, "{" <> rest), do: "{" <> field <> "," <> rest
end

defmodule Program do
  # Until the peer has closed, which the end of the input makes it do.
  def run do
    {:ok, peer} = Peer.start_link(self())
    monitor = Process.monitor(peer)
    spawn_link(fn -> read(peer) end)
    receive do: ({:DOWN, ^monitor, :process, ^peer, :normal} -> :ok)
  end

  defp read(peer) do
    case IO.read(:stdio, :line) do
      line when is_binary(line) ->
        GenServer.cast(peer, {:command, line})
        read(peer)

      _end ->
        GenServer.cast(peer, :close)
    end
  end
end

Program.run()
