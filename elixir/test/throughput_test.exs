defmodule Specter.ThroughputTest do
  # Many messages both ways, byte for byte. `mix test --only long` has the whole runs; each prints how
  # many messages a second came.
  use Specter.Test.Case

  import Specter.Test.Channels

  alias Specter.{DataChannel, PeerConnection}

  @sizes [{10, 20_000}, {1024, 5_000}, {65_536, 200}, {262_144, 50}]

  for {size, count} <- @sizes do
    test "#{count} messages of #{size} bytes each way" do
      both_ways(unquote(size), unquote(count))
    end

    @tag :long
    @tag timeout: :infinity
    test "100,000 messages of #{size} bytes each way" do
      both_ways(unquote(size), 100_000)
    end
  end

  @tag :long
  @tag timeout: :infinity
  test "a million small messages into one process" do
    one_way(1_000_000)
  end

  test "small messages into one process" do
    one_way(50_000)
  end

  # Each side in a process of its own, as its connection's owner.
  defp both_ways(size, count) do
    specter = init()
    {pc_1, dc_1, pc_2, dc_2} = connected_pair(specter)
    start = System.monotonic_time()

    sides =
      for {pc, dc} <- [{pc_1, dc_1}, {pc_2, dc_2}] do
        side = Task.async(fn -> take_part(specter, pc, dc, size, count) end)
        :ok = PeerConnection.controlling_process(specter, pc, side.pid)
        send(side.pid, :go)
        side
      end

    # A side that is done early keeps its connection for the other's messages.
    for side <- sides, do: assert_receive({:done, pid} when pid == side.pid, 3_600_000)
    report("#{size} bytes, both ways", 2 * count, size, start)
    for side <- sides, do: send(side.pid, :end)
    Task.await_many(sides)
  end

  defp take_part(specter, pc, dc, size, count) do
    test = hd(Process.get(:"$callers"))
    receive do: (:go -> :ok)
    exchange(specter, pc, dc, size, count, 0, 0)
    send(test, {:done, self()})
    receive do: (:end -> :ok)
  end

  # Sends what there is room for, and takes what has come.
  defp exchange(_specter, _pc, _dc, _size, count, count, count), do: :ok

  defp exchange(specter, pc, dc, size, count, sent, got) do
    sent = push(specter, dc, size, count, sent, 32)
    wait = if sent < count and not full?(specter, dc), do: 0, else: 60_000
    got = pull(pc, dc, size, got, wait)
    exchange(specter, pc, dc, size, count, sent, got)
  end

  defp full?(specter, dc) do
    {:ok, waiting} = DataChannel.buffered_amount(specter, dc)
    waiting > 4_000_000
  end

  defp push(_specter, _dc, _size, count, count, _turns), do: count
  defp push(_specter, _dc, _size, _count, sent, 0), do: sent

  defp push(specter, dc, size, count, sent, turns) do
    case DataChannel.send(specter, dc, :binary, message(sent, size)) do
      :ok -> push(specter, dc, size, count, sent + 1, turns - 1)
      {:error, :would_block} -> sent
    end
  end

  defp pull(pc, dc, size, got, wait) do
    receive do
      {:data_channel_message, ^pc, ^dc, :binary, data} ->
        if data != message(got, size), do: flunk("message #{got} is another one")
        pull(pc, dc, size, got + 1, 0)

      # All that has come is taken before more is sent: the mailbox does not grow.
      {:buffered_amount_low, ^pc, ^dc} ->
        pull(pc, dc, size, got, 0)
    after
      wait -> if wait > 0, do: flunk("nothing more came after #{got}"), else: got
    end
  end

  # From one process into another, of 10 bytes.
  defp one_way(count) do
    specter = init()
    {pc_1, dc_1, pc_2, dc_2} = connected_pair(specter)
    data = "0123456789"
    test = self()

    sender =
      Task.async(fn ->
        receive do: (:go -> :ok)
        for _ <- 1..count, do: send_one(specter, pc_1, dc_1, :binary, data)
        receive do: (:end -> :ok)
      end)

    :ok = PeerConnection.controlling_process(specter, pc_1, sender.pid)
    start = System.monotonic_time()
    send(sender.pid, :go)
    count_down(pc_2, dc_2, data, count)
    report("10 bytes, one way", count, 10, start)
    assert self() == test
    send(sender.pid, :end)
    Task.await(sender)
  end

  defp count_down(_pc, _dc, _data, 0), do: :ok

  defp count_down(pc, dc, data, left) do
    receive do
      {:data_channel_message, ^pc, ^dc, :binary, ^data} -> count_down(pc, dc, data, left - 1)
    after
      60_000 -> flunk("#{left} messages did not come")
    end
  end

  defp report(what, messages, size, start) do
    us = System.convert_time_unit(System.monotonic_time() - start, :native, :microsecond)
    per_second = div(messages * 1_000_000, max(us, 1))
    megabytes = Float.round(per_second * size / 1.0e6, 1)
    IO.puts("\n#{what}: #{per_second} messages/s, #{megabytes} MB/s")
  end
end
