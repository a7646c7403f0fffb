defmodule Specter.TelemetryTest do
  use Specter.Test.Case

  import Specter.Test.Channels

  alias Specter.{DataChannel, PeerConnection, Telemetry}
  alias Specter.Test.Telemetry, as: Fake

  @id "6b6ba3b0-1c7e-4b3d-9a51-0123456789ab"

  @parameters %{
    transaction_id: "",
    encodings: [],
    header_extensions: [],
    rtcp: %{cname: "", reduced_size: true},
    codecs: []
  }

  # Has no callback at all: what it hears is told to :telemetry all the same.
  defmodule Deaf do
    use GenServer
    use Specter.Handler

    @impl GenServer
    def init(specter), do: {:ok, specter}
  end

  defp load(_context) do
    :ok = Fake.load(self())
    on_exit(&Fake.unload/0)
    {:ok, specter: init()}
  end

  # The event's measurements and metadata, and that this process or another one executed it.
  defp told(event, pid \\ self()) do
    assert_receive {^event, measurements, metadata, ^pid}
    {measurements, metadata}
  end

  describe "without :telemetry" do
    test "all goes as ever, and nothing is loaded" do
      refute :erlang.function_exported(:telemetry, :execute, 3)
      specter = init()
      {pc_1, dc_1, pc_2, dc_2} = connected_pair(specter)
      assert DataChannel.send(specter, dc_1, "text") == :ok
      assert_receive {:data_channel_message, ^pc_2, ^dc_2, :text, "text"} = message
      assert Telemetry.observe(message) == :ok
      assert Telemetry.measure() == :ok
      assert Telemetry.measure(specter, pc_1) == :ok
      # An answer to an earlier question comes before that to a later one.
      assert PeerConnection.signaling_state(specter, pc_1) == :ok
      assert_receive {:signaling_state, ^pc_1, :stable}
      refute_received {:stats, _, _}
      assert :code.is_loaded(:telemetry) == false
    end
  end

  describe "calls" do
    setup :load

    test "that make connections", %{specter: specter} do
      pc = new_peer(specter)
      assert told([:specter, :peer_connection, :new]) == {%{count: 1}, %{pc: pc}}

      assert told([:specter, :peer_connection, :call]) ==
               {%{count: 1}, %{pc: pc, function: :new, result: :ok}}

      error = PeerConnection.new(specter, unknown())

      assert told([:specter, :peer_connection, :call]) ==
               {%{count: 1}, %{pc: nil, function: :new, result: error}}

      refute_received {[:specter, :peer_connection, :new], _, _, _}
    end

    test "on connections, each by its name", %{specter: specter} do
      nobody = unknown()
      {:ok, codec} = {:ok, %Specter.RtpCodecCapability{mime_type: "audio/opus"}}
      {:ok, track} = Specter.TrackLocalStaticSample.new(specter, codec, "id", "stream")

      calls = [
        close: [],
        set_active: [true],
        controlling_process: [self()],
        create_data_channel: ["data"],
        add_track: [track],
        add_transceiver: [:video],
        transceivers: [],
        set_bitrate_estimate: [0],
        set_direction: [nobody, :recvonly],
        set_streams: [nobody, []],
        set_codec_preferences: [nobody, []],
        stop_transceiver: [nobody],
        get_parameters: [nobody],
        set_parameters: [nobody, @parameters],
        get_receive_parameters: [nobody],
        remove_track: [nobody],
        replace_track: [nobody, track],
        set_delivery: [nobody, :frames],
        request_key_frame: [nobody],
        create_offer: [],
        create_answer: [],
        restart_ice: [],
        set_ice_servers: [[]],
        set_local_description: [~s({"type":"offer","sdp":""})],
        set_remote_description: [~s({"type":"offer","sdp":""})],
        add_ice_candidate: [~s({"candidate":""})],
        get_stats: [],
        get_report: [],
        connection_state: [],
        ice_connection_state: [],
        ice_gathering_state: [],
        signaling_state: [],
        local_description: [],
        current_local_description: [],
        pending_local_description: [],
        remote_description: [],
        current_remote_description: [],
        pending_remote_description: []
      ]

      for {function, arguments} <- calls do
        result = apply(PeerConnection, function, [specter, nobody | arguments])
        assert result == {:error, :not_found}

        assert told([:specter, :peer_connection, :call]) ==
                 {%{count: 1}, %{pc: nobody, function: function, result: result}}
      end

      # All there are, but for those that make and that look.
      functions = for {name, _arity} <- PeerConnection.__info__(:functions), uniq: true, do: name

      assert Enum.sort(functions -- [:new, :exists?, :log_number]) ==
               Enum.sort(Keyword.keys(calls))
    end

    test "on data channels, with the bytes of what is sent", %{specter: specter} do
      nobody = unknown()
      error = DataChannel.send(specter, nobody, :binary, ["iodata", ?!])

      assert told([:specter, :data_channel, :send]) ==
               {%{count: 1, bytes: 7}, %{dc: nobody, kind: :binary, result: error}}

      error = DataChannel.close(specter, nobody)

      assert told([:specter, :data_channel, :call]) ==
               {%{count: 1}, %{dc: nobody, function: :close, result: error}}
    end
  end

  describe "what happens" do
    setup :load

    test "is executed by handlers, with callbacks and without", %{specter: specter} do
      {pc_1, dc_1, pc_2, dc_2} = connected_pair(specter)
      {:ok, deaf} = GenServer.start_link(Deaf, specter)
      :ok = PeerConnection.controlling_process(specter, pc_2, deaf)
      :ok = DataChannel.send(specter, dc_1, :binary, <<1, 2, 3>>)

      assert told([:specter, :data_channel, :send]) ==
               {%{count: 1, bytes: 3}, %{dc: dc_1, kind: :binary, result: :ok}}

      assert told([:specter, :data_channel, :message], deaf) ==
               {%{count: 1, bytes: 3}, %{pc: pc_2, dc: dc_2, kind: :binary}}

      :ok = Telemetry.measure(specter, pc_2)
      {numbers, %{pc: ^pc_2}} = told([:specter, :peer_connection, :stats], deaf)

      assert %{messages_received: 1, message_bytes_received: 3, messages_sent: 0, channels: 1} =
               numbers

      for key <- [:bytes_sent, :bytes_received, :packets_sent, :packets_received] do
        assert numbers[key] > 0
      end

      assert numbers.retransmissions >= 0
      assert numbers.message_bytes_sent == 0
      assert numbers.round_trip_time == nil or numbers.round_trip_time > 0

      :ok = DataChannel.close(specter, dc_1)

      assert told([:specter, :data_channel, :closed], deaf) ==
               {%{count: 1}, %{pc: pc_2, dc: dc_2}}

      :ok = PeerConnection.close(specter, pc_1)

      # Among the changes that were told before.
      failed = %{pc: pc_2, of: :connection, state: :failed}
      event = [:specter, :peer_connection, :state_change]
      assert_receive {^event, %{count: 1}, ^failed, ^deaf}

      assert {%{count: 1}, %{pc: ^pc_2, code: :closed_by_peer}} =
               told([:specter, :peer_connection, :failed], deaf)

      :ok = PeerConnection.close(specter, pc_2)
      assert told([:specter, :peer_connection, :closed], deaf) == {%{count: 1}, %{pc: pc_2}}
    end

    test "is executed for what others observe" do
      observed = [
        {{:peer_connection_ready, @id}, [:peer_connection, :ready], %{pc: @id}},
        {{:peer_connection_closed, @id}, [:peer_connection, :closed], %{pc: @id}},
        {{:peer_connection_error, @id}, [:peer_connection, :error],
         %{pc: @id, message: :peer_connection_error, text: ""}},
        {{:connection_failed, @id, :ice_failure, "why"}, [:peer_connection, :failed],
         %{pc: @id, code: :ice_failure, text: "why"}},
        {{:data_channel_refused, @id, 7, "why"}, [:data_channel, :refused],
         %{pc: @id, stream: 7, text: "why"}},
        {{:connection_state_change, @id, :failed}, [:peer_connection, :state_change],
         %{pc: @id, of: :connection, state: :failed}},
        {{:ice_connection_state_change, @id, :checking}, [:peer_connection, :state_change],
         %{pc: @id, of: :ice_connection, state: :checking}},
        {{:ice_gathering_state_change, @id, :complete}, [:peer_connection, :state_change],
         %{pc: @id, of: :ice_gathering, state: :complete}},
        {{:signaling_state_change, @id, :stable}, [:peer_connection, :state_change],
         %{pc: @id, of: :signaling, state: :stable}},
        {{:data_channel_open, @id, "dc"}, [:data_channel, :open], %{pc: @id, dc: "dc"}},
        {{:data_channel_closed, @id, "dc"}, [:data_channel, :closed], %{pc: @id, dc: "dc"}},
        {{:data_channel_error, @id, "dc", "why"}, [:data_channel, :error],
         %{pc: @id, dc: "dc", text: "why"}}
      ]

      failures = [
        :offer_error,
        :answer_error,
        :invalid_local_description,
        :invalid_remote_description,
        :candidate_error,
        :track_error
      ]

      failed =
        for message <- failures do
          {{message, @id, "why"}, [:peer_connection, :error],
           %{pc: @id, message: message, text: "why"}}
        end

      for {message, event, metadata} <- observed ++ failed do
        event = [:specter | event]
        assert Telemetry.observe(message) == :ok
        assert told(event) == {%{count: 1}, metadata}
        assert event in Telemetry.events()
      end

      for message <- [:connection_state_change, {:offer, @id, "{}"}, {:stats, self(), "{}"}] do
        assert Telemetry.observe(message) == :ok
      end

      refute_received {[:specter | _], _, _, _}
    end

    test "in the whole VM, is what a poller asks for", %{specter: specter} do
      _pc = new_peer(specter)
      assert Telemetry.measure() == :ok
      {numbers, metadata} = told([:specter, :vm])
      assert metadata == %{}
      assert numbers == %{specters: 1, peer_connections: 1, event_loops: 1}
      assert Telemetry.measure(specter, unknown()) == :ok
    end
  end

  test "each event has its words, and each that is described exists" do
    {:docs_v1, _, _, _, %{"en" => text}, _, _} = Code.fetch_docs(Telemetry)
    described = Regex.scan(~r/^\| `(\[:.*?\])` \|/m, text, capture: :all_but_first)

    assert described |> List.flatten() |> Enum.sort() ==
             Enum.sort(Enum.map(Telemetry.events(), &inspect/1))
  end
end
