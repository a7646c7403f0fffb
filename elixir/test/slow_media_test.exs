defmodule Specter.SlowMediaTest do
  # Owners that are slow to take media, or gone: nothing waits for them, and what they miss is counted.
  use Specter.Test.Case

  import Specter.Test.Media

  alias Specter.{DataChannel, PeerConnection, TrackLocalStaticRtp, TrackLocalStaticSample}

  # What is kept of a track for an owner that does not ask: MediaRing of c_src.
  @kept 256
  @tracks 40

  setup do
    {:ok, specter: init()}
  end

  # pc_1 sends film to pc_2, which wants nothing.
  defp passive_pair(specter) do
    pc_1 = new_peer(specter)
    api = new_api(specter)
    {:ok, pc_2} = PeerConnection.new(specter, api, active: 1)
    assert_receive {:peer_connection_ready, ^pc_2}
    :ok = PeerConnection.set_active(specter, pc_2, false)
    film = sample_track(specter, vp8(), "film")
    sender = new_sender(specter, pc_1, film)
    connect_media(specter, pc_1, pc_2)
    assert_receive {:track, ^pc_2, receiver, %{kind: :video}}
    {pc_1, sender, film, pc_2, receiver}
  end

  # So many pictures, and that all of them have arrived.
  defp fill(specter, film, pc_2, numbers, before \\ 0) do
    for number <- numbers do
      kind = if number == 1, do: :key, else: :delta
      :ok = TrackLocalStaticSample.write_sample(specter, film, picture(kind, number), 20)
      # The pacer's queue is not what is tested here.
      if rem(number, 20) == 0, do: await_frames(specter, pc_2, before + number)
    end

    await_frames(specter, pc_2, before + List.last(Enum.to_list(numbers)))
  end

  defp await_frames(specter, pc, count, deadline \\ now() + 20_000) do
    # Packets that wait for their turn have no message: so this looks again and again.
    received = report_or_nothing(specter, pc)["framesReceived"] || 0

    cond do
      received >= count -> :ok
      now() > deadline -> flunk("#{received} frames of #{count}")
      true -> await_frames(specter, pc, count, deadline)
    end
  end

  defp await_all_frames(specter, pc, count, deadline \\ now() + 20_000) do
    reports = for {_, %{"type" => "inbound-rtp"} = r} <- stats(specter, pc), do: r
    received = reports |> Enum.map(&(&1["framesReceived"] || &1["packetsReceived"])) |> Enum.sum()

    cond do
      received >= count -> :ok
      now() > deadline -> flunk("#{received} frames of #{count}")
      true -> await_all_frames(specter, pc, count, deadline)
    end
  end

  # A packet counts as received before its frame is told.
  defp await_dropped(specter, pc, count, deadline \\ now() + 10_000) do
    infos = transceivers(specter, pc)
    dropped = infos |> Enum.map(& &1.dropped) |> Enum.sum()

    if dropped >= count or now() > deadline,
      do: infos,
      else: await_dropped(specter, pc, count, deadline)
  end

  defp report_or_nothing(specter, pc) do
    reports = for {_, %{"type" => "inbound-rtp"} = r} <- stats(specter, pc), do: r
    List.first(reports) || %{}
  end

  defp number(<<_::binary-size(3), n::32, _::binary>> = data)
       when binary_part(data, 0, 1) == <<0x11>>,
       do: n

  test "that come late get the newest, and hear how many are missing", %{specter: specter} do
    {pc_1, sender, film, pc_2, receiver} = passive_pair(specter)
    fill(specter, film, pc_2, 1..300)
    refute_received {:frame, ^pc_2, _receiver, _frame}
    missing = 300 - @kept
    assert [%{dropped: ^missing}] = transceivers(specter, pc_2)

    :ok = PeerConnection.set_active(specter, pc_2, :once)
    assert_receive {:frame, ^pc_2, ^receiver, first}
    assert %{follows_loss: true, dropped: ^missing} = first
    assert number(first.data) == missing + 1
    # It can't be decoded without those before it.
    assert_receive {:key_frame_wanted, ^pc_1, ^sender, ""}, 2_000
    refute_received {:frame, ^pc_2, _receiver, _frame}

    :ok = PeerConnection.set_active(specter, pc_2, 10)

    for n <- (missing + 2)..(missing + 11) do
      assert_receive {:frame, ^pc_2, ^receiver, frame}
      assert %{follows_loss: false, dropped: ^missing} = frame
      assert number(frame.data) == n
    end

    assert_receive {:data_channel_passive, ^pc_2}
    refute_received {:frame, ^pc_2, _receiver, _frame}
    :ok = PeerConnection.set_active(specter, pc_2, true)

    for n <- (missing + 12)..300 do
      assert_receive {:frame, ^pc_2, ^receiver, frame}
      assert number(frame.data) == n
    end

    assert [%{dropped: ^missing}] = transceivers(specter, pc_2)
  end

  test "nothing else waits for what they do not take", %{specter: specter} do
    {pc_1, _sender, film, pc_2, _receiver} = passive_pair(specter)
    :ok = PeerConnection.create_data_channel(specter, pc_1, "data")
    negotiate(specter, pc_1, pc_2)
    assert_receive {:data_channel, ^pc_1, dc_1, _info}
    assert_receive {:data_channel_open, ^pc_1, ^dc_1}, 5_000
    assert_receive {:data_channel_open, ^pc_2, dc_2}, 5_000
    fill(specter, film, pc_2, 1..300)
    # Calls are answered, and a channel's messages go the other way.
    assert DataChannel.send(specter, dc_2, "back") == :ok
    assert_receive {:data_channel_message, ^pc_1, ^dc_1, :text, "back"}, 2_000
    :ok = PeerConnection.signaling_state(specter, pc_2)
    assert_receive {:signaling_state, ^pc_2, :stable}
  end

  test "each of many tracks keeps its newest", %{specter: specter} do
    pc_1 = new_peer(specter)
    api = new_api(specter)
    {:ok, pc_2} = PeerConnection.new(specter, api, active: 1)
    assert_receive {:peer_connection_ready, ^pc_2}
    :ok = PeerConnection.set_active(specter, pc_2, false)

    sounds =
      for n <- 1..@tracks do
        sound = sample_track(specter, opus(), "sound#{n}")
        new_sender(specter, pc_1, sound)
        sound
      end

    connect_media(specter, pc_1, pc_2)
    for _ <- 1..@tracks, do: assert_receive({:track, ^pc_2, _receiver, %{kind: :audio}})

    for n <- 1..(@kept + 20) do
      for sound <- sounds do
        :ok = TrackLocalStaticSample.write_sample(specter, sound, <<0xFC, n::32>>, 20)
      end

      if rem(n, 4) == 0, do: await_all_frames(specter, pc_2, n * @tracks)
    end

    await_all_frames(specter, pc_2, (@kept + 20) * @tracks)
    infos = await_dropped(specter, pc_2, 20 * @tracks)
    assert Enum.map(infos, & &1.dropped) == List.duplicate(20, @tracks)

    :ok = PeerConnection.set_active(specter, pc_2, true)

    frames =
      for _ <- 1..(@kept * @tracks) do
        assert_receive {:frame, ^pc_2, receiver, %{data: <<0xFC, n::32>>}}
        {receiver, n}
      end

    kept = Enum.group_by(frames, &elem(&1, 0), &elem(&1, 1))
    assert Enum.sort(Map.keys(kept)) == Enum.sort(Enum.map(infos, & &1.id))
    for {_receiver, numbers} <- kept, do: assert(numbers == Enum.to_list(21..(@kept + 20)))
  end

  test "packets are counted one by one, and a key frame is asked for", %{specter: specter} do
    {pc_1, sender, film, pc_2, receiver} = passive_pair(specter)
    :ok = PeerConnection.set_delivery(specter, pc_2, receiver, :rtp)
    :ok = PeerConnection.signaling_state(specter, pc_2)
    assert_receive {:signaling_state, ^pc_2, _state}

    # One by one: those that come together are one message, and few messages would be kept all.
    for n <- 1..300 do
      kind = if n == 1, do: :key, else: :delta
      :ok = TrackLocalStaticSample.write_sample(specter, film, picture(kind, n), 20)
      await_packets(specter, pc_2, n)
    end

    [%{dropped: dropped}] = transceivers(specter, pc_2)
    assert dropped > 0
    :ok = PeerConnection.set_active(specter, pc_2, true)
    assert_receive {:key_frame_wanted, ^pc_1, ^sender, ""}, 2_000
    assert dropped + count_packets(pc_2, receiver) == 300
  end

  defp await_packets(specter, pc, count, deadline \\ now() + 20_000) do
    received = report_or_nothing(specter, pc)["packetsReceived"] || 0

    cond do
      received >= count -> :ok
      now() > deadline -> flunk("#{received} packets of #{count}")
      true -> await_packets(specter, pc, count, deadline)
    end
  end

  defp count_packets(pc, receiver, count \\ 0) do
    receive do
      {:rtp, ^pc, ^receiver, "", packets} -> count_packets(pc, receiver, count + length(packets))
    after
      200 -> count
    end
  end

  test "what waits goes to the new owner", %{specter: specter} do
    {_pc_1, _sender, film, pc_2, receiver} = passive_pair(specter)
    fill(specter, film, pc_2, 1..5)
    test = self()
    heir = spawn_link(fn -> pass_on(test) end)
    :ok = PeerConnection.controlling_process(specter, pc_2, heir)
    :ok = PeerConnection.set_active(specter, pc_2, true)

    for n <- 2..5 do
      assert_receive {:passed_on,
                      {:frame, ^pc_2, ^receiver, %{data: <<0x11, _, _, ^n::32, _::binary>>}}}
    end
  end

  defp pass_on(test) do
    receive do
      message -> send(test, {:passed_on, message})
    end

    pass_on(test)
  end

  test "that end take their connections with them, in the midst of media", %{specter: specter} do
    pc_1 = new_peer(specter)
    film = sample_track(specter, vp8(), "film")
    new_sender(specter, pc_1, film)
    test = self()

    owner =
      spawn(fn ->
        other = init()
        pc = new_peer(other)
        send(test, {:pc, other, pc})
        pass_on(test)
      end)

    assert_receive {:pc, other, pc_2}, 1_000
    :ok = PeerConnection.create_offer(specter, pc_1)
    assert_receive {:offer, ^pc_1, offer}
    :ok = PeerConnection.set_local_description(specter, pc_1, offer)
    :ok = PeerConnection.set_remote_description(other, pc_2, offer)
    :ok = PeerConnection.create_answer(other, pc_2)
    assert_receive {:passed_on, {:answer, ^pc_2, answer}}
    :ok = PeerConnection.set_local_description(other, pc_2, answer)
    :ok = PeerConnection.set_remote_description(specter, pc_1, answer)
    assert_receive {:ice_candidate, ^pc_1, candidate_1}
    assert_receive {:passed_on, {:ice_candidate, ^pc_2, candidate_2}}
    :ok = PeerConnection.add_ice_candidate(other, pc_2, candidate_1)
    :ok = PeerConnection.add_ice_candidate(specter, pc_1, candidate_2)
    assert_receive {:connection_state_change, ^pc_1, :connected}, 10_000

    writer =
      spawn_link(fn ->
        for n <- Stream.iterate(1, &(&1 + 1)) do
          :ok = TrackLocalStaticSample.write_sample(specter, film, picture(:key, n, 2_000), 1)
          receive after: (1 -> :ok)
        end
      end)

    assert_receive {:passed_on, {:frame, ^pc_2, _receiver, _frame}}, 5_000
    Process.exit(owner, :kill)
    # Its connection says so to the other one.
    assert_receive {:connection_failed, ^pc_1, :closed_by_peer, _text}, 10_000
    Process.unlink(writer)
    Process.exit(writer, :kill)
    assert TrackLocalStaticRtp.write_rtp(specter, film, "x") == {:error, :invalid_track}
    refute PeerConnection.exists?(other, pc_2)
    assert PeerConnection.exists?(specter, pc_1)
  end

  test "their track's end drops what waits of it", %{specter: specter} do
    {pc_1, sender, film, pc_2, receiver} = passive_pair(specter)
    fill(specter, film, pc_2, 1..5)
    :ok = PeerConnection.stop_transceiver(specter, pc_1, sender)
    negotiate(specter, pc_1, pc_2)
    assert_receive {:track_ended, ^pc_2, ^receiver}
    :ok = PeerConnection.set_active(specter, pc_2, true)
    :ok = PeerConnection.signaling_state(specter, pc_2)
    assert_receive {:signaling_state, ^pc_2, :stable}
    refute_received {:frame, ^pc_2, _receiver, _frame}
  end
end
