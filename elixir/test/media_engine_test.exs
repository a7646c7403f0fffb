defmodule Specter.MediaEngineTest do
  use Specter.Test.Case

  import Specter.Test.Media

  alias Specter.{MediaEngine, PeerConnection, RtpCodecParameters}

  @vp9 %RtpCodecParameters{mime_type: "video/VP9", clock_rate: 90_000, payload_type: 35}

  setup do
    specter = init()
    {:ok, media_engine} = Specter.new_media_engine(specter)
    {:ok, specter: specter, media_engine: media_engine}
  end

  defp new_peer_of(specter, media_engine) do
    {:ok, registry} = Specter.new_registry(specter, media_engine)
    {:ok, api} = Specter.new_api(specter, media_engine, registry)
    new_peer(specter, api)
  end

  test "has the codecs of the library, or none", %{specter: specter, media_engine: media_engine} do
    {:ok, codecs} = MediaEngine.codecs(specter, media_engine)
    names = MapSet.new(codecs, & &1.mime_type)
    assert MapSet.subset?(MapSet.new(["audio/opus", "video/VP8", "video/H264"]), names)
    assert Enum.all?(codecs, &match?(%RtpCodecParameters{}, &1))

    {:ok, empty} = Specter.new_media_engine(specter, default_codecs: false)
    assert MediaEngine.codecs(specter, empty) == {:ok, []}
    assert MediaEngine.header_extensions(specter, empty) == {:ok, []}
  end

  test "a registry adds feedback, or leaves it", %{specter: specter, media_engine: media_engine} do
    {:ok, bare} = Specter.new_media_engine(specter)
    {:ok, _registry} = Specter.new_registry(specter, bare, default_interceptors: false)
    {:ok, _registry} = Specter.new_registry(specter, media_engine)
    {:ok, without} = MediaEngine.codecs(specter, bare)
    {:ok, with} = MediaEngine.codecs(specter, media_engine)
    has = fn codecs -> Enum.any?(codecs, &("nack pli" in &1.rtcp_feedback)) end
    assert has.(with)
    refute has.(without)
  end

  test "a further codec is offered, answered and sent", %{specter: specter} do
    [pc_1, pc_2] =
      for _ <- 1..2 do
        {:ok, media_engine} = Specter.new_media_engine(specter)
        assert MediaEngine.register_codec(specter, media_engine, @vp9) == :ok
        {:ok, codecs} = MediaEngine.codecs(specter, media_engine)
        assert List.last(codecs) == @vp9
        new_peer_of(specter, media_engine)
      end

    track = rtp_track(specter, %{@vp9 | payload_type: 0}, "vp9")
    sender = new_sender(specter, pc_1, track)
    connect_media(specter, pc_1, pc_2)
    assert_receive {:track, ^pc_2, transceiver, %{kind: :video}}
    :ok = PeerConnection.set_delivery(specter, pc_2, transceiver, :rtp)
    assert "video/VP9" in Enum.map(parameters(specter, pc_1, sender).codecs, & &1.mime_type)

    packet = <<2::2, 0::6, 1::1, 96::7, 5::16, 90_000::32, 1::32, "a frame of VP9">>
    :ok = Specter.TrackLocalStaticRtp.write_rtp(specter, track, packet)
    assert_receive {:rtp, ^pc_2, ^transceiver, "", [received]}, 2_000
    # The payload type is the negotiated one; number, time and marker are the packet's.
    assert <<2::2, _::6, 1::1, 35::7, 5::16, 90_000::32, _ssrc::32, _::binary>> = received
    assert String.ends_with?(received, "a frame of VP9")
    # Nothing can be packetized.
    assert report(specter, pc_2, "inbound-rtp")["packetsReceived"] == 1
  end

  test "refuses what is no codec, or registered", %{specter: specter, media_engine: engine} do
    assert MediaEngine.register_codec(specter, unknown(), @vp9) == {:error, :not_found}
    assert MediaEngine.codecs(specter, unknown()) == {:error, :not_found}
    assert MediaEngine.header_extensions(specter, unknown()) == {:error, :not_found}
    assert MediaEngine.register_feedback(specter, unknown(), :video, "x") == {:error, :not_found}

    assert MediaEngine.register_header_extension(specter, unknown(), :video, "x") ==
             {:error, :not_found}

    for wrong <- [
          %{@vp9 | payload_type: 64},
          %{@vp9 | payload_type: 128},
          %{@vp9 | payload_type: 111},
          %{@vp9 | mime_type: "VP9"},
          %{@vp9 | mime_type: "text/plain"},
          %{@vp9 | mime_type: "video/"},
          %{@vp9 | mime_type: ""}
        ] do
      assert MediaEngine.register_codec(specter, engine, wrong) == {:error, :invalid_codec}
    end

    for wrong <- [
          nil,
          :vp9,
          vp8(),
          Map.from_struct(@vp9),
          %{@vp9 | payload_type: 256},
          %{@vp9 | payload_type: -1},
          %{@vp9 | payload_type: nil},
          %{@vp9 | clock_rate: 4_294_967_296},
          %{@vp9 | channels: 65_536},
          %{@vp9 | rtcp_feedback: nil},
          %{@vp9 | rtcp_feedback: ["nack" | :pli]},
          %{@vp9 | rtcp_feedback: [:nack]},
          %{@vp9 | mime_type: nil},
          %{@vp9 | sdp_fmtp_line: 1}
        ] do
      assert_raise ArgumentError, fn -> MediaEngine.register_codec(specter, engine, wrong) end
    end

    for kind <- [nil, "video", :application] do
      assert_raise ArgumentError, fn ->
        MediaEngine.register_header_extension(specter, engine, kind, "urn:x")
      end

      assert_raise ArgumentError, fn ->
        MediaEngine.register_feedback(specter, engine, kind, "nack")
      end
    end

    assert Specter.media_engine_exists?(specter, engine)
  end

  test "header extensions and feedback are added once", %{specter: specter, media_engine: engine} do
    for _ <- 1..2 do
      :ok = MediaEngine.register_header_extension(specter, engine, :video, "urn:x")
      :ok = MediaEngine.register_feedback(specter, engine, :video, "goog-remb")
    end

    {:ok, extensions} = MediaEngine.header_extensions(specter, engine)
    assert Enum.count(extensions, &(&1 == %{kind: :video, uri: "urn:x"})) == 1
    {:ok, codecs} = MediaEngine.codecs(specter, engine)
    vp8 = Enum.find(codecs, &(&1.mime_type == "video/VP8"))
    assert Enum.count(vp8.rtcp_feedback, &(&1 == "goog-remb")) == 1
    pc = new_peer_of(specter, engine)
    new_transceiver(specter, pc, :video)
    :ok = PeerConnection.create_offer(specter, pc)
    assert_receive {:offer, ^pc, offer}
    assert offer =~ "urn:x"
    assert offer =~ "goog-remb"
    assert MediaEngine.codecs(specter, engine) == {:error, :not_found}
  end
end
