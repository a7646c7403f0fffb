defmodule Specter.FlowControlTest do
  # `active`: an owner gets the messages that it asks for, and no more.
  use Specter.Test.Case

  import Specter.Test.Channels

  alias Specter.{DataChannel, PeerConnection}

  setup do
    {:ok, specter: init()}
  end

  # What has come, once everything that was on its way is there: a channel that opens after the
  # messages were sent says so. The first one may take turns with messages that wait for their packets,
  # and then opens before the last of them came; the second one finds them gone.
  defp settled(specter, {pc_1, _dc_1, pc_2, dc_2}) do
    for _ <- 1..2 do
      label = "settled #{System.unique_integer()}"
      :ok = PeerConnection.create_data_channel(specter, pc_1, label)
      assert_receive {:data_channel, ^pc_2, dc, %{label: ^label}}
      assert_receive {:data_channel_open, ^pc_2, ^dc}
    end

    came(pc_2, dc_2)
  end

  defp came(pc, dc) do
    receive do
      {:data_channel_message, ^pc, ^dc, _kind, data} -> [data | came(pc, dc)]
    after
      0 -> []
    end
  end

  defp send_numbers(specter, dc, numbers) do
    for n <- numbers, do: :ok = DataChannel.send(specter, dc, "#{n}")
  end

  test "false: none comes, and all are there when they are asked for", %{specter: specter} do
    {_pc_1, dc_1, pc_2, dc_2} = pair = connected_pair(specter, active: false)
    send_numbers(specter, dc_1, 1..100)
    assert settled(specter, pair) == []
    assert :ok = PeerConnection.set_active(specter, pc_2, true)

    for n <- 1..100,
        do:
          assert_receive({:data_channel_message, ^pc_2, ^dc_2, :text, data}) &&
            assert(data == "#{n}")

    refute_received {:data_channel_passive, ^pc_2}
  end

  test "once: one comes for each time", %{specter: specter} do
    {_pc_1, dc_1, pc_2, _dc_2} = pair = connected_pair(specter, active: :once)
    send_numbers(specter, dc_1, 1..50)
    assert settled(specter, pair) == ["1"]

    for n <- 2..50 do
      assert :ok = PeerConnection.set_active(specter, pc_2, :once)
      assert_receive {:data_channel_message, ^pc_2, _dc, :text, data}
      assert data == "#{n}"
    end

    send_numbers(specter, dc_1, [51])
    assert settled(specter, pair) == []
    refute_received {:data_channel_passive, ^pc_2}
  end

  test "a number counts down, and its end is told", %{specter: specter} do
    {_pc_1, dc_1, pc_2, dc_2} = pair = connected_pair(specter, active: 3)
    send_numbers(specter, dc_1, 1..10)
    assert settled(specter, pair) == ["1", "2", "3"]
    assert_received {:data_channel_passive, ^pc_2}
    assert :ok = PeerConnection.set_active(specter, pc_2, 2)

    for n <- 4..5,
        do:
          assert_receive({:data_channel_message, ^pc_2, ^dc_2, :text, data}) &&
            assert(data == "#{n}")

    assert_receive {:data_channel_passive, ^pc_2}
    assert settled(specter, pair) == []
  end

  test "numbers add up, within what sockets take", %{specter: specter} do
    {_pc_1, dc_1, pc_2, _dc_2} = pair = connected_pair(specter, active: 2)
    assert :ok = PeerConnection.set_active(specter, pc_2, 3)
    assert :ok = PeerConnection.set_active(specter, pc_2, -1)
    assert PeerConnection.set_active(specter, pc_2, 32_767) == {:error, :einval}
    send_numbers(specter, dc_1, 1..10)
    assert settled(specter, pair) == ["1", "2", "3", "4"]
    assert_received {:data_channel_passive, ^pc_2}
    # To nothing, or below.
    assert :ok = PeerConnection.set_active(specter, pc_2, 0)
    assert_received {:data_channel_passive, ^pc_2}
    assert :ok = PeerConnection.set_active(specter, pc_2, -5)
    assert_received {:data_channel_passive, ^pc_2}
    assert settled(specter, pair) == []
  end

  test "what was false comes no more when the call has returned", %{specter: specter} do
    {pc_1, dc_1, pc_2, dc_2} = connected_pair(specter)

    sender =
      Task.async(fn ->
        for n <- 1..5_000 do
          Stream.repeatedly(fn -> DataChannel.send(specter, dc_1, "#{n}") end)
          |> Enum.find(&(&1 == :ok))
        end
      end)

    got =
      Enum.reduce(1..100, [], fn _, got ->
        :ok = PeerConnection.set_active(specter, pc_2, false)
        so_far = came(pc_2, dc_2)
        receive after: (1 -> :ok)
        assert came(pc_2, dc_2) == []
        :ok = PeerConnection.set_active(specter, pc_2, Enum.random([true, :once, 50]))
        [so_far | got]
      end)

    :ok = PeerConnection.set_active(specter, pc_2, true)
    Task.await(sender, 60_000)
    got = got |> Enum.reverse() |> List.flatten()

    rest =
      for _ <- 1..(5_000 - length(got))//1 do
        assert_receive {:data_channel_message, ^pc_2, ^dc_2, :text, data}
        data
      end

    assert got ++ rest == Enum.map(1..5_000, &Integer.to_string/1)
    assert PeerConnection.exists?(specter, pc_1)
  end

  test "the peer is stopped, and this mailbox stays empty", %{specter: _} do
    specter = init(ice_servers: [], send_buffer_bytes: 500_000, receive_buffer_bytes: 500_000)
    {pc_1, dc_1, pc_2, dc_2} = connected_pair(specter, active: false)
    message = :binary.copy("x", 10_000)
    taken = push(specter, pc_1, dc_1, message)
    # The peer's send buffer and our receive buffer, and what was under way.
    assert taken * 10_000 > 500_000
    assert taken * 10_000 < 2_500_000
    refute_received {:data_channel_message, _, _, _, _}
    :ok = PeerConnection.set_active(specter, pc_2, true)

    for _ <- 1..taken,
        do: assert_receive({:data_channel_message, ^pc_2, ^dc_2, :text, ^message})

    assert_receive {:buffered_amount_low, ^pc_1, ^dc_1}
  end

  test "everything else comes while messages wait", %{specter: specter} do
    {pc_1, dc_1, pc_2, dc_2} = pair = connected_pair(specter, active: false)
    :ok = DataChannel.send(specter, dc_1, "one")
    assert settled(specter, pair) == []
    # Questions, statistics, channels of one's own, sending, the fall of the buffered amount.
    :ok = PeerConnection.connection_state(specter, pc_2)
    assert_receive {:connection_state, ^pc_2, :connected}
    :ok = PeerConnection.get_stats(specter, pc_2)
    assert_receive {:stats, ^pc_2, _json}
    :ok = PeerConnection.create_data_channel(specter, pc_2, "mine")
    assert_receive {:data_channel, ^pc_2, mine, %{label: "mine"}}
    assert_receive {:data_channel_open, ^pc_2, ^mine}
    :ok = DataChannel.send(specter, mine, :binary.copy("x", 10_000))
    assert_receive {:buffered_amount_low, ^pc_2, ^mine}
    assert_receive {:data_channel_message, ^pc_1, _dc, :text, _data}
    # The end of a channel comes behind its messages.
    :ok = DataChannel.close(specter, dc_1)
    refute_receive {:data_channel_closed, ^pc_2, ^dc_2}
    :ok = PeerConnection.set_active(specter, pc_2, :once)
    assert_receive {:data_channel_closed, ^pc_2, ^dc_2}
    assert_received {:data_channel_message, ^pc_2, ^dc_2, :text, "one"}
  end

  test "what the peer sent before it closed its connection can be read", %{specter: specter} do
    {pc_1, dc_1, pc_2, dc_2} = pair = connected_pair(specter, active: false)
    send_numbers(specter, dc_1, 1..100)
    assert settled(specter, pair) == []
    :ok = PeerConnection.close(specter, pc_1)
    assert_receive {:connection_failed, ^pc_2, :closed_by_peer, "the peer closed the connection"}
    assert_receive {:connection_state_change, ^pc_2, :failed}
    assert came(pc_2, dc_2) == []
    :ok = PeerConnection.set_active(specter, pc_2, true)
    assert_receive {:data_channel_closed, ^pc_2, ^dc_2}
    assert came(pc_2, dc_2) == Enum.map(1..100, &Integer.to_string/1)
  end

  test "a connection that is closed tells no message that nobody asked for", %{specter: specter} do
    {_pc_1, dc_1, pc_2, dc_2} = pair = connected_pair(specter, active: false)
    send_numbers(specter, dc_1, 1..10)
    assert settled(specter, pair) == []
    :ok = PeerConnection.close(specter, pc_2)
    assert_receive {:peer_connection_closed, ^pc_2}
    assert_received {:data_channel_closed, ^pc_2, ^dc_2}
    assert came(pc_2, dc_2) == []
    assert PeerConnection.set_active(specter, pc_2, true) == {:error, :not_found}
  end

  # As many as are taken until nothing moves any more.
  defp push(specter, pc, dc, message, taken \\ 0) do
    case DataChannel.send(specter, dc, message) do
      :ok ->
        push(specter, pc, dc, message, taken + 1)

      {:error, :would_block} ->
        receive do
          {:buffered_amount_low, ^pc, ^dc} -> push(specter, pc, dc, message, taken)
        after
          1_000 -> taken
        end
    end
  end
end
