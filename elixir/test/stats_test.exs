defmodule Specter.StatsTest do
  # The reports of get_stats/3, with the keys that the contract has.
  use Specter.Test.Case

  import Specter.Test.Channels

  alias Specter.{DataChannel, Native, PeerConnection}
  alias Specter.Test.Json

  @day_s 24 * 60 * 60

  setup do
    specter = init()
    {:ok, specter: specter, pc: new_peer(specter)}
  end

  test "are JSON reports by id", %{specter: specter, pc: pc} do
    for module <- [Specter, PeerConnection] do
      assert :ok = module.get_stats(specter, pc)
      assert_receive {:stats, ^pc, json}
      reports = Json.decode!(json)
      for {id, report} <- reports, do: assert(%{"id" => ^id, "type" => _} = report)
      seconds = System.os_time(:millisecond) / 1000
      assert_in_delta reports["ice_transport"]["timestamp"], seconds, 5
      assert reports["PeerConnection-" <> pc]["dataChannelsRequested"] == 0
    end
  end

  test "are the same as a map, each in its turn", %{specter: specter, pc: pc} do
    forms = [:map, :json, :json, :map, :map]
    for form <- forms, do: assert(PeerConnection.get_stats(specter, pc, form) == :ok)

    all =
      for form <- forms do
        assert_receive {:stats, ^pc, stats}
        assert is_map(stats) == (form == :map)
        if form == :map, do: stats, else: Json.decode!(stats)
      end

    for reports <- all do
      assert Map.keys(reports) == Map.keys(hd(all))
      assert %{"bytesSent" => 0, "selectedCandidatePairId" => nil} = reports["ice_transport"]
    end

    assert PeerConnection.get_stats(specter, unknown(), :map) == {:error, :not_found}
  end

  test "JSON is read as it is written, and nothing else is" do
    text = ~S({"a":[1,-2,1.5,1e3,true,false,null,"\u00e9\n\""],"b":{},"c":18446744073709551615})

    assert Native.decode_json(text) ==
             {:ok,
              %{
                "a" => [1, -2, 1.5, 1000.0, true, false, nil, "é\n\""],
                "b" => %{},
                "c" => 18_446_744_073_709_551_615
              }}

    deep = String.duplicate("[", 100_000)

    for wrong <- ["", "{", "nul", "[1,]", "1 2", <<34, 255, 34>>, deep, deep <> "]"] do
      assert Native.decode_json(wrong) == {:error, :invalid_json}
    end

    for wrong <- [nil, 1, %{}, 'text'] do
      assert_raise ArgumentError, fn -> Native.decode_json(wrong) end
    end
  end

  test "count what a connected pair does", %{specter: specter} do
    {pc_1, pc_2} = new_negotiated_pair(specter)
    exchange_a_candidate(specter, pc_1, pc_2)
    assert_receive {:connection_state_change, ^pc_1, :connected}
    assert_receive {:connection_state_change, ^pc_2, :connected}
    assert_receive {:data_channel_open, ^pc_1, _dc}
    :ok = PeerConnection.get_stats(specter, pc_1)
    assert_receive {:stats, ^pc_1, json}
    reports = Json.decode!(json)
    assert %{"type" => "transport", "bytesSent" => sent} = reports["ice_transport"]
    assert sent > 0
    types = reports |> Map.values() |> MapSet.new(& &1["type"])

    for type <- ~w(candidate-pair certificate data-channel local-candidate peer-connection
                   remote-candidate transport) do
      assert type in types
    end

    for {_id, %{"type" => "candidate-pair"} = pair} <- reports do
      assert %{"type" => "local-candidate"} = reports[pair["localCandidateId"]]
      assert %{"type" => "remote-candidate"} = reports[pair["remoteCandidateId"]]
    end

    keys = contract_keys()

    for {id, %{"type" => type} = report} <- reports, key <- keys[type] do
      assert Map.has_key?(report, key), "#{id} has no #{key}"
    end

    assert %{"bytesSent" => inner, "bytesReceived" => _} = reports["sctp_transport"]
    assert inner > 0 and inner < sent
    # The one that data take; it need not be nominated yet.
    {selected, pair} =
      Enum.find(reports, fn {_id, report} ->
        report["type"] == "candidate-pair" and report["packetsSent"] > 0
      end)

    assert %{"selectedCandidatePairId" => ^selected} = transport = reports["ice_transport"]

    for key <- ~w(localCertificateId remoteCertificateId) do
      assert %{"type" => "certificate"} = reports[transport[key]]
    end

    assert %{"transportId" => "ice_transport", "smoothedRoundTripTime" => time} =
             reports["sctp_transport"]

    assert time > 0 and time < 20
    now = System.os_time(:millisecond) / 1000

    for key <- ~w(lastPacketSentTimestamp lastPacketReceivedTimestamp firstRequestTimestamp
                  lastRequestTimestamp) do
      assert_in_delta pair[key], now, 20
    end

    assert_in_delta pair["consentExpiredTimestamp"], now + 30, 30
  end

  test "have an id, a type and a time, and ids by their type", %{specter: specter} do
    {pc_1, _dc_1, pc_2, _dc_2} = connected_pair(specter)
    now = System.os_time(:second)

    for pc <- [pc_1, pc_2] do
      reports = reports(specter, pc)

      for {id, report} <- reports do
        assert %{"id" => ^id, "type" => type, "timestamp" => timestamp} = report
        assert is_float(timestamp)
        assert_in_delta timestamp, now, @day_s

        case type do
          "peer-connection" -> assert id =~ ~r/^PeerConnection-./
          "transport" -> assert id in ["ice_transport", "sctp_transport"]
          "data-channel" -> assert id =~ ~r/^DataChannel-./
          "certificate" -> assert id =~ ~r/^certificate-./
          "codec" -> assert id =~ ~r/^RTPCodec-./
          "candidate-pair" -> assert id == pair_id(report)
          candidate -> assert candidate in ["local-candidate", "remote-candidate"]
        end
      end

      types = Enum.frequencies_by(Map.values(reports), & &1["type"])
      assert %{"peer-connection" => 1, "transport" => 2, "data-channel" => 1} = types
      assert %{"certificate" => 2, "codec" => 11, "candidate-pair" => _} = types
      assert %{"local-candidate" => _, "remote-candidate" => _} = types
    end
  end

  test "have the codecs that a media engine begins with", %{specter: specter, pc: pc} do
    codecs =
      for {_id, %{"type" => "codec"} = codec} <- reports(specter, pc), into: %{} do
        {codec["payloadType"], codec["mimeType"]}
      end

    assert codecs == %{
             111 => "audio/opus",
             96 => "video/VP8",
             97 => "video/rtx",
             108 => "video/H264",
             109 => "video/rtx",
             114 => "video/H264",
             115 => "video/rtx",
             102 => "video/H264",
             103 => "video/rtx",
             104 => "video/H264",
             105 => "video/rtx"
           }
  end

  test "count the channels of both sides, and their messages", %{specter: specter, pc: pc_1} do
    pc_2 = new_peer(specter)
    made = for {pc, label} <- [{pc_1, "one's"}, {pc_2, "other's"}], do: make(specter, pc, label)
    connect(specter, pc_1, pc_2)
    # Each of the two channels at either side: what it is called, and by which id.
    [{dc_1, accepted_2}, {dc_2, accepted_1}] =
      for {pc, dc, label} <- made do
        peer = if pc == pc_1, do: pc_2, else: pc_1
        assert_receive {:data_channel_open, ^pc, ^dc}
        assert_receive {:data_channel, ^peer, accepted, %{label: ^label, origin: :remote}}
        assert_receive {:data_channel_open, ^peer, ^accepted}
        {dc, accepted}
      end

    :ok = DataChannel.send(specter, dc_1, "there")
    :ok = DataChannel.send(specter, accepted_2, "and back")
    :ok = DataChannel.send(specter, dc_2, :binary, "one way")
    assert_receive {:data_channel_message, ^pc_2, ^accepted_2, :text, "there"}
    assert_receive {:data_channel_message, ^pc_1, ^dc_1, :text, "and back"}
    assert_receive {:data_channel_message, ^pc_1, ^accepted_1, :binary, "one way"}

    for {pc, sent_other, received_other} <- [{pc_1, 0, 1}, {pc_2, 1, 0}] do
      reports = reports(specter, pc)

      assert %{
               "dataChannelsAccepted" => 1,
               "dataChannelsOpened" => 1,
               "dataChannelsRequested" => 1,
               "dataChannelsClosed" => 0
             } = reports["PeerConnection-" <> pc]

      channels =
        for {_id, %{"type" => "data-channel"} = channel} <- reports, into: %{} do
          {channel["label"], channel}
        end

      assert map_size(channels) == 2

      assert %{"state" => "open", "messagesSent" => 1, "messagesReceived" => 1} =
               channels["one's"]

      assert %{
               "state" => "open",
               "messagesSent" => ^sent_other,
               "messagesReceived" => ^received_other
             } = channels["other's"]
    end
  end

  test "have the fingerprints of both descriptions", %{specter: specter} do
    {pc_1, _dc_1, pc_2, _dc_2} = connected_pair(specter)
    fingerprints = for pc <- [pc_1, pc_2], do: fingerprint(specter, pc)
    assert [one, other] = fingerprints
    assert one != other

    for pc <- [pc_1, pc_2] do
      certificates =
        for {_id, %{"type" => "certificate"} = certificate} <- reports(specter, pc) do
          {certificate["fingerprintAlgorithm"], certificate["fingerprint"]}
        end

      assert Enum.sort(certificates) == Enum.sort(fingerprints)
    end
  end

  defp reports(specter, pc) do
    :ok = PeerConnection.get_stats(specter, pc)
    assert_receive {:stats, ^pc, json}
    Json.decode!(json)
  end

  defp pair_id(pair), do: pair["localCandidateId"] <> "-" <> pair["remoteCandidateId"]

  defp make(specter, pc, label) do
    :ok = PeerConnection.create_data_channel(specter, pc, label)
    assert_receive {:data_channel, ^pc, dc, %{label: ^label}}
    {pc, dc, label}
  end

  # The one that its own description has.
  defp fingerprint(specter, pc) do
    :ok = PeerConnection.local_description(specter, pc)
    assert_receive {:local_description, ^pc, json}

    [_line, algorithm, fingerprint] =
      Regex.run(~r/\r\na=fingerprint:(\S+) (\S+)\r\n/, Json.decode!(json)["sdp"])

    {algorithm, fingerprint}
  end

  # By the types of reports; those of media come with media.
  defp contract_keys do
    candidate = ~w(candidateType deleted ip networkType port priority relayProtocol url)

    %{
      "peer-connection" =>
        ~w(dataChannelsOpened dataChannelsClosed dataChannelsAccepted dataChannelsRequested),
      "transport" => ~w(bytesReceived bytesSent),
      "data-channel" =>
        ~w(bytesReceived bytesSent dataChannelIdentifier label messagesReceived messagesSent
           protocol state),
      "certificate" => ~w(fingerprint fingerprintAlgorithm),
      "codec" => ~w(payloadType mimeType channels clockRate sdpFmtpLine),
      "local-candidate" => candidate,
      "remote-candidate" => candidate,
      "candidate-pair" =>
        ~w(localCandidateId remoteCandidateId state nominated packetsSent packetsReceived bytesSent
           bytesReceived lastPacketSentTimestamp lastPacketReceivedTimestamp totalRoundTripTime
           currentRoundTripTime availableOutgoingBitrate availableIncomingBitrate requestsSent
           requestsReceived responsesSent responsesReceived consentRequestsSent
           circuitBreakerTriggerCount consentExpiredTimestamp firstRequestTimestamp
           lastRequestTimestamp retransmissionsSent)
    }
  end
end
