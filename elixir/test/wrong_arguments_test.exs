defmodule Specter.WrongArgumentsTest do
  # Every function with every kind of wrong argument: ArgumentError, and nothing is the worse for it.
  use Specter.Test.Case

  alias Specter.{DataChannel, MediaEngine, Native, PeerConnection, RtpCodecCapability}
  alias Specter.{TrackLocal, TrackLocalStaticRtp, TrackLocalStaticSample}

  # What add_transceiver/4 makes of no options.
  @init %{direction: :sendrecv, streams: [], send_encodings: []}

  @not_text [:atom, nil, 1, 1.5, 'charlist', ["io", "list"], %{}, {}, <<1::3>>]

  # {module, function, how many ids or texts come after the Specter}
  @flat for {name, texts} <- [
              new_media_engine: 0,
              config: 0,
              media_engine_exists?: 1,
              registry_exists?: 1,
              new_registry: 1,
              new_api: 2,
              new_peer_connection: 1,
              peer_connection_exists?: 1,
              close_peer_connection: 1
            ],
            do: {Specter, name, texts}

  @both for {name, texts} <- [
              create_data_channel: 2,
              create_offer: 1,
              create_answer: 1,
              restart_ice: 1,
              set_local_description: 2,
              set_remote_description: 2,
              add_ice_candidate: 2,
              local_description: 1,
              current_local_description: 1,
              pending_local_description: 1,
              remote_description: 1,
              current_remote_description: 1,
              pending_remote_description: 1,
              connection_state: 1,
              ice_connection_state: 1,
              ice_gathering_state: 1,
              signaling_state: 1,
              get_stats: 1
            ],
            module <- [Specter, PeerConnection],
            do: {module, name, texts}

  @all @flat ++
         @both ++
         [{PeerConnection, :new, 1}, {PeerConnection, :exists?, 1}] ++
         [{PeerConnection, :close, 1}, {PeerConnection, :add_track, 2}] ++
         for(
           name <- [:remove_track, :stop_transceiver, :get_parameters, :get_receive_parameters],
           do: {PeerConnection, name, 2}
         ) ++
         [{PeerConnection, :transceivers, 1}] ++
         [{MediaEngine, :codecs, 1}, {MediaEngine, :header_extensions, 1}] ++
         [{TrackLocal, :info, 1}, {TrackLocal, :delete, 1}] ++
         [{PeerConnection, :get_report, 1}, {PeerConnection, :log_number, 1}] ++
         [{Specter, :close, 0}] ++
         [{DataChannel, :send, 2}, {DataChannel, :close, 1}, {DataChannel, :buffered_amount, 1}]

  # Those that take something else, too, and have tests of their own.
  @others [
    {PeerConnection, :set_active},
    {PeerConnection, :set_ice_servers},
    {Specter, :set_ice_servers},
    {PeerConnection, :controlling_process},
    {DataChannel, :set_buffered_amount_low_threshold},
    {PeerConnection, :replace_track},
    {PeerConnection, :set_delivery},
    {PeerConnection, :request_key_frame},
    {PeerConnection, :add_transceiver},
    {PeerConnection, :set_direction},
    {PeerConnection, :set_streams},
    {PeerConnection, :set_codec_preferences},
    {PeerConnection, :set_parameters},
    {PeerConnection, :set_bitrate_estimate},
    {MediaEngine, :register_codec},
    {MediaEngine, :register_header_extension},
    {MediaEngine, :register_feedback},
    {TrackLocalStaticRtp, :new},
    {TrackLocalStaticRtp, :write_rtp},
    {TrackLocalStaticRtp, :set_header_extensions},
    {Specter, :set_log},
    {TrackLocalStaticSample, :new},
    {TrackLocalStaticSample, :write_sample},
    {TrackLocalStaticSample, :play_from_file_h264}
  ]

  setup do
    specter = init()
    {:ok, specter: specter, pc: new_peer(specter)}
  end

  test "the table has every function that takes a Specter" do
    listed = MapSet.new(@all, fn {module, name, _texts} -> {module, name} end)

    for module <- [
          Specter,
          PeerConnection,
          DataChannel,
          MediaEngine,
          TrackLocal,
          TrackLocalStaticRtp,
          TrackLocalStaticSample
        ],
        {name, _arity} <- module.__info__(:functions),
        name not in [:init, :native, :options!, :__struct__, :generate_certificate] do
      assert {module, name} in listed or {module, name} in @others
    end
  end

  test "something else than a Specter", %{pc: pc} do
    for {module, name, texts} <- @all,
        wrong <- [
          nil,
          :specter,
          make_ref(),
          %{native: make_ref()},
          %Specter{native: make_ref()},
          %Specter{native: nil},
          self()
        ] do
      assert_raise ArgumentError, fn ->
        apply(module, name, [wrong | List.duplicate(pc, texts)])
      end
    end
  end

  test "something else than a string", %{specter: specter, pc: pc} do
    for {module, name, texts} <- @all,
        texts > 0,
        at <- 0..(texts - 1),
        wrong <- @not_text,
        # A message may be iodata.
        not (name == :send and at == 1 and (is_list(wrong) and wrong != [])) do
      arguments = List.replace_at(List.duplicate(pc, texts), at, wrong)
      assert_raise ArgumentError, fn -> apply(module, name, [specter | arguments]) end
    end

    # And it works as before: nothing was locked or lost.
    assert PeerConnection.exists?(specter, pc)
    assert :ok = PeerConnection.signaling_state(specter, pc)
    assert_receive {:signaling_state, ^pc, :stable}
  end

  # What tests of one argument don't think of: each native function with any terms, in any place.
  test "any terms at all", %{specter: specter, pc: pc} do
    new_channel(specter, pc)
    :ok = PeerConnection.add_transceiver(specter, pc, :video)
    assert_receive {:transceiver_added, ^pc, transceiver}
    {:ok, media_engine} = Specter.new_media_engine(specter)
    codec = %RtpCodecCapability{mime_type: "video/VP8", clock_rate: 90_000}
    {:ok, track} = TrackLocalStaticRtp.new(specter, codec, "film", "cinema")
    ids = [pc, transceiver, media_engine, track, unknown(), ""]
    :rand.seed(:exsss, 7)

    # Those that end what the others are tried on, or the VM's log.
    functions =
      Native.__info__(:functions) --
        [load: 0, init: 1, close: 1, close_peer_connection: 2, set_log: 2, give: 4, counters: 0]

    for {name, arity} <- functions, _ <- 1..300 do
      first = if :rand.uniform(20) == 1, do: any_term(ids), else: specter.native
      arguments = [first | for(_ <- List.duplicate(1, max(arity - 1, 0)), do: any_term(ids))]

      try do
        apply(Native, name, Enum.take(arguments, arity))
      rescue
        ArgumentError -> :ok
      end
    end

    assert PeerConnection.exists?(specter, pc)
    assert :ok = PeerConnection.signaling_state(specter, pc)
    assert_receive {:signaling_state, ^pc, _state}, 5_000
  end

  defp new_channel(specter, pc) do
    :ok = PeerConnection.create_data_channel(specter, pc, "data")
    assert_receive {:data_channel, ^pc, _dc, _info}
  end

  @names [:audio, :video, :rtp, :frames, :sendrecv, :stopped, :text, :once, true, false, nil, :x]
  @numbers [0, 1, -1, 255, 65_536, 18_446_744_073_709_551_616, -9_223_372_036_854_775_808, 0.5]
  @keys [:mime_type, :rid, :encodings, :direction, :streams, :send_encodings, :rtcp, "rid", 1]

  defp any_term(ids, depth \\ 3) do
    case :rand.uniform(if depth == 0, do: 6, else: 10) do
      1 -> Enum.random(ids)
      2 -> Enum.random(ids)
      3 -> Enum.random(@names)
      4 -> Enum.random(@numbers)
      5 -> Enum.random([self(), make_ref(), fn -> :ok end, <<1::3>>, <<0, 255>>, {}, {:ok}])
      6 -> Enum.random(["video/VP8", ~s({"candidate":""}), ~s({"type":"offer","sdp":""}), "x y"])
      7 -> for _ <- List.duplicate(1, :rand.uniform(4)), do: any_term(ids, depth - 1)
      8 -> [any_term(ids, depth - 1) | any_term(ids, depth - 1)]
      9 -> Map.new(1..3, fn _ -> {Enum.random(@keys), any_term(ids, depth - 1)} end)
      10 -> Enum.random([%RtpCodecCapability{}, %{@init | streams: any_term(ids, depth - 1)}])
    end
  end

  test "a map in place of JSON is named, and what to give instead", %{specter: specter, pc: pc} do
    for name <- [:set_local_description, :set_remote_description, :add_ice_candidate],
        module <- [Specter, PeerConnection],
        wrong <- [%{type: "offer", sdp: "v=0"}, %{"candidate" => ""}, nil, [type: :offer]] do
      error = assert_raise(ArgumentError, fn -> apply(module, name, [specter, pc, wrong]) end)
      assert error.message =~ "expected JSON text, such as ~s({\"type\""
      assert error.message =~ "got: #{inspect(wrong)}"
      assert is_map(wrong) == (error.message =~ "a JSON library makes text of a map")
    end

    error = assert_raise(ArgumentError, fn -> Specter.create_data_channel(specter, pc, :name) end)
    assert error.message == "expected :label to be a string, got: :name"
  end

  test "JSON past its limits is invalid, and costs nothing", %{specter: specter, pc: pc} do
    spaces = String.duplicate(" ", 4 * 1024 * 1024)

    for text <- [String.duplicate("[", 16_000_000), spaces <> "{}"] do
      {microseconds, result} =
        :timer.tc(fn -> PeerConnection.set_remote_description(specter, pc, text) end)

      assert result == {:error, :invalid_json}
      assert microseconds < 1_000_000
    end
  end

  test "what is no kind, number, mode or process", %{specter: specter, pc: pc} do
    for kind <- [:string, nil, "text", 1] do
      assert_raise ArgumentError, fn -> DataChannel.send(specter, pc, kind, "x") end
    end

    for improper <- [[:atom], ["x" | :y], [256]] do
      assert_raise ArgumentError, fn -> DataChannel.send(specter, pc, improper) end
    end

    for bytes <- [-1, 1.0, "1", nil] do
      assert_raise ArgumentError, fn ->
        DataChannel.set_buffered_amount_low_threshold(specter, pc, bytes)
      end
    end

    for active <- [nil, :twice, 1.0, "1", 32_768, -32_769] do
      assert_raise ArgumentError, fn -> PeerConnection.set_active(specter, pc, active) end
      assert_raise ArgumentError, fn -> PeerConnection.new(specter, "api", active: active) end
    end

    for active <- [0, -1],
        do:
          assert_raise(ArgumentError, fn -> PeerConnection.new(specter, "api", active: active) end)

    for process <- [nil, :name, 1, make_ref()] do
      assert_raise ArgumentError, fn ->
        PeerConnection.controlling_process(specter, pc, process)
      end
    end

    assert PeerConnection.exists?(specter, pc)
  end

  test "what is no codec, or no name of a track", %{specter: specter} do
    for codec <- [
          nil,
          %{},
          "video/H264",
          %RtpCodecCapability{mime_type: nil},
          %RtpCodecCapability{clock_rate: -1},
          %RtpCodecCapability{channels: 1.0},
          %RtpCodecCapability{sdp_fmtp_line: :none}
        ] do
      assert_raise ArgumentError, fn ->
        TrackLocalStaticSample.new(specter, codec, "id", "stream")
      end
    end

    for wrong <- @not_text do
      codec = %RtpCodecCapability{}
      assert_raise ArgumentError, fn -> TrackLocalStaticSample.new(specter, codec, wrong, "s") end

      assert_raise ArgumentError, fn ->
        TrackLocalStaticSample.new(specter, codec, "id", wrong)
      end

      assert_raise ArgumentError, fn ->
        TrackLocalStaticSample.play_from_file_h264(specter, wrong, "no/file")
      end
    end
  end

  test "options that are none", %{specter: specter, pc: pc} do
    for module <- [Specter, PeerConnection],
        options <- [
          nil,
          %{},
          [:ice_restart],
          [unknown: true],
          [ice_restart: nil],
          [ice_restart: 1],
          [voice_activity_detection: "no"]
        ] do
      assert_raise ArgumentError, fn -> module.create_offer(specter, pc, options) end
    end

    for wrong <- [nil, %{}, [:all], [unknown: true], [default_codecs: nil]] do
      assert_raise ArgumentError, fn -> Specter.new_media_engine(specter, wrong) end
      assert_raise ArgumentError, fn -> Specter.new_registry(specter, unknown(), wrong) end
    end

    for form <- [nil, true, "map", :text] do
      assert_raise ArgumentError, fn -> PeerConnection.get_stats(specter, pc, form) end
    end

    for options <- [nil, [ice_restart: true], [voice_activity_detection: 0]] do
      assert_raise ArgumentError, fn -> PeerConnection.create_answer(specter, pc, options) end
    end
  end
end
