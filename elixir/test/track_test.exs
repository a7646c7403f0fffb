defmodule Specter.TrackTest do
  use Specter.Test.Case

  import Specter.Test.Channels

  alias Specter.{PeerConnection, RtpCodecCapability, TrackLocalStaticSample}

  setup do
    specter = init()

    {:ok, track} =
      TrackLocalStaticSample.new(specter, %RtpCodecCapability{mime_type: "audio"}, "id", "stream")

    {:ok, specter: specter, track: track}
  end

  test "is added in its turn, once", %{specter: specter, track: track} do
    pc = new_peer(specter)
    :ok = PeerConnection.create_offer(specter, pc)
    assert :ok = PeerConnection.add_track(specter, pc, track)
    assert :ok = PeerConnection.add_track(specter, pc, track)
    assert_receive {:rtp_sender, ^pc, ^track, sender}
    assert is_binary(sender)
    assert_receive {:track_error, ^pc, _text}
    assert_received {:offer, ^pc, before}
    refute before =~ "m=audio"
    assert_receive {:negotiation_needed, ^pc}
    :ok = PeerConnection.create_offer(specter, pc)
    assert_receive {:offer, ^pc, offer}
    assert offer =~ "m=audio"
    assert :ok = PeerConnection.remove_track(specter, pc, sender)
    assert :ok = PeerConnection.replace_track(specter, pc, sender, track)
    assert_receive {:track_replaced, ^pc, ^sender}
  end

  test "that is none is refused, but the connection is looked for first",
       %{specter: specter, track: track} do
    pc = new_peer(specter)
    assert PeerConnection.add_track(specter, pc, unknown()) == {:error, :invalid_track}
    assert PeerConnection.add_track(specter, unknown(), track) == {:error, :not_found}
    assert PeerConnection.add_track(specter, unknown(), "") == {:error, :not_found}
    assert PeerConnection.add_track(init(), pc, track) == {:error, :not_found}
  end

  test "plays a file to its end", %{specter: specter, track: track} do
    path = Path.join(System.tmp_dir!(), "specter-#{System.unique_integer([:positive])}.h264")
    on_exit(fn -> File.rm(path) end)
    pictures = for _ <- 1..3, do: <<0, 0, 1, 0x65, 0x83>>
    File.write!(path, [<<0, 0, 0, 1, 0x67, 1>>, <<0, 0, 1, 0x68, 2>> | pictures])
    start = now()
    assert :ok = TrackLocalStaticSample.play_from_file_h264(specter, track, path)
    assert_receive {:playback_finished, ^track}, 1_000
    # Three access units, of 1/30 s each.
    assert now() - start >= 99

    assert TrackLocalStaticSample.play_from_file_h264(specter, track, path <> ".no") ==
             {:error, :file_not_found}

    assert TrackLocalStaticSample.play_from_file_h264(specter, unknown(), path) ==
             {:error, :invalid_track}

    assert TrackLocalStaticSample.play_from_file_h264(specter, unknown(), "no/file") ==
             {:error, :file_not_found}
  end

  test "tells its end to the process that called init, whoever plays it",
       %{specter: specter, track: track} do
    path = Path.join(System.tmp_dir!(), "specter-#{System.unique_integer([:positive])}.h264")
    on_exit(fn -> File.rm(path) end)
    File.write!(path, <<0, 0, 0, 1, 0x67, 1>>)

    player =
      Task.async(fn ->
        :ok = TrackLocalStaticSample.play_from_file_h264(specter, track, path)
        receive do: (:look -> Process.info(self(), :messages))
      end)

    assert_receive {:playback_finished, ^track}
    send(player.pid, :look)
    assert Task.await(player) == {:messages, []}
  end

  test "plays nothing but a path", %{specter: specter, track: track} do
    for played <- [track, unknown()], path <- [1, nil, 1.5, :path, %{}, {}, self()] do
      assert_raise ArgumentError, fn ->
        TrackLocalStaticSample.play_from_file_h264(specter, played, path)
      end
    end
  end

  test "has a codec that says nothing if nothing is said of it", %{specter: specter} do
    assert Map.from_struct(%RtpCodecCapability{}) ==
             %{mime_type: "", clock_rate: 0, channels: 0, sdp_fmtp_line: ""}

    assert {:ok, _track} = TrackLocalStaticSample.new(specter, %RtpCodecCapability{}, "", "")
  end

  test "units are found across the pieces that a file is read in" do
    path = Path.join(System.tmp_dir!(), "specter-#{System.unique_integer([:positive])}.h264")
    on_exit(fn -> File.rm(path) end)

    for at <- 65_530..65_540 do
      File.write!(path, [:binary.copy(<<7>>, at), <<0, 0, 1, 9>>, :binary.copy(<<7>>, 70_000)])
      assert [<<9, _::binary-size(70_000)>>] = Enum.to_list(Specter.AnnexB.units(path))
    end

    assert Enum.to_list(Specter.AnnexB.units("no/file")) == []
  end

  test "slices of one picture stay together, with what stands before them" do
    path = Path.join(System.tmp_dir!(), "specter-#{System.unique_integer([:positive])}.h264")
    on_exit(fn -> File.rm(path) end)

    [sps, pps, idr, slice, next] = [
      <<0x67, 1>>,
      <<0x68, 2>>,
      <<0x65, 0x83>>,
      <<0x65, 0x43>>,
      <<0x41, 0x9A>>
    ]

    File.write!(path, for(unit <- [sps, pps, idr, slice, next], do: [<<0, 0, 1>>, unit, <<0>>]))
    code = <<0, 0, 0, 1>>

    assert Enum.to_list(Specter.AnnexB.access_units(path)) == [
             code <> sps <> code <> pps <> code <> idr <> code <> slice,
             code <> next
           ]
  end

  test "frames and a file's pictures arrive at the peer", %{specter: specter} do
    codec = %RtpCodecCapability{mime_type: "video/H264", clock_rate: 90_000}
    {:ok, track} = TrackLocalStaticSample.new(specter, codec, "film", "cinema")
    [pc_1, pc_2] = [new_peer(specter), new_peer(specter)]
    :ok = PeerConnection.add_track(specter, pc_1, track)
    assert_receive {:rtp_sender, ^pc_1, ^track, _sender}
    connect(specter, pc_1, pc_2)
    assert_receive {:connection_state_change, ^pc_1, :connected}, 10_000
    assert_receive {:connection_state_change, ^pc_2, :connected}, 10_000
    assert_receive {:track, ^pc_2, transceiver, %{kind: :video, streams: ["cinema"]}}
    path = Path.expand("../../tests/data/media/x264.h264", __DIR__)
    :ok = TrackLocalStaticSample.play_from_file_h264(specter, track, path)
    [first | _] = Enum.to_list(Specter.AnnexB.access_units(path))
    assert_receive {:frame, ^pc_2, ^transceiver, frame}, 5_000
    assert %{data: ^first, codec: "H264", is_key_frame: true, dropped: 0} = frame
    assert_receive {:playback_finished, ^track}, 5_000
  end
end
