defmodule Specter.StatsTest do
  # The reports of get_stats/2, with the keys that the contract has.
  use Specter.Test.Case

  alias Specter.Json
  alias Specter.PeerConnection

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
    {_id, pair} =
      Enum.find(reports, fn {_id, report} ->
        report["type"] == "candidate-pair" and report["packetsSent"] > 0
      end)

    now = System.os_time(:millisecond) / 1000

    for key <- ~w(lastPacketSentTimestamp lastPacketReceivedTimestamp firstRequestTimestamp
                  lastRequestTimestamp) do
      assert_in_delta pair[key], now, 20
    end

    assert_in_delta pair["consentExpiredTimestamp"], now + 30, 30
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
