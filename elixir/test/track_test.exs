defmodule Specter.TrackTest do
  use Specter.Test.Case

  alias Specter.{PeerConnection, RtpCodecCapability, TrackLocalStaticSample}

  setup do
    specter = init()

    {:ok, track} =
      TrackLocalStaticSample.new(specter, %RtpCodecCapability{mime_type: "audio"}, "id", "stream")

    {:ok, specter: specter, track: track}
  end

  test "is added in its turn, and gets a sender each time", %{specter: specter, track: track} do
    pc = new_peer(specter)
    :ok = PeerConnection.create_offer(specter, pc)
    assert :ok = PeerConnection.add_track(specter, pc, track)
    assert :ok = PeerConnection.add_track(specter, pc, track)
    assert_receive {:rtp_sender, ^pc, ^track, sender_1}
    assert_receive {:rtp_sender, ^pc, ^track, sender_2}
    assert sender_1 != sender_2
    assert_received {:offer, ^pc, offer}
    # Nothing is negotiated for it yet.
    refute offer =~ "m=audio"
    refute_received {:negotiation_needed, ^pc}
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
    File.write!(path, [<<0, 0, 0, 1, 0x67, 1>>, <<0, 0, 1, 0x68, 2>>, <<0, 0, 1, 0x65, 3>>])
    start = now()
    assert :ok = TrackLocalStaticSample.play_from_file_h264(specter, track, path)
    assert_receive {:playback_finished, ^track}
    assert now() - start >= 3 * 33

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

  test "units are counted across the pieces that a file is read in" do
    path = Path.join(System.tmp_dir!(), "specter-#{System.unique_integer([:positive])}.h264")
    on_exit(fn -> File.rm(path) end)

    for at <- 65_530..65_540 do
      File.write!(path, [:binary.copy(<<7>>, at), <<0, 0, 1, 9>>, :binary.copy(<<7>>, 70_000)])
      assert Specter.AnnexB.count_units(path) == 1
    end

    assert Specter.AnnexB.count_units("no/file") == 0
  end
end
