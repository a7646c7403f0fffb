defmodule Specter.Test.Channels do
  @moduledoc false
  # Connected pairs, and data over them.

  import ExUnit.Assertions
  import Specter.Test.Case

  alias Specter.{DataChannel, PeerConnection}

  # Two connections of one Specter whose channel is open: {pc_1, dc_1, pc_2, dc_2}.
  def connected_pair(specter, options \\ []) do
    {active, channel_options} = Keyword.pop(options, :active, true)
    api = new_api(specter)
    pc_1 = ready(specter, api, [])
    pc_2 = ready(specter, api, active: active)
    :ok = PeerConnection.create_data_channel(specter, pc_1, "data", channel_options)
    connect(specter, pc_1, pc_2)
    assert_receive {:data_channel, ^pc_1, dc_1, %{origin: :local}}
    assert_receive {:data_channel_open, ^pc_1, ^dc_1}

    if channel_options[:negotiated] do
      {pc_1, dc_1, pc_2, nil}
    else
      assert_receive {:data_channel, ^pc_2, dc_2, %{origin: :remote}}
      assert_receive {:data_channel_open, ^pc_2, ^dc_2}
      {pc_1, dc_1, pc_2, dc_2}
    end
  end

  # Offer, answer, a candidate each way.
  def connect(specter, pc_1, pc_2) do
    :ok = PeerConnection.create_offer(specter, pc_1)
    assert_receive {:offer, ^pc_1, offer}
    :ok = PeerConnection.set_local_description(specter, pc_1, offer)
    :ok = PeerConnection.set_remote_description(specter, pc_2, offer)
    :ok = PeerConnection.create_answer(specter, pc_2)
    assert_receive {:answer, ^pc_2, answer}
    :ok = PeerConnection.set_local_description(specter, pc_2, answer)
    :ok = PeerConnection.set_remote_description(specter, pc_1, answer)
    exchange_a_candidate(specter, pc_1, pc_2)
  end

  # Sends, and waits for room where there is none.
  def send_all(specter, pc, dc, kind, messages) do
    Enum.each(messages, &send_one(specter, pc, dc, kind, &1))
  end

  def send_one(specter, pc, dc, kind, message) do
    case DataChannel.send(specter, dc, kind, message) do
      :ok ->
        :ok

      {:error, :would_block} ->
        assert_receive {:buffered_amount_low, ^pc, ^dc}, 30_000
        send_one(specter, pc, dc, kind, message)
    end
  end

  # Each in its place, byte for byte.
  def receive_all(pc, dc, kind, messages) do
    Enum.each(messages, fn message ->
      receive do
        {:data_channel_message, ^pc, ^dc, ^kind, data} ->
          if data != message, do: flunk("another message: #{inspect(data)}")
      after
        30_000 -> flunk("no message")
      end
    end)
  end

  # Different bytes for each number, cheap to make.
  def message(number, size) do
    # In pieces: copying a single byte many times takes longer than to send what comes of it.
    few = :binary.copy(<<rem(number, 251)>>, size |> min(32) |> max(1))
    many = :binary.copy(few, min(div(size, 32) + 1, 32))
    pieces = List.duplicate(many, div(size, byte_size(many)) + 1)
    binary_part(IO.iodata_to_binary([<<number::32>> | pieces]), 0, size)
  end

  # For a process of another node: tells the test what it hears.
  def relay(test) do
    receive do
      message -> send(test, {:far, message})
    end

    relay(test)
  end

  defp ready(specter, api, options) do
    {:ok, pc} = PeerConnection.new(specter, api, options)
    assert_receive {:peer_connection_ready, ^pc}
    pc
  end
end
