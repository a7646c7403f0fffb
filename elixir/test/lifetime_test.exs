defmodule Specter.LifetimeTest do
  # What is freed, and when: by close, by the owner's end, by nobody holding the Specter.
  use Specter.Test.Case

  alias Specter.{Native, PeerConnection}

  test "a connection that is closed is freed" do
    specter = init()
    {pc, _offer} = new_gathering_peer(specter)
    assert {1, 1, 1} = Native.counters()
    :ok = PeerConnection.close(specter, pc)
    await_counters({1, 0, 1})
  end

  test "the owner's end closes and frees all that it made, however it ends" do
    before = descriptors()

    milliseconds =
      for reason <- [:normal, :shutdown, :kill] do
        {owner, _specter} = start_owner(10)
        assert {1, 10, 1} = Native.counters()
        end_owner(owner, reason)
        ended = now()
        await_counters({0, 0, 0})
        await_descriptors(before)
        now() - ended
      end

    # Within a second; the machine may be busy with something else in one of the three.
    assert Enum.min(milliseconds) < 1_000
  end

  test "what a dead owner made is not found any more" do
    {owner, {specter, api, [pc | _]}} = start_owner(1)
    assert PeerConnection.exists?(specter, pc)
    end_owner(owner, :kill)
    await_counters({0, 0, 0})

    refute PeerConnection.exists?(specter, pc)
    assert PeerConnection.create_offer(specter, pc) == {:error, :not_found}
    assert PeerConnection.new(specter, api) == {:error, :not_found}
    assert Specter.new_media_engine(specter) == {:error, :not_found}
    assert {:ok, %Specter.Config{}} = Specter.config(specter)
  end

  # 20,000 questions of some milliseconds each: minutes of a loop's time, were they answered.
  for {name, before_the_end} <- [
        {"nothing else", :nothing},
        {"a close", :close},
        {"its Specter forgotten", :forget}
      ] do
    test "calls that a dead owner left, and #{name}, are not made" do
      owner = start_busy_owner(20_000, unquote(before_the_end))
      end_owner(owner, :kill)
      await_counters({0, 0, 0})
    end
  end

  test "calls are made, though nobody holds their Specter, for an owner that lives" do
    pc = ask_and_forget(100)
    :erlang.garbage_collect()
    await_counters({0, 0, 0})
    for _ <- 1..100, do: assert_received({:stats, ^pc, _json})
    assert_received {:peer_connection_closed, ^pc}
  end

  test "an owner that is killed while it makes things leaves nothing" do
    for _ <- 1..100 do
      owner = spawn(fn -> make_things_forever() end)
      # Killed at whatever point it has come to by then.
      receive after: (:rand.uniform(4) - 1 -> :ok)
      Process.exit(owner, :kill)
    end

    await_counters({0, 0, 0})
  end

  test "a Specter that nobody holds is freed, though its owner lives" do
    {:ok, pc} = Task.await(Task.async(fn -> forgetful() end))
    await_counters({0, 0, 0})
    refute_received {:peer_connection_ready, ^pc}

    pc = forget_here()
    :erlang.garbage_collect()
    # The owner hears of it.
    assert_receive {:peer_connection_closed, ^pc}
    await_counters({0, 0, 0})
  end

  test "close, the owner's end and forgetting may come together" do
    for round <- 1..200 do
      {owner, {specter, _api, pcs}} = start_owner(2, &PeerConnection.new/2)
      closing = for pc <- pcs, do: Task.async(fn -> PeerConnection.close(specter, pc) end)
      if rem(round, 2) == 0, do: :erlang.yield()
      end_owner(owner, :kill)
      for result <- Task.await_many(closing), do: assert(result in [:ok, {:error, :not_found}])
    end

    :erlang.garbage_collect()
    await_counters({0, 0, 0})
  end

  @tag :memory
  test "1,000 connections come and go, and leave the VM as it was" do
    specter = init()
    api = new_api(specter)
    # The first rounds fill what is kept for the next: allocators, OpenSSL's tables.
    for _ <- 1..3, do: fifty_come_and_go(specter, api)
    before = {descriptors(), :erlang.memory(:total), resident_kib()}

    for _ <- 1..20, do: fifty_come_and_go(specter, api)

    {descriptors, memory, resident} = before
    await_counters({1, 0, 1})
    await_descriptors(descriptors)
    :erlang.garbage_collect()
    assert_in_delta :erlang.memory(:total), memory, 2_000_000
    # 1,000 connections that leaked would be some 100 MB; arenas that grow are not.
    assert resident_kib() - resident < 20_000
  end

  test "1,000 connections live together" do
    specter = init()
    api = new_api(specter)
    pcs = for _ <- 1..1_000, do: elem(PeerConnection.new(specter, api), 1)
    for pc <- pcs, do: assert_receive({:peer_connection_ready, ^pc})
    assert {1, 1_000, 1} = Native.counters()
    for pc <- pcs, do: :ok = PeerConnection.create_data_channel(specter, pc, "data")
    for pc <- pcs, do: assert_receive({:data_channel_created, ^pc})
    for pc <- pcs, do: :ok = PeerConnection.close(specter, pc)
    for pc <- pcs, do: assert_receive({:peer_connection_closed, ^pc})
    await_counters({1, 0, 1})
  end

  test "atoms are not made from what comes in" do
    specter = init()
    pc = new_peer(specter)

    step = fn n ->
      :ok = PeerConnection.create_data_channel(specter, pc, "label #{n}")
      json = ~s({"type":"type #{n}","key #{n}":1,"sdp":""})
      {:error, :invalid_json} = PeerConnection.set_remote_description(specter, pc, json)
      {:error, :not_found} = PeerConnection.close(specter, "id #{n}")
    end

    step.(0)
    before = :erlang.system_info(:atom_count)
    for n <- 1..500, do: step.(n)
    assert :erlang.system_info(:atom_count) == before
  end

  # Step by step together: one after another they would wait some thousand times for the loops.
  defp fifty_come_and_go(specter, api) do
    pcs = for _ <- 1..50, do: elem(PeerConnection.new(specter, api), 1)
    for pc <- pcs, do: assert_receive({:peer_connection_ready, ^pc})
    for pc <- pcs, do: :ok = PeerConnection.create_data_channel(specter, pc, "data")
    for pc <- pcs, do: :ok = PeerConnection.create_offer(specter, pc)

    for pc <- pcs do
      assert_receive {:offer, ^pc, offer}
      :ok = PeerConnection.set_local_description(specter, pc, offer)
    end

    for pc <- pcs, do: assert_receive({:ok, ^pc, :set_local_description})
    for pc <- pcs, do: :ok = PeerConnection.close(specter, pc)
    for pc <- pcs, do: assert_receive({:peer_connection_closed, ^pc})
    flush()
  end

  defp flush do
    receive do
      _ -> flush()
    after
      0 -> :ok
    end
  end

  defp resident_kib do
    [_, kib] = Regex.run(~r/VmRSS:\s+(\d+) kB/, File.read!("/proc/self/status"))
    String.to_integer(kib)
  end

  # A process that made a Specter and connections: {pid, {specter, api, pcs}}.
  defp start_owner(count, make \\ &gathering_peer/2) do
    test = self()

    owner =
      spawn(fn ->
        specter = init()
        api = new_api(specter)
        pcs = for _ <- 1..count, do: specter |> make.(api) |> elem(1)
        send(test, {:made, self(), {specter, api, pcs}})

        receive do
          {:exit, reason} -> exit(reason)
        end
      end)

    assert_receive {:made, ^owner, made}
    {owner, made}
  end

  # A process whose connection has slow calls waiting, and then does one thing more.
  defp start_busy_owner(calls, then_do) do
    test = self()

    owner =
      spawn(fn ->
        busy(calls, then_do)
        # What it does not name any more is forgotten.
        :erlang.garbage_collect()
        send(test, {:busy, self()})
        receive do: (:never -> :ok)
      end)

    assert_receive {:busy, ^owner}, 30_000
    if then_do == :forget, do: await_counters({0, 1, 1})
    owner
  end

  defp busy(calls, then_do) do
    specter = init()
    pc = new_slow_peer(specter)
    for _ <- 1..calls, do: :ok = PeerConnection.get_stats(specter, pc)
    if then_do == :close, do: :ok = PeerConnection.close(specter, pc)
    if then_do == :forget, do: forget(specter)
    :ok
  end

  defp ask_and_forget(calls) do
    specter = init()
    pc = new_peer(specter)
    for _ <- 1..calls, do: :ok = PeerConnection.get_stats(specter, pc)
    forget(specter)
    pc
  end

  defp gathering_peer(specter, api), do: {:ok, elem(new_gathering_peer(specter, api), 0)}

  defp end_owner(owner, reason) do
    monitor = Process.monitor(owner)
    if reason == :kill, do: Process.exit(owner, :kill), else: send(owner, {:exit, reason})
    assert_receive {:DOWN, ^monitor, :process, ^owner, _reason}
  end

  defp make_things_forever do
    specter = init()
    api = new_api(specter)
    for _ <- 1..3, do: PeerConnection.new(specter, api)
    make_things_forever()
  end

  defp forgetful do
    specter = init()
    PeerConnection.new(specter, new_api(specter))
  end

  # Not inlined into its caller: its variables must be gone when it returns.
  defp forget_here do
    specter = init()
    pc = new_peer(specter)
    forget(specter)
    pc
  end
end
