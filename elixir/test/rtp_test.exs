defmodule Specter.RtpTest do
  # Media between connections of one VM: both ways, simulcast, packets, and what is forwarded.
  use Specter.Test.Case

  import Specter.Test.Media

  alias Specter.{Native, PeerConnection, TrackLocal, TrackLocalStaticRtp, TrackLocalStaticSample}

  @packet <<2::2, 0::6, 1::1, 96::7, 5::16, 90_000::32, 1::32, "payload">>

  setup do
    {:ok, specter: init()}
  end

  defp write(specter, track, data, options \\ []) do
    assert TrackLocalStaticSample.write_sample(specter, track, data, 20, options) == :ok
  end

  test "media flows both ways, audio and video", %{specter: specter} do
    [pc_1, pc_2] = [new_peer(specter), new_peer(specter)]
    film_1 = sample_track(specter, vp8(), "film-1")
    voice_1 = sample_track(specter, opus(), "voice-1")
    film_2 = sample_track(specter, vp8(), "film-2")
    voice_2 = sample_track(specter, opus(), "voice-2")
    for {pc, track} <- [{pc_1, film_1}, {pc_1, voice_1}], do: new_sender(specter, pc, track)
    # Those of the answer: the offer's transceivers take them.
    for {pc, track} <- [{pc_2, film_2}, {pc_2, voice_2}], do: new_sender(specter, pc, track)
    connect_media(specter, pc_1, pc_2)

    receivers =
      for pc <- [pc_1, pc_2], kind <- [:audio, :video], into: %{} do
        assert_receive {:track, ^pc, receiver, %{kind: ^kind}}
        {{pc, kind}, receiver}
      end

    assert length(transceivers(specter, pc_1)) == 2
    assert length(transceivers(specter, pc_2)) == 2

    for {track, number} <- [{film_1, 1}, {film_2, 2}] do
      write(specter, track, picture(:key, number))
      write(specter, track, picture(:delta, number))
    end

    for {track, number} <- [{voice_1, 1}, {voice_2, 2}],
        do: write(specter, track, <<0xF8, number, number>>)

    for {pc, number} <- [{pc_2, 1}, {pc_1, 2}] do
      video = receivers[{pc, :video}]
      audio = receivers[{pc, :audio}]
      key = picture(:key, number)
      delta = picture(:delta, number)

      assert_receive {:frame, ^pc, ^video, %{data: ^key, is_key_frame: true, codec: "VP8"}}, 2_000
      assert_receive {:frame, ^pc, ^video, %{data: ^delta, is_key_frame: false}}, 2_000

      assert_receive {:frame, ^pc, ^audio, %{data: <<0xF8, ^number, ^number>>, codec: "opus"}},
                     2_000
    end

    for pc <- [pc_1, pc_2] do
      stats = stats(specter, pc)

      sums =
        for kind <- ["audio", "video"], type <- ["inbound-rtp", "outbound-rtp"], into: %{} do
          [report] = for {_, %{"type" => ^type, "kind" => ^kind} = r} <- stats, do: r
          {{type, kind}, report}
        end

      assert %{"framesSent" => 2, "keyFramesSent" => 1, "packetsSent" => 2, "active" => true} =
               sums[{"outbound-rtp", "video"}]

      assert %{"framesReceived" => 2, "packetsReceived" => 2, "packetsLost" => 0} =
               sums[{"inbound-rtp", "video"}]

      assert %{"packetsReceived" => 1} = sums[{"inbound-rtp", "audio"}]
    end

    for track <- [film_1, voice_1, film_2, voice_2] do
      assert {:ok, %{senders: 1, dropped: 0}} = TrackLocal.info(specter, track)
    end
  end

  test "a publisher's packets go to every subscriber, and key frames are asked for at the source",
       %{specter: specter} do
    # publisher -> inlet, an outlet for each subscriber.
    [publisher, inlet] = [new_peer(specter), new_peer(specter)]
    film = sample_track(specter, vp8(), "film")
    source = new_sender(specter, publisher, film)
    connect_media(specter, publisher, inlet)
    assert_receive {:track, ^inlet, transceiver, %{kind: :video}}
    :ok = PeerConnection.set_delivery(specter, inlet, transceiver, :rtp)
    forwarded = rtp_track(specter, vp8(), "forwarded")
    relay = fn -> forward(specter, inlet, transceiver, forwarded) end

    outlets =
      for _ <- 1..3 do
        [outlet, subscriber] = [new_peer(specter), new_peer(specter)]
        sender = new_sender(specter, outlet, forwarded)
        connect_media(specter, outlet, subscriber)
        assert_receive {:track, ^subscriber, receiver, %{kind: :video}}
        {outlet, sender, subscriber, receiver}
      end

    assert {:ok, %{senders: 3}} = TrackLocal.info(specter, forwarded)
    # The second one is of several packets.
    deltas = for n <- 2..20, do: picture(:delta, n, if(n == 2, do: 5_000, else: 300))
    pictures = [picture(:key, 1) | deltas]
    for picture <- pictures, do: write(specter, film, picture)

    for {_outlet, _sender, subscriber, receiver} <- outlets do
      assert pictures == for(_ <- pictures, do: next_frame(subscriber, receiver, relay))
    end

    # A subscriber that comes later starts with a key frame. It asks for it by itself, when it sees that it
    # can't decode what comes.
    [outlet, late] = [new_peer(specter), new_peer(specter)]
    sender = new_sender(specter, outlet, forwarded)
    connect_media(specter, outlet, late)
    assert_receive {:track, ^late, late_receiver, %{kind: :video}}
    write(specter, film, picture(:delta, 21))
    assert_receive {:rtp, ^inlet, ^transceiver, "", packets}, 2_000
    :ok = TrackLocalStaticRtp.write_rtp(specter, forwarded, packets)
    assert_receive {:key_frame_wanted, ^outlet, ^sender, ""}, 2_000
    :ok = PeerConnection.request_key_frame(specter, inlet, transceiver)
    assert_receive {:key_frame_wanted, ^publisher, ^source, ""}, 2_000
    write(specter, film, picture(:key, 22))
    assert next_frame(late, late_receiver, relay) == picture(:key, 22)

    for {_outlet, _sender, subscriber, receiver} <- outlets,
        picture <- [picture(:delta, 21), picture(:key, 22)] do
      assert next_frame(subscriber, receiver, relay) == picture
    end

    assert report(specter, inlet, "inbound-rtp")["pliCount"] >= 1
    assert report(specter, outlet, "outbound-rtp")["pliCount"] >= 1
  end

  # Forwards meanwhile.
  defp next_frame(pc, receiver, relay, deadline \\ now() + 5_000) do
    relay.()

    receive do
      {:frame, ^pc, ^receiver, frame} -> frame.data
    after
      5 ->
        if now() > deadline, do: flunk("no frame")
        next_frame(pc, receiver, relay, deadline)
    end
  end

  test "each encoding of simulcast is written, received and asked for by its name",
       %{specter: specter} do
    [pc_1, pc_2] = [new_peer(specter), new_peer(specter)]
    film = sample_track(specter, vp8(), "film")
    encodings = [%{rid: "h"}, %{rid: "l"}]
    sender = new_transceiver(specter, pc_1, film, send_encodings: encodings)
    connect_media(specter, pc_1, pc_2)
    assert_receive {:track, ^pc_2, receiver, %{kind: :video}}

    for rid <- ["h", "l"] do
      assert_receive {:encoding_wanted, ^pc_1, ^sender, ^rid, true}
      write(specter, film, picture(:key, 1) <> rid, rid: rid)
    end

    for rid <- ["h", "l"] do
      assert_receive {:frame, ^pc_2, ^receiver, %{rid: ^rid, data: data}}, 2_000
      assert data == picture(:key, 1) <> rid
      :ok = PeerConnection.request_key_frame(specter, pc_2, receiver, rid)
      assert_receive {:key_frame_wanted, ^pc_1, ^sender, ^rid}, 2_000
    end

    read = parameters(specter, pc_1, sender)
    only = for encoding <- read.encodings, do: %{encoding | active: encoding.rid == "l"}
    :ok = PeerConnection.set_parameters(specter, pc_1, sender, %{read | encodings: only})
    assert_receive {:encoding_wanted, ^pc_1, ^sender, "h", false}
    write(specter, film, picture(:key, 2), rid: "h")
    write(specter, film, picture(:key, 3), rid: "l")
    assert_receive {:frame, ^pc_2, ^receiver, %{rid: "l", data: data}}, 2_000
    assert data == picture(:key, 3)
    refute_received {:frame, ^pc_2, ^receiver, %{rid: "h"}}
  end

  test "an estimate of the receiver is told to the sender", %{specter: specter} do
    {:ok, media_engine} = Specter.new_media_engine(specter)
    :ok = Specter.MediaEngine.register_feedback(specter, media_engine, :video, "goog-remb")
    {:ok, registry} = Specter.new_registry(specter, media_engine)
    {:ok, api} = Specter.new_api(specter, media_engine, registry)
    [pc_1, pc_2] = [new_peer(specter, api), new_peer(specter, api)]
    film = sample_track(specter, vp8(), "film")
    new_sender(specter, pc_1, film)
    connect_media(specter, pc_1, pc_2)
    write(specter, film, picture(:key, 1))
    assert_receive {:frame, ^pc_2, _receiver, _frame}, 2_000
    :ok = PeerConnection.set_bitrate_estimate(specter, pc_2, 1_000_000)
    assert_receive {:bitrate_feedback, ^pc_1, %{estimate: estimate}} when estimate != nil, 5_000
    assert_in_delta estimate, 1_000_000, 10_000
  end

  test "a sample is captured when it is said to be", %{specter: specter} do
    [pc_1, pc_2] = [new_peer(specter), new_peer(specter)]
    film = sample_track(specter, vp8(), "film")
    new_sender(specter, pc_1, film)
    connect_media(specter, pc_1, pc_2)
    now = System.monotonic_time(:nanosecond)

    for {number, milliseconds} <- [{1, 0}, {2, 500}] do
      at = now - 1_000_000_000 + milliseconds * 1_000_000
      write(specter, film, picture(:key, number), captured_at: at)
    end

    assert_receive {:frame, ^pc_2, _receiver, %{rtp_timestamp: first}}, 2_000
    assert_receive {:frame, ^pc_2, _receiver, %{rtp_timestamp: second}}, 2_000
    assert_in_delta rem(second - first + 0x1_0000_0000, 0x1_0000_0000), 45_000, 10
  end

  test "a picture is turned, at a second peer that it is forwarded to, too", %{specter: specter} do
    [pc_1, pc_2, pc_3, pc_4] = for _ <- 1..4, do: new_peer(specter)
    film = sample_track(specter, vp8(), "film")
    new_sender(specter, pc_1, film)
    connect_media(specter, pc_1, pc_2)
    forwarded = rtp_track(specter, vp8(), "forwarded")
    new_sender(specter, pc_3, forwarded)
    connect_media(specter, pc_3, pc_4)

    assert_receive {:track, ^pc_2, receiver, _info}
    :ok = PeerConnection.set_delivery(specter, pc_2, receiver, :rtp)
    :ok = PeerConnection.get_receive_parameters(specter, pc_2, receiver)
    assert_receive {:receive_parameters, ^pc_2, ^receiver, %{header_extensions: extensions}}
    assert Enum.any?(extensions, &(&1.uri == "urn:3gpp:video-orientation"))

    turned = fn ->
      write(specter, film, picture(:key, 1), rotation: 90)
      assert_receive {:rtp, ^pc_2, ^receiver, _rid, packets}, 2_000
      :ok = TrackLocalStaticRtp.write_rtp(specter, forwarded, packets)
      assert_receive {:frame, ^pc_4, _receiver, %{rotation: rotation}}, 2_000
      rotation
    end

    assert turned.() == nil
    :ok = TrackLocalStaticRtp.set_header_extensions(specter, forwarded, extensions)
    assert turned.() == 90
  end

  describe "what is no sample, packet or track" do
    setup %{specter: specter} do
      {:ok, film: sample_track(specter, vp8(), "film"), packets: rtp_track(specter, vp8(), "rtp")}
    end

    test "is refused", %{specter: specter, film: film, packets: packets} do
      write_rtp = &TrackLocalStaticRtp.write_rtp(specter, packets, &1, &2)
      assert write_rtp.(@packet, "") == :ok
      assert write_rtp.(@packet, "h") == :ok
      assert write_rtp.([], "") == :ok

      for wrong <- ["", "short", <<0>> <> @packet, String.duplicate(@packet, 4_000)] do
        assert write_rtp.(wrong, "") == {:error, :invalid_packet}
        assert write_rtp.([@packet, wrong, @packet], "") == {:error, :invalid_packet}
      end

      assert write_rtp.(@packet, "no rid") == {:error, :invalid_packet}
      # Each kind of track takes its own.
      assert TrackLocalStaticRtp.write_rtp(specter, film, @packet) == {:error, :invalid_track}

      assert TrackLocalStaticRtp.write_rtp(specter, unknown(), @packet) ==
               {:error, :invalid_track}

      write_sample = &TrackLocalStaticSample.write_sample(specter, &1, "sample", 20, &2)
      assert write_sample.(packets, []) == {:error, :invalid_track}
      assert write_sample.(unknown(), []) == {:error, :invalid_track}

      hour = 3_600_000_000_000

      for options <- [
            [temporal_id: 4],
            [temporal_id: 256],
            [rid: "no rid"],
            [audio_level: 128],
            [audio_level: 1_000],
            [rotation: 45],
            [rotation: 360],
            [rotation: 1_000_000],
            [captured_at: System.monotonic_time(:nanosecond) + 2 * hour],
            [captured_at: -9_223_372_036_854_775_808]
          ] do
        assert write_sample.(film, options) == {:error, :invalid_sample}
      end
    end

    test "is refused at the end of a list that takes many turns", %{
      specter: specter,
      packets: track
    } do
      packets = List.duplicate(@packet, 200_000) ++ ["short"]
      assert {:more, rest} = Native.write_rtp(Specter.native(specter), track, packets, "")
      assert length(rest) in 1..199_999
      assert TrackLocalStaticRtp.write_rtp(specter, track, packets) == {:error, :invalid_packet}
    end

    test "is nonsense", %{specter: specter, film: film, packets: packets} do
      for wrong <- [nil, 1, :packet, %{}, [nil], [@packet | @packet], ["a" | 1], <<1::3>>, {}] do
        assert_raise ArgumentError, fn ->
          TrackLocalStaticRtp.write_rtp(specter, packets, wrong)
        end
      end

      for wrong <- [nil, 1, :rid, 'rid', <<1::3>>] do
        assert_raise ArgumentError, fn ->
          TrackLocalStaticRtp.write_rtp(specter, packets, @packet, wrong)
        end
      end

      for options <- [
            nil,
            [unknown: 1],
            [rid: nil],
            [temporal_id: -1],
            [temporal_id: "1"],
            [audio_level: -1],
            [rotation: "90"],
            [captured_at: 1.5],
            [captured_at: 9_223_372_036_854_775_808]
          ] do
        assert_raise ArgumentError, fn ->
          TrackLocalStaticSample.write_sample(specter, film, "sample", 20, options)
        end
      end

      for wrong <- [nil, 1, %{}, [1], [%{uri: "a"}], [%{uri: "a", id: -1}], [%{uri: 1, id: 1}]] do
        assert_raise ArgumentError, fn ->
          TrackLocalStaticRtp.set_header_extensions(specter, packets, wrong)
        end
      end

      for wrong <- [nil, 1, :track, %{}, self()] do
        assert_raise ArgumentError, fn -> TrackLocal.info(specter, wrong) end
        assert_raise ArgumentError, fn -> TrackLocal.delete(specter, wrong) end
        assert_raise ArgumentError, fn -> TrackLocal.info(wrong, film) end
        assert_raise ArgumentError, fn -> TrackLocal.delete(wrong, film) end
        assert_raise ArgumentError, fn -> TrackLocalStaticRtp.new(specter, wrong, "a", "b") end
        assert_raise ArgumentError, fn -> TrackLocalStaticRtp.new(specter, vp8(), wrong, "b") end
        assert_raise ArgumentError, fn -> TrackLocalStaticRtp.new(specter, vp8(), "a", wrong) end
        assert_raise ArgumentError, fn -> TrackLocalStaticRtp.new(wrong, vp8(), "a", "b") end
      end
    end

    test "is a deleted track", %{specter: specter, film: film} do
      [pc_1, pc_2] = [new_peer(specter), new_peer(specter)]
      sender = new_sender(specter, pc_1, film)
      connect_media(specter, pc_1, pc_2)
      assert TrackLocal.delete(specter, film) == :ok
      assert TrackLocal.delete(specter, film) == {:error, :invalid_track}
      assert TrackLocal.info(specter, film) == {:error, :invalid_track}
      assert PeerConnection.add_track(specter, pc_2, film) == {:error, :invalid_track}

      assert TrackLocalStaticSample.write_sample(specter, film, "x", 1) ==
               {:error, :invalid_track}

      assert PeerConnection.remove_track(specter, pc_1, sender) == :ok
      assert_receive {:negotiation_needed, ^pc_1}
    end

    test "is of another Specter, or of one that is closed", %{specter: specter, film: film} do
      other = init()
      assert TrackLocal.info(other, film) == {:error, :invalid_track}
      :ok = Specter.close(specter)
      assert TrackLocal.info(specter, film) == {:error, :invalid_track}
      assert TrackLocalStaticRtp.new(specter, vp8(), "a", "b") == {:error, :not_found}
    end
  end
end
