defmodule RoomsTest do
  use ExUnit.Case

  alias Rooms.Client

  @specter [ice_servers: []]

  setup do
    Application.put_env(:rooms, :specter, @specter)
  end

  test "a room goes on while its nodes come and go" do
    [a, b, c] = start_nodes(3)
    alice = enter("alice", [a, b, c])
    bob = enter("bob", [b, c, a])
    carol = enter("carol", [c, a, b])
    assert_receive {:entered, "alice", ^a}
    assert_receive {:entered, "bob", ^b}
    assert_receive {:entered, "carol", ^c}
    for node <- [a, b, c], do: await_members(node, 3)
    for name <- ["alice", "bob", "carol"], do: assert_receive({:heard, ^name, "* 3 here"})

    Client.say(alice, "hello")
    hear(["bob", "carol"], "alice: hello")

    # A node ends without a word. Who was connected to it comes back through another one.
    :erpc.cast(b, :erlang, :halt, [])
    assert_receive {:entered, "bob", ^c}
    for node <- [a, c], do: await_members(node, 3)
    Client.say(bob, "back again")
    hear(["alice", "carol"], "bob: back again")
    Client.say(carol, "we missed you")
    hear(["alice", "bob"], "carol: we missed you")

    # Another one joins: it was told of one node, and finds all.
    [d] = start_nodes(1, [a])
    dave = enter("dave", [d])
    assert_receive {:entered, "dave", ^d}
    for node <- [a, c, d], do: await_members(node, 4)
    Client.say(dave, "hi")
    hear(["alice", "bob", "carol"], "dave: hi")
    Client.say(alice, "welcome")
    hear(["bob", "carol", "dave"], "alice: welcome")

    # One is taken out of service.
    :ok = :erpc.call(a, Application, :stop, [:rooms])
    assert_receive {:entered, "alice", node} when node != a
    for node <- [c, d], do: await_members(node, 4)
    Client.say(alice, "still here")
    hear(["bob", "carol", "dave"], "alice: still here")

    # Nobody heard what he said himself, or what was said before he came.
    refute_received {:heard, "alice", "alice: " <> _}
    refute_received {:heard, "dave", "alice: hello"}
    refute_received {:heard, "dave", "bob: " <> _}
  end

  test "rooms are apart, and many talk at once" do
    [a, b] = start_nodes(2)
    blue = for n <- 1..3, do: enter("blue #{n}", [a, b], "blue")
    red = for n <- 1..3, do: enter("red #{n}", [b, a], "red")

    for color <- ["blue", "red"], n <- 1..3, name = "#{color} #{n}" do
      assert_receive {:entered, ^name, _node}
    end

    for node <- [a, b], room <- ["blue", "red"], do: await_members(node, 3, room)
    for client <- blue ++ red, n <- 1..300, do: Client.say(client, "#{n}")

    # Each hears all of each other one of its room, in the order in which they were said.
    for color <- ["blue", "red"], listener <- 1..3, speaker <- 1..3, listener != speaker do
      said = "#{color} #{speaker}: "
      listener = "#{color} #{listener}"

      for n <- 1..300 do
        size = byte_size(said)
        assert_receive {:heard, ^listener, <<^said::binary-size(size), text::binary>>}
        assert text == "#{n}"
      end
    end

    refute_received {:heard, _, "red" <> _}
    refute_received {:heard, _, "blue" <> _}
  end

  test "an offer that is none, and one that nobody follows up, leave nothing" do
    {:ok, peer} = Rooms.enter("room", "eve", ~s({"type":"offer","sdp":"derp"}))
    monitor = Process.monitor(peer)
    Rooms.add_candidate(peer, ~s({"candidate":"nonsense"}))
    assert_receive {:DOWN, ^monitor, :process, ^peer, {:shutdown, {:invalid_offer, _}}}
    assert Rooms.members("room") == []
  end

  defp enter(name, nodes, room \\ "lobby") do
    options = [room: room, name: name, nodes: nodes, listener: self()]
    start_supervised!(%{id: name, start: {Client, :start_link, [options]}})
  end

  defp hear(names, text) do
    for name <- names, do: assert_receive({:heard, ^name, ^text})
  end

  # Nodes tell each other of their members when they can; nobody is told when all know.
  defp await_members(node, count, room \\ "lobby", tries \\ 1_000) do
    if length(:erpc.call(node, Rooms, :members, [room])) != count do
      if tries == 0, do: flunk("there are not #{count} in #{room}, says #{node}")
      receive after: (50 -> :ok)
      await_members(node, count, room, tries - 1)
    end
  end

  # Nodes with this one's code. Each is told of those before it, and of `others`, to look for them.
  defp start_nodes(count, others \\ []) do
    names =
      for _ <- 1..count do
        :"rooms_#{System.unique_integer([:positive])}_#{System.pid()}@127.0.0.1"
      end

    # They take a while on a busy machine: all at once, then.
    peers =
      names
      |> Task.async_stream(&boot/1, timeout: :infinity, max_concurrency: count)
      |> Enum.map(fn {:ok, {:ok, peer, _node}} -> peer end)

    on_exit(fn -> Enum.each(peers, &stop/1) end)

    for {node, index} <- Enum.with_index(names) do
      before = others ++ Enum.take(names, index)
      :ok = :erpc.call(node, Application, :load, [:rooms])
      :ok = :erpc.call(node, Application, :put_env, [:rooms, :nodes, before])
      # That other nodes go is no news here.
      :ok = :erpc.call(node, Application, :put_env, [:logger, :level, :error])
      :ok = :erpc.call(node, Application, :put_env, [:rooms, :specter, @specter])
      {:ok, _} = :erpc.call(node, Application, :ensure_all_started, [:rooms])
      node
    end
  end

  defp boot(name) do
    paths = Enum.flat_map(:code.get_path(), &['-pa', &1])
    cookie = ['-setcookie', Atom.to_charlist(Node.get_cookie())]
    # Watched by its standard output: of nodes that connect to a hidden one nobody is told.
    :peer.start(%{
      name: name,
      connection: :standard_io,
      wait_boot: 300_000,
      args: cookie ++ paths
    })
  end

  defp stop(peer) do
    :peer.stop(peer)
  catch
    :exit, _ -> :ok
  end
end
