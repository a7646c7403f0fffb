defmodule Specter.OptionsTest do
  # The options of Specter.init/1.
  use Specter.Test.Case

  import Specter.Test.Channels

  alias Specter.{Config, DataChannel, PeerConnection}

  @given [
    min_dtls_version: :dtls13,
    snap: false,
    sped: false,
    interleaving: false,
    congestion_control: :reno,
    send_buffer_bytes: 100_000,
    receive_buffer_bytes: 200_000,
    max_message_bytes: 50_000,
    max_datagram_bytes: 1000,
    path_mtu_discovery: false,
    loopback: :include,
    gathering_timeout: 2000,
    disconnected_timeout: 4000,
    show_remote_candidates: true
  ]

  test "are told as they were given" do
    specter = init([ice_servers: []] ++ @given)
    {:ok, config} = Specter.config(specter)
    assert config == %Config{ice_servers: [], options: Map.new(@given)}
  end

  test "are all in the documentation, with their defaults" do
    {:docs_v1, _, _, _, %{"en" => text}, _, _} = Code.fetch_docs(Config)

    for {name, default} <- Specter.Native.default_options(), name != :ice_servers do
      [row] = for line <- String.split(text, "\n"), line =~ "| `#{inspect(name)}`", do: line

      shown =
        case default do
          bytes when is_integer(bytes) and bytes >= 1_048_576 -> "#{div(bytes, 1_048_576)} MiB"
          bytes when is_integer(bytes) and bytes >= 262_144 -> "#{div(bytes, 1024)} KiB"
          number when is_integer(number) -> "#{number}"
          other -> "`#{inspect(other)}`"
        end

      assert String.replace(row, ",", "") =~ "| #{shown} |", "#{name} is #{shown} by default"
    end
  end

  test "connect, each of them" do
    for options <- [
          @given,
          [congestion_control: :bbr, max_dtls_version: :dtls12],
          [certificate: :rsa2048, share_certificate: true],
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
          max_datagram_bytes: 100,
          path_mtu_discovery: :yes,
          spin: 10_001,
          spin: -1,
          loops: -1,
          cipher: :rot13,
          ice_servers: "stun:a",
          ice_servers: [:stun],
          ice_servers: [%{username: "u"}],
          ice_servers: [%{urls: [1]}],
          ice_servers: [%{urls: "turn:a", credential: :secret}],
          consent_timeout: 1,
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

  test "say what would be good" do
    assert_raise ArgumentError,
                 "max_datagram_bytes: 100 is not valid; it must be 548 to 65507",
                 fn ->
                   Specter.init(max_datagram_bytes: 100)
                 end

    assert_raise ArgumentError,
                 ~r/^unknown option :mtu; the options are: ice_servers, loopback, /,
                 fn ->
                   Specter.init(mtu: 1200)
                 end

    assert_raise ArgumentError, ~r/^min_dtls_version is above max_dtls_version/, fn ->
      Specter.init(min_dtls_version: :dtls13, max_dtls_version: :dtls12)
    end

    error =
      assert_raise ArgumentError, fn ->
        Specter.init(ice_servers: [%{urls: 1, username: "u", credential: "my secret"}])
      end

    refute error.message =~ "secret"
  end

  describe "of one connection" do
    test "hold for it alone" do
      specter = init(ice_servers: [], max_message_bytes: 1000)
      api = new_api(specter)
      pc_1 = new_peer(specter, api)
      {:ok, pc_2} = PeerConnection.new(specter, api, max_message_bytes: 2000)
      assert_receive {:peer_connection_ready, ^pc_2}

      for {pc, announced} <- [{pc_1, "1000"}, {pc_2, "2000"}] do
        :ok = PeerConnection.create_data_channel(specter, pc, "data")
        :ok = PeerConnection.create_offer(specter, pc)
        assert_receive {:offer, ^pc, offer}
        assert offer =~ "a=max-message-size:#{announced}\\r\\n"
      end
    end

    test "may be ICE servers as the W3C has them" do
      specter = init(ice_servers: [])
      api = new_api(specter)

      for server <- [
            "stun:stun.invalid",
            %{urls: ["stun:stun.invalid", "stun:stun2.invalid"]},
            %{urls: "turn:turn.invalid", username: "u", credential: "c"},
            %{"urls" => "turn:turn.invalid", "username" => "u", "credential" => "c"}
          ] do
        {:ok, pc} = PeerConnection.new(specter, api, ice_servers: [server])
        assert_receive {:peer_connection_ready, ^pc}
      end

      {:ok, pc} = PeerConnection.new(specter, api, ice_servers: [%{urls: "turn:turn.invalid"}])
      assert_receive {:peer_connection_error, ^pc}
    end

    test "that are not good raise" do
      specter = init(ice_servers: [])
      api = new_api(specter)

      for options <- [[snap: 1], [spin: 0], [loops: 1], [unknown: 1], [certificate: :rsa2048]] do
        assert_raise ArgumentError, fn -> PeerConnection.new(specter, api, options) end
      end
    end

    test "may be a certificate, which a peer sees" do
      {:ok, certificate} = Specter.generate_certificate(:rsa2048)
      specter = init(ice_servers: [])
      api = new_api(specter)

      fingerprints =
        for _ <- 1..2 do
          {:ok, pc} = PeerConnection.new(specter, api, certificate: certificate)
          assert_receive {:peer_connection_ready, ^pc}
          :ok = PeerConnection.create_data_channel(specter, pc, "data")
          :ok = PeerConnection.create_offer(specter, pc)
          assert_receive {:offer, ^pc, offer}
          [fingerprint] = Regex.run(~r/a=fingerprint:\S+ \S+?\\r/, offer)
          fingerprint
        end

      assert [one, one] = fingerprints
    end
  end

  describe "of the whole VM" do
    test "are decided by the first" do
      first = init(ice_servers: [], loops: 1, spin: 50, cipher: :openssl)
      _second = init(ice_servers: [])
      _third = init(ice_servers: [], loops: 1, spin: 50)

      assert_raise ArgumentError,
                   "spin is 50 in this VM, since the first Specter.init/1: " <>
                     "it can't be 0 while a Specter is there",
                   fn -> Specter.init(spin: 0) end

      assert_raise ArgumentError, ~r/^loops is 1 /, fn -> Specter.init(loops: 2) end

      assert_raise ArgumentError, ~r/^cipher is :openssl /, fn ->
        Specter.init(cipher: :fastest)
      end

      assert {_, _, 1} = Specter.Native.counters()
      :ok = Specter.close(first)
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
