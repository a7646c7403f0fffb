defmodule Specter.ContractTest do
  # Descriptions, candidates and negotiation in the very words of the contract: lines of SDP, texts
  # that come back byte for byte, states, and why something is refused. What each call returns and
  # sends stands in peer_connection_test.exs.
  use Specter.Test.Case

  alias Specter.{PeerConnection, RtpCodecCapability, TrackLocalStaticSample}
  alias Specter.Test.Json

  @rollback ~s({"type":"rollback","sdp":""})

  # As some peers write it: no sections, everything at session level, bare line feeds.
  @bare_offer "v=0\no=- 4215775240449105457 2 IN IP4 127.0.0.1\ns=-\nt=0 0\n" <>
                "a=ice-ufrag:abcd\na=ice-pwd:0123456789abcdefghijklmn\n" <>
                "a=fingerprint:sha-256 #{Enum.map_join(1..32, ":", fn _ -> "4A" end)}\n"

  setup do
    specter = init()
    {:ok, specter: specter, pc: new_peer(specter)}
  end

  describe "the text of an offer" do
    test "of nothing has no section and no credentials", %{specter: specter, pc: pc} do
      sdp = sdp(offer(specter, pc))
      for part <- ["m=", "ice-ufrag", "ice-pwd"], do: refute(sdp =~ part)
    end

    test "of a data channel has its section", %{specter: specter, pc: pc} do
      :ok = PeerConnection.create_data_channel(specter, pc, "data")
      assert [session, media] = String.split(sdp(offer(specter, pc)), "m=")
      assert session =~ ~r/\r\na=fingerprint:sha-256 [0-9A-F:]{95}\r\n/
      refute session =~ "ice-ufrag"
      refute session =~ "ice-pwd"

      assert ["application 9 UDP/DTLS/SCTP webrtc-datachannel" | lines] =
               String.split(media, "\r\n")

      assert "a=mid:0" in lines
      assert "a=sctp-port:5000" in lines
      assert media =~ ~r/\r\na=ice-ufrag:\S+\r\n/
      assert media =~ ~r/\r\na=ice-pwd:\S+\r\n/
    end

    test "is the same with voice activity detection and without", %{specter: specter, pc: pc} do
      for _ <- ["without sections", "with one"] do
        offer = offer(specter, pc, voice_activity_detection: true)
        assert offer(specter, pc, voice_activity_detection: false) == offer
        assert offer(specter, pc) == offer
        :ok = PeerConnection.create_data_channel(specter, pc, "data")
      end
    end

    test "and so is an answer's", %{specter: specter, pc: pc} do
      {_offering, offer} = new_gathering_peer(specter)
      set(specter, pc, :remote, offer)
      answer = answer(specter, pc, voice_activity_detection: true)
      assert answer(specter, pc, voice_activity_detection: false) == answer
      assert answer(specter, pc) == answer
    end
  end

  describe "candidates" do
    test "are of this host, and their end has no message", %{specter: specter} do
      {pc, _offer} = new_gathering_peer(specter)
      candidates = gathered(pc)
      assert candidates != []

      for json <- candidates do
        assert json =~
                 ~r/^\{"candidate":"candidate:[^"]+","sdpMid":[^,]+,"sdpMLineIndex":[^,]+,"usernameFragment":[^,]+\}$/

        assert Json.decode!(json)["candidate"] =~
                 ~r/^candidate:\S+ 1 udp \d+ \S+ \d+ typ host/
      end

      assert ask(specter, pc, :signaling_state) == :have_local_offer
      refute_received {:ice_candidate, ^pc, _json}
    end

    test "stand in the local description once they are found", %{specter: specter} do
      {pc, _offer} = new_gathering_peer(specter)
      candidates = for json <- gathered(pc), do: Json.decode!(json)["candidate"]
      pending = ask(specter, pc, :pending_local_description)
      assert ask(specter, pc, :local_description) == pending
      assert ask(specter, pc, :current_local_description) == nil
      assert pending =~ ~r/^\{"type":"offer","sdp":"v=0\\r\\n/
      lines = String.split(sdp(pending), "\r\n")
      assert "a=end-of-candidates" in lines
      written = for "a=candidate:" <> rest <- lines, do: "candidate:" <> rest
      assert Enum.sort(written) == Enum.sort(candidates)
    end

    test "end with an empty one, before the answer and after it", %{specter: specter, pc: pc} do
      {offering, offer} = new_gathering_peer(specter)
      json = ~s({"candidate":"","sdpMid":"0","sdpMLineIndex":0,"usernameFragment":null})
      set(specter, pc, :remote, offer)
      assert :ok = PeerConnection.add_ice_candidate(specter, pc, json)
      assert_receive {:ok, ^pc, :add_ice_candidate}
      answer = answer(specter, pc)
      set(specter, pc, :local, answer)
      set(specter, offering, :remote, answer)

      for pc <- [pc, offering] do
        assert :ok = PeerConnection.add_ice_candidate(specter, pc, json)
        assert_receive {:ok, ^pc, :add_ice_candidate}
      end
    end
  end

  describe "remote descriptions" do
    test "without sections and with bare line feeds are taken", %{specter: specter, pc: pc} do
      offer = ~s({"type":"offer","sdp":"#{String.replace(@bare_offer, "\n", "\\n")}"})
      assert :ok = PeerConnection.set_remote_description(specter, pc, offer)
      assert_receive {:ok, ^pc, :set_remote_description}
      assert ask(specter, pc, :pending_remote_description) == offer
      assert ask(specter, pc, :remote_description) == offer
      answer = answer(specter, pc)
      refute sdp(answer) =~ "m="
      set(specter, pc, :local, answer)
      assert ask(specter, pc, :signaling_state) == :stable
      assert ask(specter, pc, :current_remote_description) == offer
    end

    test "come back as they were given", %{specter: specter, pc: answering} do
      {offering, offer} = new_gathering_peer(specter)
      # Not as we would write them.
      offer = String.replace(offer, ~S(\r\n), ~S(\n))
      set(specter, answering, :remote, offer)
      assert ask(specter, answering, :pending_remote_description) == offer
      assert ask(specter, answering, :remote_description) == offer

      for {pc, none} <- [
            {answering, [:local_description, :pending_local_description]},
            {offering, [:remote_description, :pending_remote_description]}
          ],
          name <- [:current_local_description, :current_remote_description | none] do
        assert ask(specter, pc, name) == nil
      end

      written = answer(specter, answering)
      set(specter, answering, :local, written)
      answer = String.replace(written, ~S(\r\n), ~S(\n))
      assert answer != written
      set(specter, offering, :remote, answer)

      for {pc, given} <- [{answering, offer}, {offering, answer}] do
        json = ~s({"candidate":"candidate:1 1 udp 2130706431 127.0.0.1 4096 typ host"})
        :ok = PeerConnection.add_ice_candidate(specter, pc, json)
        assert_receive {:ok, ^pc, :add_ice_candidate}
        assert ask(specter, pc, :current_remote_description) == given
        assert ask(specter, pc, :remote_description) == given
        assert ask(specter, pc, :pending_remote_description) == nil
      end
    end

    test "with two credentials, or an empty mid, say so", %{specter: specter, pc: pc} do
      {_offering, offer} = new_gathering_peer(specter)

      for {line, lines, text} <- [
            {"a=ice-ufrag:", ~S(a=ice-ufrag:other\r\na=ice-ufrag:),
             "set_remote_description called with multiple conflicting ice-ufrag values"},
            {"a=ice-pwd:", ~S(a=ice-pwd:0123456789abcdefghijklmn\r\na=ice-pwd:),
             "set_remote_description called with multiple conflicting ice-pwd values"},
            {"a=mid:0", "a=mid:", "remoteDescription contained media section without mid value"}
          ] do
        wrong = String.replace(offer, line, lines)
        assert wrong != offer
        assert :ok = PeerConnection.set_remote_description(specter, pc, wrong)
        assert_receive {:invalid_remote_description, ^pc, ^text}
        assert ask(specter, pc, :signaling_state) == :stable
        assert ask(specter, pc, :remote_description) == nil
      end
    end
  end

  describe "a local description" do
    test "that is another than the last one made is refused", %{specter: specter, pc: pc} do
      {_offering, offer} = new_gathering_peer(specter)
      own = offer(specter, pc)
      assert refusal(specter, pc, :local, other(own)) == "new sdp does not match previous offer"
      assert ask(specter, pc, :signaling_state) == :stable
      set(specter, pc, :remote, offer)
      answer = answer(specter, pc)

      assert refusal(specter, pc, :local, other(answer)) ==
               "new sdp does not match previous answer"

      assert ask(specter, pc, :signaling_state) == :have_remote_offer
      set(specter, pc, :local, answer)
      assert ask(specter, pc, :signaling_state) == :stable
    end
  end

  describe "negotiation" do
    test "goes over provisional answers", %{specter: specter, pc: answering} do
      {offering, offer} = new_gathering_peer(specter)
      set(specter, answering, :remote, offer)
      answer = answer(specter, answering)
      provisional = typed(answer, "pranswer")
      set(specter, answering, :local, provisional)
      set(specter, offering, :remote, provisional)

      for {pc, side, state} <- [
            {answering, :local, :have_local_pranswer},
            {offering, :remote, :have_remote_pranswer}
          ] do
        assert ask(specter, pc, :signaling_state) == state
        # A getter is never older than the messages, and may be ahead of them.
        assert_receive {:signaling_state_change, ^pc, ^state}
        assert ask(specter, pc, :current_local_description) == nil
        assert ask(specter, pc, :current_remote_description) == nil
        set(specter, pc, side, answer)
        assert ask(specter, pc, :signaling_state) == :stable
        assert_receive {:signaling_state_change, ^pc, :stable}
      end

      assert ask(specter, offering, :current_remote_description) == answer
    end

    test "is rolled back to stable, once", %{specter: specter, pc: answering} do
      {offering, offer} = new_gathering_peer(specter)
      set(specter, answering, :remote, offer)

      for {pc, side} <- [{offering, :local}, {answering, :remote}] do
        set(specter, pc, side, @rollback)
        assert ask(specter, pc, :signaling_state) == :stable
        assert ask(specter, pc, :"pending_#{side}_description") == nil
        assert refusal(specter, pc, side, @rollback) == "can't rollback from stable state"
      end
    end

    test "says what does not fit its state", %{specter: specter, pc: answering} do
      {offering, offer} = new_gathering_peer(specter)
      set(specter, answering, :remote, offer)
      answer = answer(specter, answering)

      assert_transitions(specter, offering, answer, "have-local-offer", local: ~w(answer pranswer))

      assert_transitions(specter, answering, answer, "have-remote-offer",
        remote: ~w(answer pranswer),
        local: ~w(offer)
      )

      provisional = typed(answer, "pranswer")
      set(specter, answering, :local, provisional)
      set(specter, offering, :remote, provisional)

      assert_transitions(specter, answering, answer, "have-local-pranswer",
        remote: ~w(answer pranswer offer),
        local: ~w(offer)
      )

      assert_transitions(specter, offering, answer, "have-remote-pranswer",
        local: ~w(answer pranswer offer),
        remote: ~w(offer)
      )

      assert ask(specter, answering, :signaling_state) == :have_local_pranswer
      assert ask(specter, offering, :signaling_state) == :have_remote_pranswer
    end
  end

  describe "a connection" do
    test "is there from ready to close, under its first names", %{specter: specter, pc: pc} do
      assert Specter.peer_connection_exists?(specter, pc)
      assert :ok = Specter.close_peer_connection(specter, pc)
      refute Specter.peer_connection_exists?(specter, pc)
      assert_receive {:peer_connection_closed, ^pc}
      refute Specter.peer_connection_exists?(specter, pc)
      refute Specter.peer_connection_exists?(specter, unknown())
    end

    test "that is unknown or closed is not_found, whatever is asked of it",
         %{specter: specter, pc: closed} do
      {:ok, track} = TrackLocalStaticSample.new(specter, %RtpCodecCapability{}, "id", "stream")
      :ok = PeerConnection.close(specter, closed)

      for told <- [false, true], pc <- [closed, unknown()] do
        if told and pc == closed, do: assert_receive({:peer_connection_closed, ^closed})
        assert Specter.close_peer_connection(specter, pc) == {:error, :not_found}
        assert PeerConnection.close(specter, pc) == {:error, :not_found}
        assert PeerConnection.set_active(specter, pc, true) == {:error, :not_found}
        assert PeerConnection.set_active(specter, pc, 1) == {:error, :not_found}
        assert PeerConnection.controlling_process(specter, pc, self()) == {:error, :not_found}
        assert PeerConnection.add_track(specter, pc, track) == {:error, :not_found}
      end
    end
  end

  defp offer(specter, pc, options \\ []) do
    :ok = PeerConnection.create_offer(specter, pc, options)
    assert_receive {:offer, ^pc, offer}
    offer
  end

  defp answer(specter, pc, options \\ []) do
    :ok = PeerConnection.create_answer(specter, pc, options)
    assert_receive {:answer, ^pc, answer}
    answer
  end

  defp set(specter, pc, side, json) do
    name = :"set_#{side}_description"
    :ok = apply(PeerConnection, name, [specter, pc, json])
    assert_receive {:ok, ^pc, ^name}
  end

  # Why a description is not taken.
  defp refusal(specter, pc, side, json) do
    invalid = :"invalid_#{side}_description"
    :ok = apply(PeerConnection, :"set_#{side}_description", [specter, pc, json])
    assert_receive {^invalid, ^pc, text}
    text
  end

  defp assert_transitions(specter, pc, json, state, refused) do
    for {side, types} <- refused, type <- types do
      assert refusal(specter, pc, side, typed(json, type)) ==
               "invalid proposed signaling state transition from #{state} applying #{side} #{type}"
    end
  end

  defp ask(specter, pc, name) do
    :ok = apply(PeerConnection, name, [specter, pc])
    assert_receive {^name, ^pc, value}
    value
  end

  # All candidates of a connection, whose search has ended.
  defp gathered(pc) do
    assert_receive {:ice_gathering_state_change, ^pc, :complete}
    come(pc)
  end

  defp come(pc) do
    receive do
      {:ice_candidate, ^pc, json} -> [json | come(pc)]
    after
      0 -> []
    end
  end

  defp sdp(json), do: Json.decode!(json)["sdp"]

  defp typed(json, type), do: String.replace(json, ~r/^\{"type":"[a-z]+"/, ~s({"type":"#{type}"))

  # SDP as well, but with a line more.
  defp other(json), do: String.replace(json, ~S("}), ~S(a=x\r\n"}))
end
