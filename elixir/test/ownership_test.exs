defmodule Specter.OwnershipTest do
  # Connections that are given to other processes, of this node and of others.
  use Specter.Test.Case

  import Specter.Test.Channels

  alias Specter.{DataChannel, Native, PeerConnection}

  setup do
    {:ok, specter: init()}
  end

  # A process that passes on what it hears, and ends when it is told, or with the test.
  defp listener(name) do
    test = self()
    spawn_link(fn -> listen(test, name) end)
  end

  defp listen(test, name) do
    receive do
      :end -> :ok
      {:run, fun} -> send(test, {name, fun.()}) && listen(test, name)
      message -> send(test, {name, message}) && listen(test, name)
    end
  end

  test "messages go to the new owner, the earlier ones first", %{specter: specter} do
    {_pc_1, dc_1, pc_2, dc_2} = connected_pair(specter)
    new = listener(:new)
    for n <- 1..500, do: :ok = DataChannel.send(specter, dc_1, "#{n}")
    assert_receive {:data_channel_message, ^pc_2, ^dc_2, :text, "1"}
    assert :ok = PeerConnection.controlling_process(specter, pc_2, new)
    for n <- 501..1000, do: :ok = DataChannel.send(specter, dc_1, "#{n}")
    heard = for _ <- 2..1000, do: hear(:new, pc_2, dc_2)
    assert heard == Enum.map(2..1000, &Integer.to_string/1)
    refute_received {:data_channel_message, ^pc_2, _, _, _}
    # Answers, too, whoever asks.
    :ok = PeerConnection.signaling_state(specter, pc_2)
    assert_receive {:new, {:signaling_state, ^pc_2, :stable}}
  end

  test "the new owner's end closes it, and it alone", %{specter: specter} do
    {pc_1, _dc_1, pc_2, _dc_2} = connected_pair(specter)
    new = listener(:new)
    :ok = PeerConnection.controlling_process(specter, pc_2, new)
    assert {1, 2, 1} = Native.counters()
    send(new, :end)
    await_counters({1, 1, 1})
    refute PeerConnection.exists?(specter, pc_2)
    assert PeerConnection.exists?(specter, pc_1)
  end

  test "one that was given away outlives the process that made it" do
    test = self()
    new = listener(:new)

    maker =
      spawn(fn ->
        specter = init()
        {pc_1, dc_1, pc_2, dc_2} = connected_pair(specter)
        :ok = PeerConnection.controlling_process(specter, pc_1, test)
        :ok = PeerConnection.controlling_process(specter, pc_2, new)
        kept = new_peer(specter)
        send(test, {:made, specter, pc_1, dc_1, pc_2, dc_2, kept})
      end)

    monitor = Process.monitor(maker)
    assert_receive {:made, specter, pc_1, dc_1, pc_2, dc_2, kept}, 20_000
    assert_receive {:DOWN, ^monitor, :process, ^maker, _}
    # The other one, of the test's setup, is open, too.
    await_counters({2, 2, 1})
    refute PeerConnection.exists?(specter, kept)
    assert Specter.new_media_engine(specter) == {:error, :not_found}
    assert :ok = DataChannel.send(specter, dc_1, "still there")
    assert hear(:new, pc_2, dc_2) == "still there"
    send(new, :end)
    await_counters({2, 1, 1})
    assert :ok = PeerConnection.close(specter, pc_1)
    assert_receive {:peer_connection_closed, ^pc_1}
    # With the last of them the Specter ends.
    await_counters({1, 0, 1})
  end

  test "it may be given on, back, and to oneself", %{specter: specter} do
    pc = new_peer(specter)
    [a, b] = [listener(:a), listener(:b)]
    assert :ok = PeerConnection.controlling_process(specter, pc, self())
    assert :ok = PeerConnection.controlling_process(specter, pc, a)
    # By a process that owns nothing.
    assert :ok = PeerConnection.controlling_process(specter, pc, b)
    send(a, :end)
    :ok = PeerConnection.signaling_state(specter, pc)
    assert_receive {:b, {:signaling_state, ^pc, :stable}}
    test = self()
    send(b, {:run, fn -> PeerConnection.controlling_process(specter, pc, test) end})
    assert_receive {:b, :ok}
    send(b, :end)
    :ok = PeerConnection.signaling_state(specter, pc)
    assert_receive {:signaling_state, ^pc, :stable}
    assert PeerConnection.exists?(specter, pc)
  end

  test "a dead process gets none", %{specter: specter} do
    pc = new_peer(specter)
    {dead, monitor} = spawn_monitor(fn -> :ok end)
    assert_receive {:DOWN, ^monitor, :process, ^dead, _}
    assert PeerConnection.controlling_process(specter, pc, dead) == {:error, :noproc}
    :ok = PeerConnection.signaling_state(specter, pc)
    assert_receive {:signaling_state, ^pc, :stable}
    assert PeerConnection.controlling_process(specter, unknown(), self()) == {:error, :not_found}
  end

  test "owners that are killed while they are given things leave nothing", %{specter: specter} do
    api = new_api(specter)

    for _ <- 1..200 do
      {:ok, pc} = PeerConnection.new(specter, api)
      assert_receive {:peer_connection_ready, ^pc}
      new = listener(:new)
      giving = Task.async(fn -> PeerConnection.controlling_process(specter, pc, new) end)
      if :rand.uniform(2) == 1, do: :erlang.yield()
      Process.unlink(new)
      Process.exit(new, :kill)

      case Task.await(giving) do
        :ok -> :ok
        {:error, :noproc} -> PeerConnection.close(specter, pc)
      end
    end

    await_counters({1, 0, 1})
    assert {:ok, _} = Specter.config(specter)
  end

  # What the owner does between the two halves of giving it.
  defp begin_giving(specter, pc, to), do: Native.give(Specter.native(specter), pc, to, false)

  test "its end does not overtake what the owner passes on", %{specter: specter} do
    pc = new_peer(specter)
    new = listener(:new)
    assert {:forward, hand_over} = begin_giving(specter, pc, new)
    :ok = PeerConnection.signaling_state(specter, pc)
    :ok = PeerConnection.close(specter, pc)
    refute_receive {:new, {:peer_connection_closed, ^pc}}, 200
    send(new, {:passed_on, pc})
    assert Native.hand_over(hand_over) == :ok
    heard = for _ <- 1..3, do: assert_receive({:new, message}) && message

    assert heard == [
             {:passed_on, pc},
             {:signaling_state, pc, :stable},
             {:peer_connection_closed, pc}
           ]

    refute_received {:peer_connection_closed, ^pc}
    # Again it does nothing.
    assert Native.hand_over(hand_over) == :ok
  end

  test "who is being given it hears its end when the owner dies over it", %{specter: specter} do
    pc = new_peer(specter)
    [owner, new] = [listener(:owner), listener(:new)]
    :ok = PeerConnection.controlling_process(specter, pc, owner)

    run = fn ->
      {:forward, hand_over} = begin_giving(specter, pc, new)
      Process.put(:hand_over, hand_over)
      :begun
    end

    send(owner, {:run, run})
    assert_receive {:owner, :begun}
    Process.unlink(owner)
    Process.exit(owner, :kill)
    assert_receive {:new, {:peer_connection_closed, ^pc}}, 2_000
    await_counters({1, 0, 1})
  end

  test "the end of its maker is none of its while its owner gives it on" do
    test = self()
    [owner, new] = [listener(:owner), listener(:new)]

    maker =
      spawn(fn ->
        specter = init()
        pc = new_peer(specter)
        :ok = PeerConnection.controlling_process(specter, pc, owner)
        send(test, {:made, specter, pc})
        listen(test, :maker)
      end)

    assert_receive {:made, specter, pc}, 20_000
    send(owner, {:run, fn -> begin_giving(specter, pc, new) end})
    assert_receive {:owner, {:forward, hand_over}}
    monitor = Process.monitor(maker)
    Process.exit(maker, :kill)
    assert_receive {:DOWN, ^monitor, :process, ^maker, _}
    # The library hears of that death on its own.
    await_orphaned(specter)
    assert Native.hand_over(hand_over) == :ok
    assert PeerConnection.exists?(specter, pc)
    :ok = PeerConnection.signaling_state(specter, pc)
    assert_receive {:new, {:signaling_state, ^pc, :stable}}
    send(new, :end)
    await_counters({1, 0, 1})
  end

  defp await_orphaned(specter) do
    if Specter.new_media_engine(specter) != {:error, :not_found}, do: await_orphaned(specter)
  end

  describe "on another node" do
    @describetag :distribution

    setup do
      {:ok, peer: start_node()}
    end

    test "an owner gets the messages, and its end closes the connection",
         %{specter: specter, peer: node} do
      {_pc_1, dc_1, pc_2, dc_2} = connected_pair(specter)
      test = self()
      far = Node.spawn(node, Specter.Test.Channels, :relay, [test])
      assert :ok = PeerConnection.controlling_process(specter, pc_2, far)

      for n <- 1..100 do
        :ok = DataChannel.send(specter, dc_1, "#{n}")
        assert_receive {:far, {:data_channel_message, ^pc_2, ^dc_2, :text, data}}
        assert data == "#{n}"
      end

      large = :binary.copy("x", 200_000)
      :ok = DataChannel.send(specter, dc_1, large)
      assert_receive {:far, {:data_channel_message, ^pc_2, ^dc_2, :text, ^large}}
      Process.exit(far, :kill)
      await_counters({1, 1, 1})
      refute PeerConnection.exists?(specter, pc_2)
    end

    test "it may call from there, and the node's end closes it", %{specter: specter, peer: node} do
      pc = new_peer(specter)
      test = self()
      far = Node.spawn(node, Specter.Test.Channels, :relay, [test])
      :ok = PeerConnection.controlling_process(specter, pc, far)
      arguments = [specter, pc]

      assert :ok =
               :rpc.call(node, :rpc, :call, [node(), PeerConnection, :signaling_state, arguments])

      assert_receive {:far, {:signaling_state, ^pc, :stable}}
      :erlang.monitor_node(node, true)
      :rpc.cast(node, :erlang, :halt, [])
      assert_receive {:nodedown, ^node}
      await_counters({1, 0, 1})
    end

    test "it may be taken back", %{specter: specter, peer: node} do
      pc = new_peer(specter)
      test = self()
      far = Node.spawn(node, Specter.Test.Channels, :relay, [test])
      processes = length(Process.list())
      :ok = PeerConnection.controlling_process(specter, pc, far)
      :ok = PeerConnection.controlling_process(specter, pc, self())
      :ok = PeerConnection.signaling_state(specter, pc)
      assert_receive {:signaling_state, ^pc, :stable}
      Process.exit(far, :kill)
      assert length(Process.list()) <= processes + 1
      assert PeerConnection.exists?(specter, pc)
    end
  end

  defp hear(name, pc, dc) do
    receive do
      {^name, {:data_channel_message, ^pc, ^dc, :text, data}} -> data
    after
      10_000 -> flunk("no message")
    end
  end

  # A node with this one's code; both need epmd, and stand on this machine alone.
  defp start_node do
    if not Node.alive?() do
      System.cmd("epmd", ["-daemon"])
      {:ok, _} = Node.start(:"specter_#{System.pid()}@127.0.0.1")
    end

    name = :"peer_#{System.unique_integer([:positive])}@127.0.0.1"
    paths = Enum.flat_map(:code.get_path(), &['-pa', &1])

    {:ok, pid, node} =
      :peer.start(%{
        name: name,
        wait_boot: 200_000,
        args: ['-setcookie', Atom.to_charlist(Node.get_cookie()) | paths]
      })

    on_exit(fn ->
      try do
        :peer.stop(pid)
      catch
        :exit, _ -> :ok
      end
    end)

    node
  end
end
