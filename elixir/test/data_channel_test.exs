defmodule Specter.DataChannelTest do
  use Specter.Test.Case

  import Specter.Test.Channels

  alias Specter.{DataChannel, PeerConnection}

  setup do
    {:ok, specter: init()}
  end

  describe "a channel" do
    test "is told on both sides, and opens", %{specter: specter} do
      pc_1 = new_peer(specter)
      pc_2 = new_peer(specter)

      :ok =
        PeerConnection.create_data_channel(specter, pc_1, "lab\u00e9l",
          protocol: "p",
          ordered: false
        )

      assert_receive {:data_channel_created, ^pc_1}

      assert_receive {:data_channel, ^pc_1, dc_1,
                      %{
                        label: "lab\u00e9l",
                        protocol: "p",
                        ordered: false,
                        origin: :local,
                        id: nil
                      }}

      assert DataChannel.send(specter, dc_1, "early") == {:error, :not_open}
      connect(specter, pc_1, pc_2)

      assert_receive {:data_channel, ^pc_2, dc_2,
                      %{
                        label: "lab\u00e9l",
                        protocol: "p",
                        ordered: false,
                        origin: :remote,
                        id: id
                      }},
                     10_000

      assert is_integer(id)
      assert_receive {:data_channel_open, ^pc_1, ^dc_1}
      assert_receive {:data_channel_open, ^pc_2, ^dc_2}
      assert dc_1 != dc_2
    end

    test "carries texts, binaries and iodata, empty ones too", %{specter: specter} do
      {pc_1, dc_1, pc_2, dc_2} = connected_pair(specter)
      assert :ok = DataChannel.send(specter, dc_1, "héllo")
      assert :ok = DataChannel.send(specter, dc_1, :text, ["io", ?d, ["ata"]])
      assert :ok = DataChannel.send(specter, dc_1, :binary, <<0, 255, 1>>)
      assert :ok = DataChannel.send(specter, dc_1, :binary, [])
      assert :ok = DataChannel.send(specter, dc_1, "")
      assert_receive {:data_channel_message, ^pc_2, ^dc_2, :text, "héllo"}
      assert_receive {:data_channel_message, ^pc_2, ^dc_2, :text, "iodata"}
      assert_receive {:data_channel_message, ^pc_2, ^dc_2, :binary, <<0, 255, 1>>}
      assert_receive {:data_channel_message, ^pc_2, ^dc_2, :binary, ""}
      assert_receive {:data_channel_message, ^pc_2, ^dc_2, :text, ""}
      assert :ok = DataChannel.send(specter, dc_2, "back")
      assert_receive {:data_channel_message, ^pc_1, ^dc_1, :text, "back"}
    end

    test "closes on both sides", %{specter: specter} do
      {pc_1, dc_1, pc_2, dc_2} = connected_pair(specter)
      :ok = DataChannel.send(specter, dc_1, "last")
      assert :ok = DataChannel.close(specter, dc_1)
      assert_receive {:data_channel_closed, ^pc_1, ^dc_1}
      assert_receive {:data_channel_closed, ^pc_2, ^dc_2}
      assert_received {:data_channel_message, ^pc_2, ^dc_2, :text, "last"}

      for dc <- [dc_1, dc_2] do
        assert DataChannel.send(specter, dc, "x") == {:error, :not_found}
        assert DataChannel.close(specter, dc) == {:error, :not_found}
        assert DataChannel.buffered_amount(specter, dc) == {:error, :not_found}

        assert DataChannel.set_buffered_amount_low_threshold(specter, dc, 1) ==
                 {:error, :not_found}
      end
    end

    test "takes no more once it is closed, while the peer has yet to take what it was sent" do
      specter =
        init(ice_servers: [], send_buffer_bytes: 4_000_000, receive_buffer_bytes: 1_000_000)

      {pc_1, dc_1, pc_2, dc_2} = connected_pair(specter, active: false)
      message = :binary.copy("x", 100_000)
      sent = fill(specter, dc_1, message)
      assert :ok = DataChannel.close(specter, dc_1)
      assert DataChannel.send(specter, dc_1, "x") == {:error, :closed}
      assert DataChannel.send(specter, dc_1, :binary, ["x"]) == {:error, :closed}
      assert PeerConnection.exists?(specter, pc_1)
      :ok = PeerConnection.set_active(specter, pc_2, true)
      for _ <- 1..sent, do: assert_receive({:data_channel_message, ^pc_2, ^dc_2, :text, ^message})
      assert_receive {:data_channel_closed, ^pc_1, ^dc_1}
      assert_receive {:data_channel_closed, ^pc_2, ^dc_2}
      refute_received {:data_channel_message, ^pc_2, ^dc_2, _kind, _data}
    end

    test "is closed with its connection, and before it", %{specter: specter} do
      {pc_1, dc_1, _pc_2, _dc_2} = connected_pair(specter)
      :ok = PeerConnection.close(specter, pc_1)
      assert_receive {:peer_connection_closed, ^pc_1}
      assert_received {:data_channel_closed, ^pc_1, ^dc_1}
      assert DataChannel.send(specter, dc_1, "x") == {:error, :not_found}
    end

    test "of two that negotiated it is open without a word", %{specter: specter} do
      pc_1 = new_peer(specter)
      pc_2 = new_peer(specter)

      for pc <- [pc_1, pc_2] do
        :ok = PeerConnection.create_data_channel(specter, pc, "n", negotiated: true, id: 7)
        assert_receive {:data_channel, ^pc, _dc, %{id: 7}}
      end

      connect(specter, pc_1, pc_2)
      assert_receive {:data_channel_open, ^pc_1, dc_1}
      assert_receive {:data_channel_open, ^pc_2, dc_2}
      :ok = DataChannel.send(specter, dc_1, "hello")
      assert_receive {:data_channel_message, ^pc_2, ^dc_2, :text, "hello"}
    end

    test "of unreliable kinds carries what arrives", %{specter: specter} do
      for options <- [[ordered: false, max_retransmits: 0], [max_packet_life_time: 500]] do
        {_pc_1, dc_1, pc_2, dc_2} = connected_pair(specter, options)
        :ok = DataChannel.send(specter, dc_1, :binary, "once")
        assert_receive {:data_channel_message, ^pc_2, ^dc_2, :binary, "once"}
      end
    end
  end

  describe "options" do
    test "that are too large say so, each in its words", %{specter: specter} do
      pc = new_peer(specter)
      [longest, longer] = for bytes <- [65_535, 65_536], do: String.duplicate("x", bytes)

      for {label, options, text} <- [
            {longer, [], "data channel label exceeds size limit"},
            {"x", [protocol: longer], "protocol is larger then 65535 bytes"},
            {"x", [negotiated: true, id: 65_535], "maximum number ID for datachannel specified"}
          ],
          module <- [Specter, PeerConnection] do
        assert :ok = module.create_data_channel(specter, pc, label, options)
        assert_receive {:offer_error, ^pc, ^text}
      end

      for {label, options} <- [
            {longest, []},
            {"x", [protocol: longest]},
            {"x", [negotiated: true, id: 65_534]},
            # W3C §6.1: an id that is not negotiated is not looked at.
            {"x", [id: 65_535]}
          ] do
        assert :ok = PeerConnection.create_data_channel(specter, pc, label, options)
        assert_receive {:data_channel_created, ^pc}
      end
    end

    test "of reliability are told on both sides", %{specter: specter} do
      pc_1 = new_peer(specter)
      pc_2 = new_peer(specter)

      made = [
        {"retransmits", [ordered: false, max_retransmits: 3, protocol: "p"],
         %{ordered: false, max_retransmits: 3, max_packet_life_time: nil, protocol: "p"}},
        {"life", [max_packet_life_time: 250],
         %{ordered: true, max_retransmits: nil, max_packet_life_time: 250, protocol: ""}}
      ]

      for {label, options, _told} <- made do
        :ok = PeerConnection.create_data_channel(specter, pc_1, label, options)
      end

      connect(specter, pc_1, pc_2)

      for {label, _options, told} <- made, pc <- [pc_1, pc_2] do
        assert_receive {:data_channel, ^pc, _dc, %{label: ^label} = info}
        assert Map.take(info, Map.keys(told)) == told
        assert info.negotiated == false
      end
    end

    test "of priority are told on both sides", %{specter: specter} do
      pc_1 = new_peer(specter)
      pc_2 = new_peer(specter)

      made = [
        {"none", [], :low},
        {"very low", [priority: :very_low], :very_low},
        {"low", [priority: :low], :low},
        {"medium", [priority: :medium], :medium},
        {"high", [priority: :high], :high}
      ]

      for {label, options, priority} <- made do
        :ok = PeerConnection.create_data_channel(specter, pc_1, label, options)
        assert_receive {:data_channel, ^pc_1, _dc, %{label: ^label} = info}

        assert info == %{
                 label: label,
                 protocol: "",
                 ordered: true,
                 id: nil,
                 priority: priority,
                 origin: :local,
                 negotiated: false,
                 max_retransmits: nil,
                 max_packet_life_time: nil
               }
      end

      connect(specter, pc_1, pc_2)

      for {label, _options, priority} <- made do
        assert_receive {:data_channel, ^pc_2, _dc, %{label: ^label} = info}
        assert %{origin: :remote, priority: ^priority} = info
      end
    end

    test "that can't be are an offer_error", %{specter: specter} do
      pc = new_peer(specter)

      for options <- [
            [negotiated: true],
            [negotiated: true, id: 65_535],
            [max_retransmits: 1, max_packet_life_time: 1],
            [protocol: String.duplicate("x", 65_536)]
          ] do
        assert :ok = PeerConnection.create_data_channel(specter, pc, "x", options)
        assert_receive {:offer_error, ^pc, text}
        assert text != ""
      end
    end

    # W3C rows 9, 11, 15 and 17: numbers that don't fit the C++ types.
    test "that are none raise", %{specter: specter} do
      pc = new_peer(specter)

      for options <- [
            [ordered: 1],
            [max_retransmits: -1],
            [max_retransmits: -100],
            [max_retransmits: 65_536],
            [max_retransmits: 100_000],
            [max_packet_life_time: -1],
            [max_packet_life_time: -100],
            [max_packet_life_time: 65_536],
            [max_packet_life_time: 100_000],
            [max_packet_life_time: 1.5],
            [id: -1],
            [id: 65_536],
            [negotiated: true, id: -1],
            [negotiated: true, id: 65_536],
            [protocol: :atom],
            [negotiated: nil],
            [id: "1"],
            [priority: :urgent],
            [unknown: 1],
            %{},
            nil
          ],
          module <- [Specter, PeerConnection] do
        assert_raise ArgumentError, fn ->
          module.create_data_channel(specter, pc, "x", options)
        end
      end
    end

    test "of priorities are all taken", %{specter: specter} do
      pc = new_peer(specter)

      for priority <- [:very_low, :low, :medium, :high] do
        :ok = PeerConnection.create_data_channel(specter, pc, "x", priority: priority)
        assert_receive {:data_channel, ^pc, _dc, _info}
      end
    end
  end

  describe "the send buffer" do
    test "takes so much, and tells when there is room", %{specter: _specter} do
      specter = init(ice_servers: [], send_buffer_bytes: 1_000_000)
      {pc_1, dc_1, pc_2, dc_2} = connected_pair(specter, active: false)
      message = :binary.copy("x", 100_000)
      assert fill(specter, dc_1, message) > 9
      assert {:ok, waiting} = DataChannel.buffered_amount(specter, dc_1)
      assert waiting <= 1_000_000
      :ok = PeerConnection.set_active(specter, pc_2, true)
      assert_receive {:buffered_amount_low, ^pc_1, ^dc_1}
      # It may have run empty while it was being filled, and that was told, too.
      send_one(specter, pc_1, dc_1, :text, message)
      assert_receive {:data_channel_message, ^pc_2, ^dc_2, :text, ^message}
    end

    test "tells of the threshold", %{specter: specter} do
      {pc_1, dc_1, _pc_2, _dc_2} = connected_pair(specter)
      assert DataChannel.buffered_amount(specter, dc_1) == {:ok, 0}
      assert :ok = DataChannel.set_buffered_amount_low_threshold(specter, dc_1, 10_000)
      # One alone is above it: the others may find an empty buffer.
      for _ <- 1..20, do: :ok = DataChannel.send(specter, dc_1, :binary.copy("x", 20_000))
      assert_receive {:buffered_amount_low, ^pc_1, ^dc_1}
    end

    test "takes nothing that the peer does not take", %{specter: specter} do
      {_pc_1, dc_1, pc_2, dc_2} = connected_pair(specter)
      largest = :binary.copy("x", 256 * 1024)
      assert DataChannel.send(specter, dc_1, largest <> "x") == {:error, :too_large}
      assert DataChannel.send(specter, dc_1, :binary.copy("x", 2_000_000)) == {:error, :too_large}
      assert :ok = DataChannel.send(specter, dc_1, largest)
      assert_receive {:data_channel_message, ^pc_2, ^dc_2, :text, ^largest}
    end
  end

  defp fill(specter, dc, message, count \\ 0) do
    case DataChannel.send(specter, dc, message) do
      :ok -> fill(specter, dc, message, count + 1)
      {:error, :would_block} -> count
    end
  end
end
