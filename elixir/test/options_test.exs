defmodule Specter.OptionsTest do
  # The options of Specter.init/1.
  use Specter.Test.Case

  import Specter.Test.Channels

  alias Specter.{Config, DataChannel}

  @given [
    certificate: :rsa2048,
    share_certificate: true,
    min_dtls_version: :dtls13,
    max_dtls_version: :dtls13,
    snap: false,
    sped: false,
    interleaving: false,
    congestion_control: :reno,
    send_buffer_bytes: 100_000,
    receive_buffer_bytes: 200_000,
    max_message_bytes: 50_000,
    max_datagram_bytes: 1000,
    path_mtu_discovery: false,
    spin: 50,
    loopback: :include,
    key_log_file: ""
  ]

  test "are told as they were given" do
    specter = init([ice_servers: []] ++ @given)
    {:ok, config} = Specter.config(specter)
    assert config == struct!(Config, [ice_servers: []] ++ @given)
  end

  test "have defaults that are the library's" do
    {:ok, native} = Specter.Native.init(%{ice_servers: []})
    assert struct!(Config, Specter.Native.config(native)) == %Config{ice_servers: []}
  end

  test "connect, each of them" do
    for options <- [
          @given,
          [congestion_control: :bbr, max_dtls_version: :dtls12],
          [min_dtls_version: :dtls12, snap: false]
        ] do
      specter = init([ice_servers: []] ++ options)
      {_pc_1, dc_1, pc_2, dc_2} = connected_pair(specter)
      :ok = DataChannel.send(specter, dc_1, "hello")
      assert_receive {:data_channel_message, ^pc_2, ^dc_2, :text, "hello"}
    end
  end

  test "limit what is received" do
    specter = init(ice_servers: [], max_message_bytes: 1000)
    {_pc_1, dc_1, _pc_2, _dc_2} = connected_pair(specter)
    assert DataChannel.send(specter, dc_1, :binary.copy("x", 1001)) == {:error, :too_large}
    assert DataChannel.send(specter, dc_1, :binary.copy("x", 1000)) == :ok
  end

  test "write the secrets where they are told to" do
    path = Path.join(System.tmp_dir!(), "specter-#{System.unique_integer([:positive])}.keys")
    on_exit(fn -> File.rm(path) end)
    specter = init(ice_servers: [], key_log_file: path)
    connected_pair(specter)
    assert File.read!(path) =~ "CLIENT_"
  end

  test "that are none raise" do
    for {key, wrong} <- [
          certificate: "rsa",
          min_dtls_version: :dtls10,
          max_dtls_version: 12,
          snap: 1,
          sped: nil,
          congestion_control: :vegas,
          send_buffer_bytes: 0,
          receive_buffer_bytes: -1,
          receive_buffer_bytes: 1.0,
          max_message_bytes: 0,
          max_datagram_bytes: 100,
          path_mtu_discovery: :yes,
          spin: 10_001,
          spin: -1,
          loopback: true,
          key_log_file: nil,
          unknown: 1
        ] do
      assert_raise ArgumentError, fn -> Specter.init([{key, wrong}]) end
    end

    assert_raise ArgumentError, fn ->
      Specter.init(min_dtls_version: :dtls13, max_dtls_version: :dtls12)
    end
  end

  test "are judged by the native side, too" do
    for {key, wrong} <- [spin: :x, snap: 1, congestion_control: :vegas, key_log_file: 'list'] do
      assert_raise ArgumentError, fn ->
        Specter.Native.init(Map.put(%{ice_servers: []}, key, wrong))
      end
    end
  end

  test "of a Specter that is closed: nothing is left, and it is closed twice" do
    specter = init()
    api = new_api(specter)
    pc = new_peer(specter, api)
    assert :ok = Specter.close(specter)
    assert_receive {:peer_connection_closed, ^pc}
    assert :ok = Specter.close(specter)
    assert Specter.PeerConnection.new(specter, api) == {:error, :not_found}
    refute Specter.PeerConnection.exists?(specter, pc)
    await_counters({0, 0, 0})
    assert {:ok, %Config{}} = Specter.config(specter)
  end
end
