defmodule Specter.PeerConnectionTest do
  # Each row of the contract: what a call returns, and what it sends. Waits are 100 ms (ExUnit's
  # default) for answers, and longer only for the network.
  use Specter.Test.Case

  alias Specter.PeerConnection
  alias Specter.Test.Json

  @not_json ["", "{", "null", "[]", "\"offer\"", "{}", <<255>>, "{\"type\":1,\"sdp\":\"\"}"]

  setup do
    specter = init()
    {:ok, specter: specter, pc: new_peer(specter)}
  end

  # Calls on a connection that is not there, and what they take beside it.
  @calls [
    create_data_channel: ["data"],
    create_offer: [],
    create_answer: [],
    set_local_description: ["no JSON"],
    set_remote_description: ["no JSON"],
    add_ice_candidate: [""],
    local_description: [],
    current_local_description: [],
    pending_local_description: [],
    remote_description: [],
    current_remote_description: [],
    pending_remote_description: [],
    connection_state: [],
    ice_connection_state: [],
    ice_gathering_state: [],
    signaling_state: [],
    get_stats: []
  ]

  # The same with arguments that are right.
  @description ~s({"type":"offer","sdp":""})
  @calls_with_sense Keyword.merge(@calls,
                      set_local_description: [@description],
                      set_remote_description: [@description],
                      add_ice_candidate: [~s({"candidate":""})]
                    )

  describe "new and close" do
    test "a connection is there from ready to close", %{specter: specter} do
      api = new_api(specter)
      assert {:ok, pc} = PeerConnection.new(specter, api)
      assert_receive {:peer_connection_ready, ^pc}
      assert PeerConnection.exists?(specter, pc)
      assert :ok = PeerConnection.close(specter, pc)
      refute PeerConnection.exists?(specter, pc)
      assert_receive {:peer_connection_closed, ^pc}
      assert PeerConnection.close(specter, pc) == {:error, :not_found}
    end

    test "an API serves any number", %{specter: specter} do
      api = new_api(specter)
      peers = for _ <- 1..10, do: new_peer(specter, api)
      assert length(Enum.uniq(peers)) == 10
      assert Enum.all?(peers, &PeerConnection.exists?(specter, &1))
    end

    test "every call on one that is unknown or closed is not_found, before its JSON is looked at",
         %{specter: specter, pc: closed} do
      :ok = PeerConnection.close(specter, closed)

      for pc <- [closed, unknown(), ""],
          module <- [Specter, PeerConnection],
          {name, arguments} <- @calls do
        assert apply(module, name, [specter, pc | arguments]) == {:error, :not_found}
      end
    end

    test "after closed comes no message", %{specter: specter} do
      {pc, _offer} = new_gathering_peer(specter)
      :ok = PeerConnection.close(specter, pc)
      receive_until({:peer_connection_closed, pc})
      # Whatever its loop still had to do is done when connections of every loop came and went.
      for _ <- 1..8, do: close_and_wait(specter, new_peer(specter))
      refute_received {_tag, ^pc}
      refute_received {_tag, ^pc, _}
    end

    test "a URL that can't be used is a peer_connection_error, and the connection never was" do
      for url <- ["http://127.0.0.1", "turn:127.0.0.1"] do
        specter = init(ice_servers: [url])
        {:ok, pc} = PeerConnection.new(specter, new_api(specter))
        assert_receive {:peer_connection_error, ^pc}
        assert_received {:connection_failed, ^pc, :invalid_configuration, text}
        assert text != ""
        refute PeerConnection.exists?(specter, pc)
        assert PeerConnection.close(specter, pc) == {:error, :not_found}
        refute_received {:peer_connection_ready, ^pc}
        refute_received {:peer_connection_closed, ^pc}
      end
    end

    test "messages go to the owner, whoever calls", %{specter: specter, pc: pc} do
      Task.await(
        Task.async(fn ->
          :ok = PeerConnection.create_offer(specter, pc)
          refute_receive _anything
        end)
      )

      assert_receive {:offer, ^pc, _offer}
    end
  end

  describe "offers and answers" do
    test "an offer is JSON with its keys in order", %{specter: specter, pc: pc} do
      assert :ok = PeerConnection.create_offer(specter, pc)
      assert_receive {:offer, ^pc, offer}
      assert offer =~ ~r/^\{"type":"offer","sdp":"v=0\\r\\n.*"\}$/
      assert %{"type" => "offer", "sdp" => sdp} = Json.decode!(offer)
      refute sdp =~ "m="
    end

    test "an offer with a data channel has a section for it", %{specter: specter, pc: pc} do
      assert :ok = PeerConnection.create_data_channel(specter, pc, "data")
      assert :ok = PeerConnection.create_offer(specter, pc)
      assert_receive {:data_channel_created, ^pc}
      assert_receive {:offer, ^pc, offer}
      %{"sdp" => sdp} = Json.decode!(offer)
      assert sdp =~ "UDP/DTLS/SCTP webrtc-datachannel"
      assert sdp =~ "a=sctp-port:5000"
      assert sdp =~ "a=ice-ufrag:"
    end

    test "options are taken", %{specter: specter, pc: pc} do
      :ok = PeerConnection.create_offer(specter, pc, voice_activity_detection: true)
      assert_receive {:offer, ^pc, _offer}
      :ok = Specter.create_offer(specter, pc, voice_activity_detection: false, ice_restart: false)
      assert_receive {:offer, ^pc, _offer}
    end

    test "a restart of ICE before there is any is an offer_error", %{specter: specter, pc: pc} do
      :ok = PeerConnection.create_offer(specter, pc, ice_restart: true)
      assert_receive {:offer_error, ^pc, "ICEAgent does not exist"}
    end

    test "an answer without an offer is an answer_error", %{specter: specter, pc: pc} do
      for module <- [Specter, PeerConnection] do
        assert :ok = module.create_answer(specter, pc, voice_activity_detection: true)
        assert_receive {:answer_error, ^pc, "remote description is not set"}
      end
    end

    test "an answer is JSON", %{specter: specter, pc: pc} do
      {_pc, offer} = new_gathering_peer(specter)
      assert :ok = PeerConnection.set_remote_description(specter, pc, offer)
      assert_receive {:ok, ^pc, :set_remote_description}
      assert :ok = PeerConnection.create_answer(specter, pc)
      assert_receive {:answer, ^pc, answer}
      assert answer =~ ~r/^\{"type":"answer","sdp":"v=0\\r\\n.*"\}$/
    end

    test "a label that is too long is an offer_error, in its turn", %{specter: specter, pc: pc} do
      assert :ok = PeerConnection.create_offer(specter, pc)
      label = String.duplicate("x", 65_536)
      assert :ok = PeerConnection.create_data_channel(specter, pc, label)
      assert :ok = PeerConnection.create_data_channel(specter, pc, "data")
      assert [:offer, :offer_error, :data_channel_created] = tags(pc, 3)
    end

    test "answers come in the order of the calls", %{specter: specter, pc: pc} do
      for _ <- 1..20 do
        :ok = PeerConnection.create_offer(specter, pc)
        :ok = PeerConnection.signaling_state(specter, pc)
        :ok = PeerConnection.create_answer(specter, pc)
        :ok = PeerConnection.get_stats(specter, pc)
        :ok = PeerConnection.local_description(specter, pc)
      end

      order = [:offer, :signaling_state, :answer_error, :stats, :local_description]
      assert tags(pc, 100) == List.flatten(List.duplicate(order, 20))
    end
  end

  describe "calls that wait" do
    # Posting a question takes a microsecond, and answering this one some milliseconds: so the loop
    # has its first answers to give while 65,536 more come to wait, and for minutes after that.
    test "are 65,536 at most: more are refused, and do nothing", %{specter: specter} do
      pc = new_slow_peer(specter)
      calls = Stream.repeatedly(fn -> PeerConnection.get_stats(specter, pc) end)
      taken = Enum.count(Stream.take_while(calls, &(&1 == :ok)))
      assert taken >= 65_536

      for {name, arguments} <- @calls_with_sense, module <- [Specter, PeerConnection] do
        assert apply(module, name, [specter, pc | arguments]) == {:error, :would_block}
      end

      assert PeerConnection.exists?(specter, pc)
      # Text is looked at before.
      assert PeerConnection.add_ice_candidate(specter, pc, "") == {:error, :invalid_json}
      # Others don't suffer, and it can be closed.
      assert :ok = PeerConnection.signaling_state(specter, new_peer(specter))
      assert :ok = PeerConnection.close(specter, pc)
    end
  end

  describe "descriptions" do
    test "what is no JSON description is refused at once", %{specter: specter, pc: pc} do
      more = [~s({"type":"offer"}), ~s({"sdp":""}), ~s({"type":"bid","sdp":""})]

      for json <- @not_json ++ more, module <- [Specter, PeerConnection] do
        assert module.set_local_description(specter, pc, json) == {:error, :invalid_json}
        assert module.set_remote_description(specter, pc, json) == {:error, :invalid_json}
      end
    end

    test "large text is judged the same", %{specter: specter, pc: pc} do
      large = String.duplicate("x", 200_000)
      assert PeerConnection.set_remote_description(specter, pc, large) == {:error, :invalid_json}

      assert PeerConnection.set_remote_description(specter, unknown(), large) ==
               {:error, :not_found}

      json = ~s({"type":"offer","sdp":"#{large}"})
      assert :ok = PeerConnection.set_remote_description(specter, pc, json)
      assert_receive {:invalid_remote_description, ^pc, _text}
      assert_raise ArgumentError, fn -> PeerConnection.add_ice_candidate(specter, :no, large) end
    end

    test "keys that are not known do not matter", %{specter: specter, pc: pc} do
      json = ~s({"more":[1,{"a":null}],"sdp":"nonsense","type":"offer"})
      assert :ok = PeerConnection.set_remote_description(specter, pc, json)
      assert_receive {:invalid_remote_description, ^pc, _text}
    end

    test "SDP that is none is told by message", %{specter: specter, pc: pc} do
      json = ~s({"type":"offer","sdp":"derp"})
      assert :ok = PeerConnection.set_local_description(specter, pc, json)
      assert_receive {:invalid_local_description, ^pc, "SdpInvalidSyntax: derp"}

      json = ~s({"type":"offer","sdp":"Hello world"})
      assert :ok = PeerConnection.set_remote_description(specter, pc, json)
      assert_receive {:invalid_remote_description, ^pc, "SdpInvalidSyntax: Hello world"}
    end

    test "text that is no SDP comes before a state that does not fit", %{specter: specter, pc: pc} do
      for type <- ["answer", "pranswer"], side <- [:local, :remote] do
        {set, invalid} = {:"set_#{side}_description", :"invalid_#{side}_description"}

        assert :ok =
                 apply(PeerConnection, set, [specter, pc, ~s({"type":"#{type}","sdp":"derp"})])

        assert_receive {^invalid, ^pc, "SdpInvalidSyntax: derp"}

        :ok = PeerConnection.create_offer(specter, pc)
        assert_receive {:offer, ^pc, offer}
        answer = String.replace(offer, ~s("type":"offer"), ~s("type":"#{type}"))
        assert :ok = apply(PeerConnection, set, [specter, pc, answer])
        assert_receive {^invalid, ^pc, text}

        assert text ==
                 "invalid proposed signaling state transition from stable applying #{side} #{type}"
      end
    end

    test "those of an offer are pending until there is an answer", %{specter: specter, pc: pc} do
      for kind <- [:local, :remote],
          name <- [:"#{kind}_description", :"current_#{kind}_description"],
          module <- [Specter, PeerConnection] do
        assert :ok = apply(module, name, [specter, pc])
        assert_receive {^name, ^pc, nil}
      end

      :ok = PeerConnection.create_offer(specter, pc)
      assert_receive {:offer, ^pc, offer}
      :ok = PeerConnection.set_local_description(specter, pc, offer)
      # No waiting in between: the question comes after what it asks for.
      assert :ok = PeerConnection.pending_local_description(specter, pc)
      assert :ok = PeerConnection.local_description(specter, pc)
      assert :ok = PeerConnection.current_local_description(specter, pc)
      assert :ok = PeerConnection.pending_remote_description(specter, pc)
      assert_receive {:pending_local_description, ^pc, ^offer}
      assert_receive {:local_description, ^pc, ^offer}
      assert_receive {:current_local_description, ^pc, nil}
      assert_receive {:pending_remote_description, ^pc, nil}
    end

    test "those that are negotiated are current", %{specter: specter} do
      {pc_1, pc_2} = new_negotiated_pair(specter)

      for {pc, local, remote} <- [{pc_1, "offer", "answer"}, {pc_2, "answer", "offer"}] do
        :ok = PeerConnection.current_local_description(specter, pc)
        :ok = PeerConnection.local_description(specter, pc)
        :ok = PeerConnection.current_remote_description(specter, pc)
        :ok = PeerConnection.remote_description(specter, pc)
        :ok = PeerConnection.pending_local_description(specter, pc)
        :ok = PeerConnection.pending_remote_description(specter, pc)
        assert_receive {:current_local_description, ^pc, current}
        assert_receive {:local_description, ^pc, either}
        assert %{"type" => ^local} = Json.decode!(current)
        assert %{"type" => ^local} = Json.decode!(either)
        assert_receive {:current_remote_description, ^pc, current}
        assert_receive {:remote_description, ^pc, ^current}
        assert %{"type" => ^remote} = Json.decode!(current)
        assert_receive {:pending_local_description, ^pc, nil}
        assert_receive {:pending_remote_description, ^pc, nil}
      end
    end
  end

  describe "candidates" do
    test "come after the local description, as JSON like a browser's", %{specter: specter} do
      {pc, _offer} = new_gathering_peer(specter)
      assert_receive {:ice_candidate, ^pc, json}

      assert %{
               "candidate" => "candidate:" <> _,
               "sdpMid" => _,
               "sdpMLineIndex" => 0,
               "usernameFragment" => _
             } = Json.decode!(json)

      refute_received {:ice_candidate, ^pc, ""}
    end

    test "what is no JSON candidate is refused at once", %{specter: specter, pc: pc} do
      for json <- @not_json ++ [~s({"candidate":1})], module <- [Specter, PeerConnection] do
        assert module.add_ice_candidate(specter, pc, json) == {:error, :invalid_json}
      end
    end

    test "before a remote description is a candidate_error", %{specter: specter, pc: pc} do
      json = ~s({"candidate":"candidate:1 1 udp 2130706431 127.0.0.1 4096 typ host"})
      assert :ok = PeerConnection.add_ice_candidate(specter, pc, json)
      assert_receive {:candidate_error, ^pc, "remote description is not set"}
    end

    test "are taken with absent and null fields, and without their prefix", %{specter: specter} do
      {pc, _pc_2} = new_negotiated_pair(specter)

      for json <- [
            ~s({"candidate":"candidate:1 1 udp 2130706431 127.0.0.1 4096 typ host"}),
            ~s({"candidate":"candidate:2 1 udp 2130706431 127.0.0.1 4097 typ host",) <>
              ~s("sdpMid":null,"sdpMLineIndex":null,"usernameFragment":null}),
            ~s({"candidate":"3 1 udp 2130706431 127.0.0.1 4098 typ host","sdpMid":"0"}),
            ~s({"candidate":""})
          ] do
        assert :ok = PeerConnection.add_ice_candidate(specter, pc, json)
        assert_receive {:ok, ^pc, :add_ice_candidate}
      end
    end
  end

  describe "states" do
    test "are told when asked for", %{specter: specter, pc: pc} do
      for {name, state} <- [
            connection_state: :new,
            ice_connection_state: :new,
            ice_gathering_state: :new,
            signaling_state: :stable
          ],
          module <- [Specter, PeerConnection] do
        assert :ok = apply(module, name, [specter, pc])
        assert_receive {^name, ^pc, ^state}
      end
    end

    test "follow the negotiation", %{specter: specter, pc: pc} do
      {offering, offer} = new_gathering_peer(specter)
      :ok = PeerConnection.signaling_state(specter, offering)
      assert_receive {:signaling_state, ^offering, :have_local_offer}
      assert_receive {:signaling_state_change, ^offering, :have_local_offer}
      assert_receive {:ice_gathering_state_change, ^offering, :gathering}
      assert_receive {:ice_gathering_state_change, ^offering, :complete}
      :ok = PeerConnection.ice_gathering_state(specter, offering)
      assert_receive {:ice_gathering_state, ^offering, :complete}

      :ok = PeerConnection.set_remote_description(specter, pc, offer)
      :ok = PeerConnection.signaling_state(specter, pc)
      assert_receive {:signaling_state, ^pc, :have_remote_offer}
    end

    test "reach connected with one candidate each way", %{specter: specter} do
      {pc_1, pc_2} = new_negotiated_pair(specter)
      exchange_a_candidate(specter, pc_1, pc_2)

      for pc <- [pc_1, pc_2] do
        assert_receive {:connection_state_change, ^pc, :connecting}
        assert_receive {:connection_state_change, ^pc, :connected}
        assert_receive {:ice_connection_state_change, ^pc, :connected}
        # Unasked messages are no answers to a question.
        refute_received {:connection_state, ^pc, _state}
        :ok = PeerConnection.connection_state(specter, pc)
        assert_receive {:connection_state, ^pc, :connected}
        :ok = PeerConnection.ice_connection_state(specter, pc)
        assert_receive {:ice_connection_state, ^pc, state}
        assert state in [:connected, :completed]
      end
    end
  end

  # The tags of a connection's next answers.
  defp tags(pc, count) do
    for _ <- 1..count do
      receive do
        {tag, ^pc, _} when tag not in [:signaling_state_change] -> tag
        {tag, ^pc} when tag not in [:negotiation_needed] -> tag
      after
        1_000 -> :nothing
      end
    end
  end

  defp close_and_wait(specter, pc) do
    :ok = PeerConnection.close(specter, pc)
    assert_receive {:peer_connection_closed, ^pc}
  end

  defp receive_until(last) do
    receive do
      ^last -> :ok
      _earlier -> receive_until(last)
    after
      10_000 -> flunk("no #{inspect(last)}")
    end
  end
end
