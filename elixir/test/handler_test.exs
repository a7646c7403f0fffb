defmodule Specter.HandlerTest do
  use Specter.Test.Case

  import ExUnit.CaptureIO
  import Specter.Test.Channels

  alias Specter.{DataChannel, Messages, PeerConnection}

  @id "6b6ba3b0-1c7e-4b3d-9a51-0123456789ab"

  # Has every callback there is, and tells the test what it is called with.
  defmodule All do
    use GenServer
    use Specter.Handler

    @impl GenServer
    def init(test), do: {:ok, test}

    for %{callback: callback, elements: elements} <- Specter.Messages.all() do
      arguments = Macro.generate_arguments(length(elements), __MODULE__)

      @impl Specter.Handler
      def unquote(callback)(unquote_splicing(arguments), test) do
        send(test, {:called, unquote(callback), unquote(arguments)})
        {:noreply, test}
      end
    end

    @impl GenServer
    def handle_info(message, test) do
      send(test, {:own, message})
      {:noreply, test}
    end
  end

  # Has none, and no handle_info either: the one of `use GenServer` logs.
  defmodule None do
    use GenServer
    use Specter.Handler

    @impl GenServer
    def init(test), do: {:ok, test}

    @impl GenServer
    def handle_call(:ping, _from, test), do: {:reply, :pong, test}
  end

  # Is no GenServer by `use`, has clauses of its own and no one that takes all.
  defmodule Own do
    @behaviour :gen_server
    use Specter.Handler

    @impl :gen_server
    def init(test), do: {:ok, test}

    @impl :gen_server
    def handle_call(_request, _from, test), do: {:reply, :pong, test}

    @impl :gen_server
    def handle_cast(_request, test), do: {:noreply, test}

    @impl :gen_server
    def handle_info({:offer, from, text}, test) when is_pid(from) do
      send(test, {:own_offer, text})
      {:noreply, test}
    end

    def handle_info(:tick, test), do: {:noreply, send(test, test)}

    @impl Specter.Handler
    def handle_offer(_pc, json, test) do
      send(test, {:offered, json})
      {:noreply, test, {:continue, :more}}
    end

    @impl :gen_server
    def handle_continue(:more, test) do
      send(test, :continued)
      {:noreply, test}
    end

    @impl Specter.Handler
    def handle_peer_connection_closed(_pc, test), do: {:stop, :normal, test}
  end

  # Sends back what comes.
  defmodule Echo do
    use GenServer
    use Specter.Handler

    @impl GenServer
    def init({specter, test}), do: {:ok, {specter, test}}

    @impl Specter.Handler
    def handle_message(_pc, dc, kind, data, {specter, _test} = state) do
      :ok = Specter.DataChannel.send(specter, dc, kind, ["echo of ", data])
      {:noreply, state}
    end

    @impl Specter.Handler
    def handle_data_channel_closed(_pc, dc, {_specter, test} = state) do
      send(test, {:closed, dc})
      {:noreply, state}
    end
  end

  # A message as the table has it, with another value in each place.
  defp example(%{tag: :ok}), do: {:ok, @id, :add_ice_candidate}

  defp example(%{tag: tag, elements: [_ | rest]}) do
    List.to_tuple([tag, @id | for({name, _type} <- rest, do: {:the, name})])
  end

  defp last_words(pid) do
    _ = :sys.get_state(pid)
    :ok
  end

  test "each message comes to its callback, with all that follows the tag" do
    {:ok, pid} = GenServer.start_link(All, self())

    for %{callback: callback} = message <- Messages.all() do
      example = example(message)
      send(pid, example)
      arguments = example |> Tuple.to_list() |> tl()
      assert_receive {:called, ^callback, ^arguments}
    end

    last_words(pid)
    refute_received {:own, _}
    refute_received {:called, _, _}
  end

  test "callbacks are called after their tags, and one is not" do
    for %{tag: tag, callback: callback, arity: arity, elements: elements} <- Messages.all() do
      expected = if tag == :data_channel_message, do: :handle_message, else: :"handle_#{tag}"
      assert callback == expected
      assert arity == length(elements) + 1
      assert {callback, arity} in Specter.Handler.behaviour_info(:optional_callbacks)
    end

    assert Enum.sort(Specter.Handler.behaviour_info(:callbacks)) ==
             Enum.sort(for m <- Messages.all(), do: {m.callback, m.arity})
  end

  test "the table has what the documentation lists, and the native side sends" do
    tags = for %{tag: tag} <- Messages.all(), do: Atom.to_string(tag)
    code = Path.expand("../c_src", __DIR__)

    sent =
      for file <- File.ls!(code), Path.extname(file) in [".cc", ".h"] do
        text = File.read!(Path.join(code, file))
        told = Regex.scan(~r/\btell\w*\(Atom\("(\w+)"\)/, text, capture: :all_but_first)
        asked = Regex.scan(~r/\bask<[^;]*?"(\w+)"\)/s, text, capture: :all_but_first)

        built =
          Regex.scan(
            ~r/(?:tag = |tell_passive\(ErlNifEnv\* caller\) \{[^}]*?)Atom\("(\w+)"\)/,
            text,
            capture: :all_but_first
          )

        described =
          Regex.scan(~r/kDescribed<[^>]*>\{\s*Atom\("(\w+)"\)/, text, capture: :all_but_first)

        media =
          Regex.scan(~r/enif_make_tuple\d\(env, Atom\("(\w+)"\)/, text, capture: :all_but_first)

        told ++ asked ++ built ++ described ++ media
      end

    # The end of a file is told by Elixir.
    assert sent |> List.flatten() |> Enum.uniq() |> Enum.sort() ==
             Enum.sort(tags -- ["playback_finished"])

    documented =
      for module <- [PeerConnection, DataChannel] do
        {:docs_v1, _, _, _, %{"en" => text}, _, _} = Code.fetch_docs(module)
        Regex.scan(~r/\{:(\w+), \w+/, text, capture: :all_but_first)
      end

    assert Enum.uniq(List.flatten(documented)) -- tags == []
  end

  test "each callback has its words and its message" do
    {:docs_v1, _, _, _, _, _, docs} = Code.fetch_docs(Specter.Handler)

    for %{tag: tag, callback: callback, arity: arity} <- Messages.all() do
      assert {_, _, _, %{"en" => words}, _} = List.keyfind(docs, {:callback, callback, arity}, 0)

      assert words =~ "`{#{inspect(tag)}, "
    end
  end

  test "what only looks like one of Specter's is one's own" do
    {:ok, pid} = GenServer.start_link(All, self())

    for message <- [
          :offer,
          {:offer, self(), "json"},
          {:offer, "no id", "json"},
          {:offer, @id},
          {:offer, @id, "json", 1},
          {:ok, @id, :something_else},
          {:ok, @id},
          {:stats_of, @id, "json"},
          {make_ref(), @id, "json"},
          [:offer, @id]
        ] do
      send(pid, message)
      assert_receive {:own, ^message}
    end

    refute_received {:called, _, _}
  end

  test "messages without their callback are ignored quietly, all others are logged" do
    {:ok, pid} = GenServer.start_link(None, self())

    :ok = :logger.add_handler(__MODULE__, __MODULE__, %{config: self()})
    :ok = :logger.set_handler_config(:default, :level, :none)

    on_exit(fn ->
      :ok = :logger.remove_handler(__MODULE__)
      :logger.set_handler_config(:default, :level, :all)
    end)

    for message <- Messages.all(), do: send(pid, example(message))
    assert GenServer.call(pid, :ping) == :pong
    refute_received {:logged, _level, _text}
    send(pid, {:offer, self(), "json"})
    assert_receive {:logged, :error, text}
    assert text =~ "None"
    assert text =~ "unexpected message"
    assert GenServer.call(pid, :ping) == :pong
  end

  # A handler of `:logger`, which is called by the process that logs.
  def log(%{level: level, msg: {format, arguments}}, %{config: test}) when is_list(format) do
    send(test, {:logged, level, format |> :io_lib.format(arguments) |> IO.iodata_to_binary()})
  end

  def log(_event, _config), do: :ok

  test "clauses of one's own stand beside the callbacks, which return what handle_info does" do
    {:ok, pid} = :gen_server.start(Own, self(), [])
    test = self()
    send(pid, {:offer, test, "one's own"})
    assert_receive {:own_offer, "one's own"}
    send(pid, :tick)
    assert_receive ^test
    send(pid, {:offer, @id, "a peer's"})
    assert_receive {:offered, "a peer's"}
    assert_receive :continued
    monitor = Process.monitor(pid)
    send(pid, {:peer_connection_closed, @id})
    assert_receive {:DOWN, ^monitor, :process, ^pid, :normal}
  end

  test "a module may have no handle_info at all" do
    warnings =
      capture_io(:stderr, fn ->
        [{module, _code}] =
          Code.compile_string("""
          defmodule Specter.HandlerTest.Bare do
            use Specter.Handler
            def handle_stats(_pc, json, state), do: {:noreply, [json | state]}
          end
          """)

        assert module.handle_info({:stats, @id, "{}"}, []) == {:noreply, ["{}"]}
        assert module.handle_info({:offer, @id, "{}"}, []) == {:noreply, []}
      end)

    assert warnings == ""
  end

  test "the compiler says which callbacks and clauses are never called" do
    warnings =
      capture_io(:stderr, fn ->
        Code.compile_string("""
        defmodule Specter.HandlerTest.Mistaken do
          use GenServer
          use Specter.Handler
          def init(state), do: {:ok, state}
          def handle_offer(_json, state), do: {:noreply, state}
          def handle_data_channel_message(_pc, _dc, _kind, _data, state), do: {:noreply, state}
          def handle_answer(_pc, state), do: {:noreply, state}
          def handle_answer(_pc, _json, state), do: {:noreply, state}
          def handle_info({:ice_candidate, _pc, _json} = _message, state), do: {:noreply, state}
          def handle_info({:negotiation_needed, _pc}, state), do: {:noreply, state}
          def handle_info({:stats, _my_own}, state), do: {:noreply, state}
        end
        """)
      end)

    assert warnings =~ "Mistaken.handle_offer/2 is never called"
    assert warnings =~ "handle_offer(pc, json, state)"
    assert warnings =~ "Mistaken.handle_data_channel_message/5 is never called"
    assert warnings =~ "handle_message(pc, dc, kind, data, state)"
    assert warnings =~ "Mistaken.handle_info/2 is never called with {:ice_candidate, …}"
    assert warnings =~ "handle_ice_candidate(pc, json, state)"
    assert warnings =~ "Mistaken.handle_info/2 is never called with {:negotiation_needed, …}"
    refute warnings =~ "handle_answer"
    refute warnings =~ ":stats"
    assert length(String.split(warnings, "is never called")) == 5
  end

  test "a connection that was given to a handler echoes" do
    specter = init()
    {pc_1, dc_1, pc_2, dc_2} = connected_pair(specter)
    {:ok, echo} = GenServer.start_link(Echo, {specter, self()})
    :ok = PeerConnection.controlling_process(specter, pc_2, echo)
    for n <- 1..100, do: :ok = DataChannel.send(specter, dc_1, "#{n}")

    for n <- 1..100 do
      expected = "echo of #{n}"
      assert_receive {:data_channel_message, ^pc_1, ^dc_1, :text, ^expected}
    end

    :ok = DataChannel.close(specter, dc_1)
    assert_receive {:closed, ^dc_2}
    assert PeerConnection.exists?(specter, pc_2)
  end
end
