defmodule Specter.RestartTest do
  # ICE restarts, by restart_ice/2 and by create_offer/3's option.
  use Specter.Test.Case
  import Specter.Test.Channels

  alias Specter.PeerConnection
  alias Specter.Test.Json

  test "a restart has new credentials, and messages go on" do
    specter = init()
    {pc_1, dc_1, pc_2, dc_2} = connected_pair(specter)

    for {from, to} <- [{pc_1, pc_2}, {pc_2, pc_1}, {pc_1, pc_2}] do
      before = ufrag(specter, from)
      forget_messages()
      :ok = PeerConnection.set_ice_servers(specter, from, [])
      :ok = PeerConnection.restart_ice(specter, from)
      assert_receive {:negotiation_needed, ^from}
      connect(specter, from, to)
      assert ufrag(specter, from) != before
      send_all(specter, pc_1, dc_1, :text, ["there"])
      receive_all(pc_2, dc_2, :text, ["there"])
      send_all(specter, pc_2, dc_2, :binary, ["back"])
      receive_all(pc_1, dc_1, :binary, ["back"])
    end
  end

  test "an offer may restart by itself" do
    specter = init()
    {pc_1, _dc_1, _pc_2, _dc_2} = connected_pair(specter)
    before = ufrag(specter, pc_1)
    :ok = PeerConnection.create_offer(specter, pc_1, ice_restart: true)
    assert_receive {:offer, ^pc_1, offer}
    assert ufrag_of(offer) != before
  end

  test "servers that are none, and connections that are none" do
    specter = init()
    pc = new_peer(specter)
    assert {:error, text} = PeerConnection.set_ice_servers(specter, pc, ["ftp://x"])
    assert text =~ "ftp"
    assert_raise ArgumentError, fn -> PeerConnection.set_ice_servers(specter, pc, [1]) end
    assert {:error, :not_found} = PeerConnection.set_ice_servers(specter, unknown(), [])
    assert {:error, :not_found} = PeerConnection.restart_ice(specter, unknown())
  end

  defp ufrag(specter, pc) do
    :ok = PeerConnection.local_description(specter, pc)
    assert_receive {:local_description, ^pc, description}
    ufrag_of(description)
  end

  defp ufrag_of(json) do
    [_, ufrag] = Regex.run(~r/a=ice-ufrag:(\S+)/, Json.decode!(json)["sdp"])
    ufrag
  end

  defp forget_messages do
    receive do
      _ -> forget_messages()
    after
      100 -> :ok
    end
  end
end
