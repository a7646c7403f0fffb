defmodule Specter.LoadTest do
  # Owners that die at any moment, owners that are slow, and schedulers that must not notice. Short
  # forms; `mix test --only long` has the whole ones.
  use Specter.Test.Case

  import Specter.Test.Channels

  alias Specter.{DataChannel, PeerConnection}

  test "100 owners killed at random moments leave nothing", do: kill_owners(100)

  @tag :long
  @tag timeout: :infinity
  test "10,000 owners killed at random moments leave nothing", do: kill_owners(10_000)

  test "a slow owner beside fast ones: those get all of theirs", do: slow_beside(8, 200)

  @tag :long
  @tag timeout: :infinity
  test "a slow owner beside 999 fast ones", do: slow_beside(999, 1_000)

  test "no call holds a scheduler for long, under load", do: watch_schedulers(3_000)

  @tag :long
  @tag timeout: :infinity
  test "no call holds a scheduler for long, over ten minutes of load",
    do: watch_schedulers(600_000)

  # Each makes a pair, which is in whatever phase at its owner's end, a handshake's midst included.
  defp kill_owners(count) do
    before = descriptors()

    1..count
    |> Enum.chunk_every(20)
    |> Enum.each(fn chunk ->
      owners =
        for _ <- chunk do
          spawn(fn ->
            specter = init()
            {_pc_1, dc_1, _pc_2, _dc_2} = connected_pair(specter)
            for n <- Stream.iterate(0, &(&1 + 1)), do: DataChannel.send(specter, dc_1, "#{n}")
          end)
        end

      for owner <- owners do
        receive after: (:rand.uniform(20) -> :ok)
        Process.exit(owner, :kill)
      end
    end)

    await_counters({0, 0, 0})
    await_no_more_descriptors(before)
  end

  defp slow_beside(fast, messages) do
    specter = init()
    {_, slow_1, slow_pc, slow_dc} = connected_pair(specter, active: :once)

    pairs =
      for _ <- 1..fast do
        {pc_1, dc_1, pc_2, dc_2} = connected_pair(specter)
        owner = Task.async(fn -> count_down(pc_2, dc_2, messages) end)
        :ok = PeerConnection.controlling_process(specter, pc_2, owner.pid)
        {pc_1, dc_1, owner}
      end

    for _ <- 1..messages, do: :ok = DataChannel.send(specter, slow_1, "slow")

    for {_pc_1, dc_1, _owner} <- pairs, n <- 1..messages do
      :ok = DataChannel.send(specter, dc_1, "#{n}")
    end

    for {_, _, owner} <- pairs, do: assert(Task.await(owner, 60_000) == :all)
    assert_received {:data_channel_message, ^slow_pc, ^slow_dc, :text, "slow"}
    refute_received {:data_channel_message, ^slow_pc, ^slow_dc, :text, "slow"}
  end

  defp count_down(_pc, _dc, 0), do: :all

  defp count_down(pc, dc, left) do
    receive do
      {:data_channel_message, ^pc, ^dc, :text, _data} -> count_down(pc, dc, left - 1)
    after
      50_000 -> {:left, left}
    end
  end

  # What the VM reports of our native functions: a busy machine takes threads away, so that a report
  # alone is no fault of a call's; a call that is reported again and again is.
  defp watch_schedulers(milliseconds) do
    specter = init()
    {pc_1, dc_1, pc_2, _dc_2} = connected_pair(specter)
    :erlang.system_monitor(self(), [{:long_schedule, 50}])
    stop_at = now() + milliseconds
    data = [String.duplicate("x", 10), String.duplicate("y", 60_000)]
    calls = load(specter, pc_1, dc_1, pc_2, data, stop_at, 0)
    :erlang.system_monitor(:undefined)
    assert calls > 100
    assert long_schedules() <= div(calls, 1_000) + 2
  end

  defp load(specter, pc_1, dc_1, pc_2, data, stop_at, calls) do
    _ = DataChannel.send(specter, dc_1, :binary, Enum.at(data, rem(calls, 2)))
    if rem(calls, 100) == 0, do: :ok = PeerConnection.get_stats(specter, pc_1)
    drop_messages(pc_2)

    if now() < stop_at do
      load(specter, pc_1, dc_1, pc_2, data, stop_at, calls + 1)
    else
      calls
    end
  end

  defp drop_messages(pc) do
    receive do
      {:data_channel_message, ^pc, _dc, _kind, _data} -> drop_messages(pc)
      {:stats, _pc, _json} -> drop_messages(pc)
      {:buffered_amount_low, _pc, _dc} -> drop_messages(pc)
    after
      0 -> :ok
    end
  end

  defp long_schedules(count \\ 0) do
    receive do
      {:monitor, _pid, :long_schedule, info} ->
        ours = inspect(info) =~ "Specter.Native"
        long_schedules(if ours, do: count + 1, else: count)
    after
      0 -> count
    end
  end
end
