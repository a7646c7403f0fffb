defmodule Specter.Test.Case do
  @moduledoc false
  # What tests of connections begin with: helpers, and a VM in which nothing of an earlier test is
  # left, so that what the native side counts is the test's own.

  use ExUnit.CaseTemplate

  import ExUnit.Assertions

  alias Specter.{Native, PeerConnection}

  @unknown "6b6ba3b0-1c7e-4b3d-9a51-000000000000"

  using do
    quote do
      import Specter.Test.Case
    end
  end

  setup do
    await_counters({0, 0, 0})
    :ok
  end

  # An id that nothing has.
  def unknown, do: @unknown

  # A Specter that asks no server: its gathering needs no network. This process holds it until it ends or
  # forgets it: code that names it no more, and waits, would lose it to the next garbage collection.
  def init(options \\ [ice_servers: []]) do
    {:ok, specter} = Specter.init(options)
    Process.put({__MODULE__, specter}, :held)
    specter
  end

  def forget(specter), do: Process.delete({__MODULE__, specter})

  def new_api(specter) do
    {:ok, media_engine} = Specter.new_media_engine(specter)
    {:ok, registry} = Specter.new_registry(specter, media_engine)
    {:ok, api} = Specter.new_api(specter, media_engine, registry)
    api
  end

  # A connection that is ready.
  def new_peer(specter, api \\ nil) do
    {:ok, pc} = PeerConnection.new(specter, api || new_api(specter))
    assert_receive {:peer_connection_ready, ^pc}
    pc
  end

  # A connection whose statistics take its loop some milliseconds: they tell of each channel.
  def new_slow_peer(specter) do
    pc = new_peer(specter)
    for _ <- 1..500, do: :ok = PeerConnection.create_data_channel(specter, pc, "data")
    for _ <- 1..500, do: assert_receive({:data_channel_created, ^pc})
    pc
  end

  # A connection with an offer of a data channel that is set: it gathers.
  def new_gathering_peer(specter, api \\ nil) do
    pc = new_peer(specter, api)
    :ok = PeerConnection.create_data_channel(specter, pc, "data")
    :ok = PeerConnection.create_offer(specter, pc)
    assert_receive {:offer, ^pc, offer}
    :ok = PeerConnection.set_local_description(specter, pc, offer)
    assert_receive {:ok, ^pc, :set_local_description}
    {pc, offer}
  end

  # Two connections that exchanged descriptions, but no candidate yet.
  def new_negotiated_pair(specter) do
    {pc_1, offer} = new_gathering_peer(specter)
    pc_2 = new_peer(specter)
    :ok = PeerConnection.set_remote_description(specter, pc_2, offer)
    assert_receive {:ok, ^pc_2, :set_remote_description}
    :ok = PeerConnection.create_answer(specter, pc_2)
    assert_receive {:answer, ^pc_2, answer}
    :ok = PeerConnection.set_local_description(specter, pc_2, answer)
    assert_receive {:ok, ^pc_2, :set_local_description}
    :ok = PeerConnection.set_remote_description(specter, pc_1, answer)
    assert_receive {:ok, ^pc_1, :set_remote_description}
    {pc_1, pc_2}
  end

  # One candidate each way, the first that each side sends.
  def exchange_a_candidate(specter, pc_1, pc_2) do
    assert_receive {:ice_candidate, ^pc_1, candidate_1}
    assert_receive {:ice_candidate, ^pc_2, candidate_2}
    :ok = PeerConnection.add_ice_candidate(specter, pc_2, candidate_1)
    :ok = PeerConnection.add_ice_candidate(specter, pc_1, candidate_2)
  end

  # What the native side is freeing has no message, since there is nobody to tell: so this looks
  # again and again; for less than the minute after which ExUnit ends a test, so that it can say what
  # is left.
  def await_counters(expected, milliseconds \\ 50_000) do
    await(fn -> Native.counters() end, expected, now() + milliseconds)
  end

  def await_descriptors(expected, milliseconds \\ 50_000) do
    await(&descriptors/0, expected, now() + milliseconds)
  end

  # No more than there were: an earlier test's may have been on their way out then.
  def await_no_more_descriptors(before, milliseconds \\ 50_000) do
    await(fn -> max(descriptors(), before) end, before, now() + milliseconds)
  end

  # How many descriptors the VM has open.
  def descriptors, do: length(File.ls!("/proc/self/fd"))

  defp await(look, expected, deadline) do
    seen = look.()

    cond do
      seen == expected ->
        :ok

      now() > deadline ->
        flunk("still #{inspect(seen)} and not #{inspect(expected)}")

      true ->
        # Lets the native threads have the processor.
        receive after: (1 -> :ok)
        await(look, expected, deadline)
    end
  end

  def now, do: System.monotonic_time(:millisecond)
end
