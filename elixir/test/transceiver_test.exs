defmodule Specter.TransceiverTest do
  # Each call of transceivers: what it returns, what it sends, what it changes at the peer.
  use Specter.Test.Case

  import Specter.Test.Media

  alias Specter.{PeerConnection, RtpCodecParameters, TrackLocal, TrackLocalStaticSample}

  setup do
    specter = init()
    {:ok, specter: specter, pc: new_peer(specter)}
  end

  defp offer(specter, pc) do
    :ok = PeerConnection.create_offer(specter, pc)
    assert_receive {:offer, ^pc, offer}
    offer
  end

  describe "add_transceiver" do
    test "of a kind, with a direction", %{specter: specter, pc: pc} do
      for {kind, direction} <- [
            audio: :sendrecv,
            video: :sendonly,
            audio: :recvonly,
            video: :inactive
          ] do
        transceiver = new_transceiver(specter, pc, kind, direction: direction)
        info = List.last(transceivers(specter, pc))

        assert info == %{
                 id: transceiver,
                 kind: kind,
                 mid: nil,
                 direction: direction,
                 current_direction: nil,
                 track: nil,
                 streams: [],
                 remote_streams: [],
                 dropped: 0
               }

        assert offer(specter, pc) =~ "a=#{direction}"
      end

      assert_receive {:negotiation_needed, ^pc}
      assert length(transceivers(specter, pc)) == 4
    end

    test "of a track, in its streams or in others", %{specter: specter, pc: pc} do
      track = sample_track(specter, opus(), "voice", "room")
      transceiver = new_transceiver(specter, pc, track)

      assert [%{id: ^transceiver, kind: :audio, track: ^track, streams: ["room"]}] =
               transceivers(specter, pc)

      other = rtp_track(specter, vp8(), "film", "room")
      new_transceiver(specter, pc, other, streams: ["cinema", "foyer"], direction: :sendonly)

      assert %{track: ^other, streams: ["cinema", "foyer"], direction: :sendonly} =
               List.last(transceivers(specter, pc))

      :ok = TrackLocal.delete(specter, other)
      assert %{track: nil} = List.last(transceivers(specter, pc))
    end

    test "with several encodings is simulcast", %{specter: specter, pc: pc} do
      track = sample_track(specter, vp8(), "film")

      encodings = [
        %{rid: "h", max_bitrate: 1_500_000},
        %{rid: "l", max_bitrate: 200_000, scale_resolution_down_by: 2, max_framerate: 15.5},
        %{rid: "off", active: false}
      ]

      sender = new_transceiver(specter, pc, track, send_encodings: encodings)
      assert offer(specter, pc) =~ "a=simulcast:send h;l;"

      assert [
               %{rid: "h", active: true, max_bitrate: 1_500_000, codec: nil},
               %{rid: "l", max_framerate: 15.5, scale_resolution_down_by: 2.0},
               %{rid: "off", active: false, max_bitrate: nil}
             ] = parameters(specter, pc, sender).encodings
    end

    test "that is refused", %{specter: specter, pc: pc} do
      assert PeerConnection.add_transceiver(specter, pc, unknown()) == {:error, :invalid_track}
      assert PeerConnection.add_transceiver(specter, unknown(), :video) == {:error, :not_found}
      spaced = sample_track(specter, vp8(), "an id with spaces")
      assert PeerConnection.add_transceiver(specter, pc, spaced) == {:error, :invalid_track}

      for encodings <- [
            [%{rid: "a"}, %{rid: "a"}],
            [%{rid: "not a rid"}],
            [%{scale_resolution_down_by: 0.5}],
            [%{max_framerate: -1}]
          ] do
        assert PeerConnection.add_transceiver(specter, pc, :video, send_encodings: encodings) ==
                 :ok

        assert_receive {:track_error, ^pc, text}
        assert text != ""
      end

      assert PeerConnection.add_transceiver(specter, pc, :video, streams: ["a stream"]) == :ok
      assert_receive {:track_error, ^pc, _text}
      assert transceivers(specter, pc) == []
    end

    test "of nonsense", %{specter: specter, pc: pc} do
      for kind <- [nil, :text, 1, %{}, [:video], {:video}] do
        assert_raise ArgumentError, fn -> PeerConnection.add_transceiver(specter, pc, kind) end
      end

      for options <- [
            nil,
            %{},
            [:sendonly],
            [unknown: 1],
            [direction: :stopped],
            [direction: "sendonly"],
            [streams: "stream"],
            [streams: [:stream]],
            [streams: ["a" | "b"]],
            [send_encodings: :all],
            [send_encodings: [[rid: "a"]]],
            [send_encodings: [%{rid: :a}]],
            [send_encodings: [%{"rid" => "a"}]],
            [send_encodings: [%{unknown: 1}]],
            [send_encodings: [%{active: nil}]],
            [send_encodings: [%{max_bitrate: -1}]],
            [send_encodings: [%{max_bitrate: 1.5}]],
            [send_encodings: [%{max_framerate: "30"}]],
            [send_encodings: [%{codec: "video/VP8"}]]
          ] do
        assert_raise ArgumentError, fn ->
          PeerConnection.add_transceiver(specter, pc, :video, options)
        end
      end

      assert transceivers(specter, pc) == []
    end
  end

  describe "a direction" do
    test "is wanted first and negotiated then", %{specter: specter, pc: pc} do
      other = new_peer(specter)
      film = sample_track(specter, vp8(), "film", "cinema")
      sender = new_sender(specter, pc, film)
      connect_media(specter, pc, other)
      assert_receive {:track, ^other, receiver, %{kind: :video, mid: mid, streams: ["cinema"]}}

      assert [%{id: ^sender, mid: ^mid, direction: :sendrecv, current_direction: :sendonly}] =
               transceivers(specter, pc)

      assert [
               %{
                 id: ^receiver,
                 mid: ^mid,
                 direction: :recvonly,
                 current_direction: :recvonly,
                 remote_streams: ["cinema"]
               }
             ] = transceivers(specter, other)

      :ok = TrackLocalStaticSample.write_sample(specter, film, picture(:key, 1), 20)
      assert_receive {:track_unmuted, ^other, ^receiver}, 2_000
      assert PeerConnection.set_direction(specter, pc, sender, :inactive) == :ok
      assert [%{direction: :inactive, current_direction: :sendonly}] = transceivers(specter, pc)
      negotiate(specter, pc, other)
      assert [%{direction: :inactive, current_direction: :inactive}] = transceivers(specter, pc)
      assert [%{current_direction: :inactive}] = transceivers(specter, other)
      assert_receive {:track_muted, ^other, ^receiver}
    end

    test "that is none", %{specter: specter, pc: pc} do
      transceiver = new_transceiver(specter, pc, :video)

      for direction <- [:stopped, :send, nil, "sendonly", 1] do
        assert_raise ArgumentError, fn ->
          PeerConnection.set_direction(specter, pc, transceiver, direction)
        end
      end
    end
  end

  describe "stop_transceiver" do
    test "ends it, here and there", %{specter: specter, pc: pc} do
      other = new_peer(specter)
      sender = new_sender(specter, pc, sample_track(specter, vp8(), "film"))
      connect_media(specter, pc, other)
      assert_receive {:track, ^other, receiver, _info}
      assert PeerConnection.stop_transceiver(specter, pc, sender) == :ok
      assert_receive {:track_ended, ^pc, ^sender}
      assert_receive {:negotiation_needed, ^pc}
      negotiate(specter, pc, other)
      assert_receive {:track_ended, ^other, ^receiver}
      assert transceivers(specter, pc) == []
      assert transceivers(specter, other) == []

      for {name, arguments} <- calls(nil) do
        assert apply(PeerConnection, name, [specter, pc, sender | arguments]) ==
                 {:error, :invalid_transceiver}

        assert apply(PeerConnection, name, [specter, other, receiver | arguments]) ==
                 {:error, :invalid_transceiver}
      end
    end
  end

  describe "streams" do
    test "of a sender are told by the next description", %{specter: specter, pc: pc} do
      other = new_peer(specter)
      track = sample_track(specter, vp8(), "film", "cinema")
      :ok = PeerConnection.add_track(specter, pc, track, ["foyer"])
      assert_receive {:rtp_sender, ^pc, ^track, sender}
      connect_media(specter, pc, other)
      assert_receive {:track, ^other, receiver, %{streams: ["foyer"]}}
      assert PeerConnection.set_streams(specter, pc, sender, ["one", "two"]) == :ok
      negotiate(specter, pc, other)
      assert_receive {:track_streams_change, ^other, ^receiver, streams}
      assert [%{streams: ["one", "two"]}] = transceivers(specter, pc)
      # What it left is told before what it entered, or at once.
      assert Enum.all?(streams, &(&1 in ["one", "two"]))
      assert [%{remote_streams: ["one", "two"]}] = transceivers(specter, other)
    end

    test "that can be none", %{specter: specter, pc: pc} do
      sender = new_transceiver(specter, pc, :video)
      assert PeerConnection.set_streams(specter, pc, sender, ["a stream"]) == :ok
      assert_receive {:track_error, ^pc, _text}

      for streams <- [nil, "stream", [:stream], [1], ["a" | "b"]] do
        assert_raise ArgumentError, fn ->
          PeerConnection.set_streams(specter, pc, sender, streams)
        end

        track = sample_track(specter, vp8(), "film")

        assert_raise ArgumentError, fn ->
          PeerConnection.add_track(specter, pc, track, streams)
        end
      end
    end
  end

  describe "codec preferences" do
    test "order the offer, and an empty list is the default", %{specter: specter, pc: pc} do
      transceiver = new_transceiver(specter, pc, :video)
      all = offer(specter, pc)
      assert all =~ "H264"
      assert PeerConnection.set_codec_preferences(specter, pc, transceiver, [vp8()]) == :ok
      refute offer(specter, pc) =~ "H264"
      assert PeerConnection.set_codec_preferences(specter, pc, transceiver, []) == :ok
      assert offer(specter, pc) =~ "H264"
    end

    test "take what the media engine lists", %{specter: specter} do
      {:ok, media_engine} = Specter.new_media_engine(specter)
      {:ok, codecs} = Specter.MediaEngine.codecs(specter, media_engine)
      {:ok, registry} = Specter.new_registry(specter, media_engine)
      {:ok, api} = Specter.new_api(specter, media_engine, registry)
      pc = new_peer(specter, api)
      transceiver = new_transceiver(specter, pc, :video)
      h264 = Enum.filter(codecs, &(&1.mime_type == "video/H264"))
      assert PeerConnection.set_codec_preferences(specter, pc, transceiver, h264) == :ok
      offer = offer(specter, pc)
      assert offer =~ "H264"
      refute offer =~ "VP8"
    end

    test "that nobody has", %{specter: specter, pc: pc} do
      transceiver = new_transceiver(specter, pc, :video)

      for codec <- [opus(), %RtpCodecParameters{mime_type: "video/none", clock_rate: 90_000}] do
        assert PeerConnection.set_codec_preferences(specter, pc, transceiver, [codec]) == :ok
        assert_receive {:track_error, ^pc, _text}
      end

      for codecs <- [nil, vp8(), ["video/VP8"], [%{}], [vp8() | vp8()]] do
        assert_raise ArgumentError, fn ->
          PeerConnection.set_codec_preferences(specter, pc, transceiver, codecs)
        end
      end
    end
  end

  describe "parameters" do
    test "limit the bitrate and switch encodings", %{specter: specter, pc: pc} do
      other = new_peer(specter)
      track = sample_track(specter, vp8(), "film")
      sender = new_sender(specter, pc, track)
      connect_media(specter, pc, other)
      assert_receive {:track, ^other, receiver, _info}
      assert_receive {:encoding_wanted, ^pc, ^sender, "", true}
      read = parameters(specter, pc, sender)
      assert [%RtpCodecParameters{mime_type: "video/VP8"} | _] = read.codecs
      assert read.rtcp.cname != ""
      mid = "urn:ietf:params:rtp-hdrext:sdes:mid"
      assert [%{id: _}] = Enum.filter(read.header_extensions, &(&1.uri == mid))

      [encoding] = read.encodings
      off = %{read | encodings: [%{encoding | active: false, max_bitrate: 300_000}]}
      assert PeerConnection.set_parameters(specter, pc, sender, off) == :ok
      assert_receive {:parameters_set, ^pc, ^sender}
      assert_receive {:encoding_wanted, ^pc, ^sender, "", false}
      assert [%{active: false, max_bitrate: 300_000}] = parameters(specter, pc, sender).encodings

      :ok = PeerConnection.get_receive_parameters(specter, other, receiver)
      assert_receive {:receive_parameters, ^other, ^receiver, received}
      assert Map.keys(received) == [:codecs, :header_extensions, :rtcp]
      assert "video/VP8" in Enum.map(received.codecs, & &1.mime_type)
    end

    test "that are refused", %{specter: specter, pc: pc} do
      sender = new_transceiver(specter, pc, :video)
      read = parameters(specter, pc, sender)

      for change <- [
            %{transaction_id: "another"},
            %{encodings: []},
            %{encodings: [%{rid: "new"}]},
            %{rtcp: %{cname: "another", reduced_size: true}},
            %{encodings: [%{max_framerate: -1.0}]}
          ] do
        :ok = PeerConnection.set_parameters(specter, pc, sender, Map.merge(read, change))
        assert_receive {:track_error, ^pc, _text}
        refute_received {:parameters_set, ^pc, ^sender}
        read = parameters(specter, pc, sender)
        assert [%{rid: "", active: true, max_framerate: nil}] = read.encodings
      end
    end

    test "that are none", %{specter: specter, pc: pc} do
      sender = new_transceiver(specter, pc, :video)
      read = parameters(specter, pc, sender)

      for wrong <- [
            nil,
            %{},
            [],
            "parameters",
            Map.delete(read, :transaction_id),
            Map.delete(read, :codecs),
            %{read | transaction_id: 1},
            %{read | encodings: nil},
            %{read | encodings: [nil]},
            %{read | codecs: [%{}]},
            %{read | rtcp: nil},
            %{read | rtcp: %{cname: 1, reduced_size: true}},
            %{read | header_extensions: [1]},
            %{read | header_extensions: [%{uri: "urn:x", id: 65_536}]}
          ] do
        assert_raise ArgumentError, fn ->
          PeerConnection.set_parameters(specter, pc, sender, wrong)
        end
      end
    end
  end

  test "what of an unknown transceiver, connection or Specter", %{specter: specter, pc: pc} do
    transceiver = new_transceiver(specter, pc, :video)
    other = new_peer(specter)

    for {name, arguments} <- calls(parameters(specter, pc, transceiver)) do
      call = fn specter, pc, transceiver ->
        apply(PeerConnection, name, [specter, pc, transceiver | arguments])
      end

      assert call.(specter, pc, unknown()) == {:error, :invalid_transceiver}
      assert call.(specter, pc, "") == {:error, :invalid_transceiver}
      # One of another connection.
      assert call.(specter, other, transceiver) == {:error, :invalid_transceiver}
      assert call.(specter, unknown(), transceiver) == {:error, :not_found}

      for wrong <- [nil, :transceiver, 1, 'list', %{}, <<1::3>>, self()] do
        assert_raise ArgumentError, fn -> call.(specter, pc, wrong) end
        assert_raise ArgumentError, fn -> call.(specter, wrong, transceiver) end
        assert_raise ArgumentError, fn -> call.(wrong, pc, transceiver) end
      end
    end

    :ok = PeerConnection.close(specter, pc)

    for {name, arguments} <- calls(nil) do
      assert apply(PeerConnection, name, [specter, pc, transceiver | arguments]) ==
               {:error, :not_found}
    end

    for {name, arguments} <- [
          transceivers: [],
          add_transceiver: [:video],
          set_bitrate_estimate: [0]
        ] do
      assert apply(PeerConnection, name, [specter, pc | arguments]) == {:error, :not_found}
      assert apply(PeerConnection, name, [specter, unknown() | arguments]) == {:error, :not_found}
    end
  end

  test "a bitrate estimate is a number", %{specter: specter, pc: pc} do
    assert PeerConnection.set_bitrate_estimate(specter, pc, 0) == :ok
    assert PeerConnection.set_bitrate_estimate(specter, pc, 18_446_744_073_709_551_615) == :ok

    for wrong <- [-1, 1.5, nil, "1", 18_446_744_073_709_551_616] do
      assert_raise ArgumentError, fn ->
        PeerConnection.set_bitrate_estimate(specter, pc, wrong)
      end
    end
  end

  test "another kind of track can't replace one", %{specter: specter, pc: pc} do
    sender = new_sender(specter, pc, sample_track(specter, vp8(), "film"))
    voice = sample_track(specter, opus(), "voice")
    assert PeerConnection.replace_track(specter, pc, sender, voice) == {:error, :invalid_track}

    assert PeerConnection.replace_track(specter, pc, sender, unknown()) ==
             {:error, :invalid_track}

    assert PeerConnection.replace_track(specter, pc, sender, nil) == :ok
    assert_receive {:track_replaced, ^pc, ^sender}
    assert [%{track: nil}] = transceivers(specter, pc)
    packets = rtp_track(specter, vp8(), "packets")
    assert PeerConnection.replace_track(specter, pc, sender, packets) == :ok
    assert_receive {:track_replaced, ^pc, ^sender}
    assert [%{track: ^packets}] = transceivers(specter, pc)

    for wrong <- [1, :track, %{}, 'film'] do
      assert_raise ArgumentError, fn ->
        PeerConnection.replace_track(specter, pc, sender, wrong)
      end
    end

    assert :ok = TrackLocalStaticSample.write_sample(specter, voice, <<1>>, 20)
  end

  # The calls of a transceiver, with arguments that suit them. Without parameters: all but set_parameters.
  defp calls(parameters) do
    [
      remove_track: [],
      replace_track: [nil],
      set_direction: [:recvonly],
      set_streams: [["stream"]],
      set_codec_preferences: [[]],
      stop_transceiver: [],
      get_parameters: [],
      get_receive_parameters: [],
      set_delivery: [:rtp],
      request_key_frame: [""]
    ] ++ if(parameters, do: [set_parameters: [parameters]], else: [])
  end
end
